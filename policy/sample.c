#include "sample.h"

uint64_t rl_sample_used(const struct rl_sample *sample)
{
    uint64_t cache = sample->file > sample->shmem ? sample->file - sample->shmem : 0;
    uint64_t cheap = cache + sample->slab_reclaimable;

    return sample->current > cheap ? sample->current - cheap : 0;
}
