#!/bin/bash
# Swap= cannot hold where there is no swap, and acts where enough of memory.swap.max is in use.
# Kernels: 6.12
# Timeout: 150

cgroup_make app memory.max=64M memory.swap.max=80M
cgroup_make beside memory.max=64M
policy app <<END
[Match]
Cgroup=$TREE/app $TREE/beside
[Trigger swapped-out]
Swap=60%
[Relief]
Step=kill
END
run_in app holder --mb 40
small=$RUN_PID
wait_ready "$small"
reliefd_start
line() { reliefctl explain "$TREE/$1" --json | jq -r "[.triggers[0].lines[0] | $2] | map(tostring) | join(\" \")"; }
expect_equal "without swap" "false false no-swap" "$(line app '.known, .holds, .reason')"

swap_on 256M
holds_known() { [[ $(line app .known) == true ]]; }
expect "with swap its use is known" wait_until 10 holds_known
run_in beside holder --mb 100
beside=$RUN_PID
wait_ready "$beside"
expect_alive "$small"
run_in app holder --mb 85
expect_dead "$RUN_PID" within 45
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$small"
expect_alive "$beside"
expect_equal "offender" "$TREE/app" "$(incident .offender)"
expect_at_least "percent of the swap in use" 60 "$(incident '.trigger.lines[0].value | floor')"
expect_equal "kills by the kernel" 0 "$(events . oom_kill)"
expect_equal "beside" "true false" "$(line beside '.known, .holds')"
