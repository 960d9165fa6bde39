#!/bin/bash
# Swap, a processor and memory come and go under a running daemon: it notices, and relieves as before.
# Kernels: 6.12
# Boot: own
# Timeout: 300

readonly CPU=/sys/devices/system/cpu/cpu1/online
cgroup_make app memory.max=40M memory.swap.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger swapped-out]
Pressure=some 5% over 2s
Swap=25%
[Relief]
Step=kill
Cooldown=1s
END
reliefd_start
lacks_swap() { reliefctl status --json | jq -e '.degraded | any(.id == "no-swap")' >/dev/null; }
said() { grep -q "$1" "$OUT/reliefd.log"; }
mb() { sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo | awk '{ print int($1 / 1024) }'; }
# leak_and_die N: it ends as incident N.
leak_and_die() {
    run_in app leaker --rate 20 --limit 80 --touch
    expect_dead "$RUN_PID" within 90
    expect "incident $1 has ended" wait_until 20 incidents_ended "$1"
    expect_equal "victim, trigger" "$RUN_PID swapped-out" "$(incident '"\(.victim.pid) \(.trigger.name)"')"
}

expect "without swap that is said" lacks_swap
wakeups() { reliefctl status --json | jq .gate.wakeups; }
before=$(wakeups)
swap_on 256M
expect "swap is told by the kernel, while nothing stalls" wait_until 10 said "swap has changed from 0 MiB to 25[56] MiB"
expect "and no longer missed" wait_until 2 eval '! lacks_swap'
expect_equal "wake-ups by stall" "$before" "$(wakeups)"
leak_and_die 1

processors() { grep -c ^processor /proc/cpuinfo; }
memory=$(mb MemTotal) block=
# The kernel may need one or the other block itself.
for one in $(printf '%s\n' /sys/devices/system/memory/memory[0-9]* | sort -rV); do
    if echo offline >"$one/state"; then block=$one && break; fi 2>/dev/null
done
require "a block of memory can be taken away" test "$block"
less=$(mb MemTotal)
expect_at_least "MiB that are gone" 32 $((memory - less))
echo 0 >"$CPU"
expect_equal "processors" 1 "$(processors)"
leak_and_die 2
expect "that memory is gone was noticed" said "memory has changed from $memory MiB to $less MiB"

echo 1 >"$CPU"
expect_equal "processors" 2 "$(processors)"
echo online >"$block/state"
expect_equal "MiB, with the block back" "$memory" "$(mb MemTotal)"
leak_and_die 3
expect "that it is back was noticed" said "memory has changed from $less MiB to $memory MiB"

swap_off
expect "that swap is gone as well" wait_until 10 said "swap has changed from 25[56] MiB to 0 MiB"
expect "and it is missed again" wait_until 2 lacks_swap
