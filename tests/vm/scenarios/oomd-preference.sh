#!/bin/bash
# As systemd-oomd's own test: a unit with ManagedOOMPreference=avoid is passed over for a smaller one, one with omit never dies.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 400

slice_make workload.slice ManagedOOMMemoryPressure=kill ManagedOOMMemoryPressureLimit=20%
policy_like_oomd workload.slice "Pressure=full 20% over 10s" "For=2s"
start() {
    require "$1 starts" unit_start "test$1.service" --slice=workload.slice -p MemoryHigh="$2" \
        -p ManagedOOMPreference="$3" "${@:4}"
}
group() { first_incident ".groups[] | select(.cgroup | endswith(\"/test$1.service\")) | .$2"; }

kills() { incidents | while read -r file; do jq -r '.steps[] | select(.signal and (.skipped | not)) | .signal' "$file"; done | wc -l; }
shown() { reliefctl explain /workload.slice/testbloat.service --json | jq -r "$1"; }
holds() { [[ $(shown '.triggers[0].holds') == true ]]; }

# systemd-oomd kills nobody for 15 s after a kill, whoever else is short; Cooldown= is of one slice only.
daemon_config <<CONFIG
[Budget]
Kills=1 per 15s
CONFIG

say "avoid"
start chill 3M none sleep infinity
start bloat 3M avoid "$PROGRAMS/thrasher" --size 200 --processes 10
expect "bloat holds much" wait_until 60 at_least $((32 << 20)) cgroup_get /workload.slice/testbloat.service memory.swap.current
start munch 12M none "$PROGRAMS/thrasher" --size 25 --processes 10
reliefd_start
expect "munch fails" wait_until 150 unit_is testmunch.service failed
expect "bloat is active" unit_is testbloat.service active
expect "chill is active" unit_is testchill.service active
expect "an incident has ended" wait_until 20 at_least 1 incident_count
expect_equal "victim" /workload.slice/testmunch.service "$(first_incident .victim.cgroup)"
expect_equal "why not bloat" avoided "$(group bloat reason)"
expect_at_least "its score" "$(group munch score)" "$(group bloat score)"
units_remove
expect_equal "kills" 1 "$(kills)"

say "omit"
start chill 3M omit sleep infinity
start bloat 3M omit "$PROGRAMS/thrasher" --size 200 --processes 10
expect "the conditions hold" wait_until 120 holds
expect_equal "nobody to be chosen" no-victim "$(shown .no_choice)"
for unit in bloat chill; do expect "$unit stays active" stays 8 unit_is "test$unit.service" active; done
expect_equal "kills in the end" 1 "$(kills)"
units_remove
