#!/bin/bash
# A leak past memory.max without swap is ended by the kernel's own OOM killer, and counted once.
# Kernels: 6.1 6.12

cgroup_make app memory.max=64M
run_in app leaker --rate 200
wait_ready "$RUN_PID"
expect_dead "$RUN_PID" within 20
expect_equal "oom_kill of the limited cgroup" 1 "$(events app oom_kill)"
expect_equal "oom_kill as its parent counts it" 1 "$(events . oom_kill)"
expect "the cgroup is empty" wait_until 5 is_empty app
