#!/bin/bash
# As a package: installed, it has been started by the boot, and answers.
# Guest: full
# Timeout: 240
# Paragraph: As a package
# Blocks: 1

is_active() { [[ $(systemctl is-active reliefd) == active ]]; }
expect "it runs" wait_until 60 is_active
expect "and answers" /usr/bin/reliefctl status
expect_equal "what it lacks or finds wrong" 0 "$(/usr/sbin/reliefd --check >"$OUT/check.log" 2>&1; echo $?)"
expect_equal "what the package's files have become" "" "$(dpkg --verify reliefd | grep -v /usr/share/ || :)"
