#!/bin/bash
# How soon each daemon signals once its own condition is true, and how soon the load is dead and its memory back.
# Timeout: 10800
# Swap: zram 256M

runs=$(window 10 2)
seconds=60
condition runs="$runs" cut_off_s="$seconds"

# Loads. stall: a working set far above memory.high, with a little swap: nothing gets on, and pressure passes every
# policy's line. low: a program that takes the machine's memory, all of which it keeps using.
read -ra LOADS <<<"${BENCH_LOADS:-stall low}"
readonly STALL_LIMIT=64
load_limits() { [[ $1 != stall ]] || echo "memory.high=${STALL_LIMIT}M memory.swap.max=32M"; }
load_program() {
    case $1 in
        stall) echo "thrasher --size 256" ;;
        low) echo "hog --mb 4000 --huge 1300" ;;
    esac
}

# What each waits for with that load (the terms of reaction.c), and how long of it is a delay that its own policy asks
# for once its line has been passed. A daemon without a line has nothing that such a load could set off.
declare -A WHEN=() DELAY=()
when() { WHEN[$1]=$3 DELAY[$1]=$2; }
when stall.reliefd.default 0 "window:cgroup:full:40:20000,room:3:$STALL_LIMIT"
when stall.reliefd.fast 0 window:cgroup:full:40:2000
when stall.systemd-oomd.default 20000 avg10:cgroup:full:60:20000
when stall.systemd-oomd.fast 2000 avg10:cgroup:full:40:2000
when stall.oomd.default 30000 avg10:cgroup:full:60:30000
when stall.oomd.fast 2000 avg10:cgroup:full:40:2000
when stall.nohang.fast 2000 avg10:cgroup:full:40:2000
when low.reliefd.default 0 window:node:full:30:10000,available:5
when low.reliefd.fast 0 window:node:some:10:1000,available:10
when low.systemd-oomd.default 0 available:10,swap-free:10
when low.systemd-oomd.fast 0 "available:10,swap-free:10 avg10:cgroup:full:40:2000"
when low.oomd.default 0 swap-free:10
when low.oomd.fast 0 "swap-free:10 avg10:cgroup:full:40:2000"
when low.nohang.default 0 available:5,swap-free:10
when low.nohang.fast 0 "available:10,swap-free:10 avg10:cgroup:full:40:2000"
when low.earlyoom.default 0 user-available:10,swap-free:10
when low.earlyoom.fast 0 user-available:10,swap-free:10

# measure LOAD SETTING DAEMON RUN
measure() {
    local key=$1.$3.$2 about=(load="$1" setting="$2" daemon="$3" run="$4" delay="${DELAY[$1.$3.$2]-null}") figures
    local samples=$OUT/$key.$4.samples
    tree_anew
    # shellcheck disable=SC2046 # FILE=VALUE words
    cgroup_make load $(load_limits "$1")
    if [[ $3 != kernel ]] && ! daemon_start "$3" "$2"; then
        row "${about[@]}" remark="$DAEMON_ERROR"
        return
    fi
    # Who looks once a second is late by chance: each run's load begins in another part of that second.
    sleep "0.$(printf %03d $(($4 * 618 % 1000)))"
    # shellcheck disable=SC2046 # words
    observe load "$samples" "$seconds" $(load_program "$1")
    # shellcheck disable=SC2086 # alternatives
    mapfile -t figures < <(reaction "$samples" ${WHEN[$key]-})
    row "${about[@]}" "${figures[@]}"
    [[ $3 == kernel ]] || daemon_stop "$3"
    gzip "$samples"
}

observe_start
for load in "${LOADS[@]}"; do
    for ((run = 1; run <= runs; run++)); do
        for setting in "${SETTINGS[@]}"; do
            for name in "${ALL_DAEMONS[@]}" kernel; do
                # Who has nothing to wait for, or no settings, is asked once.
                [[ $run == 1 || ${WHEN[$load.$name.$setting]-} ]] || continue
                [[ $name != kernel || $setting == "${SETTINGS[0]}" ]] || continue
                measure "$load" "$setting" "$name" "$run"
            done
        done
    done
done
observe_stop
# What reliefd itself says took how long (kept with --keep).
cp -r /var/lib/reliefd/incidents "$OUT/" || :
