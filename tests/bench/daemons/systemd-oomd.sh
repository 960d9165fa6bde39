# shellcheck shell=bash disable=SC2034
# systemd-oomd. It watches what units ask for: here bench.slice does, and the root for swap as Debian has it.
DAEMON_UNIT=systemd-oomd.service
DAEMON_SOCKETS=(systemd-oomd.socket)

daemon_configure() {
    local limit seconds
    DAEMON_COMMAND=(/lib/systemd/systemd-oomd)
    case $1 in
        default) limit=60% seconds=20 ;; # systemd's limit; Debian's duration
        fast) limit=40% seconds=2 ;;
        kill) limit=4% seconds=2 ;;
        never) limit=95% seconds=10 ;;
        *) return 1 ;;
    esac
    mkdir -p /run/systemd/oomd.conf.d
    printf '[OOM]\nDefaultMemoryPressureDurationSec=%ss\n' "$seconds" >/run/systemd/oomd.conf.d/90-bench.conf
    printf 'ManagedOOMMemoryPressure=kill\nManagedOOMMemoryPressureLimit=%s\n' "$limit" | slice_drop_in
}

daemon_forget() { slice_drop_in_remove; }
