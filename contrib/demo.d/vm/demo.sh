#!/bin/bash
# The scene of contrib/demo, in a guest: a leaking process is killed and its neighbour lives on.
# Swap: zram 256M
# Timeout: 110

TOP=$(cgroup_path .) PLACE=$WORK
# shellcheck source-path=SCRIPTDIR source=../scene.sh
source "$SOURCE/contrib/demo.d/scene.sh"
# Not in this process: the cgroup files written to are the scene's own, and its failures are no rig's.
(set +eE; trap - ERR EXIT; play_scene; status=$?; kill "$DAEMON" 2>/dev/null; wait "$DAEMON"; exit "$status") ||
    fail "the scene did not end as it should"
