#!/bin/bash
# reliefd in a container, with the mounts and capabilities of the DaemonSet, relieves pods and leaves itself alone.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 300

# As a kubelet with the systemd driver has it; pods 1 and 2 leak, 3 is a neighbour, 4 is reliefd's own.
id_of() { printf '%063d%d' 0 "$1"; }
uid_of() { echo "00000000_0000_0000_0000_00000000000$1"; }
pod_of() { echo "$TREE/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$(uid_of "$1").slice"; }
scope_of() { echo "$(pod_of "$1")/cri-containerd-$(id_of "$1").scope"; }
make() { container_make "$(id_of "$1")" "$(scope_of "$1")" "$2" "$3"; }

container_rootfs
limits='{"memory.high": "104857600", "memory.max": "209715200"}'
leak="leaker --rate 20 --limit 300 --touch"
make 1 "$limits" "holder --mb 10 & $leak & while :; do sleep 1; done"
make 2 "$limits" "holder --mb 10 & $leak & while :; do sleep 1; done"
make 3 '{}' "holder --mb 20 & while :; do sleep 1; done"
for n in 1 2 3; do
    name=shop_web-$n
    mkdir -p "$SCRATCH/pods/${name}_$(uid_of "$n" | tr _ -)"
done

mkdir -p "$SCRATCH"/{policy,state,run}
cat >"$SCRATCH/policy/whole.conf" <<END
[Match]
Pod=shop/web-1
Level=container
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=cgroup
[Relief]
Step=kill
END
sed 's/web-1/web-2/; s/Kill=cgroup/Kill=process/' "$SCRATCH/policy/whole.conf" >"$SCRATCH/policy/one.conf"
# Does it know its own cgroup? A policy that wants it dead.
cat >"$SCRATCH/policy/self.conf" <<END
[Match]
Cgroup=$(pod_of 4)/**
[Trigger stall]
Pressure=full 50% over 10s
[Victim]
Kill=tree
[Relief]
Step=kill
END
daemonset_make "$(id_of 4)" "$(scope_of 4)" "$SCRATCH"

ctl() { container exec "$(id_of 4)" /usr/bin/reliefctl "$@"; }
require "the neighbour starts" container_start "$(id_of 3)"
require "reliefd starts" container_start "$(id_of 4)"
reliefd=$CONTAINER_PID
is_ready() { ctl status >/dev/null 2>&1; }
require "and answers" wait_until 30 is_ready
expect_equal "its cgroup, as it is told" "0::/" "$(nsenter -t "$reliefd" -C cat "/proc/$reliefd/cgroup")"

has_ended() { [[ -n $(record "$1" .outcome.id 2>/dev/null) ]]; }
record() { jq -r "select(.policy.name == \"$1\") | $2" "$SCRATCH"/state/incidents/*.json; }

say "a container whole"
require "it starts" container_start "$(id_of 1)"
expect "and leaks" wait_until 30 has_process "$(scope_of 1)" leaker
expect "it is gone" wait_until 60 is_empty "$(scope_of 1)"
expect "the incident has ended" wait_until 15 has_ended whole
expect_equal "victim" "$(scope_of 1)" "$(record whole .victim.cgroup)"

say "one process of a container"
require "it starts" container_start "$(id_of 2)"
init=$CONTAINER_PID
expect "and leaks" wait_until 30 has_process "$(scope_of 2)" leaker
leaker=$FOUND
expect_dead "$leaker" within 60
expect "the incident has ended" wait_until 15 has_ended one
expect_equal "victim" "$leaker" "$(record one .victim.pid)"
expect_alive "$init"

say "its own container, by hand"
said=$(ctl relieve --yes "$(scope_of 4)" 2>&1) && fail "somebody was chosen there"
expect "it knows where it lives" grep -q 'spared: reliefd lives in that cgroup' <<<"$said"
expect "the neighbour lives" has_process "$(scope_of 3)" holder
expect_alive "$reliefd"
expect_equal "kills by the kernel" 0 "$(events . oom_kill)"
for n in 1 2 3 4; do container_remove "$(id_of "$n")"; done
