/* Square roots and jiffies of the kernels before 2.6.36. */
#include "score-rows.h"

#define HZ_LEAST 12
#define HZ_MOST  12287 /* the last row of SHIFT_HZ ends there */

uint32_t rl_root_v24(uint32_t x)
{
    uint32_t root = x;

    for (; x > 1; x >>= 2)
        root >>= 1;
    if (x)
        root -= root >> 2;
    return root ? root : 1;
}

/* One binary digit after the other. Up to 2.6.15 the first digit was 1 << 30, which is right below
 * 2^32: no CPU time in seconds is more. */
uint64_t rl_root_v2616(uint64_t x)
{
    uint64_t root = 0;

    for (uint64_t one = UINT64_C(1) << 62; one > 0; one >>= 2) {
        if (x >= root + one) {
            x -= root + one;
            root += 2 * one;
        }
        root >>= 1;
    }
    return root;
}

unsigned rl_shift_hz(uint32_t hz)
{
    unsigned shift = 4; /* of 12 to 23 */

    for (uint32_t end = 2 * HZ_LEAST; hz >= end && end <= HZ_MOST; end *= 2)
        shift++;
    return shift;
}

uint64_t rl_jiffies(uint64_t ticks, const struct rl_scale *scale, uint32_t hz)
{
    uint64_t jiffies = rl_mul_div(ticks, hz, rl_clk_tck(scale));

    return jiffies > INT64_MAX ? INT64_MAX : jiffies;
}
