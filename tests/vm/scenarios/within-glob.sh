#!/bin/bash
# Within=GLOB: victims are sought in the cgroups named, outside of the one that is short.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.max=64M
cgroup_make pool/one
cgroup_make pool/two/deep
cgroup_make beside
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
[Victim]
Within=$TREE/pool/**
[Relief]
Step=kill
Cooldown=5min
END
run_in pool/one holder --mb 20
small=$RUN_PID
run_in pool/two/deep holder --mb 40
large=$RUN_PID
run_in beside holder --mb 150
beside=$RUN_PID
for pid in "$small" "$large" "$beside"; do wait_ready "$pid"; done
reliefd_start
run_in app thrasher --size 110
expect_dead "$large" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$RUN_PID"
expect_alive "$small"
expect_alive "$beside"
expect_equal "offender" "$TREE/app" "$(incident .offender)"
expect_equal "victim" "$large" "$(incident .victim.pid)"
