#!/bin/sh
# Put docker's plugins `compose` and `buildx` into a folder: of the next release of Debian, because
# Debian 12 has none. The machine's own sources and packages stay as they are.
set -eu

release=trixie
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$folder"
source=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $source $release main" >"$work/sources.list"

apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

cd "$work"
apt update
apt download docker-compose docker-buildx
for package in *.deb; do
    dpkg-deb --extract "$package" unpacked
done
cp unpacked/usr/libexec/docker/cli-plugins/* "$folder/"
