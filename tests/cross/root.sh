# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # a part of tests/cross/run: they share what they set
# The tree that is linked against, and the guest's root: Debian's packages for arm64.

# What is unpacked into the tree that is linked against and is the guest's root; nothing of it runs here.
readonly ROOT_PACKAGES=(
    bash busybox-static coreutils diffutils findutils gawk grep jq procps sed tar util-linux dbus-daemon
    libc-bin # for C.UTF-8
    libc6-dev libcgroup-dev libsystemd-dev libinih-dev libjansson-dev libcap-dev libcmocka-dev
    libncurses-dev libarchive-dev libmicrohttpd-dev libcairo2-dev
)

# make_root DIRECTORY: Debian's packages for arm64, unpacked.
make_root() {
    local directory=$1
    apt_source_lines "$(host_codename)" >"$directory/sources.list"
    mmdebstrap --mode=root --variant=extract --architectures=arm64 --format=directory \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include="$(IFS=,; echo "${ROOT_PACKAGES[*]}")" \
        "$(host_codename)" "$directory/root" "$directory/sources.list"
    rm -r "$directory"/root/usr/share/{doc,man,locale}
    # Links that the packages would make when they are set up.
    ln -s bash "$directory/root/bin/sh"
    ln -s gawk "$directory/root/usr/bin/awk"
    # Who asks for the name of user 0 gets it, and tests have a user without rights.
    printf '%s\n' root:x:0:0:root:/root:/bin/bash nobody:x:65534:65534:nobody:/nonexistent:/bin/false \
        >"$directory/root/etc/passwd"
    printf '%s\n' root:x:0: nogroup:x:65534: >"$directory/root/etc/group"
}

root_path() {
    cache_entry arm64-root "$HERE/root.sh $SOURCE/tests/vm/host/cache.sh" make_root
    ROOT=$REPLY/root
}
