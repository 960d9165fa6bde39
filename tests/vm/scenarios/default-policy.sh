#!/bin/bash
# With no policy files at all the default relieves a unit that thrashes at its own limit.
# Kernels: 6.1 6.12
# Timeout: 150

cgroup_make app.service memory.max=64M
cgroup_make beside.service memory.max=64M
run_in beside.service holder --mb 30
beside=$RUN_PID
wait_ready "$beside"
reliefd_start
# 62 of 64 MB are anonymous, and what is left is fought over by the pages of a mapped file.
run_in app.service holder --mb 61
holder=$RUN_PID
wait_ready "$holder"
make_file 100
run_in app.service filereader --mmap "$FILE"

expect_dead "$holder" within 100
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$beside"
expect_equal "policy" default "$(incident .policy.name)"
expect_equal "offender" "$TREE/app.service" "$(incident .offender)"
expect_equal "kills by the kernel" 0 "$(events . oom_kill)"
