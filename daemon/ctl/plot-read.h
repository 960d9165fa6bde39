/* What is to be shown, from an incident's record or a trace. */
#pragma once

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/ctl/plot-figure.h"

#define RL_PLOT_MACHINE "the machine" /* the series of numbers that belong to no cgroup */

struct rl_plot_source {
    const char *name;         /* of what is read, for messages; the caller's */
    struct rl_series *series; /* one for each cgroup */
    size_t n, room;
    json_t **records; /* of the incidents in it, owned */
    double *starts;   /* when each of them began, on the clock of the points */
    size_t n_records;
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
