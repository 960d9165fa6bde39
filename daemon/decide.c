/* Who it is to be: read the processes of the offender's subtree and let policy/ choose. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/observe/marks.h"
#include "daemon/observe/read.h"
#include "policy/glob.h"
#include "policy/match.h"

int rl_scratch_init(struct rl_scratch *scratch)
{
    scratch->groups = calloc(RL_GROUPS_MAX, sizeof(*scratch->groups));
    scratch->cgroups = calloc(RL_GROUPS_MAX, sizeof(*scratch->cgroups));
    scratch->dir_fds = calloc(RL_GROUPS_MAX, sizeof(*scratch->dir_fds));
    scratch->paths = calloc(1, RL_PATHS_SIZE);
    if (!scratch->groups || !scratch->cgroups || !scratch->dir_fds || !scratch->paths)
        return -ENOMEM;
    /* calloc hands out the zero page: touch it now rather than when memory is short. */
    memset(scratch->groups, 0xff, RL_GROUPS_MAX * sizeof(*scratch->groups));
    memset(scratch->cgroups, 0xff, RL_GROUPS_MAX * sizeof(*scratch->cgroups));
    memset(scratch->dir_fds, 0xff, RL_GROUPS_MAX * sizeof(*scratch->dir_fds));
    memset(scratch->paths, 0xff, RL_PATHS_SIZE);
    if (rl_relations_init(&scratch->relations) < 0)
        return -ENOMEM;
    return rl_pool_new(RL_POOL_SIZE, &scratch->pool);
}

void rl_scratch_free(struct rl_scratch *scratch)
{
    rl_pool_free(&scratch->pool);
    rl_relations_free(&scratch->relations);
    free(scratch->groups);
    free(scratch->cgroups);
    free(scratch->dir_fds);
    free(scratch->paths);
}

static int32_t index_of(const struct rl_scratch *scratch, const struct rl_cgroup *cgroup)
{
    /* Parents stand before their children, and mostly close to them. */
    for (size_t i = scratch->n_groups; i > 0; i--)
        if (scratch->cgroups[i - 1] == cgroup)
            return (int32_t)(i - 1);
    return -1;
}

/* What its death would free, and what would stay: see struct rl_group. */
static void read_memory(int dir_fd, struct rl_group *group)
{
    static char text[16384];
    struct rl_memory_held held = {0};

    group->swap = rl_number_at(dir_fd, "memory.swap.current", 0);
    if (rl_read_at(dir_fd, "memory.stat", text, sizeof(text)) < 0 ||
        rl_parse_memory_held(text, &held) < 0)
        return;
    group->anon = held.anon;
    group->kernel = held.kernel_stack + held.pagetables + held.sec_pagetables + held.sock;
    group->shmem = held.shmem;
}

/* Enter one cgroup with its directory open. Return: false when it is gone or the room is full. */
static bool add_group(
    struct rl_engine *engine, const struct rl_cgroup *top, struct rl_cgroup *cgroup)
{
    struct rl_scratch *s = &engine->scratch;
    char *path = s->paths + s->paths_used;
    size_t left = RL_PATHS_SIZE - s->paths_used;
    struct stat owner;
    int fd;

    if (s->n_groups == RL_GROUPS_MAX || left < 4096)
        return false;
    fd = rl_cgroup_open(rl_watch_tree(engine->watch), cgroup);
    if (fd < 0)
        return false;
    s->paths_used += rl_cgroup_path(cgroup, path, left) + 1;
    s->groups[s->n_groups] = (struct rl_group){
        .id = cgroup->id,
        .path = path,
        .parent = cgroup == top ? -1 : index_of(s, cgroup->parent),
        .oom_group = rl_number_at(fd, "memory.oom.group", 0) == 1,
        .holds_self = rl_self_within(&engine->self, path),
    };
    read_memory(fd, &s->groups[s->n_groups]);
    if (fstat(s->dir_fds[0] >= 0 && s->n_groups > 0 ? s->dir_fds[0] : fd, &owner) == 0)
        (void)rl_marks_read(fd, owner.st_uid, &s->groups[s->n_groups].omit,
            &s->groups[s->n_groups].avoid); /* gone meanwhile: nobody to spare */
    s->cgroups[s->n_groups] = cgroup;
    s->dir_fds[s->n_groups++] = fd;
    return true;
}

static void add_groups(struct rl_engine *engine, struct rl_cgroup *top)
{
    engine->scratch.n_groups = 0;
    engine->scratch.paths_used = 0;
    for (struct rl_cgroup *c = top; c; c = rl_tree_next(top, c))
        add_group(engine, top, c);
}

static void close_groups(struct rl_scratch *scratch)
{
    for (size_t i = 0; i < scratch->n_groups; i++)
        close(scratch->dir_fds[i]);
}

/* What the callbacks below work on. */
struct reading {
    struct rl_engine *engine;
    const struct rl_policy *policy;
    const struct rl_cgroup *subject;
    struct rl_scale scale;
    uint32_t group;
    uint32_t need;
    bool cmdline;   /* some pattern is about command lines */
    pid_t main_pid; /* of this group; 0: not looked for */
    uint64_t main_start;
};

static bool pattern_has(const struct rl_pattern *pattern, enum rl_fact fact)
{
    for (size_t t = 0; t < pattern->n; t++)
        if (pattern->terms[t].fact == fact)
            return true;
    return false;
}

static bool patterns_have(const struct rl_pattern *patterns, size_t n, enum rl_fact fact)
{
    for (size_t i = 0; i < n; i++)
        if (pattern_has(&patterns[i], fact))
            return true;
    return false;
}

static bool has_fact(const struct rl_policy *policy, enum rl_fact fact)
{
    const struct rl_victim *v = policy ? &policy->victim : NULL;

    if (!v)
        return false;
    for (size_t i = 0; i < v->n_adjust; i++)
        if (pattern_has(&v->adjust[i].pattern, fact))
            return true;
    return patterns_have(v->protect, v->n_protect, fact) ||
           patterns_have(v->avoid, v->n_avoid, fact) || patterns_have(v->prefer, v->n_prefer, fact);
}

/* Has it a say about the programs of processes in this cgroup? */
static bool asks_exe(const struct rl_policy *policy, const char *path)
{
    const struct rl_victim *v = policy ? &policy->victim : NULL;

    if (!v)
        return false;
    for (size_t i = 0; i < v->n_adjust; i++)
        if (rl_match_asks(&v->adjust[i].pattern, 1, RL_FACT_EXE, path))
            return true;
    return rl_match_asks(v->protect, v->n_protect, RL_FACT_EXE, path) ||
           rl_match_asks(v->avoid, v->n_avoid, RL_FACT_EXE, path) ||
           rl_match_asks(v->prefer, v->n_prefer, RL_FACT_EXE, path);
}

/* The unit's main process is the oldest one of the cgroup. */
static void find_main(pid_t pid, void *userdata)
{
    struct reading *r = userdata;
    struct rl_process process;
    bool gone = false;

    if (pid <= 0 || rl_procs_read(&r->engine->procs, pid, 0, &process, &gone) < 0 || gone)
        return;
    if (r->main_pid == 0 || process.start_ticks < r->main_start ||
        (process.start_ticks == r->main_start && pid < r->main_pid)) {
        r->main_pid = pid;
        r->main_start = process.start_ticks;
    }
}

static void add_kin(pid_t pid, void *userdata)
{
    struct reading *r = userdata;
    struct rl_process process;
    bool gone = false;

    if (pid > 0 && rl_procs_read(&r->engine->procs, pid, 0, &process, &gone) >= 0 && !gone)
        rl_relations_add(&r->engine->scratch.relations, &process);
}

static void rate_process(pid_t pid, void *userdata)
{
    struct reading *r = userdata;
    struct rl_scratch *s = &r->engine->scratch;
    const struct rl_policy *own = s->cgroups[r->group]->policy;
    struct rl_candidate candidate = {0};
    bool gone = false;

    if (pid <= 0) {
        s->foreign++;
        return;
    }
    if (rl_procs_read(&r->engine->procs, pid, r->need, &candidate.process, &gone) < 0 || gone)
        return;
    candidate.process.cgroup = r->group;
    rl_family_give(s->relations.kin, s->relations.n_kin, &candidate.process);
    if (pid == r->main_pid)
        candidate.process.flags |= RL_PROCESS_MAIN;
    if (r->cmdline)
        rl_cmdline_take(r->engine->cmdline, &candidate.process);
    rl_candidate_rate(&r->policy->victim, &r->scale, s->groups[r->group].path, &candidate);
    /* Whoever owns the incident: a cgroup's own policy has a say about its processes. */
    if (own && own != r->policy)
        rl_candidate_rate_own(&own->victim, s->groups[r->group].path, &candidate);
    rl_group_member(s->groups, &candidate);
    rl_pool_add(&s->pool, &candidate);
}

static void read_group(struct reading *r, size_t index)
{
    struct rl_scratch *s = &r->engine->scratch;
    const struct rl_policy *own = s->cgroups[index]->policy;
    const char *path = s->groups[index].path;
    size_t foreign = 0;

    r->group = (uint32_t)index;
    r->need = asks_exe(r->policy, path) || asks_exe(own, path) ? RL_PROCS_EXE : 0;
    r->main_pid = 0;
    if (has_fact(r->policy, RL_FACT_MAIN) || has_fact(own, RL_FACT_MAIN))
        rl_procs_of(s->dir_fds[index], find_main, r, &foreign);
    foreign = 0;
    rl_procs_of(s->dir_fds[index], rate_process, r, &foreign);
    s->foreign += foreign;
}

/* Does a path, or one above it, match? Globs of Within= mean what is below, too. */
static bool below_glob(const char *glob, const struct rl_cgroup *cgroup)
{
    char path[4096];

    for (; cgroup; cgroup = cgroup->parent) {
        rl_cgroup_path(cgroup, path, sizeof(path));
        if (rl_glob_path(glob, path))
            return true;
    }
    return false;
}

/* A vendor's file reaches outside its own subject only where reliefd.conf allows it. */
static bool vendor_may(const struct reading *r, const struct rl_cgroup *cgroup)
{
    const struct rl_settings *settings = r->engine->options.settings;

    if (!r->policy->vendor || rl_cgroup_holds(r->subject, cgroup))
        return true;
    for (size_t i = 0; i < settings->n_allow_within; i++)
        if (below_glob(settings->allow_within[i], cgroup))
            return true;
    return false;
}

static bool within(const struct reading *r, const struct rl_cgroup *cgroup)
{
    if (r->policy->victim.within != RL_WITHIN_GLOB)
        return true;
    return below_glob(r->policy->victim.within_glob, cgroup) && vendor_may(r, cgroup);
}

/* Where victims are looked for. */
static struct rl_cgroup *find_top(
    struct rl_engine *engine, const struct rl_hot *hot, const struct rl_policy *policy)
{
    if (policy->victim.within == RL_WITHIN_GLOB)
        return rl_tree_root(rl_watch_tree(engine->watch));
    if (policy->victim.within == RL_WITHIN_SUBJECT && hot->cgroup->subject)
        return hot->cgroup->subject;
    return hot->cgroup;
}

static void ask_cmdline(pid_t pid, void *userdata)
{
    struct reading *r = userdata;
    struct rl_process process;
    bool gone = false;

    if (pid > 0 && rl_procs_read(&r->engine->procs, pid, 0, &process, &gone) >= 0 && !gone)
        rl_cmdline_ask(r->engine->cmdline, &process);
}

/* Ask for all command lines first and wait once: each may hang behind a thrashing process. */
static void prepare_cmdlines(struct reading *r)
{
    struct rl_scratch *s = &r->engine->scratch;
    size_t foreign = 0;

    for (size_t i = 0; i < s->n_groups && !r->cmdline; i++)
        r->cmdline = has_fact(r->policy, RL_FACT_CMDLINE) ||
                     has_fact(s->cgroups[i]->policy, RL_FACT_CMDLINE);
    r->cmdline = r->cmdline && r->engine->cmdline;
    if (!r->cmdline)
        return;
    for (size_t i = 0; i < s->n_groups; i++)
        if (within(r, s->cgroups[i]))
            rl_procs_of(s->dir_fds[i], ask_cmdline, r, &foreign);
    rl_cmdline_wait(r->engine->cmdline);
}

/* Children first, where the model asks for them: each adds to one who may be rated before it. */
static void prepare_kin(struct reading *r)
{
    struct rl_scratch *s = &r->engine->scratch;
    size_t foreign = 0;

    s->relations.n_kin = 0;
    if (!(r->policy->victim.model->needs & RL_SCORE_NEEDS_CHILDREN))
        return;
    for (size_t i = 0; i < s->n_groups; i++)
        if (within(r, s->cgroups[i]))
            rl_procs_of(s->dir_fds[i], add_kin, r, &foreign);
    rl_relations_sum(&s->relations, &r->engine->self);
}

static bool has_oom_group(const struct rl_scratch *s)
{
    for (size_t i = 0; i < s->n_groups; i++)
        if (s->groups[i].oom_group)
            return true;
    return false;
}

/* Will it be the first of the pool who dies, unless he shares? */
static bool takes_first(const struct reading *r)
{
    return r->policy->victim.kill == RL_KILL_PROCESS &&
           r->policy->victim.model->picking.sacrifice == RL_SACRIFICE_NONE &&
           !has_oom_group(&r->engine->scratch);
}

/* Who dies with whom, unless prepare_kin() has found it out. */
static void find_sharers(struct reading *r)
{
    const struct rl_picking *picking = &r->policy->victim.model->picking;
    struct rl_scratch *s = &r->engine->scratch;

    if (s->relations.n_kin == 0 && (picking->sharers || picking->sacrifice != RL_SACRIFICE_NONE))
        rl_relations_of_pool(&s->relations, &s->pool, &r->engine->self, takes_first(r));
}

static struct rl_scale scale_of(
    struct rl_engine *engine, const struct rl_hot *hot, const struct rl_model *model)
{
    long ticks = sysconf(_SC_CLK_TCK);
    struct timespec up = {0};
    uint32_t hz = ticks > 0 ? (uint32_t)ticks : 100;

    clock_gettime(CLOCK_BOOTTIME, &up);
    return (struct rl_scale){
        .available = hot->room.totals[model->total],
        .page_size = engine->procs.page_size,
        .clk_tck = hz,
        .uptime_ticks = (uint64_t)up.tv_sec * hz + (uint64_t)up.tv_nsec * hz / 1000000000,
        .swappiness = rl_watch_node(engine->watch, false)->swappiness,
    };
}

/* Does somebody elsewhere hold on to the address space of the chosen process? */
static bool shared_outside(const struct rl_scratch *s, int32_t top)
{
    for (size_t i = 0; s->choice.mm != 0 && i < s->pool.n; i++) {
        const struct rl_process *p = &s->pool.items[i].process;
        int32_t group = (int32_t)p->cgroup;

        while (group >= 0 && group != top)
            group = s->groups[group].parent;
        if (p->mm == s->choice.mm && group < 0)
            return true;
    }
    return false;
}

/* Whoever owns the incident: the cgroup of a chosen process may have a policy that says it dies
 * whole (Kill=cgroup, tree). Where it must not, the process alone dies, as it would have. */
static void apply_own_kill(struct rl_scratch *s, const struct rl_policy *acting)
{
    struct rl_choice *choice = &s->choice;
    const struct rl_cgroup *cgroup;
    int32_t group;

    if (!choice->found || choice->scope != RL_KILL_PROCESS || choice->fell_back)
        return;
    cgroup = s->cgroups[choice->group];
    if (!cgroup->policy || cgroup->policy == acting ||
        cgroup->policy->victim.kill == RL_KILL_PROCESS)
        return;
    if (cgroup->policy->victim.kill == RL_KILL_TREE && cgroup->subject)
        cgroup = cgroup->subject;
    group = index_of(s, cgroup);
    if (group < 0 || s->groups[group].spared != RL_REASON_NONE || shared_outside(s, group))
        return;
    choice->scope = RL_KILL_CGROUP;
    choice->group = group;
    choice->mm = 0;
}

void rl_decide(struct rl_engine *engine, const struct rl_hot *hot, const struct rl_policy *policy,
    bool waited_out)
{
    struct rl_scratch *s = &engine->scratch;
    struct reading r = {
        .engine = engine,
        .policy = policy,
        .subject = hot->cgroup->subject ? hot->cgroup->subject : hot->cgroup,
        .scale = scale_of(engine, hot, policy->victim.model),
    };
    struct rl_choosing choosing;

    rl_pool_clear(&s->pool, policy->victim.model);
    s->foreign = 0;
    add_groups(engine, find_top(engine, hot, policy));
    prepare_cmdlines(&r);
    prepare_kin(&r);
    for (size_t i = 0; i < s->n_groups; i++)
        if (within(&r, s->cgroups[i]))
            read_group(&r, i);
    rl_pool_sort(&s->pool);
    find_sharers(&r);
    choosing = (struct rl_choosing){
        .victim = &policy->victim,
        .waited_out = waited_out,
        .scale = r.scale,
        .candidates = s->pool.items,
        .n_candidates = s->pool.n,
        .groups = s->groups,
        .n_groups = s->n_groups,
    };
    rl_choose(&choosing, &s->choice);
    apply_own_kill(s, policy);
    close_groups(s);
}
