#!/bin/bash
# A service written for systemd-oomd, with SystemdOomd=yes: its leaker dies by reliefd, and the unit ends with Result=oom-kill.
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
reliefd_start

policy_of() { reliefctl explain "/system.slice/$1" --json | jq -r '.policy.name // "none"'; }
is_managed() { [[ $(policy_of "$1") == "$1" ]]; }
is_not() { [[ $(policy_of "$1") != "$1" ]]; }

say "properties of a running unit that are set and taken back"
require "a unit starts" unit_start testset.service sleep infinity
expect "it has no policy of its own" is_not testset.service
expect "the property is set" systemctl set-property --runtime testset.service ManagedOOMMemoryPressure=kill \
    ManagedOOMMemoryPressureLimit=33%
expect "it is a policy" wait_until 30 is_managed testset.service
expect_equal "its limit" 33 "$(reliefctl explain /system.slice/testset.service --json |
    jq -r '.triggers[0].lines[] | select(.key == "Pressure") | .threshold')"
expect "the property is taken back" systemctl set-property --runtime testset.service ManagedOOMMemoryPressure=auto
expect "it is none any more" wait_until 30 is_not testset.service

say "a leaker"
require "the leaker starts" unit_start testleak.service -p MemoryHigh=3M -p ManagedOOMMemoryPressure=kill \
    -p ManagedOOMMemoryPressureLimit=20% "$PROGRAMS/thrasher" --size 200 --processes 10
expect "its policy is that of the unit" wait_until 30 is_managed testleak.service
expect "it fails" wait_until 200 unit_is testleak.service failed
expect_equal "why" oom-kill "$(systemctl show -P Result testleak.service)"
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "victim" /system.slice/testleak.service "$(first_incident .victim.cgroup)"
expect "the other unit is active" unit_is testset.service active
units_remove
systemctl --quiet unmask --runtime systemd-oomd.socket systemd-oomd.service || true
