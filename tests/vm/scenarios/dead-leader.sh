#!/bin/bash
# A process whose main thread has ended but that holds all its memory is seen, scored and killed, alone or in its tree.
# Kernels: 6.1 6.12
# Swap: zram 256M
# Timeout: 120

stall() {
    policy "$1" <<END
[Match]
Cgroup=$TREE/$1
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=$2
Protect=comm:leaker
[Relief]
Step=kill
Cooldown=5min
END
    cgroup_make "$1" memory.high=60M memory.max=120M
    cgroup_make "$1/headless"
    cgroup_make "$1/leak"
    run_in "$1/headless" holder --mb 20 --dead-leader
    headless=$RUN_PID
    wait_ready "$headless"
}

incident_of() { incident_ended && [[ $(incident .offender) == "$1" ]]; }

stall single process
single=$headless
stall whole cgroup
whole=$headless
reliefd_start
run_in single/leak leaker --rate 40 --limit 100 --touch
leaker=$RUN_PID
expect_dead "$single" within 45
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "victim" "$single" "$(incident .victim.pid)"
expect_alive "$leaker"
cgroup_remove single

run_in whole/leak leaker --rate 40 --limit 100 --touch
expect "the second incident has ended" wait_until 60 incident_of "$TREE/whole"
expect "the headless group is empty" wait_until 10 is_empty whole/headless
expect_dead "$whole" within 5
expect_equal "victim" "$TREE/whole/headless" "$(incident .victim.cgroup)"
