# shellcheck shell=bash
# Cgroups: making, reading and removing them.
# A CGROUP is named by its path below the scenario's own one ("." is that one); with a leading slash, from the
# root of the hierarchy, as in /system.slice/x.service.

cgroup_path() {
    case $1 in
        "$CGROUP_MOUNT"*) echo "$1" ;;
        /*) echo "$CGROUP_MOUNT$1" ;;
        .) echo "$CGROUP_MOUNT$TREE" ;;
        *) echo "$CGROUP_MOUNT$TREE/$1" ;;
    esac
}

# cgroup_make CGROUP [FILE=VALUE ...], as in: cgroup_make app/worker memory.max=64M memory.oom.group=1
cgroup_make() {
    local directory level setting
    directory=$(cgroup_path "$1")
    shift
    level=$CGROUP_MOUNT
    while [[ $level != "$directory" ]]; do
        enable_controllers "$level" || return 1
        level=$level/$(first_step "${directory#"$level/"}")
        [[ -d $level ]] || mkdir "$level" || return 1
    done
    for setting in "$@"; do
        cgroup_set "$directory" "${setting%%=*}" "${setting#*=}" || return 1
    done
}

first_step() { echo "${1%%/*}"; }

# Lets the children of a cgroup have limits and counters of their own.
enable_controllers() {
    local directory=$1 controller
    for controller in memory cpu pids; do
        [[ " $(<"$directory/cgroup.subtree_control") " == *" $controller "* ]] && continue
        echo "+$controller" >"$directory/cgroup.subtree_control" && continue
        echo "cannot enable $controller below $directory (a cgroup with processes of its own can have no children)"
        return 1
    done
}

# cgroup_set CGROUP FILE VALUE
cgroup_set() {
    local directory
    directory=$(cgroup_path "$1")
    printf '%s\n' "$3" >"$directory/$2" || { echo "cannot write '$3' to $directory/$2"; return 1; }
}

# cgroup_get CGROUP FILE: the whole file.
cgroup_get() { cat "$(cgroup_path "$1")/$2"; }

# stat_value CGROUP FILE KEY: the number after KEY in a file of "KEY NUMBER" lines (memory.stat, cgroup.events).
stat_value() {
    local key value
    while read -r key value; do
        [[ $key != "$3" ]] || echo "$value"
    done <"$(cgroup_path "$1")/$2"
}

# events CGROUP KEY: of memory.events (low high max oom oom_kill oom_group_kill).
events() { stat_value "$1" memory.events "$2"; }

# psi_total CGROUP some|full: stall time in microseconds, of memory.pressure.
psi_total() { sed -n "s/^$2 .*total=//p" "$(cgroup_path "$1")/memory.pressure"; }

# memory_current CGROUP: bytes.
memory_current() { cgroup_get "$1" memory.current; }

# pids_in CGROUP: its processes and those of the cgroups below it.
# (A cgroup may go while it is read.)
pids_in() { { find "$(cgroup_path "$1")" -name cgroup.procs -exec cat {} + 2>/dev/null || :; } | sort -un; }

is_populated() { [[ $(stat_value "$1" cgroup.events populated) == 1 ]]; }
is_empty() { [[ ! -d $(cgroup_path "$1") ]] || ! is_populated "$1"; }

# cgroup_remove CGROUP: kills all that is in it, then removes it and all below it.
cgroup_remove() {
    local directory
    directory=$(cgroup_path "$1")
    [[ -d $directory ]] || return 0
    wait_until 15 kill_all_in "$directory" || return 1
    find "$directory" -depth -type d -exec rmdir {} \;
    [[ ! -d $directory ]]
}

# Succeeds when nothing was left to kill. On 6.1 cgroup.kill passes over a process whose main thread has ended
# while others live on (signals to its dead leader alone), hence the second way.
kill_all_in() {
    local pids
    echo 1 >"$1/cgroup.kill"
    is_populated "$1" || return 0
    mapfile -t pids < <(pids_in "$1")
    kill -KILL "${pids[@]}" 2>/dev/null
    ! is_populated "$1"
}

# describe_cgroup CGROUP: memory, limits, events and some processes of it and of all below it, for a failure's
# report. Leaves it frozen, or a busy load would make this slow and each line of another time.
describe_cgroup() {
    local directory pid
    directory=$(cgroup_path "$1")
    [[ -d $directory ]] || return 0
    echo 1 >"$directory/cgroup.freeze"
    find "$directory" -type d | sort | while read -r directory; do
        echo "${directory#"$CGROUP_MOUNT"}: current $(<"$directory/memory.current")" \
            "max $(<"$directory/memory.max") high $(<"$directory/memory.high")" \
            "events: $(tr '\n' ' ' <"$directory/memory.events")"
        head -n 20 "$directory/cgroup.procs" | while read -r pid; do echo "    $pid $(command_of "$pid")"; done
    done 2>/dev/null
}
