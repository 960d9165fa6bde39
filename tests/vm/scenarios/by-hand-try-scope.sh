#!/bin/bash
# Without a place named, a policy on trial has its leaker in a scope of systemd's, which is gone afterwards.
# Kernels: 6.12
# Guest: full
# Timeout: 180

scopes() { systemctl list-units --all --no-legend 'reliefd-try-*' | wc -l; }
no_scope() { (($(scopes) == 0)); }

policy app <<END
[Match]
Cgroup=$TREE/app
[Trigger stall]
Pressure=full 10% over 2s
[Relief]
Step=kill
END
reliefd_start
expect "the trial is a success" reliefctl try app --file-dir "$SCRATCH"
expect_equal "victim" reliefd-leaker "$(incident .victim.comm)"
expect_equal "outcome" relieved "$(incident .outcome.id)"
expect "it was in a scope" grep -q '^/system.slice/reliefd-try-[0-9]*[.]scope$' <<<"$(incident .offender)"
expect_equal "with a limit" $((64 << 20)) "$(incident .available.bytes)"
expect "nothing is left" wait_until 20 no_scope
