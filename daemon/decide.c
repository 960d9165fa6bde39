/* Who it is to be: read the processes of the offender's subtree and let policy/ choose. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/observe/marks.h"
#include "daemon/observe/read.h"
#include "daemon/trace/record.h"
#include "policy/kube.h"

/* What the visits below work on. */
struct reading {
    struct rl_engine *engine;
    const struct rl_policy *policy;
    struct rl_cgroup *top;
    const struct rl_cgroup *subject;
    struct rl_scale scale;
    uint64_t now_us;
    uint64_t id; /* of the cgroup that is short */
    uid_t owner; /* of the top cgroup: whose marks count */
    uint32_t need;
    bool cmdline; /* some pattern is about command lines */
    /* of the cgroup that is being read */
    const struct rl_cgroup *cgroup;
    const char *path;
    uint32_t group;
    bool homeless;              /* the group is that of a cgroup above it */
    bool omit, avoid, together; /* what is said of it then: user.oomd_omit, user.oomd_avoid,
                                   memory.oom.group */
    pid_t main_pid;             /* 0: not looked for */
    uint64_t main_start;
    /* where a sketch will do for most: see daemon/sketch.h */
    bool sketching;
    bool peeking; /* and statm for the sketch */
    struct rl_bounds bounds;
    size_t met; /* processes */
    pid_t wanted;
    bool found;
};

typedef void (*visit_fn)(struct reading *r, struct rl_cgroup *cgroup, int fd);

/* ---- the cgroups ---- */

/* Parents before their children. No directory stays open, so that any number of them will do. */
static void visit_all(struct reading *r, visit_fn visit)
{
    const struct rl_tree *tree = rl_watch_tree(r->engine->watch);

    for (struct rl_cgroup *c = r->top; c; c = rl_next_populated(r->engine, r->top, c)) {
        int fd = rl_cgroup_open(tree, c);

        if (fd >= 0) {
            visit(r, c, fd);
            close(fd);
        } else if (c == r->top) {
            return; /* gone, with all below it */
        }
    }
}

/* The group of the nearest cgroup above one that has any. In the order of the tree it is among the
 * last one and those above that. */
static int32_t group_above(const struct rl_scratch *scratch, const struct rl_cgroup *cgroup)
{
    for (const struct rl_cgroup *c = cgroup->parent; c; c = c->parent)
        for (int32_t i = (int32_t)scratch->n_groups - 1; i >= 0; i = scratch->groups[i].parent)
            if (scratch->seats[i].cgroup == c)
                return i;
    return 0;
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

static void read_marks(const struct reading *r, int fd, bool *omit, bool *avoid, bool *together)
{
    (void)rl_marks_read(fd, r->owner, omit, avoid); /* gone meanwhile: nobody to spare */
    *omit |= rl_compat_leaves(r->engine->left, r->path);
    *together = rl_number_at(fd, "memory.oom.group", 0) == 1;
}

/* There is no room for a group: what is said of the cgroup, and of those above it that have none
 * either, has to be known all the same. */
static void read_lost_marks(struct reading *r, const struct rl_cgroup *cgroup)
{
    const struct rl_seat *seat = &r->engine->scratch.seats[r->group];

    r->omit = r->avoid = r->together = false;
    for (; cgroup != seat->cgroup && cgroup->parent; cgroup = cgroup->parent) {
        int fd = rl_cgroup_open(rl_watch_tree(r->engine->watch), cgroup);
        bool omit = false, avoid = false, together = false;

        if (fd < 0)
            continue;
        read_marks(r, fd, &omit, &avoid, &together);
        close(fd);
        r->omit |= omit;
        r->avoid |= avoid;
        r->together |= together;
    }
}

/* Its own cgroup; or the part of it that victims are sought in: with systemd's manager crun sets
 * the limits on a cgroup below the scope, and that is where the shortage is. */
static bool is_container(const char *path, bool top)
{
    struct rl_kube kube;

    rl_kube_parse(path, &kube);
    return kube.level == RL_LEVEL_CONTAINER && (top || !kube.inner);
}

static int32_t index_of(const struct rl_scratch *s, const struct rl_cgroup *cgroup)
{
    for (size_t i = 0; i < s->n_groups; i++)
        if (s->seats[i].cgroup == cgroup)
            return (int32_t)i;
    return -1;
}

/* Find a group for the members of a cgroup. */
static void enter(struct reading *r, struct rl_cgroup *cgroup, int fd)
{
    struct rl_scratch *s = &r->engine->scratch;
    int32_t above = cgroup == r->top ? -1 : group_above(s, cgroup);
    int32_t own = rl_scratch_seat(s, cgroup, r->path, above);
    struct stat owner;

    r->homeless = own < 0;
    r->group = (uint32_t)(r->homeless ? above : own);
    if (r->homeless) {
        s->seats[r->group].shared = true;
        read_lost_marks(r, cgroup);
        return;
    }
    if (above < 0)
        r->owner = fstat(fd, &owner) == 0 ? owner.st_uid : 0;
    s->groups[own].id = cgroup->id;
    s->groups[own].own = cgroup->policy;
    s->groups[own].subject = cgroup->subject ? index_of(s, cgroup->subject) : own;
    if (rl_failed_cgroup(r->engine, cgroup->id, r->now_us))
        s->groups[own].spared = RL_SPARED_FAILED;
    s->groups[own].container = is_container(r->path, above < 0);
    s->groups[own].holds_self = rl_self_within(&r->engine->self, r->path);
    read_marks(r, fd, &s->groups[own].omit, &s->groups[own].avoid, &s->groups[own].oom_group);
    read_memory(fd, &s->groups[own]);
}

/* ---- the processes ---- */

static bool has_fact(const struct rl_policy *policy, enum rl_fact fact)
{
    return policy && rl_victim_has_fact(&policy->victim, fact);
}

/* Has it a say about the programs of processes in this cgroup? */
static bool asks_exe(const struct rl_policy *policy, const char *path)
{
    return policy && rl_victim_asks_exe(&policy->victim, path);
}

/* The unit's main process is the oldest one of the cgroup. */
static void find_main(pid_t pid, void *userdata)
{
    struct reading *r = userdata;
    struct rl_process process;
    bool gone = false;

    if (pid <= 0 || rl_procs_glance(&r->engine->procs, pid, &process, &gone) < 0 || gone)
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

/* Of a cgroup without a group of its own what rl_group_member() would see there. A cgroup that dies
 * whole or not at all must not lose a member, and cannot be killed as such: he is spared after his
 * cgroups have heard of him, which may die with him. */
static void rate_homeless(const struct reading *r, struct rl_candidate *candidate)
{
    struct rl_scratch *s = &r->engine->scratch;
    bool may_go = rl_candidate_may_go(candidate) || candidate->spared == RL_SPARED_NO_MEMORY;

    s->homeless++;
    if (r->omit && may_go)
        candidate->spared = RL_SPARED_OMITTED;
    if (r->avoid)
        candidate->tier = RL_TIER_AVOIDED;
    rl_group_member(s->groups, candidate);
    if (r->together && candidate->spared == RL_REASON_NONE &&
        rl_oom_group_of(s->groups, (int32_t)r->group) < 0)
        candidate->spared = RL_SPARED_GROUP_PROTECTED;
}

static const struct rl_policy *own_policy(const struct reading *r)
{
    return r->cgroup->policy != r->policy ? r->cgroup->policy : NULL;
}

static void find_pid(pid_t pid, void *userdata)
{
    struct reading *r = userdata;

    r->found = r->found || pid == r->wanted;
}

/* Is a number still that of the process that was sketched? Without its start_ticks it is where
 * that one had begun before all of this did; who began since must be in the cgroup. */
static bool is_sketched(
    struct reading *r, const struct rl_process *now, const struct rl_sketch *then)
{
    int fd;

    if (then->start_ticks > 0)
        return now->start_ticks == then->start_ticks;
    if (now->start_ticks < r->scale.uptime_ticks)
        return true;
    fd = rl_cgroup_open(rl_watch_tree(r->engine->watch), r->cgroup);
    if (fd < 0)
        return false;
    r->wanted = now->pid;
    r->found = false;
    rl_procs_of(fd, find_pid, r, NULL);
    close(fd);
    return r->found;
}

/* before: the process that it must be, NULL where any will do. */
static void rate_exactly(struct reading *r, pid_t pid, const struct rl_sketch *before)
{
    struct rl_scratch *s = &r->engine->scratch;
    const struct rl_policy *own = own_policy(r);
    struct rl_candidate candidate = {0};
    bool gone = false;

    if (rl_procs_read(&r->engine->procs, pid, r->need, &candidate.process, &gone) < 0 || gone)
        return;
    if (before && !is_sketched(r, &candidate.process, before))
        return; /* gone as well: the number is another one's now, who may live anywhere */
    candidate.process.cgroup = r->group;
    rl_family_give(s->relations.kin, s->relations.n_kin, &candidate.process);
    if (pid == r->main_pid)
        candidate.process.flags |= RL_PROCESS_MAIN;
    if (r->cmdline)
        rl_cmdline_take(r->engine->cmdline, &candidate.process);
    rl_candidate_rate(&r->policy->victim, &r->scale, r->path, &candidate);
    /* Whoever owns the incident: a cgroup's own policy has a say about its processes. */
    if (own)
        rl_candidate_rate_own(&own->victim, r->path, &candidate);
    if (rl_candidate_may_go(&candidate) && rl_scratch_vetoed(s, &candidate.process, r->cgroup))
        candidate.spared = RL_SPARED_VETOED;
    if (candidate.spared == RL_REASON_NONE &&
        rl_failed_process(r->engine, &candidate.process, r->now_us))
        candidate.spared = RL_SPARED_FAILED;
    if (r->homeless)
        rate_homeless(r, &candidate);
    else
        rl_group_member(s->groups, &candidate);
    rl_pool_add(&s->pool, &candidate);
    rl_sketches_read(&s->sketches, &candidate);
}

static void rate_process(pid_t pid, void *userdata)
{
    struct reading *r = userdata;

    if (pid > 0)
        rate_exactly(r, pid, NULL);
    else
        r->engine->scratch.foreign++;
}

/* Return: false when it is gone. */
static bool look_briefly(const struct reading *r, pid_t pid, struct rl_process *ret)
{
    const struct rl_procs *procs = &r->engine->procs;
    bool gone = false;

    if (!r->peeking)
        return rl_procs_glance(procs, pid, ret, &gone) >= 0 && !gone;
    if (rl_procs_peek(procs, pid, ret, &gone) < 0 || gone)
        return false;
    if (ret->start_ticks == 0) /* of statm: what is scored is stat's */
        ret->rss_pages += r->bounds.rss_error;
    return true;
}

static void sketch_process(pid_t pid, void *userdata)
{
    struct reading *r = userdata;
    const struct rl_policy *own = own_policy(r);
    struct rl_candidate candidate;
    struct rl_process *process = &candidate.process;

    if (pid <= 0 || !look_briefly(r, pid, process))
        return;
    if (process->flags & RL_PROCESS_DEAD_LEADER) { /* what it holds does not show */
        rate_exactly(r, pid, NULL);
        return;
    }
    process->cgroup = r->group;
    if (pid == r->main_pid)
        process->flags |= RL_PROCESS_MAIN;
    rl_candidate_bound(
        &r->policy->victim, own ? &own->victim : NULL, &r->scale, &r->bounds, r->path, &candidate);
    if (!rl_sketches_add(&r->engine->scratch.sketches, &candidate, r->need))
        rate_exactly(r, pid, NULL);
}

static void count_process(pid_t pid, void *userdata)
{
    struct reading *r = userdata;

    r->met += pid > 0;
}

static bool within(const struct reading *r, const struct rl_cgroup *cgroup)
{
    return rl_within(r->engine, r->policy, r->subject, cgroup);
}

/* Few are read at once. Where whole groups may die or are counted, everybody has to be read: see
 * rate_sketched(). */
static bool sketch_is_worth_it(struct reading *r, int fd)
{
    if (!r->sketching || r->homeless || r->engine->scratch.groups[r->group].oom_group)
        return false;
    rl_procs_of(fd, count_process, r, NULL);
    return r->met > RL_SHARERS_ALL;
}

static void visit_rate(struct reading *r, struct rl_cgroup *cgroup, int fd)
{
    static char path[PATH_MAX]; /* too much for the stack below all that follows */
    struct rl_scratch *s = &r->engine->scratch;
    const struct rl_policy *own = cgroup->policy;
    size_t foreign = 0;

    rl_cgroup_path(cgroup, path, sizeof(path));
    r->path = path;
    r->cgroup = cgroup;
    enter(r, cgroup, fd);
    if (!within(r, cgroup))
        return;
    r->need = asks_exe(r->policy, path) || asks_exe(own, path) ? RL_PROCS_EXE : 0;
    r->main_pid = 0;
    if (has_fact(r->policy, RL_FACT_MAIN) || has_fact(own, RL_FACT_MAIN))
        rl_procs_of(fd, find_main, r, &foreign);
    foreign = 0;
    rl_procs_of(fd, sketch_is_worth_it(r, fd) ? sketch_process : rate_process, r, &foreign);
    s->foreign += foreign;
}

static void ask_cmdline(pid_t pid, void *userdata)
{
    struct reading *r = userdata;
    struct rl_process process;
    bool gone = false;

    if (pid > 0 && rl_procs_read(&r->engine->procs, pid, 0, &process, &gone) >= 0 && !gone)
        rl_cmdline_ask(r->engine->cmdline, &process);
}

static void visit_ask(struct reading *r, struct rl_cgroup *cgroup, int fd)
{
    size_t foreign;

    if (within(r, cgroup))
        rl_procs_of(fd, ask_cmdline, r, &foreign);
}

/* Ask for all command lines first and wait once: each may hang behind a thrashing process. */
static void prepare_cmdlines(struct reading *r)
{
    const struct rl_policy *last = r->policy;

    r->cmdline = has_fact(r->policy, RL_FACT_CMDLINE);
    for (struct rl_cgroup *c = r->top; c && !r->cmdline; c = rl_tree_next(r->top, c)) {
        if (c->policy == last)
            continue;
        last = c->policy;
        r->cmdline = has_fact(last, RL_FACT_CMDLINE);
    }
    r->cmdline = r->cmdline && r->engine->cmdline;
    if (!r->cmdline)
        return;
    visit_all(r, visit_ask);
    rl_cmdline_wait(r->engine->cmdline);
}

static void visit_kin(struct reading *r, struct rl_cgroup *cgroup, int fd)
{
    size_t foreign;

    if (within(r, cgroup))
        rl_procs_of(fd, add_kin, r, &foreign);
}

/* Children first, where the model asks for them: each adds to one who may be rated before it. */
static void prepare_kin(struct reading *r)
{
    struct rl_relations *relations = &r->engine->scratch.relations;

    if (!(r->policy->victim.model->needs & RL_SCORE_NEEDS_CHILDREN))
        return;
    visit_all(r, visit_kin);
    rl_relations_sum(relations, &r->engine->self);
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

/* What no process can have more of than the machine. Where much is in swap the bounds would tell
 * nobody from anybody. Return: are they of use? */
static bool find_bounds(struct reading *r)
{
    const struct rl_probe *probe = r->engine->options.probe;
    struct rl_node node = {0};
    uint64_t swapped;
    char text[4096];

    if (rl_read_at(probe->proc_fd, "meminfo", text, sizeof(text)) < 0 ||
        rl_parse_meminfo(text, &node) < 0 || node.swap_free > node.swap_total)
        return false;
    swapped = node.swap_total - node.swap_free;
    r->bounds.swap_pages = swapped / r->scale.page_size;
    r->bounds.rss_error = rl_rss_error(probe->cpus);
    r->peeking = r->peeking && rl_bounds_are_near(&r->bounds, &r->scale);
    return swapped <= r->scale.available / 64;
}

/* Nothing that a policy says may depend on more than a sketch tells, but for whom it spares. */
static bool is_sketchable(struct reading *r, const struct rl_policy *policy)
{
    r->peeking = r->peeking && !rl_victim_asks_stat(&policy->victim);
    return policy->victim.kill == RL_KILL_PROCESS && rl_victim_asks_little(&policy->victim);
}

/* May those who come last for certain be left unread? */
static bool may_sketch(struct reading *r)
{
    const struct rl_model *model = r->policy->victim.model;
    const struct rl_policy *last = r->policy;

    r->peeking = true;
    if (r->engine->scratch.listed == 0 || !model->bounded || model->picking.tie != RL_TIE_PID ||
        model->picking.waits || model->picking.sacrifice != RL_SACRIFICE_NONE ||
        !is_sketchable(r, r->policy))
        return false;
    for (struct rl_cgroup *c = r->top; c; c = rl_tree_next(r->top, c)) {
        if (!c->policy || c->policy == last)
            continue;
        last = c->policy;
        if (!is_sketchable(r, last))
            return false;
    }
    return find_bounds(r);
}

/* The processes themselves, from the top. Return: false where all have to be read after all. */
static bool rate_sketched(struct reading *r)
{
    struct rl_scratch *s = &r->engine->scratch;
    struct rl_sketch next;

    if (s->sketches.n == 0)
        return true;
    if (has_oom_group(s))
        return false;
    rl_sketches_order(&s->sketches);
    while (rl_sketches_next(&s->sketches, &next)) {
        r->group = next.group;
        r->path = s->groups[next.group].path;
        r->cgroup = s->seats[next.group].cgroup;
        r->need = next.need;
        r->homeless = false;
        r->main_pid = next.main ? next.pid : 0;
        rate_exactly(r, next.pid, &next);
    }
    return true;
}

/* Who dies with whom, unless prepare_kin() has found it out. */
static void find_sharers(struct reading *r)
{
    const struct rl_picking *picking = &r->policy->victim.model->picking;
    struct rl_scratch *s = &r->engine->scratch;

    if (s->relations.n_kin == 0 && (picking->sharers || picking->sacrifice != RL_SACRIFICE_NONE))
        rl_relations_of_pool(&s->relations, &s->pool, &r->engine->self, takes_first(r));
}

/* Those who were left unread count as seen. They cannot change what is chosen unless the first one
 * shares his memory with somebody; what the others share is not looked for among so many, see
 * rl_relations_of_pool(). Return: false where all have to be read after all. */
static bool leave_sketched(struct reading *r)
{
    struct rl_scratch *s = &r->engine->scratch;
    size_t left = s->sketches.n;

    if (left == 0)
        return true;
    s->pool.seen += left;
    rl_pool_sort(&s->pool);
    return s->pool.seen > RL_SHARERS_ALL && !rl_relations_first_shares(&s->pool, &s->sketches,
                                                rl_relations_compare(&r->engine->self));
}

static void read_processes(struct reading *r)
{
    struct rl_scratch *s = &r->engine->scratch;

    r->sketching = may_sketch(r);
    visit_all(r, visit_rate);
    if (!rate_sketched(r) || !leave_sketched(r)) {
        r->sketching = false;
        rl_scratch_clear(s, s->pool.model);
        visit_all(r, visit_rate);
    }
    if (s->sketches.n > 0)
        return;
    rl_pool_sort(&s->pool);
    find_sharers(r);
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

static void choose(struct reading *r, bool waited_out)
{
    struct rl_scratch *s = &r->engine->scratch;
    struct rl_victim victim = rl_whole_victim(s, r->policy);
    struct rl_choosing choosing = {
        .victim = &victim,
        .waited_out = waited_out,
        .scale = r->scale,
        .candidates = s->pool.items,
        .n_candidates = s->pool.n,
        .groups = s->groups,
        .n_groups = s->n_groups,
    };

    if (r->engine->trace)
        rl_trace_table(r->engine->trace, r->policy, &choosing, s, r->id);
    rl_choose(&choosing, &s->choice);
    if (victim.kill != r->policy->victim.kill)
        s->choice.fell_back = s->choice.found;
    if (s->homeless == 0)
        rl_choice_own(&choosing, r->policy, &s->choice);
    if (r->engine->trace)
        rl_trace_choice(r->engine->trace, s);
}

void rl_decide(struct rl_engine *engine, const struct rl_hot *hot, const struct rl_policy *policy,
    bool waited_out)
{
    struct rl_scratch *s = &engine->scratch;
    struct reading r = {
        .engine = engine,
        .policy = policy,
        .top = rl_within_top(engine, hot, policy),
        .subject = hot->cgroup->subject ? hot->cgroup->subject : hot->cgroup,
        .scale = scale_of(engine, hot, policy->victim.model),
        .now_us = rl_now_us(),
        .id = hot->cgroup->id,
    };

    rl_scratch_clear(s, policy->victim.model);
    prepare_cmdlines(&r);
    prepare_kin(&r);
    read_processes(&r);
    s->needed.processes = s->needed.kin = s->pool.seen;
    choose(&r, waited_out);
}
