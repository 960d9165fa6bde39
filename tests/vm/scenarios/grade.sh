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

reliefd_start
run_in passing holder --mb 100
passing=$RUN_PID
expect "a dry run has ended" wait_until 60 incidents_ended 1
kill -KILL "$passing"

run_in blind leaker --rate 200 --limit 300 --touch
expect_dead "$RUN_PID" within 30
expect "an unforeseen kernel kill is counted" wait_until 30 graded blind unforeseen 1

run_in doomed holder --mb 70
doomed=$RUN_PID
expect "another dry run has ended" wait_until 60 incidents_ended 2
expect_alive "$doomed"
run_in --adj 500 doomed leaker --rate 40 --limit 300 --touch
expect_dead "$RUN_PID" within 30
expect "it was confirmed" wait_until 30 graded doomed confirmed 1
confirmed=$(incidents | sed -n 2p)
expect_equal "evidence" kernel-kill-followed "$(jq -r .grade.evidence "$confirmed")"
expect_equal "its policy went live" true "$(jq -r .grade.went_live "$confirmed")"
expect "the log says so" grep -q 'policy doomed goes live' "$OUT/reliefd.log"
expect_dead "$doomed" within 60
expect "an incident in earnest has ended" wait_until 30 incidents_ended 3
expect_equal "dry run" false "$(incident .dry_run)"
expect_equal "unforeseen in doomed" 0 "$(grades doomed unforeseen)"

expect "the other one resolved itself" wait_until 150 graded passing self_resolved 1
expect_equal "evidence" eased-by-itself "$(first_incident .grade.evidence)"
expect "metrics are counted" grep -q '^reliefd_kills_total{policy="doomed"} 1$' <(reliefctl metrics)
expect "the file has them" wait_until 20 grep -qs '^reliefd_dry_run_graded_total{policy="passing",verdict="self-resolved"} 1$' "$WORK/reliefd.prom"
reliefctl metrics >"$OUT/metrics.prom"

reliefd_stop
expect "the report without reliefd" graded doomed confirmed 1
