#!/bin/bash
# Between the wake-up and the signal nothing is allocated, whatever dies by it, with too little room as well.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 480

library=$BUILD/tests/vm/preload/liballocations.so
[[ -e $library ]] || { fail "$library is not built"; exit 1; }
! ldd "$PROGRAMS/reliefd" | grep -q 'lib[at]san' || skip "sanitizers bring their own malloc"

# watched_start NAME: the daemon, with each signal's allocations in $OUT/allocations-NAME
watched_start() {
    export LD_PRELOAD=$library ALLOCATIONS=$OUT/allocations-$1 ALLOCATIONS_REFUSE=$WORK/refuse
    reliefd_start
    unset LD_PRELOAD ALLOCATIONS ALLOCATIONS_REFUSE
}

# signals NAME HOW: how many were sent that way; allocated NAME: how many of all came after an allocation
signals() { grep -c "^$2 " "$OUT/allocations-$1" || :; }
allocated() { grep -vc ' allocations 0$' "$OUT/allocations-$1" || :; }

# make_policy KILL
make_policy() {
    policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=$1
[Relief]
Step=kill
Cooldown=2s
END
}

cgroup_make app memory.high=100M memory.max=200M
cgroup_make app/quiet
cgroup_make app/busy

for kill in process cgroup tree; do
    make_policy "$kill"
    watched_start "$kill"
    run_in app/quiet holder --mb 5
    wait_ready "$RUN_PID"
    run_in app/busy leaker --rate 40 --limit 300 --touch
    expect_dead "$RUN_PID" within 45
    expect "Kill=$kill: the incident has ended" wait_until 20 incident_ended
    expect_equal "Kill=$kill: signals after an allocation" 0 "$(allocated "$kill")"
    reliefd_stop
    rm -rf "$WORK/state/incidents" "$WORK/run/past.json"
done
expect_at_least "Kill=process: signals by pidfd" 1 "$(signals process pidfd_send_signal)"
expect_at_least "Kill=cgroup: writes of cgroup.kill" 1 "$(signals cgroup cgroup.kill)"
expect_at_least "Kill=tree: writes of cgroup.kill" 1 "$(signals tree cgroup.kill)"

# More processes than the pool has room for, and no memory to make more of it.
cgroup_set app memory.high 200M
cgroup_set app memory.max 300M
make_policy process
watched_start full
touch "$WORK/refuse"
mapfile -t small < <(for ((i = 0; i < 280; i++)); do echo 16:0; done)
run_in --as root app/quiet crowd "${small[@]}"
wait_ready "$RUN_PID"
run_in app/busy leaker --rate 40 --limit 400 --touch
expect_dead "$RUN_PID" within 60
expect "full pool: the incident has ended" wait_until 30 incident_ended
expect_equal "full pool: victim" "$RUN_PID" "$(first_incident .victim.pid)"
expect_equal "full pool: signals after an allocation" 0 "$(allocated full)"
expect_at_least "full pool: signals by pidfd" 1 "$(signals full pidfd_send_signal)"
expect_at_least "full pool: processes looked at" 280 "$(first_incident .processes_seen)"
expect "full pool: it could not grow" grep -q "no memory to choose among" "$OUT/reliefd.log"
rm "$WORK/refuse"
