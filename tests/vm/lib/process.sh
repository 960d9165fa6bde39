# shellcheck shell=bash
# Processes of the load, and swap.

# run_in [--as USER] [--adj OOM_SCORE_ADJ] CGROUP PROGRAM [ARGUMENT ...]: starts PROGRAM in the background in
# CGROUP, as nobody and with 0 unless told, and sets RUN_PID. Its output goes to $OUT/load-PID.log.
run_in() {
    local user=nobody adj=0 directory
    while [[ $1 == --* ]]; do
        case $1 in
            --as) user=$2 ;;
            --adj) adj=$2 ;;
            *) echo "run_in: unknown option $1"; return 1 ;;
        esac
        shift 2
    done
    directory=$(cgroup_path "$1")
    shift
    start_in "$directory" "$user" "$adj" "$@" &
    # shellcheck disable=SC2034 # for the scenario
    RUN_PID=$!
}

# start_in DIRECTORY USER OOM_SCORE_ADJ PROGRAM [ARGUMENT ...]: becomes PROGRAM. (Its own function, since bash
# quotes this line when the program is killed.)
start_in() {
    local directory=$1 user=$2 adj=$3 group=nogroup
    shift 3
    [[ $user == nobody ]] || group=$(id -g "$user")
    exec </dev/null >"$OUT/load-$BASHPID.log" 2>&1
    if ! echo "$BASHPID" >"$directory/cgroup.procs"; then
        echo "run_in: cannot enter $directory (a cgroup whose children have controllers takes no processes)"
        exit 1
    fi
    echo "$adj" >/proc/self/oom_score_adj || exit
    exec setpriv --reuid="$user" --regid="$group" --clear-groups -- "$@"
}

# wait_ready PID: until a load program says that it is ready (all of them do); stops the scenario otherwise.
wait_ready() {
    wait_until 30 said_ready_or_died "$1" || :
    require "process $1 says ready" said_ready "$1"
}
said_ready() { grep -qs '^ready' "$OUT/load-$1.log"; }
said_ready_or_died() { said_ready "$1" || is_dead "$1"; }

# make_file MB: a file on the test disk that is not in the page cache (there, it would be charged to whoever wrote
# it, and its readers would not stall); sets FILE.
make_file() {
    FILE=$SCRATCH/file-$RANDOM
    dd if=/dev/zero of="$FILE" bs=1M count="$1" oflag=direct status=none
    chmod 644 "$FILE"
}

command_of() { tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || echo "gone"; }

# is_dead PID: gone, or a zombie whose threads are all gone: a main thread that has ended looks dead too
# while others still hold the memory.
is_dead() {
    local line threads
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
    line=${line##*) } # the command name, in parentheses, may hold anything
    [[ $line == [ZX]* ]] || return 1
    threads=("/proc/$1/task"/*)
    ((${#threads[@]} <= 1))
}
is_alive() { ! is_dead "$1"; }

# memory_take MB: takes memory from the guest that nobody can reclaim, at once, where a load would need long to fill
# it (reserved huge pages: MemTotal still counts them, MemAvailable does not). memory_give_back returns it.
memory_take() { echo $(($1 / 2)) >/proc/sys/vm/nr_hugepages; }
memory_give_back() { echo 0 >/proc/sys/vm/nr_hugepages; }

# swap_on SIZE: compressed memory (zram) as swap. The runner does it for "# Swap: zram SIZE".
swap_on() {
    echo "$1" >/sys/block/zram0/disksize && mkswap -q /dev/zram0 && swapon /dev/zram0
}

swap_off() {
    [[ $(</sys/block/zram0/disksize) != 0 ]] || return 0
    if grep -q '^/dev/zram0 ' /proc/swaps; then
        swapoff /dev/zram0 || return 1
    fi
    echo 1 >/sys/block/zram0/reset
}
