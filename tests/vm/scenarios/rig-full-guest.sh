#!/bin/bash
# The full guest reaches multi-user.target and systemd holds a transient unit to its MemoryMax.
# Kernels: 6.1 6.12
# Guest: full
# Timeout: 90

expect "multi-user.target is active" systemctl is-active --quiet multi-user.target
expect_equal "failed units" "" "$(systemctl list-units --failed --plain --no-legend)"

require "the unit starts" systemd-run --quiet --unit=leak --uid=nobody -p MemoryMax=48M -p MemorySwapMax=0 \
    -p OOMPolicy=stop -p CollectMode=inactive-or-failed -p Restart=no "$PROGRAMS/leaker" --rate 20 --limit 200 --hold
expect_equal "memory.max of the unit's cgroup" $((48 * 1024 * 1024)) "$(cgroup_get /system.slice/leak.service memory.max)"

unit_ended() { [[ $(systemctl show -P ActiveState leak.service) != active ]]; }
expect "the unit ended" wait_until 30 unit_ended
expect "systemd says why" grep -q 'oom-kill' <(journalctl --unit leak.service --no-pager)
