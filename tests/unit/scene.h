/* Choices among made-up processes and cgroups, for tests of policy/choose. Include unit.h first. */
#pragma once

#include <string.h>

#include "policy/choose.h"
#include "tests/unit/policy.h"

#define CASE_MAX 24

/* One choice, from made-up processes and cgroups. Every candidate scores one point per MiB. */
struct scene {
    struct rl_candidate candidates[CASE_MAX];
    struct rl_group groups[CASE_MAX];
    struct rl_victim victim;
    struct rl_choosing choosing;
    struct rl_choice choice;
};

static const struct rl_pattern protect[] = {
    {.text = "comm:keep", .terms = {{RL_FACT_COMM, "keep"}}, .n = 1},
    {.text = "exe:/x & uid:0", .terms = {{RL_FACT_EXE, "/x"}, {RL_FACT_UID, "0"}}, .n = 2},
};

static inline struct scene a_scene(enum rl_kill kill)
{
    return (struct scene){.victim = {.kill = kill,
                              .model = rl_model_default(),
                              .protect = protect,
                              .n_protect = LENGTH(protect)}};
}

static inline struct rl_group *add_group(struct scene *s, const char *path, int32_t parent)
{
    struct rl_group *group = &s->groups[s->choosing.n_groups++];

    *group = (struct rl_group){.id = s->choosing.n_groups, .path = path, .parent = parent};
    return group;
}

static inline struct rl_process *add_process(
    struct scene *s, pid_t pid, const char *comm, uint32_t group, uint64_t mib)
{
    struct rl_process *p = &s->candidates[s->choosing.n_candidates++].process;

    *p = (struct rl_process){
        .pid = pid, .uid = 1000, .cgroup = group, .rss_pages = mib * MIB / 4096};
    strncpy(p->comm, comm, sizeof(p->comm) - 1);
    return p;
}

static inline const struct rl_choice *choose(struct scene *s)
{
    struct rl_choosing *c = &s->choosing;

    c->victim = &s->victim;
    c->scale = (struct rl_scale){.available = 1000 * MIB, .page_size = 4096};
    c->candidates = s->candidates;
    c->groups = s->groups;
    for (size_t i = 0; i < c->n_candidates; i++) {
        struct rl_candidate *k = &s->candidates[i];

        rl_candidate_rate(&s->victim, &c->scale, s->groups[k->process.cgroup].path, k);
        rl_group_member(s->groups, k);
    }
    rl_choose(c, &s->choice);
    return &s->choice;
}

static inline pid_t victim_pid(const struct scene *s)
{
    return s->choice.candidate < 0 ? 0 : s->candidates[s->choice.candidate].process.pid;
}

/* --- who dies by it --- */

static inline bool below(const struct scene *s, int32_t group, int32_t top)
{
    while (group >= 0 && group != top)
        group = s->groups[group].parent;
    return group == top;
}

/* Does the i-th candidate die by this choice? */
static inline bool dies(const struct scene *s, size_t i)
{
    const struct rl_choice *c = &s->choice;
    int32_t group = (int32_t)s->candidates[i].process.cgroup;

    if (!c->found)
        return false;
    if (c->scope == RL_KILL_PROCESS)
        return c->candidate == (int32_t)i || (c->mm != 0 && c->mm == s->candidates[i].process.mm);
    if (c->scope == RL_KILL_TREE && c->one_by_one)
        return rl_candidate_may_go(&s->candidates[i]);
    return below(s, group, c->group);
}
