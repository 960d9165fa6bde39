#!/bin/bash
# A ladder to its end: what can be reclaimed, two signals that are ignored, then SIGKILL.
# Kernels: 6.12
# Timeout: 180

cgroup_make app memory.max=100M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=85%
[Relief]
Step=reclaim 10M wait 20s
Step=terminate INT wait 1s
Step=terminate TERM wait 1s
Step=kill
END
reliefd_start
run_in app env --ignore-signal=INT,TERM holder --mb 93
holder=$RUN_PID
wait_ready "$holder"

expect_dead "$holder" within 40
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "steps" "reclaim terminate terminate kill" "$(incident '[.steps[].step] | join(" ")')"
expect_equal "signals" "SIGINT SIGTERM SIGKILL" "$(incident '[.steps[].signal | strings] | join(" ")')"
expect_equal "results" "done time-up time-up victim-gone" "$(incident '[.steps[].result] | join(" ")')"
expect_equal "times in order" true "$(incident '[.steps[].at_ms] | . == sort')"
expect_equal "outcome" relieved "$(incident .outcome.id)"
expect_equal "victim" "$holder" "$(incident .victim.pid)"
