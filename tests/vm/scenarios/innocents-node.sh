#!/bin/bash
# One cgroup thrashes at its own limit beside twenty quiet ones: no policy of the machine acts, its own policy does.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

cgroup_make thrashing memory.max=64M
policy node <<END
[Match]
Cgroup=/
[Trigger stall]
Pressure=some 5% over 2s
Headroom=below 99%
[Relief]
Step=kill
END
ln -s /dev/null "$WORK/policy/default.conf"
cgroup_make quiet
mkdir "$(cgroup_path quiet)"/{1..20}
quiet=()
for i in {1..20}; do
    run_in "quiet/$i" holder --mb 2
    quiet+=("$RUN_PID")
done
for pid in "${quiet[@]}"; do require "a quiet one is ready" wait_until 30 said_ready "$pid"; done
reliefd_start
run_in thrashing thrasher --size 110
thrasher=$RUN_PID

# All lines of the machine's policy hold: only that nobody waits for the machine itself stands in the way.
why_not() { reliefctl explain --json / | jq -r '.triggers[0].reason'; }
spared() { [[ $(why_not) == unattributed ]]; }
expect "the pressure reaches the machine, and is not the machine's" wait_until 40 spared
expect "nobody dies" stays 5 is_alive "$thrasher"
expect_equal "incidents of the machine" 0 "$(incident_count)"

policy thrashing <<END
[Match]
Cgroup=$TREE/thrashing
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=kill
END
reliefctl reload
expect_dead "$thrasher" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "policy, offender, victim" "thrashing $TREE/thrashing $thrasher" \
    "$(incident '[.policy.name, .offender, .victim.pid] | join(" ")')"
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "kills by the kernel" 0 "$(events . oom_kill)"
all_quiet_live() { for pid in "${quiet[@]}"; do is_alive "$pid" || return 1; done; }
expect "the quiet ones live" all_quiet_live
