#!/bin/bash
# Step=hook: a program is told of the victim, and may spare it; one that hangs is ended; then the ladder goes on.
# Kernels: 6.12
# Timeout: 180

cgroup_make app memory.max=128M
cat >"$WORK/ask" <<END
#!/bin/bash
cat >$WORK/input.\$RELIEFD_PID
env >$WORK/environment
[[ \$RELIEFD_PID != \$1 ]] || exit 10
echo "goes on with \$RELIEFD_PID"
END
printf '#!/bin/bash\nsleep 1000 &\necho $! >%s\nwait\n' "$WORK/sleeper" >"$WORK/hang"
chmod 755 "$WORK/ask" "$WORK/hang"

run_in app holder --mb 60
spared=$RUN_PID
run_in app holder --mb 40
second=$RUN_PID
wait_ready "$spared"
wait_ready "$second"
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=60%
[Relief]
Step=hook $WORK/ask $spared wait 20s
Step=hook $WORK/hang wait 2s
Step=kill
END
reliefd_start
expect_dead "$second" within 60
expect_alive "$spared"
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "steps" "hook hook hook kill" "$(incident '[.steps[].step] | join(" ")')"
expect_equal "results" "veto done cut-short victim-gone" "$(incident '[.steps[].result] | join(" ")')"
expect_equal "victim" "$second" "$(incident .victim.pid)"
expect_equal "stdin was the incident" "$(incident .id)" "$(jq -r .id "$WORK/input.$second")"
expect_equal "of the first victim, too" "$spared" "$(jq -r .victim.pid "$WORK/input.$spared")"
expect "nothing else is in its environment" bash -c \
    "! grep -vE '^(RELIEFD_[A-Z_]+|PATH|LANG|PWD|SHLVL|_)=' $WORK/environment"
expect_dead "$(<"$WORK/sleeper")" within 10
expect "its words are in the log" grep -q "goes on with $second" "$OUT/reliefd.log"
