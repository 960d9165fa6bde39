#!/bin/bash
# reliefd --user, without privileges, relieves what runs in the user's own part of the tree, and touches nothing else.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

# As systemd has it: the manager's cgroup belongs to the user (nobody, 65534), as far as it is delegated.
uid=$(id -u nobody)
manager=user.slice/user-$uid.slice/user@$uid.service
cgroup_make "$manager/session.slice/reliefd.service"
cgroup_make "$manager/app.slice/leak.service" memory.high=100M memory.max=200M
cgroup_make system.slice/other.service
path=$(cgroup_path "$manager")
find "$path" -mindepth 1 -exec chown nobody {} +
chown nobody "$path" "$path"/cgroup.{procs,threads,subtree_control}

home=$SCRATCH/home
mkdir -p "$home/.config/reliefd/policy.d" "$home/run"
cat >"$home/.config/reliefd/policy.d/leak.service.conf" <<END
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=terminate wait 2s
Step=kill
END
chown -R nobody "$home"
chmod 755 "$SCRATCH"

run_in system.slice/other.service holder --mb 20
other=$RUN_PID
wait_ready "$other"
run_in "$manager/app.slice/leak.service" holder --mb 10
neighbour=$RUN_PID
wait_ready "$neighbour"
instance() {
    echo "$BASHPID" >"$path/session.slice/reliefd.service/cgroup.procs"
    exec env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" setpriv --reuid nobody --regid nogroup --clear-groups \
        --inh-caps=-all --bounding-set=-all "$PROGRAMS/reliefd" --cgroup-root "$path" --user --log-level debug
}
instance >>"$OUT/user.log" 2>&1 </dev/null &
daemon=$!
ctl() {
    env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" setpriv --reuid nobody --regid nogroup --clear-groups \
        "$PROGRAMS/reliefctl" --user "$@"
}
is_up() { ctl status >/dev/null 2>&1; }
require "it is up" wait_until 20 is_up

run_in "$manager/app.slice/leak.service" leaker --rate 30 --limit 300 --touch
leaker=$RUN_PID
expect_dead "$leaker" within 45
ended() { [[ $(ctl incidents --json | jq -r '(.incidents? // .)[0].outcome.id') == relieved ]]; }
expect "the incident has ended" wait_until 15 ended
record() { ctl incidents --json | jq -r "(.incidents? // .)[0]$1"; }
expect_equal "victim" "$leaker" "$(record .victim.pid)"
expect_equal "where, from the user's root" /app.slice/leak.service "$(record .victim.cgroup)"
expect_alive "$neighbour"
expect_alive "$other"
expect_alive "$daemon"
expect "its file is the user's" test "$(stat -c %U "$home/.local/state/reliefd/incidents"/*.json | sort -u)" = nobody
ctl explain /app.slice/leak.service >"$OUT/explain" 2>&1 || true
expect "what it judges is named from the user's root" grep -q '^Policy leak.service' "$OUT/explain"
ctl check >"$OUT/check" 2>&1 || true
expect "the user's policy is checked" grep -q '^leak.service' "$OUT/check"
expect "the user may reload his own" ctl reload
expect "and pause it" ctl pause --cgroup /app.slice/leak.service 1min
kill "$daemon"
expect_dead "$daemon" within 10
ctl status >"$OUT/files" 2>"$OUT/down" && code=0 || code=$?
expect_equal "and is told that it is not running" 3 "$code"
expect "by the user's own policies" grep -q leak.service "$OUT/files"
expect "that is his own" grep -q 'systemctl --user start reliefd' "$OUT/down"
