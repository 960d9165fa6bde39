#!/bin/bash
# A kill of the kernel's in a watched cgroup is recorded, with the kernel's own report and what the policy knew.
# Kernels: 6.1 6.12
# Timeout: 200

policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 90% over 10s
[Relief]
Step=kill
END
policy gone <<END
[Match]
Cgroup=$TREE/gone/*
[Trigger stall]
Pressure=full 90% over 10s
[Relief]
Step=kill
END

# What was killed before nobody has seen.
cgroup_make app memory.max=64M
run_in app leaker --rate 200
expect_dead "$RUN_PID" within 20
reliefd_start
run_in app leaker --rate 200
victim=$RUN_PID
expect_dead "$victim" within 20
expect "there is a record" wait_until 20 incidents_ended 1
expect_equal "kind" kernel-oom "$(incident .kind)"
expect_equal "outcome" kernel-killed "$(incident .outcome.id)"
expect_equal "cgroup" "$TREE/app" "$(incident .offender)"
expect_equal "policy" app "$(incident .policy.name)"
expect_equal "kills" "1 2" "$(incident '"\(.kernel.kills) \(.kernel.total)"')"
expect "what the policy knew" grep -qxE "unseen|far|near|foreseen" <(incident .kernel.foreseen.id)
expect_equal "why no report" null "$(incident .kernel.report_missing)"
expect_equal "victim by the kernel's report" "$victim" "$(incident .kernel.report.autopsy.kernel_victim.pid)"
expect_equal "its limit" $((64 << 20)) "$(incident .kernel.report.autopsy.limit_bytes)"
expect "the headline names it" grep -q "leaker\[$victim\]" <(incident .kernel.report.headline)
incident '.kernel.report.log[]' >"$WORK/log"
expect "the kernel's lines" grep -q "invoked oom-killer" "$WORK/log"
expect "up to the last" grep -q "Killed process $victim" "$WORK/log"
"$PROGRAMS/reliefctl" autopsy --json "$WORK/log" | jq -S '.reports[0] | del(.stamp)' >"$WORK/again"
incident '.kernel.report.autopsy | del(.stamp)' | jq -S . >"$WORK/first"
expect "reliefctl autopsy says the same" diff "$WORK/first" "$WORK/again"
expect "the log says so" grep -q "OOM killer has killed 1 process in $TREE/app" "$OUT/reliefd.log"

# A cgroup that is removed at once is known by the kernel's report.
cgroup_make gone/a memory.max=64M
run_in gone/a leaker --rate 200
expect_dead "$RUN_PID" within 20
cgroup_remove gone/a
expect "there is another record" wait_until 20 incidents_ended 2
expect_equal "cgroup" "$TREE/gone/a" "$(incident .offender)"

# In one cgroup a minute is one record: what is killed in it is told together.
for _ in 1 2 3; do
    run_in app leaker --rate 200
    expect_dead "$RUN_PID" within 20
done
expect "no third one yet" stays 5 test "$(incident_count)" = 2

# Without the kernel's log there is a record all the same, and that is said.
reliefd_stop
mkdir "$WORK/nodev"
mount -t tmpfs -o nodev,size=64k tmpfs "$WORK/nodev"
trap 'umount /dev/kmsg "$WORK/nodev"' EXIT
mknod "$WORK/nodev/kmsg" c 1 11
mount --bind "$WORK/nodev/kmsg" /dev/kmsg
records=$(incident_count)
reliefd_start
expect_equal "status says so" no-kernel-log "$(reliefctl status --json | jq -r '.degraded[] | select(.id == "no-kernel-log") | .id')"
expect "the log, too" grep -q "/dev/kmsg: Permission denied: records of the kernel's OOM kills do without" "$OUT/reliefd.log"
run_in app leaker --rate 200
expect_dead "$RUN_PID" within 20
expect "there is a record" wait_until 20 incidents_ended $((records + 1))
expect_equal "without the report" "1 null /dev/kmsg cannot be read" \
    "$(incident '.kernel | "\(.kills) \(.report) \(.report_missing)"')"
