#!/bin/bash
# Within=subject: two children hit their limits at once, and the subject loses one process, not two.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 240

cgroup_make app
for name in one two; do cgroup_make "app/$name" memory.max=64M; done
for name in large next; do cgroup_make "app/$name"; done
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
[Victim]
Within=subject
[Relief]
Step=kill
Cooldown=5min
END
explained() { reliefctl explain "$TREE/app/$1" --json | jq -r "$2"; }
holds() { [[ $(explained "$1" '.triggers[0].holds') == true ]]; }

run_in app/large holder --mb 160
large=$RUN_PID
run_in app/next holder --mb 120
next=$RUN_PID
wait_ready "$large"
wait_ready "$next"
reliefd_start
for name in one two; do
    run_in "app/$name" thrasher --size 110
    thrashers+=("$RUN_PID")
done
expect_dead "$large" within 60
expect "the incident has ended" wait_until 20 incident_ended

# The other one is as short as before, and the kill was for both of them.
first=$(incident .offender)
case $first in
*/one) other=two ;;
*) other=one ;;
esac
expect "the other child's trigger holds" wait_until 30 holds "$other"
expect_at_least "its cooldown in ms" 60000 "$(explained "$other" .cooldown_ms)"
expect "who comes next lives on" stays 10 is_alive "$next"
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "victim" "$large" "$(incident .victim.pid)"
for pid in "${thrashers[@]}"; do expect_alive "$pid"; done
