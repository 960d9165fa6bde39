/* oom_score_adj and its predecessor. */
#include "score.h"

#define OOM_DISABLE       (-17)
#define OOM_ADJUST_MAX    15
#define OOM_SCORE_ADJ_MAX 1000

static int within(int n, int least, int most)
{
    return n < least ? least : n > most ? most : n;
}

int rl_oom_adj_of(int oom_score_adj)
{
    int score = within(oom_score_adj, -OOM_SCORE_ADJ_MAX, OOM_SCORE_ADJ_MAX);

    return within(score * -OOM_DISABLE / OOM_SCORE_ADJ_MAX, OOM_DISABLE, OOM_ADJUST_MAX);
}

int rl_oom_score_adj_of(int oom_adj)
{
    int adj = within(oom_adj, OOM_DISABLE, OOM_ADJUST_MAX);

    return adj == OOM_ADJUST_MAX ? OOM_SCORE_ADJ_MAX : adj * OOM_SCORE_ADJ_MAX / -OOM_DISABLE;
}
