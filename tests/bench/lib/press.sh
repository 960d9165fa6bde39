# shellcheck shell=bash
# Containers of the tree that stall for memory: each holds a little more than its memory.high lets it.

# press_prepare: once, before the tree is built. A program's file pages are charged to whoever touches them first. Where
# that is one of those that are pressured, they are all that its limit can take from it, and it stalls for its own code.
press_prepare() {
    cgroup_make first
    run_in first staller --hold 1
    wait_until 120 said_ready "$RUN_PID"
    wait_until 30 kill_all_in "$(cgroup_path first)"
}

# press N: N of the tree's containers begin to stall; sets pressed to them, pids to the loads.
press() {
    local i leaf
    declare -gA before=()
    pressed=() pids=()
    for ((i = 0; i < $1; i++)); do
        leaf=${TREE_LEAVES[i * ${#TREE_LEAVES[@]} / $1]}
        run_in "$leaf" staller --hold 20
        pids+=("$RUN_PID")
        pressed+=("$leaf")
    done
    for i in "${!pids[@]}"; do
        wait_until 120 said_ready "${pids[i]}" # ten at once, and the kernel takes its time
        cgroup_set "${pressed[i]}" memory.high "$(memory_current "${pressed[i]}")"
        before[${pressed[i]}]=$(psi_total "${pressed[i]}" full)
    done
    wait_until 120 all_stall || say "not all loads stall"
    sleep "$(window 15 8)"
}

# all_stall: each has stalled for a second since before.
all_stall() {
    local leaf
    for leaf in "${pressed[@]}"; do
        (($(psi_total "$leaf" full) - before[$leaf] > 1000000)) || return 1
    done
}

release() {
    local leaf
    for leaf in "${pressed[@]}"; do
        cgroup_set "$leaf" memory.high max
        kill_all_in "$leaf" || :
        wait_until 10 is_empty "$leaf"
    done
}

stall_us() {
    local leaf sum=0
    for leaf in "${pressed[@]}"; do sum=$((sum + $(psi_total "$leaf" full))); done
    echo "$sum"
}
