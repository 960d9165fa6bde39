#!/bin/bash
# A container whose scope systemd made for the runtime dies whole, with the cgroups nested in it, and others live.
# Kernels: 6.12
# Guest: full
# Swap: zram 256M
# Timeout: 300

# shellcheck disable=SC2034 # for container_start
CONTAINER_MANAGER=systemd
victim=$(printf '%064x' 1) innocent=$(printf '%064x' 2)
scope=/machine.slice/libpod-$victim.scope
other=/machine.slice/libpod-$innocent.scope
container_rootfs
container_make "$victim" "machine.slice:libpod:$victim" '{"memory.high": "104857600", "memory.max": "209715200"}' "
    cd /sys/fs/cgroup && mkdir init app && echo 1 >init/cgroup.procs && echo +memory >cgroup.subtree_control
    holder --mb 10 & sh -c 'echo 0 >app/cgroup.procs && exec leaker --rate 20 --limit 300 --touch' & while :; do sleep 1; done"
container_make "$innocent" "machine.slice:libpod:$innocent" '{}' "holder --mb 20 & while :; do sleep 1; done"
policy whole <<END
[Match]
Level=container
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=cgroup
[Relief]
Step=kill
END

state_of_unit() { systemctl show --value -P ActiveState "libpod-$victim.scope"; }
unit_ended() { [[ $(state_of_unit) != active ]]; }

require "the innocent container starts" container_start "$innocent"
require "it holds its memory" wait_until 30 has_process "$other" holder
reliefd_start
require "the other one starts" container_start "$victim"
expect_equal "its unit" active "$(state_of_unit)"
cgroup=$(systemctl show --value -P ControlGroup "libpod-$victim.scope")
expect_equal "its cgroup" "$scope" "$cgroup"
expect "it leaks in a cgroup of its own" wait_until 30 has_process "$scope" leaker
expect "it is gone" wait_until 60 is_empty "$scope"
expect "the incident has ended" wait_until 10 incidents_ended 1
# crun makes a cgroup below the scope and sets the limits there.
expect_equal "victim" "$(incident .offender)" "$(incident .victim.cgroup)"
expect "the scope, or all of it" test "$(incident .victim.cgroup | sed 's,/container$,,')" = "$scope"
expect_equal "its state" stopped "$(container_state "$victim")"
expect "systemd sees the end of the unit" wait_until 10 unit_ended
expect_equal "state of the innocent one" running "$(container_state "$innocent")"
expect "its process lives" has_process "$other" holder
expect_equal "incidents" 1 "$(incident_count)"
for id in "$victim" "$innocent"; do container_remove "$id"; done
