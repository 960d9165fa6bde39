#!/bin/bash
# Passes: the guest has the memory and the nodes that the header asks for.
# Memory: 768M
# Nodes: 3

expect_equal "nodes with memory" 0-2 "$(</sys/devices/system/node/has_memory)"
expect_between "MemTotal in MB" 500 768 "$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) >> 10))"
