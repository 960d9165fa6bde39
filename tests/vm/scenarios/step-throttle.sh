#!/bin/bash
# Step=throttle lowers memory.high and cpu.max for the time of the incident; when the memory comes down, nobody dies.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 180

cgroup_make app memory.max=128M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger full]
Usage=50%
[Relief]
Step=throttle 50% cpu 40% wait 5s
Step=kill
END
for name in left taken; do
    policy $name <<END
[Match]
Cgroup=$TREE/kubepods.slice/$name
[Trigger full]
Usage=50%
[Relief]
Step=throttle 50% wait 5s
Step=kill
END
done
cat >>"$WORK/policy/taken.conf" <<END
[Guard]
Managed=override
END
high_below() { [[ $(cgroup_get app memory.high) != max ]] && (($(cgroup_get app memory.high) < $1)); }
quota_is() { [[ $(cgroup_get app cpu.max) == "$1" ]]; }

run_in app holder --mb 80
holder=$RUN_PID
wait_ready "$holder"
before=$(memory_current app)
reliefd_start
expect "memory.high is half of what was in use" wait_until 20 high_below $((before / 2 + 1))
expect_at_least "and no less" $((before * 4 / 10)) "$(cgroup_get app memory.high)"
expect "the quota" wait_until 10 quota_is "40000 100000"
expect "the incident has ended" wait_until 45 incident_ended
expect_equal "steps" throttle "$(incident '[.steps[].step] | join(" ")')"
expect_alive "$holder"
expect_equal "memory.high is as before" max "$(cgroup_get app memory.high)"
expect_equal "cpu.max is as before" "max 100000" "$(cgroup_get app cpu.max)"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"

say "in cgroups of a kubelet"
cgroup_make kubepods.slice/left memory.max=128M
run_in kubepods.slice/left holder --mb 80
expect_dead "$RUN_PID" within 20
expect "the incident has ended" wait_until 45 incidents_ended 2
expect_equal "the limit is the kubelet's" "throttle managed kill" \
    "$(incident '[.steps[] | .step, (select(.skipped).result)] | join(" ")')"
expect_equal "and was left alone" max "$(cgroup_get kubepods.slice/left memory.high)"
cgroup_make kubepods.slice/taken memory.max=128M
run_in kubepods.slice/taken holder --mb 80
holder=$RUN_PID
expect "with Managed=override there is one that ends" wait_until 45 incidents_ended 3
expect_equal "steps" "throttle false" "$(incident '[.steps[] | .step, .skipped] | join(" ")')"
expect_alive "$holder"
expect_equal "its memory.high is as before" max "$(cgroup_get kubepods.slice/taken memory.high)"
expect "nothing is left to restore" test ! -e "$WORK/run/guard.state"
