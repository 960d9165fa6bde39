#include "daemon/suspend.h"

#include <time.h>

/* Less is no sleep, but the readings of the clocks apart. */
#define LEAST_US UINT64_C(500000)

/* Two readings of the clock further apart than this tell nothing about what was read between. */
#define APART_US UINT64_C(100000)
#define TRIES    3

static uint64_t clock_us(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Return: false when we were held up between the readings each time. */
static bool read_asleep(uint64_t *ret)
{
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = clock_us(CLOCK_MONOTONIC), boot = clock_us(CLOCK_BOOTTIME);
        uint64_t after = clock_us(CLOCK_MONOTONIC);

        if (after - before < APART_US) {
            *ret = boot > before ? boot - before : 0;
            return true;
        }
    }
    return false;
}

void rl_suspend_init(struct rl_suspend *suspend)
{
    *suspend = (struct rl_suspend){0};
    read_asleep(&suspend->asleep_us);
}

bool rl_suspend_look(struct rl_suspend *suspend, uint64_t asleep_us, uint64_t now_us)
{
    if (asleep_us >= suspend->asleep_us + LEAST_US) {
        suspend->asleep_us = asleep_us;
        suspend->resumed_us = now_us;
    }
    return suspend->resumed_us != 0 && now_us < suspend->resumed_us + RL_RESUME_US;
}

bool rl_resumed_recently(struct rl_suspend *suspend, uint64_t now_us)
{
    uint64_t asleep_us = suspend->asleep_us;

    read_asleep(&asleep_us);
    return rl_suspend_look(suspend, asleep_us, now_us);
}
