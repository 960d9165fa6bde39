#!/bin/bash
# Without the kernel's log a kill of the kernel's is recorded all the same, and what is missing is said.
# Kernels: 6.12
# Timeout: 120

cgroup_make app memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 90% over 10s
[Relief]
Step=kill
END
mkdir "$WORK/nodev"
mount -t tmpfs -o nodev,size=64k tmpfs "$WORK/nodev"
trap 'umount /dev/kmsg "$WORK/nodev"' EXIT
mknod "$WORK/nodev/kmsg" c 1 11
mount --bind "$WORK/nodev/kmsg" /dev/kmsg
reliefd_start
expect_equal "status says so" no-kernel-log "$(reliefctl status --json | jq -r '.degraded[] | select(.id == "no-kernel-log") | .id')"
expect "the log, too" grep -q "/dev/kmsg: Permission denied: records of the kernel's OOM kills do without" "$OUT/reliefd.log"
run_in app leaker --rate 200
expect_dead "$RUN_PID" within 20
expect "there is a record" wait_until 40 incidents_ended 1
expect_equal "without the report" "1 null /dev/kmsg cannot be read" \
    "$(incident '.kernel | "\(.kills) \(.report) \(.report_missing)"')"
