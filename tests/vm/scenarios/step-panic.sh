#!/bin/bash
# Step=panic asks the kernel to panic, if reliefd.conf allows it. (A file stands in for /proc/sysrq-trigger.)
# Kernels: 6.12
# Timeout: 180

: >"$WORK/trigger"
mount --bind "$WORK/trigger" /proc/sysrq-trigger
trap 'umount /proc/sysrq-trigger' EXIT
cgroup_make app memory.max=128M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=60%
[Relief]
Step=panic wait 1s
Cooldown=1h
END
run_in app holder --mb 100
holder=$RUN_PID
wait_ready "$holder"
reliefd_start
expect "the incident has ended" wait_until 60 incident_ended
expect_equal "without AllowPanic= it is passed over" "not-allowed" "$(incident '.steps[0].result')"
expect_equal "nothing is asked for" "" "$(<"$WORK/trigger")"
reliefd_stop

rm -rf "$WORK/state/incidents" "$WORK/run/past.json"
daemon_config <<END
[Daemon]
AllowPanic=yes
END
reliefd_start
expect "the incident has ended" wait_until 60 incident_ended
expect_equal "the step" "panic done" "$(incident '.steps[0] | .step + " " + .result')"
expect_equal "a panic was asked for" c "$(<"$WORK/trigger")"
expect_alive "$holder"
