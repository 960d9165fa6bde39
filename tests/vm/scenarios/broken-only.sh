#!/bin/bash
# With only a broken file the default acts on the machine alone, and that is said.
# Kernels: 6.12
# Swap: zram 400M
# Timeout: 120

cgroup_make app.service memory.max=32M
policy broken <<END
[Match]
Cgroup=$TREE/app.service
[Trigger stall]
Pressure=full 20 over 2s
[Relief]
Step=kill
END
reliefd_start
expect "it is said" grep -q "acts on the machine as a whole only" "$OUT/reliefd.log"
expect_equal "status says it too" true "$(reliefctl status --json | jq .default_node_only)"
expect_equal "policy of the unit" null "$(reliefctl explain --json "$TREE/app.service" | jq .policy)"
expect_equal "policy of the machine" default-node "$(reliefctl explain --json / | jq -r .policy.name)"

# What the default would relieve without that file (see default-policy) is left alone.
run_in app.service thrasher --size 220
thrasher=$RUN_PID
expect "nobody dies" stays 25 is_alive "$thrasher"
expect_equal "incidents" 0 "$(incident_count)"
