#!/bin/bash
# As a service: ready, watchdog, reload, a kill told in the journal, restart and stop.
# Kernels: 6.1 6.12
# Guest: full
# Swap: zram 256M
# Timeout: 180

mkdir -p /usr/local/sbin /etc/reliefd/policy.d
cp "$PROGRAMS/reliefd" /usr/local/sbin/
sed "s#^ExecStart=.*/reliefd#ExecStart=/usr/local/sbin/reliefd#" "$BUILD/contrib/reliefd.service" \
    >/etc/systemd/system/reliefd.service
cat >/etc/reliefd/policy.d/leak.service.conf <<END
[Trigger stall]
Pressure=full 20% over 2s
Headroom=below 5%
[Relief]
Step=terminate wait 3s
Step=kill
END
systemctl daemon-reload
ctl() { "$PROGRAMS/reliefctl" "$@"; }
show() { systemctl show --value -P "$1" reliefd.service; }

# Type=notify: start returns when reliefd has said READY=1.
require "the service starts" timeout 60 systemctl start reliefd.service
expect_equal "state" active "$(show ActiveState)"
expect "its status line" grep -q "policies in force" <(show StatusText)
expect "systemd waits for its watchdog" test "$(show WatchdogUSec)" != 0
pid=$(show MainPID)
expect_equal "oom_score_adj" -1000 "$(cat "/proc/$pid/oom_score_adj")"
expect_at_least "locked memory in kB" 1000 "$(awk '/VmLck/ {print $2}' "/proc/$pid/status")"
expect_at_least "memory.min" $((64 << 20)) "$(cgroup_get "$(cut -d: -f3 "/proc/$pid/cgroup")" memory.min)"
# The guest's systemd (252) does not know OpenFile= yet.
expect_equal "without the kernel's log it says so" no-kernel-log "$(ctl status --json | jq -r '.degraded[] | select(.id == "no-kernel-log") | .id')"
expect_equal "pid by reliefctl" "$pid" "$(ctl status --json | jq .pid)"

require "the leak starts" systemd-run --quiet --unit=leak.service --uid=nobody -p MemoryHigh=64M -p MemoryMax=128M \
    -p CollectMode=inactive-or-failed -p OOMPolicy=continue "$PROGRAMS/leaker" --rate 40 --limit 300 --touch
unit_ended() { [[ $(systemctl show --value -P ActiveState leak.service) != active ]]; }
expect "the unit ended" wait_until 60 unit_ended
in_journal() { journalctl -u reliefd.service -o json --no-pager | jq -e "$1" >/dev/null; }
expect "the journal has the incident" wait_until 20 in_journal 'select(.RELIEFD_OUTCOME == "relieved")'
expect "with its cgroup" in_journal 'select(.RELIEFD_CGROUP == "/system.slice/leak.service" and .MESSAGE_ID)'
expect "it stands among the unit's own lines" grep -qE "^(Killed|Terminated) leaker" <(journalctl -u leak.service -o cat --no-pager)
expect "and the victim" in_journal 'select(.RELIEFD_COMM == "leaker" and .RELIEFD_POLICY == "leak.service")'
expect_equal "incident by reliefctl" relieved "$(ctl incidents --json | jq -r '(.incidents? // .)[0].outcome.id')"

# Pings come from the event loop: with 4 s, a loop that stands still is found out.
mkdir -p /run/systemd/system/reliefd.service.d
printf '[Service]\nWatchdogSec=4s\n' >/run/systemd/system/reliefd.service.d/watchdog.conf
systemctl daemon-reload
require "restart" timeout 60 systemctl restart reliefd.service
restarted=$(show MainPID)
expect "another process" test "$restarted" != "$pid"
expect "it keeps pinging" stays 12 test "$restarted" = "$(show MainPID)"
kill -STOP "$restarted"
replaced() { local now; now=$(show MainPID); [[ $now != 0 && $now != "$restarted" && $(show ActiveState) == active ]]; }
expect "a daemon that stands still is replaced" wait_until 60 replaced

expect "reload" timeout 30 systemctl reload reliefd.service
said_reloaded() { [[ $(journalctl -u reliefd.service -o cat --no-pager) == *"policies reloaded"* ]]; }
expect "it says so" wait_until 10 said_reloaded
require "stop" timeout 30 systemctl stop reliefd.service
expect_equal "state" inactive "$(show ActiveState)"
expect_equal "result" success "$(show Result)"
ctl status >/dev/null 2>&1 || status=$?
expect_equal "reliefctl without a daemon" 3 "${status:-0}"
rm -rf /run/systemd/system/reliefd.service.d /etc/systemd/system/reliefd.service /etc/reliefd
