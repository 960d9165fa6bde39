/* Scales of a picture: round numbers along an axis, and how they are written.
 *
 * Pure. 1 MB is 1024 KB here, as 1M is in a policy. */
#pragma once

#include <stddef.h>

#define RL_SCALE_TEXT_MAX 32

/* The smallest of 1, 2, 5 times a power of ten that divides a span (above 0) into at most so many
 * parts. */
double rl_scale_step(double span, unsigned most);

/* The same for seconds: above one second 1, 2, 5, 10, 15, 30 s and min, 1, 2, 3, 6, 12 h, days. */
double rl_scale_time_step(double span, unsigned most);

struct rl_scale_unit {
    double size; /* in bytes */
    const char *name;
};

/* The unit for an axis that goes up to so many bytes: "B" to "PB". */
struct rl_scale_unit rl_scale_unit(double top);

/* A multiple of a step, with as many digits behind the point as the step has. */
const char *rl_scale_text(double value, double step, char *buf, size_t size);

/* Bytes with their unit, three digits at most: "812 B", "1.46 GB". */
const char *rl_scale_bytes_text(double bytes, char *buf, size_t size);

/* A time before or after zero: "−30 s", "0", "+1 h 30 min", "+0.4 s". Two units at most; below a
 * minute as many digits as a step of that size has. */
const char *rl_scale_time_text(double at, double step, char *buf, size_t size);
