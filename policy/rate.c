/* Who may be chosen, and how much each weighs: one process at a time. */
#include "choose.h"

#include "match.h"
#include "wide.h"

#define ADJ_NEVER   (-1000)
#define ADJUST_MOST 1000000 /* no sum of adjustments means more than that */

/* Facts that keep a process out, whatever its score; the first that applies is the reason. */
static const struct {
    uint32_t flag;
    enum rl_reason reason;
} never[] = {
    {RL_PROCESS_KERNEL_THREAD, RL_SPARED_KERNEL_THREAD},
    {RL_PROCESS_SELF, RL_SPARED_SELF},
    {RL_PROCESS_SELF_ANCESTOR, RL_SPARED_SELF_ANCESTOR},
    {RL_PROCESS_DYING, RL_SPARED_DYING},
};

static enum rl_reason out_of_bounds(const struct rl_process *process)
{
    if (process->pid == 1)
        return RL_SPARED_INIT;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (process->flags & never[i].flag)
            return never[i].reason;
    /* Whatever the model knows of oom_score_adj. */
    return process->oom_score_adj <= ADJ_NEVER ? RL_SPARED_ADJ_MINUS_1000 : RL_REASON_NONE;
}

/* Some anonymous memory has everybody who has any: none at all means that it was not read. */
static bool anon_known(const struct rl_process *process)
{
    return process->anon_pages > 0;
}

uint64_t rl_process_own_pages(const struct rl_process *process)
{
    uint64_t pages = anon_known(process) ? process->anon_pages : process->rss_pages;

    return process->swap_pages > UINT64_MAX - pages ? UINT64_MAX : pages + process->swap_pages;
}

/* Too small to be worth it by itself? */
static enum rl_reason worthless(
    const struct rl_victim *victim, const struct rl_scale *scale, const struct rl_process *p)
{
    rl_wide own = rl_process_own_pages(p);
    rl_wide counted = (rl_wide)p->rss_pages + p->swap_pages;

    if (own * scale->page_size < victim->min_bytes)
        return RL_SPARED_TOO_SMALL;
    return anon_known(p) && own * 10 < counted ? RL_SPARED_FREES_LITTLE : RL_REASON_NONE;
}

/* Does nothing but what it holds keep it from being chosen? Nothing held now is no reason to die
 * with a group, so that Protect= and an omitted cgroup are stronger. */
static bool spared_by_size_only(const struct rl_candidate *candidate)
{
    return candidate->spared == RL_SPARED_NO_MEMORY || rl_candidate_may_go(candidate);
}

static void protect(
    const struct rl_victim *victim, const char *path, struct rl_candidate *candidate)
{
    const struct rl_pattern *by;

    if (!spared_by_size_only(candidate))
        return;
    by = rl_match_any(victim->protect, victim->n_protect, &candidate->process, path, true);
    if (!by)
        return;
    candidate->by = by;
    candidate->spared = RL_SPARED_PROTECTED;
}

static enum rl_tier tier_of(
    const struct rl_victim *victim, const struct rl_process *process, const char *path)
{
    if (rl_match_any(victim->avoid, victim->n_avoid, process, path, true))
        return RL_TIER_AVOIDED;
    if (rl_match_any(victim->prefer, victim->n_prefer, process, path, false))
        return RL_TIER_PREFERRED;
    return RL_TIER_PLAIN;
}

static int adjust_of(
    const struct rl_victim *victim, const struct rl_process *process, const char *path)
{
    int64_t sum = 0;

    for (size_t i = 0; i < victim->n_adjust; i++)
        if (rl_match_process(&victim->adjust[i].pattern, process, path, false))
            sum += victim->adjust[i].points;
    return (int)(sum > ADJUST_MOST ? ADJUST_MOST : sum < -ADJUST_MOST ? -ADJUST_MOST : sum);
}

/* Put the candidate where this policy wants it; what another one said before is forgotten. */
static void weigh(const struct rl_victim *victim, const char *path, struct rl_candidate *candidate)
{
    candidate->tier = tier_of(victim, &candidate->process, path);
    if (!candidate->score.eligible || candidate->score.points == RL_POINTS_INFINITE)
        return;
    candidate->score.points -= candidate->adjust;
    candidate->adjust = adjust_of(victim, &candidate->process, path);
    candidate->score.points += candidate->adjust;
}

void rl_candidate_rate(const struct rl_victim *victim, const struct rl_scale *scale,
    const char *path, struct rl_candidate *candidate)
{
    const struct rl_process *process = &candidate->process;

    candidate->by = NULL;
    candidate->adjust = 0;
    victim->model->rate(process, scale, &candidate->score);
    candidate->spared = out_of_bounds(process);
    if (candidate->spared == RL_REASON_NONE && !candidate->score.eligible)
        candidate->spared = candidate->score.reason;
    if (candidate->spared == RL_REASON_NONE && victim->model->picking.from_zero &&
        candidate->score.points <= 0)
        candidate->spared = RL_SPARED_NO_POINTS;
    if (candidate->spared == RL_REASON_NONE)
        candidate->spared = worthless(victim, scale, process);
    protect(victim, path, candidate);
    weigh(victim, path, candidate);
}

void rl_candidate_rate_own(
    const struct rl_victim *own, const char *path, struct rl_candidate *candidate)
{
    protect(own, path, candidate);
    weigh(own, path, candidate);
}

uint64_t rl_rss_error(unsigned cpus)
{
    uint64_t batch = cpus > 16 ? 2 * (uint64_t)cpus : 32;

    return 3 * batch * cpus;
}

/* An eighth: to read one of eight in full costs about what statm saves on eight. */
bool rl_bounds_are_near(const struct rl_bounds *bounds, const struct rl_scale *scale)
{
    return (rl_wide)bounds->rss_error * scale->page_size * 8 <= scale->available / 1000;
}

/* Of a process whose own pages can only be guessed from above. */
static bool surely_too_small(const struct rl_victim *victim, const struct rl_scale *scale,
    const struct rl_bounds *bounds, const struct rl_process *p)
{
    rl_wide most = (rl_wide)p->rss_pages + bounds->rss_error + bounds->swap_pages;

    return most * scale->page_size < victim->min_bytes;
}

void rl_candidate_bound(const struct rl_victim *victim, const struct rl_victim *own,
    const struct rl_scale *scale, const struct rl_bounds *bounds, const char *path,
    struct rl_candidate *candidate)
{
    struct rl_process *process = &candidate->process;
    bool nothing_resident = process->rss_pages == 0;

    process->swap_pages = bounds->swap_pages;
    candidate->by = NULL;
    candidate->adjust = 0;
    victim->model->rate(process, scale, &candidate->score);
    weigh(own ? own : victim, path, candidate);
    candidate->spared = out_of_bounds(process);
    if (candidate->spared == RL_REASON_NONE && !candidate->score.eligible)
        candidate->spared = candidate->score.reason;
    if (candidate->spared == RL_REASON_NONE && surely_too_small(victim, scale, bounds, process))
        candidate->spared = RL_SPARED_TOO_SMALL;
    /* One that turns out to hold nothing gets no points at all, rather than less than none. */
    if (nothing_resident && candidate->score.points < 0)
        candidate->score.points = 0;
}

bool rl_candidate_may_go(const struct rl_candidate *candidate)
{
    switch ((int)candidate->spared) {
    case RL_REASON_NONE:
    case RL_SPARED_TOO_SMALL:
    case RL_SPARED_FREES_LITTLE:
    case RL_SPARED_SHARES_MEMORY:
    case RL_SPARED_NO_POINTS:
        return true;
    default:
        return false;
    }
}

bool rl_candidate_before(
    const struct rl_model *model, const struct rl_candidate *a, const struct rl_candidate *b)
{
    if (a->tier != b->tier)
        return a->tier < b->tier;
    return rl_score_before(model, &a->process, a->score.points, &b->process, b->score.points);
}
