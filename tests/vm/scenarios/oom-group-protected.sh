#!/bin/bash
# A memory.oom.group with a member that may not die is passed over as a whole.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=100M memory.max=200M
cgroup_make app/group
cgroup_make app/other
cgroup_set app/group memory.oom.group 1
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=kill
Cooldown=5min
END
run_in --adj -1000 app/group holder --mb 1
never=$RUN_PID
wait_ready "$never"
run_in app/other holder --mb 20
other=$RUN_PID
wait_ready "$other"
reliefd_start
run_in app/group leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID

expect_dead "$other" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$leaker"
expect_alive "$never"
expect_equal "why the leaker was spared" group-protected \
    "$(incident ".candidates[] | select(.pid == $leaker) | .reason")"
