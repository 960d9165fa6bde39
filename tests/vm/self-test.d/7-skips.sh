#!/bin/bash
# Is skipped, with its reason.
skip "for the self-test"
