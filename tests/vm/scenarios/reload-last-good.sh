#!/bin/bash
# A changed policy is read by itself, and when it breaks, its last good version stays in force, acts, and is named.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.max=64M
write_policy() {
    policy app <<END
[Match]
Cgroup=$1
[Trigger stall]
$2=full 15% over 2s
[Relief]
Step=kill
END
}
is_state() { [[ $(reliefctl status --json | jq -r '.policies[] | select(.name == "app") | "\(.state) \(.subjects)"') == "$1" ]]; }
write_policy /elsewhere Pressure
reliefd_start
expect "it is for nothing that is there" is_state "loaded 0"
write_policy "$TREE/app" Pressure
expect "the change is seen" wait_until 15 is_state "loaded 1"
write_policy "$TREE/app" Presure
expect "the last good version stays" wait_until 15 is_state "last-good 1"
expect "what is wrong is named by line" wait_until 5 grep -q "app.conf:4: error: .*Presure" "$OUT/reliefd.log"
run_in app thrasher --size 110
expect_dead "$RUN_PID" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "policy" app "$(incident .policy.name)"
