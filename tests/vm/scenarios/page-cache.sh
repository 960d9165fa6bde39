#!/bin/bash
# Pressure without shortage: a cgroup that reads files in a loop at its limit is left alone.
# Kernels: 6.1 6.12
# Timeout: 120

cgroup_make reader memory.max=64M
policy reader <<END
[Match]
Cgroup=$TREE/reader
[Trigger stall]
Pressure=some 5% over 2s
Headroom=below 20%
[Relief]
Step=kill
END
make_file 300
reliefd_start
run_in reader filereader "$FILE"
sequential=$RUN_PID
run_in reader filereader --mmap "$FILE"
random=$RUN_PID

expect "there is pressure" wait_until 30 at_least 1000000 psi_total reader some
expect "the limit is hit" wait_until 30 at_least 100 events reader max
expect "nobody dies" stays 8 is_alive "$sequential"
expect_alive "$random"
expect_equal "incidents" 0 "$(incident_count)"
