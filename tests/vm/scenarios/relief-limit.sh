#!/bin/bash
# When Limit= is used up there is an alarm and nobody dies, also after a restart of reliefd.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

cgroup_make app memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
[Relief]
Step=kill
Cooldown=1s
Limit=1 per 5min
OnRepeat=alarm
END
reliefd_start
run_in app thrasher --size 110
expect_dead "$RUN_PID" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "outcome of the first" relieved "$(incident .outcome.id)"
reliefd_stop
reliefd_start
run_in app thrasher --size 110
expect "a second incident ends" wait_until 45 incidents_ended 2
expect_equal "its outcome" alarm "$(incident .outcome.id)"
expect_equal "its steps" 0 "$(incident '.steps | length')"
expect "nobody dies" stays 4 is_alive "$RUN_PID"
