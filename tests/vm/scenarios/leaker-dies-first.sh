#!/bin/bash
# A leaking program dies by reliefd before the kernel's OOM killer acts, and its neighbour lives on.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 90

cgroup_make app/leaking memory.high=64M memory.max=128M
cgroup_make app/innocent
policy leaking <<END
[Match]
Cgroup=$TREE/app/leaking

[Trigger stall]
Pressure=full 20% over 2s
Headroom=below 5%

[Victim]
Kill=process

[Relief]
Step=kill
Cooldown=30s
END
run_in app/innocent holder --mb 30
innocent=$RUN_PID
wait_ready "$innocent"
reliefd_start
run_in app/leaking leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID

expect_dead "$leaker" within 40
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$innocent"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "policy" leaking "$(incident .policy.name)"
expect_equal "trigger" stall "$(incident .trigger.name)"
expect_equal "offender" "$TREE/app/leaking" "$(incident .offender)"
expect_equal "origin" own "$(incident .origin.id)"
expect_equal "victim" "$leaker" "$(incident .victim.pid)"
expect_equal "limit" "$TREE/app/leaking" "$(incident .available.limited_by)"
expect_equal "lines that hold" 2 "$(incident '[.trigger.lines[] | select(.holds)] | length')"
expect_at_least "pressure at the decision" 20 "$(incident '.trigger.lines[0].value | floor')"
expect_at_least "score" 1 "$(incident .victim.score)"
expect_at_least "bytes freed" $((30 << 20)) "$(incident .freed_bytes)"
expect_equal "outcome" relieved "$(incident .outcome.id)"
