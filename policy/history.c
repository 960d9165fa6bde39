#include "history.h"

#include <string.h>

#include "wide.h"

/* Where RL_COUNT_LOCAL and the machine's counters come from, beside enum rl_have. */
#define HAVE_HIERARCHICAL (1u << 30) /* memory.events in place of memory.events.local */
#define HAVE_NODE         (1u << 31)

static const uint32_t sources[RL_COUNTERS] = {
    [RL_COUNT_SOME] = RL_HAVE_PRESSURE,
    [RL_COUNT_FULL] = RL_HAVE_PRESSURE,
    [RL_COUNT_HIGH] = RL_HAVE_EVENTS,
    [RL_COUNT_MAX] = RL_HAVE_EVENTS,
    [RL_COUNT_OOM] = RL_HAVE_EVENTS,
    [RL_COUNT_OOM_KILL] = RL_HAVE_EVENTS,
    [RL_COUNT_LOCAL] = RL_HAVE_EVENTS_LOCAL | HAVE_HIERARCHICAL,
    [RL_COUNT_REFAULTS] = RL_HAVE_STAT,
    [RL_COUNT_THROTTLED] = RL_HAVE_CPU,
    [RL_COUNT_CPU_PERIODS] = RL_HAVE_CPU,
    [RL_COUNT_CPU_PERIODS_THROTTLED] = RL_HAVE_CPU,
    [RL_COUNT_ALLOCSTALL] = HAVE_NODE,
    [RL_COUNT_KSWAPD_TAKEN] = HAVE_NODE,
    [RL_COUNT_NODE_REFAULTS] = HAVE_NODE,
};

/* Do both points know this counter, from the same file? Else a number that appears would look
 * like growth. */
static bool comparable(const struct rl_point *a, const struct rl_point *b, enum rl_counter counter)
{
    uint32_t from = a->have & sources[counter];

    return from != 0 && from == (b->have & sources[counter]);
}

void rl_history_clear(struct rl_history *history)
{
    history->n = 0;
    history->restart_us = 0;
    history->kernel_kill_us = 0;
}

const struct rl_point *rl_history_last(const struct rl_history *history)
{
    return history->n > 0 ? &history->points[history->n - 1] : NULL;
}

/* Of the machine there is no memory.current. */
static uint64_t used_of(const struct rl_sample *s, const struct rl_node *node)
{
    if (!node || (s->have & RL_HAVE_CURRENT))
        return rl_sample_used(s);
    return node->mem_total > node->mem_available ? node->mem_total - node->mem_available : 0;
}

static void fill_point(
    struct rl_point *point, const struct rl_sample *s, const struct rl_node *node)
{
    const struct rl_events *local = &s->events_local;
    uint32_t have = s->have | (node ? HAVE_NODE : 0);

    if (!(have & RL_HAVE_EVENTS_LOCAL) && (have & RL_HAVE_EVENTS)) {
        local = &s->events;
        have |= HAVE_HIERARCHICAL;
    }
    *point = (struct rl_point){
        .at_us = s->at_us,
        .have = have,
        .used = used_of(s, node),
        .count =
            {
                [RL_COUNT_SOME] = s->some_us,
                [RL_COUNT_FULL] = s->full_us,
                [RL_COUNT_HIGH] = s->events.high,
                [RL_COUNT_MAX] = s->events.max,
                [RL_COUNT_OOM] = s->events.oom,
                [RL_COUNT_OOM_KILL] = s->events.oom_kill,
                [RL_COUNT_LOCAL] = local->high + local->max + local->oom,
                [RL_COUNT_REFAULTS] = s->refault_anon + s->restore_file,
                [RL_COUNT_THROTTLED] = s->throttled_us,
                [RL_COUNT_CPU_PERIODS] = s->cpu_periods,
                [RL_COUNT_CPU_PERIODS_THROTTLED] = s->cpu_periods_throttled,
                [RL_COUNT_ALLOCSTALL] = node ? node->allocstall : 0,
                [RL_COUNT_KSWAPD_TAKEN] = node ? node->kswapd_taken : 0,
                [RL_COUNT_NODE_REFAULTS] = node ? node->refaults : 0,
            },
    };
}

static bool went_backwards(const struct rl_point *before, const struct rl_point *after)
{
    for (int i = 0; i < RL_COUNTERS; i++)
        if (comparable(before, after, i) && after->count[i] < before->count[i])
            return true;
    return false;
}

/* Make room by dropping the inner point that is missed least: the one whose neighbours are close
 * together for their age. Recent points stay dense, old ones thin out. */
static void thin_out(struct rl_history *history)
{
    const struct rl_point *p = history->points;
    uint64_t now = p[history->n - 1].at_us;
    uint64_t best_span = 1, best_age = 0; /* 1/0: worse than any */
    size_t best = 1;

    for (size_t i = 1; i + 1 < history->n; i++) {
        uint64_t span = p[i + 1].at_us - p[i - 1].at_us;
        uint64_t age = now - p[i].at_us + 1;

        if (best_age == 0 || (rl_wide)span * best_age < (rl_wide)best_span * age) {
            best_span = span;
            best_age = age;
            best = i;
        }
    }
    memmove(&history->points[best], &history->points[best + 1],
        (history->n - best - 1) * sizeof(history->points[0]));
    history->n--;
}

void rl_history_add(
    struct rl_history *history, const struct rl_sample *sample, const struct rl_node *node)
{
    const struct rl_point *last = rl_history_last(history);
    struct rl_point point;

    if (last && sample->at_us <= last->at_us)
        return;
    fill_point(&point, sample, node);
    if (last && went_backwards(last, &point)) {
        rl_history_clear(history);
        last = NULL;
    }
    if (last && comparable(last, &point, RL_COUNT_OOM_KILL) &&
        point.count[RL_COUNT_OOM_KILL] > last->count[RL_COUNT_OOM_KILL])
        history->kernel_kill_us = sample->at_us;
    if (history->n == RL_HISTORY_MAX)
        thin_out(history);
    history->points[history->n++] = point;
}

/* Growth between two points. Where a point that lacked the counter stood between them and was
 * dropped, it may have gone back unseen. */
static uint64_t growth_between(
    const struct rl_point *a, const struct rl_point *b, enum rl_counter counter)
{
    if (!comparable(a, b, counter) || b->count[counter] < a->count[counter])
        return 0;
    return b->count[counter] - a->count[counter];
}

/* Of that, the part that falls into [from, to]. */
static uint64_t growth_within(const struct rl_point *a, const struct rl_point *b,
    enum rl_counter counter, uint64_t from_us, uint64_t to_us)
{
    uint64_t start = a->at_us > from_us ? a->at_us : from_us;
    uint64_t end = b->at_us < to_us ? b->at_us : to_us;

    if (end <= start)
        return 0;
    return rl_mul_div(growth_between(a, b, counter), end - start, b->at_us - a->at_us);
}

/* Of growth between two points too far apart, what must have come within [from, to] whenever it
 * came: stall grows by one second a second at most. Of others nothing is known. */
static uint64_t surely_within(const struct rl_point *a, const struct rl_point *b,
    enum rl_counter counter, uint64_t from_us, uint64_t to_us)
{
    uint64_t start = a->at_us > from_us ? a->at_us : from_us;
    uint64_t end = b->at_us < to_us ? b->at_us : to_us;
    uint64_t growth = growth_between(a, b, counter), outside;

    if ((counter != RL_COUNT_SOME && counter != RL_COUNT_FULL) || end <= start)
        return 0;
    outside = (b->at_us - a->at_us) - (end - start);
    growth = growth > outside ? growth - outside : 0;
    return growth < end - start ? growth : end - start;
}

uint64_t rl_history_growth(const struct rl_history *history, enum rl_counter counter,
    uint64_t from_us, uint64_t to_us, uint64_t gap_us)
{
    uint64_t sum = 0;

    for (size_t i = history->n; i >= 2; i--) {
        const struct rl_point *a = &history->points[i - 2], *b = &history->points[i - 1];

        if (b->at_us <= from_us)
            break;
        if (gap_us > 0 && b->at_us - a->at_us > gap_us)
            sum += surely_within(a, b, counter, from_us, to_us);
        else
            sum += growth_within(a, b, counter, from_us, to_us);
    }
    return sum;
}

uint64_t rl_history_events(
    const struct rl_history *history, enum rl_counter counter, uint64_t from_us, uint64_t to_us)
{
    uint64_t sum = 0;

    for (size_t i = history->n; i >= 2; i--) {
        const struct rl_point *a = &history->points[i - 2], *b = &history->points[i - 1];

        if (b->at_us <= from_us)
            break;
        if (b->at_us <= to_us)
            sum += growth_between(a, b, counter);
    }
    return sum;
}

static bool used_known(const struct rl_point *point)
{
    const uint32_t files = RL_HAVE_CURRENT | RL_HAVE_STAT;

    return (point->have & HAVE_NODE) || (point->have & files) == files;
}

/* What was used at an instant between two points. */
static uint64_t used_between(const struct rl_point *a, const struct rl_point *b, uint64_t at_us)
{
    uint64_t span = b->at_us - a->at_us, passed = at_us - a->at_us;

    if (b->used < a->used)
        return a->used - rl_mul_div(a->used - b->used, passed, span);
    return a->used + rl_mul_div(b->used - a->used, passed, span);
}

bool rl_history_used_growth(const struct rl_history *history, uint64_t from_us, uint64_t *ret_bytes)
{
    const struct rl_point *newest = NULL, *later = NULL;
    uint64_t then = 0;
    size_t known = 0;

    *ret_bytes = 0;
    for (size_t i = history->n; i > 0; i--) {
        const struct rl_point *p = &history->points[i - 1];

        if (!used_known(p))
            continue;
        known++;
        newest = newest ? newest : p;
        then = later && p->at_us < from_us ? used_between(p, later, from_us) : p->used;
        if (later && p->at_us <= from_us)
            break;
        later = p;
    }
    if (known < 2)
        return false;
    if (from_us < newest->at_us && newest->used > then)
        *ret_bytes = newest->used - then;
    return true;
}

uint64_t rl_history_restart(const struct rl_history *history, enum rl_counter counter)
{
    bool stall = counter == RL_COUNT_SOME || counter == RL_COUNT_FULL;

    if (stall && history->kernel_kill_us > history->restart_us)
        return history->kernel_kill_us;
    return history->restart_us;
}

uint64_t rl_history_window(
    const struct rl_history *history, enum rl_counter counter, uint64_t now_us, uint64_t window_us)
{
    uint64_t from = now_us > window_us ? now_us - window_us : 0;
    uint64_t restart = rl_history_restart(history, counter);

    if (from < restart)
        from = restart;
    return rl_history_growth(history, counter, from, now_us, window_us / 2);
}
