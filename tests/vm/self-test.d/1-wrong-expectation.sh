#!/bin/bash
# Fails: expects what is not so, several times; each must be reported.
cgroup_make app memory.max=32M
run_in app holder --mb 8
wait_ready "$RUN_PID"
expect_equal "kills" 2 "$(events app oom_kill)"
expect "one is two" [ 1 = 2 ]
expect_dead "$RUN_PID" within 1
