# shellcheck shell=bash
# Loads that run under the eyes of observer (observer.c): the measurements of reaction and of the neighbour.

# observe_start: a tracing instance of our own, that tells of every SIGTERM and SIGKILL. observe_stop takes it away.
observe_start() {
    mountpoint -q "$TRACING" || mount -t tracefs tracefs "$TRACING"
    SIGNALS=$TRACING/instances/signals
    mkdir -p "$SIGNALS"
}
observe_stop() { [[ ! -d ${SIGNALS-} ]] || rmdir "$SIGNALS"; }

# tree_anew: the slice as after a boot. Averages of pressure outlive the load that caused them, else.
tree_anew() {
    tree_unit_stop
    systemctl stop bench.slice
    tree_unit_start
    cgroup_make .
}

# observe_every MS: how often the observer looks from here on (else every 20).
OBSERVE_EVERY=20
observe_every() { OBSERVE_EVERY=$1; }

# observe CGROUP FILE SECONDS PROGRAM [ARGUMENT ...]: runs it until it ends or is killed, after SECONDS by us.
observe() {
    local cgroup=$1 file=$2 seconds=$3
    shift 3
    observer --cgroup "$(cgroup_path "$cgroup")" --out "$file" --seconds "$seconds" --every "$OBSERVE_EVERY" --trace "$SIGNALS" "$@" >/dev/null
}
