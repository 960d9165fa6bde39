#!/bin/bash
# What a dry run would have killed spends nothing of the budget; what was killed does.
# Kernels: 6.12
# Timeout: 180

daemon_config <<END
[Budget]
Kills=1 per 10min
END
for name in pretended real more; do
    cgroup_make $name memory.max=128M
    policy $name <<END
[Match]
Cgroup=$TREE/$name
[Trigger fills]
Usage=60%
[Relief]
Step=kill
Cooldown=1h
DryRun=$([[ $name == pretended ]] && echo yes || echo no)
END
done
reliefd_start
run_in pretended holder --mb 100
pretended=$RUN_PID
expect "a dry run has ended" wait_until 60 incidents_ended 1
expect_equal "its outcome" dry-run "$(incident .outcome.id)"
run_in real holder --mb 100
expect_dead "$RUN_PID" within 60
run_in more holder --mb 100
expect "a third incident has ended" wait_until 60 incidents_ended 3
expect_equal "its outcome" alarm "$(incident .outcome.id)"
expect_alive "$RUN_PID"
expect_alive "$pretended"
