#!/bin/bash
# In one cgroup the process with the highest score dies, and the smaller one beside it lives on.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=80M memory.max=160M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 20% over 2s
Headroom=below 5%
[Victim]
Kill=process
[Relief]
Step=terminate wait 3s
Step=kill
Cooldown=30s
END
run_in app holder --mb 10
small=$RUN_PID
wait_ready "$small"
reliefd_start
run_in app leaker --rate 40 --limit 300 --touch --on-term ignore
leaker=$RUN_PID

expect_dead "$leaker" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$small"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
expect_equal "victim" "$leaker" "$(incident .victim.pid)"
expect_equal "steps" "terminate time-up kill victim-gone" \
    "$(incident '[.steps[] | .step, .result] | join(" ")')"
