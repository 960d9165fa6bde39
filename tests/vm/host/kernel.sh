# shellcheck shell=bash disable=SC2034 # used by the other files
# Debian's own kernels and the initramfs that starts both kinds of guest.

declare -rA KERNEL_RELEASE=([6.1]=bookworm [6.12]=trixie)
readonly KERNELS=(6.1 6.12)

# What a guest needs before it can read anything from the host, and what scenarios use.
# Names that a kernel has built in, or has under another name, are passed over: init says what is really missing.
readonly MODULES=(
    virtio_pci virtio_blk virtio-rng 9pnet_virtio 9p overlay
    crc32c_generic libcrc32c ext4
    lzo-rle lz4 zstd zram
)

# kernel_paths KERNEL: sets KERNEL_IMAGE and INITRAMFS, making them when the cache has none.
kernel_paths() {
    local kernel=$1 directory
    cache_entry "kernel-$kernel" "$HERE/host/kernel.sh $HERE/host/cache.sh" make_kernel "${KERNEL_RELEASE[$kernel]}"
    directory=$REPLY
    KERNEL_IMAGE=$directory/vmlinuz
    cache_entry "initramfs-$kernel" "$HERE/host/kernel.sh $HERE/guest/init" make_initramfs "$directory"
    INITRAMFS=$REPLY/initramfs.cpio
}

# make_kernel CODENAME DIRECTORY: vmlinuz and, in load order, the modules of Debian's standard kernel.
make_kernel() {
    local codename=$1 directory=$2 tree=$2/tree release
    download_first_dependency "$codename" linux-image-amd64 "$directory"
    mkdir "$tree"
    dpkg-deb --fsys-tarfile "$directory"/linux-image-*.deb | tar -x -C "$tree"
    mv "$tree"/boot/vmlinuz-* "$directory/vmlinuz"
    [[ ! -d $tree/usr/lib/modules ]] || mv "$tree/usr/lib" "$tree/lib"
    release=$(basename "$tree"/lib/modules/*)
    depmod -b "$tree" "$release"
    copy_modules "$tree" "$release" "$directory/modules"
    rm -rf "$tree" "$directory"/*.deb
    echo "$release" >"$directory/release"
}

# copy_modules TREE RELEASE DIRECTORY: MODULES and all that they depend on, unpacked, numbered in load order.
copy_modules() {
    local tree=$1 release=$2 directory=$3 module path number=100
    mkdir "$directory"
    for module in "${MODULES[@]}"; do
        modprobe -d "$tree" -S "$release" --show-depends "$module" || echo "no module $module in $release" >&2
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
        number=$((number + 1))
        case $path in
            *.xz) xz -dc "$path" >"$directory/$number-$(basename "$path" .xz)" ;;
            *) cp "$path" "$directory/$number-$(basename "$path")" ;;
        esac
    done
    [[ -n $(find "$directory" -name '*-9p.ko') ]] || { echo "no 9p module in $release"; return 1; }
}

# make_initramfs KERNEL_DIRECTORY DIRECTORY. Not compressed: unpacking it in an emulated guest would cost more.
make_initramfs() {
    local kernel_directory=$1 directory=$2 tree=$2/tree
    mkdir -p "$tree"/{bin,proc,sys,dev,modules,lower,upper,newroot}
    cp /bin/busybox "$tree/bin/"
    cp "$HERE/guest/init" "$tree/init"
    chmod 755 "$tree/init"
    cp "$kernel_directory"/modules/*.ko "$tree/modules/"
    (cd "$tree" && find . | cpio --quiet -o -H newc >../initramfs.cpio)
    rm -rf "$tree"
}
