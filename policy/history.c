#include "history.h"

#include <string.h>

#include "wide.h"

void rl_history_clear(struct rl_history *history)
{
    history->n = 0;
    history->restart_us = 0;
}

const struct rl_point *rl_history_last(const struct rl_history *history)
{
    return history->n > 0 ? &history->points[history->n - 1] : NULL;
}

static void fill_point(
    struct rl_point *point, const struct rl_sample *s, const struct rl_node *node)
{
    const struct rl_events *local = (s->have & RL_HAVE_EVENTS_LOCAL) ? &s->events_local
                                                                     : &s->events;

    *point = (struct rl_point){
        .at_us = s->at_us,
        .used = rl_sample_used(s),
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
                [RL_COUNT_ALLOCSTALL] = node ? node->allocstall : 0,
            },
    };
}

static bool went_backwards(const struct rl_point *before, const struct rl_point *after)
{
    for (int i = 0; i < RL_COUNTERS; i++)
        if (after->count[i] < before->count[i])
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
    if (last && point.count[RL_COUNT_OOM_KILL] > last->count[RL_COUNT_OOM_KILL])
        history->restart_us = sample->at_us;
    if (history->n == RL_HISTORY_MAX)
        thin_out(history);
    history->points[history->n++] = point;
}

/* The part of [from, to] that lies between two points, of the growth between them. */
static uint64_t growth_between(const struct rl_point *a, const struct rl_point *b,
    enum rl_counter counter, uint64_t from_us, uint64_t to_us)
{
    uint64_t start = a->at_us > from_us ? a->at_us : from_us;
    uint64_t end = b->at_us < to_us ? b->at_us : to_us;
    uint64_t growth = b->count[counter] - a->count[counter];

    if (end <= start)
        return 0;
    return rl_mul_div(growth, end - start, b->at_us - a->at_us);
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
            continue;
        sum += growth_between(a, b, counter, from_us, to_us);
    }
    return sum;
}

uint64_t rl_history_window(
    const struct rl_history *history, enum rl_counter counter, uint64_t now_us, uint64_t window_us)
{
    uint64_t from = now_us > window_us ? now_us - window_us : 0;

    if (from < history->restart_us)
        from = history->restart_us;
    return rl_history_growth(history, counter, from, now_us, window_us / 2);
}
