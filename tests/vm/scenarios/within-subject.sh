#!/bin/bash
# Within=subject: the limit is hit in one child, and the largest in all of the subject dies.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

cgroup_make app
cgroup_make app/short memory.max=64M
cgroup_make app/large
cgroup_make beside
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
[Victim]
Within=subject
[Relief]
Step=kill
Cooldown=5min
END
run_in app/large holder --mb 160
large=$RUN_PID
run_in beside holder --mb 200
beside=$RUN_PID
wait_ready "$large"
wait_ready "$beside"
reliefd_start
run_in app/short thrasher --size 110
expect_dead "$large" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$RUN_PID"
expect_alive "$beside"
expect_equal "offender" "$TREE/app/short" "$(incident .offender)"
expect_equal "subject" "$TREE/app" "$(incident .subject)"
expect_equal "victim" "$large" "$(incident .victim.pid)"
