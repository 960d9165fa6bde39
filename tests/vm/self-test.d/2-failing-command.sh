#!/bin/bash
# Fails: a command that nobody expected to fail ends the scenario.
cgroup_set . memory.max nonsense
touch "$OUT/not-reached"
