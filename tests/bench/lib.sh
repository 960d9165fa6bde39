# shellcheck shell=bash disable=SC2034 # used by the other files
# What a measurement has at hand, beside all of tests/vm/lib.sh. README.md lists the functions.
#   BENCH   this directory
#   QUICK   yes: short windows and few repetitions
#   SETTINGS  those that daemons are measured with: default, fast, or both
#   TREE    its cgroup, in a slice that peers can be told of: /bench.slice/tree.service/NAME

readonly BENCH=$SOURCE/tests/bench
readonly QUICK=$BENCH_QUICK
read -ra SETTINGS <<<"${BENCH_SETTINGS:-default fast}"
readonly BENCH_SLICE=/bench.slice
readonly BENCH_SERVICE=$BENCH_SLICE/tree.service

for part in row daemon tree cost load press; do
    # shellcheck source=/dev/null
    source "$BENCH/lib/$part.sh"
done
unset part

bench_prepare() {
    bench_clean_up
    describe_guest
    mkdir -p /run/systemd/system
    tree_unit_start
    TREE=$BENCH_SERVICE/$SCENARIO
    cgroup_make .
}

# After a measurement, however it ended.
bench_clean_up() {
    daemon_stop_all || :
    tree_unit_stop || :
    trace_stop || :
}

# window FULL QUICK: the one of both that counts, as in: seconds=$(window 60 10)
window() { [[ $QUICK == yes ]] && echo "$2" || echo "$1"; }
