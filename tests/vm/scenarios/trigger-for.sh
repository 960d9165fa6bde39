#!/bin/bash
# With For= a stall that ends before leads to nothing, and one that lasts is ended when that time is over, not sooner.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

cgroup_make short memory.max=64M
cgroup_make long memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/short $TREE/long
[Trigger stall]
Pressure=full 15% over 2s
For=6s
[Relief]
Step=kill
END
HELD=0
lines_hold() {
    ASKED=$(now_ms)
    HELD=$(reliefctl explain "$TREE/$1" --json |
        jq '.triggers[0] | if .reason == "not-long-enough" then .held_ms | floor else 0 end')
    ((HELD > 0))
}
reliefd_start
run_in short thrasher --size 110
expect "a stall begins" wait_until 40 lines_hold short
kill -KILL "$RUN_PID"

run_in long thrasher --size 110
expect "another one begins" wait_until 40 lines_hold long
expect_between "held for so many ms" 1 6000 "$HELD"
due=$((ASKED + 6000 - HELD))
expect_dead "$RUN_PID" within 40
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "offender" "$TREE/long" "$(incident .offender)"
expect_at_least "ms from when it was due to the incident" -5 "$(($(date -d "$(incident .started)" +%s%3N) - due))"
expect_equal "incidents" 1 "$(incident_count)"
