#!/bin/bash
# reliefd from its image, as the DaemonSet's manifests have it run, relieves pods, names them and leaves itself alone.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 420
# Image: yes

# As a kubelet with the systemd driver has it.
# shellcheck source=/dev/null
source "$SOURCE/tests/vm/lib/daemonset.sh"
daemonset_scenario systemd
