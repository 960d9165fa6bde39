/* Would one more kill help? Files in memory (tmpfs) and shared memory stay when their writer dies:
 * a cgroup that is full of them is not relieved by any kill, and whoever is killed for it dies for
 * nothing, one after the other. Plain data and numbers in, an answer out. */
#pragma once

#include "sample.h"

/* For so long nobody is killed then; after that it is asked again. */
#define RL_FUTILE_HOLD_US (60 * RL_US_PER_S)

/* What the last kill of an offender brought. Zero: there was none. */
struct rl_effect {
    uint64_t at_us;   /* CLOCK_MONOTONIC, when it was measured; 0: never */
    uint64_t counted; /* bytes that the victim's score counted */
    uint64_t freed;   /* bytes by which the offender fell */
    uint64_t shmem_before, anon_after;
    bool relieved; /* the pressure ended */
};

/**
 * rl_futile() - is there no point in another kill
 * @last: of this offender
 * @now:  the offender; without memory.current and memory.stat nothing is futile
 *
 * Futile is a kill where memory that does not go with processes is more than half of
 * memory.current, and the last kill has shown it: less than a tenth of what the victim's score
 * counted came back, or the pressure went on, or at least half of what came back was filled with
 * such memory again. It is not where anonymous memory has grown since by a tenth of
 * memory.current: that is something new, which a kill may end.
 */
bool rl_futile(const struct rl_effect *last, const struct rl_sample *now);
