#!/bin/bash
# For one user: an unprivileged user's own instance runs under that user's manager.
# Guest: full
# Timeout: 240
# Paragraph: As a package
# Blocks: 1
# Also: useradd --create-home alice && mkdir -p /var/lib/systemd/linger && touch /var/lib/systemd/linger/alice

# shellcheck source=/dev/null
source "$SOURCE/tests/install/readme.sh"

as_alice() { runuser -u alice -- env XDG_RUNTIME_DIR="/run/user/$(id -u alice)" HOME=/home/alice "$@"; }
is_running() { as_alice systemctl --user is-active "$1"; }
require "her manager runs" wait_until 90 is_running basic.target
while read -r line; do
    say "$line"
    require "README: $line" as_alice bash -c "$line"
done < <(readme_commands "For one user" 1)
expect "it runs" wait_until 30 is_running reliefd.service
pid=$(as_alice systemctl --user show --value -P MainPID reliefd.service)
expect_equal "as her" "$(id -u alice)" "$(stat -c %u "/proc/$pid")"
expect_equal "with privileges" 0000000000000000 "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")"
