#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/autopsy.h"
#include "policy/match.h"

static const char *offender_of(const struct rl_oom_report *report)
{
    if (!report->is_memcg)
        return "/";
    if (*report->oom_memcg == '/')
        return report->oom_memcg;
    return *report->task_memcg == '/' ? report->task_memcg : NULL;
}

static const struct rl_policy *match(
    const struct rl_policy_set *set, const char *path, bool limited, bool defaults)
{
    struct rl_place place = {.path = path, .limited = limited};

    return rl_match_policy(set->policies, set->n, &place, defaults);
}

/* Its own, else that of its nearest ancestor below the root, else a default. */
static const struct rl_policy *find_policy(const struct rl_policy_set *set, const char *offender)
{
    const struct rl_policy *policy = match(set, offender, offender[1] != '\0', false);
    char path[RL_OOM_PATH_MAX];

    snprintf(path, sizeof(path), "%s", offender);
    for (char *slash; !policy && (slash = strrchr(path, '/')) && slash > path;) {
        *slash = '\0';
        policy = match(set, path, false, false);
    }
    if (!policy && (!set->default_node_only || offender[1] == '\0'))
        policy = match(set, offender, offender[1] != '\0', true);
    return policy;
}

/* Would it be spared if what is not known meant nothing? */
static bool spared_by_doubt(
    const struct rl_victim *victim, const char *path, const struct rl_candidate *candidate)
{
    return candidate->spared == RL_SPARED_PROTECTED &&
           !rl_match_any(victim->protect, victim->n_protect, &candidate->process, path, false);
}

/* The cgroup that a task lived in, as far as the report tells: its victim's, else the one that was
 * short. */
static const char *path_of(
    const struct rl_oom_finding *finding, const struct rl_oom_rated *rated, const char *offender)
{
    const char *own = finding->report->task_memcg;

    return rated == finding->kernel_victim && *own == '/' ? own : offender;
}

static void choose(const struct rl_oom_finding *finding, struct rl_autopsy_choice *ret)
{
    const struct rl_victim *victim = &ret->policy->victim;
    uint64_t page = finding->report->page_size > 0 ? finding->report->page_size : 4096;
    struct rl_group group = {.path = ret->offender, .parent = -1};
    struct rl_choosing choosing = {
        .victim = victim,
        .scale = {.available = finding->available_used * page, .page_size = (uint32_t)page},
        .candidates = ret->candidates,
        .n_candidates = ret->n,
        .groups = &group,
        .n_groups = 1,
    };

    for (size_t i = 0; i < ret->n; i++) {
        struct rl_candidate *candidate = &ret->candidates[i];
        const char *path = path_of(finding, &finding->rated[i], ret->offender);

        candidate->process = finding->rated[i].process;
        rl_candidate_rate(victim, &choosing.scale, path, candidate);
        ret->unsure += spared_by_doubt(victim, path, candidate);
        rl_group_member(&group, candidate);
    }
    rl_choose(&choosing, &ret->choice);
}

int rl_autopsy_choose(const struct rl_policy_set *set, const struct rl_oom_finding *finding,
    struct rl_autopsy_choice *ret)
{
    *ret = (struct rl_autopsy_choice){.offender = offender_of(finding->report)};
    if (!ret->offender)
        return 0;
    ret->policy = find_policy(set, ret->offender);
    if (!ret->policy || finding->n_rated == 0 || finding->available_used == 0)
        return 0;
    ret->rated = !(ret->policy->victim.model->needs & RL_SCORE_NEEDS_UPTIME);
    if (!ret->rated)
        return 0;
    ret->candidates = calloc(finding->n_rated, sizeof(*ret->candidates));
    if (!ret->candidates)
        return -ENOMEM;
    ret->n = finding->n_rated;
    choose(finding, ret);
    return 0;
}

void rl_autopsy_choice_free(struct rl_autopsy_choice *choice)
{
    free(choice->candidates);
    *choice = (struct rl_autopsy_choice){0};
}
