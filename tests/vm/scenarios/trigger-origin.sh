#!/bin/bash
# The machine is short: Origin=node acts within its own slice, and the slice that asks for its own shortage is left alone.
# Kernels: 6.12
# Swap: zram 600M
# Timeout: 260

for slice in node own; do
    cgroup_make "$slice"
    policy "$slice" <<END
[Match]
Cgroup=$TREE/$slice
[Trigger short]
Headroom=below 15%
$([[ $slice == node ]] && echo "Origin=node" || echo "Pressure=some 1% over 2s")
[Relief]
Step=kill
Cooldown=10min
END
    run_in "$slice" holder --mb 40
    printf -v "$slice" %s "$RUN_PID"
    wait_ready "$RUN_PID"
done
cgroup_make hog
memory_take 400 # less to fill
ln -s /dev/null "$WORK/policy/default.conf" # who is short elsewhere is not to be relieved here
reliefd_start
run_in hog thrasher --size $(($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) / 1024 + 60))
hog=$RUN_PID
# shellcheck disable=SC2154 # set by printf -v
expect_dead "$node" within 200
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "origin and offender" "node $TREE/node" "$(incident '.origin.id + " " + .offender')"
# shellcheck disable=SC2154
expect_alive "$own"
expect_alive "$hog"
expect_equal "incidents" 1 "$(incident_count)"
cgroup_remove hog
