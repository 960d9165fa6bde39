/* The flight recorder's rows of one incident, as the text of a JSON value. It is written straight
 * from the rings: as a tree of JSON values it would take a megabyte of locked memory. */
#pragma once

#include "daemon/observe/flight.h"

#define RL_SAMPLED_MAX 8 /* cgroups of one incident: the offender, those above it, the machine */

/* Whose rows, from the offender up; the last one is the machine. Of a deep path some between may be
 * left out. */
struct rl_sampled {
    uint64_t ids[RL_SAMPLED_MAX]; /* 0: it found no ring */
    size_t n;
};

/**
 * rl_samples_text() - rows from a minute before the start until the end
 * @path: of the offender; those above it have a part of it
 *
 * {"columns": [...], "cgroups": [{"cgroup", "role": "offender"|"ancestor"|"node", "rows"}, ...]};
 * a shortage of the machine itself has one entry, the offender "/". Cgroups without rows are left
 * out, of a path that was cut all but the offender and the machine.
 *
 * Return: a text for free(); NULL where there is no row, or memory is out.
 */
char *rl_samples_text(const struct rl_flight *flight, const struct rl_sampled *sampled,
    const char *path, uint64_t started_us, uint64_t until_us);
