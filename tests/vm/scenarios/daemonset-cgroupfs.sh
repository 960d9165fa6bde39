#!/bin/bash
# The same in the tree of a kubelet with the cgroupfs driver, where containers are cgroups named by their ids alone.
# Kernels: 6.12
# Swap: zram 256M
# Timeout: 420
# Image: yes

# shellcheck source=/dev/null
source "$SOURCE/tests/vm/lib/daemonset.sh"
daemonset_scenario cgroupfs
