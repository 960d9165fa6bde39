#!/bin/bash
# Of many mixes of processes the kernel's OOM killer takes the one that model v59 names beforehand.
# Kernels: 6.1 6.12
# Swap: zram 48M
# Timeout: 240

RANDOM=$VM_SEED
readonly WANTED=20
SWAP_TOTAL_KB=$(sed -n 's/^SwapTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) # a page less than 48 MB
readonly ADJS=(-999 -950 -800 -600 -400 -250 -100 -30 -5 0 0 0 0 0 5 30 100 250 400 600 800 950 999 1000)

# draw_room: sets LIMIT_MB, SWAP_MB ("max", now and then) and TOTAL_KB, which is what points are shares of.
draw_room() {
    LIMIT_MB=$((24 + RANDOM % 24))
    case $((RANDOM % 6)) in
        0 | 1 | 2) SWAP_MB=0 ;;
        3 | 4) SWAP_MB=$((1 + RANDOM % (LIMIT_MB / 3))) ;;
        5) SWAP_MB=max ;;
    esac
    if [[ $SWAP_MB == max ]]; then
        TOTAL_KB=$((LIMIT_MB * 1024 + SWAP_TOTAL_KB))
    else
        TOTAL_KB=$(((LIMIT_MB + SWAP_MB) * 1024))
    fi
}

# add_members COUNT KB LOWEST HIGHEST: so many that share KB, with an adj of ADJS within these bounds.
add_members() {
    local weights=() sum=0 i adj
    for ((i = 0; i < $1; i++)); do
        weights+=($((3 + RANDOM % 100)))
        sum=$((sum + weights[i]))
    done
    for ((i = 0; i < $1; i++)); do
        adj=${ADJS[RANDOM % ${#ADJS[@]}]}
        ((adj >= $3)) || adj=$3
        ((adj <= $4)) || adj=$4
        MEMBERS+=("$(($2 * weights[i] / sum)):$adj")
    done
}

# Any sizes and adj.
draw_any() { add_members $((3 + RANDOM % 5)) $((LIMIT_MB * 1024 * 8 / 10)) -999 1000; }

# The two highest are 1.2 to 3 % of the whole apart: one has the memory, the other the adj.
draw_close() {
    local adj=$((-300 + RANDOM % 800)) more=$((RANDOM % 120)) small large
    small=$((TOTAL_KB * (50 + RANDOM % 80) / 1000))
    large=$((small + TOTAL_KB * (more + 12 + RANDOM % 18) / 1000))
    MEMBERS=("$small:$((adj + more))" "$large:$adj")
    ((RANDOM % 2)) || MEMBERS=("${MEMBERS[1]}" "${MEMBERS[0]}")
    add_members $((1 + RANDOM % 5)) $((LIMIT_MB * 1024 * 2 / 10)) -999 $((adj - 350))
}

draw_mix() {
    MEMBERS=()
    draw_room
    if [[ $1 == close && $SWAP_MB != max ]]; then draw_close; else draw_any; fi
}

# start_mix CGROUP: sets CROWD.
start_mix() {
    local swap=$SWAP_MB
    [[ $swap == max ]] || swap=${swap}M
    cgroup_make "$1" memory.max="${LIMIT_MB}M" memory.swap.max="$swap"
    run_in --as root "$1" crowd "${MEMBERS[@]}"
    CROWD=$RUN_PID
    wait_ready "$CROWD"
}

# judge_mix CGROUP: sets OURS, the pid that model v59 names, FIRST, its points, GAP, how far it is ahead (both in
# thousandths of the whole), and TOTAL, all pages.
judge_mix() {
    reliefctl scores --cgroup "$TREE/$1" --model v59 --json >"$WORK/scores"
    read -r OURS FIRST GAP TOTAL < <(jq -r '.total_pages as $total | [.processes[] | select(.eligible)] as $all |
        [$all[0].pid, ($all[0].score * 1000 / $total | floor), (($all[0].score - $all[1].score) * 1000 / $total | floor),
        $total] | join(" ")' "$WORK/scores")
}

# The one that brings the kernel to it stays far behind: adj -999.
drive_to_oom() {
    local mb=$((TOTAL_KB / 1024 + 4 - ($(memory_current "$1") >> 20)))
    : >"$WORK/kernel"
    run_in --adj -999 "$1" leaker --limit "$mb" --hold
    require "the kernel kills in mix $1" wait_until 30 find_killed
}

# Sets KILLED to the first one.
find_killed() {
    KILLED=$(sed -n 's/.*Memory cgroup out of memory: Killed process \([0-9]*\) .*/\1/p;T;q' "$WORK/kernel")
    [[ $KILLED ]]
}

# text_of PID: its size and adj.
text_of() { sed -n "s/^member $1 //p" "$OUT/load-$CROWD.log"; }

row() { printf '%3s %-5s %3s %3s %5s %-11s %-11s %-5s %s\n' "$@"; }

# play_mix NUMBER KIND: does not count where the two highest are too close, or the leaker itself not far behind.
play_mix() {
    local verdict=ok
    draw_mix "$2"
    start_mix "$1"
    judge_mix "$1"
    if ((GAP >= 10 && FIRST > -500)); then
        drive_to_oom "$1"
        [[ $KILLED == "$OURS" ]] || verdict=WRONG
        COUNTED=$((COUNTED + 1))
        row "$1" "$2" "$LIMIT_MB" "$SWAP_MB" "$((GAP / 10)).$((GAP % 10))" "$(text_of "$OURS")" "$(text_of "$KILLED")" \
            "$verdict" "${MEMBERS[*]}" >>"$OUT/mixes"
        expect_equal "mix $1: killed is" "$OURS" "$KILLED"
        expect_equal "mix $1: pages in all" $((TOTAL_KB / 4)) "$TOTAL"
    fi
    cgroup_set "$1" cgroup.kill 1
}

# Only new lines, and one reader for all mixes.
dmesg --follow-new >>"$WORK/kernel" &
reader=$!
row mix kind MB swap gap% ours kernel "" "members (KB:ADJ)" >"$OUT/mixes"
say "seed $VM_SEED"
COUNTED=0
kinds=(any close)
for ((mix = 1; COUNTED < WANTED && mix <= 2 * WANTED; mix++)); do
    play_mix "$mix" "${kinds[mix % 2]}"
done
kill "$reader"
expect_at_least "mixes compared" "$WANTED" "$COUNTED"
