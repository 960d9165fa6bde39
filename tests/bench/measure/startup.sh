#!/bin/bash
# How long each daemon takes from its exec until it watches, and what memory that takes, while nothing happens.
# Timeout: 1200
# Table: startup
# Columns: cgroups daemon watching_ms ready_ms output_ms=first_output_ms idle_ms=idle_ms cpu_ms=CPU_ms rss_kb=RSS_kB peak_kb=peak_RSS_kB locked_kb=locked_kB
# Same: cgroups
# Ratios: watching_ms idle_ms cpu_ms rss_kb peak_kb
# Note: Medians. Ready: READY=1 to the service manager, where it says that. Watching: ready, else first output, else idle. Idle: nothing more to do for a second. Started by hand, without the unit's sandbox; systemd-oomd without what units ask for.

repetitions=$(window 3 1)
sizes=(20 10000)
condition repetitions="$repetitions"

# median FILE KEY: of KEY=VALUE lines; nothing when none has it.
median() {
    sed -n "s/.*\b$2=\(-\?[0-9.]*\).*/\1/p" "$1" | sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

# start_row NAME: from its runs.
start_row() {
    local key value watching="" cells=()
    for key in ready_ms output_ms idle_ms cpu_ms rss_kb peak_kb locked_kb; do
        value=$(median "$WORK/runs" "$key")
        [[ $value ]] || continue
        cells+=("$key=$value")
        watching=${watching:-$value}
    done
    row cgroups="$size" setting=default daemon="$1" watching_ms="$watching" "${cells[@]}"
}

for size in "${sizes[@]}"; do
    tree_build app "$size"
    for name in "${ALL_DAEMONS[@]}" baseline; do
        daemon_use "$name"
        if ! daemon_configure default; then
            row cgroups="$size" daemon="$name" remark="$DAEMON_ERROR"
            continue
        fi
        : >"$WORK/runs"
        for ((run = 0; run < repetitions; run++)); do
            mkdir -p /run/systemd/oom /run/reliefd /var/lib/reliefd # as units have them
            starter "${DAEMON_COMMAND[@]}" >>"$WORK/runs" || say "$name ended by itself"
        done
        start_row "$name"
        daemon_forget
    done
    tree_remove app
done
