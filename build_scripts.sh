#!/bin/sh
# Bundle the scripts of the pages into uploads/static/bundles, once for each change of theirs.
# npm brings what they use, each package checked against its hash in package-lock.json. Where there
# is no npm, the wheel that carries Node goes into .venv-node. Where no registry can be reached the
# pages go without scripts; with the word `required` that is an error.
set -eu
cd "$(dirname "$0")"

wish=${1:-}
bundles=uploads/static/bundles
packages=node_modules/installed

fingerprint() {
    cat "$@" | cksum
}

# What a bundle follows from: the packages, the sources, and how they are put together.
sources() {
    fingerprint package.json package-lock.json build_scripts.sh $(find uploads/scripts -name '*.js' | sort)
}

is_stamped() {
    [ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

go_without() {
    rm -rf "$bundles"
    echo "$1 The pages work without scripts, one picture at a time; the next start tries again." >&2
    [ "$wish" != required ] || exit 1
    exit 0
}

find_npm() {
    if ! command -v npm >/dev/null; then
        sh bootstrap.sh node .venv-node 9<&- || go_without "There is no npm here, and the wheel that carries it could not be installed."
        PATH=$PWD/.venv-node/bin:$PATH
    fi
}

install_packages() {
    find_npm
    echo "Installing the packages of the pages into node_modules; this happens once."
    npm ci --silent --no-audit --no-fund --fetch-retries 1 9<&- || go_without \
        "The npm registry did not give what package-lock.json names: see \`npm ci\`, and \`npm config get registry\`."
    echo "$1" >"$packages"
}

if command -v flock >/dev/null; then
    # Two makes in one clone take turns.
    exec 9<package.json
    flock 9
fi
wanted=$(sources)
if is_stamped "$bundles/.sources" "$wanted"; then
    exit 0
fi
lock=$(fingerprint package.json package-lock.json)
is_stamped "$packages" "$lock" || install_packages "$lock"
find_npm
rm -rf "$bundles"
npm run --silent build 9<&-
echo "$wanted" >"$bundles/.sources"
