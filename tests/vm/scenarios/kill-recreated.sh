#!/bin/bash
# A victim that goes and makes its cgroup anew while a hook thinks: who lives there now is not hit.
# Kernels: 6.12
# Timeout: 180

cgroup_make app memory.max=128M
cgroup_make app/victim
printf '#!/bin/bash\ntouch %s\nuntil [[ -e %s ]]; do sleep 0.1; done\n' "$WORK/asked" "$WORK/answer" >"$WORK/think"
chmod 755 "$WORK/think"
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger fills]
Usage=60%
[Victim]
Kill=cgroup
[Relief]
Step=hook $WORK/think wait 60s
Step=kill
Cooldown=1h
END
reliefd_start
run_in app/victim holder --mb 100
old=$RUN_PID
wait_ready "$old"
before=$(stat -c %i "$(cgroup_path app/victim)")
expect "the hook is asked" wait_until 30 test -e "$WORK/asked"
expect_equal "about that cgroup" "$TREE/app/victim" "$(incident .victim.cgroup)"
kill -KILL "$old"
expect "it is empty" wait_until 10 is_empty app/victim
rmdir "$(cgroup_path app/victim)"
cgroup_make app/victim
run_in app/victim holder --mb 100
new=$RUN_PID
wait_ready "$new"
expect "it is another cgroup" test "$(stat -c %i "$(cgroup_path app/victim)")" != "$before"
touch "$WORK/answer"
expect "the incident has ended" wait_until 30 incident_ended
expect "who lives there now is not hit" stays 5 is_alive "$new"
expect_equal "incidents" 1 "$(incident_count)"
expect_equal "the kill found nobody" 0 "$(incident '[.steps[].signalled] | add')"
