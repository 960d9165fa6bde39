#!/bin/bash
# As systemd-oomd's own test: in a slice of a user's own manager the unit that stalls dies whole and once, by the user's or the system's reliefd.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 400

# user@UID.service without logind (which the guest has not): the same program, delegated the same way.
uid=$(id -u nobody)
manager=user@$uid.service
cgroup=/system.slice/$manager/workload.slice
runtime=/run/user/$uid home=$SCRATCH/home
mkdir -p "$runtime" "$home/.config/reliefd/policy.d" "$home/.config/systemd/user"
printf '[Slice]\nManagedOOMMemoryPressure=kill\nManagedOOMMemoryPressureLimit=20%%\n' \
    >"$home/.config/systemd/user/workload.slice"
chown -R nobody "$runtime" "$home"
chmod 700 "$runtime"
chmod 755 "$SCRATCH"
cat >"$UNIT_DIRECTORY/$manager" <<UNIT
[Service]
Type=notify
User=$uid
Slice=system.slice
Delegate=pids memory cpu
Environment=HOME=$home XDG_RUNTIME_DIR=$runtime
ExecStart=/lib/systemd/systemd --user
UNIT
UNITS_MADE+=("$manager")
systemctl daemon-reload
require "a user's manager starts" systemctl start "$manager"
as_user() {
    env HOME="$home" XDG_RUNTIME_DIR="$runtime" DBUS_SESSION_BUS_ADDRESS="unix:path=$runtime/none" \
        setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}
start() { as_user systemd-run --user --quiet --unit="$1" --slice=workload.slice -p MemoryHigh=3M "${@:2}"; }
user_unit_is() { [[ $(as_user systemctl --user show --value -P ActiveState "$1") == "$2" ]]; }

for who in system user; do
    say "the $who's reliefd"
    require "the quiet unit starts" start "chill$who.service" sleep infinity
    policy_like_oomd workload.slice "Pressure=full 20% over 10s" "For=2s"
    if [[ $who == system ]]; then
        reliefd_start
    else
        cp -P "$WORK/policy/"*.conf "$home/.config/reliefd/policy.d/"
        chown -hR nobody "$home/.config/reliefd"
        require "it starts" as_user systemd-run --user --quiet --unit=reliefd.service --slice=session.slice -p Type=notify -E HOME="$home" \
            "$PROGRAMS/reliefd" --user --log-level debug
    fi
    require "the other unit starts" start "bloat$who.service" "$PROGRAMS/thrasher" --size 200 --processes 10
    expect "it fails" wait_until 150 user_unit_is "bloat$who.service" failed
    expect "the quiet one is active" user_unit_is "chill$who.service" active
    if [[ $who == system ]]; then
        expect "the incident has ended" wait_until 20 incident_ended
        expect_equal "victim" "$cgroup/bloatsystem.service" "$(incident .victim.cgroup)"
        expect "the quiet one stays active" stays 15 user_unit_is chillsystem.service active
        expect_equal "kills" 1 "$(incident_count)"
        reliefd_stop
    else
        record() {
            "$PROGRAMS/reliefctl" --runtime-dir "$runtime/reliefd" --state-dir "$home/.local/state/reliefd" \
                incidents --json | jq -r "(.incidents? // .) | $1"
        }
        ended() { [[ $(record '.[0].outcome.id') == relieved ]]; }
        expect "the incident has ended" wait_until 20 ended
        expect_equal "victim, from the user's root" /workload.slice/bloatuser.service "$(record '.[0].victim.cgroup')"
        expect_equal "kills" 1 "$(record length)"
    fi
done
units_remove
rm -rf "$runtime"
