#!/bin/bash
# With memory.oom.group=1 a process dies with its whole group, and the group beside it lives on.
# Kernels: 6.1 6.12
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
[Victim]
Kill=process
[Relief]
Step=kill
END
run_in app/group holder --mb 1
helper=$RUN_PID
run_in app/other holder --mb 20
other=$RUN_PID
wait_ready "$helper"
wait_ready "$other"
reliefd_start
run_in app/group leaker --rate 40 --limit 300 --touch

expect "the group is gone" wait_until 45 is_empty app/group
expect_dead "$helper" within 5
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$other"
expect_equal "scope" cgroup "$(incident .victim.scope)"
expect_equal "victim" "$TREE/app/group" "$(incident .victim.cgroup)"
