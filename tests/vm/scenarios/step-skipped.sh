#!/bin/bash
# Whoever is frozen cannot follow a signal: terminate is passed over at once, and kill ends him.
# Kernels: 6.12
# Timeout: 180

cgroup_make app memory.max=100M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=85%
[Relief]
Step=terminate wait 5min
Step=panic
Step=kill
END
run_in app holder --mb 93
holder=$RUN_PID
wait_ready "$holder"
cgroup_set app cgroup.freeze 1
expect "it is frozen" wait_until 10 test "$(stat_value app cgroup.events frozen)" = 1
reliefd_start

expect_dead "$holder" within 40
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "steps" "terminate frozen panic not-allowed kill victim-gone" \
    "$(incident '[.steps[] | .step, .result] | join(" ")')"
expect_equal "passed over" "true true false" "$(incident '[.steps[].skipped | tostring] | join(" ")')"
expect_equal "outcome" relieved "$(incident .outcome.id)"
