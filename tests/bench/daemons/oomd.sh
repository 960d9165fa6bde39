# shellcheck shell=bash disable=SC2034
# oomd of Facebook. Debian's oomd.json watches user.slice and system.slice: bench.slice takes the place of user.slice.
DAEMON_UNIT=oomd.service

daemon_configure() {
    local file=/run/bench/oomd-$1.json
    mkdir -p /run/bench
    case $1 in
        default) oomd_rules 60 30 15 >"$file" ;;
        fast) oomd_rules 40 2 1 >"$file" ;;
        never) oomd_rules 95 10 15 >"$file" ;;
        *) return 1 ;;
    esac
    # Debian's arguments, but for the hybrid hierarchy that is not there.
    DAEMON_COMMAND=(/usr/bin/oomd --interval 1 --config "$file" --cgroup-fs /sys/fs/cgroup)
}

# oomd_rules PERCENT SECONDS DELAY: full pressure of bench.slice, and its swap rule as it comes.
oomd_rules() {
    local victims="${BENCH_SERVICE#/}/*/*"
    jq -n --arg percent "$1" --arg seconds "$2" --arg delay "$3" --arg victims "$victims" '
        def plugin($name; $args): {$name, $args};
        {rulesets: [
          {name: "pressure", silence_logs: "engine",
           detectors: [["pressure of bench.slice",
             plugin("pressure_above"; {cgroup: "bench.slice", resource: "memory", threshold: $percent, duration: $seconds}),
             plugin("memory_reclaim"; {cgroup: "bench.slice", duration: "10"})]],
           actions: [plugin("kill_by_memory_size_or_growth"; {cgroup: $victims, post_action_delay: $delay})]},
          {name: "swap",
           detectors: [["free swap", plugin("swap_free"; {threshold_pct: "10"})]],
           actions: [plugin("kill_by_swap_usage"; {cgroup: $victims, post_action_delay: $delay})]}]}'
}
