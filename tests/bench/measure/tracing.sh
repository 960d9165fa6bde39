#!/bin/bash
# What it costs reliefd to write a trace, while nothing happens and while some cgroups stall.
# Timeout: 1800
# Table: tracing
# Columns: pressured setting cpu_us=CPU_us/s bytes=bytes/s lines=lines/s samples=samples/s sample=bytes_a_sample stall=stall_%
# Note: 200 cgroups. never: no trace; traced: the same with --trace. Stall: full, mean of the pressured ones. Bytes before any compression; those a second hold tables of processes and the machine's numbers, too.

seconds=$(window 30 8)
trace=/var/lib/reliefd/bench.trace
condition window_s="$seconds"

# lines FROM: those of the trace behind that many bytes, as "bytes lines samples bytes-of-samples".
lines() {
    [[ -f $trace ]] || { echo 0 0 0 -; return; }
    tail -c "+$(($1 + 1))" "$trace" | awk '
        { bytes += length($0) + 1 }
        /^\{"type":"sample"/ { n++; size += length($0) + 1 }
        END { print bytes + 0, NR, n + 0, n ? int(size / n) : "-" }'
}

size_of_trace() { stat -c %s "$trace" 2>/dev/null || echo 0; }

# measure PRESSURED SETTING
measure() {
    local from stalled cpu bytes lines samples sample
    daemon_start reliefd "$2" || { row pressured="$1" setting="$2" remark="$DAEMON_ERROR"; return; }
    press "$1"
    sleep "$(window 10 3)"
    from=$(size_of_trace) stalled=$(stall_us)
    cost_mark reliefd
    sleep "$seconds"
    cost_since reliefd
    stalled=$(($(stall_us) - stalled))
    sleep 1 # until it is written
    read -r bytes lines samples sample < <(lines "$from")
    awk -v n="${1/#0/1}" -v us="$ELAPSED_US" -v cpu="$CPU_US" -v s="$stalled" -v b="$bytes" -v l="$lines" -v sa="$samples" '
        BEGIN { printf "%.0f %.0f %.1f %.1f %.1f\n", cpu / us * 1e6, b / us * 1e6, l / us * 1e6, sa / us * 1e6, 100 * s / n / us }' >"$OUT/rates"
    read -r cpu bytes lines samples stalled <"$OUT/rates"
    row pressured="$1" setting="$2" daemon=reliefd cpu_us="$cpu" bytes="$bytes" lines="$lines" samples="$samples" sample="$sample" stall="$stalled"
    release
    daemon_stop reliefd
    rm -f "$trace"
}

press_prepare
tree_build app 200
for number in 0 1 10; do
    for setting in never traced; do measure "$number" "$setting"; done
done
tree_remove app
