/* What one cgroup, or the machine, was like over time: the numbers of a picture.
 *
 * Pure: no I/O, no clock. Numbers that are not known are NAN, and break the line that is drawn. */
#pragma once

#include <stddef.h>

enum rl_value {
    RL_VALUE_SOME, /* total= of memory.pressure, microseconds */
    RL_VALUE_FULL,
    RL_VALUE_CURRENT, /* bytes, as all below */
    RL_VALUE_USED,
    RL_VALUE_SWAP,
    RL_VALUE_HIGH,
    RL_VALUE_MAX,
    RL_VALUES,
};

struct rl_plot_point {
    double at; /* seconds */
    double values[RL_VALUES];
};

struct rl_series {
    char *cgroup; /* owned */
    struct rl_plot_point *points;
    size_t n, room;
};

/* A point of which only the time is known. */
struct rl_plot_point rl_plot_point_at(double at);

/**
 * rl_series_add() - append one point
 *
 * A point that is not later than the last one is passed over. Return: 0 or -ENOMEM.
 */
int rl_series_add(struct rl_series *series, const struct rl_plot_point *point);

void rl_series_free(struct rl_series *series);

/**
 * rl_series_gap() - the longest time between two points that still belong together
 *
 * 20 times what lies between two points in general (the median), 5 s at least: the distance
 * changes with how hot the cgroup is.
 *
 * Return: 0 or -ENOMEM; *ret in seconds.
 */
int rl_series_gap(const struct rl_series *series, double *ret);

/* What is known of total= from elsewhere: the stall of a window that ends at some time. */
struct rl_series_window {
    double end, length; /* seconds; length 0: nothing is known */
    double some, full;  /* stall in it, microseconds; NAN: not known */
};

/**
 * rl_series_share() - stall as a share of time, from the differences of total=
 * @which:  RL_VALUE_SOME or RL_VALUE_FULL
 * @window: seconds, above 0
 * @gap:    of rl_series_gap()
 * @known:  tells what total= was before the first point; used where it reaches further back
 * @ret:    for each point: percent of the window that ends there, 0 to 100. NAN where total= is not
 *          known, at the first point and behind a gap.
 *
 * As in the daemon (policy/history.h) total= is interpolated, and what of the window lies before
 * what is known or in a gap, or saw the counter go back, counts as no stall.
 *
 * Return: 0 or -ENOMEM.
 */
int rl_series_share(const struct rl_series *series, enum rl_value which, double window, double gap,
    const struct rl_series_window *known, double *ret);

/* The largest of one value. Return: NAN where none is known. */
double rl_series_most(const struct rl_series *series, enum rl_value which);

/* The smallest of one value. Return: NAN where none is known. */
double rl_series_least(const struct rl_series *series, enum rl_value which);

/* The last of one value that is known. Return: NAN where none is. */
double rl_series_last(const struct rl_series *series, enum rl_value which);
