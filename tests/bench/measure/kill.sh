#!/bin/bash
# How soon a victim's memory is back once it has been signalled.
# Timeout: 7200
# Swap: zram 256M

runs=$(window 5 1)
seconds=60
condition runs="$runs" cut_off_s="$seconds" look_every_ms=5 memory_high=512M

# A working set above memory.high, with a little swap: all killers find the same victim in the same state.
readonly LIMITS="memory.high=512M memory.swap.max=32M"
declare -rA PROCESSES=([one]=1 [many]=64)
readonly FILLED_MB=500

# The plainest way there is: somebody who looks on, and writes to cgroup.kill when the cgroup is full.
kill_by_hand() {
    wait_until "$seconds" at_least $((FILLED_MB << 20)) held_now && sleep 2 && cgroup_set load cgroup.kill 1
}
# The load begins a little later.
held_now() { memory_current load 2>/dev/null || echo 0; }

# How many the killer sent, before we end the load ourselves.
signals_in() { awk '$1 == "signal" && $5 !~ /^observer-/ && $7 == "thrasher"' "$1" | wc -l; }

# measure VICTIM KILLER RUN
measure() {
    local about=(victim="$1" daemon="$2" run="$3") samples=$OUT/$1.$2.$3.samples figures hand=
    tree_anew
    # shellcheck disable=SC2086 # FILE=VALUE words
    cgroup_make load $LIMITS
    if [[ $2 == cgroup.kill ]]; then
        kill_by_hand &
        hand=$!
    elif ! daemon_start "$2" kill; then
        row "${about[@]}" remark="$DAEMON_ERROR"
        return
    fi
    observe load "$samples" "$seconds" thrasher --size 640 --processes "${PROCESSES[$1]}"
    mapfile -t figures < <(reaction "$samples")
    row "${about[@]}" "${figures[@]}" signals="$(signals_in "$samples")"
    # By hand nothing is killed where the cgroup never got full; the row says so.
    if [[ $hand ]]; then wait "$hand" || :; else daemon_stop "$2"; fi
    gzip "$samples"
}

observe_every 5
observe_start
for ((run = 1; run <= runs; run++)); do
    for victim in one many; do
        for name in cgroup.kill "${ALL_DAEMONS[@]}"; do
            # The others have no such setting.
            [[ $name =~ ^(cgroup.kill|reliefd|systemd-oomd|earlyoom)$ ]] || continue
            measure "$victim" "$name" "$run"
        done
    done
done
observe_stop
