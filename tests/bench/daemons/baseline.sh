# shellcheck shell=bash disable=SC2034
# No daemon: the libraries that reliefd uses, loaded, set up and locked, doing nothing. What of reliefd's memory is theirs.
DAEMON_UNIT=baseline.service

daemon_configure() {
    [[ -x $PROGRAMS/baseline ]] || { DAEMON_ERROR="tests/bench/baseline is not built"; return 1; }
    DAEMON_COMMAND=("$PROGRAMS/baseline")
    printf '[Service]\nLimitMEMLOCK=infinity\n' >"/run/systemd/system/$DAEMON_UNIT"
}
