#!/bin/bash
# Score=linux-2.6.16 blames a parent for what its children map, and kills its oldest child.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

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
read -r oldest _ <"/proc/$parent/task/$parent/children" || : # the line has no end
reliefd_start
run_in app leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID

expect_dead "$oldest" within 60
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$leaker"
expect_alive "$parent"
read -r victim instead_of of_parent of_leaker < <(incident "[.victim.pid, .victim.instead_of.pid,
    (.candidates[] | select(.pid == $parent) | .score), (.candidates[] | select(.pid == $leaker) | .score)] | join(\" \")")
expect_equal "victim" "$oldest" "$victim"
expect_equal "in place of" "$parent" "$instead_of"
expect_at_least "points of the parent" "$((of_leaker + 1))" "$of_parent"
