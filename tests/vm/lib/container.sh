# shellcheck shell=bash
# Real containers, made by crun. A container's ID is that of the runtime; scenarios that make any remove them.

readonly CONTAINER_ROOT=/run/vm-crun # the runtime's own state
CONTAINER_MANAGER=cgroupfs           # or systemd

container() { crun --cgroup-manager="$CONTAINER_MANAGER" --root "$CONTAINER_ROOT" "$@"; }

# container_rootfs: busybox and two load programs with their libraries, in $SCRATCH/rootfs, for all containers.
container_rootfs() {
    local root=$SCRATCH/rootfs name libraries
    mkdir -p "$root"/{bin,proc,sys,dev,tmp}
    cp /bin/busybox "$PROGRAMS"/{leaker,holder} "$root/bin/"
    for name in sh mkdir sleep; do ln -s busybox "$root/bin/$name"; done
    mapfile -t libraries < <(ldd "$PROGRAMS"/{leaker,holder} | grep -o '/[^ ]*\.so[^ ]*' | sort -u)
    cp --parents --dereference "${libraries[@]}" "$root/"
    chmod 755 "$SCRATCH" "$root"
}

# container_make ID CGROUP LIMITS SCRIPT: what it is to be. CGROUP: a path from the root; with the manager systemd
# SLICE:PREFIX:NAME, which becomes SLICE/PREFIX-NAME.scope. LIMITS: cgroup files as a JSON object. SCRIPT runs as PID 1.
container_make() {
    mkdir -p "$WORK/bundle-$1"
    jq -n --arg script "$4" --arg rootfs "$SCRATCH/rootfs" --arg path "$2" --argjson limits "$3" '
        def mount($at; $type; $options): {destination: $at, type: $type, source: $type, options: $options};
        {ociVersion: "1.0.0", hostname: "container", root: {path: $rootfs},
         process: {args: ["/bin/sh", "-c", $script], cwd: "/", user: {uid: 0, gid: 0}, oomScoreAdj: 900,
             env: ["PATH=/bin", "VM_SEED=1"], noNewPrivileges: true},
         mounts: [mount("/proc"; "proc"; []), mount("/dev"; "tmpfs"; ["mode=755"]),
             mount("/sys/fs/cgroup"; "cgroup2"; ["rw"])],
         linux: {cgroupsPath: $path, resources: {unified: $limits},
             namespaces: (["pid", "mount", "ipc", "uts", "cgroup", "network"] | map({type: .}))}}' \
        >"$WORK/bundle-$1/config.json"
}

# container_start ID: in the background, with nobody who waits for it; sets CONTAINER_PID, its PID 1.
# shellcheck disable=SC2034 # for the scenario
container_start() {
    container run --detach --bundle "$WORK/bundle-$1" --pid-file "$WORK/pid-$1" "$1" \
        >"$OUT/container-$1.log" 2>&1 </dev/null || return
    CONTAINER_PID=$(<"$WORK/pid-$1")
}

# container_run ID: until it ends, with its exit status.
container_run() { container run --bundle "$WORK/bundle-$1" "$1" >"$OUT/container-$1.log" 2>&1 </dev/null; }

# container_state ID: as the runtime sees it.
container_state() { container state "$1" | jq -r .status; }

container_remove() { container delete --force "$1"; }

# has_process CGROUP NAME: is there a process of that name in it or below? Sets FOUND to its pid (the first one's).
# shellcheck disable=SC2034 # for the scenario
has_process() {
    local pid
    for pid in $(pids_in "$1"); do
        FOUND=$pid
        [[ $(command_of "$pid") != "$2 "* ]] || return 0
    done
    FOUND=
    return 1
}
