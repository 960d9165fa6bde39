# shellcheck shell=bash
# reliefd from its container image, run as its manifests say (scenarios with "# Image: yes").

readonly IMAGE=$DISK_MOUNT/image # host/container-image.sh tells what is in it

# image_unpack DIRECTORY: as a runtime does: the layers over each other in DIRECTORY/rootfs, what the image says of
# entry point, environment and user in DIRECTORY/config.json. Skips the scenario where there is no image.
image_unpack() {
    local digest manifest layer
    [[ ! -f $IMAGE/missing ]] || skip "$(<"$IMAGE/missing")"
    [[ ! -f $IMAGE/failed ]] || cat "$IMAGE/failed"
    require "there is an image" test -s "$IMAGE/image.tar" -a -s "$IMAGE/manifests.json"
    mkdir -p "$1"/{archive,rootfs}
    tar -xf "$IMAGE/image.tar" -C "$1/archive"
    digest=$(jq -r '.manifests[0].digest' "$1/archive/index.json")
    manifest=$(image_blob "$1" "$digest")
    cp "$(image_blob "$1" "$(jq -r .config.digest "$manifest")")" "$1/config.json"
    for layer in $(jq -r '.layers[].digest' "$manifest"); do
        tar -xzf "$(image_blob "$1" "$layer")" -C "$1/rootfs"
    done
    rm -rf "$1/archive"
}

# image_blob DIRECTORY DIGEST
image_blob() { echo "$1/archive/blobs/${2/://}"; }

# daemonset_make ID CGROUP NODE: a bundle for crun of the DaemonSet's container, of the image in $SCRATCH/image (see
# image_unpack), as a kubelet has its runtime run it: contrib/kubernetes/base/daemonset.yaml, both overlays, and what
# holds for every container. NODE stands for the root of the node's file system: only cgroups are the real ones. A
# ConfigMap is the folder NODE/configmaps/NAME. It writes a trace to its state folder. The processor limit is left out:
# an emulated processor is a tenth of one.
daemonset_make() {
    local path
    mkdir -p "$WORK/bundle-$1"
    jq -r '.[].spec.template.spec.volumes[].hostPath | select(.type == "DirectoryOrCreate").path' \
        "$IMAGE/manifests.json" | while read -r path; do mkdir -p "$3$path"; done
    jq -n --arg rootfs "$SCRATCH/image/rootfs" --arg path "$2" --arg node "$3" \
        --slurpfile image "$SCRATCH/image/config.json" --slurpfile manifests "$IMAGE/manifests.json" \
        --slurpfile profile "$IMAGE/seccomp.json" "$OCI_BUNDLE" >"$WORK/bundle-$1/config.json"
}

# What the manifests do not say is containerd's default; the runtime's default profile of system calls is podman's, which
# comes with buildah.
# shellcheck disable=SC2016 # jq's own variables
readonly OCI_BUNDLE='
    def only: if length == 1 then .[0] else error("one container expected, found \(length)") end;
    def mount($at; $type; $options): {destination: $at, type: $type, source: $type, options: $options};
    def source:
        if .hostPath.path == "/sys/fs/cgroup" then .hostPath.path
        elif .hostPath then $node + .hostPath.path
        elif .configMap then $node + "/configmaps/" + .configMap.name
        else error("a volume of unknown kind: \(.)") end;
    # Rules for this processor and these capabilities.
    def seccomp($capabilities):
        {defaultAction, defaultErrnoRet, architectures: ["SCMP_ARCH_X86_64"], syscalls: [.syscalls[]
            | select((.includes.arches // ["amd64"] | index("amd64"))
                and (.includes.caps // [] | . - $capabilities == [])
                and (.excludes.caps // [] | . - $capabilities == .))
            | {names, action} + (if .args then {args} else {} end) + (if .errnoRet then {errnoRet} else {} end)]};
    def propagation: {HostToContainer: "rslave", Bidirectional: "rshared", None: "rprivate"}[. // "None"];

    [$manifests[0][].spec.template.spec] as $pods | $pods[0] as $pod
    | ($pod.containers | only) as $container | $container.securityContext as $security
    | ([$pods[].volumes[] | {key: .name, value: source}] | from_entries) as $volumes
    | (if $security.capabilities.drop == ["ALL"] then $security.capabilities.add | map("CAP_" + .)
       else error("not all capabilities are dropped") end) as $capabilities
    | ($container.resources.limits.memory | if endswith("Mi") then .[:-2] | tonumber * 1048576 | tostring
       else error("the memory limit is not in Mi") end) as $limit
    | $image[0].config as $image
    | {ociVersion: "1.0.0", hostname: "reliefd",
       root: {path: $rootfs, readonly: $security.readOnlyRootFilesystem},
       process: {
           args: (($container.command // $image.Entrypoint) + ($container.args // $image.Cmd // [])
               + ["--trace", "/var/lib/reliefd/trace"]),
           env: $image.Env, cwd: ($image.WorkingDir // "/" | if . == "" then "/" else . end),
           user: {uid: ($security.runAsUser // ($image.User // "" | if . == "" then 0 else tonumber end)), gid: 0},
           noNewPrivileges: ($security.allowPrivilegeEscalation == false),
           oomScoreAdj: -997,
           capabilities: {bounding: $capabilities, effective: $capabilities, permitted: $capabilities}},
       mounts: ([mount("/proc"; "proc"; ["nosuid", "noexec", "nodev"]),
               mount("/dev"; "tmpfs"; ["nosuid", "strictatime", "mode=755", "size=65536k"]),
               mount("/sys"; "sysfs"; ["nosuid", "noexec", "nodev", "ro"])]
           + [$pods[].containers[].volumeMounts[]
               | {destination: .mountPath, type: "bind", source: ($volumes[.name] // error("no volume \(.name)")),
                  options: ["rbind", (.mountPropagation | propagation), (if .readOnly then "ro" else "rw" end)]}]),
       linux: {cgroupsPath: $path, resources: {unified: {"memory.max": $limit}},
           seccomp: (if $security.seccompProfile.type == "RuntimeDefault" then $profile[0] | seccomp($capabilities)
               else error("a profile of unknown kind") end),
           maskedPaths: ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
               "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
           readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
           namespaces: (["mount", "uts", "cgroup"] + (if $pod.hostPID then [] else ["pid"] end)
               + (if $pod.hostIPC then [] else ["ipc"] end) + (if $pod.hostNetwork then [] else ["network"] end)
               | map({type: .}))}}'
