#!/bin/bash
# Relief by hand takes whom the policy would choose, with no trigger that holds, and tells what came of it.
# Kernels: 6.12
# Timeout: 120

refused() { ! "$@" >"$WORK/refused" 2>&1; }
as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$PROGRAMS/reliefctl" --runtime-dir "$WORK/run" "$@"; }

cgroup_make app memory.max=256M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 50% over 10s
[Victim]
Protect=comm:thrasher
[Relief]
Step=terminate wait 30s
Step=kill
Cooldown=10min
Limit=1 per 10min
END
reliefd_start
run_in app holder --mb 10
small=$RUN_PID
run_in app holder --mb 40
large=$RUN_PID
wait_ready "$small"
wait_ready "$large"

outlook=$(reliefctl relieve "$TREE/app" --dry-run --json)
expect_equal "who would be chosen" "$large" "$(jq .choice.pid <<<"$outlook")"
expect_equal "steps" "terminate kill" "$(jq -r '[.steps[].step] | join(" ")' <<<"$outlook")"
expect_equal "the step named" kill "$(reliefctl relieve "$TREE/app" --dry-run --step kill --json | jq -r '.steps[].step')"
expect "it is said in words, too" grep -q 'Steps: terminate (SIGTERM) and wait for 30s, then kill' <(reliefctl relieve "$TREE/app" --dry-run)
expect "a stranger may not relieve" refused as_nobody relieve "$TREE/app" --yes
expect "without a terminal nobody is asked" refused reliefctl relieve "$TREE/app" </dev/null
expect "a step that the policy has not is refused" refused reliefctl relieve "$TREE/app" --step freeze --yes
expect "a cgroup that is not there is refused" refused reliefctl relieve "$TREE/none" --yes
expect_alive "$large"
expect_equal "incidents so far" 0 "$(incident_count)"

expect "relief is done" reliefctl relieve "$TREE/app" --yes
expect_dead "$large" within 5
expect_alive "$small"
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "victim" "$large" "$(incident .victim.pid)"
expect_equal "by hand, by" 0 "$(incident .by_hand.uid)"
expect_equal "steps" "terminate victim-gone" "$(incident '[.steps[] | .step, .result] | join(" ")')"
expect_equal "outcome" relieved "$(incident .outcome.id)"

outlook=$(reliefctl relieve "$TREE/app" --dry-run --json)
expect_at_least "the cooldown is shown" 1 "$(jq .cooldown_ms <<<"$outlook")"
expect_equal "the limit is shown" true "$(jq .limit.used_up <<<"$outlook")"
expect_equal "the record is printed" "relieved $small" \
    "$(reliefctl relieve "$TREE/app" --step kill --yes --json | jq -r '"\(.outcome.id) \(.victim.pid)"')"
expect_dead "$small" within 5
expect_equal "steps of the second" kill "$(incident '[.steps[].step] | join(" ")')"

run_in app thrasher --size 20
protected=$RUN_PID
wait_ready "$protected"
expect "who is protected stays protected" refused reliefctl relieve "$TREE/app" --yes
expect_alive "$protected"
