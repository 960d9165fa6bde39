#include "score.h"

#include <string.h>

const struct rl_model rl_models[] = {
    {
        .id = "percent-times-ten",
        .help = "1000 * (rss + swap) / available memory, root 30 less, plus oom_score_adj",
        .picking = {.tie = RL_TIE_PID, .sharers = true},
        .rate = rl_score_percent_times_ten,
    },
};

const size_t rl_models_n = sizeof(rl_models) / sizeof(rl_models[0]);

const struct rl_model_alias rl_model_aliases[] = {
    {"percent", "percent-times-ten"},
};

const size_t rl_model_aliases_n = 0;

const struct rl_model *rl_model_find(const char *id)
{
    for (size_t i = 0; i < rl_models_n; i++)
        if (strcmp(rl_models[i].id, id) == 0)
            return &rl_models[i];
    return NULL;
}

const struct rl_model *rl_model_default(void)
{
    return &rl_models[0];
}

bool rl_score_before(const struct rl_model *model, const struct rl_process *a, int64_t a_points,
    const struct rl_process *b, int64_t b_points)
{
    if (a_points != b_points)
        return a_points > b_points;
    return a->pid < b->pid;
}

int rl_oom_adj_of(int oom_score_adj)
{
    int adj = oom_score_adj * 17 / 1000;

    if (oom_score_adj == 1000)
        return 15;
    return adj > 15 ? 15 : adj;
}

int rl_oom_score_adj_of(int oom_adj)
{
    return oom_adj == 15 ? 1000 : oom_adj * 1000 / 17;
}
