#!/bin/bash
# Two cgroups over their limits at once are both served, each within itself.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

for name in one two; do
    cgroup_make "$name" memory.high=60M memory.max=120M
    policy "$name" <<END
[Match]
Cgroup=$TREE/$name
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Relief]
Step=kill
Cooldown=5min
END
done
all_ended() { (($(incident_count) == 2)) && [[ $(jq -s "map(.open) | any" $(incidents)) == false ]]; }
cgroup_make three
reliefd_start
for name in one two three; do
    run_in "$name" holder --mb 10
    holders+=("$RUN_PID")
    wait_ready "$RUN_PID"
done
for name in one two; do
    run_in "$name" leaker --rate 20 --limit 150 --touch
    leakers+=("$RUN_PID")
done

for pid in "${leakers[@]}"; do expect_dead "$pid" within 60; done
expect "both incidents have ended" wait_until 30 all_ended
for pid in "${holders[@]}"; do expect_alive "$pid"; done
mapfile -t files < <(incidents)
expect_equal "who died where" \
    "$TREE/one ${leakers[0]} $TREE/two ${leakers[1]}" \
    "$(jq -rs 'map([.offender, .victim.pid] | join(" ")) | sort | join(" ")' "${files[@]}")"
expect_equal "kills by the kernel" "0 0" "$(events one oom_kill) $(events two oom_kill)"
