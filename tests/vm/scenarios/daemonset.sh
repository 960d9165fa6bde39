#!/bin/bash
# reliefd in a container, with the mounts and capabilities of the DaemonSet, relieves pods, names them and leaves itself alone.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 420

# As a kubelet with the systemd driver has it.
# shellcheck source=/dev/null
source "$SOURCE/tests/vm/lib/daemonset.sh"
daemonset_scenario systemd
