# shellcheck shell=bash
# Expectations. A failed one marks the scenario failed and the scenario goes on (require: it stops there).

# Prints a line with the time since the scenario's start.
say() {
    local us=$((${EPOCHREALTIME/[.,]/} - STARTED_US))
    printf '%3d.%03d %s\n' $((us / 1000000)) $((us / 1000 % 1000)) "$*"
}

# Says what went wrong and marks the scenario failed.
fail() {
    say "FAILED: $*"
    echo "$*" >>"$OUT/reason"
}

# Ends the scenario as neither passed nor failed.
skip() {
    say "SKIPPED: $*"
    echo "$*" >"$OUT/skip"
    exit 77
}

# expect DESCRIPTION COMMAND ...
expect() {
    local description=$1 status=0
    shift
    "$@" || status=$?
    if ((status)); then
        fail "$description: expected to succeed, found exit status $status: $*"
    else
        say "ok: $description"
    fi
}

# require DESCRIPTION COMMAND ...: without it the rest of the scenario makes no sense.
require() {
    local failures_before failures
    failures_before=$(wc -l 2>/dev/null <"$OUT/reason" || echo 0)
    expect "$@"
    failures=$(wc -l 2>/dev/null <"$OUT/reason" || echo 0)
    ((failures == failures_before)) || exit 1
}

# expect_equal DESCRIPTION WANTED FOUND
expect_equal() {
    if [[ $2 == "$3" ]]; then
        say "ok: $1: $3"
    else
        fail "$1: expected $2, found $3"
    fi
}

# expect_between DESCRIPTION LOW HIGH FOUND: whole numbers, both bounds allowed.
expect_between() {
    if [[ $4 =~ ^-?[0-9]+$ ]] && (($4 >= $2 && $4 <= $3)); then
        say "ok: $1: $4"
    else
        fail "$1: expected $2 to $3, found $4"
    fi
}

# expect_at_least DESCRIPTION LOW FOUND
expect_at_least() { expect_between "$1" "$2" 9223372036854775807 "$3"; }

# expect_dead PID within SECONDS
expect_dead() {
    local started
    started=$(now_ms)
    if wait_until "$3" is_dead "$1"; then
        say "ok: process $1 is dead (waited $(($(now_ms) - started)) ms)"
    else
        fail "process $1 ($(command_of "$1")): expected dead within $3 s, found it alive"
    fi
}

# expect_alive PID
expect_alive() {
    if is_dead "$1"; then
        fail "process $1: expected alive, found it dead"
    else
        say "ok: process $1 is alive"
    fi
}
