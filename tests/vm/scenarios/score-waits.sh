#!/bin/bash
# Score=linux-3.18 chooses nobody while somebody is on his way out, but not for ever: the record says how long.
# Kernels: 6.12
# Boot: own
# Swap: zram 256M
# Timeout: 150

cgroup_make app memory.high=100M memory.max=200M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Score=linux-3.18
[Relief]
Step=kill
Cooldown=5min
OnNoVictim=panic
END
daemon_config <<END
[Daemon]
AllowPanic=yes
END
# Who dumps core to a program that reads nothing is exiting, and holds his memory until that program ends.
echo '|/bin/sleep 1000' >/proc/sys/kernel/core_pattern
run_in app holder --mb 20
exiting=$RUN_PID
wait_ready "$exiting"
kill -ABRT "$exiting"
reliefd_start
run_in app leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID

expect_dead "$leaker" within 90
expect "the incident has ended" wait_until 15 incident_ended
expect_equal "victim" "$leaker" "$(incident .victim.pid)"
expect_equal "it was the only incident" 1 "$(incident_count)"
expect_equal "waited in vain" true "$(incident .waited_out)"
expect_at_least "for so many ms" 5000 "$(incident .waited_ms)"
expect_equal "who was exiting" dying "$(incident ".candidates[] | select(.pid == $exiting) | .reason")"
kill -KILL "$exiting"
expect_dead "$exiting" within 10
echo core >/proc/sys/kernel/core_pattern
