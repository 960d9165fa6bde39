# shellcheck shell=bash disable=SC2034
# nohang, with Debian's nohang.conf. Its pressure check is off by default.
DAEMON_UNIT=nohang.service

daemon_configure() {
    local file=/run/bench/nohang-$1.conf
    mkdir -p /run/bench
    cp /etc/nohang/nohang.conf "$file"
    case $1 in
        default) ;;
        fast)
            nohang_pressure "$file" 40 2
            nohang_set "$file" soft_threshold_min_mem '10 %' hard_threshold_min_mem '10 %' \
                hard_threshold_min_swap '10 %' max_sleep 1
            ;;
        never)
            nohang_pressure "$file" 95 10
            nohang_set "$file" soft_threshold_min_mem '1 %' hard_threshold_min_mem '1 %'
            ;;
        *) return 1 ;;
    esac
    DAEMON_COMMAND=(/usr/sbin/nohang --monitor --config "$file")
}

# nohang_pressure FILE PERCENT SECONDS: of bench.slice. (10 s after an action is the least it takes.)
nohang_pressure() {
    nohang_set "$1" psi_checking_enabled True psi_path "$CGROUP_MOUNT$BENCH_SLICE/memory.pressure" \
        psi_metrics full_avg10 psi_excess_duration "$3" psi_post_action_delay 10 \
        soft_threshold_max_psi "$2" hard_threshold_max_psi "$2"
}

# nohang_set FILE KEY VALUE ...: each must be there.
nohang_set() {
    local file=$1
    shift
    while (($#)); do
        grep -q "^$1 *=" "$file" || { DAEMON_ERROR="nohang.conf has no $1"; return 1; }
        sed -i "s|^$1 *=.*|$1 = $2|" "$file"
        shift 2
    done
}
