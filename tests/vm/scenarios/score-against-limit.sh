#!/bin/bash
# The score is against the cgroup's own limit, and the one that thrashes at its limit pays, not its equal.
# Kernels: 6.12
# Timeout: 120

cgroup_make parent
cgroup_make parent/small memory.max=50M
cgroup_make parent/large memory.max=500M
policy parent <<END
[Match]
Cgroup=$TREE/parent
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 15%
[Relief]
Step=kill
END
run_in parent/small thrasher --size 45
small=$RUN_PID
run_in parent/large thrasher --size 45
large=$RUN_PID
reliefd_start
for cgroup in small large; do
    require "the $cgroup one holds its 45 MB" wait_until 40 at_least $((45 << 20)) memory_current "parent/$cgroup"
done

reliefctl scores --json >"$WORK/scores"
of() { jq "first(.processes[] | select(.pid == $1)) | $2" "$WORK/scores"; }
expect_equal "available to the small one" $((50 << 20)) "$(of "$small" .available_bytes)"
expect_equal "available to the large one" $((500 << 20)) "$(of "$large" .available_bytes)"
expect_equal "the small one's score against its size" 0 \
    "$(of "$small" '.score - (1000 * .rss_bytes / .available_bytes | floor)')"
expect_equal "the large one's score against its size" 0 \
    "$(of "$large" '.score - (1000 * .rss_bytes / .available_bytes | floor)')"
expect_between "score of the small one" 900 950 "$(of "$small" .score)"
expect_between "score of the large one" 90 95 "$(of "$large" .score)"

# More than 50 MB in use in the small one: with swap it thrashes at its limit, where the kernel does not kill.
swap_on 256M
run_in parent/small thrasher --size 30
expect_dead "$small" within 60
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$large"
expect_equal "offender" "$TREE/parent/small" "$(incident .offender)"
expect_equal "subject" "$TREE/parent" "$(incident .subject)"
expect_equal "victim" "$small" "$(incident .victim.pid)"
