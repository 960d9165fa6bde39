#!/bin/bash
# The outermost oom.group of several dies whole, a frozen victim dies, one with threads in cgroups of their own as well.
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
Protect=comm:leaker
[Relief]
Step=kill
Cooldown=5min
END
}
incident_of() { incident_ended && [[ $(incident .offender) == "$1" ]]; }
# squeeze NAME PID: until it dies.
squeeze() {
    run_in "$1/leak" leaker --rate 40 --limit 100 --touch
    leaker=$RUN_PID
    expect_dead "$2" within 60
    expect "$1: the incident has ended" wait_until 20 incident_of "$TREE/$1"
    expect_alive "$leaker"
}

offender nested process
cgroup_make nested/above/outer/inner
cgroup_make nested/above/outer/other
cgroup_make nested/above/beside
cgroup_set nested/above/outer memory.oom.group 1
cgroup_set nested/above/outer/inner memory.oom.group 1
offender frozen cgroup
cgroup_make frozen/ice
offender threads process
cgroup_make threads/domain
mkdir "$(cgroup_path threads/domain)/t"
reliefd_start

say "nested oom groups"
run_in nested/above/outer/inner holder --mb 40
victim=$RUN_PID
run_in nested/above/outer/other holder --mb 1
with=$RUN_PID
run_in nested/above/beside holder --mb 10
beside=$RUN_PID
for pid in "$victim" "$with" "$beside"; do wait_ready "$pid"; done
squeeze nested "$victim"
expect_dead "$with" within 5
expect_alive "$beside"
expect_equal "nested: victim, scope" "$TREE/nested/above/outer cgroup" \
    "$(incident '[.victim.cgroup, .victim.scope] | join(" ")')"
cgroup_remove nested

say "a frozen victim"
run_in frozen/ice holder --mb 40
victim=$RUN_PID
wait_ready "$victim"
cgroup_set frozen/ice cgroup.freeze 1
squeeze frozen "$victim"
expect_equal "frozen: victim" "$TREE/frozen/ice" "$(incident .victim.cgroup)"
expect_equal "somebody else's freeze stays" 1 "$(cgroup_get frozen/ice cgroup.freeze)"
cgroup_remove frozen

say "threads in a cgroup of their own"
run_in threads/domain holder --mb 40 --threads 2
victim=$RUN_PID
wait_ready "$victim"
cgroup_set threads/domain/t cgroup.type threaded
cgroup_set threads/domain/t cgroup.threads "$victim"
expect_equal "where the main thread is" "0::$TREE/threads/domain/t" "$(<"/proc/$victim/cgroup")"
squeeze threads "$victim"
expect_equal "threads: victim, signalled" "$victim 1" "$(incident '[.victim.pid, .steps[0].signalled] | join(" ")')"
