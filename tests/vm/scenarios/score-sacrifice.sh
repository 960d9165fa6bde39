#!/bin/bash
# Score=linux-3.18 takes a child in place of the process with the most points, and the process when no child is left.
# Kernels: 6.1 6.12
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
wait_ready "$leaker"
child=$(pgrep -P "$leaker")

expect_dead "$child" within 60
expect_dead "$leaker" within 60
expect_alive "$neighbour"
expect "both incidents have ended" wait_until 15 incidents_ended 2
expect_equal "the model" v318 "$(first_incident .model)"
expect_equal "first victim" "$child" "$(first_incident .victim.pid)"
expect_equal "in place of" "$leaker" "$(first_incident .victim.instead_of.pid)"
expect_equal "second victim" "$leaker" "$(incident .victim.pid)"
expect_equal "in its own place" null "$(incident .victim.instead_of)"
