# shellcheck shell=bash
# The daemons that are measured. Each runs as its own package's unit, with what the setting says in a drop-in.
#
# daemons/NAME.sh is read by daemon_use; it sets
#   DAEMON_UNIT                the unit's name
# and defines
#   daemon_configure SETTING   writes its files; sets DAEMON_COMMAND, the program and its arguments
#   daemon_forget              optional: undoes what else it has done

readonly ALL_DAEMONS=(reliefd systemd-oomd oomd nohang earlyoom)
declare -A DAEMON_RUNNING=() # name: unit
DAEMON_ERROR=                # why the last daemon_start failed, in one line

daemon_use() {
    [[ -f $BENCH/daemons/$1.sh ]] || { DAEMON_ERROR="no daemon $1"; return 1; }
    DAEMON_COMMAND=()
    daemon_forget() { :; } # what a daemon's file has to undo after it has stopped
    # shellcheck source=/dev/null
    source "$BENCH/daemons/$1.sh"
}

# daemon_start NAME [SETTING]: default (the numbers that the package comes with), fast (all act on full 40 % over 2 s
# of /bench.slice, where they can, or on less than 10 % of memory), or never (they watch as with fast, and what they
# wait for cannot come). Until it is active, and says that it is ready where it can; sets DAEMON_ERROR when it is not.
daemon_start() {
    local name=$1 setting=${2:-default}
    DAEMON_ERROR=
    daemon_use "$name" || return 1
    rm -rf "/run/systemd/system/$DAEMON_UNIT.d"
    daemon_unmask "$DAEMON_UNIT"
    if ! daemon_configure "$setting"; then
        DAEMON_ERROR=${DAEMON_ERROR:-"$name has no setting $setting"}
        return 1
    fi
    daemon_drop_in
    systemctl daemon-reload
    DAEMON_RUNNING[$name]=$DAEMON_UNIT
    if ! timeout 90 systemctl start "$DAEMON_UNIT" || ! wait_until 10 daemon_is_active "$name"; then
        DAEMON_ERROR="$name did not start: $(daemon_last_words "$DAEMON_UNIT")"
        say "$DAEMON_ERROR"
        daemon_stop "$name" || :
        return 1
    fi
    say "$name $setting: process $(daemon_pid "$name"), active: $(daemons_active)"
}

# daemon_stop NAME; daemon_stop_all
daemon_stop() {
    local unit=${DAEMON_RUNNING[$1]-}
    [[ $unit ]] || return 0
    timeout 90 systemctl stop "$unit" || systemctl kill -s KILL "$unit" || :
    systemctl reset-failed "$unit" 2>/dev/null || :
    daemon_use "$1"
    daemon_forget
    daemon_mask "$unit"
    unset "DAEMON_RUNNING[$1]"
}

daemon_stop_all() {
    local name
    for name in "${!DAEMON_RUNNING[@]}"; do daemon_stop "$name"; done
    systemctl daemon-reload
}

# daemon_pid NAME: its main process; 0 when there is none.
daemon_pid() { systemctl show --value -P MainPID "${DAEMON_RUNNING[$1]-none.service}"; }

# daemon_cgroup NAME: where it runs, as a path from the root.
daemon_cgroup() { systemctl show --value -P ControlGroup "${DAEMON_RUNNING[$1]}"; }

daemon_is_active() { systemctl is-active --quiet "${DAEMON_RUNNING[$1]}" && [[ $(daemon_pid "$1") != 0 ]]; }

# Who is active, of all that could act: nobody else must be.
daemons_active() {
    local name names=()
    for name in "${ALL_DAEMONS[@]}"; do
        systemctl is-active --quiet "$name.service" && names+=("$name")
    done
    echo "${names[*]:-none}"
}

daemon_last_words() {
    journalctl --no-pager -q -o cat -n 3 -u "$1" 2>/dev/null | tr '\n' ' ' | cut -c1-200
}

# The package's unit with the setting's command. A start that fails shall be seen, not tried again for ever.
daemon_drop_in() {
    local directory=/run/systemd/system/$DAEMON_UNIT.d
    mkdir -p "$directory"
    printf '[Service]\nRestart=no\nExecStart=\nExecStart=%s\n' "${DAEMON_COMMAND[*]}" >"$directory/bench.conf"
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
