#!/bin/bash
# The highest scorer is protected: the next one dies, and the record says why.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=100M memory.max=200M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Protect=comm:leaker
[Relief]
Step=kill
Cooldown=5min
END
run_in app holder --mb 20
next=$RUN_PID
run_in app holder --mb 5
last=$RUN_PID
wait_ready "$next"
wait_ready "$last"
reliefd_start
run_in app leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID

expect_dead "$next" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$leaker"
expect_alive "$last"
expect_equal "who was spared" "protected comm:leaker" \
    "$(incident ".candidates[] | select(.pid == $leaker) | .reason + \" \" + .protected_by")"
