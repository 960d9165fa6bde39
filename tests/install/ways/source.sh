#!/bin/bash
# From source: built, tested and installed, it starts and answers.
# Guest: full
# Timeout: 240
# Paragraph: From source
# Blocks: 1

# shellcheck source=/dev/null
source "$SOURCE/tests/install/readme.sh"

cd /
while read -r line; do
    say "$line"
    require "README: $line" bash -c "$line"
done < <(readme_commands "From source" 2)
expect_equal "it runs" active "$(systemctl is-active reliefd)"
expect_equal "and will at each boot" enabled "$(systemctl is-enabled reliefd)"
expect "the journal has its explanations" grep -q reliefd <(journalctl --dump-catalog)
expect "there is a page for it" test -s /usr/share/man/man8/reliefd.8
