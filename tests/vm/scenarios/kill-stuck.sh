#!/bin/bash
# A victim that hangs in the kernel (a write to a frozen file system) is given up after a while, and the next one dies.
# Kernels: 6.12
# Slow: yes
# Swap: zram 256M
# Timeout: 240

cgroup_make app memory.high=100M memory.max=200M
cgroup_make app/stuck
cgroup_make app/next
cgroup_make app/leak
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=cgroup
Protect=comm:leaker
[Relief]
Step=kill
Cooldown=1min
Limit=2 per 10min
END
# A disk of its own, in memory: freezing the test disk would hold more than the victim.
number=$(<"/sys/class/zram-control/hot_add")
echo 32M >"/sys/block/zram$number/disksize"
mkfs.ext4 -q -F "/dev/zram$number"
mkdir "$WORK/mnt"
mount "/dev/zram$number" "$WORK/mnt"
touch "$WORK/mnt/file"
chmod 666 "$WORK/mnt/file"

run_in app/stuck stuck --mb 50 "$WORK/mnt/file"
stuck=$RUN_PID
run_in app/next holder --mb 25
next=$RUN_PID
wait_ready "$stuck"
wait_ready "$next"
fsfreeze -f "$WORK/mnt"
kill -USR1 "$stuck"
is_asleep_for_good() { [[ $(awk '{ print $3 }' "/proc/$stuck/stat") == D ]]; }
require "it hangs" wait_until 10 is_asleep_for_good
reliefd_start
run_in app/leak leaker --rate 40 --limit 100 --touch
leaker=$RUN_PID

expect_dead "$next" within 90
expect_alive "$stuck"
expect "the second incident has ended" wait_until 30 incidents_ended 2
expect_equal "the first one" "$TREE/app/stuck stuck time-up" \
    "$(first_incident '[.victim.cgroup, .outcome.id, .steps[0].result] | join(" ")')"
expect_equal "the second one" "$TREE/app/next victim-gone" \
    "$(incident '[.victim.cgroup, .steps[0].result] | join(" ")')"
expect_equal "why it was passed over" failed-before \
    "$(incident '.groups[] | select(.cgroup | endswith("/stuck")) | .reason')"
expect_alive "$leaker"
fsfreeze -u "$WORK/mnt"
expect_dead "$stuck" within 20
umount "$WORK/mnt"
echo "$number" >/sys/class/zram-control/hot_remove
