# shellcheck shell=bash
# The daemon under test: its policies, start, stop and what it reports.

readonly DAEMON_CGROUP=/vm-rig/reliefd
RELIEFD_PID=
RELIEFD_CGROUP=$DAEMON_CGROUP # where it is started; a scenario may choose another one

# policy NAME <<EOF: a policy file. Give the scenario's cgroups as $TREE/...
policy() {
    mkdir -p "$WORK/policy"
    cat >"$WORK/policy/$1.conf"
}

# daemon_config <<EOF: the daemon's own configuration file; empty unless given.
daemon_config() { cat >"$WORK/reliefd.conf"; }

# reliefd_start [ARGUMENT ...]: starts the daemon and waits until it says READY=1; sets RELIEFD_PID.
# The scenario stops when it does not get ready. Log: $OUT/reliefd.log; what it told the service manager: notify.log
reliefd_start() {
    [[ -x $PROGRAMS/reliefd ]] || { fail "reliefd: expected it in the build directory $BUILD, found no such program"; exit 1; }
    mkdir -p "$WORK/policy" "$WORK/state" "$WORK/run"
    touch "$WORK/reliefd.conf"
    notify_listen
    cgroup_make "$RELIEFD_CGROUP"
    become_reliefd "$@" </dev/null >>"$OUT/reliefd.log" 2>&1 &
    RELIEFD_PID=$!
    wait_until 20 reliefd_said_ready_or_died || :
    require "reliefd says that it is ready" reliefd_said_ready
}

become_reliefd() {
    echo "$BASHPID" >"$(cgroup_path "$RELIEFD_CGROUP")/cgroup.procs"
    echo 0 >/proc/self/oom_score_adj
    exec env NOTIFY_SOCKET="$WORK/notify" "$PROGRAMS/reliefd" --policy-dir "$WORK/policy" \
        --config "$WORK/reliefd.conf" --state-dir "$WORK/state" --runtime-dir "$WORK/run" --log-level debug \
        --trace "$WORK/trace" "$@"
}

# A socket like the service manager's; what comes in is appended to $OUT/notify.log.
notify_listen() {
    rm -f "$WORK/notify"
    : >"$OUT/notify.log"
    "$PROGRAMS/notify-listener" "$WORK/notify" >>"$OUT/notify.log" &
    NOTIFY_LISTENER_PID=$!
    require "the notify socket is there" wait_until 10 test -S "$WORK/notify"
}

reliefd_said_ready() { grep -qs '^READY=1' "$OUT/notify.log"; }
reliefd_said_ready_or_died() { reliefd_said_ready || is_dead "$RELIEFD_PID"; }

# reliefd_stop: SIGTERM; it must end within 10 s with exit status 0. Safe to call when it does not run.
reliefd_stop() {
    local status=0
    [[ $RELIEFD_PID ]] || return 0
    kill -TERM "$RELIEFD_PID" 2>/dev/null || :
    if ! wait_until 10 is_dead "$RELIEFD_PID"; then
        fail "reliefd: expected to end within 10 s of SIGTERM, found it alive"
        kill -KILL "$RELIEFD_PID"
    fi
    wait "$RELIEFD_PID" || status=$?
    ((status == 0)) || fail "reliefd: expected exit status 0, found $status"
    kill "$NOTIFY_LISTENER_PID"
    RELIEFD_PID=
}

# replay_verify: whatever the daemon has decided follows once more from its trace. After it has ended.
replay_verify() {
    [[ -s $WORK/trace ]] || return 0
    "$PROGRAMS/reliefctl" replay --verify "$WORK/trace" >"$OUT/replay" 2>&1 && return 0
    fail "replay: expected every decision as recorded, found: $(head -n 3 "$OUT/replay")"
    gzip -c "$WORK/trace" >"$OUT/trace.gz"
}

# reliefctl COMMAND [ARGUMENT ...]: of the build, talking to this scenario's daemon.
reliefctl() { "$PROGRAMS/reliefctl" --runtime-dir "$WORK/run" "$@"; }

# incidents: the paths of the incident files, oldest first; incident_count: how many.
incidents() { { find "$WORK/state/incidents" -name '*.json' 2>/dev/null || :; } | sort; }
incident_count() { incidents | wc -l; }

# first_incident JQ_FILTER: of the oldest one, where more may follow.
first_incident() { jq -r "$1" "$(incidents | head -n 1)"; }

# incident JQ_FILTER: of the newest incident, as in: incident .victim.pid
incident() { jq -r "$1" "$(incidents | tail -n 1)"; }

# incident_ended: is there an incident, and is the newest one over?
incident_ended() { (($(incident_count) > 0)) && [[ $(incident .open) == false ]]; }

# incidents_ended N: are there so many incidents, and is the newest one over?
incidents_ended() { (($(incident_count) >= $1)) && incident_ended; }
