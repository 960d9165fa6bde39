#!/bin/bash
# What a neighbour suffers while a hog makes the machine short, and what is killed that would have done no harm.
# Timeout: 10800
# Swap: zram 256M

runs=$(window 5 1)
benign_runs=$(window 3 1)
baseline=$(window 10 4)
seconds=60
readonly RATE=10 # MB a second: a leak, not a single large request
after=7 # of these suffering.c wants six good ones
condition runs="$runs" benign_runs="$benign_runs" cut_off_s="$seconds" \
    neighbour="60 MB, 200 requests a second, 16 pages and 4 kB of a file each"

meminfo_mb() { awk -v key="$1:" '$1 == key { print int($2 / 1024) }' /proc/meminfo; }

# neighbour_start: until it has served for as long as the baseline takes; sets NEIGHBOUR and ANSWERS.
neighbour_start() {
    ANSWERS=$SCRATCH/answers
    rm -f "$ANSWERS"
    cgroup_make neighbour
    run_in neighbour neighbour --out "$ANSWERS" --file "$FILE" --seconds $((seconds + baseline + 60))
    NEIGHBOUR=$RUN_PID
    wait_ready "$NEIGHBOUR"
    # Before all ordinary processes: what it waits for is memory, not its turn on the processor.
    chrt --fifo --pid 10 "$NEIGHBOUR"
    sleep $((baseline + 2))
}

# neighbour_stop: fails when it had been killed.
neighbour_stop() {
    kill -TERM "$NEIGHBOUR" 2>/dev/null || return 1
    wait_until 20 is_dead "$NEIGHBOUR"
    [[ -s $ANSWERS ]]
}

# begun SETTING DAEMON: a tree as new, with that daemon; fails when it does not start.
begun() {
    tree_anew
    [[ $2 == kernel || $2 == nobody ]] || daemon_start "$2" "$1"
}

ended() { [[ $1 == kernel || $1 == nobody ]] || daemon_stop "$1"; }

# figure KEY FILE: of what is told of those samples.
figure() { reaction "$2" | sed -n "s/^$1=//p"; }

# suffer SETTING DAEMON RUN: with nobody, no hog either: what noise alone does to the figures.
suffer() {
    local about=(table=suffer setting="$1" daemon="$2" run="$3") samples=$OUT/hog.$2.$1.$3.samples
    local program=(hog --mb 4000 --huge 1700 --rate "$RATE") sender gone killed began signalled=never figures answered=yes
    [[ $2 != nobody ]] || program=(sleep 5)
    if ! begun "$1" "$2"; then
        row "${about[@]}" remark="$DAEMON_ERROR"
        return
    fi
    cgroup_make hog
    neighbour_start
    observe hog "$samples" "$seconds" "${program[@]}"
    sleep "$after"
    neighbour_stop || answered=no
    # Only from here on: it is work that the neighbour would feel.
    killed=$(figure signal "$samples") sender=$(figure sender "$samples")
    # Who is not killed is not gone: then the cut-off's time is when to stop counting.
    gone=$(sed -n 's/^empty //p' "$samples")
    [[ $(sed -n 's/^end [0-9]* //p' "$samples") == over ]] || gone=never
    if [[ $answered == yes ]]; then
        began=$(sed -n 's/^load \([0-9]*\) .*/\1/p' "$samples")
        [[ $killed == null ]] || signalled=$(awk -v at="$began" -v ms="$killed" 'BEGIN { printf "%.0f", at + ms * 1e6 }')
        mapfile -t figures < <(suffering "$ANSWERS" "$began" "$signalled" "$gone" "$baseline" "$seconds")
        row "${about[@]}" sender="$sender" killed_after="$killed" "${figures[@]}"
    else
        row "${about[@]}" sender="$sender" killed_after="$killed" remark="the neighbour was killed"
    fi
    mv "$ANSWERS" "$OUT/hog.$2.$1.$3.answers" 2>/dev/null || :
    gzip -f "$OUT/hog.$2.$1.$3".*
    ended "$2"
}

# Loads that end by themselves. Nobody who is killed in one of them would have done harm.
readonly BENIGN=(burst reader spike)
# benign_program LOAD: sets PROGRAM.
benign_program() {
    local free total
    free=$(meminfo_mb MemAvailable) total=$(meminfo_mb MemTotal)
    case $1 in
        # Like a build: nearly nine tenths of the memory for three seconds.
        burst) PROGRAM=(hog --mb $((free - total * 12 / 100)) --huge $((free - total * 12 / 100 - 100)) --hold 3) ;;
        # Page cache at a limit.
        reader) PROGRAM=(filereader --seconds 10 "$BIG_FILE") ;;
        # Nineteen twentieths for one second.
        spike) PROGRAM=(hog --mb $((free - total * 5 / 100)) --huge $((free - total * 5 / 100 - 100)) --hold 1) ;;
    esac
}

# innocent SETTING DAEMON RUN
innocent() {
    local load limits about=(table=benign setting="$1" daemon="$2" run="$3") samples
    if ! begun "$1" "$2"; then
        row "${about[@]}" remark="$DAEMON_ERROR"
        return
    fi
    for load in "${BENIGN[@]}"; do
        limits=()
        [[ $load != reader ]] || limits=(memory.max=64M)
        samples=$OUT/$load.$2.$1.$3.samples
        cgroup_make "$load" "${limits[@]}"
        benign_program "$load"
        observe "$load" "$samples" 30 "${PROGRAM[@]}"
        row "${about[@]}" load="$load" sender="$(figure sender "$samples")"
        cgroup_remove "$load"
        gzip -f "$samples"
    done
    ended "$2"
}

# disk_in_memory MB: an ext4 file system of that size on compressed memory, at $DISK. Of a disk of the host's the time
# that a read takes would be another one each time, and under icount as long as until the guest's next timer.
disk_in_memory() {
    local device
    device=/dev/zram$(</sys/class/zram-control/hot_add)
    echo "${1}M" >"/sys/block/${device##*/}/disksize"
    mkfs.ext4 -q -O ^has_journal "$device"
    DISK=$SCRATCH/disk
    mkdir "$DISK"
    mount "$device" "$DISK"
}

observe_start
disk_in_memory 16
SMALL_FILE=$DISK/file
head -c 8M /dev/urandom >"$SMALL_FILE"
make_file 160
BIG_FILE=$FILE
FILE=$SMALL_FILE
for ((run = 1; run <= runs; run++)); do
    suffer default nobody "$run"
    suffer default kernel "$run"
    for setting in "${SETTINGS[@]}"; do
        for name in "${ALL_DAEMONS[@]}"; do suffer "$setting" "$name" "$run"; done
    done
done
for ((run = 1; run <= benign_runs; run++)); do
    for setting in "${SETTINGS[@]}"; do
        for name in "${ALL_DAEMONS[@]}"; do innocent "$setting" "$name" "$run"; done
    done
done
observe_stop
# What reliefd itself says took how long (kept with --keep).
cp -r /var/lib/reliefd/incidents "$OUT/" || :
