#!/bin/bash
# Kill=cgroup takes the cgroup whose death frees most, with all below it, and nothing else.
# Kernels: 6.1 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=100M memory.max=200M
cgroup_make app/small
cgroup_make app/big/one
cgroup_make app/big/two
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=cgroup
[Relief]
Step=kill
END
run_in app/small holder --mb 20
small=$RUN_PID
run_in app/big/two holder --mb 10
other=$RUN_PID
wait_ready "$small"
wait_ready "$other"
reliefd_start
run_in app/big/one leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID
run_in app/big/one holder --mb 1
beside=$RUN_PID

expect_dead "$leaker" within 45
expect_dead "$beside" within 5
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$small"
expect_alive "$other"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
expect_equal "victim" "$TREE/app/big/one" "$(incident .victim.cgroup)"
expect_equal "through cgroup.kill" true "$(incident '.steps[0].whole_cgroup')"
