# shellcheck shell=bash disable=SC2034 # used by the other files
# The full guest: a Debian system of the host's own release (so that the build's shared libraries fit) with systemd
# as PID 1, as an ext4 image. Each guest gets it anew: QEMU's snapshot=on keeps what is written out of it.

readonly FULL_PACKAGES=(
    systemd systemd-sysv dbus util-linux kmod procps busybox-static jq
    libcgroup2 libinih1 libjansson4 libcap2 crun
    polkitd # started by the bus, when somebody asks it
)
# Another runner may add packages and units to mask, said in a file of its own; its image needs a name of its own in
# the cache.
IMAGE_NAME=full-guest MORE_RECIPE=
MORE_PACKAGES=() MORE_MASKED_UNITS=()
# A file size, not memory or disk: the image is sparse.
readonly FULL_IMAGE_SIZE=1G

# What only costs time in a guest without network, users and devices. Each was seen in systemd-analyze blame.
readonly MASKED_UNITS=(
    systemd-udevd.service systemd-udev-trigger.service systemd-udev-settle.service
    systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-hwdb-update.service
    systemd-logind.service systemd-networkd.service systemd-networkd.socket systemd-resolved.service
    systemd-timesyncd.service systemd-pstore.service systemd-random-seed.service systemd-update-utmp.service
    systemd-update-utmp-runlevel.service systemd-user-sessions.service systemd-binfmt.service
    systemd-modules-load.service systemd-journal-flush.service systemd-remount-fs.service systemd-firstboot.service
    systemd-machine-id-commit.service systemd-sysusers.service systemd-tpm2-setup.service
    modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service modprobe@efi_pstore.service
    modprobe@fuse.service modprobe@loop.service
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
    sys-kernel-config.mount sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service
    fstrim.timer systemd-tmpfiles-clean.timer getty.target getty@tty1.service serial-getty@ttyS0.service
    remote-fs.target
)

# RELIEFD_TEST_IMAGE names an image that somebody else has made.
full_image_path() {
    FULL_IMAGE=${RELIEFD_TEST_IMAGE:-}
    [[ ! $FULL_IMAGE ]] || return 0
    cache_entry "$IMAGE_NAME" "$HERE/host/image.sh $HERE/guest/vm-tests.service $HERE/guest/vm-tests.target $MORE_RECIPE" \
        make_full_image
    FULL_IMAGE=$REPLY/root.img
}

# make_full_image DIRECTORY
make_full_image() {
    local directory=$1 root=$1/root codename
    codename=$(host_codename)
    apt_source_lines "$codename" >"$directory/sources.list"
    mmdebstrap --mode=root --variant=minbase --include="$(join_by , "${FULL_PACKAGES[@]}" "${MORE_PACKAGES[@]}")" \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --aptopt='Acquire::Retries "3"' \
        "$codename" "$root" "$directory/sources.list"
    trim_full_root "$root"
    install -m 644 -t "$root/etc/systemd/system" "$HERE/guest/vm-tests.service" "$HERE/guest/vm-tests.target"
    truncate -s "$FULL_IMAGE_SIZE" "$directory/root.img"
    mkfs.ext4 -q -F -d "$root" "$directory/root.img"
    rm -rf "$root"
}

join_by() {
    local IFS=$1
    shift
    echo "$*"
}

trim_full_root() {
    local root=$1 unit
    for unit in "${MASKED_UNITS[@]}" "${MORE_MASKED_UNITS[@]}"; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
    # An empty one would make this a first boot, on which presets enable every daemon.
    echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
    echo vm-tests >"$root/etc/hostname"
    : >"$root/etc/fstab"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
}
