#!/bin/bash
# Two processes of one address space die together or not at all: where one is protected, the next candidate dies.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 300

pid_named() { for pid in $(pids_in "$1"); do [[ $(<"/proc/$pid/comm") != "$2" ]] || echo "$pid"; done; }
for name in app other; do
    cgroup_make "$name" memory.high=100M memory.max=200M
    policy "$name" <<END
[Match]
Cgroup=$TREE/$name
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Protect=comm:guarded
[Relief]
Step=terminate wait 1s
Step=kill
Cooldown=5min
END
done
reliefd_start

run_in app holder --mb 20
neighbour=$RUN_PID
wait_ready "$neighbour"
run_in app leaker --rate 40 --limit 300 --touch --on-term ignore --sharer twin
leaker=$RUN_PID
wait_ready "$leaker"
expect_dead "$leaker" within 60
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$neighbour"
read -r one other comm signalled freed < <(incident '[.victim.pid, .victim.sharers[0].pid,
    (.candidates[] | select(.comm == "twin") | .comm), ([.steps[].signalled] | join("+")), .freed_bytes] | join(" ")')
expect_equal "the leaker was chosen, or died with who was" true "$([[ $one == "$leaker" || $other == "$leaker" ]] && echo true)"
expect_equal "the other one is the twin" twin "$comm"
expect_dead "$((one + other - leaker))" within 1
expect_equal "nobody but the neighbour is left" "$neighbour" "$(pids_in app)"
expect_equal "both got both signals" 2+2 "$signalled"
expect_at_least "bytes that came back" 50000000 "$freed"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
cgroup_remove app

run_in other holder --mb 20
neighbour=$RUN_PID
wait_ready "$neighbour"
run_in other leaker --rate 40 --limit 300 --touch --on-term ignore --sharer guarded
leaker=$RUN_PID
wait_ready "$leaker"
expect_dead "$neighbour" within 60
guarded=$(pid_named other guarded)
expect_alive "$leaker"
expect_alive "$guarded"
expect "the second incident has ended" wait_until 15 incidents_ended 2
expect_equal "why it was spared" shares-memory "$(incident ".candidates[] | select(.pid == $leaker) | .reason")"
expect_equal "why the other was" protected "$(incident ".candidates[] | select(.pid == $guarded) | .reason")"
