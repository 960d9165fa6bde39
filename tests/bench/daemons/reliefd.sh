# shellcheck shell=bash disable=SC2034
# reliefd of the build, with its own unit. Kill=cgroup, as the peers do that act on a cgroup's pressure.
DAEMON_UNIT=reliefd.service

daemon_configure() {
    local folder=/run/bench/reliefd-$1
    mkdir -p /usr/local/sbin
    cp "$PROGRAMS/reliefd" /usr/local/sbin/
    cp "$BUILD/contrib/reliefd.service" /run/systemd/system/
    DAEMON_COMMAND=(/usr/local/sbin/reliefd)
    [[ $1 != default ]] || return 0 # the policies that are built in
    case $1 in
        fast) reliefd_policies "$folder" "full 40% over 2s" "some 10% over 1s" "below 10%" ;;
        kill) reliefd_policies "$folder" "full 4% over 2s" "some 95% over 10s" "below 10%" ;;
        never | traced) reliefd_policies "$folder" "full 95% over 10s" "some 95% over 10s" "below 10%" ;;
        *) return 1 ;;
    esac
    DAEMON_COMMAND+=(--policy-dir "$folder")
    [[ $1 != traced ]] || DAEMON_COMMAND+=(--trace /var/lib/reliefd/bench.trace)
}

# reliefd_policies FOLDER PRESSURE NODE-PRESSURE NODE-HEADROOM
reliefd_policies() {
    rm -rf "$1"
    mkdir -p "$1"
    cat >"$1/bench.conf" <<END
[Match]
Cgroup=$BENCH_SLICE/**
[Trigger stall]
Pressure=$2
[Victim]
Kill=cgroup
[Relief]
Step=kill
Cooldown=2s
END
    cat >"$1/node.conf" <<END
[Match]
Cgroup=/
[Trigger short]
Pressure=$3
Headroom=$4
[Relief]
Step=kill
Cooldown=2s
END
}
