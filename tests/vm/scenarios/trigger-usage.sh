#!/bin/bash
# Usage= and Headroom= alone act on memory that fills up without any pressure, and on nothing below their thresholds.
# Kernels: 6.12
# Timeout: 150

cgroup_make usage memory.max=100M
cgroup_make headroom memory.max=100M
policy usage <<END
[Match]
Cgroup=$TREE/usage
[Trigger fills]
Usage=90%
[Relief]
Step=kill
END
policy headroom <<END
[Match]
Cgroup=$TREE/headroom
[Trigger fills]
Headroom=below 50% min 5M max 8M
[Relief]
Step=kill
END
declare -A large small
for cgroup in usage headroom; do
    run_in "$cgroup" holder --mb 78
    large[$cgroup]=$RUN_PID
    wait_ready "$RUN_PID"
done
reliefd_start
expect "at 78 % nobody dies" stays 3 is_alive "${large[usage]}"
expect_alive "${large[headroom]}"
for cgroup in usage headroom; do
    expect_equal "$cgroup holds at 78 %" false \
        "$(reliefctl explain "$TREE/$cgroup" --json | jq '.triggers[0].lines[0] | .known and .holds')"
    run_in "$cgroup" holder --mb 16
    small[$cgroup]=$RUN_PID
done

expect_dead "${large[usage]}" within 30
expect_dead "${large[headroom]}" within 30
expect "both incidents have ended" wait_until 10 incidents_ended 2
expect_alive "${small[usage]}"
expect_alive "${small[headroom]}"
expect_equal "kills by the kernel" 0 "$(events . oom_kill)"
expect_between "stall in microseconds" 0 500000 "$(psi_total . full)"
expect_equal "incidents" 2 "$(incident_count)"
