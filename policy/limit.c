#include "limit.h"

#include <string.h>

static bool within(uint64_t at_us, uint64_t per_us, uint64_t now_us)
{
    return at_us > now_us || now_us - at_us < per_us;
}

/* How many kills lie within the last per_us. They are in order, so these are the newest ones. */
static uint32_t count(const struct rl_kills *kills, uint64_t per_us, uint64_t now_us)
{
    uint32_t n = 0;

    while (n < kills->n && within(kills->at_us[kills->n - n - 1], per_us, now_us))
        n++;
    return n;
}

static struct rl_allowance ask(const struct rl_kills *kills, uint32_t max, uint64_t per_us,
    uint64_t now_us, enum rl_reason refusal)
{
    struct rl_allowance ret = {.kills = count(kills, per_us, now_us)};
    uint64_t last;

    if (max == 0)
        return ret;
    if (max > RL_KILLS_MAX)
        max = RL_KILLS_MAX;
    if (ret.kills < max)
        return ret;
    /* The one that has to leave the window before there are fewer than max in it. */
    last = kills->at_us[kills->n - max];
    ret.why = refusal;
    ret.until_us = per_us > UINT64_MAX - last ? UINT64_MAX : last + per_us;
    return ret;
}

struct rl_allowance rl_limit_allows(
    struct rl_kills *kills, const struct rl_relief *relief, uint64_t now_us)
{
    struct rl_allowance ret = ask(kills, relief->limit, relief->limit_us, now_us, RL_WAIT_LIMIT);

    if (relief->limit == 0 || relief->on_repeat != RL_REPEAT_STOP)
        kills->stopped = false;
    else if (ret.why != RL_REASON_NONE)
        kills->stopped = true;
    if (kills->stopped) {
        ret.why = RL_WAIT_LIMIT;
        ret.until_us = UINT64_MAX;
    }
    if (ret.why != RL_REASON_NONE)
        ret.instead = relief->on_repeat;
    return ret;
}

struct rl_allowance rl_budget_allows(
    const struct rl_kills *kills, uint32_t max, uint64_t per_us, uint64_t now_us)
{
    return ask(kills, max, per_us, now_us, RL_WAIT_BUDGET);
}

enum rl_reason rl_allowance_outcome(const struct rl_allowance *allowance)
{
    if (allowance->why == RL_WAIT_FUTILE)
        return RL_OUTCOME_FUTILE;
    if (allowance->why == RL_WAIT_BUDGET || allowance->instead == RL_REPEAT_ALARM)
        return RL_OUTCOME_ALARM;
    return RL_OUTCOME_HELD;
}

void rl_limit_note(struct rl_kills *kills, uint64_t now_us)
{
    uint32_t place;

    if (kills->n == RL_KILLS_MAX) {
        kills->n--;
        memmove(&kills->at_us[0], &kills->at_us[1], kills->n * sizeof(kills->at_us[0]));
    }
    for (place = kills->n; place > 0 && kills->at_us[place - 1] > now_us; place--)
        kills->at_us[place] = kills->at_us[place - 1];
    kills->at_us[place] = now_us;
    kills->n++;
}

void rl_limit_restart(struct rl_kills *kills)
{
    kills->stopped = false;
}

void rl_limit_merge(struct rl_kills *kills, const struct rl_kills *older)
{
    for (uint32_t i = 0; i < older->n; i++)
        rl_limit_note(kills, older->at_us[i]);
    kills->stopped |= older->stopped;
}
