# shellcheck shell=bash disable=SC2034 # used by the other files
# What a scenario has at hand. Loaded by guest/main and guest/scenario; README.md lists all functions.
#   SCENARIO  its name
#   TREE      its cgroup as policies name it: /t-NAME (a path given to a helper is relative to it)
#   WORK      a directory of its own in memory, empty at the start
#   SCRATCH   one on a disk, for page cache tests; about 400 MB
#   OUT       what is put here is printed by the host when the scenario fails
#   PROGRAMS  where the load programs, reliefd and reliefctl are (first in PATH too)
# From the host: SOURCE, BUILD (both read-only), VM_KERNEL (6.1), VM_GUEST (small, full), VM_SEED.

readonly CGROUP_MOUNT=/sys/fs/cgroup
readonly RESULTS=/run/vm-tests
readonly DISK_MOUNT=/run/vm-disk
readonly PROGRAMS=$DISK_MOUNT/programs
export PATH=$PROGRAMS:$PATH

use_scenario() {
    SCENARIO=$1
    STARTED_US=${EPOCHREALTIME/[.,]/}
    TREE=/t-$SCENARIO
    OUT=$RESULTS/$SCENARIO
    WORK=/run/vm-work/$SCENARIO
    SCRATCH=$DISK_MOUNT/$SCENARIO
}

for part in poll expect cgroup process container image unit reliefd; do
    # shellcheck source=/dev/null
    source "$SOURCE/tests/vm/lib/$part.sh"
done
unset part
