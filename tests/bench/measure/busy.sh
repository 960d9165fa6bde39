#!/bin/bash
# What each daemon costs while some cgroups stall for memory and nobody needs to act, all of them running side by side.
# Timeout: 2400
# Table: busy
# Columns: cgroups pressured daemon cpu_us=CPU_us/s switches=voluntary_switches/s psimon_us=psimon_us/s stall=stall_%
# Same: cgroups pressured
# Ratios: cpu_us switches
# Table: fit How the cost grows: the exponent of CPU against the number of cgroups, by least squares on logarithms
# Columns: daemon against exponent points
# Note: Setting "never": they watch as with "fast" and wait for 95 % over 10 s. Stall: full, mean of the pressured ones; each holds a little more than its memory.high lets it, and waits for more 15 % of the time. psimon: kernel threads that watch pressure for reliefd.

seconds=$(window 30 8)
sizes=(20 200 2000 10000)
[[ $QUICK == no ]] || sizes=(20 2000)
fixed=2000 # where 1, 2, 5 and 10 are pressured
condition window_s="$seconds"

# per_second N US: N within US microseconds.
per_second() { awk -v n="$1" -v us="$2" 'BEGIN { printf "%.2f\n", n / us * 1e6 }'; }

# measure PRESSURED
measure() {
    local name stalled psimon at pid share
    press "$1"
    psimon_read
    psimon=$PSIMON_NS at=${EPOCHREALTIME/[.,]/} stalled=$(stall_us)
    for name in "${STARTED[@]}"; do cost_mark "$name"; done
    sleep "$seconds"
    for name in "${STARTED[@]}"; do
        cost_since "$name"
        cpu[$name]=$(per_second "$CPU_US" "$ELAPSED_US")
        switches[$name]=$(per_second "$VOLUNTARY" "$ELAPSED_US")
    done
    psimon_read
    stalled=$(($(stall_us) - stalled)) at=$((${EPOCHREALTIME/[.,]/} - at))
    psimon=$(per_second "$(((PSIMON_NS - psimon) / 1000))" "$at")
    share=$(awk -v us="$stalled" -v n="$1" -v at="$at" 'BEGIN { printf "%.1f\n", 100 * us / n / at }')
    for pid in "${pids[@]}"; do
        is_dead "$pid" || continue
        row cgroups="$size" pressured="$1" remark="somebody ended a load: worthless"
        "$PROGRAMS/reliefctl" incidents || :
        release
        return
    done
    for name in "${STARTED[@]}"; do busy_row "$1" "$name" "$share" "$psimon"; done
    release
}

# busy_row PRESSURED NAME STALL PSIMON
busy_row() {
    local cells=()
    if ! daemon_is_active "$2"; then
        row cgroups="$size" pressured="$1" daemon="$2" remark="ended: $(daemon_last_words "$2.service")"
        return
    fi
    [[ $2 != reliefd ]] || cells=(psimon_us="$4") # nobody else has any
    row cgroups="$size" pressured="$1" daemon="$2" cpu_us="${cpu[$2]}" switches="${switches[$2]}" stall="$3" "${cells[@]}"
}

# fit FILTER KEY AGAINST: one row for each daemon; cost against KEY among the rows that FILTER takes.
fit() {
    local name exponent points
    for name in "${ALL_DAEMONS[@]}"; do
        read -r exponent points < <(jq -r "select(.daemon == \"$name\" and .cpu_us != null and ($1)) | \"\(.$2) \(.cpu_us)\"" "$OUT/rows" | awk '
            { x = log($1); y = log($2 > 0.1 ? $2 : 0.1); n++; sx += x; sy += y; sxx += x * x; sxy += x * y }
            END { d = n * sxx - sx * sx; if (n > 1 && d > 0) printf "%.2f %d\n", (n * sxy - sx * sy) / d, n; else print "- 0" }')
        [[ $exponent == - ]] || row table=fit daemon="$name" against="$3" exponent="$exponent" points="$points"
    done
}

press_prepare
declare -A cpu switches
for size in "${sizes[@]}"; do
    tree_build app "$size"
    daemon_start_all never "${ALL_DAEMONS[@]}"
    for name in "${ALL_DAEMONS[@]}"; do
        [[ -z ${DAEMON_ERRORS[$name]} ]] || row cgroups="$size" daemon="$name" remark="${DAEMON_ERRORS[$name]}"
    done
    sleep "$(window 10 3)"
    numbers=(1 10)
    ((size != fixed)) || numbers=(1 2 5 10)
    for number in "${numbers[@]}"; do measure "$number"; done
    daemon_stop_all
    tree_remove app
done
fit '.pressured == 1' cgroups "cgroups, 1 pressured"
fit '.pressured == 10' cgroups "cgroups, 10 pressured"
fit ".cgroups == $fixed" pressured "pressured ones of $fixed"
