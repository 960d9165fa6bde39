#!/bin/bash
# A trigger with From=kill enters the ladder there, and the signal before is not sent.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger worse]
Pressure=full 99% over 2s
[Trigger frozen]
Pressure=full 15% over 2s
From=kill
[Relief]
Step=terminate wait 1min
Step=kill
END
reliefd_start
run_in app thrasher --size 110
expect_dead "$RUN_PID" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "trigger" frozen "$(incident .trigger.name)"
expect_equal "steps" "kill victim-gone" "$(incident '[.steps[] | .step, .result] | join(" ")')"
