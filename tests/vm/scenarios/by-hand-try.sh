#!/bin/bash
# A policy on trial kills the leaker in a cgroup made for that, touches nobody else, and nothing is left.
# Kernels: 6.12
# Timeout: 240

refused() { ! "$@" >"$WORK/refused" 2>&1; }
scratch() { find "$(cgroup_path place)" -mindepth 1 -maxdepth 1 -type d | wc -l; }
none_left() { (($(scratch) == 0)); }
leaking() { (($(scratch) == 1)) && is_populated place; }

cgroup_make app
cgroup_make place
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 10% over 2s
Headroom=below 5%
[Relief]
Step=kill
END
policy wide <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 10% over 2s
[Victim]
Within=/t-*
[Relief]
Step=kill
END
policy never <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 99% over 60s
[Relief]
Step=kill
END
reliefd_start
run_in app holder --mb 20
neighbour=$RUN_PID
wait_ready "$neighbour"

expect "the trial is a success" reliefctl try app --cgroup "$TREE/place" --file-dir "$SCRATCH"
expect "nothing is left" none_left
expect_alive "$neighbour"
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "policy" app "$(incident .policy.name)"
expect_equal "trigger" stall "$(incident .trigger.name)"
expect_equal "victim" reliefd-leaker "$(incident .victim.comm)"
expect_equal "outcome" relieved "$(incident .outcome.id)"
expect_equal "kills by the kernel" 0 "$(events place oom_kill)"

expect "a policy that reaches others is refused" refused reliefctl try wide --cgroup "$TREE/place"
expect "and it is said why" grep -q 'Within= reaches beyond' "$WORK/refused"
expect "nothing is left of it" none_left
expect "a policy that never acts fails" refused reliefctl try never --cgroup "$TREE/place" --for 5s --file-dir "$SCRATCH"
expect "its trigger is told" grep -q 'Trigger stall:' "$WORK/refused"
expect "nothing is left of that" none_left

"$PROGRAMS/reliefctl" --runtime-dir "$WORK/run" try never --cgroup "$TREE/place" >"$WORK/trial" 2>&1 &
trial=$!
expect "a leaker leaks" wait_until 20 leaking
tick
kill -INT "$trial"
wait "$trial" || :
expect "nothing is left after ctrl-c" wait_until 10 none_left
expect_alive "$neighbour"
expect_equal "incidents in the end" 1 "$(incident_count)"
