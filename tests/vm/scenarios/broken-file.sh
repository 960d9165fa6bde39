#!/bin/bash
# A broken policy file is named by line, and the others still do their work.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=64M memory.max=128M
policy broken <<END
[Match]
Cgroup=/elsewhere
[Trigger stall]
Presure=full 20% over 2s
[Relief]
Step=kill
END
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 20% over 2s
Headroom=below 5%
[Relief]
Step=kill
END
reliefd_start
expect "the broken file is named by line" grep -q "broken.conf:4: error: .*Presure.*Pressure" "$OUT/reliefd.log"
expect_equal "its state" broken "$(reliefctl status --json | jq -r '.policies[] | select(.name == "broken") | .state')"
run_in app leaker --rate 40 --limit 300 --touch
expect_dead "$RUN_PID" within 45
