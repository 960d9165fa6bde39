# shellcheck shell=bash disable=SC2034,SC2054
# earlyoom: the machine's memory and swap only. It cannot be told of a cgroup.
DAEMON_UNIT=earlyoom.service

daemon_configure() {
    DAEMON_COMMAND=(/usr/bin/earlyoom -r 3600)
    case $1 in
        default) ;;
        fast) DAEMON_COMMAND+=(-m 10,10 -s 10,10) ;; # SIGKILL at once
        kill) DAEMON_COMMAND+=(-m 67,67 -s 100,100) ;; # when some 500 of 2048 MB are in use, whatever the swap
        never) DAEMON_COMMAND+=(-m 1,1 -s 1,1 --dryrun) ;;
        *) return 1 ;;
    esac
}
