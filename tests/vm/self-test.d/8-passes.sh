#!/bin/bash
# Passes, after all that.
expect "a fresh guest" [ ! -e /run/left-behind ]
