#include "futile.h"

static uint64_t grown(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

bool rl_futile(const struct rl_effect *last, const struct rl_sample *now)
{
    const uint32_t need = RL_HAVE_CURRENT | RL_HAVE_STAT;

    if (last->at_us == 0 || (now->have & need) != need || now->shmem <= now->current / 2)
        return false;
    if (grown(last->anon_after, now->anon) > now->current / 10)
        return false;
    return last->freed < last->counted / 10 || !last->relieved ||
           grown(last->shmem_before, now->shmem) >= last->freed / 2;
}
