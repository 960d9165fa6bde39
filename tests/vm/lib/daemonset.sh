# shellcheck shell=bash
# What the DaemonSet does on a node: for both cgroup drivers of a kubelet, which have other paths for the same pods.

NODE=$SCRATCH/node # the files of the kubelet and of the runtime, at their own paths below it

# Pods 1 and 2 leak, 3 is a neighbour, 4 is reliefd's own. All are of the namespace shop, and burstable.
id_of() { printf '%063d%d' 0 "$1"; }
uid_of() { echo "00000000-0000-0000-0000-00000000000$1"; }
pod_of() {
    if [[ $DRIVER == systemd ]]; then
        echo "$TREE/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$(uid_of "$1" | tr - _).slice"
    else
        echo "$TREE/kubepods/burstable/pod$(uid_of "$1")"
    fi
}
scope_of() {
    if [[ $DRIVER == systemd ]]; then
        echo "$(pod_of "$1")/cri-containerd-$(id_of "$1").scope"
    else
        echo "$(pod_of "$1")/$(id_of "$1")"
    fi
}
make() { container_make "$(id_of "$1")" "$(scope_of "$1")" "$2" "$3"; }

# Folders of logs by which pods and their only container are named; pod 2 has two containers, whose names the runtime
# tells; a message file for each start of a container.
message_of() { echo "$NODE/var/lib/kubelet/pods/$(uid_of "$1")/containers/$2/0123abcd"; }
node_files() {
    local n name message logs=$NODE/var/log/pods task=$NODE/run/containerd/io.containerd.runtime.v2.task/k8s.io
    for n in 1 2 3; do
        for name in web setup; do
            [[ $name == web || $n == 2 ]] || continue
            message=$(message_of "$n" "$name")
            mkdir -p "$(dirname "$message")" "$logs/shop_web-${n}_$(uid_of "$n")/$name"
            : >"$message"
            chmod 666 "$message"
        done
    done
    mkdir -p "$task/$(id_of 2)"
    jq -n '{annotations: {"io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.container-type": "container"}}' \
        >"$task/$(id_of 2)/config.json"
}

# config_map NAME KEY ...: as a kubelet mounts it, from files in $WORK: links into a folder that it replaces as a whole.
config_map() {
    local map=$NODE/configmaps/$1 key
    mkdir -p "$map/..2026_01_18_09_15_33.1"
    ln -s ..2026_01_18_09_15_33.1 "$map/..data"
    for key in "${@:2}"; do
        cp "$WORK/$key" "$map/..data/"
        ln -s "..data/$key" "$map/$key"
    done
}

node_policies() {
    cat >"$WORK/whole.conf" <<END
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
    sed 's/web-1/web-2/; s/Kill=cgroup/Kill=process/' "$WORK/whole.conf" >"$WORK/one.conf"
    # Does it know its own cgroup? A policy that wants it dead.
    cat >"$WORK/self.conf" <<END
[Match]
Cgroup=$(pod_of 4)/**
[Trigger stall]
Pressure=full 50% over 10s
[Victim]
Kill=tree
[Relief]
Step=kill
END
    cp "$SOURCE/contrib/kubernetes/base/policies/reliefd.conf" "$WORK/"
    config_map reliefd-policies whole.conf one.conf self.conf
    config_map reliefd-config reliefd.conf
}

ctl() { container exec "$(id_of 4)" reliefctl "$@"; }
is_ready() { ctl status >/dev/null 2>&1; }
has_ended() { [[ -n $(record "$1" .outcome.id 2>/dev/null) ]]; }
record() { jq -r "select(.policy.name == \"$1\") | $2" "$NODE"/var/lib/reliefd/incidents/*.json; }
pod_named() { record "$1" '.pod | [.namespace, .name, .container, .qos, .uid] | join(" ")'; }
has_message() { grep -qE "^reliefd, [-0-9T:.]+Z: (Killed|Sent SIGKILL to) .*container web of pod shop/web-$1" "$(message_of "$1" web)"; }

whole_container() {
    say "a container whole"
    require "it starts" container_start "$(id_of 1)"
    expect "the incident has ended" wait_until 90 has_ended whole
    expect "it is gone" is_empty "$(scope_of 1)"
    expect_equal "victim" "$(scope_of 1)" "$(record whole .victim.cgroup)"
    expect_equal "the record names the pod" "shop web-1 web burstable $(uid_of 1)" "$(pod_named whole)"
    expect_equal "its sentence, too" "Killed the whole container web of pod shop/web-1" \
        "$(record whole .sentence | sed 's/ (score.*//')"
    expect "its owner is told" wait_until 15 has_message 1
    expect "the log names it" grep -q ' pod=shop/web-1 ' "$OUT/container-$(id_of 4).log"
    expect "and the namespace is counted" grep -qx \
        'reliefd_pod_kills_total{policy="whole",namespace="shop",qos="burstable"} 1' <<<"$(ctl metrics)"
}

one_process() {
    say "one process of a container"
    require "it starts" container_start "$(id_of 2)"
    init=$CONTAINER_PID
    expect "the incident has ended" wait_until 90 has_ended one
    expect_equal "victim" leaker "$(record one .victim.comm)"
    expect_dead "$(record one .victim.pid)" within 5
    expect_alive "$init"
    expect_equal "the runtime tells which container" "shop web-2 web burstable $(uid_of 2)" "$(pod_named one)"
    expect "its owner is told" wait_until 15 has_message 2
    expect "the story names it" grep -q 'container web of pod shop/web-2' <<<"$(ctl explain last | tr -s ' \n' ' ')"
    expect "nobody else is told" test ! -s "$(message_of 2 setup)" -a ! -s "$(message_of 3 web)"
}

# daemonset_scenario systemd|cgroupfs
daemonset_scenario() {
    local limits='{"memory.high": "104857600", "memory.max": "209715200"}' n reliefd init said
    local leak="leaker --rate 20 --limit 300 --touch"
    DRIVER=$1
    image_unpack "$SCRATCH/image"
    container_rootfs
    make 1 "$limits" "holder --mb 10 & $leak & while :; do sleep 1; done"
    make 2 "$limits" "holder --mb 10 & $leak & while :; do sleep 1; done"
    make 3 '{}' "holder --mb 20 & while :; do sleep 1; done"
    node_files
    node_policies
    daemonset_make "$(id_of 4)" "$(scope_of 4)" "$NODE"
    require "the neighbour starts" container_start "$(id_of 3)"
    require "reliefd starts" container_start "$(id_of 4)"
    reliefd=$CONTAINER_PID
    require "and answers" wait_until 30 is_ready
    expect_equal "its cgroup, as it is told" "0::/" "$(nsenter -t "$reliefd" -C cat "/proc/$reliefd/cgroup")"
    whole_container
    one_process

    say "its own container, by hand"
    said=$(ctl relieve --yes "$(scope_of 4)" 2>&1) && fail "somebody was chosen there"
    expect "it knows where it lives" grep -q 'spared: reliefd lives in that cgroup' <<<"$said"
    expect "the neighbour lives" has_process "$(scope_of 3)" holder
    expect_alive "$reliefd"
    expect_equal "kills by the kernel" 0 "$(events . oom_kill)"

    say "its decisions, once more"
    kill "$reliefd"
    expect_dead "$reliefd" within 20
    expect "the replay agrees" "$PROGRAMS/reliefctl" replay --verify "$NODE/var/lib/reliefd/trace"
    for n in 1 2 3 4; do container_remove "$(id_of "$n")"; done
}
