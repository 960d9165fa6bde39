#!/bin/bash
# Kill=tree takes the offender with all below it.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=100M memory.max=200M
cgroup_make app/one
cgroup_make app/two/deep
cgroup_make beside
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=tree
[Relief]
Step=kill
END
run_in app/two/deep holder --mb 5 --children 3
deep=$RUN_PID
run_in beside holder --mb 5
beside=$RUN_PID
wait_ready "$deep"
wait_ready "$beside"
reliefd_start
run_in app/one leaker --rate 40 --limit 300 --touch

expect "all of the tree is gone" wait_until 45 is_empty app
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$beside"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
expect_equal "victim" "$TREE/app" "$(incident .victim.cgroup)"
expect_equal "scope" tree "$(incident .victim.scope)"
