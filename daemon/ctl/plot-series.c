#include "daemon/ctl/plot-series.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "daemon/ctl/maths.h"
#include "daemon/report/cleanup.h"

#define GAP_TIMES   20
#define GAP_LEAST_S 5.0

struct rl_plot_point rl_plot_point_at(double at)
{
    struct rl_plot_point point = {.at = at};

    for (size_t i = 0; i < RL_VALUES; i++)
        point.values[i] = NAN;
    return point;
}

int rl_series_add(struct rl_series *series, const struct rl_plot_point *point)
{
    if (series->n > 0 && !(point->at > series->points[series->n - 1].at))
        return 0;
    if (series->n == series->room) {
        size_t room = series->room ? 2 * series->room : 256;
        struct rl_plot_point *points = reallocarray(series->points, room, sizeof(*points));
        if (!points)
            return -ENOMEM;
        series->points = points;
        series->room = room;
    }
    series->points[series->n++] = *point;
    return 0;
}

void rl_series_free(struct rl_series *series)
{
    free(series->cgroup);
    free(series->points);
    *series = (struct rl_series){0};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int rl_series_gap(const struct rl_series *series, double *ret)
{
    size_t n = series->n > 0 ? series->n - 1 : 0;
    rl_auto_free double *steps = calloc(n + 1, sizeof(*steps));

    if (!steps)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        steps[i] = series->points[i + 1].at - series->points[i].at;
    qsort(steps, n, sizeof(*steps), compare);
    *ret = rl_max(GAP_TIMES * steps[n / 2], GAP_LEAST_S);
    return 0;
}

/* Do the two points around a step belong together, and is its stall known? */
static bool is_step(const struct rl_series *series, size_t i, enum rl_value which, double gap)
{
    const struct rl_plot_point *last = &series->points[i - 1], *now = &series->points[i];

    return now->at - last->at <= gap && now->values[which] >= last->values[which];
}

/* total= at a time between the first point and the last. */
static double total_at(const struct rl_series *series, enum rl_value which, double at)
{
    const struct rl_plot_point *points = series->points;

    for (size_t i = 0; i + 1 < series->n && points[i].at <= at; i++) {
        if (points[i + 1].at >= at)
            return points[i].values[which] +
                   (points[i + 1].values[which] - points[i].values[which]) * (at - points[i].at) /
                       (points[i + 1].at - points[i].at);
    }
    return series->n > 0 && points[0].at == at ? points[0].values[which] : NAN;
}

/* Stall between the beginning of the known window and the first point. */
static double stall_before(
    const struct rl_series *series, enum rl_value which, const struct rl_series_window *known)
{
    double stall = which == RL_VALUE_SOME ? known->some : known->full;

    if (series->n == 0 || known->length == 0 || known->end - known->length >= series->points[0].at)
        return 0;
    stall -= total_at(series, which, known->end) - series->points[0].values[which];
    return stall > 0 ? stall : 0;
}

int rl_series_share(const struct rl_series *series, enum rl_value which, double window, double gap,
    const struct rl_series_window *known, double *ret)
{
    rl_auto_free double *sums = calloc(series->n + 1, sizeof(*sums));
    double first = stall_before(series, which, known), start = known->end - known->length;

    if (!sums)
        return -ENOMEM;
    for (size_t i = 0, from = 0; i < series->n; i++) {
        const struct rl_plot_point *points = series->points;
        bool step = i > 0 && is_step(series, i, which, gap);
        double begin = points[i].at - window, before = 0;

        sums[i] = i > 0 ? sums[i - 1] : first;
        if (step)
            sums[i] += points[i].values[which] - points[i - 1].values[which];
        /* `from` is the last point that is not within the window. */
        while (from + 1 < i && points[from + 1].at <= begin)
            from++;
        if (i > 0 && points[from].at <= begin)
            before = sums[from] + (sums[from + 1] - sums[from]) * (begin - points[from].at) /
                                      (points[from + 1].at - points[from].at);
        else if (first > 0 && begin > start)
            before = first * (begin - start) / (points[0].at - start);
        ret[i] = step ? rl_min((sums[i] - before) / (window * 1e6) * 100, 100) : NAN;
    }
    return 0;
}

double rl_series_most(const struct rl_series *series, enum rl_value which)
{
    double most = NAN;

    for (size_t i = 0; i < series->n; i++)
        most = rl_max(most, series->points[i].values[which]);
    return most;
}

double rl_series_least(const struct rl_series *series, enum rl_value which)
{
    double least = NAN;

    for (size_t i = 0; i < series->n; i++)
        least = rl_min(least, series->points[i].values[which]);
    return least;
}

double rl_series_last(const struct rl_series *series, enum rl_value which)
{
    for (size_t i = series->n; i > 0; i--) {
        if (!isnan(series->points[i - 1].values[which]))
            return series->points[i - 1].values[which];
    }
    return NAN;
}
