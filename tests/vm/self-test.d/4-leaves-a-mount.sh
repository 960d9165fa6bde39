#!/bin/bash
# Fails: leaves a mount behind, so the next scenario gets a new guest.
mkdir /run/left-behind
mount -t tmpfs tmpfs /run/left-behind
