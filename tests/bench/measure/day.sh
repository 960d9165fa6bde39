#!/bin/bash
# A busy node's day: 250 pods in 2,500 cgroups, one container made and one removed a second, and always a few percent of stall.
# Timeout: 1200
# Swap: zram 512M
# Table: day
# Columns: daemon cpu_us=CPU_us/s share=%_of_a_core scaled=scaled_% switches=voluntary_switches/s psimon_us=psimon_us/s
# Ratios: cpu_us switches
# Note: All side by side, each with the numbers its package comes with. reliefd's CPU includes the kernel threads named psimon, which watch pressure for it. Scaled: as it would be on the host, by what a fixed program (calibrate: system calls, and work on text) takes there and here.
# Table: stall The machine's share of time in which somebody stalled for memory (some), percent of each second
# Columns: seconds least mean most within=seconds_within_1_to_5

settle=$(window 30 15) seconds=$(window 300 30)
calibrated=$(calibrate)
condition window_s="$seconds" calibrate_guest_ns="$calibrated" calibrate_host_ns="${BENCH_HOST_CALIBRATE:-unknown}"

started=()
psimon_read
psimon_before=$PSIMON_COUNT
((psimon_before == 0)) || condition psimon_of_others="$psimon_before"
for name in "${ALL_DAEMONS[@]}"; do
    if daemon_start "$name" default; then
        started+=("$name")
    else
        row daemon="$name" remark="$DAEMON_ERROR"
    fi
done

cgroup_make load
day "$(cgroup_path load)" --pods 250 --containers 10 --seconds $((settle + seconds + 5)) --seed "$VM_SEED" \
    >"$OUT/day.log" 2>"$OUT/day.err" &
day=$!
second() { tail -n 1 "$OUT/day.log"; }
at_second() { [[ $(second) == [0-9]* ]] && (($(second | cut -d ' ' -f 1) >= $1)); }
day_is_at() { at_second "$1" || is_dead "$day"; }
wait_until 300 day_is_at "$settle" || :
require "the day goes on: $(<"$OUT/day.err")" is_alive "$day"

begin=$(second) begin_ms=$(now_ms)
for name in "${started[@]}"; do cost_mark "$name"; done
sleep "$seconds"
declare -A cpu switches
for name in "${started[@]}"; do
    cost_since "$name"
    cpu[$name]=$CPU_US switches[$name]=$VOLUNTARY
done
end=$(second) ms=$(($(now_ms) - begin_ms))
wait "$day" || fail "day ended with $?: $(<"$OUT/day.err")"

# field LINE N
field() { cut -d ' ' -f "$2" <<<"$1"; }
psimon_us=$((($(field "$end" 4) - $(field "$begin" 4)) / 1000))
# per_second MICROSECONDS-OR-COUNT; share MICROSECONDS; scaled MICROSECONDS
per_second() { awk -v n="$1" -v ms="$ms" 'BEGIN { printf "%.1f\n", n * 1000 / ms }'; }
share() { awk -v us="$1" -v ms="$ms" 'BEGIN { printf "%.4f\n", us / ms / 10 }'; }
scaled() {
    [[ ${BENCH_HOST_CALIBRATE-} ]] || { echo "-"; return; }
    awk -v us="$1" -v ms="$ms" -v host="$BENCH_HOST_CALIBRATE" -v guest="$calibrated" \
        'BEGIN { printf "%.4f\n", us / ms / 10 * host / guest }'
}
for name in "${started[@]}"; do
    cells=() us=${cpu[$name]}
    if [[ $name == reliefd ]]; then
        us=$((us + psimon_us))
        cells=(psimon_us="$(per_second "$psimon_us")")
    fi
    row daemon="$name" cpu_us="$(per_second "$us")" share="$(share "$us")" scaled="$(scaled "$us")" \
        switches="$(per_second "${switches[$name]}")" "${cells[@]}"
done

# The stall, ten lines of it: that it was there is the point.
while read -r from to least mean most within; do
    row table=stall seconds="$from to $to" least="$least" mean="$mean" most="$most" within="$within"
done < <(awk -v from="$(field "$begin" 1)" -v to="$(field "$end" 1)" -v step=$(((seconds + 9) / 10)) '
    function out() { printf "%d %d %.1f %.1f %.1f %d/%d\n", first, $1, least, sum / n, most, within, n; n = 0 }
    $1 + 0 > from && $1 + 0 <= to {
        some = $2 / 1e4
        if (!n) { first = $1; least = most = some; sum = within = 0 }
        n++; sum += some
        if (some < least) least = some
        if (some > most) most = some
        within += some >= 1 && some <= 5
        if (n == step || $1 == to) out()
    }' "$OUT/day.log")
