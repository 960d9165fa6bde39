#!/bin/bash
# HighBelowMax= keeps memory.high below memory.max while reliefd runs, and what was there before comes back: at its end and after its crash.
# Kernels: 6.12
# Timeout: 90

cgroup_make app memory.max=100M
cgroup_make tight memory.max=100M memory.high=50M
write_policy() {
    policy app <<END
[Match]
Cgroup=$TREE/app $TREE/tight
[Trigger stall]
Pressure=full 50% over 10s
[Relief]
Step=kill
$1
END
}
high_is() { [[ $(cgroup_get app memory.high) == "$1" ]]; }
crash() {
    kill -KILL "$RELIEFD_PID"
    wait "$RELIEFD_PID" || :
    kill "$NOTIFY_LISTENER_PID"
    RELIEFD_PID=
}
guarded=$((90 << 20))
write_policy "[Guard]
HighBelowMax=10%"

reliefd_start
expect "memory.high is set" wait_until 10 high_is "$guarded"
expect_equal "one that was lower" $((50 << 20)) "$(cgroup_get tight memory.high)"
reliefd_stop
expect_equal "after the end" max "$(cgroup_get app memory.high)"

reliefd_start
expect "memory.high is set again" wait_until 10 high_is "$guarded"
crash
expect_equal "after a crash" "$guarded" "$(cgroup_get app memory.high)"
reliefctl restore
expect_equal "after reliefctl restore" max "$(cgroup_get app memory.high)"

reliefd_start
expect "memory.high is set a third time" wait_until 10 high_is "$guarded"
crash
write_policy ""
reliefd_start
expect "the next start restores" wait_until 10 high_is max
expect_equal "the lower one at the end" $((50 << 20)) "$(cgroup_get tight memory.high)"
