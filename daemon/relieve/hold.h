/* One value of somebody else's file that we keep where an order wants it: what to write next, given
 * what was seen. Pure: no I/O, no clock.
 *
 * Invariants:
 * - `old` is what the file held before us, or what somebody wrote over ours since;
 * - while `held` the file holds `ours`, as far as we know, and `old` is to come back some day;
 * - what is equal already is never written, and what is not ours any more is never restored;
 * - a foreign write becomes the new old value; ours follows at most once in RL_HOLD_PEACE_US and
 *   RL_HOLD_STRIKES times, then the value is the other's for as long as the order stays the same.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RL_HOLD_PEACE_US UINT64_C(60000000)
#define RL_HOLD_STRIKES  3
#define RL_HOLD_MAX      INT64_MAX /* "max" in a limit file */

/* What an order asks for. */
struct rl_hold_want {
    bool any;     /* false: the old value */
    bool at_most; /* a smaller old value is left as it is */
    int64_t value;
};

/* Zero at the start. */
struct rl_hold {
    struct rl_hold_want want; /* of the last rl_hold_next() */
    int64_t old, ours;
    int64_t next;   /* what is being written, or was tried last */
    bool held;      /* see above */
    bool writing;   /* between rl_hold_begin() and rl_hold_end() */
    bool tried;     /* a write failed: the file may hold next all the same */
    bool contested; /* a foreign write was not answered yet */
    bool given_up;
    uint8_t strikes; /* foreign writes answered */
    uint64_t written_us;
};

enum rl_hold_do {
    RL_HOLD_REST,
    RL_HOLD_WRITE,   /* hold->next: save the state, then rl_hold_begin() and write */
    RL_HOLD_LATER,   /* nothing before *ret_at_us */
    RL_HOLD_GIVE_UP, /* said once: from now on the value is the other's */
};

/* What to do now. seen: what the file holds. */
enum rl_hold_do rl_hold_next(struct rl_hold *hold, const struct rl_hold_want *want, int64_t seen,
    uint64_t now_us, uint64_t *ret_at_us);

/* hold->next is on its way. */
void rl_hold_begin(struct rl_hold *hold, uint64_t now_us);

/* It was written (0), or could not be (-errno): nothing is tried again then until the order
 * changes. */
void rl_hold_end(struct rl_hold *hold, int result);

/* It is ours by inheritance: a child of a process whose value we hold has it too. */
void rl_hold_inherit(struct rl_hold *hold, const struct rl_hold *parent);

/* Must the state file know of it: a write of ours stands, or may stand. */
bool rl_hold_stands(const struct rl_hold *hold);
