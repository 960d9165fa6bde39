#!/bin/bash
# The record of a kill is complete: kind, evidence, candidates, steps, samples from before the start until the end.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 120

cgroup_make app memory.max=128M
policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 5%
[Victim]
Protect=comm:holder
[Relief]
Step=kill
END
reliefd_start
run_in app holder --mb 20
neighbour=$RUN_PID
wait_ready "$neighbour"
run_in app leaker --rate 20 --limit 300 --touch
victim=$RUN_PID
expect_dead "$victim" within 60
expect "the incident has ended" wait_until 20 incident_ended
expect_alive "$neighbour"
cp "$(incidents | tail -n 1)" "$OUT/record.json"
expect_equal "kind" relief "$(incident .kind)"
expect_equal "origin" own "$(incident .origin.id)"
expect_equal "available" "true $TREE/app" "$(incident '"\(.available.bytes > 134217728) \(.available.limited_by)"')"
expect_equal "spared by" "protected comm:holder" \
    "$(incident ".candidates[] | select(.pid == $neighbour) | \"\(.reason) \(.protected_by)\"")"
expect_equal "step" "kill victim-gone" "$(incident '.steps[-1] | "\(.step) \(.result)"')"
expect_at_least "bytes freed" $((32 << 20)) "$(incident .freed_bytes)"
expect_equal "pressure before and after" true "$(incident '.before.full_percent >= 15 and .after.full_percent != null')"

row() { incident ".samples.cgroups[$1].rows$2"; }
expect_equal "columns" 9 "$(incident '.samples.columns | length')"
expect_equal "whose" "$TREE/app:offender $TREE:ancestor /:node" \
    "$(incident '[.samples.cgroups[] | "\(.cgroup):\(.role)"] | join(" ")')"
for i in 0 1 2; do
    expect_equal "$i: rows of nine" "[9]" "$(row $i ' | map(length) | unique | tostring')"
    expect_equal "$i: in order" true "$(row $i ' | map(.[0]) | (. == sort) and (. == unique)')"
    expect_between "$i: so many" 2 240 "$(row $i ' | length')"
    expect_equal "$i: from before" true "$(row $i '[0][0] < 0 and .samples.cgroups['$i'].rows[0][0] >= -60000')"
    expect_equal "$i: to the end" true "$(incident ".duration_ms - .samples.cgroups[$i].rows[-1][0] | . >= 0 and . <= 5")"
    expect_equal "$i: stall grows" true "$(row $i '[-1][1] >= .samples.cgroups['$i'].rows[0][1]')"
done
expect_equal "a row of the start" 0 "$(row 0 ' | map(select(.[0] == 0)) | .[0][0]')"
expect_equal "its limit" $((128 << 20)) "$(row 0 '[0][7]')"
expect_equal "no high" null "$(row 0 '[0][6]')"
expect_equal "its memory came back" true "$(incident '.samples.cgroups[0].rows | (map(.[3]) | max) > .[-1][3] + 33554432')"
expect_equal "of the machine's memory" true "$(incident '.samples.cgroups[2].rows[0] | .[7] > .[3] and .[7] > .[4] and .[3] > 0')"
