#include "daemon/relieve/hold.h"

#include <errno.h>

static bool same_want(const struct rl_hold_want *a, const struct rl_hold_want *b)
{
    return a->any == b->any && (!a->any || (a->at_most == b->at_most && a->value == b->value));
}

/* Bring what we believe in line with what the file holds. */
static void settle(struct rl_hold *hold, int64_t seen)
{
    if (hold->tried && seen == hold->next) {
        hold->ours = hold->next;
        hold->held = hold->next != hold->old;
    }
    hold->tried = false;
    if (hold->held && seen != hold->ours) {
        hold->held = false;
        hold->contested = true;
    }
    if (!hold->held)
        hold->old = seen;
}

static int64_t target(const struct rl_hold *hold)
{
    const struct rl_hold_want *want = &hold->want;

    if (!want->any || (want->at_most && hold->old < want->value))
        return hold->old;
    return want->value;
}

enum rl_hold_do rl_hold_next(struct rl_hold *hold, const struct rl_hold_want *want, int64_t seen,
    uint64_t now_us, uint64_t *ret_at_us)
{
    int64_t value;

    if (hold->writing)
        return RL_HOLD_REST;
    settle(hold, seen);
    if (!same_want(&hold->want, want)) {
        hold->want = *want;
        hold->strikes = 0;
        hold->contested = false;
        hold->given_up = false;
    }
    value = target(hold);
    if (hold->given_up || value == seen)
        return RL_HOLD_REST;
    if (hold->contested && hold->strikes == RL_HOLD_STRIKES) {
        hold->given_up = true;
        return RL_HOLD_GIVE_UP;
    }
    if (hold->contested && now_us < hold->written_us + RL_HOLD_PEACE_US) {
        *ret_at_us = hold->written_us + RL_HOLD_PEACE_US;
        return RL_HOLD_LATER;
    }
    hold->next = value;
    return RL_HOLD_WRITE;
}

void rl_hold_begin(struct rl_hold *hold, uint64_t now_us)
{
    if (hold->contested)
        hold->strikes++;
    hold->contested = false;
    hold->writing = true;
    hold->written_us = now_us;
}

void rl_hold_end(struct rl_hold *hold, int result)
{
    hold->writing = false;
    if (result == 0) {
        hold->ours = hold->next;
        hold->held = hold->next != hold->old;
        return;
    }
    hold->tried = true;
    hold->given_up = true;
}

void rl_hold_inherit(struct rl_hold *hold, const struct rl_hold *parent)
{
    hold->old = parent->old;
    hold->ours = parent->ours;
    hold->held = true;
}

bool rl_hold_stands(const struct rl_hold *hold)
{
    return hold->held || hold->writing || hold->tried;
}
