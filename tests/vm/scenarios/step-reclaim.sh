#!/bin/bash
# Step=reclaim alone relieves a cgroup whose idle memory can go to swap: nobody dies.
# Kernels: 6.12
# Slow: yes
# Swap: zram 256M
# Timeout: 180

cgroup_make app memory.max=100M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=90%
[Relief]
Step=reclaim 30% wait 30s
END
reliefd_start
run_in app holder --mb 93
holder=$RUN_PID
wait_ready "$holder"

expect "an incident has ended" wait_until 40 incident_ended
expect_equal "steps" "reclaim 30% done" "$(incident '[.steps[] | .step, .arguments, .result] | join(" ")')"
expect_at_least "bytes that came back" $((1 << 20)) "$(incident '.steps[0].gained_bytes')"
expect_equal "outcome" eased "$(incident .outcome.id)"
expect_equal "victim" null "$(incident .victim)"
expect_alive "$holder"
expect_between "memory in use" 1 $((90 << 20)) "$(memory_current app)"
expect "no second incident follows" stays 4 test "$(incident_count)" = 1
