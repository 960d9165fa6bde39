/* The five questions of Linux 2.4's out_of_memory() (2.4.22, mm/oom_kill.c), for those who want to
 * compare: a kill is due only when memory failures come close together for long enough. A "failure"
 * is an evaluation at which all else that the trigger asks for holds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The statics of out_of_memory(): zero at the start. Microseconds of CLOCK_MONOTONIC. */
struct rl_gate24 {
    uint64_t first_us, last_us, last_kill_us;
    uint64_t count;
};

/**
 * rl_gate24_fail() - a failure happened now; is a kill due
 *
 * In the kernel's order: swap left: no. More than 5 s since the last failure: begin anew, no. Less
 * than 1 s since the first: no. Fewer than 10 failures: no. A kill less than 5 s ago: no. Else yes,
 * and the burst begins anew.
 */
bool rl_gate24_fail(struct rl_gate24 *gate, uint64_t swap_free, uint64_t now_us);
