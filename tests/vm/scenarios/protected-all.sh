#!/bin/bash
# When all are protected nobody dies, and that is said.
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
[Victim]
Protect=comm:leaker comm:holder
[Relief]
Step=kill
Cooldown=5min
END
run_in app holder --mb 20
holder=$RUN_PID
wait_ready "$holder"
reliefd_start
run_in app leaker --rate 40 --limit 250 --touch
leaker=$RUN_PID

expect "an incident is recorded" wait_until 45 incident_ended
expect_equal "outcome" no-victim "$(incident .outcome.id)"
expect_equal "victim" null "$(incident .victim)"
expect "it is said in the log" grep -q 'nobody there may be chosen' "$OUT/reliefd.log"
expect "nobody dies" stays 5 is_alive "$leaker"
expect_alive "$holder"
