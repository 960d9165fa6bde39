#!/bin/bash
# Where Kill=tree would end more than MaxProcesses= allows, only the largest process dies.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.max=64M
cgroup_make app/one
cgroup_make app/two
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
[Victim]
Kill=tree
MaxProcesses=3
[Relief]
Step=kill
Cooldown=5min
END
others=()
for cgroup in one one two two; do
    run_in "app/$cgroup" holder --mb 5
    others+=("$RUN_PID")
    wait_ready "$RUN_PID"
done
reliefd_start
run_in app/one thrasher --size 110
expect_dead "$RUN_PID" within 45
expect "the incident has ended" wait_until 10 incident_ended
for pid in "${others[@]}"; do expect_alive "$pid"; done
expect_equal "victim" "process $RUN_PID" "$(incident '.victim | "\(.scope) \(.pid)"')"
expect_equal "wanted" tree "$(incident .kill)"
expect_equal "and it is said why" true "$(incident .victim.fell_back)"
