#!/bin/bash
# What each daemon costs while nothing happens, all of them running side by side.
# Timeout: 1800
# Table: idle
# Columns: cgroups setting daemon cpu_ms=CPU_ms/min switches=voluntary_switches/min wakeups=wake-ups/min syscalls=syscalls/min rss_kb=RSS_kB locked_kb=locked_kB fds threads psimon
# Same: cgroups setting
# Ratios: cpu_ms switches wakeups syscalls rss_kb
# Table: memory Locked memory of reliefd beyond what its libraries alone take
# Columns: cgroups setting daemon locked_kb=locked_kB beyond_kb=beyond_kB bytes_per_cgroup
# Note: CPU is all that the unit's cgroup used, children included; psimon: kernel threads more than before the start.

seconds=$(window 60 10)
sizes=(20 1000 10000)
settings=(default fast)
[[ $QUICK == no ]] || settings=(fast)
condition window_s="$seconds" tree="slices of 20 pods of 4 containers, a process in every 20th container (at most 50)"

# thousandths N D: N / D with three digits.
thousandths() { awk -v n="$1" -v d="$2" 'BEGIN { printf "%.3f\n", n / d }'; }
per_minute() { echo $(($1 * 60 / seconds)); }

# start_all SETTING: sets started to those who run, and psimon_NAME.
start_all() {
    local name before
    started=()
    for name in "${ALL_DAEMONS[@]}" baseline; do
        psimon_read
        before=$PSIMON_COUNT
        if daemon_start "$name" "$1"; then
            started+=("$name")
            psimon_read
            psimon[$name]=$((PSIMON_COUNT - before))
        else
            row cgroups="$size" setting="$1" daemon="$name" remark="$DAEMON_ERROR"
        fi
    done
}

# measure SETTING: those who have started.
measure() {
    local name locked_baseline=""
    sleep "$(window 20 5)" # what they do once at their start is no cost of watching
    for name in "${started[@]}"; do cost_mark "$name"; done
    sleep "$seconds"
    for name in "${started[@]}"; do
        cost_since "$name"
        cpu[$name]=$CPU_US switches[$name]=$VOLUNTARY
    done
    trace_start
    sleep "$seconds"
    trace_take
    for name in "${started[@]}"; do
        if ! memory_of_daemon "$name"; then
            row cgroups="$size" setting="$1" daemon="$name" remark="$name ended: $(daemon_last_words "$name.service")"
            continue
        fi
        row cgroups="$size" setting="$1" daemon="$name" \
            cpu_ms="$(thousandths "$(per_minute "${cpu[$name]}")" 1000)" switches="$(per_minute "${switches[$name]}")" \
            wakeups="$(per_minute "$(trace_count wakeups "$name")")" \
            syscalls="$(per_minute "$(trace_count syscalls "$name")")" \
            rss_kb="$RSS_KB" locked_kb="$LOCKED_KB" fds="$FDS" threads="$THREADS" psimon="${psimon[$name]}"
        locked[$name]=$LOCKED_KB
    done
    trace_stop
    [[ -z ${locked[reliefd]-} ]] || memory_row "$1"
}

memory_row() {
    local beyond
    if [[ -z ${locked[baseline]-} ]]; then
        row table=memory cgroups="$size" setting="$1" daemon=reliefd locked_kb="${locked[reliefd]}" remark="no baseline"
        return
    fi
    beyond=$((locked[reliefd] - locked[baseline]))
    row table=memory cgroups="$size" setting="$1" daemon=reliefd locked_kb="${locked[reliefd]}" beyond_kb="$beyond" \
        bytes_per_cgroup=$((beyond * 1024 / size))
}

declare -A cpu switches locked psimon
for size in "${sizes[@]}"; do
    tree_build app "$size"
    for setting in "${settings[@]}"; do
        locked=() psimon=()
        start_all "$setting"
        measure "$setting"
        daemon_stop_all
    done
    tree_remove app
done
