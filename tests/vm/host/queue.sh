# shellcheck shell=bash
# Guests side by side: what is to run is cut into boots, which workers take one after the other.

readonly BOOT_SCENARIOS=8 # at most, where several guests run: so that none has much left when the others are done

# guests_at_once: one, where nobody says otherwise: guests that share processors make each other's times worthless.
guests_at_once() {
    local wanted=${RELIEFD_TEST_GUESTS:-1}
    [[ $wanted =~ ^[1-9]$ ]] || die "RELIEFD_TEST_GUESTS=$wanted must be 1 to 9"
    echo "$wanted"
}

# queue_boots KERNEL GUEST NAME ...: scenarios that share boots.
queue_boots() {
    local kernel=$1 guest=$2 size=$BOOT_SCENARIOS
    shift 2
    ((WORKERS > 1)) || size=$#
    while (($#)); do
        BOOTS_TO_DO+=("$kernel $guest ${*:1:size}")
        shift $((size < $# ? size : $#))
    done
}

# run_queue: all of BOOTS_TO_DO; sets PASSED and FAILED and SKIPPED.
run_queue() {
    local worker pid
    ((WORKERS <= ${#BOOTS_TO_DO[@]})) || WORKERS=${#BOOTS_TO_DO[@]}
    echo 0 >"$RUN_DIRECTORY/next"
    WORKER_PIDS=()
    for ((worker = 1; worker <= WORKERS; worker++)); do
        work "$worker" &
        WORKER_PIDS+=($!)
    done
    for pid in "${WORKER_PIDS[@]}"; do wait "$pid" || :; done
    for ((worker = 1; worker <= WORKERS; worker++)); do add_counts "$RUN_DIRECTORY/counts-$worker"; done
    WORKER_PIDS=()
}

# work WORKER: takes boots until none is left. A process of its own.
work() {
    local boot
    PASSED=0 FAILED=0 SKIPPED=0
    while take_boot; do
        # shellcheck disable=SC2086 # a list of words
        run_in_guests ${BOOTS_TO_DO[boot]}
    done
    echo "$PASSED $FAILED $SKIPPED" >"$RUN_DIRECTORY/counts-$1"
}

# Sets boot to the next one that nobody has taken.
take_boot() {
    local lock
    exec {lock}<"$RUN_DIRECTORY"
    flock "$lock"
    read -r boot <"$RUN_DIRECTORY/next"
    echo $((boot + 1)) >"$RUN_DIRECTORY/next"
    exec {lock}<&-
    ((boot < ${#BOOTS_TO_DO[@]}))
}

add_counts() {
    local passed failed skipped
    if [[ ! -f $1 ]]; then
        note "one of those who run guests died"
        FAILED=$((FAILED + 1))
        return
    fi
    read -r passed failed skipped <"$1"
    PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
}

stop_workers() {
    local pid
    # Their guests end with them.
    for pid in "${WORKER_PIDS[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
}

# whole COMMAND ...: what it prints appears in one piece, whoever else prints. It runs in this very shell.
whole() {
    local text=$RUN_DIRECTORY/text-$BASHPID lock
    "$@" >"$text"
    exec {lock}<"$RUN_DIRECTORY"
    flock "$lock"
    cat "$text"
    exec {lock}<&-
}
