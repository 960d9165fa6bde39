#include "origin.h"

#include "wide.h"

#define USED_SHARE      9000u /* of its own limit: 90 % */
#define THROTTLED_SHARE 2000u /* of the window: 20 % */
#define PERIODS_LEAST   5     /* of cpu.max, before their share tells anything */
#define PERIODS_SHARE   9000u /* of them, that end throttled: 90 % */
#define AVAILABLE_SHARE 1000u /* of the machine: 10 % */
#define REFAULTS_LEAST  10    /* pages a second */

static uint64_t growth(
    const struct rl_history *history, enum rl_counter counter, uint64_t now_us, uint64_t window_us)
{
    return rl_history_growth(
        history, counter, now_us > window_us ? now_us - window_us : 0, now_us, 0);
}

/* How much of the window was looked at. Stall counts from the first look on as well: held against
 * the whole window, cpu.max would be noticed only after the pressure that it causes. */
static uint64_t looked_at(const struct rl_history *history, uint64_t now_us, uint64_t window_us)
{
    uint64_t first = history->n > 0 ? history->points[0].at_us : 0;
    uint64_t past = now_us > first ? now_us - first : 0;

    return past < window_us ? past : window_us;
}

/* Does cpu.max hold it up, for a good part of the window or all along? A task that overruns its
 * quota inside reclaim may stay throttled for seconds, and throttled_usec grows only when that
 * ends; but each period that passes meanwhile is counted. */
static bool held_up(const struct rl_history *history, uint64_t now_us, uint64_t window_us)
{
    uint64_t time = growth(history, RL_COUNT_THROTTLED, now_us, window_us);
    uint64_t periods = growth(history, RL_COUNT_CPU_PERIODS, now_us, window_us);
    uint64_t throttled = growth(history, RL_COUNT_CPU_PERIODS_THROTTLED, now_us, window_us);

    if (time > rl_mul_div(looked_at(history, now_us, window_us), THROTTLED_SHARE, RL_WHOLE))
        return true;
    return periods >= PERIODS_LEAST && throttled >= rl_mul_div(periods, PERIODS_SHARE, RL_WHOLE);
}

void rl_origin_cgroup(const struct rl_history *history, const struct rl_level *level, uint32_t have,
    uint64_t now_us, uint64_t window_us, struct rl_evidence *ret)
{
    uint64_t limit = level->memory_high < level->memory_max ? level->memory_high
                                                            : level->memory_max;
    bool full;

    *ret = (struct rl_evidence){
        .verdict = RL_ORIGIN_UNATTRIBUTED,
        .window_us = window_us,
        .local_events = growth(history, RL_COUNT_LOCAL, now_us, window_us),
        .refaults = growth(history, RL_COUNT_REFAULTS, now_us, window_us),
        .used = level->used_known ? level->used : 0,
        .limit = limit,
        .throttled = (have & RL_HAVE_CPU) && held_up(history, now_us, window_us),
    };
    if (limit == RL_NO_LIMIT)
        return;
    full = level->used_known && level->used >= rl_mul_div(limit, USED_SHARE, RL_WHOLE);
    if (ret->local_events > 0 && (full || ret->refaults > 0))
        ret->verdict = RL_ORIGIN_OWN;
}

/* Does kswapd take away what the machine works with? See the header for each of the terms. */
static bool kswapd_thrashes(
    const struct rl_evidence *e, const struct rl_node *node, uint64_t looked_at_us)
{
    uint64_t half = e->refaults / 2;
    uint64_t limited = e->refaults_limited;

    if (node->mem_available >= rl_mul_div(node->mem_total, AVAILABLE_SHARE, RL_WHOLE))
        return false;
    if (e->refaults == 0 || e->refaults < rl_mul_div(looked_at_us, REFAULTS_LEAST, RL_US_PER_S))
        return false;
    return e->kswapd_taken >= half && limited <= half;
}

void rl_origin_node(const struct rl_history *history, const struct rl_node *node,
    uint64_t refaults_limited, uint64_t now_us, uint64_t window_us, struct rl_evidence *ret)
{
    *ret = (struct rl_evidence){
        .verdict = RL_ORIGIN_UNATTRIBUTED,
        .window_us = window_us,
        .used = node->mem_total > node->mem_available ? node->mem_total - node->mem_available : 0,
        .limit = node->mem_total,
        .allocstalls = growth(history, RL_COUNT_ALLOCSTALL, now_us, window_us),
        .kswapd_taken = growth(history, RL_COUNT_KSWAPD_TAKEN, now_us, window_us),
        .refaults = growth(history, RL_COUNT_NODE_REFAULTS, now_us, window_us),
        .refaults_limited = refaults_limited,
    };
    if (ret->allocstalls > 0 || kswapd_thrashes(ret, node, looked_at(history, now_us, window_us)))
        ret->verdict = RL_ORIGIN_NODE;
}

bool rl_origin_asks_limited(const struct rl_evidence *node)
{
    return node->verdict == RL_ORIGIN_NODE && node->allocstalls == 0;
}

static bool below_own(const struct rl_suspect *suspects, size_t i)
{
    for (int32_t above = suspects[i].above; above >= 0; above = suspects[above].above)
        if (suspects[above].own)
            return true;
    return false;
}

uint64_t rl_origin_limited(
    struct rl_suspect *suspects, size_t n, uint64_t now_us, uint64_t window_us)
{
    struct rl_evidence e;
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        struct rl_suspect *s = &suspects[i];

        rl_origin_cgroup(s->history, s->level, s->have, now_us, window_us, &e);
        s->own = e.verdict == RL_ORIGIN_OWN;
        s->refaults = e.refaults;
    }
    for (size_t i = 0; i < n; i++)
        if (suspects[i].own && !below_own(suspects, i))
            sum += suspects[i].refaults;
    return sum;
}
