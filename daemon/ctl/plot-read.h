/* What is to be shown, from an incident's record or a trace. */
#pragma once

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/ctl/plot-figure.h"

#define RL_PLOT_MACHINE "the machine" /* the series of numbers that belong to no cgroup */

struct rl_plot_incident {
    json_t *record; /* owned */
    double start;   /* when it began, on the clock of the points */
    unsigned side;  /* below RL_PLOT_SIDES */
};

/* Policies that a trace was replayed with. */
struct rl_plot_side {
    const char *name; /* of their folder, the caller's; NULL: those of the trace */
    json_t *watched;  /* by cgroup {policy, trigger}: what was waited for; the caller's, or NULL */
};

struct rl_plot_source {
    const char *name;         /* of what is read, for messages; the caller's */
    struct rl_series *series; /* one for each cgroup */
    size_t n, room;
    struct rl_plot_incident *incidents; /* those of the first side first */
    size_t n_incidents;
    struct rl_plot_side sides[RL_PLOT_SIDES];
    unsigned n_sides; /* 0: the incidents are those that were recorded */
};

/* A trace that is read line by line. Zeroed, but for source; then rl_plot_reader_begin(). */
struct rl_plot_reader {
    struct rl_plot_source *source;
    bool replayed;    /* incidents in it are passed over: they come by rl_plot_read_replayed() */
    double base;      /* at_us of its first line that has one; NAN: none so far */
    double now;       /* of the last one, seconds */
    uint64_t zero_us; /* CLOCK_REALTIME at base; 0: not known */
    struct rl_plot_point node; /* the machine's numbers, as they were said last */
};

/**
 * rl_plot_read_record() - take the samples of a record (kept by reference)
 * Return: 0; -ENODATA where it has none; -ENOMEM.
 */
int rl_plot_read_record(json_t *record, struct rl_plot_source *ret);

/**
 * rl_plot_read_trace() - take samples, the machine's numbers and incidents from a trace
 *
 * Lines of other types are passed over, and a last line that is cut off. Another line that is no
 * JSON is said on stderr. Return: 0, -EBADMSG, -ENODATA where it holds no samples, -ENOMEM, or
 * -errno of reading.
 */
int rl_plot_read_trace(FILE *file, struct rl_plot_source *ret);

/* The same in parts. A line is without its newline, or with it; one that is cut (-EBADMSG) is for
 * the caller to judge, to whom *ret_error tells why. What comes back is as above. */
void rl_plot_reader_begin(struct rl_plot_reader *reader, struct rl_plot_source *source);
int rl_plot_read_line(
    struct rl_plot_reader *reader, const char *line, size_t length, json_error_t *ret_error);
int rl_plot_read_end(struct rl_plot_reader *reader);

/**
 * rl_plot_read_replayed() - take an incident that a replay tells of
 * @at_us: when it began, on the clock of the trace
 *
 * After the last line and before rl_plot_read_end(). Its record (kept by reference) gets the time
 * of day. Return: 0, -ENOMEM.
 */
int rl_plot_read_replayed(
    struct rl_plot_reader *reader, json_t *record, uint64_t at_us, unsigned side);

void rl_plot_source_free(struct rl_plot_source *source);

/**
 * rl_plot_choose() - which cgroup is shown
 * @cgroup: the one that was asked for, with or without a leading slash; NULL: the one that was
 *          short in the first incident, else the one that stalled longest
 *
 * Return: NULL where there is no such one.
 */
const struct rl_series *rl_plot_choose(const struct rl_plot_source *source, const char *cgroup);

/* Put together what a picture of that cgroup shows; ret points into the source. */
void rl_plot_of(
    const struct rl_plot_source *source, const struct rl_series *series, struct rl_plot *ret);
