#!/bin/bash
# A ladder under pressure: what is over at once (a warning, a hook) is followed at once by what kills.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 180

cgroup_make app memory.high=100M memory.max=200M
printf '#!/bin/bash\nexit 0\n' >"$WORK/agree"
chmod 755 "$WORK/agree"
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=warn
Step=hook $WORK/agree
Step=freeze wait 2s
Step=hook $WORK/agree
Step=kill
END
reliefd_start
run_in app leaker --rate 40 --limit 300 --touch
expect_dead "$RUN_PID" within 90
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "steps" "warn hook freeze hook kill" "$(incident '[.steps[].step] | join(" ")')"
expect_equal "the last result" victim-gone "$(incident '.steps[-1].result')"
expect_equal "outcome" relieved "$(incident .outcome.id)"
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
