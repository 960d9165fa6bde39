/* What a replay tells, kept as JSON, and printed for people or programs. */
#pragma once

#include <jansson.h>

#include "daemon/replay/replay.h"

struct rl_tale {
    bool json, verify;
    bool quiet;         /* nothing is printed by the way */
    const char *policy; /* folder; NULL: those of the trace */
    json_t *incidents;  /* in order of their beginning */
    json_t *differences;
    uint64_t first_us; /* of the run: times are told from there */
    unsigned run;
    struct rl_replay_counts counts;
    bool no_memory;
};

void rl_tale_tell(void *userdata, const struct rl_told *told);
void rl_tale_end(struct rl_tale *tale, const struct rl_replay_counts *counts);
void rl_tale_print(const struct rl_tale *tale);
/* Two policies side by side: who dies earlier, who is spared. */
void rl_tale_compare(const struct rl_tale *a, const struct rl_tale *b);
/* What counts stays. */
void rl_tale_free(struct rl_tale *tale);
