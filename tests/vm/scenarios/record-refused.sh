#!/bin/bash
# What is refused is recorded once for each episode, however often the trigger holds.
# Kernels: 6.12
# Timeout: 120

cgroup_make app memory.max=128M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger full]
Usage=10%
[Victim]
Protect=comm:holder
[Relief]
Step=kill
Cooldown=1s
END
run_in app holder --mb 60
wait_ready "$RUN_PID"
reliefd_start
expect "it is recorded" wait_until 30 incidents_ended 1
expect_equal "kind and outcome" "refused no-victim" "$(incident '"\(.kind) \(.outcome.id)"')"
expect_equal "who was spared by what" "protected comm:holder" "$(incident '.candidates[0] | "\(.reason) \(.protected_by)"')"
expect "and not again" stays 12 test "$(incident_count)" = 1
expect_equal "lines of the log" 1 "$(grep -c 'nobody there may be chosen' "$OUT/reliefd.log")"

# Something else is refused: that is news.
cat >"$WORK/policy/app.conf" <<END
[Match]
Cgroup=$TREE/app
[Trigger full]
Usage=10%
[Relief]
Step=terminate wait 1s
Step=kill
Cooldown=1s
Limit=1 per 10min
OnRepeat=alarm
END
reliefctl reload
expect "it is killed" wait_until 30 incidents_ended 2
run_in app holder --mb 60
expect "an alarm" wait_until 40 incidents_ended 3
expect_equal "kind and outcome" "refused alarm" "$(incident '"\(.kind) \(.outcome.id)"')"
