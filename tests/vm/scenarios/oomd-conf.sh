#!/bin/bash
# A service that says nothing but ManagedOOMMemoryPressure=kill, with SystemdOomd=yes: it is relieved by the limits of oomd.conf.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 400

daemon_config <<CONFIG
[Compat]
SystemdOomd=yes
CONFIG

# The socket would bring systemd-oomd up as soon as a unit asks for it.
systemctl --quiet mask --runtime --now systemd-oomd.socket systemd-oomd.service || true
folder=/etc/systemd/oomd.conf.d
drop_in=$folder/50-limits.conf
mkdir -p "$folder"
printf '[OOM]\nDefaultMemoryPressureLimit=15%%\nDefaultMemoryPressureDurationSec=2s\n' >"$drop_in"
reliefd_start

policy_of() { reliefctl explain "/system.slice/$1" --json | jq -r '.policy.name // "none"'; }
is_managed() { [[ $(policy_of "$1") == "$1" ]]; }
limit_of() {
    reliefctl explain "/system.slice/$1" --json |
        jq -r '.triggers[0].lines[] | select(.key == "Pressure") | .threshold'
}

say "what a unit that is calm has"
require "a unit starts" unit_start testcalm.service -p ManagedOOMMemoryPressure=kill sleep infinity
expect "its policy is that of the unit" wait_until 60 is_managed testcalm.service
expect_equal "its limit" 15 "$(limit_of testcalm.service)"
expect "where it came from" grep -q "^# DefaultMemoryPressureLimit= in $drop_in:2\$" \
    "$WORK"/run/systemd-units/testcalm.service.conf

# A unit in memory.high stalls half of the time: systemd-oomd's own 60 % would never be reached. It may be dead before
# anybody can look at its policy.
say "a leaker"
require "the leaker starts" unit_start testplain.service -p MemoryHigh=3M -p ManagedOOMMemoryPressure=kill \
    "$PROGRAMS/thrasher" --size 200 --processes 10
expect "it fails" wait_until 200 unit_is testplain.service failed
expect_equal "why" oom-kill "$(systemctl show -P Result testplain.service)"
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "victim" /system.slice/testplain.service "$(first_incident .victim.cgroup)"
expect "by the limit of oomd.conf" grep -q 'full 15% over 10s' <<<"$(first_incident .sentence)"

say "the limits change"
printf '[OOM]\nDefaultMemoryPressureLimit=355‰\n' >"$drop_in"
expect "all is read again" reliefctl reload
expect_equal "its limit then" 35.5 "$(limit_of testcalm.service)"
expect "it is active" unit_is testcalm.service active
units_remove
rm -r "$folder"
systemctl --quiet unmask --runtime systemd-oomd.socket systemd-oomd.service || true
