#!/bin/bash
# A disk that is full or read-only, a journal that nobody reads or that is not there, no bus: relief is the same.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 300

cgroup_make app memory.high=100M memory.max=200M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=kill
Cooldown=1s
END
said() { grep -c "$1" "$OUT/reliefd.log" || :; }
# relieved WHAT N: a leaker is killed, whatever goes wrong; N kills were told so far.
relieved() {
    run_in app leaker --rate 40 --limit 300 --touch
    expect_dead "$RUN_PID" within 60
    expect "$1: the daemon has told it" wait_until 30 at_least "$2" said 'outcome=relieved'
    expect_equal "$1: kills by the kernel" 0 "$(events app oom_kill)"
    expect_alive "$RELIEFD_PID"
}
socket=/run/systemd/journal/socket
[[ -e $socket ]] && { fail "the small guest has a journal"; exit 1; }
mkdir -p "${socket%/*}"

# Nobody listens on the journal's socket, and a folder stands where the bus would be made.
mkdir -p "$WORK/run/bus/taken"
reliefd_start
expect_equal "no bus is said" 1 "$(said 'no socket at')"
relieved "no bus, no journal" 1
expect_equal "its file" 1 "$(incident_count)"

# Nobody reads the journal's socket: it is full soon.
"$PROGRAMS/notify-listener" "$socket" >/dev/null &
listener=$!
require "the socket is there" wait_until 10 test -S "$socket"
kill -STOP "$listener"
relieved "a journal that does not read" 2
# The rest of its queue, filled with reloads; each is a few lines.
for ((i = 0; i < 30; i++)); do kill -HUP "$RELIEFD_PID"; tick; tick; done
relieved "a journal that is full" 3
kill -KILL "$listener"
rm "$socket"
relieved "a journal that was stopped" 4

# The disk is full.
mount -t tmpfs -o size=1M tmpfs "$WORK/state"
trap 'umount "$WORK/state"' EXIT
dd if=/dev/zero of="$WORK/state/all" bs=4k 2>/dev/null || :
relieved "a full disk" 5
relieved "a full disk, once more" 6
expect_equal "no file" 0 "$(incident_count)"
expect_equal "it is said once" 1 "$(said 'Incidents cannot be kept')"
rm "$WORK/state/all"
relieved "there is room" 7
expect_equal "a file again" 1 "$(incident_count)"
expect_equal "that is said, too" 1 "$(said 'Incidents are kept in')"
mount -o remount,ro "$WORK/state"
relieved "a read-only disk" 8
expect_equal "that is said, too" 2 "$(said 'Incidents cannot be kept')"
