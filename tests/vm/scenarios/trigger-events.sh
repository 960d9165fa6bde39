#!/bin/bash
# Events=high with a lack of headroom ends a leaker, and Events=oom_kill ends what the kernel left of a cgroup.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

cgroup_make high memory.high=64M memory.max=128M
cgroup_make oom memory.max=64M memory.swap.max=0
policy high <<END
[Match]
Cgroup=$TREE/high
[Trigger throttled]
Events=high 5 over 10s
Headroom=below 5%
[Relief]
Step=kill
END
policy oom <<END
[Match]
Cgroup=$TREE/oom
[Trigger crippled]
Events=oom_kill 1 over 10s
# A level keeps the cgroup under observation: what is the very first sign of a calm one is not counted (policy.d(5)).
[Trigger full]
Usage=99%
For=1h
[Victim]
Kill=tree
[Relief]
Step=terminate wait 5s
END
run_in oom holder --mb 10
left=$RUN_PID
wait_ready "$left"
reliefd_start
run_in high leaker --rate 40 --limit 300 --touch
expect_dead "$RUN_PID" within 40
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "kills by the kernel where high is" 0 "$(events high oom_kill)"
expect_equal "trigger" throttled "$(incident .trigger.name)"
expect_at_least "events" 5 "$(incident '.trigger.lines[0].value')"
expect_alive "$left"

run_in oom leaker --limit 300
expect_dead "$RUN_PID" within 20
expect_equal "kills by the kernel" 1 "$(events oom oom_kill)"
expect_dead "$left" within 20
expect "both incidents have ended" wait_until 10 incidents_ended 2
expect_equal "the last one's trigger" crippled "$(incident .trigger.name)"
expect_equal "its offender" "$TREE/oom" "$(incident .offender)"
