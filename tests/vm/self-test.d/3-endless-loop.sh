#!/bin/bash
# Fails: never ends, with a process left in its cgroup; the guest cuts it.
# Timeout: 5
run_in . holder --mb 8
while :; do tick; done
