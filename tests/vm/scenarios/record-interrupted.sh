#!/bin/bash
# reliefd is killed in the middle of an incident: the next one completes its record and takes back what stands.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 300

for name in slow dying; do
    cgroup_make $name memory.max=128M
done
policy slow <<END
[Match]
Cgroup=$TREE/slow
[Trigger full]
Usage=10%
[Relief]
Step=warn wait 1s
Step=throttle 50% cpu 40% wait 300s
[Guard]
OomGroup=yes
END
policy dying <<END
[Match]
Cgroup=$TREE/dying
[Trigger full]
Usage=10%
[Relief]
Step=terminate wait 300s
END
# of CGROUP FILTER: of the record of that cgroup
of() { incidents | while read -r file; do jq -r "select(.offender == \"$TREE/$1\") | $2" "$file"; done; }
steps_are() { [[ $(of "$1" '[.steps[].step] | join(" ")') == "$2" ]]; }

run_in slow holder --mb 80
run_in dying leaker --rate 50 --limit 60 --hold --on-term ignore
dying=$RUN_PID
reliefd_start
expect "the second step is in the file, too" wait_until 40 steps_are slow "warn throttle"
expect "one is sent SIGTERM" wait_until 40 steps_are dying terminate
expect_equal "they are open" "true true" "$(of slow .open) $(of dying .open)"
expect "with samples so far" test "$(of slow '.samples.cgroups[0].rows | length')" -ge 1
kill -KILL "$RELIEFD_PID"
wait "$RELIEFD_PID" || :
kill "$NOTIFY_LISTENER_PID"
RELIEFD_PID=
expect_equal "still open" "true true" "$(of slow .open) $(of dying .open)"
kill -KILL "$dying"
expect_dead "$dying" within 10

rm "$WORK"/policy/*.conf
reliefd_start
for name in slow dying; do
    expect_equal "$name: outcome" "false interrupted" "$(of $name '"\(.open) \(.outcome.id)"')"
    expect_equal "$name: no reboot" false "$(of $name .interrupted.rebooted)"
done
expect_equal "nobody was chosen" null "$(of slow .interrupted.victim)"
expect_equal "the victim is gone" gone "$(of dying .interrupted.victim)"
expect_equal "who it was" "$dying SIGTERM" "$(of dying '"\(.victim.pid) \(.steps[0].signal)"')"
expect "it is said" grep -q "its victim leaker\[$dying\] was sent SIGTERM and is gone" "$OUT/reliefd.log"
expect_equal "memory.high" max "$(cgroup_get slow memory.high)"
expect_equal "cpu.max" "max 100000" "$(cgroup_get slow cpu.max)"
expect_equal "memory.oom.group" 0 "$(cgroup_get slow memory.oom.group)"
expect_equal "reliefctl incidents" 2 "$(reliefctl incidents --json | jq '[(.incidents? // .)[] | select(.outcome.id == "interrupted")] | length')"
