#!/bin/bash
# Refaults= beside Pressure= ends what has its own memory read back all the time.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger thrash]
Pressure=full 15% over 2s
Refaults=50/s
[Relief]
Step=kill
END
reliefd_start
run_in app thrasher --size 110
expect_dead "$RUN_PID" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "origin" own "$(incident .origin.id)"
expect_at_least "refaults a second" 50 "$(incident '.trigger.lines[] | select(.key == "Refaults") | .value | floor')"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
