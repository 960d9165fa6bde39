#!/bin/bash
# Score=linux-3.18 takes a child in place of the process with the most points, and the process when no child is left.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 200

cgroup_make app memory.high=100M memory.max=200M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Score=linux-3.18
[Relief]
Step=kill
Cooldown=1s
END
run_in app holder --mb 20
neighbour=$RUN_PID
wait_ready "$neighbour"
reliefd_start
run_in app leaker --rate 40 --limit 300 --touch --child 5
leaker=$RUN_PID

expect_dead "$leaker" within 90
expect_alive "$neighbour"
expect "both incidents have ended" wait_until 20 incidents_ended 2
read -r model child parent < <(first_incident '[.model, .victim.pid, .victim.instead_of.pid] | join(" ")')
expect_equal "the model" v318 "$model"
expect_equal "the first victim is a child of" "$leaker" "$parent"
expect_equal "and not that one itself" true "$([[ $child != "$parent" && $child -gt 0 ]] && echo true)"
expect_dead "$child" within 1
expect_equal "the second victim, in its own place" "$leaker " "$(incident '[.victim.pid, .victim.instead_of] | join(" ")')"
