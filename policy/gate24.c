#include "gate24.h"

#include "limits.h"

#define CALM_US      (5 * RL_US_PER_S) /* without a failure: what comes then is a new burst */
#define BURST_US     (1 * RL_US_PER_S)
#define FAILURES     10
#define AFTERMATH_US (5 * RL_US_PER_S) /* for the last victim to exit */

static void begin_anew(struct rl_gate24 *gate, uint64_t now_us)
{
    gate->first_us = now_us;
    gate->count = 0;
}

/* Differences are unsigned and wrap, as those of jiffies did. */
bool rl_gate24_fail(struct rl_gate24 *gate, uint64_t swap_free, uint64_t now_us)
{
    uint64_t calm = now_us - gate->last_us;

    if (swap_free > 0)
        return false;
    gate->last_us = now_us;
    if (calm > CALM_US) {
        begin_anew(gate, now_us);
        return false;
    }
    if (now_us - gate->first_us < BURST_US)
        return false;
    if (++gate->count < FAILURES)
        return false;
    if (now_us - gate->last_kill_us < AFTERMATH_US)
        return false;
    gate->last_kill_us = now_us;
    begin_anew(gate, now_us);
    return true;
}
