#!/bin/bash
# Dry runs grade themselves: one is confirmed by the kernel's OOM killer and makes its policy live, one resolves itself, and a kernel kill that no policy foresaw is counted.
# Slow: yes
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 330

cgroup_make doomed memory.max=96M memory.swap.max=0
cgroup_make passing memory.max=128M
cgroup_make blind memory.max=64M memory.swap.max=0
policy doomed <<END
[Match]
Cgroup=$TREE/doomed
[Trigger fills]
Usage=60%
[Relief]
Step=kill
Cooldown=20s
DryRun=until 1 confirmed
END
policy passing <<END
[Match]
Cgroup=$TREE/passing
[Trigger fills]
Usage=60%
[Relief]
Step=kill
Cooldown=1h
DryRun=yes
END
policy blind <<END
[Match]
Cgroup=$TREE/blind
[Trigger stalls]
Pressure=full 95% over 30s
[Relief]
Step=kill
END
daemon_config <<END
[Daemon]
MetricsFile=$WORK/reliefd.prom
END
grades() { reliefctl --state-dir "$WORK/state" report --json | jq -r ".policies[] | select(.policy == \"$1\") | .$2"; }
graded() { [[ $(grades "$1" "$2") == "$3" ]]; }

# Of the policy's own incidents the n-th: the kernel's kills have records, too.
relief_of() { incidents | xargs -r jq -r "select(.kind == \"relief\" and .policy.name == \"$1\" and .open == false) | .id" | sed -n "${2}p"; }
has_relief() { [[ -n $(relief_of "$1" "$2") ]]; }
of_relief() { jq -r "$3" "$WORK/state/incidents/$(relief_of "$1" "$2").json"; }

reliefd_start
run_in passing holder --mb 100
passing=$RUN_PID
expect "a dry run has ended" wait_until 60 has_relief passing 1
kill -KILL "$passing"

run_in blind leaker --rate 200 --limit 300 --touch
expect_dead "$RUN_PID" within 30
expect "an unforeseen kernel kill is counted" wait_until 30 graded blind unforeseen 1

run_in doomed holder --mb 70
doomed=$RUN_PID
expect "another dry run has ended" wait_until 60 has_relief doomed 1
expect_alive "$doomed"
run_in --adj 500 doomed leaker --rate 40 --limit 300 --touch
expect_dead "$RUN_PID" within 30
expect "it was confirmed" wait_until 30 graded doomed confirmed 1
expect_equal "evidence" kernel-kill-followed "$(of_relief doomed 1 .grade.evidence)"
expect_equal "its policy went live" true "$(of_relief doomed 1 .grade.went_live)"
expect "the log says so" grep -q 'policy doomed goes live' "$OUT/reliefd.log"
expect_dead "$doomed" within 60
expect "an incident in earnest has ended" wait_until 30 has_relief doomed 2
expect_equal "dry run" false "$(of_relief doomed 2 .dry_run)"
expect_equal "unforeseen in doomed" 0 "$(grades doomed unforeseen)"

expect "the other one resolved itself" wait_until 150 graded passing self_resolved 1
expect_equal "evidence" eased-by-itself "$(of_relief passing 1 .grade.evidence)"
expect "metrics are counted" grep -q '^reliefd_kills_total{policy="doomed"} 1$' <(reliefctl metrics)
expect "the file has them" wait_until 20 grep -qs '^reliefd_dry_run_graded_total{policy="passing",verdict="self-resolved"} 1$' "$WORK/reliefd.prom"
reliefctl metrics >"$OUT/metrics.prom"

reliefd_stop
expect "the report without reliefd" graded doomed confirmed 1
