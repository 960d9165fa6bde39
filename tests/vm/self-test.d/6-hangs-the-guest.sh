#!/bin/bash
# Fails: the guest sleeps with nobody to wake it; the host cuts it.
# Timeout: 5
echo mem >/sys/power/state
