#!/bin/bash
# In a dry run the same decision is made and recorded, and nobody dies.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app memory.high=100M memory.max=200M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=terminate wait 2s
Step=kill
Cooldown=5min
END
run_in app holder --mb 20
holder=$RUN_PID
wait_ready "$holder"
reliefd_start --dry-run
run_in app leaker --rate 40 --limit 250 --touch
leaker=$RUN_PID

expect "an incident is recorded" wait_until 45 incident_ended
expect_equal "dry run" true "$(incident .dry_run)"
expect_equal "outcome" dry-run "$(incident .outcome.id)"
expect_equal "victim" "$leaker" "$(incident .victim.pid)"
expect_equal "first step" "terminate would-have" "$(incident '.steps[0] | .step + " " + .result')"
expect "nobody dies" stays 5 is_alive "$leaker"
expect_alive "$holder"
expect_equal "incidents in its cooldown" 1 "$(incident_count)"
