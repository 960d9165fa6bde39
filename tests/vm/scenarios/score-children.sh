#!/bin/bash
# Score=linux-2.6.16 blames a parent for what its children map, and kills its oldest child.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.high=100M memory.max=200M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Score=linux-2.6.16
[Relief]
Step=kill
Cooldown=5min
END
# 400 MB of its own and half of four times 400 MB, against 300 MB.
run_in app holder --mb 1 --map 400 --children 4
parent=$RUN_PID
wait_ready "$parent"
oldest=$(pgrep -o -P "$parent")
reliefd_start
run_in app leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID

expect_dead "$oldest" within 60
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$leaker"
expect_alive "$parent"
expect_equal "victim" "$oldest" "$(incident .victim.pid)"
expect_equal "in place of" "$parent" "$(incident .victim.instead_of.pid)"
score() { incident ".candidates[] | select(.pid == $1) | .score"; }
expect_at_least "points of the parent" "$(($(score "$leaker") + 1))" "$(score "$parent")"
expect_at_least "points of a child" 1 "$(score "$oldest")"
