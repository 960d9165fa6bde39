#!/bin/bash
# Its kernel says what it says when emulated processors go wrong: once more, and then it has failed.
# Kernels: 6.12

echo "filereader[$$]: segfault at 0 ip 0000000000000000 sp 0000000000000000" >/dev/kmsg
expect_equal "one is two" 1 2
