#!/bin/bash
# oom_score_adj -1000 is never a victim, and +1000 is the first, whatever their sizes.
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
[Relief]
Step=kill
Cooldown=3s
END
run_in --adj 1000 app holder --mb 3
first=$RUN_PID
run_in app holder --mb 20
second=$RUN_PID
wait_ready "$first"
wait_ready "$second"
reliefd_start
run_in --adj -1000 app leaker --rate 40 --limit 250 --touch
never=$RUN_PID

expect_dead "$first" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "first victim" "$first" "$(first_incident .victim.pid)"
expect_equal "why the leaker was spared" adj-minus-1000 \
    "$(first_incident ".candidates[] | select(.pid == $never) | .reason")"
expect_dead "$second" within 30
expect_alive "$never"
