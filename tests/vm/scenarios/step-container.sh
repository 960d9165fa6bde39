#!/bin/bash
# The first process of a container that has no handler for SIGTERM is not waited for: terminate is passed over.
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
Step=kill
END
reliefd_start
run_in --as root app unshare --pid --fork --kill-child holder --mb 93
outer=$RUN_PID

expect "all of it is gone" wait_until 40 is_dead "$outer"
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "victim" holder "$(incident .victim.comm)"
expect_equal "steps" "terminate container-init kill victim-gone" \
    "$(incident '[.steps[] | .step, .result] | join(" ")')"
expect_equal "outcome" relieved "$(incident .outcome.id)"
