/* What the end of an incident leaves behind for the next one, and whether that one may kill. Plain
 * data in, an answer out. */
#pragma once

#include "futile.h"
#include "incident.h"
#include "limit.h"
#include "trigger.h"

struct rl_ending {
    const struct rl_incident *incident;
    const struct rl_relief *relief;
    bool refused;           /* the victim could not be signalled at all */
    bool counted;           /* a kill of it is, in [Budget] */
    bool tried;             /* by reliefctl try: nothing of it counts */
    uint64_t hold_until_us; /* so long nothing may be done for this offender; 0: no such time */
};

/* Did it end with a victim that could not be signalled, or did not die? */
bool rl_ending_failed(const struct rl_ending *ending);

/* The end of its cooldown. Who could not be killed has relieved nobody: the next one does not wait
 * for a whole one (RL_FAILED_AGAIN_US). */
uint64_t rl_ending_cooldown(const struct rl_ending *ending, uint64_t now_us);

/* Until when its offender is left alone: the cooldown, or what holds it for longer. */
uint64_t rl_ending_until(const struct rl_ending *ending, uint64_t now_us);

/* Does it count for Limit=? Of the offender, what a dry run would have killed does, too. */
bool rl_ending_counts(const struct rl_ending *ending);

/* Has it freed anything, or would have, for all whose victims it shares? What they saw before does
 * not count any more. */
bool rl_ending_relieves(const struct rl_ending *ending);

/* Does a step kill that counts for [Budget]? signalled: some process of the victim was. Who was
 * gone before his signal was not killed; dry runs and reliefctl try do not count. */
bool rl_step_counts(const struct rl_ending *ending, const struct rl_step *step, bool signalled);

/* What has a word in whether an incident may kill. */
struct rl_asking {
    struct rl_kills *kills; /* of the offender; may be marked as stopped */
    const struct rl_relief *relief;
    const struct rl_effect *effect; /* of the last kill there */
    const struct rl_sample *now;    /* the offender; NULL: gone */
    const struct rl_kills *budget;  /* of all, with */
    uint32_t budget_kills;          /* [Budget] Kills=, 0: no such rule */
    uint64_t budget_us;
};

/* May it kill: by Limit=, by what the last kill brought, by [Budget]? In that order. */
struct rl_allowance rl_kill_allowed(const struct rl_asking *asking, uint64_t now_us);

/* Does its trigger still hold, counted from the last step (rl_incident.since_us)? */
bool rl_still_holds(const struct rl_incident *incident, const struct rl_trigger *trigger,
    const struct rl_history *history, const struct rl_room *room, uint32_t have, uint64_t now_us);
