#!/bin/sh
# Install the real servers and the browser that the tests drive, on Debian and its relatives.
# What is already there is left alone; without root it only says what the tests will miss.
# With the word `containers`, what `make test-containers` needs is installed instead.
set -eu

purpose=${1:-services}

LOCK=/run/lock/darkroom-install-services.lock
POLICY=/usr/sbin/policy-rc.d

found() {
    case $1 in
        initdb) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null ;;
        redis-server) command -v redis-server >/dev/null || command -v valkey-server >/dev/null ;;
        # Debian keeps the broker and the daemons of Ceph where only root's PATH looks.
        *) PATH=$PATH:/usr/sbin:/sbin:/usr/lib/rabbitmq/bin command -v "$1" >/dev/null ;;
    esac
}

# One line per part: the command that shows it is there, its package, what needs it.
missing() {
    "parts_of_$purpose" | while read -r command package use; do
        found "$command" || echo "$package $use"
    done
}

parts_of_containers() {
    cat <<'PARTS'
dockerd docker.io an engine of the tests' own (its tools alone; the engine is not started)
mmdebstrap mmdebstrap the images to build on
PARTS
}

parts_of_services() {
    cat <<'PARTS'
redis-server redis-server broker and cache on a current Redis
initdb postgresql tests marked database, run on PostgreSQL
rabbitmq-server rabbitmq-server delivery tests on RabbitMQ
ceph-mon ceph-mon tests on a real S3 (monitor)
ceph-osd ceph-osd tests on a real S3 (object store)
ceph ceph-common tests on a real S3 (command line)
radosgw radosgw tests on a real S3 (gateway)
chromium chromium tests in a browser
faketime faketime tests of workers whose clocks are off
msgfmt gettext tests of the translations
rsync rsync the test of a backup of local folders
promtool prometheus tests of the alert rules (its tool alone; the server is not started)
PARTS
}

list_missing() {
    missing | while read -r package use; do echo "  $package - $use"; done
}

install() {
    packages=$(missing | cut -d ' ' -f 1)
    [ -n "$packages" ] || return 0
    # Debian starts what it installs. The tests bring their own processes, so a refusing policy
    # stands for the length of this run; one that the machine already has is kept.
    if [ ! -e "$POLICY" ]; then
        trap 'rm -f "$POLICY"' EXIT
        trap 'exit 130' INT TERM
        printf '#!/bin/sh\nexit 101\n' >"$POLICY"
        chmod 755 "$POLICY"
    fi
    echo "Installing the servers for the tests:" $packages
    log=$(mktemp)
    for step in "update" "install --yes --no-install-recommends $packages"; do
        # A second clone may be installing: wait for its lock rather than fail.
        if ! DEBIAN_FRONTEND=noninteractive \
            apt-get -q -o DPkg::Lock::Timeout=300 $step >"$log" 2>&1 </dev/null; then
            tail -n 30 "$log" >&2
            echo "apt-get $step failed; the whole log is in $log" >&2
            exit 1
        fi
    done
    rm -f "$log"
}

if [ -z "$(missing)" ]; then
    exit 0
elif ! command -v apt-get >/dev/null; then
    echo "No apt-get here. Install these yourself, or their tests are skipped:"
    list_missing
elif [ "$(id -u)" != 0 ]; then
    echo "Not root, so these are not installed and their tests are skipped:"
    list_missing
    echo "To have them: sudo sh $0"
else
    exec 9>"$LOCK"
    flock 9
    install
fi
