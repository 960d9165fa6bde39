# shellcheck shell=bash
# The daemons that are measured. Each runs as its own package's unit, with what the setting says in a drop-in.
#
# daemons/NAME.sh is read by daemon_use; it sets
#   DAEMON_UNIT                the unit's name; DAEMON_SOCKETS: those of its socket units
# and defines
#   daemon_configure SETTING   writes its files; sets DAEMON_COMMAND, the program and its arguments
#   daemon_forget              optional: undoes what else it has done

# shellcheck disable=SC2034 # for the measurements
read -ra ALL_DAEMONS <<<"${BENCH_DAEMONS:-reliefd systemd-oomd oomd nohang earlyoom}"
readonly ALL_DAEMONS
declare -A DAEMON_RUNNING=() # name: unit
declare -A DAEMON_PIDS=() DAEMON_CGROUPS=()
declare -A DAEMON_ERRORS=() # name: why it did not start, in one line
DAEMON_ERROR=               # that of the last one

daemon_use() {
    [[ -f $BENCH/daemons/$1.sh ]] || { DAEMON_ERROR="no daemon $1"; return 1; }
    DAEMON_COMMAND=() DAEMON_SOCKETS=()
    daemon_forget() { :; } # what a daemon's file has to undo after it has stopped
    # shellcheck source=/dev/null
    source "$BENCH/daemons/$1.sh"
}

# daemon_start NAME [SETTING]: default (the numbers that the package comes with), fast (all act on full 40 % over 2 s
# of /bench.slice, where they can, or on less than 10 % of memory), or never (they watch as with fast, and what they
# wait for cannot come), or kill (those that measure/kill.sh asks for: a full cgroup of 512 MB is enough). Until it is active, and says that it is ready where it can; sets DAEMON_ERROR when it is not.
daemon_start() {
    local STARTED=()
    daemon_start_all "${2:-default}" "$1"
    DAEMON_ERROR=${DAEMON_ERRORS[$1]}
    ((${#STARTED[@]}))
}

# daemon_start_all SETTING NAME ...: several at once. Sets STARTED to the names of those who run, and DAEMON_ERRORS.
daemon_start_all() {
    local setting=$1 name units=()
    shift
    STARTED=()
    for name; do
        DAEMON_ERROR="" DAEMON_ERRORS[$name]=""
        if daemon_prepare "$name" "$setting"; then
            DAEMON_RUNNING[$name]=$DAEMON_UNIT
            units+=("$DAEMON_UNIT")
        else
            DAEMON_ERRORS[$name]=${DAEMON_ERROR:-"$name has no setting $setting"}
        fi
    done
    ((${#units[@]})) || return 0
    systemctl daemon-reload
    timeout 330 systemctl start "${units[@]}" || :
    for name; do
        [[ ! ${DAEMON_RUNNING[$name]-} ]] || daemon_check_start "$name"
    done
    say "$setting, active: $(daemons_active)"
}

daemon_prepare() {
    daemon_use "$1" || return 1
    rm -rf "/run/systemd/system/$DAEMON_UNIT.d"
    daemon_unmask "$DAEMON_UNIT" "${DAEMON_SOCKETS[@]}"
    daemon_configure "$2" && [[ ! $DAEMON_ERROR ]] || return 1
    daemon_drop_in
}

# Into STARTED or DAEMON_ERRORS.
daemon_check_start() {
    local name=$1 key value
    while IFS='=' read -r key value; do
        case $key in MainPID) DAEMON_PIDS[$name]=$value ;; ControlGroup) DAEMON_CGROUPS[$name]=$value ;; esac
    done < <(systemctl show -p MainPID,ControlGroup "${DAEMON_RUNNING[$name]}")
    if [[ ${DAEMON_PIDS[$name]} != 0 ]] && daemon_is_active "$name"; then
        STARTED+=("$name")
        return
    fi
    DAEMON_ERRORS[$name]="$name did not start: $(daemon_last_words "${DAEMON_RUNNING[$name]}")"
    say "${DAEMON_ERRORS[$name]}"
    daemon_stop "$name"
}

# daemon_stop NAME ...; daemon_stop_all
daemon_stop() {
    local name units=()
    for name; do
        [[ ${DAEMON_RUNNING[$name]-} ]] || continue
        daemon_use "$name"
        units+=("${DAEMON_SOCKETS[@]}" "$DAEMON_UNIT")
        daemon_forget
        unset "DAEMON_RUNNING[$name]" "DAEMON_PIDS[$name]" "DAEMON_CGROUPS[$name]"
    done
    ((${#units[@]})) || return 0
    timeout 120 systemctl stop "${units[@]}" || systemctl kill -s KILL "${units[@]}" || :
    systemctl reset-failed "${units[@]}" 2>/dev/null || :
    daemon_mask "${units[@]}"
}

daemon_stop_all() { daemon_stop "${!DAEMON_RUNNING[@]}"; }

# daemon_pid NAME: its main process, as it was at the start; daemon_cgroup NAME: where it runs, from the root.
daemon_pid() { echo "${DAEMON_PIDS[$1]-0}"; }
daemon_cgroup() { echo "${DAEMON_CGROUPS[$1]-}"; }
daemon_is_active() { [[ ${DAEMON_PIDS[$1]-} ]] && is_alive "${DAEMON_PIDS[$1]}"; }

# Who is active, of all that could act: nobody else must be.
daemons_active() { pgrep -l -x 'reliefd|systemd-oomd|oomd|nohang|earlyoom' | sed 's/.* //' | paste -s -d ' '; }

daemon_last_words() {
    journalctl --no-pager -q -o cat -n 3 -u "$1" 2>/dev/null | tr '\n' ' ' | cut -c1-200
}

# The package's unit with the setting's command. A start that fails shall be seen, not tried again for
# ever; one that is slow because the guest is slow is no failure.
daemon_drop_in() {
    local directory=/run/systemd/system/$DAEMON_UNIT.d
    mkdir -p "$directory"
    printf '[Service]\nRestart=no\nTimeoutStartSec=300\nExecStart=\nExecStart=%s\n' "${DAEMON_COMMAND[*]}" >"$directory/bench.conf"
}

# slice_drop_in <<EOF: lines for the [Slice] of the measurements' cgroups. Takes effect at once.
slice_drop_in() {
    mkdir -p /run/systemd/system/bench.slice.d
    { echo "[Slice]"; cat; } >/run/systemd/system/bench.slice.d/daemon.conf
}
slice_drop_in_remove() { rm -f /run/systemd/system/bench.slice.d/daemon.conf; }

# The image masks them all, so that nobody runs whom nobody has started (or whom PID 1 would start by itself).
daemon_unmask() {
    local unit
    for unit; do
        [[ $(readlink "/etc/systemd/system/$unit") != /dev/null ]] || rm "/etc/systemd/system/$unit"
    done
}
daemon_mask() {
    local unit
    for unit; do ln -sf /dev/null "/etc/systemd/system/$unit"; done
}
