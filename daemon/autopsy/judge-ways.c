/* In how many ways a report can be read, and whether they agree. */
#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/judge-private.h"

#define NO_DISTANCE UINT64_MAX

void rl_oom_ways_of(const struct rl_oom_models *models, const struct rl_oom_total *total,
    bool whole_machine, struct rl_oom_ways *ret)
{
    *ret = (struct rl_oom_ways){.lo = total->lo, .hi = total->hi, .best = total->best};
    for (size_t i = 0; i < models->n; i++) {
        bool bonus = models->models[i]->since < RL_KERNEL(4, 17, 0);

        /* Root has the capability, but root of a container has not. */
        for (int other = 0; other < (bonus ? 2 : 1); other++)
            ret->ways[ret->n++] = (struct rl_oom_way){
                .model = models->models[i], .root = whole_machine != other};
    }
}

static uint64_t print_with(const struct rl_oom_report *report, struct rl_oom_way way,
    uint64_t total, struct rl_oom_rated *victim)
{
    struct rl_score score;

    way.total = total;
    rl_oom_rate(report, &way, victim, &score);
    return rl_oom_print(&way, &score);
}

static uint64_t distance(const struct rl_oom_report *report, const struct rl_oom_way *way,
    uint64_t total, struct rl_oom_rated *victim)
{
    uint64_t printed = print_with(report, *way, total, victim);

    return printed > report->printed_score ? printed - report->printed_score
                                           : report->printed_score - printed;
}

void rl_oom_ways_fit(
    const struct rl_oom_report *report, struct rl_oom_rated *victim, struct rl_oom_ways *ways)
{
    bool exact = ways->lo == ways->hi;
    uint64_t nearest = NO_DISTANCE;
    size_t kept = 0;

    if (ways->best == 0)
        return;
    for (size_t i = 0; i < ways->n; i++) {
        uint64_t d = distance(report, &ways->ways[i], ways->best, victim);
        nearest = d < nearest ? d : nearest;
    }
    /* A total that is only guessed must prove itself before it can prove anything else. */
    if (!exact && nearest > 1)
        return;
    for (size_t i = 0; i < ways->n; i++)
        if (distance(report, &ways->ways[i], ways->best, victim) <= 2 * nearest)
            ways->ways[kept++] = ways->ways[i];
    ways->n = kept;
}

/* The smallest total in [lo, hi] for which the printed score is at most most, hi + 1: none. The
 * larger the total, the smaller the share. */
static uint64_t total_for(const struct rl_oom_report *report, const struct rl_oom_ways *ways,
    struct rl_oom_rated *victim, uint64_t most)
{
    uint64_t lo = ways->lo, hi = ways->hi + 1;

    while (lo < hi) {
        uint64_t middle = lo + (hi - lo) / 2;
        if (print_with(report, ways->ways[0], middle, victim) <= most)
            hi = middle;
        else
            lo = middle + 1;
    }
    return lo;
}

void rl_oom_ways_narrow(
    const struct rl_oom_report *report, struct rl_oom_rated *victim, struct rl_oom_ways *ways)
{
    uint64_t score = report->printed_score, lo, hi;

    if (ways->n == 0 || ways->lo == ways->hi)
        return;
    lo = total_for(report, ways, victim, score);
    hi = score > 0 ? total_for(report, ways, victim, score - 1) - 1 : ways->hi;
    if (lo > ways->hi || hi < lo)
        return; /* no total explains it */
    ways->lo = lo;
    ways->hi = hi;
    ways->narrowed = true;
    if (ways->best < ways->lo || ways->best > ways->hi)
        ways->best = ways->hi;
}

static bool first(const struct rl_oom_report *report, struct rl_oom_way way, uint64_t total,
    struct rl_oom_finding *finding, size_t victim)
{
    way.total = total;
    return rl_oom_rank(report, &way, finding, victim) == 1;
}

void rl_oom_ways_ask(const struct rl_oom_report *report, const struct rl_oom_ways *ways,
    struct rl_oom_finding *finding, size_t victim, struct rl_oom_answer *ret)
{
    *ret = (struct rl_oom_answer){.agrees = true, .best_way = 0};
    for (size_t i = 0; i < ways->n; i++) {
        bool low = first(report, ways->ways[i], ways->lo, finding, victim);
        bool high = ways->hi == ways->lo ? low
                                         : first(report, ways->ways[i], ways->hi, finding, victim);

        ret->agrees = ret->agrees && low && high;
        ret->by_total = ret->by_total || low != high;
        if ((low || high) && !ret->possible) {
            ret->possible = true;
            ret->best_way = i;
        }
    }
    ret->by_way = ret->possible && !ret->agrees && !ret->by_total;
}
