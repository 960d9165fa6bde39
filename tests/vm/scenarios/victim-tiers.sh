#!/bin/bash
# Prefer= dies before what is larger, Adjust= counts in the score, MinSize= passes over, and Avoid= dies last.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

cgroup_make app memory.high=80M memory.max=200M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 10% over 2s
[Victim]
Prefer="cmdline:*--mb 10" "cmdline:*--mb 1"
Adjust="cmdline:*--mb 15" +500
MinSize=5M
Avoid=comm:leaker
[Relief]
Step=kill
Cooldown=1s
END
declare -A pid
for mb in 1 10 15 25; do
    run_in app holder --mb "$mb"
    pid[$mb]=$RUN_PID
    wait_ready "$RUN_PID"
done
reliefd_start
run_in app leaker --rate 40 --limit 200 --touch
leaker=$RUN_PID
expect_dead "$leaker" within 100
expect "the incidents have ended" wait_until 10 incidents_ended 4
expect_equal "victims" "${pid[10]} ${pid[15]} ${pid[25]} $leaker" \
    "$(incidents | while read -r file; do jq .victim.pid "$file"; done | xargs)"
expect_equal "why not the smallest" too-small \
    "$(first_incident ".candidates[] | select(.pid == ${pid[1]}) | .reason")"
expect_equal "why not the largest at first" avoided \
    "$(first_incident ".candidates[] | select(.pid == $leaker) | .reason")"
expect_alive "${pid[1]}"
