#!/bin/bash
# Where systemd is, a hook runs as a service of its own, with the same answers, arguments and limit.
# Kernels: 6.12
# Guest: full
# Timeout: 180

cgroup_make app memory.max=128M
cat >"$WORK/ask" <<END
#!/bin/bash
cat >$WORK/input
cat /proc/self/cgroup >$WORK/cgroup
printf '%s\n' "\$@" >$WORK/arguments
env >$WORK/environment
END
printf '#!/bin/bash\nexec sleep 1000\n' >"$WORK/hang"
chmod 755 "$WORK/ask" "$WORK/hang"
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=60%
[Relief]
Step=hook $WORK/ask "a b" \$RELIEFD_PID \$\$ wait 30s
Step=hook $WORK/hang wait 3s
Step=kill
END
reliefd_start
sleep 2 # until the bus is connected
run_in app holder --mb 100
holder=$RUN_PID
wait_ready "$holder"
expect_dead "$holder" within 60
expect "the incident has ended" wait_until 20 incident_ended
expect_equal "steps" "hook hook kill" "$(incident '[.steps[].step] | join(" ")')"
expect_equal "results" "done cut-short victim-gone" "$(incident '[.steps[].result] | join(" ")')"
expect "it was a service" grep -q '/system.slice/reliefd-hook-.*\.service$' "$WORK/cgroup"
expect_equal "its arguments" 'a b,$RELIEFD_PID,$$' "$(paste -sd, "$WORK/arguments")"
expect_equal "stdin was the incident" "$(incident .id)" "$(jq -r .id "$WORK/input")"
expect "the victim was told" grep -qx "RELIEFD_PID=$holder" "$WORK/environment"
no_hook_left() { [[ -z $(systemctl list-units --plain --no-legend 'reliefd-hook-*') ]]; }
expect "nothing of the hooks is left" wait_until 20 no_hook_left
