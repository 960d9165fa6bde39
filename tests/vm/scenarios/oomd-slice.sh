#!/bin/bash
# As systemd-oomd's own test: in a slice with a limit of 20 % the unit that stalls dies whole and once, what is quiet lives.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 300

policy_like_oomd workload.slice "Pressure=full 20% over 10s" "For=2s"
reliefd_start
slice_make workload.slice ManagedOOMMemoryPressure=kill ManagedOOMMemoryPressureLimit=20%
require "the quiet unit starts" unit_start testchill.service --slice=workload.slice -p MemoryHigh=3M sleep infinity

# What systemctl and oomctl show there: that the slice is watched, and its limit.
shown() { reliefctl explain /workload.slice --json | jq -r "$1"; }
is_watched() { [[ $(shown .policy.name) == workload.slice ]]; }
expect "the slice is watched" wait_until 60 is_watched
expect_equal "its limit" 20 "$(shown '.triggers[0].lines[] | select(.key == "Pressure") | .threshold')"

expect "a small unit starts and ends" systemd-run --quiet --wait --slice=workload.slice -p MemoryMax=10M \
    -p MemorySwapMax=0 true
expect_equal "kills by then" 0 "$(incident_count)"

require "the other unit starts" unit_start testbloat.service --slice=workload.slice -p MemoryHigh=3M \
    "$PROGRAMS/thrasher" --size 200 --processes 10
expect "it fails" wait_until 150 unit_is testbloat.service failed
expect "the quiet one is active" unit_is testchill.service active
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "kills" 1 "$(incident_count)"
expect_equal "victim" "cgroup /workload.slice/testbloat.service" "$(incident '.victim.scope + " " + .victim.cgroup')"
expect_equal "policy" "workload.slice /workload.slice" "$(incident '.policy.name + " " + .subject')"
expect_equal "none of its processes is left" "" "$(pidof thrasher || true)"
expect "the quiet one stays active" stays 20 unit_is testchill.service active
expect_equal "kills in the end" 1 "$(incident_count)"
units_remove
