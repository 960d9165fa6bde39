#!/bin/bash
# reliefd lives in the tree that it must kill: all others die one by one, it never does.
# Kernels: 6.1 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=120M memory.max=240M
cgroup_make app/load
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
Cooldown=5min
END
RELIEFD_CGROUP=app/daemon
reliefd_start
run_in app/load holder --mb 5 --children 2
children=$RUN_PID
wait_ready "$children"
run_in app/load leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID

expect_dead "$leaker" within 45
expect "all of the load is gone" wait_until 10 is_empty app/load
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$RELIEFD_PID"
expect_equal "through cgroup.kill" false "$(incident '.steps[0].whole_cgroup')"
expect_equal "reliefd" self "$(incident ".candidates[] | select(.pid == $RELIEFD_PID) | .reason")"
expect_equal "it still answers" "$RELIEFD_PID" "$(reliefctl status --json | jq .pid)"
