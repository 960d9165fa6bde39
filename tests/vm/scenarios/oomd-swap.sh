#!/bin/bash
# ManagedOOMSwap=kill as a policy: short of memory and of swap, the unit that holds most of both dies, not the one that waits.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 200M
# Timeout: 300

slice_make workload.slice ManagedOOMSwap=kill MemoryMax=120M
policy_like_oomd workload.slice "Usage=90%" "Swap=90%"
require "chill starts" unit_start testchill.service --slice=workload.slice "$PROGRAMS/holder" --mb 10
require "small starts" unit_start testsmall.service --slice=workload.slice "$PROGRAMS/holder" --mb 40
reliefd_start
expect "nobody dies of half" stays 5 unit_is testsmall.service active
expect_equal "kills" 0 "$(incident_count)"
# It comes to rest with all memory and some 95 % of the swap in use: nothing is left for the kernel to do.
require "large starts" unit_start testlarge.service --slice=workload.slice "$PROGRAMS/leaker" --rate 20 --limit 258 --hold
expect "it fails" wait_until 150 unit_is testlarge.service failed
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "victim" /workload.slice/testlarge.service "$(first_incident .victim.cgroup)"
expect_at_least "percent of the swap in use" 90 \
    "$(first_incident '.trigger.lines[] | select(.key == "Swap") | .value | floor')"
expect_equal "kills by the kernel" 0 "$(events /workload.slice oom_kill)"
for unit in testchill testsmall; do expect "$unit is active" unit_is "$unit.service" active; done
units_remove
