# shellcheck shell=bash
# Starts a guest in QEMU, watches it and ends it when it hangs.

readonly PROBE_SECONDS=15
readonly BOOT_SECONDS=120      # small guest: 5 s on an idle machine, but a compiler may run beside it
readonly FULL_BOOT_SECONDS=300
readonly SLACK_SECONDS=60      # cutting a scenario in the guest, cleaning up, the next one's start

MORE_PROGRAMS=() # of the build directory, for guests of another runner

KERNEL_ARGUMENTS="console=ttyS0 loglevel=4 panic=-1 psi=1 mitigations=off nokaslr"
KERNEL_ARGUMENTS+=" tsc=reliable no_timer_check random.trust_cpu=on"
readonly KERNEL_ARGUMENTS

# choose_accelerator: sets ACCELERATOR to kvm only when a guest has really started with it since the machine's boot:
# a nested /dev/kvm may exist and hang. RELIEFD_TEST_ACCEL=tcg|kvm overrides.
choose_accelerator() {
    local boot_id verdict_file verdict
    boot_id=$(</proc/sys/kernel/random/boot_id)
    verdict_file=$CACHE/accelerator-$boot_id
    ACCELERATOR=${RELIEFD_TEST_ACCEL:-}
    [[ -z $ACCELERATOR ]] || return 0
    if [[ ! -f $verdict_file ]]; then
        rm -f "$CACHE"/accelerator-*
        verdict=$(probe_kvm)
        echo "$verdict" >"$verdict_file"
        note "accelerator: $verdict"
    fi
    ACCELERATOR=$(<"$verdict_file")
}

probe_kvm() {
    local status=0
    if [[ -w /dev/kvm ]]; then
        kernel_paths "${KERNELS[0]}"
        # In a subshell of its own: where KVM is broken QEMU may abort, and the shell would say so.
        (timeout --signal=KILL "$PROBE_SECONDS" qemu-system-x86_64 -accel kvm -cpu host -smp 2 "${MACHINE[@]}" -m 1G \
            -kernel "$KERNEL_IMAGE" -initrd "$INITRAMFS" -serial none -append "$KERNEL_ARGUMENTS vm.guest=probe"
        exit) </dev/null >/dev/null 2>&1 || status=$?
        ((status != 1)) || { echo kvm; return; }
    fi
    echo tcg
}

readonly MACHINE=(
    -machine q35 -nodefaults -no-user-config -display none -no-reboot
    -device "isa-debug-exit,iobase=0xf4,iosize=0x01" -device virtio-rng-pci
)

# How many processors a guest has, where it is not icount that says it.
PROCESSORS=2

accelerator_arguments() {
    case $ACCELERATOR in
        kvm) QEMU+=(-accel kvm -cpu host -smp "$PROCESSORS") ;;
        tcg) QEMU+=(-accel "tcg,thread=multi" -cpu max -smp "$PROCESSORS") ;;
        # The guest's clock counts its instructions, one a nanosecond: its times do not depend on what else this
        # machine does, and where nobody has anything to do it goes on to the next timer. (One processor: two would
        # take turns, and wait for each other.)
        icount) QEMU+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -cpu max -smp 1) ;;
        *) die "accelerator $ACCELERATOR is none of kvm, tcg, icount" ;;
    esac
}

# emulator_trip KERNEL_LOG: prints the line by which the kernel says that the emulated processors went wrong; fails
# where there is none. QEMU 7.2, with a thread for each processor, now and then takes a breakpoint that the kernel
# has replaced by then, or loses the address that a system call returns to, in whatever program is running. With
# processors of silicon such a line is a defect of the program, and so it is for reliefd and reliefctl everywhere.
emulator_trip() {
    [[ $ACCELERATOR == tcg ]] || return 1
    grep -m 1 -oE 'Oops: int3.*|[^ ]+\[[0-9]+\]: segfault at 0 ip 0000000000000000.*' "$1" 2>/dev/null |
        grep -vE '^relief(d|ctl)\['
}

# add_memory SIZE NODES: the memory, in as many equal NUMA nodes. (QEMU says which of them has the processors.)
add_memory() {
    local size=$1 nodes=$2 node mb
    QEMU+=(-m "$size")
    ((nodes > 1)) || return 0
    mb=${size%[MG]}
    [[ $size == *M ]] || mb=$((mb * 1024))
    for ((node = 0; node < nodes; node++)); do
        QEMU+=(-object "memory-backend-ram,id=node$node,size=$((mb / nodes))M"
            -numa "node,nodeid=$node,memdev=node$node")
    done
}

# add_share TAG PATH [on|off]: a directory of the host for the guest, read-only when "on".
add_share() {
    QEMU+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap,readonly=${3:-on}"
        -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

add_disk() {
    QEMU+=(-drive "if=none,id=$1,file=$2,format=raw,cache=unsafe,snapshot=$3"
        -device "virtio-blk-pci,drive=$1,serial=$1")
}

# compose_guest KERNEL GUEST DIRECTORY MEMORY NODES: sets QEMU to the command line. DIRECTORY becomes /run/vm-tests.
compose_guest() {
    local kernel=$1 guest=$2 directory=$3 memory=$4 nodes=$5 arguments="$KERNEL_ARGUMENTS vm.guest=$2"
    kernel_paths "$kernel"
    QEMU=(qemu-system-x86_64)
    accelerator_arguments
    add_memory "$memory" "$nodes"
    QEMU+=("${MACHINE[@]}" -kernel "$KERNEL_IMAGE" -initrd "$INITRAMFS" -serial "file:$directory/console.log")
    if [[ $guest == full ]]; then
        full_image_path
        add_disk root "$FULL_IMAGE" on # first: the guest's initramfs looks for it as /dev/vda
        # shellcheck disable=SC2153 # set by tests/vm/run
        add_share share0 "$SOURCE"
        add_share share1 "$BUILD"
        arguments+=" vm.shares=2 vm.share0=$SOURCE vm.share1=$BUILD systemd.unit=vm-tests.target TERM=dumb"
    else
        add_share root /
    fi
    add_share results "$directory" off
    make_test_disk "$directory"
    add_disk test "$directory/test.img" off
    QEMU+=(-append "$arguments")
}

# make_test_disk DIRECTORY: the programs under test as they are now (a compiler may run while the guest does) and
# room for files. Not 9p: load and daemon shall fault in their pages as from a real disk.
make_test_disk() {
    local tree=$1/disk source
    mkdir -p "$tree/programs"
    for source in "$HERE"/load/*.c; do
        cp "$BUILD/tests/vm/load/$(basename "$source" .c)" "$tree/programs/"
    done
    for source in daemon/reliefd daemon/ctl/reliefctl "${MORE_PROGRAMS[@]}"; do
        [[ ! -x $BUILD/$source ]] || cp "$BUILD/$source" "$tree/programs/"
    done
    [[ ! -d ${RUN_DIRECTORY-}/image ]] || cp -r "$RUN_DIRECTORY/image" "$tree/"
    truncate -s 512M "$1/test.img"
    mkfs.ext4 -q -F -d "$tree" "$1/test.img"
    rm -r "$tree"
}

# boot_guest GUEST DIRECTORY ON_PROGRESS: runs QEMU until the guest ends itself; cuts it when nothing moves for
# too long. ON_PROGRESS is called again and again meanwhile. Sets GUEST_END to done, reboot, died or hung.
boot_guest() {
    local guest=$1 directory=$2 on_progress=$3 status=0
    # The guest must not outlive the one who watches it, nor keep the lock.
    setpriv --pdeathsig KILL -- "${QEMU[@]}" {LOCK_FD}>&- </dev/null >"$directory/qemu.log" 2>&1 &
    QEMU_PID=$!
    GUEST_END=
    watch_guest "$guest" "$directory" "$on_progress"
    { wait "$QEMU_PID" || status=$?; } 2>/dev/null # bash would say "Killed" for a guest that was cut
    QEMU_PID=
    "$on_progress"
    [[ -z $GUEST_END ]] || return 0
    case $status in # isa-debug-exit: twice the guest's status, plus one
        1) GUEST_END="done" ;;
        3) GUEST_END=reboot ;;
        *) GUEST_END="died (qemu ended with status $status)" ;;
    esac
}

watch_guest() {
    local guest=$1 directory=$2 on_progress=$3 at seen="" allowance deadline
    allowance=$([[ $guest == full ]] && echo "$FULL_BOOT_SECONDS" || echo "$BOOT_SECONDS")
    deadline=$((SECONDS + allowance))
    while kill -0 "$QEMU_PID" 2>/dev/null; do
        kill -0 $$ 2>/dev/null || exit # nobody waits for it any more
        "$on_progress"
        at=
        [[ ! -f $directory/at ]] || read -r at <"$directory/at" || :
        if [[ $at && $at != "$seen" ]]; then
            seen=$at
            allowance=$(($(header "$at" Timeout 60) + SLACK_SECONDS))
            deadline=$((SECONDS + allowance))
        fi
        if ((SECONDS > deadline)); then
            GUEST_END="hung (nothing moved for $allowance s)"
            kill -KILL "$QEMU_PID"
            return
        fi
        pause
    done
}
