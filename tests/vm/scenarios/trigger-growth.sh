#!/bin/bash
# Growth= ends what leaks fast, long before its limit, and not what is as large and leaks slowly.
# Kernels: 6.12
# Timeout: 120

cgroup_make fast memory.max=300M
cgroup_make slow memory.max=300M
policy leak <<END
[Match]
Cgroup=$TREE/fast $TREE/slow
[Trigger leak]
Growth=40M over 5s
Usage=50%
[Relief]
Step=kill
END
for cgroup in fast slow; do
    run_in "$cgroup" holder --mb 155
    wait_ready "$RUN_PID"
done
reliefd_start
run_in slow leaker --rate 2 --limit 100 --hold
slow=$RUN_PID
run_in fast leaker --rate 25 --limit 130 --hold
fast=$RUN_PID

expect "the fast one's cgroup is relieved" wait_until 30 incident_ended
expect_equal "offender" "$TREE/fast" "$(incident .offender)"
expect_at_least "growth" $((40 << 20)) "$(incident '.trigger.lines[] | select(.key == "Growth") | .value')"
expect "the slow one leaks on" wait_until 20 at_least $((175 << 20)) memory_current slow
expect_alive "$slow"
expect_equal "which lines hold for it" "false true" \
    "$(reliefctl explain "$TREE/slow" --json | jq -r '.triggers[0].lines | map(.holds | tostring) | join(" ")')"
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "hits of the limits" 0 "$(events . max)"
say "the fast leaker is $(is_dead "$fast" && echo dead || echo alive)"
