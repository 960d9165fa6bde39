# shellcheck shell=bash
# The cgroups that daemons are to watch.

# All of a measurement's cgroups are below a unit that systemd leaves alone, in a slice that peers can be told of.
tree_unit_start() {
    local directory=$CGROUP_MOUNT$BENCH_SERVICE
    systemd-run --quiet --unit=tree.service --slice=bench.slice -p Delegate=yes -p TasksMax=infinity sleep infinity
    wait_until 10 is_populated "$directory"
    mkdir "$directory/keeper"
    cat "$directory/cgroup.procs" >"$directory/keeper/cgroup.procs"
    enable_controllers "$directory"
}

tree_unit_stop() {
    [[ -d $CGROUP_MOUNT$BENCH_SERVICE ]] || return 0
    [[ -z ${TREE-} ]] || tree_remove .
    timeout 120 systemctl stop tree.service
    systemctl reset-failed tree.service 2>/dev/null || :
}

readonly PROCESSES_EVERY=20 PROCESSES_MAX=50

# tree_build CGROUP N: N cgroups below it, as load/treemaker.c says. Every 20th container, up to 50, has a sleeping
# process. Sets TREE_LEAVES to the containers' directories.
tree_build() {
    local top at
    top=$(cgroup_path "$1")
    cgroup_make "$1"
    enable_controllers "$top"
    mapfile -t TREE_LEAVES < <(treemaker "$top" "$2")
    require "$2 cgroups are there" test "${#TREE_LEAVES[@]}" -gt 0
    for ((at = 0; at < ${#TREE_LEAVES[@]} && at < PROCESSES_EVERY * PROCESSES_MAX; at += PROCESSES_EVERY)); do
        tree_process "${TREE_LEAVES[at]}"
    done
}

tree_process() {
    sleep infinity >/dev/null 2>&1 &
    echo $! >"$1/cgroup.procs"
    disown
}

tree_remove() {
    local directory
    directory=$(cgroup_path "$1")
    [[ -d $directory ]] || return 0
    wait_until 30 kill_all_in "$directory"
    # Not rmdir for each: ten thousand processes.
    find "$directory" -depth -type d -delete
}
