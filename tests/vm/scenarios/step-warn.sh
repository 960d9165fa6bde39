#!/bin/bash
# Step=warn tells, on the private bus too, and harms nobody; a machine without a system bus is no hindrance.
# Kernels: 6.12
# Timeout: 120

cgroup_make app memory.max=128M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=60%
[Relief]
Step=warn medium wait 1s
Cooldown=1h
END
reliefd_start
run_in app holder --mb 100
holder=$RUN_PID
wait_ready "$holder"
expect "the incident has ended" wait_until 30 incident_ended
expect_equal "steps" "warn" "$(incident '[.steps[].step] | join(" ")')"
expect_equal "its arguments" "medium" "$(incident '.steps[0].arguments')"
expect_equal "result" "done" "$(incident '.steps[0].result')"
expect_equal "outcome" "ladder-end" "$(incident .outcome.id)"
expect "the log has it" grep -q "/app is short of memory: .* level=100" "$OUT/reliefd.log"
expect_alive "$holder"
expect "and nothing more comes of it" stays 5 is_alive "$holder"
expect_equal "incidents" 1 "$(incident_count)"
