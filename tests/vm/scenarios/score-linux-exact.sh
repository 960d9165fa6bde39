#!/bin/bash
# Model linux is the kernel's own: its oom_score is /proc/PID/oom_score of every process, whatever its shape.
# Kernels: 6.1 6.12
# Swap: zram 512M
# Memory: 3584M
# Timeout: 400

declare -A SHAPES # of processes that must be among those compared

# start SHAPE run_in's ARGUMENTS
start() {
    run_in "${@:2}"
    SHAPES[$RUN_PID]=$1
}

cgroup_make held
cgroup_make swapped
start "2 GiB" held holder --mb 2048 --huge
start "shared memory" held holder --mb 70 --shmem
start "many threads" held holder --mb 45 --threads 64 --spread
start "dead leader" held holder --mb 38 --dead-leader
start "page tables" held holder --mb 3 --tables 12000
start "root" --as root held holder --mb 29
start "root without capabilities" --as root held setpriv --bounding-set=-all --inh-caps=-all holder --mb 31
start "swapped out" swapped holder --mb 90
start "threads swapped out" swapped holder --mb 40 --threads 16 --spread
start "adj -998, page tables" --adj -998 held holder --mb 50 --tables 2000
RANDOM=$VM_SEED
members=()
for adj in -1000 -999 -500 -499 -300 -17 -1 0 1 2 3 58 300 500 501 941 999 1000; do
    members+=("$((1000 + RANDOM % 20000)):$adj")
done
start "parent of those with adj" --as root held crowd "${members[@]}"
crowd=$RUN_PID
all_ready() { (($({ grep -l '^ready' "$OUT"/load-*.log || :; } | wc -l) == ${#SHAPES[@]})); }
require "all hold their memory" wait_until 200 all_ready
while read -r _ pid member; do SHAPES[$pid]="adj ${member#*:}"; done < <(grep '^member' "$OUT/load-$crowd.log")
cgroup_set swapped memory.reclaim 80M || : # EAGAIN: a little less was found
SHAPES[1]="init"
SHAPES[2]="kernel thread"
SHAPES[$$]="this shell"

# Lines "PID SCORE" of all processes, sorted for join.
kernel_scores() {
    local directory score
    for directory in /proc/[0-9]*; do
        is_dead "${directory#/proc/}" || read -r score 2>/dev/null <"$directory/oom_score" || continue
        echo "${directory#/proc/} $score"
    done | LC_ALL=C sort
}

kernel_scores >"$OUT/before"
reliefctl scores --system --model linux --json >"$OUT/scores.json"
kernel_scores >"$OUT/after"
# What moved meanwhile cannot be compared.
LC_ALL=C comm -12 "$OUT/before" "$OUT/after" >"$WORK/steady"
jq -r '.processes[] | "\(.pid) \(.oom_score) \(.kernel_oom_score) \(.swap_bytes) \(.comm | gsub(" "; "_"))"' \
    "$OUT/scores.json" | LC_ALL=C sort >"$WORK/ours"
LC_ALL=C join "$WORK/steady" "$WORK/ours" >"$OUT/compared"

threads_of() { sed -n 's/^Threads:\s*//p' "/proc/$1/status"; }

# A multithreaded process may be one off when some of it is swapped out: status adds up the counters of all
# processors, the kernel's score does not.
is_allowed() { (($3 > 0 && $2 >= -1 && $2 <= 1 && $(threads_of "$1") > 1)); }

different=""
while read -r pid kernel ours seen swap comm; do
    [[ $ours != "$kernel" || $seen != "$kernel" ]] || continue
    if is_allowed "$pid" $((ours - kernel)) "$swap" && [[ $seen == "$kernel" ]]; then
        say "process $pid (${SHAPES[$pid]-$comm}): $ours, the kernel's $kernel, as swap and threads may bring about"
    else
        different+=" $pid (${SHAPES[$pid]-$comm}): $ours, file read as $seen, the kernel's $kernel;"
    fi
done <"$OUT/compared"
expect_equal "processes that differ" "" "$different"
expect_equal "processes left out" "" "$(LC_ALL=C join -v 1 "$WORK/steady" "$WORK/ours")"
expect_at_least "processes compared" 60 "$(wc -l <"$OUT/compared")"
for pid in "${!SHAPES[@]}"; do
    grep -q "^$pid " "$OUT/compared" || fail "the process of shape '${SHAPES[$pid]}' was not compared"
done

# Are they what they are called?
mb_of() { # SHAPE FIELD, as a jq expression
    local pid
    for pid in "${!SHAPES[@]}"; do
        [[ ${SHAPES[$pid]} != "$1" ]] || echo "(.processes[] | select(.pid == $pid) | .$2 / 1048576 | floor)"
    done
}
read -r huge shmem headless tables swapped threaded < <(jq -r "[$(mb_of "2 GiB" rss_bytes),
    $(mb_of "shared memory" rss_bytes), $(mb_of "dead leader" rss_bytes), $(mb_of "page tables" pagetables_bytes),
    $(mb_of "swapped out" swap_bytes), $(mb_of "threads swapped out" swap_bytes)] | join(\" \")" "$OUT/scores.json")
expect_at_least "2 GiB: resident MB" 2048 "$huge"
expect_at_least "shared memory: resident MB" 70 "$shmem"
expect_at_least "dead leader: resident MB" 38 "$headless"
expect_at_least "page tables: MB of them" 46 "$tables"
expect_at_least "swapped out: MB of swap" 20 "$swapped"
expect_at_least "threads swapped out: MB of swap" 5 "$threaded"
