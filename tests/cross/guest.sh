# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # a part of tests/cross/run: they share what they set
# The emulated machine: QEMU's "virt" with Debian's kernel for arm64, and the unpacked tree as its root.

declare -rA ARM64_KERNEL=([4k]=linux-image-arm64 [16k]=linux-image-arm64-16k)
readonly ARM64_MODULES=(9pnet_virtio 9p zram lzo-rle)
readonly GUEST_BOOT_SECONDS=300

# What depends on no live process and starts nothing: with pages that the kernel does not have no other test can come
# out right.
readonly PURE_TESTS='^(policy-|conf-|autopsy-(data|judge|lines|prefix|reports)$|ctl-(scores|scores-tree|signs)$|report-(say|text|record)$|(flight|guard|measure|parse|plot-series|replay|trace|watch)$)'

# make_arm64_kernel PAGES DIRECTORY: vmlinuz and an initramfs that mounts the root.
make_arm64_kernel() {
    local pages=$1 directory=$2 tree=$2/tree release
    # apt's own configuration, since the mirror's list for this machine's processor has no such package.
    printf 'APT::Architecture "arm64";\nAPT::Architectures { "arm64"; };\n' >"$directory/apt.conf"
    APT_CONFIG=$directory/apt.conf download_first_dependency trixie "${ARM64_KERNEL[$pages]}" "$directory"
    mkdir "$tree"
    dpkg-deb --fsys-tarfile "$directory"/linux-image-*.deb | tar -x -C "$tree"
    mv "$tree"/boot/vmlinuz-* "$directory/vmlinuz"
    [[ ! -d $tree/usr/lib/modules ]] || mv "$tree/usr/lib" "$tree/lib"
    release=$(basename "$tree"/lib/modules/*)
    depmod -b "$tree" "$release"
    mkdir -p "$directory"/initramfs/{bin,proc,sys,dev,modules,lower,newroot}
    cp "$ROOT/bin/busybox" "$directory/initramfs/bin/"
    cp "$HERE/init" "$directory/initramfs/init"
    chmod 755 "$directory/initramfs/init"
    unpack_modules "$tree" "$release" "$directory/initramfs/modules"
    (cd "$directory/initramfs" && find . | cpio --quiet -o -H newc >../initramfs.cpio)
    rm -rf "$tree" "$directory"/*.deb "$directory/initramfs"
}

# unpack_modules TREE RELEASE DIRECTORY: those of ARM64_MODULES and all that they depend on, numbered in load order.
unpack_modules() {
    local tree=$1 release=$2 directory=$3 module path number=100
    for module in "${ARM64_MODULES[@]}"; do
        modprobe -d "$tree" -S "$release" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
        number=$((number + 1))
        xz -dc "$path" >"$directory/$number-$(basename "$path" .xz)"
    done
    [[ -n $(find "$directory" -name '*-9p.ko') ]] || { echo "no 9p module in $release"; return 1; }
}

# start_guest PAGES: sets QEMU_PID. $WORK/results is the guest's to write.
start_guest() {
    local pages=$1 share command=(qemu-system-aarch64 -machine virt -cpu "max,pauth-impdef=on" -smp 2 -m 2G
        -accel "tcg,thread=multi" -nodefaults -no-user-config -display none -no-reboot -device virtio-rng-pci)
    cache_entry "arm64-kernel-$pages" "$HERE/guest.sh $HERE/init" make_arm64_kernel "$pages"
    for share in "root $ROOT on" "source $SOURCE on" "build $BUILD on" "results $WORK/results off"; do
        read -r tag path readonly <<<"$share"
        command+=(-fsdev "local,id=$tag,path=$path,security_model=none,multidevs=remap,readonly=$readonly"
            -device "virtio-9p-pci,fsdev=$tag,mount_tag=$tag")
    done
    setpriv --pdeathsig KILL -- "${command[@]}" -kernel "$REPLY/vmlinuz" -initrd "$REPLY/initramfs.cpio" \
        -serial "file:$WORK/console.log" \
        -append "console=ttyAMA0 loglevel=4 panic=-1 psi=1 mitigations=off nokaslr cross.source=$SOURCE cross.build=$BUILD" \
        </dev/null >"$WORK/qemu.log" 2>&1 &
    QEMU_PID=$!
}

stop_guest() {
    [[ ${QEMU_PID-} ]] || return 0
    kill -KILL "$QEMU_PID" 2>/dev/null || :
    wait "$QEMU_PID" 2>/dev/null || :
    QEMU_PID=
}

# The test that runs, for the clock that ends a guest in which nothing moves.
wait_for_guest() {
    local seen="" now deadline=$((SECONDS + GUEST_BOOT_SECONDS))
    while kill -0 "$QEMU_PID" 2>/dev/null; do
        now=$(cat "$WORK/results/at" 2>/dev/null || :)
        if [[ $now != "$seen" ]]; then
            seen=$now deadline=$((SECONDS + TEST_SECONDS + 60))
        fi
        if ((SECONDS > deadline)); then
            echo "the guest hangs ${seen:+in $seen}; its console:"
            tail -n 20 "$WORK/console.log" | sed 's/^/  | /'
            return
        fi
        pause
    done
}

# run_in_guest PAGES: all of TESTS, and reports them.
run_in_guest() {
    local pages=$1 name status seconds
    rm -rf "$WORK/results"
    mkdir "$WORK/results"
    printf '%s\n' "$TEST_SECONDS" "${TESTS[@]}" >"$WORK/results/plan"
    start_guest "$pages"
    wait_for_guest
    stop_guest
    for name in "${TESTS[@]}"; do
        if [[ -f $WORK/results/$name.status ]]; then
            read -r status seconds <"$WORK/results/$name.status"
            report "$status" "$name" "$pages" "$seconds" "$WORK/results/$name.log"
        else
            FAILED=$((FAILED + 1))
            echo "not ok $pages $name: the guest has not run it"
        fi
    done
    [[ $(cat "$WORK/results/pages" 2>/dev/null) == $((${pages%k} * 1024)) ]] || {
        FAILED=$((FAILED + 1))
        echo "not ok $pages: the guest's pages have $(cat "$WORK/results/pages" 2>/dev/null) bytes"
        tail -n 20 "$WORK/console.log" | sed 's/^/  | /'
    }
}
