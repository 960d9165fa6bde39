# shellcheck shell=bash disable=SC2034 # used by the measurements
# What a daemon costs. Of all processes in its cgroup, so that children count.

declare -A COST=()

# cost_mark NAME: from here on cost_since counts.
cost_mark() {
    local key
    for key in "${!COST[@]}"; do [[ $key != "$1".* ]] || unset "COST[$key]"; done
    cost_read "$1"
    COST[$1.at]=${EPOCHREALTIME/[.,]/} COST[$1.cpu_us]=$cpu_us
    for key in "${!counts[@]}"; do COST[$1.$key]=${counts[$key]}; done
}

# cost_since NAME: sets CPU_US (microseconds of processor time, ended threads and children included), VOLUNTARY and
# INVOLUNTARY (context switches of the threads that live now) since cost_mark, and ELAPSED_US: how long that was.
cost_since() {
    local key by
    cost_read "$1"
    ELAPSED_US=$((${EPOCHREALTIME/[.,]/} - COST[$1.at]))
    CPU_US=$((cpu_us - COST[$1.cpu_us])) VOLUNTARY=0 INVOLUNTARY=0
    for key in "${!counts[@]}"; do
        by=$((counts[$key] - ${COST[$1.$key]:-0}))
        case $key in voluntary*) VOLUNTARY=$((VOLUNTARY + by)) ;; *) INVOLUNTARY=$((INVOLUNTARY + by)) ;; esac
    done
}

declare -A counts=()

# Sets cpu_us, and counts to each thread's switches. Builtins only: this itself should cost little.
cost_read() {
    local directory task key value
    directory=$CGROUP_MOUNT${DAEMON_CGROUPS[$1]}
    cpu_us=0 counts=()
    [[ -d $directory ]] || return 0 # it has ended
    cpu_us=$(stat_value "$directory" cpu.stat usage_usec)
    for task in $(daemon_tasks "$directory"); do
        while read -r key value; do
            case $key in
                voluntary_ctxt_switches:) counts[voluntary.$task]=$value ;;
                nonvoluntary_ctxt_switches:) counts[involuntary.$task]=$value ;;
            esac
        done 2>/dev/null <"/proc/$task/status" || :
    done
}

# daemon_tasks DIRECTORY: PID/task/TID of all threads in that cgroup.
daemon_tasks() {
    local pid task
    [[ -d $1 ]] || return 0
    while read -r pid; do
        for task in "/proc/$pid/task"/*; do echo "$pid/task/${task##*/}"; done
    done <"$1/cgroup.procs"
}

# memory_of_daemon NAME: sets RSS_KB, LOCKED_KB, PEAK_KB, FDS and THREADS of its main process.
memory_of_daemon() { memory_of_process "${DAEMON_PIDS[$1]-0}"; }

memory_of_process() {
    local pid=$1 key value rest descriptors
    RSS_KB=0 LOCKED_KB=0 PEAK_KB=0 THREADS=0
    [[ $pid != 0 && -r /proc/$pid/smaps_rollup ]] || return 1
    while read -r key value rest; do
        case $key in Rss:) RSS_KB=$value ;; Locked:) LOCKED_KB=$value ;; esac
    done <"/proc/$pid/smaps_rollup"
    while read -r key value rest; do
        case $key in VmHWM:) PEAK_KB=$value ;; Threads:) THREADS=$value ;; esac
    done <"/proc/$pid/status"
    descriptors=("/proc/$pid/fd"/*)
    FDS=${#descriptors[@]}
}

# psimon_read: sets PSIMON_COUNT (kernel threads that watch pressure for others) and PSIMON_NS (their processor time).
psimon_read() {
    local pid ns rest
    PSIMON_COUNT=0 PSIMON_NS=0
    for pid in $(pgrep -x psimon || :); do # or there is none
        read -r ns rest 2>/dev/null <"/proc/$pid/schedstat" || continue
        PSIMON_COUNT=$((PSIMON_COUNT + 1)) PSIMON_NS=$((PSIMON_NS + ns))
    done
}

readonly TRACING=/sys/kernel/tracing

# trace_start: counts system calls and wake-ups of every thread in the kernel, until trace_stop. It makes each system
# call a little dearer: not while processor time is measured.
trace_start() {
    mountpoint -q "$TRACING" || mount -t tracefs tracefs "$TRACING"
    echo 'hist:keys=common_pid:size=16384' >"$TRACING/events/raw_syscalls/sys_enter/trigger"
    echo 'hist:keys=pid:size=16384' >"$TRACING/events/sched/sched_wakeup/trigger"
}

# trace_take: keeps what was counted, for trace_count; trace_stop: ends it.
trace_take() {
    cp "$TRACING/events/raw_syscalls/sys_enter/hist" "$WORK/syscalls"
    cp "$TRACING/events/sched/sched_wakeup/hist" "$WORK/wakeups"
}

trace_stop() {
    mountpoint -q "$TRACING" || return 0
    echo '!hist:keys=common_pid:size=16384' >"$TRACING/events/raw_syscalls/sys_enter/trigger" || :
    echo '!hist:keys=pid:size=16384' >"$TRACING/events/sched/sched_wakeup/trigger" || :
    umount "$TRACING"
}

# trace_count syscalls|wakeups NAME: of all threads of that daemon.
trace_count() {
    local tasks
    tasks=$(daemon_tasks "$CGROUP_MOUNT${DAEMON_CGROUPS[$2]}" | sed 's|.*/||' | tr '\n' ' ')
    awk -v tasks="$tasks" '
        BEGIN { n = split(tasks, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] = 1 }
        match($0, /pid: *[0-9]+ *}/) {
            pid = substr($0, RSTART + 4, RLENGTH - 5) + 0
            if (pid in wanted && match($0, /hitcount: *[0-9]+/)) sum += substr($0, RSTART + 9, RLENGTH - 9)
        }
        END { print sum + 0 }' "$WORK/$1"
}
