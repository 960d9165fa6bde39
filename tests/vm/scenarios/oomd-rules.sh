#!/bin/bash
# As systemd-oomd's own tests: a rule that any pressure meets kills all of the unit; one that comes later counts from its reload on.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 300

# As the importer writes a ruleset with MemoryPressureAbove=0%, Action=kill-all and no LastingSec=.
rule() {
    policy "$1" <<POLICY
[Trigger rule-1]
Pressure=full 0.01% over 10s
Origin=any
[Victim]
Kill=tree
Within=subject
[Relief]
Step=kill
Cooldown=15s
POLICY
}
policy_of() { reliefctl explain "/workload.slice/$1" --json | jq -r '.policy.name // "none"'; }
has_policy() { [[ $(policy_of "$1") == "$2" ]]; }
slice_make workload.slice
mkdir -p "$WORK/policy"
ln -s /dev/null "$WORK/policy/default.conf"
rule testrule.service
reliefd_start

require "a unit starts that has no rule yet" unit_start testlater.service --slice=workload.slice -p MemoryHigh=3M \
    "$PROGRAMS/holder" --mb 1
require "one that has one starts" unit_start testrule.service --slice=workload.slice -p MemoryHigh=3M \
    "$PROGRAMS/thrasher" --size 100 --processes 4
expect "it fails" wait_until 120 unit_is testrule.service failed
expect "the incident has ended" wait_until 20 incident_ended
expect "the log says that conditions were met, and where" grep -q 'testrule[.]service .*because .*pressure .*full 0[.]01%' "$OUT/reliefd.log"
expect_equal "trigger" "rule-1 true" "$(incident '.trigger.name + " \(.trigger.lines[0].holds)"')"
expect_equal "victim" "tree /workload.slice/testrule.service" "$(incident '.victim.scope + " " + .victim.cgroup')"
expect_equal "kills" 1 "$(incident_count)"

expect_equal "policy of the unit without" none "$(policy_of testlater.service)"
rule testlater.service
expect "reload" reliefctl reload
expect "its policy is in force" has_policy testlater.service testlater.service
expect "and the unit is untouched" stays 5 unit_is testlater.service active
expect_equal "kills in the end" 1 "$(incident_count)"
units_remove
