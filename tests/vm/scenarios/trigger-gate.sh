#!/bin/bash
# Gate=linux-2.4 lets nothing pass while swap is free, and a lasting shortage where there is none.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.high=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 10% over 2s
Gate=linux-2.4
[Relief]
Step=kill
END
gate_keeps() {
    [[ $(reliefctl explain "$TREE/app" --json | jq -r '.triggers[0] | "\(.holds) \(.reason)"') == "false gate" ]]
}
reliefd_start
run_in app leaker --rate 40 --limit 150 --touch
swapping=$RUN_PID
expect "only the gate is in the way" wait_until 40 gate_keeps
expect "nobody dies" stays 4 is_alive "$swapping"
expect_equal "incidents" 0 "$(incident_count)"

kill -KILL "$swapping"
expect "it is gone" wait_until 10 is_empty app
swap_off
run_in app leaker --rate 40 --limit 300
expect_dead "$RUN_PID" within 60
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "offender" "$TREE/app" "$(incident .offender)"
