# shellcheck shell=bash
# Waiting: always for something, never for an amount of time.

exec {TICK_FD}<> <(:)

# Waits 50 ms without starting a process (in an emulated guest, a fork is work that others feel).
tick() { read -r -t 0.05 -u "$TICK_FD" || :; }

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# wait_until SECONDS COMMAND ...: repeats COMMAND until it succeeds; fails when it never did.
wait_until() {
    local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < deadline)) || return 1
        tick
    done
}

# stays SECONDS COMMAND ...: COMMAND succeeds all the time. For what must NOT happen; costs that time.
stays() {
    local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    while ((${EPOCHREALTIME/[.,]/} < deadline)); do
        "$@" || return 1
        tick
    done
}

# at_least NUMBER COMMAND ...: COMMAND prints NUMBER or more, as in: wait_until 5 at_least 1 events app oom_kill
at_least() {
    local wanted=$1
    shift
    (($("$@") >= wanted))
}
