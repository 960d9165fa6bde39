/* The little of libm that reliefctl uses: as a library it is nearly as large as reliefctl itself,
 * and would count in an image that each node gets.
 *
 * Any double may be given. */
#pragma once

#include <stdint.h>

/* From here on a double has no fraction: 2^52. */
#define RL_ALWAYS_WHOLE 4503599627370496.0

/* The next whole number at or below, at or above; what is no finite number is its own. */
static inline double rl_floor(double value)
{
    if (!(value > -RL_ALWAYS_WHOLE && value < RL_ALWAYS_WHOLE))
        return value;
    double whole = (double)(int64_t)value;
    return whole > value ? whole - 1 : whole;
}

static inline double rl_ceil(double value)
{
    return -rl_floor(-value);
}

/* The nearest one, of two the one that is further from zero. */
static inline double rl_round(double value)
{
    if (value < 0)
        return -rl_round(-value);
    double below = rl_floor(value);
    return value - below >= 0.5 ? below + 1 : below;
}

/* The smaller, the larger; where one of the two is no number it is the other. */
static inline double rl_min(double a, double b)
{
    return a < b || b != b ? a : b;
}

static inline double rl_max(double a, double b)
{
    return a > b || b != b ? a : b;
}
