#!/bin/bash
# Files in memory fill a cgroup: after one kill that does not help nobody else dies for them.
# Kernels: 6.12
# Timeout: 240

cgroup_make app memory.high=100M memory.max=200M
cgroup_make app/files
cgroup_make app/one
cgroup_make app/two
cgroup_make app/three
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=kill
Cooldown=1s
Limit=10 per 10min
END
mkdir "$WORK/files"
mount -t tmpfs -o size=180M,mode=1777 tmpfs "$WORK/files"
for name in one two three; do
    run_in app/$name holder --mb 8
    holders+=("$RUN_PID")
    wait_ready "$RUN_PID"
done
reliefd_start
run_in app/files tmpfswriter --rate 40 --limit 110 "$WORK/files/file"
writer=$RUN_PID

living() { for pid in "${holders[@]}" "$writer"; do ! is_alive "$pid" || echo "$pid"; done | wc -l; }
one_is_dead() { (($(living) == 3)); }
expect "somebody dies" wait_until 60 one_is_dead
expect "a second incident ends" wait_until 60 incidents_ended 2
expect_equal "its outcome, steps" "futile 0" "$(incident '[.outcome.id, (.steps | length)] | join(" ")')"
expect "nobody else dies" stays 10 one_is_dead
cgroup_remove app
umount "$WORK/files"
