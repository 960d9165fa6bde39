#!/bin/bash
# Pressure of a cgroup that cpu.max holds up inside reclaim kills nobody; without cpu.max the same pressure does.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

cgroup_make app memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=some 10% over 2s
[Relief]
Step=kill
END
# At full speed until it thrashes: throttled, it would take long to come there.
run_in app thrasher --size 110
thrasher=$RUN_PID
require "it is at its limit" wait_until 30 at_least 1000000 psi_total app full
cgroup_set app cpu.max "10000 100000"
before=$(psi_total app some)
reliefd_start

explained() { reliefctl explain --json "$TREE/app" >"$OUT/explained" && jq -r "$1" "$OUT/explained"; }
held_up() { [[ $(explained '.triggers[0].reason') == cpu-throttled ]]; }
expect "its pressure counts for nothing" wait_until 30 held_up
expect_equal "its line" true "$(jq '.triggers[0].lines[0].holds' "$OUT/explained")"
expect_equal "evidence" true "$(jq '.origin.throttled' "$OUT/explained")"
expect "nobody dies" stays 8 is_alive "$thrasher"
expect_equal "incidents" 0 "$(incident_count)"
expect_at_least "stall meanwhile, in microseconds" 1000000 $(($(psi_total app some) - before))

cgroup_set app cpu.max max
expect_dead "$thrasher" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "victim, throttled" "$thrasher false" \
    "$(incident '[.victim.pid, .origin.throttled] | join(" ")')"
