#!/bin/bash
# Kill=cgroup counts what four processes share once: it takes the cgroup with more memory of its own.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 150

cgroup_make app memory.high=120M memory.max=240M
cgroup_make app/pool memory.swap.max=0
cgroup_make app/hog
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=cgroup
[Relief]
Step=kill
Cooldown=5min
END
run_in app/pool holder --mb 50 --shmem --children 3 --together
pool=$RUN_PID
wait_ready "$pool"
reliefd_start
run_in app/hog leaker --rate 30 --limit 150 --touch
hog=$RUN_PID

expect_dead "$hog" within 60
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$pool"
expect_equal "victim" "$TREE/app/hog" "$(incident .victim.cgroup)"
# One look at the record: an emulated machine takes seconds to start jq.
read -r hog_score kernel pool_score shmem anon < <(incident '[.groups | map({(.cgroup | split("/") | last): .}) | add
    | .hog.score, .hog.kernel_bytes, .pool.score, .pool.shmem_bytes, .pool.anon_bytes] | join(" ")')
expect_at_least "score of the hog" "$((pool_score * 4))" "$hog_score"
expect_at_least "what the four share, once" $((45 << 20)) "$shmem"
expect_between "what is their own" 0 $((8 << 20)) "$anon"
expect_at_least "stacks and page tables" 1 "$kernel"
resident=0
for pid in $(<"$(cgroup_path app/pool)/cgroup.procs"); do
    read -r _ pages _ <"/proc/$pid/statm"
    resident=$((resident + pages))
done
expect_at_least "pages by a sum over processes" $(((45 << 8) * 4)) "$resident"
