#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/autopsy.h"
#include "daemon/report/cleanup.h"
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

/* Does it hang on a program or command line, which no report shows? */
static bool asks_too_much(const struct rl_pattern *pattern)
{
    for (size_t i = 0; i < pattern->n; i++)
        if (pattern->terms[i].fact == RL_FACT_EXE || pattern->terms[i].fact == RL_FACT_CMDLINE)
            return true;
    return false;
}

/* Those that do not, copied to to. Return: how many. */
static size_t decidable(const struct rl_pattern *patterns, size_t n, struct rl_pattern *to)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!asks_too_much(&patterns[i]))
            to[kept++] = patterns[i];
    return kept;
}

/* Could one of the others mean it, so that it is spared or comes last? */
static bool in_doubt(
    const struct rl_victim *victim, const struct rl_process *process, const char *path)
{
    return rl_match_any(victim->protect, victim->n_protect, process, path, true) ||
           rl_match_any(victim->avoid, victim->n_avoid, process, path, true);
}

/* The cgroup that a task lived in, as far as the report tells: its victim's, else the one that was
 * short. */
static const char *path_of(
    const struct rl_oom_finding *finding, const struct rl_oom_rated *rated, const char *offender)
{
    const char *own = finding->report->task_memcg;

    return rated == finding->kernel_victim && *own == '/' ? own : offender;
}

static bool choice_in_doubt(
    const struct rl_oom_finding *finding, const struct rl_autopsy_choice *choice)
{
    const struct rl_victim *victim = &choice->policy->victim;
    bool all = choice->choice.candidate < 0;

    for (size_t i = 0; choice->choice.found && i < choice->n; i++) {
        const char *path = path_of(finding, &finding->rated[i], choice->offender);

        if ((all || i == (size_t)choice->choice.candidate) &&
            rl_candidate_may_go(&choice->candidates[i]) &&
            in_doubt(victim, &choice->candidates[i].process, path))
            return true;
    }
    return false;
}

/* victim: the policy's, without what cannot be decided. */
static void choose(const struct rl_oom_finding *finding, const struct rl_victim *victim,
    struct rl_autopsy_choice *ret)
{
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
        rl_group_member(&group, candidate);
    }
    rl_choose(&choosing, &ret->choice);
    ret->unsure = choice_in_doubt(finding, ret);
}

static int choose_what_is_known(const struct rl_oom_finding *finding, struct rl_autopsy_choice *ret)
{
    struct rl_victim victim = ret->policy->victim;
    rl_auto_free struct rl_pattern *patterns = calloc(
        victim.n_protect + victim.n_avoid + 1, sizeof(*patterns));

    ret->candidates = calloc(finding->n_rated, sizeof(*ret->candidates));
    if (!patterns || !ret->candidates)
        return -ENOMEM;
    ret->n = finding->n_rated;
    victim.n_protect = decidable(victim.protect, victim.n_protect, patterns);
    victim.protect = patterns;
    victim.n_avoid = decidable(victim.avoid, victim.n_avoid, patterns + victim.n_protect);
    victim.avoid = patterns + victim.n_protect;
    choose(finding, &victim, ret);
    return 0;
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
    return choose_what_is_known(finding, ret);
}

void rl_autopsy_choice_free(struct rl_autopsy_choice *choice)
{
    free(choice->candidates);
    *choice = (struct rl_autopsy_choice){0};
}
