#!/bin/bash
# With a system call filter that ends whoever misses a call, the service still does all it has to.
# Kernels: 6.1 6.12
# Guest: full
# Swap: zram 256M
# Timeout: 200

mkdir -p /usr/local/sbin /etc/reliefd/policy.d
cp "$PROGRAMS/reliefd" /usr/local/sbin/
# As it is installed, but for the program's path and what a missing call does.
sed -e "s#^ExecStart=.*/reliefd#ExecStart=/usr/local/sbin/reliefd#" -e '/^SystemCallErrorNumber=/d' \
    "$BUILD/contrib/reliefd.service" >/etc/systemd/system/reliefd.service
for scope in process tree; do
    cat >"/etc/reliefd/policy.d/$scope.service.conf" <<END
[Trigger stall]
Pressure=full 15% over 2s
Headroom=below 10%
[Victim]
Kill=$scope
Protect=exe:/usr/sbin/none&uid:0
[Relief]
Step=terminate wait 1s
Step=kill
Cooldown=2s
END
done
systemctl daemon-reload
ctl() { "$PROGRAMS/reliefctl" "$@"; }
show() { systemctl show --value -P "$1" "$2.service"; }

require "the service starts" timeout 60 systemctl start reliefd.service
pid=$(show MainPID reliefd)
expect_equal "filter is on" 2 "$(awk '/^Seccomp:/ {print $2}' "/proc/$pid/status")"
expect_equal "its cgroup, where memory.min counts" "0::/reliefd.service" "$(cat "/proc/$pid/cgroup")"

ended() { [[ $(show ActiveState "$1") != active ]]; }
outcome() { ctl incidents --json | jq -r ".[0] | \"\\(.policy.name) \\(.steps[-1].signal) \\(.steps[-1].whole_cgroup) \\(.outcome.id)\""; }
for scope in process tree; do
    require "a stubborn leak starts" systemd-run --quiet --unit="$scope.service" --uid=nobody -p MemoryHigh=64M \
        -p MemoryMax=96M -p MemorySwapMax=48M -p CollectMode=inactive-or-failed -p OOMPolicy=continue \
        "$PROGRAMS/leaker" --rate 40 --limit 300 --touch --on-term ignore
    expect "the unit ended" wait_until 60 ended "$scope"
    whole=$([[ $scope == tree ]] && echo true || echo false)
    closed() { [[ $(outcome) == "$scope.service SIGKILL $whole relieved" ]]; }
    expect "killed as the policy says" wait_until 20 closed
done
expect "reload" timeout 30 systemctl reload reliefd.service
expect_equal "the same daemon all the time" "$pid" "$(show MainPID reliefd)"
require "stop" timeout 30 systemctl stop reliefd.service
expect_equal "result" success "$(show Result reliefd)"
rm -rf /etc/systemd/system/reliefd.service /etc/reliefd
