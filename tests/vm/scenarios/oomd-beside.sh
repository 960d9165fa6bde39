#!/bin/bash
# While systemd-oomd runs what it manages is not reliefd's to kill; what it does not manage is; when it ends all is, by the same properties.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 400

# The image has none; one that has is named by RELIEFD_TEST_IMAGE.
[[ -x /lib/systemd/systemd-oomd ]] || skip "systemd-oomd is not in this image"
systemctl --quiet unmask --runtime systemd-oomd.service systemd-oomd.socket || true
systemctl --quiet unmask systemd-oomd.service systemd-oomd.socket || true
require "systemd-oomd starts" systemctl start systemd-oomd.service

# Its own limit is never reached: whoever dies dies by reliefd.
slice_make workload.slice
policy_like_oomd workload.slice "Pressure=full 20% over 10s" "For=2s"
daemon_config <<CONFIG
[Compat]
SystemdOomd=yes
CONFIG
start() {
    require "$1 starts" unit_start "test$1.service" --slice=workload.slice -p MemoryHigh="$2" "${@:3}"
}
is_told() { reliefctl status --json | jq -e '.degraded | any(.id == "systemd-oomd")' >/dev/null; }
group() { first_incident ".groups[] | select(.cgroup | endswith(\"/test$1.service\")) | .$2"; }

reliefd_start
expect "that it runs is told" wait_until 30 is_told
start theirs 3M -p ManagedOOMMemoryPressure=kill -p ManagedOOMMemoryPressureLimit=99% \
    "$PROGRAMS/thrasher" --size 100 --processes 5
expect "theirs holds much" wait_until 60 at_least $((16 << 20)) cgroup_get /workload.slice/testtheirs.service memory.swap.current
start ours 12M "$PROGRAMS/thrasher" --size 25 --processes 5
expect "ours fails" wait_until 150 unit_is testours.service failed
expect "an incident has ended" wait_until 20 at_least 1 incident_count
expect_equal "victim" /workload.slice/testours.service "$(first_incident .victim.cgroup)"
expect_equal "why not theirs" omitted "$(group theirs reason)"
expect "theirs stays active" stays 20 unit_is testtheirs.service active

say "systemd-oomd ends"
systemctl stop systemd-oomd.socket systemd-oomd.service
expect "that is told as well" wait_until 30 eval '! is_told'
# Its properties are a policy of reliefd's from then on.
policy_of() { reliefctl explain "/workload.slice/$1" --json | jq -r '.policy.name'; }
is_policy() { [[ $(policy_of "$1") == "$1" ]]; }
expect "what theirs was managed by is its policy" wait_until 60 is_policy testtheirs.service
units_remove
