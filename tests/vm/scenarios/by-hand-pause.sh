#!/bin/bash
# A paused policy judges and takes no step, also after a restart of reliefd; after resume it acts.
# Kernels: 6.12
# Slow: yes
# Swap: zram 256M
# Timeout: 300

logged() { grep -q "$1" "$OUT/reliefd.log"; }
as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$PROGRAMS/reliefctl" --runtime-dir "$WORK/run" "$@"; }
terminated() { [[ $(reliefctl status --json | jq -r '.open_incidents[].steps[].step') == terminate ]]; }
refused() { ! "$@" 2>"$WORK/refusal"; }

cgroup_make app memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
[Relief]
Step=kill
Cooldown=1s
END
cgroup_make stubborn memory.high=64M memory.max=128M
policy stubborn <<END
[Match]
Cgroup=$TREE/stubborn
[Trigger stall]
Pressure=full 10% over 2s
[Relief]
Step=terminate wait 10s
Step=kill
Cooldown=1s
END
reliefd_start
expect "a stranger may not pause" refused as_nobody pause 10min
expect "and is told so" grep -q 'only root' "$WORK/refusal"
expect "a policy that is none cannot be paused" refused reliefctl pause other 10min
expect "nor can it be paused for too long" refused reliefctl pause app 25h
expect "the policy can be paused" reliefctl pause app 10min
expect_equal "pauses in status" app "$(reliefctl status --json | jq -r '.pauses[].policy')"

run_in app thrasher --size 110
expect "reliefd says once that it does nothing" wait_until 45 logged 'nothing is done: it is paused by hand'
expect "nobody dies" stays 4 is_alive "$RUN_PID"
expect_equal "incidents" 0 "$(incident_count)"
expect_equal "explain" 0 "$(reliefctl explain "$TREE/app" --json | jq .paused.uid)"
expect "explain says it in words" grep -q 'It would do nothing: it is paused until' <(reliefctl explain "$TREE/app")

reliefd_stop
reliefd_start
expect_equal "pauses after the restart" app "$(reliefctl status --json | jq -r '.pauses[].policy')"
expect "nobody dies after the restart" stays 6 is_alive "$RUN_PID"
expect_equal "incidents after the restart" 0 "$(incident_count)"

expect "what is not paused cannot be resumed" refused reliefctl resume --cgroup "$TREE/app"
expect "the policy goes on" reliefctl resume app
expect_dead "$RUN_PID" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "outcome" relieved "$(incident .outcome.id)"

# A pause in the middle of an incident: SIGTERM was sent, SIGKILL is not.
run_in stubborn leaker --rate 40 --limit 300 --touch --on-term ignore
expect "a first step is taken" wait_until 45 terminated
expect "all can be paused" reliefctl pause 10min
expect "the incident ends" wait_until 40 incidents_ended 2
expect_equal "its outcome" paused "$(incident .outcome.id)"
expect_equal "its steps" terminate "$(incident '[.steps[].step] | join(" ")')"
expect_alive "$RUN_PID"
expect "all go on" reliefctl resume
expect_dead "$RUN_PID" within 60

expect "a cgroup can be paused for a moment" reliefctl pause --cgroup "$TREE" 1s
expect "its end is told" wait_until 20 logged 'the pause of .* and below is over'
expect_equal "pauses in the end" 0 "$(reliefctl status --json | jq '.pauses | length')"
