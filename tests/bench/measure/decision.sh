#!/bin/bash
# What it costs to decide who is to die: reliefd by tests/bench/decision, earlyoom by its dry run.
# Timeout: 1500
# Table: decision
# Columns: daemon mode model processes cpu_ms=CPU_ms each=us_each times=times_the_smallest kin=kin_us read=read_us rate=rate_us keep=keep_us sharers=sharers_us mallocs
# Same: processes mode
# Note: us: for one process. live: processes that sleep, read from /proc; pure: made up, nothing is read. earlyoom's CPU is all that its process used, divided by the number of its searches. systemd-oomd and oomd choose among cgroups.

sizes=(100 1000)
[[ $QUICK == yes ]] || sizes=(100 1000 3000) # 2 GiB hold no more
condition host="tests/bench/decision BUILD measures up to 10,000 processes on the host"

bash "$BENCH/decision" "$BUILD" --sizes "${sizes[*]}" --repeat "$(window 20 3)" --json "$OUT/decision.json" >"$OUT/decision.txt"
jq -r '.rows[] | .processes as $n | ["mode=\(.mode)", "model=\(.model)", "processes=\($n)", "cpu_ms=\(.cpu_us / 1000)",
    "each=\(.cpu_us_each)", "times=\(.times_smallest)", "mallocs=\(.mallocs)",
    "keep=\((.add_us + .sort_us) / $n * 100 | round / 100)",
    (["kin", "read", "rate", "sharers"][] as $phase | "\($phase)=\(.[$phase + "_us"] / $n * 100 | round / 100)")] | @tsv' \
    "$OUT/decision.json" | while IFS=$'\t' read -ra cells; do row daemon=reliefd "${cells[@]}"; done

# search_of_earlyoom N: with N processes more; it finds every share of memory too small, and kills nobody.
search_of_earlyoom() {
    local pid searches us ticks crowd
    mkdir -p "$WORK/crowd"
    mkfifo "$WORK/hold"
    "$BUILD/tests/bench/decision" crowd "$1" "$WORK/crowd" <"$WORK/hold" >"$WORK/crowd.log" &
    crowd=$!
    exec 8>"$WORK/hold"
    wait_until 120 grep -q ready "$WORK/crowd.log"
    earlyoom --dryrun -r 0 -m 99,98 -s 100,99 8>&- >"$WORK/earlyoom.log" 2>&1 &
    pid=$!
    sleep "$(window 20 8)"
    # fields 14 and 15: user and system time, in ticks of 10 ms
    read -r -a stat <"/proc/$pid/stat"
    ticks=$((stat[13] + stat[14]))
    kill "$pid"
    wait "$pid" || :
    exec 8>&-
    wait "$crowd" || :
    rm -r "$WORK/hold" "$WORK/crowd"
    searches=$(grep -c 'to process' "$WORK/earlyoom.log" || :)
    if ((searches == 0)); then
        row daemon=earlyoom mode=live processes="$1" remark="no search seen: $(tail -n 1 "$WORK/earlyoom.log")"
        return
    fi
    us=$((ticks * 10000 / searches))
    row daemon=earlyoom mode=live processes="$1" cpu_ms="$(awk -v us="$us" 'BEGIN { printf "%.1f\n", us / 1000 }')" \
        each="$(awk -v us="$us" -v n="$1" 'BEGIN { printf "%.1f\n", us / n }')"
}
for size in "${sizes[@]}"; do search_of_earlyoom "$size"; done
