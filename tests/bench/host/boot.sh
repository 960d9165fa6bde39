# shellcheck shell=bash disable=SC2034 # used by tests/vm/host/*.sh
# The guest of the measurements: tests/vm's full guest with the peers in it, and what comes out of it.

readonly BENCH_MEMORY=2G
BOOTS=0

use_bench_guest() {
    local program
    # shellcheck source=/dev/null
    source "$BENCH/host/peers.sh"
    mapfile -t MORE_PROGRAMS < <(cd "$BUILD" && find tests/bench -maxdepth 2 -type f -executable)
    for program in "$HERE"/load/*.c; do
        program=$BUILD/tests/vm/load/$(basename "$program" .c)
        [[ -x $program ]] || die "$program is not built: meson compile -C $BUILD"
    done
}

# Runs as many of PENDING as one guest lives for; takes at least one away.
run_one_boot() {
    local name at="" before=${#PENDING[@]}
    BOOTS=$((BOOTS + 1))
    BOOT_DIRECTORY=$RUN_DIRECTORY/boot-$BOOTS
    mkdir "$BOOT_DIRECTORY"
    for name in "${PENDING[@]}"; do
        echo "$name $(header "$name" Timeout 60) $(swap_of "$name")"
    done >"$BOOT_DIRECTORY/plan"
    write_start_script >"$BOOT_DIRECTORY/start"
    chmod 755 "$BOOT_DIRECTORY/start"
    compose_guest "$KERNEL" full "$BOOT_DIRECTORY" "$BENCH_MEMORY" 1
    boot_guest full "$BOOT_DIRECTORY" take_results
    rm -f "$BOOT_DIRECTORY/test.img"
    [[ ! -f $BOOT_DIRECTORY/at ]] || at=$(<"$BOOT_DIRECTORY/at")
    if [[ ! $at && $GUEST_END == died* && $BOOTS == 1 ]]; then
        # Emulated processors now and then trip over the kernel's own patching of its code at boot.
        note "the guest $GUEST_END before its first measurement: once more"
        return
    fi
    if ((${#PENDING[@]})) && [[ $GUEST_END != reboot || ${#PENDING[@]} == "$before" ]]; then
        report_guest_failure "$KERNEL" "${at:-${PENDING[0]}}" "$BOOT_DIRECTORY" "$GUEST_END${at:+ in it}"
        drop_pending "${at:-${PENDING[0]}}"
        # A guest that ran nothing will not do so the next time either.
        [[ $at ]] || { FAILED=$((FAILED + ${#PENDING[@]})); PENDING=(); }
    fi
}

swap_of() {
    local swap
    swap=$(header "$1" Swap none)
    echo "${swap#zram }"
}

write_start_script() {
    cat <<END
#!/bin/bash
export SOURCE=$SOURCE BUILD=$BUILD SCENARIOS=$SCENARIOS VM_KERNEL=$KERNEL VM_GUEST=full VM_RUNNER=tests/bench/guest/measurement
export VM_SEED=${RELIEFD_TEST_SEED:-1} BENCH_QUICK=$QUICK BENCH_SETTINGS="$SETTINGS" BENCH_DAEMONS="$DAEMONS" BENCH_LOADS="$LOADS" BENCH_HOST_CALIBRATE=$("$BUILD/tests/bench/calibrate" || :)
export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec bash "\$SOURCE/tests/vm/guest/main"
END
}

# Reports those of PENDING that have ended by now, and makes their JSON.
take_results() {
    local name
    while ((${#PENDING[@]})); do
        name=${PENDING[0]}
        [[ -f $BOOT_DIRECTORY/$name/status ]] || return 0
        drop_pending "$name"
        write_json "$name" "$BOOT_DIRECTORY/$name" >"$OUTPUT/$name.json.new" &&
            mv "$OUTPUT/$name.json.new" "$OUTPUT/$name.json"
        report_result "$KERNEL" "$name" "$BOOT_DIRECTORY/$name"
    done
}

# write_json NAME DIRECTORY: from what the guest wrote there.
write_json() {
    local name=$1 directory=$2 file
    for file in rows conditions about; do [[ -f $directory/$file ]] || : >"$directory/$file"; done
    jq -n --arg measurement "$name" --arg date "$(date +%F)" --arg accelerator "$ACCELERATOR" --arg quick "$QUICK" \
        --slurpfile rows "$directory/rows" --slurpfile conditions "$directory/conditions" \
        --slurpfile about "$directory/about" \
        --arg settings "$SETTINGS" --arg daemons "$DAEMONS" --arg loads "$LOADS" \
        '{$measurement, $date, kernel: ($about | add // {}).kernel, versions: ($about | add // {}).versions,
          conditions: ({accelerator: $accelerator, processors: (if $accelerator == "icount" then 1 else '"$PROCESSORS"' end), memory: "'"$BENCH_MEMORY"'", quick: ($quick == "yes")}
              + (if $settings == "default fast" then {} else {only_setting: $settings} end)
              + (if $daemons == "" then {} else {only: ($daemons | ltrimstr(" "))} end)
              + (if $loads == "" then {} else {only_load: $loads} end)
              + ($conditions | add // {})), $rows}'
}

drop_pending() {
    local name kept=()
    for name in "${PENDING[@]}"; do [[ $name == "$1" ]] || kept+=("$name"); done
    PENDING=("${kept[@]}")
}
