#!/bin/bash
# A unit that systemd starts again and again and that leaks each time: after Limit= kills it is held, or there is an alarm.
# Kernels: 6.12
# Guest: full
# Swap: zram 256M
# Timeout: 240

relief="[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=kill
Cooldown=1s
Limit=2 per 1h"
policy 50-held <<END
[Match]
Unit=held.service
$relief
OnRepeat=hold
END
policy 50-alarm <<END
[Match]
Unit=alarm.service
$relief
OnRepeat=alarm
END
reliefd_start

show() { systemctl show --value -P "$1" "$2.service"; }
restarts() { show NRestarts "$1"; }
again() { [[ $(show MainPID "$1") != 0 && $(show MainPID "$1") != "$2" ]]; }
in_journal() { journalctl -u "$1.service" -o cat --no-pager | grep -c "$2"; }
# The cgroup's id: systemd removes it with the processes and makes it anew.
cgroup_id() { stat -c %i "$(cgroup_path "/system.slice/$1.service")"; }

# leaks NAME OUTCOME: two kills, and then none.
leaks() {
    local incidents ids=()
    incidents=$(incident_count)
    # Its own limit of starts would end the repetition before ours does.
    require "$1: starts" systemd-run --quiet --unit="$1.service" --uid=nobody -p MemoryHigh=64M -p MemoryMax=128M \
        -p Restart=always -p RestartSec=100ms -p StartLimitIntervalSec=0 "$PROGRAMS/leaker" --rate 40 --limit 300 --touch
    ids+=("$(cgroup_id "$1")")
    expect "$1: killed and started twice" wait_until 90 at_least 2 restarts "$1"
    ids+=("$(cgroup_id "$1")")
    expect "$1: a third incident ends" wait_until 60 incidents_ended $((incidents + 3))
    expect_equal "$1: its outcome" "$2" "$(incident .outcome.id)"
    expect_equal "$1: its steps" 0 "$(incident '.steps | length')"
    expect_equal "$1: its offender" "/system.slice/$1.service" "$(incident .offender)"
    say "$1: cgroup ids ${ids[*]}"
    pid=$(show MainPID "$1")
    expect "$1: it is left alone" stays 8 is_alive "$pid"
    expect_equal "$1: starts by systemd after the first" 2 "$(restarts "$1")"
    expect_equal "$1: no more incidents" $((incidents + 3)) "$(incident_count)"
    expect_equal "$1: systemd saw two signals" 2 "$(in_journal "$1" "code=killed, status=9/KILL")"
    expect_equal "$1: and as its result" 2 "$(in_journal "$1" "Failed with result 'signal'")"
    expect_equal "$1: kills by the kernel" 0 "$(events "/system.slice/$1.service" oom_kill)"
    systemctl stop "$1.service"
}
leaks held held
leaks alarm alarm
for file in $(incidents); do outcomes+=" $(jq -r .outcome.id "$file")"; done
expect_equal "all outcomes" " relieved relieved held relieved relieved alarm" "$outcomes"
systemctl reset-failed held.service alarm.service 2>/dev/null || :
