#!/bin/bash
# reliefd --user with SystemdOomd=yes asks the user's own service manager: a service of the user's that was written for systemd-oomd is relieved by its properties.
# Kernels: 6.12
# Guest: full
# Slow: yes
# Swap: zram 64M
# Timeout: 400

uid=$(id -u nobody)
runtime=/run/user/$uid
home=$SCRATCH/home
systemctl --quiet mask --runtime --now systemd-oomd.socket systemd-oomd.service || true
mkdir -p "$home/.config/reliefd" "$runtime" /run/systemd/user
printf '[Compat]\nSystemdOomd=yes\n' >"$home/.config/reliefd/reliefd.conf"
chown -R nobody "$home" "$runtime"
chmod 755 "$SCRATCH"
chmod 700 "$runtime"

# What a distribution has for sessions, as far as it is needed: the user's manager, and a bus that it starts.
cat >"$UNIT_DIRECTORY/user@$uid.service" <<UNIT
[Service]
Type=notify
User=nobody
Slice=user-$uid.slice
Delegate=pids memory
KillMode=mixed
TimeoutStopSec=10
Environment=XDG_RUNTIME_DIR=$runtime HOME=$home
ExecStart=/lib/systemd/systemd --user
UNIT
UNITS_MADE+=("user@$uid.service")
cat >/run/systemd/user/dbus.socket <<UNIT
[Socket]
ListenStream=%t/bus
UNIT
cat >/run/systemd/user/dbus.service <<UNIT
[Unit]
Requires=dbus.socket
[Service]
Type=notify
NotifyAccess=main
ExecStart=/usr/bin/dbus-daemon --session --address=systemd: --nofork --nopidfile --systemd-activation
UNIT
own() {
    env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$runtime" setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}
systemctl daemon-reload
require "the user's manager starts" systemctl start "user@$uid.service"
require "the user's bus starts" own systemctl --user start dbus.socket dbus.service
is_on_bus() { own busctl --user status org.freedesktop.systemd1 >/dev/null 2>&1; }
require "the manager is on it" wait_until 30 is_on_bus

require "reliefd starts" own systemd-run --user --quiet --unit=reliefd.service "$PROGRAMS/reliefd" --user --log-level debug
ctl() { own "$PROGRAMS/reliefctl" --user "$@"; }
is_up() { ctl status >/dev/null 2>&1; }
require "it is up" wait_until 30 is_up

# As its name is in the user's tree, which is what the user's instance sees.
path_of() {
    local path
    path=$(own systemctl --user show -P ControlGroup "$1")
    echo "${path#"/user.slice/user-$uid.slice/user@$uid.service"}"
}
is_managed() { [[ $(ctl explain "$(path_of "$1")" --json | jq -r '.policy.name // "none"') == "$1" ]]; }
is_state() { [[ $(own systemctl --user show -P ActiveState "$1") == "$2" ]]; }

say "properties of a running unit that are set and taken back"
require "a unit starts" own systemd-run --user --quiet --unit=testset.service sleep infinity
expect "the property is set" own systemctl --user set-property --runtime testset.service ManagedOOMMemoryPressure=kill
expect "it is a policy" wait_until 30 is_managed testset.service
expect "the property is taken back" own systemctl --user set-property --runtime testset.service ManagedOOMMemoryPressure=auto
is_not() { ! is_managed "$1"; }
expect "it is none any more" wait_until 30 is_not testset.service

say "a leaker"
require "the leaker starts" own systemd-run --user --quiet --unit=testleak.service -p MemoryHigh=3M \
    -p ManagedOOMMemoryPressure=kill -p ManagedOOMMemoryPressureLimit=15% "$PROGRAMS/thrasher" --size 200 --processes 10
leak=$(path_of testleak.service)
expect "its policy is that of the unit" wait_until 30 is_managed testleak.service
expect "it fails" wait_until 200 is_state testleak.service failed
record() { ctl incidents --json | jq -r "(.incidents? // .)[0]$1"; }
ended() { [[ $(record .outcome.id) == relieved ]]; }
expect "the incident has ended" wait_until 20 ended
expect_equal "victim" "$leak" "$(record .victim.cgroup)"
expect_equal "policy" testleak.service "$(record .policy.name)"
expect "the other unit is active" is_state testset.service active
journalctl -q _SYSTEMD_USER_UNIT=reliefd.service >"$OUT/user.log" 2>&1 || :
units_remove
rm -f /run/systemd/user/dbus.socket /run/systemd/user/dbus.service
systemctl --quiet unmask --runtime systemd-oomd.socket systemd-oomd.service || true
