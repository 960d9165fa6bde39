#!/bin/bash
# With no policy files at all the default relieves a unit that thrashes at its own limit.
# Kernels: 6.12
# Swap: zram 400M
# Timeout: 150

cgroup_make app.service memory.max=32M
cgroup_make beside.service memory.max=64M
run_in beside.service holder --mb 30
beside=$RUN_PID
wait_ready "$beside"
reliefd_start
# A working set that does not fit: it lives in swap and gets nothing done, and the kernel sees no reason to kill.
run_in app.service thrasher --size 220
thrasher=$RUN_PID

expect_dead "$thrasher" within 100
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$beside"
expect_equal "policy" default "$(incident .policy.name)"
expect_equal "offender" "$TREE/app.service" "$(incident .offender)"
expect_equal "kills by the kernel" 0 "$(events . oom_kill)"
