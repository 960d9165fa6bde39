#!/bin/bash
# Records the traces of tests/fixtures/traces (which says how).
# Kernels: 6.1 6.12
# Swap: zram 256M
# Timeout: 180

# record NAME SECONDS: of the cgroup NAME, to $OUT/NAME.trace
record() {
    {
        echo "# $1, Linux $(uname -r), $(nproc) processors: $3"
        "$BUILD/tests/vm/trace/record" "$TREE/$1" "$2"
    } >"$OUT/$1.trace"
    expect_at_least "looks of $1" $(($2 * 5)) "$(grep -vc '^#' "$OUT/$1.trace")"
}

cgroup_make quiet memory.max=64M
run_in quiet holder --mb 20
wait_ready "$RUN_PID"
record quiet 6 "20 MB held at memory.max=64M"

cgroup_make leaker memory.high=64M memory.max=128M
run_in leaker leaker --rate 40 --limit 300 --touch
record leaker 9 "leaker --rate 40 --limit 300 --touch under memory.high=64M, memory.max=128M"
cgroup_remove leaker

cgroup_make thrasher memory.max=64M
run_in thrasher thrasher --size 110
record thrasher 9 "thrasher --size 110 at memory.max=64M"
cgroup_remove thrasher

cgroup_make reader memory.max=64M
make_file 300
run_in reader filereader "$FILE"
run_in reader filereader --mmap "$FILE"
record reader 9 "two readers of a file of 300 MB, one of them random, at memory.max=64M"
cgroup_remove reader
