#!/bin/sh
# Bring .venv up to the pinned requirements of one level: demo (to run) or dev (to work on it).
# Does nothing while the pins are unchanged; dev contains demo and is never taken back to it.
# A second word names another folder, for an environment of its own.
set -eu
cd "$(dirname "$0")"

level=${1:-demo}
environment=${2:-.venv}
python=$environment/bin/python

fail() {
    echo "$*" >&2
    exit 1
}

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "Darkroom needs Python 3.11 or newer. Install one, or name it: make run PYTHON=/path/to/python3"
}

create_environment() {
    base=$(find_python)
    "$base" -c 'import ensurepip, venv' 2>/dev/null || fail \
        "$base cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"
    "$base" -m venv --clear "$environment"
}

# The interpreter belongs to it: its successor needs the packages anew.
fingerprint() {
    { cat "requirements/$1.txt"; "$python" -VV; } | cksum
}

is_current() {
    [ "$(cat "$environment/installed-$1" 2>/dev/null)" = "$(fingerprint "$1")" ]
}

[ -f "requirements/$level.txt" ] || fail "There is no requirements/$level.txt"
if command -v flock >/dev/null; then
    # Two makes in one clone take turns.
    exec 9<requirements
    flock 9
fi
"$python" -m pip --version >/dev/null 2>&1 || create_environment
if is_current dev || is_current "$level"; then
    exit 0
fi
echo "Installing the Python packages ($level) into $environment; this happens once."
rm -f "$environment"/installed-*
"$python" -m pip install -qq --disable-pip-version-check --no-input \
    --require-hashes --requirement "requirements/$level.txt" 9<&-
fingerprint "$level" >"$environment/installed-$level"
