#!/bin/bash
# Step=restart: systemd starts the victim's unit again, or stops it; what is in no unit falls through to the next step.
# Kernels: 6.12
# Guest: full
# Timeout: 240

cgroup_make app memory.max=128M
for name in again ended; do
    require "$name: starts" systemd-run --quiet --unit="$name.service" -p MemoryMax=128M "$PROGRAMS/holder" --mb 100
done
policy 50-again <<END
[Match]
Unit=again.service
[Trigger fills]
Usage=60%
[Relief]
Step=restart wait 60s
Cooldown=1h
END
policy 50-ended <<END
[Match]
Unit=ended.service
[Trigger fills]
Usage=60%
[Relief]
Step=restart stop wait 60s
Cooldown=1h
END
policy 50-none <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=60%
[Relief]
Step=restart
Step=kill
Cooldown=1h
END
show() { systemctl show --value -P "$1" "$2.service"; }
state_is() { [[ $(show ActiveState "$1") == "$2" ]]; }
before=$(show MainPID again)
run_in app holder --mb 100
holder=$RUN_PID
wait_ready "$holder"
reliefd_start

# of NAME FILTER: of the incident of that offender.
of() { local file; for file in $(incidents); do jq -r "select(.offender | endswith(\"$1\")) | $2" "$file"; done; }
over() { [[ $(of "$1" .open) == false ]]; }
expect "ended: its incident is over" wait_until 90 over ended.service
expect_equal "ended: step" "restart done" "$(of ended.service '.steps[0] | .step + " " + .result' | sed 's/victim-gone/done/')"
expect "ended: it does not run" wait_until 20 state_is ended inactive
expect "again: its incident is over" wait_until 90 over again.service
expect "again: it runs" wait_until 20 state_is again active
expect "again: it is another process" test "$(show MainPID again)" != "$before"
expect_equal "again: no signal of ours" "restart" "$(of again.service '[.steps[].step] | join(" ")')"
expect_dead "$holder" within 60
expect "app: its incident is over" wait_until 20 over /app
expect_equal "app: the step was passed over" "no-unit victim-gone" "$(of /app '[.steps[].result] | join(" ")')"
systemctl stop again.service
