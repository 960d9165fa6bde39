#!/bin/bash
# A working set above memory.high with zram really stalls: memory.pressure grows by it, and swap is used.
# Kernels: 6.1 6.12
# Swap: zram 256M

cgroup_make app memory.high=64M
expect_equal "stall before the load, in us" 0 "$(psi_total app full)"
run_in app thrasher --size 128
wait_ready "$RUN_PID"
expect "full stall of 300 ms within 20 s" wait_until 20 at_least 300000 psi_total app full
expect "some stall is no less than full" at_least "$(psi_total app full)" psi_total app some
expect "swap is used" at_least 1000000 cgroup_get app memory.swap.current
expect "the limit counted" at_least 1 events app high
expect_alive "$RUN_PID"
expect_equal "nothing was killed" 0 "$(events app oom_kill)"
