#!/bin/bash
# As systemd-oomd's own tests: a unit's duration counts in place of the default; with one of an hour nobody dies; new values are read.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 400

shown() { reliefctl explain "/workload.slice/$1" --json | jq -r "$2"; }
limits() { shown "$1" '[.triggers[].lines[] | "\(.key) \(.threshold)"] | join(" ")'; }
held() { [[ $(shown "$1" '.triggers[0].reason') == not-long-enough ]]; }
is_checked() { "$PROGRAMS/reliefctl" check "$WORK/policy/$1.conf" >"$WORK/said" 2>&1; }

say "a duration is accepted, and one of nothing is not"
policy_like_oomd sound.service "Pressure=full 20% over 10s" "For=1s"
expect "1 s" is_checked sound.service
policy_like_oomd unsound.service "Pressure=full 20% over 10s" "For=never"
expect "what is no time is refused" bash -c "! '$PROGRAMS/reliefctl' check '$WORK/policy/unsound.service.conf' 2>/dev/null"
rm "$WORK"/policy/*sound.service.conf

slice_make workload.slice
policy_like_oomd testmunch.service "Pressure=full 20% over 10s" "For=1h"
policy_like_oomd testchill.service "Pressure=full 60% over 10s" "For=2s"
require "chill starts" unit_start testchill.service --slice=workload.slice -p MemoryHigh=3M sleep infinity
require "munch starts" unit_start testmunch.service --slice=workload.slice -p MemoryHigh=12M \
    "$PROGRAMS/thrasher" --size 200 --processes 10
reliefd_start
expect_equal "limits of chill" "Pressure 60" "$(limits testchill.service)"
expect_equal "limits of munch" "Pressure 20" "$(limits testmunch.service)"

say "an hour"
expect "the conditions hold" wait_until 90 held testmunch.service
expect "munch is active all the time" stays 10 unit_is testmunch.service active
expect_equal "kills" 0 "$(incident_count)"

say "other values, and back: no restart is needed"
policy_like_oomd testchill.service "Pressure=full 55% over 10s" "Usage=80%" "Swap=80%" "For=5s"
expect "reload" reliefctl reload
expect_equal "limits of chill" "Pressure 55 Usage 80 Swap 80" "$(limits testchill.service)"
policy_like_oomd testchill.service "Pressure=full 60% over 10s" "For=2s"
expect "reload" reliefctl reload
expect_equal "limits of chill" "Pressure 60" "$(limits testchill.service)"
expect "munch is still active" unit_is testmunch.service active

say "three seconds"
policy_like_oomd testmunch.service "Pressure=full 20% over 10s" "For=3s"
expect "reload" reliefctl reload
expect "munch fails" wait_until 150 unit_is testmunch.service failed
expect "chill is active" unit_is testchill.service active
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "policy" testmunch.service "$(incident .policy.name)"
expect_equal "kills" 1 "$(incident_count)"
units_remove
