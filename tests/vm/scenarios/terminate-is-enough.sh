#!/bin/bash
# A victim that ends at SIGTERM never gets SIGKILL.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=64M memory.max=128M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 20% over 2s
Headroom=below 5%
[Relief]
Step=terminate wait 20s
Step=kill
END
reliefd_start
run_in app leaker --rate 40 --limit 300 --touch --on-term exit
leaker=$RUN_PID

expect_dead "$leaker" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "steps" "terminate victim-gone" "$(incident '[.steps[] | .step, .result] | join(" ")')"
expect_equal "outcome" relieved "$(incident .outcome.id)"
