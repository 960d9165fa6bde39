/* Products that do not fit 64 bits: numbers come from files and may be anything. */
#pragma once

#include <stdint.h>

__extension__ typedef unsigned __int128 rl_wide;

/* a * b / c, UINT64_MAX when the result does not fit or c is 0. */
static inline uint64_t rl_mul_div(uint64_t a, uint64_t b, uint64_t c)
{
    rl_wide result = c > 0 ? (rl_wide)a * b / c : UINT64_MAX;

    return result > UINT64_MAX ? UINT64_MAX : (uint64_t)result;
}
