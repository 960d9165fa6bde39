#!/bin/bash
# Of two children the one that thrashes at its own limit dies and not the larger one; at their parent's limit the one that grows.
# Kernels: 6.1 6.12
# Swap: zram 300M
# Timeout: 150

cgroup_make own
cgroup_make own/thrashing memory.max=64M
cgroup_make own/large
cgroup_make shared memory.high=100M memory.max=200M
cgroup_make shared/growing
cgroup_make shared/steady
policy parents <<END
[Match]
Cgroup=$TREE/own $TREE/shared
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Within=offender
[Relief]
Step=kill
END
run_in own/large holder --mb 150
large=$RUN_PID
run_in shared/steady holder --mb 30
steady=$RUN_PID
wait_ready "$large"
wait_ready "$steady"
reliefd_start

run_in own/thrashing thrasher --size 110
thrasher=$RUN_PID
expect_dead "$thrasher" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "subject, offender, victim" "$TREE/own $TREE/own/thrashing $thrasher" \
    "$(incident '[.subject, .offender, .victim.pid] | join(" ")')"

run_in shared/growing leaker --rate 40 --limit 250 --touch
leaker=$RUN_PID
expect_dead "$leaker" within 45
expect "the second incident has ended" wait_until 10 incident_ended
expect_equal "subject, offender, victim" "$TREE/shared $TREE/shared $leaker" \
    "$(incident '[.subject, .offender, .victim.pid] | join(" ")')"
expect_alive "$large"
expect_alive "$steady"
expect_equal "incidents" 2 "$(incident_count)"
expect_equal "kills by the kernel" 0 "$(events . oom_kill)"
