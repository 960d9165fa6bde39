#!/bin/bash
# A kill of the kernel's in a watched cgroup is recorded, with the kernel's own report and what the policy knew.
# Kernels: 6.12
# Timeout: 240

policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 90% over 10s
[Relief]
Step=kill
END
policy gone <<END
[Match]
Cgroup=$TREE/gone/*
[Trigger stall]
Pressure=full 90% over 10s
[Relief]
Step=kill
END

# What was killed before nobody has seen.
cgroup_make app memory.max=64M
run_in app leaker --rate 200
expect_dead "$RUN_PID" within 20
reliefd_start
run_in app leaker --rate 200
victim=$RUN_PID
expect_dead "$victim" within 20
expect "there is a record" wait_until 20 incidents_ended 1
expect_equal "kind" kernel-oom "$(incident .kind)"
expect_equal "outcome" kernel-killed "$(incident .outcome.id)"
expect_equal "cgroup" "$TREE/app" "$(incident .offender)"
expect_equal "policy" app "$(incident .policy.name)"
expect_equal "kills" "1 2" "$(incident '"\(.kernel.kills) \(.kernel.total)"')"
expect "what the policy knew" grep -qxE "unseen|far|near|foreseen" <(incident .kernel.foreseen.id)
expect_equal "why no report" null "$(incident .kernel.report_missing)"
expect_equal "victim by the kernel's report" "$victim" "$(incident .kernel.report.autopsy.kernel_victim.pid)"
expect_equal "its limit" $((64 << 20)) "$(incident .kernel.report.autopsy.limit_bytes)"
expect "the headline names it" grep -q "leaker\[$victim\]" <(incident .kernel.report.headline)
incident '.kernel.report.log[]' >"$WORK/log"
expect "the kernel's lines" grep -q "invoked oom-killer" "$WORK/log"
expect "up to the last" grep -q "Killed process $victim" "$WORK/log"
"$PROGRAMS/reliefctl" autopsy --json "$WORK/log" | jq -S '.reports[0] | del(.stamp)' >"$WORK/again"
incident '.kernel.report.autopsy | del(.stamp)' | jq -S . >"$WORK/first"
expect "reliefctl autopsy says the same" diff "$WORK/first" "$WORK/again"
expect "the log says so" grep -q "OOM killer has killed 1 process in $TREE/app" "$OUT/reliefd.log"

# A cgroup that is removed at once is known by the kernel's report.
cgroup_make gone/a memory.max=64M
run_in gone/a leaker --rate 200
expect_dead "$RUN_PID" within 20
cgroup_remove gone/a
expect "there is another record" wait_until 20 incidents_ended 2
expect_equal "cgroup" "$TREE/gone/a" "$(incident .offender)"

# In one cgroup a minute is one record: what is killed in it is told together, at the end at the latest.
for _ in 1 2 3; do
    run_in app leaker --rate 200
    expect_dead "$RUN_PID" within 20
done
reliefd_stop
incidents | xargs cat | jq -s "map(select(.offender == \"$TREE/app\") | .kernel.kills)" >"$WORK/kills"
expect_equal "each is told once" 4 "$(jq add "$WORK/kills")"
expect_between "in few records" 2 3 "$(jq length "$WORK/kills")"
