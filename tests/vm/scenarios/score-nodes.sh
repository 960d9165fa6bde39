#!/bin/bash
# A process bound to one NUMA node is scored against what that node has, and the list says what binds it.
# Nodes: 2
# Swap: zram 64M
# Timeout: 90

for level in / .; do cgroup_set "$level" cgroup.subtree_control +cpuset; done
cgroup_make cpuset cpuset.mems=1
cgroup_make both cpuset.mems=0 memory.max=100M
cgroup_make free
run_in cpuset holder --mb 60
cpuset=$RUN_PID
run_in free holder --mb 60 --bind 1
policy=$RUN_PID
run_in both holder --mb 60
both=$RUN_PID
run_in free holder --mb 60
unbound=$RUN_PID
for pid in "$cpuset" "$policy" "$both" "$unbound"; do wait_ready "$pid"; done

# kb KEY FILE: of a meminfo file.
kb() { sed -n "s/.*\b$1: *\([0-9]*\) kB/\1/p" "$2"; }
node_kb=$(kb MemTotal /sys/devices/system/node/node1/meminfo)
machine_kb=$(kb MemTotal /proc/meminfo)
swap_kb=$(kb SwapTotal /proc/meminfo)
expect_between "node 1: MB" 400 512 $((node_kb >> 10))
expect_at_least "the whole: MB" 800 $((machine_kb >> 10))
expect_at_least "held in node 1: MB" 60 $(($(sed -n 's/^anon .*N1=\([0-9]*\).*/\1/p' "$(cgroup_path cpuset)/memory.numa_stat") >> 20))

reliefctl scores --json >"$OUT/scores.json"
of() { jq -r "first(.processes[] | select(.pid == $1)) | $2" "$OUT/scores.json"; }
# expect_scored NAME PID KB LIMITED_BY
expect_scored() {
    expect_equal "$1: memory and who limits it" "$(($3 * 1024)) $4" "$(of "$2" '"\(.available_bytes) \(.limited_by)"')"
    expect_equal "$1: score" "$(of "$2" "1000 * (.rss_bytes + .swap_bytes) / ($3 * 1024) | floor")" "$(of "$2" .score)"
}
expect_scored "bound by cpuset" "$cpuset" $((node_kb + swap_kb)) cpuset:1
expect_scored "bound by policy" "$policy" $((node_kb + swap_kb)) mempolicy:1
expect_scored "cpuset larger than the limit" "$both" $((100 * 1024 + swap_kb)) "$TREE/both"
expect_scored "bound by nothing" "$unbound" $((machine_kb + swap_kb)) node

# As /proc/PID/oom_score, which knows no nodes.
reliefctl scores --system --model linux --json >"$OUT/scores.json"
for pid in "$cpuset" "$policy" "$both" "$unbound"; do
    expect_equal "against the whole: memory and who limits it" "$(((machine_kb + swap_kb) * 1024)) node" \
        "$(of "$pid" '"\(.available_bytes) \(.limited_by)"')"
    expect_equal "against the whole: off the kernel's" 0 "$(of "$pid" '.oom_score - .kernel_oom_score')"
done
