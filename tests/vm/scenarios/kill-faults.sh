#!/bin/bash
# A refused signal is reported and the next one dies instead; a refused cgroup.kill is made up for one by one.
# Kernels: 6.12
# Slow: yes
# Swap: zram 256M
# Timeout: 300

library=$BUILD/tests/vm/preload/libfaults.so
[[ -e $library ]] || { fail "$library is not built"; exit 1; }
! ldd "$PROGRAMS/reliefd" | grep -q 'lib[at]san' || skip "sanitizers want to be loaded first"
eperm=1 eacces=13 ebusy=16

# faulty_start NAME SIGNAL KILL: the daemon, with the faults of that name in $OUT/faults-NAME
faulty_start() {
    export LD_PRELOAD=$library FAULTS=$OUT/faults-$1 FAULT_SIGNAL=$2 FAULT_KILL=$3
    reliefd_start
    unset LD_PRELOAD FAULTS FAULT_SIGNAL FAULT_KILL
}

# make_policy KILL [STEP ...]
make_policy() {
    policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Kill=$1
Protect=cgroup:$TREE/app/quiet
[Relief]
$(printf 'Step=%s\n' "${@:2}")
Cooldown=2s
END
}

second_incident() { jq -r "$1" "$(incidents | sed -n 2p)"; }

cgroup_make app memory.high=100M memory.max=200M
cgroup_make app/quiet
cgroup_make app/busy
run_in app/quiet holder --mb 5
quiet=$RUN_PID
wait_ready "$quiet"

# A signal that may not be sent: the incident says so, and the next one chooses somebody else.
make_policy process kill
faulty_start signal "$eperm,1" 0,0
run_in app/busy holder --mb 30
second=$RUN_PID
wait_ready "$second"
run_in app/busy leaker --rate 40 --limit 300 --touch
leaker=$RUN_PID
expect_dead "$second" within 60
expect "both incidents have ended" wait_until 30 incidents_ended 2
kill -KILL "$leaker"
expect_equal "faults" "pidfd_send_signal EPERM" "$(cat "$OUT/faults-signal")"
expect_equal "victim of the first incident" "$leaker" "$(first_incident .victim.pid)"
expect_equal "its outcome" failed "$(first_incident .outcome.id)"
expect_equal "its step" "error Operation not permitted (EPERM)" \
    "$(first_incident '.steps[0] | "\(.result) \(.error)"')"
expect_equal "victim of the next one" "$second" "$(second_incident .victim.pid)"
expect_equal "and its step" victim-gone "$(second_incident '.steps[0].result')"
expect "the journal says it" grep -q "Step=kill could not be taken: Operation not permitted" "$OUT/reliefd.log"
expect_alive "$quiet"
reliefd_stop

# cgroup.kill that fails: its members are killed one by one, and nothing stays frozen.
for error in $ebusy $eacces; do
    rm -rf "$WORK/state/incidents" "$WORK/run/past.json"
    make_policy cgroup kill
    faulty_start "kill-$error" 0,0 "$error,1"
    run_in app/busy holder --mb 5 --children 2
    wait_ready "$RUN_PID"
    run_in app/busy leaker --rate 40 --limit 300 --touch
    expect_dead "$RUN_PID" within 60
    expect "errno $error: the whole cgroup is gone" wait_until 20 is_empty app/busy
    expect "errno $error: the incident has ended" wait_until 20 incident_ended
    expect_equal "errno $error: faults" 1 "$(grep -c '^cgroup.kill ' "$OUT/faults-kill-$error")"
    expect_equal "errno $error: incidents" 1 "$(incident_count)"
    expect_equal "errno $error: victim" "$TREE/app/busy" "$(incident .victim.cgroup)"
    expect_equal "errno $error: its step" victim-gone "$(incident '.steps[0].result')"
    expect_equal "errno $error: freeze" 0 "$(cgroup_get app/busy cgroup.freeze)"
    expect_alive "$quiet"
    reliefd_stop
done
expect_equal "kills by the kernel" 0 "$(events app oom_kill)"
