#include "score.h"

#include <string.h>

const struct rl_model rl_models[] = {
    {"percent-times-ten",
        "1000 * (rss + swap) / available memory, root 30 less, plus oom_score_adj",
        rl_score_percent_times_ten},
};

const size_t rl_models_n = sizeof(rl_models) / sizeof(rl_models[0]);

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
