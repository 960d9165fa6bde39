#!/bin/bash
# On a machine that is nearly full, a backup that keeps kswapd busy and a cgroup that thrashes at its own limit make no shortage of the machine.
# Kernels: 6.12
# Slow: yes
# Swap: zram 300M
# Timeout: 240

memory_take 450
make_file 300
cgroup_make limited memory.max=24M
cgroup_make beside
policy node <<END
[Match]
Cgroup=/
[Trigger short]
Pressure=some 1% over 5s
Pressure=full 100% over 5s
[Relief]
Step=kill
END
ln -s /dev/null "$WORK/policy/default.conf"
run_in limited thrasher --size 48
require "it is at its limit" wait_until 60 at_least 100000 psi_total limited some
cgroup_set limited cpu.max "10000 100000" # so that the backup need not be fast to outdo it
run_in beside holder --mb $(($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) / 1024 - 50))
require "the machine is nearly full" wait_until 100 said_ready "$RUN_PID"
reliefd_start

# From its start to its end and no faster than kswapd can follow; once more when that was not long enough.
backup() {
    local at
    exec </dev/null >/dev/null
    while :; do
        for ((at = 0; at < 300; at++)); do
            dd if="$FILE" bs=1M skip="$at" count=1 status=none
            tick
        done
    done
}
backup &
backup=$!

# All else that makes the machine an origin is there: only whose pages they are stands in the way.
spared() {
    [[ $(reliefctl explain --json / | jq '.origin | .id == "unattributed" and .allocstalls == 0 and .refaults > 50
        and .kswapd_pages >= .refaults / 2 and .limited_refaults > .refaults / 2') == true ]]
}
expect "what comes back at a limit is not the machine's" wait_until 100 spared
reliefctl explain /
kill "$backup"
wait "$backup" || :
expect_equal "incidents" 0 "$(incident_count)"
