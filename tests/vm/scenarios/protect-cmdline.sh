#!/bin/bash
# Protect=main spares the oldest process of a cgroup, and cmdline: one among many of the same program.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
[Victim]
Protect=main "cmdline:*holder --mb 20"
[Relief]
Step=kill
Cooldown=5min
END
run_in app thrasher --size 110
main=$RUN_PID
wait_ready "$main"
run_in app holder --mb 20
named=$RUN_PID
run_in app holder --mb 10
other=$RUN_PID
wait_ready "$named"
wait_ready "$other"
reliefd_start
expect_dead "$other" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$main"
expect_alive "$named"
spared_by() { incident ".candidates[] | select(.pid == $1) | .reason + \" \" + .protected_by"; }
expect_equal "what spared the oldest" "protected main" "$(spared_by "$main")"
expect_equal "what spared the named one" "protected cmdline:*holder --mb 20" "$(spared_by "$named")"
