# shellcheck shell=bash
# What scenarios that say "# Image: yes" find on their disk, in a folder "image": the container image of the build under
# test, made by contrib/kubernetes/build-image (image.tar), the manifests by which it is run on nodes, as JSON
# (manifests.json: of the DaemonSet, then of the overlays), and a runtime's profile of system calls (seccomp.json). In
# place of an image that cannot be made there is a file that says why: "missing", where the machine has no tool for it,
# or "failed".

readonly SECCOMP_PROFILE=/usr/share/containers/seccomp.json

# make_container_image SCENARIO ...: in RUN_DIRECTORY, once, when one of these wants it.
make_container_image() {
    local name
    for name; do
        [[ $(header "$name" Image no) == yes ]] || continue
        make_image_files "$RUN_DIRECTORY/image"
        return
    done
}

# make_image_files DIRECTORY
make_image_files() {
    local directory=$1 kubernetes=$SOURCE/contrib/kubernetes
    mkdir "$directory"
    if ! command -v buildah >/dev/null; then
        echo "no image was made: buildah is not installed" >"$directory/missing"
    elif [[ ! -f $SECCOMP_PROFILE ]]; then
        echo "no image was made: $SECCOMP_PROFILE is missing, which comes with buildah" >"$directory/missing"
    elif "$kubernetes/build-image" -o "$directory/image.tar" "$BUILD" >"$directory/image.log" 2>&1; then
        cp "$SECCOMP_PROFILE" "$directory/"
        as_json "$kubernetes"/base/daemonset.yaml "$kubernetes"/overlays/{container-names,termination-message}/mount.yaml \
            >"$directory/manifests.json"
    else
        mv "$directory/image.log" "$directory/failed"
    fi
}

# as_json FILE ...: YAML files, as one list.
as_json() {
    python3 -c 'import json, sys, yaml; json.dump([yaml.safe_load(open(path)) for path in sys.argv[1:]], sys.stdout)' "$@"
}
