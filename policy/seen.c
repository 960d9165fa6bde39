#include "seen.h"

#include "wide.h"

#define US_PER_MS   1000
#define EVENTS_MASK 0x7fffffffu

/* 0 means never. */
static uint32_t ms_of(uint64_t now_us)
{
    uint32_t ms = (uint32_t)(now_us / US_PER_MS);

    return ms > 0 ? ms : 1;
}

/* The later one of two instants that both lie before now. */
static uint32_t later(uint32_t a, uint32_t b, uint32_t now_ms)
{
    if (a == 0 || b == 0)
        return a == 0 ? b : a;
    return now_ms - a < now_ms - b ? a : b;
}

/* When it was certainly as it was seen last; 0 for never. */
static uint32_t known_ms(const struct rl_seen *seen, uint32_t above_ms, uint32_t now_ms)
{
    uint32_t at = seen->at_ms == 0 ? 0 : later(seen->at_ms, above_ms, now_ms);

    return at != 0 && now_ms - at <= RL_SEEN_OLD_MS ? at : 0;
}

void rl_seen_born(struct rl_seen *seen, uint64_t now_us)
{
    *seen = (struct rl_seen){.at_ms = ms_of(now_us), .below = 1};
}

uint32_t rl_seen_events(const struct rl_seen *seen, const struct rl_glance *glance)
{
    return ((uint32_t)glance->events_sum - seen->events) & EVENTS_MASK;
}

bool rl_seen_older(const struct rl_seen *seen, uint64_t now_us)
{
    return seen->at_ms == 0 || (int32_t)(ms_of(now_us) - seen->at_ms) > 0;
}

void rl_seen_below(struct rl_seen *seen)
{
    seen->below = 1;
}

uint32_t rl_seen_above(const struct rl_seen *seen)
{
    return seen->below ? seen->at_ms : 0;
}

void rl_seen_take(
    struct rl_seen *seen, uint32_t above_ms, const struct rl_glance *glance, struct rl_stir *ret)
{
    uint32_t now_ms = ms_of(glance->now_us), at = known_ms(seen, above_ms, now_ms);
    uint32_t events = (uint32_t)glance->events_sum & EVENTS_MASK;

    *ret = (struct rl_stir){.blind = !glance->pressure};
    if (glance->events) {
        ret->events = events != seen->events;
        seen->events = events & EVENTS_MASK;
    }
    if (ret->events)
        seen->below = 0;
    if (!glance->pressure)
        return;
    if (seen->at_ms == 0)
        ret->grown_us = glance->some_us;
    else
        ret->grown_us = (uint32_t)glance->some_us - seen->some;
    if (at != 0)
        ret->over_us = (uint64_t)(now_ms - at) * US_PER_MS + US_PER_MS;
    seen->some = (uint32_t)glance->some_us;
    seen->full = (uint32_t)glance->full_us;
    seen->at_ms = now_ms;
    if (ret->grown_us > 0)
        seen->below = 0;
}

bool rl_seen_sample(const struct rl_seen *seen, uint32_t above_ms, const struct rl_glance *glance,
    struct rl_sample *ret)
{
    uint32_t now_ms = ms_of(glance->now_us), at = known_ms(seen, above_ms, now_ms);
    uint64_t ago_us = (uint64_t)(now_ms - at) * US_PER_MS;

    if (at == 0 || !glance->pressure || ago_us >= glance->now_us)
        return false;
    *ret = (struct rl_sample){
        .at_us = glance->now_us - ago_us,
        .have = RL_HAVE_PRESSURE,
        .some_us = glance->some_us - (uint32_t)((uint32_t)glance->some_us - seen->some),
        .full_us = glance->full_us - (uint32_t)((uint32_t)glance->full_us - seen->full),
    };
    return true;
}

uint32_t rl_stir_share(const struct rl_stir *stir, uint64_t span_us)
{
    uint64_t share = rl_mul_div(stir->grown_us, RL_WHOLE, span_us > 0 ? span_us : 1);

    return share < RL_WHOLE ? (uint32_t)share : RL_WHOLE;
}

bool rl_stir_any(const struct rl_stir *stir)
{
    return stir->blind || stir->events || stir->grown_us > 0;
}
