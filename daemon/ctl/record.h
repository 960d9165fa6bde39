/* Recording a trace without a daemon. */
#pragma once

#include <signal.h>
#include <stdint.h>

#include "daemon/ctl/ctl.h"

struct rl_record_order {
    const char *glob;  /* cgroups; NULL: all */
    uint64_t until_us; /* CLOCK_MONOTONIC; UINT64_MAX: until a signal comes */
    const volatile sig_atomic_t *stopped;
};

/* Read cgroups every 250 ms and their processes every 2 s, by what the daemon itself reads with,
 * and write lines to fd, which is taken over. Return: an exit code. */
int rl_record_directly(const struct rl_args *args, const struct rl_record_order *order, int fd);
