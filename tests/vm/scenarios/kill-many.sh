#!/bin/bash
# A fork bomb of 64 chains and a thousand processes go in one incident each, also without cgroup.kill.
# Kernels: 6.12
# Slow: yes
# Swap: zram 256M
# Timeout: 400

offender() { # NAME KILL
    cgroup_make "$1" memory.high=100M memory.max=200M
    cgroup_make "$1/leak"
    policy "$1" <<END
[Match]
Cgroup=$TREE/$1
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=$2
[Relief]
Step=kill
Cooldown=5min
END
}

incident_of() { incident_ended && [[ $(incident .offender) == "$1" ]]; }
count_in() { pids_in "$1" | wc -l; }

# one_kill NAME VICTIM: it leaks, and the victim dies with all below it, in one incident.
one_kill() {
    run_in "$1/leak" leaker --rate 40 --limit 300 --touch
    expect "$1: all of $2 is gone" wait_until 60 is_empty "$2"
    expect "$1: the incident has ended" wait_until 20 incident_of "$TREE/$1"
    # One look at the record: an emulated machine takes seconds to start jq.
    expect_equal "$1: victim, whole, result" "$TREE/$2 true victim-gone" \
        "$(incident '[.victim.cgroup, .steps[0].whole_cgroup, .steps[0].result] | join(" ")')"
    expect_equal "$1: kills by the kernel" 0 "$(events "$1" oom_kill)"
}

offender bomb cgroup
offender barred tree
offender thousand tree
cgroup_make bomb/beside
cgroup_make bystander
reliefd_start
run_in bomb/beside holder --mb 2
beside=$RUN_PID
run_in bystander holder --mb 2
bystander=$RUN_PID

# At equal priority the emulated processors do nothing else, and nobody runs short of memory.
say "a fork bomb"
run_in bomb/leak nice -n 19 forkbomb --chains 64 --seconds 200
wait_ready "$RUN_PID"
one_kill bomb bomb/leak
expect_alive "$beside"

say "one where cgroup.kill cannot be written"
mount --bind /dev/full "$(cgroup_path barred)/cgroup.kill"
run_in barred/leak nice -n 19 forkbomb --chains 64 --seconds 200
wait_ready "$RUN_PID"
one_kill barred barred
umount "$(cgroup_path barred)/cgroup.kill"
expect_equal "it is not left frozen" 0 "$(cgroup_get barred cgroup.freeze)"

say "a thousand processes"
# Their stacks and page tables alone are some 100 MB.
cgroup_set thousand memory.max 400M
cgroup_set thousand memory.high 250M
cgroup_make thousand/crowd
run_in thousand/crowd holder --mb 1 --shmem --children 1000 --together
wait_until 90 at_least 1001 count_in thousand || :
expect_at_least "processes" 1001 "$(count_in thousand)"
one_kill thousand thousand
expect_alive "$bystander"
