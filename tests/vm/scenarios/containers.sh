#!/bin/bash
# Real containers: whole, nested or one process of them dies as the policy says; the runtime sees it, others live.
# Kernels: 6.12
# Slow: yes
# Swap: zram 256M
# Timeout: 300

# As kubelet with the systemd driver names them; crun makes them itself.
id_of() { printf '%063d%d' 0 "$1"; }
scope_of() {
    local uid=00000000_0000_0000_0000_00000000000$1
    echo "$TREE/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$uid.slice/cri-containerd-$(id_of "$1").scope"
}
make() { container_make "$(id_of "$1")" "$(scope_of "$1")" "$2" "$3"; }

container_rootfs
limits='{"memory.high": "104857600", "memory.max": "209715200"}'
leak="leaker --rate 20 --limit 300 --touch"
# Two processes beside PID 1, which does not end with them.
make 1 "$limits" "holder --mb 10 & $leak & while :; do sleep 1; done"
# The same in two cgroups of its own making, as a systemd in a container does.
make 2 "$limits" "cd /sys/fs/cgroup && mkdir init app && echo 1 >init/cgroup.procs && echo +memory >cgroup.subtree_control
    holder --mb 10 & sh -c 'echo 0 >app/cgroup.procs && exec $leak' & while :; do sleep 1; done"
make 3 "$limits" "holder --mb 10 & $leak & while :; do sleep 1; done"
# Larger than all but the leakers.
make 4 '{}' "holder --mb 20 & while :; do sleep 1; done"

relief="[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=kill"
policy whole <<END
[Match]
Level=container
[Victim]
Kill=cgroup
$relief
END
policy 50-one <<END
[Match]
Level=container
Container=$(id_of 3)
[Victim]
Kill=process
$relief
END

require "the innocent container starts" container_start "$(id_of 4)"
require "it holds its memory" wait_until 30 has_process "$(scope_of 4)" holder
reliefd_start

say "one container, and the runtime waits for it"
container_run "$(id_of 1)" || exit &
waiting=$!
expect "it starts" wait_until 30 has_process "$(scope_of 1)" leaker
status=0
wait "$waiting" || status=$?
expect_equal "exit status of the runtime" 137 "$status"
expect "the incident has ended" wait_until 10 incidents_ended 1
expect_equal "victim" "$(scope_of 1)" "$(incident .victim.cgroup)"
expect_equal "by the policy" whole "$(incident .policy.name)"

say "one with cgroups of its own inside"
require "it starts" container_start "$(id_of 2)"
expect "and leaks" wait_until 30 has_process "$(scope_of 2)/app" leaker
expect "it is gone" wait_until 60 is_empty "$(scope_of 2)"
expect "the incident has ended" wait_until 10 incidents_ended 2
expect_equal "victim" "$(scope_of 2)" "$(incident .victim.cgroup)"
expect_equal "through cgroup.kill, once" "[true]" "$(incident '[.steps[].whole_cgroup] | tostring')"
expect_equal "its state" stopped "$(container_state "$(id_of 2)")"

say "one of which only a process may die"
require "it starts" container_start "$(id_of 3)"
init=$CONTAINER_PID
expect "and leaks" wait_until 30 has_process "$(scope_of 3)" leaker
leaker=$FOUND
expect_dead "$leaker" within 60
expect "the incident has ended" wait_until 10 incidents_ended 3
expect_equal "victim" "$leaker" "$(incident .victim.pid)"
expect_alive "$init"
expect "its other process lives" has_process "$(scope_of 3)" holder
expect_equal "its state" running "$(container_state "$(id_of 3)")"

expect "the innocent one lives" has_process "$(scope_of 4)" holder
expect_equal "its state" running "$(container_state "$(id_of 4)")"
expect_equal "incidents" 3 "$(incident_count)"
expect_equal "kills by the kernel" 0 "$(events . oom_kill)"
for n in 2 3 4; do container_remove "$(id_of "$n")"; done
