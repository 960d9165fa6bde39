#!/bin/bash
# The machine itself is short and nothing has a limit: its policy takes the leaker and nobody else, before the kernel does.
# Kernels: 6.12
# Swap: zram 300M
# Timeout: 150
# Boot: own

cgroup_make leaking
cgroup_make beside
memory_take 450 # less to fill
policy node <<END
[Match]
Cgroup=/
[Trigger short]
Pressure=some 10% over 2s
Headroom=below 10%
[Relief]
Step=kill
END
run_in beside holder --mb 80
beside=$RUN_PID
wait_ready "$beside"
reliefd_start
daemon=$RELIEFD_PID
oom_kills() { sed -n 's/^oom_kill //p' /proc/vmstat; }
before=$(oom_kills)
run_in leaking leaker --rate 100 --limit 1300 --touch
leaker=$RUN_PID

expect_dead "$leaker" within 90
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "kills by the kernel" 0 $(($(oom_kills) - before))
expect_alive "$beside"
expect_alive "$daemon"
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "policy, offender, origin" "node / node" \
    "$(incident '[.policy.name, .offender, .origin.id] | join(" ")')"
# Who comes first is the kernel's affair: allocations that reclaim for themselves, or kswapd that takes what is needed.
expect_equal "evidence" true "$(incident '.origin | .allocstalls > 0 or (.kswapd_pages > 0 and .refaults > 0)')"
expect_equal "refaults at limits" 0 "$(incident .origin.limited_refaults)"
expect_equal "victim, outcome" "$leaker relieved" "$(incident '[.victim.pid, .outcome.id] | join(" ")')"
