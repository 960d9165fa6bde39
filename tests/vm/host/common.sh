# shellcheck shell=bash
# Small things that every host part of tests/vm/run uses.

note() { echo "tests/vm: $*" >&2; }

die() {
    note "$*"
    exit 2
}

# Waits 0.2 s without starting a process: the guest needs both processors.
pause() { read -r -t 0.2 -u "$PAUSE_FD" || :; }
exec {PAUSE_FD}<> <(:)

# Takes the machine's only guest slot: two runs on two processors make each other's times worthless.
take_guest_lock() {
    local lock_file=$CACHE/lock
    exec {LOCK_FD}>"$lock_file"
    if ! flock --nonblock "$LOCK_FD"; then
        note "another run has the guests of this machine (lock $lock_file): waiting for it"
        flock "$LOCK_FD"
    fi
}
