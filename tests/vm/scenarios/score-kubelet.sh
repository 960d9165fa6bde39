#!/bin/bash
# Score=kubelet: of containers the one that uses most beyond its request dies, not the largest.
# Swap: zram 256M
# Timeout: 90

# oom_score_adj as a kubelet sets it on a machine of the limit's size, swap included: the large one has asked for
# nearly all of it, the small one for nothing.
cgroup_make app memory.high=100M memory.max=200M
cgroup_make app/large
cgroup_make app/small
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=cgroup
Score=kubelet
[Relief]
Step=kill
END
run_in --adj 100 app/large holder --mb 60
large=$RUN_PID
wait_ready "$large"
reliefd_start
run_in --adj 1000 app/small leaker --rate 20 --limit 45 --touch
small=$RUN_PID
wait_ready "$small"
# Grows within its request, until the two are too much together.
run_in --adj 100 app/large leaker --rate 10 --limit 120 --touch

expect_dead "$small" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$large"
expect_equal "victim" "$TREE/app/small" "$(incident .victim.cgroup)"
expect "it held less" test "$(incident '[.groups[] | select(.cgroup | endswith("/small"))][0].anon_bytes < [.groups[] | select(.cgroup | endswith("/large"))][0].anon_bytes')" = true
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
