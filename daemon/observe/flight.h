/* The flight recorder: what hot cgroups and the machine went through over the last minute, and
 * through all of an incident. One ring a cgroup, from a pool that begins small, is touched when it is
 * made and is enlarged when nothing is urgent: noting a row allocates nothing and reads nothing.
 *
 * Invariants of a ring: rows are in the order of their time; at most RL_FLIGHT_ROWS of them; a ring
 * that nobody holds has none older than RL_FLIGHT_BEFORE_US. A ring that is held keeps its first
 * and its newest row; when it is full the row between whose absence leaves the smallest gap goes,
 * and gaps before and soon after the start of the incident count fourfold.
 *
 * A row takes 36 bytes, the pool 68 KiB at first and 272 KiB at most. Sizes are kept in pages of 4 KiB, stall in units of 10 us
 * from the ring's first row on: what is told is rounded down to these. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/limits.h"

#define RL_FLIGHT_RINGS     32 /* at most */
#define RL_FLIGHT_CHUNK     8  /* how many there are at first, and come at a time */
#define RL_FLIGHT_ROWS      240
#define RL_FLIGHT_STEP_US   UINT64_C(250000)   /* rows are at least so far apart */
#define RL_FLIGHT_BEFORE_US UINT64_C(60000000) /* kept before an incident */
#define RL_FLIGHT_DENSE_US  UINT64_C(15000000) /* after its start, in which gaps count more */
#define RL_FLIGHT_NONE      UINT64_MAX         /* not read, or no limit */

struct rl_flight_row {
    uint64_t at_us;                          /* CLOCK_MONOTONIC */
    uint64_t some_us, full_us;               /* total= of memory.pressure */
    uint64_t current, used, swap, high, max; /* bytes */
    uint64_t refaults;                       /* pages, since the cgroup was made */
};

struct rl_flight;

/* Return: NULL when memory is out. */
struct rl_flight *rl_flight_new(void);
struct rl_flight *rl_flight_free(struct rl_flight *flight);

/* Has room become scarce, so that rl_flight_grow() should be called when nothing is urgent? */
bool rl_flight_scarce(const struct rl_flight *flight);

/* Make and touch more rings, if room is scarce. Allocates. Return: 0, or -ENOMEM. */
int rl_flight_grow(struct rl_flight *flight);

/* Is it time for the next row of a cgroup? id: of the cgroup, not 0. */
bool rl_flight_due(const struct rl_flight *flight, uint64_t id, uint64_t now_us);

/* Note a row. One that is not later than the newest is left out. A cgroup without a ring gets one:
 * a free one, or that of the cgroup that was noted longest ago and is not held; where all are held,
 * none. */
void rl_flight_add(struct rl_flight *flight, uint64_t id, const struct rl_flight_row *row);

/* An incident began, which wants this ring until rl_flight_release(); several may. Return: false
 * where there is none to be had; then nothing is to be released. */
bool rl_flight_hold(struct rl_flight *flight, uint64_t id, uint64_t start_us);
void rl_flight_release(struct rl_flight *flight, uint64_t id);

/* Return: how many rows there are of a cgroup. */
size_t rl_flight_rows(const struct rl_flight *flight, uint64_t id);

/* Row i of them. Return: false when there is none. */
bool rl_flight_row(
    const struct rl_flight *flight, uint64_t id, size_t i, struct rl_flight_row *ret);
