#!/bin/bash
# What steps have written to a cgroup is taken back when reliefd ends in the midst of their incidents.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 180

for name in slow still; do
    cgroup_make $name memory.max=128M
done
cgroup_set slow memory.high 120M
policy slow <<END
[Match]
Cgroup=$TREE/slow
[Trigger full]
Usage=40%
[Guard]
HighBelowMax=10%
[Relief]
Step=throttle 50% cpu 40% wait 100s
END
policy still <<END
[Match]
Cgroup=$TREE/still
[Trigger full]
Usage=40%
[Relief]
Step=freeze wait 100s
END
throttled() { [[ $(cgroup_get slow cpu.max) == "40000 100000" ]] && (($(cgroup_get slow memory.high) < 64 << 20)); }
is_frozen() { (($(stat_value "$1" cgroup.events frozen) == 1)); }

reliefd_start
run_in slow holder --mb 80
slow=$RUN_PID
run_in still holder --mb 60
still=$RUN_PID
expect "one is throttled" wait_until 30 throttled
expect "one is frozen" wait_until 30 is_frozen still
reliefd_stop
expect_equal "memory.high is what it was before the order" $((120 << 20)) "$(cgroup_get slow memory.high)"
expect_equal "cpu.max" "max 100000" "$(cgroup_get slow cpu.max)"
expect_equal "cgroup.freeze" 0 "$(cgroup_get still cgroup.freeze)"
expect_alive "$slow"
expect_alive "$still"
expect "nothing is left to restore" test ! -e "$WORK/run/guard.state"
