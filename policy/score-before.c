/* Who of two comes first. */
#include "score.h"

static bool lower_pid(const struct rl_process *a, const struct rl_process *b)
{
    return a->pid < b->pid;
}

static bool older(const struct rl_process *a, const struct rl_process *b)
{
    if (a->start_ticks != b->start_ticks)
        return a->start_ticks < b->start_ticks;
    return a->pid < b->pid;
}

static bool younger(const struct rl_process *a, const struct rl_process *b)
{
    return older(b, a);
}

/* select_bad_process of 3.18 and 4.19 keeps whom it has while that is a thread group's leader. So
 * of several the oldest with a main thread is kept, and the youngest where nobody has one. */
static bool leader(const struct rl_process *a, const struct rl_process *b)
{
    bool a_dead = a->flags & RL_PROCESS_DEAD_LEADER, b_dead = b->flags & RL_PROCESS_DEAD_LEADER;

    if (a_dead != b_dead)
        return b_dead;
    return a_dead ? younger(a, b) : older(a, b);
}

static bool (*const ties[])(const struct rl_process *a, const struct rl_process *b) = {
    [RL_TIE_PID] = lower_pid,
    [RL_TIE_FIRST] = older,
    [RL_TIE_LAST] = younger,
    [RL_TIE_LEADER] = leader,
};

bool rl_score_before(const struct rl_model *model, const struct rl_process *a, int64_t a_points,
    const struct rl_process *b, int64_t b_points)
{
    if (a_points != b_points)
        return a_points > b_points;
    return ties[model->picking.tie](a, b);
}
