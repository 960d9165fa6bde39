#!/bin/bash
# The score is against the cgroup's own limit, and the one that thrashes at its limit pays, not its equal.
# Kernels: 6.1 6.12
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
run_in parent/small holder --mb 45
small=$RUN_PID
wait_ready "$small"
run_in parent/large holder --mb 45
large=$RUN_PID
wait_ready "$large"
reliefd_start

score_of() { reliefctl scores --json | jq ".processes[] | select(.pid == $1) | .score"; }
exact_score() {
    reliefctl scores --json | jq ".processes[] | select(.pid == $1) | 1000 * .rss_bytes / .available_bytes | floor"
}
available() { reliefctl scores --json | jq ".processes[] | select(.pid == $1) | .available_bytes"; }
expect_equal "available to the small one" $((50 << 20)) "$(available "$small")"
expect_equal "available to the large one" $((500 << 20)) "$(available "$large")"
expect_equal "score of the small one" "$(exact_score "$small")" "$(score_of "$small")"
expect_equal "score of the large one" "$(exact_score "$large")" "$(score_of "$large")"
expect_between "score of the small one" 900 950 "$(score_of "$small")"
expect_between "score of the large one" 90 95 "$(score_of "$large")"

# Refaults of a mapped file make the small cgroup thrash without an OOM kill.
make_file 100
run_in parent/small filereader --mmap "$FILE"
expect_dead "$small" within 60
expect "the incident has ended" wait_until 10 incident_ended
expect_alive "$large"
expect_equal "offender" "$TREE/parent/small" "$(incident .offender)"
expect_equal "subject" "$TREE/parent" "$(incident .subject)"
expect_equal "victim" "$small" "$(incident .victim.pid)"
