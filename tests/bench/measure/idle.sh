#!/bin/bash
# What each daemon costs while nothing happens, all of them running side by side.
# Timeout: 1800
# Table: idle
# Columns: cgroups setting daemon cpu_ms=CPU_ms/min switches=voluntary_switches/min wakeups=wake-ups/min syscalls=syscalls/min rss_kb=RSS_kB locked_kb=locked_kB fds threads psimon
# Same: cgroups setting
# Ratios: cpu_ms switches wakeups syscalls rss_kb
# Table: memory Locked memory of reliefd beyond what its libraries alone take
# Columns: cgroups setting daemon locked_kb=locked_kB beyond_kb=beyond_kB aim_kb=aim_kB bytes_per_cgroup=bytes_per_further_cgroup
# Note: CPU is all that the unit's cgroup used, children included; psimon: kernel threads more than before the start. Aim: 2 MiB and 160 bytes for each cgroup.

seconds=$(window 60 10)
sizes=(20 1000 10000)
settings=(fast)
[[ ${#SETTINGS[@]} != 1 ]] || settings=("${SETTINGS[@]}")
[[ $QUICK == no ]] || sizes=(20 10000)
condition window_s="$seconds" tree="slices of 20 pods of 4 containers, a process in every 20th container (at most 50)"

# per_minute N US: N within US microseconds.
per_minute() { awk -v n="$1" -v us="$2" 'BEGIN { printf "%.3f\n", n / us * 6e7 }'; }

# start_all SETTING: those who start are in STARTED.
start_all() {
    local name before
    psimon_read
    before=$PSIMON_COUNT
    daemon_start_all "$1" "${ALL_DAEMONS[@]}" baseline
    psimon_read
    psimon=$((PSIMON_COUNT - before))
    # Does it see the tree, and with which trigger does it wait?
    "$PROGRAMS/reliefctl" status --json | jq -c '{cgroups, gate}' || :
    for name in "${ALL_DAEMONS[@]}" baseline; do
        [[ -z ${DAEMON_ERRORS[$name]} ]] ||
            row cgroups="$size" setting="$1" daemon="$name" remark="${DAEMON_ERRORS[$name]}"
    done
}

# measure SETTING: those who have started.
measure() {
    local name cells traced
    sleep "$(window 20 5)" # what they do once at their start is no cost of watching
    for name in "${STARTED[@]}"; do cost_mark "$name"; done
    sleep "$seconds"
    for name in "${STARTED[@]}"; do
        cost_since "$name"
        cpu[$name]=$(per_minute "$CPU_US" "$((ELAPSED_US * 1000))") # in milliseconds
        switches[$name]=$(per_minute "$VOLUNTARY" "$ELAPSED_US")
    done
    trace_start
    traced=${EPOCHREALTIME/[.,]/}
    sleep "$seconds"
    trace_take
    traced=$((${EPOCHREALTIME/[.,]/} - traced))
    for name in "${STARTED[@]}"; do
        if ! memory_of_daemon "$name"; then
            row cgroups="$size" setting="$1" daemon="$name" remark="$name ended: $(daemon_last_words "$name.service")"
            continue
        fi
        cells=()
        [[ $name != reliefd ]] || cells=(psimon="$psimon") # nobody else has any
        row cgroups="$size" setting="$1" daemon="$name" \
            cpu_ms="${cpu[$name]}" switches="${switches[$name]}" \
            wakeups="$(per_minute "$(trace_count wakeups "$name")" "$traced")" \
            syscalls="$(per_minute "$(trace_count syscalls "$name")" "$traced")" \
            rss_kb="$RSS_KB" locked_kb="$LOCKED_KB" fds="$FDS" threads="$THREADS" "${cells[@]}"
        locked[$name]=$LOCKED_KB
    done
    trace_stop
    [[ -z ${locked[reliefd]-} ]] || memory_row "$1"
}

memory_row() {
    local beyond cells=()
    if [[ -z ${locked[baseline]-} ]]; then
        row table=memory cgroups="$size" setting="$1" daemon=reliefd locked_kb="${locked[reliefd]}" remark="no baseline"
        return
    fi
    beyond=$((locked[reliefd] - locked[baseline]))
    first_beyond[$1]=${first_beyond[$1]:-$beyond}
    ((size == sizes[0])) ||
        cells=(bytes_per_cgroup=$(((beyond - first_beyond[$1]) * 1024 / (size - sizes[0]))))
    row table=memory cgroups="$size" setting="$1" daemon=reliefd locked_kb="${locked[reliefd]}" beyond_kb="$beyond" \
        aim_kb=$((2048 + 160 * size / 1024)) "${cells[@]}"
}

declare -A cpu switches locked first_beyond=()
for size in "${sizes[@]}"; do
    tree_build app "$size"
    for setting in "${settings[@]}"; do
        locked=()
        start_all "$setting"
        measure "$setting"
        daemon_stop_all
    done
    tree_remove app
done
