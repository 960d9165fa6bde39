# shellcheck shell=bash
# The scene that contrib/demo shows: a program leaks memory beside an innocent neighbour, in a cgroup with limits.
# Runs on this machine or in a guest. Needs:
#   PROGRAMS  directory with reliefd, reliefctl, leaker and holder
#   TOP       a cgroup (directory) made for the scene, without processes
#   PLACE     an empty directory
# Prints plain lines; contrib/demo paints them. The caller kills what is left in TOP, and DAEMON, afterwards.

readonly LIMIT=128M SWAP_LIMIT=64M SOFT_LIMIT=112M
readonly LIMIT_BYTES=$((128 << 20))
readonly BAR_WIDTH=24
readonly LONGEST_SECONDS=75

# The policies of the scene are all there are: the default one acts on the whole machine, and is masked.
write_policies() {
    mkdir -p "$PLACE/policy"
    ln -sf /dev/null "$PLACE/policy/default.conf"
    cat >"$PLACE/policy/shop.conf" <<END
[Match]
Cgroup=${SHOP#"$CGROUPS"}

[Trigger stall]
Pressure=full 20% over 2s
Headroom=below 10%

[Victim]
Kill=process

[Relief]
Step=terminate wait 2s
Step=kill
Cooldown=10s
END
}

set_up() {
    CGROUPS=/sys/fs/cgroup
    SHOP=$TOP/shop
    echo +memory >"$TOP/cgroup.subtree_control"
    mkdir "$SHOP"
    echo "$LIMIT" >"$SHOP/memory.max"
    echo "$SOFT_LIMIT" >"$SHOP/memory.high"
    [[ ! -f $SHOP/memory.swap.max ]] || echo "$SWAP_LIMIT" >"$SHOP/memory.swap.max"
    write_policies
    : >"$PLACE/reliefd.conf"
}

ctl() { "$PROGRAMS/reliefctl" --runtime-dir "$PLACE/run" --state-dir "$PLACE/state" "$@"; }

start_daemon() {
    "$PROGRAMS/reliefd" --config "$PLACE/reliefd.conf" --policy-dir "$PLACE/policy" --state-dir "$PLACE/state" \
        --runtime-dir "$PLACE/run" </dev/null >"$PLACE/reliefd.log" 2>&1 &
    DAEMON=$!
    until ctl status >/dev/null 2>&1; do
        if ! kill -0 "$DAEMON" 2>/dev/null; then
            echo "reliefd does not run; it said:"
            cat "$PLACE/reliefd.log"
            return 1
        fi
        sleep 0.2
    done
}

# start_in_shop PROGRAM ...: as nobody, like any process that may be killed; sets STARTED.
start_in_shop() {
    become_shop "$@" </dev/null >"$PLACE/$1.log" 2>&1 &
    STARTED=$!
    disown "$STARTED" # or bash would say "Killed"
}

become_shop() {
    local program=$PROGRAMS/$1
    shift
    echo "$BASHPID" >"$SHOP/cgroup.procs"
    echo 0 >/proc/self/oom_score_adj
    exec setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$program" "$@"
}

# A zombie is dead: its parent, this shell, has not asked for it yet.
lives() {
    local line
    { read -r line <"/proc/$1/stat"; } 2>/dev/null && [[ ${line##*) } != [ZX]* ]]
}

full_stall_us() { sed -n 's/^full .*total=//p' "$SHOP/memory.pressure"; }

# look: one line with what reliefd's decisions are made of, at this moment.
look() {
    local now stall used share filled bar
    now=${EPOCHREALTIME/[.,]/} stall=$(full_stall_us) used=$(<"$SHOP/memory.current")
    read_scores
    share=$((100 * (stall - LAST_STALL) / (now - LAST_LOOK)))
    filled=$((BAR_WIDTH * used / LIMIT_BYTES))
    printf -v bar '%*s' "$filled" ''
    printf -v bar '%-*s' "$BAR_WIDTH" "${bar// /=}"
    printf '%6s s   %3d %%   %4dM [%s]   %6s   %9s\n' "$(((now - BEGAN) / 1000000))" \
        $((share > 100 ? 100 : share)) $((used >> 20)) "${bar// /.}" "${SCORE_OF[$LEAKER]:--}" \
        "${SCORE_OF[$NEIGHBOUR]:--}"
    LAST_STALL=$stall LAST_LOOK=$now
}

# Sets SCORE_OF: the scores as reliefd has them, by pid.
read_scores() {
    local pid score
    SCORE_OF=()
    while read -r pid _ _ score _; do
        SCORE_OF[$pid]=$score
    done < <(ctl scores --cgroup "${SHOP#"$CGROUPS"}" | sed 1d)
}

# What the daemon has said since the last time.
show_log() {
    local line
    while read -r -u "$LOG_FD" line; do
        line=${line#reliefd: }
        echo "* ${line%% incident=*}" | fold -s -w 96 | sed -e '2,$s/^/* /' -e 's/ *$//' # fields follow, as in the journal
    done
}

watch_shop() {
    local deadline=$((SECONDS + LONGEST_SECONDS)) next
    echo
    echo "    time   stalled   memory, of $LIMIT                     leaker   neighbour"
    while ((SECONDS < deadline)); do
        next=$((${EPOCHREALTIME/[.,]/} + 1000000))
        look
        show_log
        if ! lives "$LEAKER" && ! ctl explain last 2>&1 | grep -q "not over yet"; then
            look
            show_log
            return 0
        fi
        while ((${EPOCHREALTIME/[.,]/} < next)); do sleep 0.05; done
    done
    echo "reliefd did not act within $LONGEST_SECONDS s; its log:"
    cat "$PLACE/reliefd.log"
    return 1
}

play_scene() {
    set_up
    echo "# A shop: a cgroup with memory.max=$LIMIT memory.high=$SOFT_LIMIT memory.swap.max=$SWAP_LIMIT, on Linux $(uname -r)"
    echo "# and its policy:"
    sed 's/^./    &/' "$PLACE/policy/shop.conf"
    start_daemon || return 1
    start_in_shop holder --mb 24
    NEIGHBOUR=$STARTED
    start_in_shop leaker --rate 9 --on-term ignore
    LEAKER=$STARTED
    echo
    echo "# Two programs in it: holder[$NEIGHBOUR], the neighbour, keeps 24M; leaker[$LEAKER] takes 9M more each second"
    echo "# and ignores SIGTERM. Once a second, the share of time in which nothing ran for want of memory, what"
    echo "# the cgroup uses, and the scores: what a process holds, in thousandths of what its cgroup may use."
    declare -gA SCORE_OF=()
    exec {LOG_FD}<"$PLACE/reliefd.log"
    while read -r -u "$LOG_FD"; do :; done
    read_scores # so that the first line does not wait for the program to be read from disk
    BEGAN=${EPOCHREALTIME/[.,]/} LAST_LOOK=$((${EPOCHREALTIME/[.,]/} - 1)) LAST_STALL=$(full_stall_us)
    watch_shop || return 1
    if ! lives "$NEIGHBOUR"; then
        echo "the neighbour should have lived, and does not"
        return 1
    fi
    echo
    echo "# The neighbour lives. What happened, as reliefd tells it:"
    echo "\$ reliefctl explain last"
    ctl explain last
}
