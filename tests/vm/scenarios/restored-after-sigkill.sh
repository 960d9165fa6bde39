#!/bin/bash
# What steps have written to a cgroup is taken back after a crash of reliefd: by reliefctl restore, and by the next start.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 180

for name in slow still; do
    cgroup_make $name memory.max=128M
done
policy slow <<END
[Match]
Cgroup=$TREE/slow
[Trigger full]
Usage=10%
[Relief]
Step=throttle 50% cpu 40% wait 100s
END
policy still <<END
[Match]
Cgroup=$TREE/still
[Trigger full]
Usage=10%
[Relief]
Step=freeze wait 100s
END
throttled() { [[ $(cgroup_get slow cpu.max) == "40000 100000" && $(cgroup_get slow memory.high) != max ]]; }
is_frozen() { (($(stat_value "$1" cgroup.events frozen) == 1)); }
crash() {
    expect "one is throttled" wait_until 30 throttled
    expect "one is frozen" wait_until 30 is_frozen still
    kill -KILL "$RELIEFD_PID"
    wait "$RELIEFD_PID" || :
    kill "$NOTIFY_LISTENER_PID"
    RELIEFD_PID=
    expect "it stays throttled" throttled
    expect "it stays frozen" is_frozen still
}
expect_restored() {
    expect_equal "memory.high after $1" max "$(cgroup_get slow memory.high)"
    expect_equal "cpu.max after $1" "max 100000" "$(cgroup_get slow cpu.max)"
    expect_equal "cgroup.freeze after $1" 0 "$(cgroup_get still cgroup.freeze)"
    expect "nothing is left to restore after $1" test ! -e "$WORK/run/guard.state"
}

run_in slow holder --mb 80
run_in still holder --mb 60
reliefd_start
crash
reliefctl restore
expect_restored "reliefctl restore"

reliefd_start
crash
rm "$WORK"/policy/*.conf
reliefd_start
expect_restored "the next start"
