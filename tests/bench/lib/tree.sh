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

readonly PODS_OF_SLICE=20 CONTAINERS_OF_POD=4
readonly PROCESSES_EVERY=20 PROCESSES_MAX=50

# tree_build CGROUP N: N cgroups below it, as on a node of Kubernetes: slices of 20 pods of 4 containers each, under
# names of the usual length. Every 20th container, up to 50, has a sleeping process. Sets TREE_LEAVES to the containers.
tree_build() {
    local top left=$2 slice pod name path processes=0
    top=$(cgroup_path "$1")
    cgroup_make "$1"
    enable_controllers "$top"
    TREE_LEAVES=()
    for ((slice = 0; left > 0; slice++)); do
        tree_add "$top/kubepods-$slice.slice"
        enable_controllers "$path"
        for ((pod = 0; pod < PODS_OF_SLICE && left > 0; pod++)); do
            printf -v name 'kubepods-burstable-pod%08x_%04x_4000_8000_000000000000.slice' "$slice" "$pod"
            tree_add "$top/kubepods-$slice.slice/$name"
            tree_containers "$path"
        done
    done
}

# tree_add DIRECTORY: counts down left, sets path. (These two use tree_build's variables: no process for each name.)
tree_add() {
    path=$1
    mkdir "$path"
    left=$((left - 1))
}

tree_containers() {
    local directories=() container
    for ((container = 0; container < CONTAINERS_OF_POD && left > 0; container++)); do
        printf -v name 'cri-containerd-%016x%016x%032x.scope' "$slice" "$pod" "$container"
        directories+=("$1/$name")
        left=$((left - 1))
    done
    ((${#directories[@]})) || return 0
    enable_controllers "$1"
    mkdir "${directories[@]}"
    for container in "${directories[@]}"; do
        if ((${#TREE_LEAVES[@]} % PROCESSES_EVERY == 0 && processes < PROCESSES_MAX)); then
            tree_process "$container"
            processes=$((processes + 1))
        fi
        TREE_LEAVES+=("$container")
    done
}

tree_process() {
    sleep infinity </dev/null >/dev/null 2>&1 &
    echo $! >"$1/cgroup.procs"
}

tree_remove() {
    local directory
    directory=$(cgroup_path "$1")
    [[ -d $directory ]] || return 0
    wait_until 30 kill_all_in "$directory"
    # Not rmdir for each: ten thousand processes.
    find "$directory" -depth -type d -delete
}
