#!/bin/bash
# Step=freeze keeps a leak from growing; then the next rung comes, or the cgroup runs on as before.
# Kernels: 6.12
# Timeout: 180

# The machine itself must stay below 40 %: its usage counts for everybody in it.
cgroup_make leaking memory.max=256M
cgroup_make calm memory.max=128M
policy leaking <<END
[Match]
Cgroup=$TREE/leaking
[Trigger full]
Usage=40%
[Relief]
Step=freeze wait 6s
Step=kill
END
policy calm <<END
[Match]
Cgroup=$TREE/calm
[Trigger full]
Usage=40%
[Relief]
Step=freeze wait 3s
Cooldown=10min
END
is_frozen() { (($(stat_value "$1" cgroup.events frozen) == 1)); }
is_thawed() { (($(stat_value "$1" cgroup.events frozen) == 0)); }

reliefd_start
run_in leaking leaker --rate 10
leaker=$RUN_PID
expect "the leak is frozen" wait_until 30 is_frozen leaking
then=$(memory_current leaking)
tick
reliefctl explain last >"$OUT/explain.log" 2>&1 || :
expect "the incident that runs is the last one" grep -q "not over yet" "$OUT/explain.log"
expect_between "it does not grow" 0 $((then + (1 << 20))) "$(memory_current leaking)"
expect_dead "$leaker" within 30
expect "the incident has ended" wait_until 10 incident_ended
expect_equal "steps" "freeze kill" "$(incident '[.steps[].step] | join(" ")')"
expect_equal "cgroup.freeze" 0 "$(cgroup_get leaking cgroup.freeze)"

run_in calm holder --mb 60
holder=$RUN_PID
expect "the second one is frozen" wait_until 30 is_frozen calm
expect "and runs again" wait_until 30 is_thawed calm
expect "its incident has ended" wait_until 10 incidents_ended 2
expect_alive "$holder"
expect "nothing is left to restore" wait_until 10 test ! -e "$WORK/run/guard.state"
