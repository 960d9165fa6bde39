/* What wakes the daemon, and the walk down to what moved. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/gate.h"
#include "daemon/observe/watch-private.h"
#include "daemon/report/log.h"
#include "policy/wake.h"

#define FINE_WINDOW_US  (1 * RL_US_PER_S)
#define PLAIN_WINDOW_US (2 * RL_US_PER_S)  /* all that is allowed without CAP_SYS_RESOURCE */
#define EARLY_US        (2 * RL_US_PER_MS) /* a second: the first jiffy of stall is enough */
#define NO_GATE_US      RL_US_PER_S        /* how often to walk where there is no trigger */

/* A child that stalls for half of its policy's share or more shows above it with a quarter of the
 * gate's threshold: the bound goes with the square. */
#define DESCEND_PART 4

/* Where nobody below can have stalled for long a walk ends at the root, but not more often in a row
 * than makes this many times the time between two. */
#define BELOW_LEAST 4

/* How far apart the kernel takes samples of the root: a tenth of our trigger's window. */
#define SAMPLE_US (FINE_WINDOW_US / 10)

/* One level of a walk. */
struct level {
    struct rl_watch *watch;
    uint64_t now_us;
    int dir_fd;        /* of the parent, whose children are glanced at */
    uint32_t above_ms; /* rl_seen_above() of the parent, before this walk */
    bool events;       /* the parent's events moved, or nobody knows */
    bool accounted;    /* only those whose files are kept have raised them */
    uint32_t drops;    /* watch->drops when that was found */
};

static void on_top_events(void *userdata, struct rl_cgroup *cgroup);

/* ---- one cgroup ---- */

/* memory.pressure through a file that is kept open where it can be. */
static void glance_warm(
    const struct level *level, struct rl_cgroup *c, const char *name, struct rl_glance *ret)
{
    struct rl_warm *warm = level->watch->warm;
    uint32_t walk = (uint32_t)level->watch->stats.descents;
    int fd = rl_warm_find(warm, c, walk), r;

    if (fd >= 0) {
        r = rl_pressure_glance(fd, ret);
        if (r < 0)
            rl_warm_drop(warm, c);
        return;
    }
    fd = rl_pressure_open(level->dir_fd, name);
    if (fd < 0)
        return;
    r = rl_pressure_glance(fd, ret);
    if (r < 0 || !rl_warm_keep(warm, c, walk, fd))
        close(fd);
}

/* Who is no longer kept since the sum was made must be read all the same. */
static bool reads_events(const struct level *level, const struct rl_cgroup *c)
{
    bool accounted = level->accounted && level->drops == level->watch->drops;

    return level->events && (c->files || !accounted);
}

static void glance_at(const struct level *level, struct rl_cgroup *c, struct rl_glance *ret)
{
    char name[NAME_MAX + 1];

    level->watch->stats.glances++;
    *ret = (struct rl_glance){.now_us = level->now_us};
    if (c->files) {
        rl_files_glance(c->files, reads_events(level, c), ret);
        return;
    }
    rl_name_unpack(c->name, name);
    glance_warm(level, c, name, ret);
    if (reads_events(level, c))
        rl_events_glance(level->dir_fd, name, ret);
}

/* Return: an fd for files below it; level->dir_fd itself for the root. */
static int open_below(const struct level *level, const struct rl_cgroup *c)
{
    char name[NAME_MAX + 1];

    if (!c->parent)
        return level->dir_fd;
    rl_name_unpack(c->name, name);
    return openat(level->dir_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool is_limited(const struct level *level, const struct rl_cgroup *c)
{
    int fd;
    bool limited;

    if (!c->parent)
        return false;
    fd = open_below(level, c);
    if (fd < 0)
        return false;
    limited = rl_limited_at(fd);
    close(fd);
    return limited;
}

/* Does it stall, or hit its limit, so that it should be watched closely? */
static bool stirs_enough(const struct rl_stir *stir, uint32_t share, uint32_t least, bool events)
{
    if (events && stir->events)
        return true;
    if (least == 0)
        return rl_stir_any(stir);
    return !stir->blind && share >= least && stir->grown_us > 0;
}

static void consider(const struct level *level, struct rl_cgroup *c, const struct rl_seen *seen,
    const struct rl_glance *glance, const struct rl_stir *stir)
{
    struct rl_watch *watch = level->watch;
    uint32_t share = rl_stir_share(stir, watch->span_us);
    struct rl_sample before;
    struct rl_wish wish = {0};
    bool known;

    if (c->hot || !stirs_enough(stir, share, watch->least_share, watch->wants_events))
        return;
    watch->client.wants(watch->client.userdata, c, &wish);
    if (wish.want == RL_WANT_NOT || !stirs_enough(stir, share, wish.share, wish.events))
        return;
    if (wish.want == RL_WANT_IF_LIMITED && !is_limited(level, c))
        return;
    known = rl_seen_sample(seen, level->above_ms, glance, &before);
    if (!rl_hot_heat(watch, c, &wish, known ? &before : NULL) && watch->short_of_room)
        c->seen = *seen; /* it is found again when there is room */
}

/* Within what time what was seen has come. */
static uint64_t span_of(const struct rl_watch *watch, const struct rl_stir *stir)
{
    return stir->over_us == 0 || stir->over_us > watch->span_us ? watch->span_us : stir->over_us;
}

static bool worth_descending(const struct rl_watch *watch, const struct rl_stir *stir)
{
    if (stir->blind || stir->events)
        return true;
    return stir->grown_us > watch->descend_us * span_of(watch, stir) / RL_US_PER_S;
}

/* Can anybody have come near a threshold since the last walk that went below the root? The root
 * alone tells: it stalls when anybody does. */
static bool is_due_below(struct rl_watch *watch, const struct rl_stir *stir, uint64_t now_us)
{
    uint64_t since = now_us - watch->below_us;
    bool looked = stir->over_us != 0 && stir->over_us <= 2 * watch->walk_us;

    if (stir->blind || watch->reads_events || watch->below_us == 0 || !looked ||
        since >= watch->below_most_us)
        return true;
    return watch->grown_us >= rl_wake_least_growth_us(watch->half_us, since, watch->probe->cpus,
                                  watch->jiffy_us, SAMPLE_US);
}

/* The root's part of a walk. Return: go on below it? */
static bool begin_below(struct rl_watch *watch, const struct rl_stir *stir, uint64_t now_us)
{
    uint64_t since = now_us - watch->below_us;

    watch->grown_us += stir->grown_us;
    /* What stood still for long before this may have come all at once. */
    watch->span_us = watch->walk_us;
    if (watch->below_us != 0 && since > watch->walk_us && since <= watch->below_most_us)
        watch->span_us = since;
    if (!watch->owed && (!rl_stir_any(stir) || !worth_descending(watch, stir) ||
                            !is_due_below(watch, stir, now_us)))
        return false;
    watch->owed = false;
    watch->below_us = now_us;
    watch->grown_us = 0;
    watch->stats.descents++;
    return true;
}

/* Have those below whose files are kept raised every event of the one above them? Nobody else's
 * need be read then, which with a hundred side by side costs more than all the rest of a walk.
 *
 * An event counts in the cgroup itself and then in each one above it (__memcg_memory_event), so the
 * numbers add up. Those below are read first, and were last read after the one above: what comes in
 * between is missing from their sum, never in it. One that a CPU has just counted below and not yet
 * above may hide one of somebody else's, but then the next sum falls short by it, and whoever was
 * not read is still as it had been seen. */
static bool events_accounted(const struct rl_cgroup *c, const struct rl_seen *before)
{
    struct rl_glance glance = {0};
    uint32_t found = 0;

    if (!c->files || before->at_ms == 0)
        return false;
    for (const struct rl_cgroup *child = c->children; child; child = child->next) {
        struct rl_glance below = {0};

        if (!child->files || child->seen.at_ms == 0)
            continue;
        rl_files_events(child->files, &below);
        if (below.events)
            found += rl_seen_events(&child->seen, &below);
    }
    rl_files_events(c->files, &glance);
    return glance.events && found == rl_seen_events(before, &glance);
}

static void descend(const struct level *level, struct rl_cgroup *c, const struct rl_seen *before,
    bool moved, bool unknown, int dir_fd);

/* Glance at a cgroup, make it hot if need be, and go below it if anything there could have
 * happened. Depth is bounded by RL_DEPTH_MAX, which the tree keeps. */
static void visit(const struct level *level, struct rl_cgroup *c)
{
    struct rl_seen seen = c->seen;
    struct rl_glance glance;
    struct rl_stir stir;
    bool asked = reads_events(level, c), unknown;
    int fd;

    glance_at(level, c, &glance);
    rl_seen_take(&c->seen, level->above_ms, &glance, &stir);
    consider(level, c, &seen, &glance, &stir);
    if (!c->parent ? !begin_below(level->watch, &stir, level->now_us)
                   : !rl_stir_any(&stir) || !worth_descending(level->watch, &stir))
        return;
    if (!c->children)
        return;
    fd = open_below(level, c);
    if (fd < 0)
        return;
    unknown = asked && (!glance.events || level->watch->probe->local_events_mount);
    descend(level, c, &seen, stir.events, unknown, fd);
    if (c->parent)
        close(fd);
}

static void descend(const struct level *level, struct rl_cgroup *c, const struct rl_seen *before,
    bool moved, bool unknown, int dir_fd)
{
    struct level below = {
        .watch = level->watch,
        .now_us = level->now_us,
        .dir_fd = dir_fd,
        .above_ms = rl_seen_above(before),
        .events = moved || unknown,
        .accounted = moved && !unknown && events_accounted(c, before),
        .drops = level->watch->drops,
    };

    for (struct rl_cgroup *child = c->children; child; child = child->next)
        visit(&below, child);
    rl_seen_below(&c->seen);
}

/* ---- the walk ---- */

static void put_off(struct rl_watch *watch, uint64_t at_us)
{
    if (watch->walk_at_us == 0 || at_us < watch->walk_at_us)
        watch->walk_at_us = at_us;
}

static void unmute(struct rl_watch *watch)
{
    for (struct rl_cgroup *c = rl_tree_root(watch->tree)->children; c; c = c->next)
        rl_gate_mute(c, false);
}

static void listen_where_missing(struct rl_watch *watch)
{
    /* The memory controller may have been switched on since the cgroup was made. */
    for (struct rl_cgroup *c = rl_tree_root(watch->tree)->children; c; c = c->next)
        if (!c->gate && watch->gates < RL_GATES_MAX) {
            watch->to_listen = true;
            rl_watch_later(watch);
            return;
        }
}

static void rescan_if_blind(struct rl_watch *watch)
{
    int r;

    if (!rl_tree_blind(watch->tree))
        return;
    r = rl_tree_rescan(watch->tree);
    if (r < 0)
        rl_warning("listing the cgroup tree failed: %s", strerror(-r));
}

/* The trigger speaks once in its window, and may owe what came meanwhile until there is stall again
 * (policy/wake.h); one of 2 s is put back by whoever reads the file, as we do. So the walks go on
 * for a window after the last stall. Without a trigger they go on for ever. */
static void walk_on(struct rl_watch *watch, uint64_t now_us)
{
    if (!watch->pressure && watch->wants_pressure)
        put_off(watch, now_us + (watch->walk_us > NO_GATE_US ? watch->walk_us : NO_GATE_US));
    else if (watch->moved_us != 0 && now_us < watch->moved_us + watch->stats.window_us)
        put_off(watch, now_us + watch->walk_us);
    else
        rl_hot_calm(watch);
    /* While walks go on anyway events would only make them more frequent. */
    if (!watch->pressure || watch->walk_at_us == 0 || watch->reads_events)
        unmute(watch);
}

static void walk_all(struct rl_watch *watch, uint64_t now_us)
{
    struct level top = {.watch = watch,
        .now_us = now_us,
        .dir_fd = watch->probe->cgroup_fd,
        .events = watch->reads_events};
    struct rl_cgroup *root;
    uint32_t some_before;

    watch->stats.walks++;
    watch->walked_us = now_us;
    watch->walk_at_us = 0;
    rescan_if_blind(watch);
    root = rl_tree_root(watch->tree);
    some_before = root->seen.some;
    visit(&top, root);
    if (root->seen.some != some_before)
        watch->moved_us = now_us;
    walk_on(watch, now_us);
    listen_where_missing(watch);
}

static void walk_or_wait(struct rl_watch *watch, uint64_t now_us)
{
    if (watch->walked_us == 0 || now_us >= watch->walked_us + watch->walk_us)
        walk_all(watch, now_us);
    else
        put_off(watch, watch->walked_us + watch->walk_us);
}

void rl_walk_again(struct rl_watch *watch)
{
    watch->short_of_room = false;
    watch->owed = true;
    walk_all(watch, rl_now_us());
    rl_watch_rearm(watch);
}

void rl_walk_due(struct rl_watch *watch, uint64_t now_us)
{
    if (watch->walk_at_us != 0 && watch->walk_at_us <= now_us + watch->walk_us / 4)
        walk_all(watch, now_us);
}

void rl_walk_prime(struct rl_watch *watch)
{
    struct rl_cgroup *root = rl_tree_root(watch->tree);
    char path[PATH_MAX];
    uint64_t now = rl_now_us();

    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c)) {
        struct level at = {
            .watch = watch, .now_us = now, .dir_fd = watch->probe->cgroup_fd, .events = true};
        struct rl_glance glance = {.now_us = now};
        struct rl_stir stir;

        if (c->seen.at_ms != 0 || rl_cgroup_path(c, path, sizeof(path)) == 0)
            continue;
        if (c->files || !c->parent)
            glance_at(&at, c, &glance);
        else
            rl_glance_at(at.dir_fd, path + 1, true, &glance);
        rl_seen_take(&c->seen, 0, &glance, &stir);
        rl_seen_below(&c->seen);
    }
}

/* ---- memory.events ---- */

/* Where only pressure counts: somebody may stall in there so that the root cannot show it. Once is
 * enough for a while; if anything moved the walks go on. */
static void follow_events(
    struct rl_watch *watch, struct rl_cgroup *cgroup, uint64_t now_us, uint32_t ago_ms)
{
    struct level level = {
        .watch = watch, .now_us = now_us, .dir_fd = watch->probe->cgroup_fd, .events = true};
    uint32_t some = cgroup->seen.some;

    rl_gate_mute(cgroup, true);
    if (cgroup->seen.at_ms == 0 || ago_ms * UINT64_C(1000) >= watch->walk_us) {
        watch->stats.walks++;
        watch->span_us = watch->walk_us;
        visit(&level, cgroup);
    }
    if (cgroup->seen.some != some)
        watch->moved_us = now_us;
    put_off(watch, now_us + (watch->walk_us > NO_GATE_US ? watch->walk_us : NO_GATE_US));
}

static void on_top_events(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_watch *watch = userdata;
    uint64_t now = rl_now_us();
    struct level level = {.watch = watch, .now_us = now, .dir_fd = -1, .events = true};
    uint32_t ago_ms = (uint32_t)(now / 1000) - cgroup->seen.at_ms;

    watch->stats.events_events++;
    if (watch->client.on_kernel_kill && rl_gate_killed(cgroup))
        watch->client.on_kernel_kill(watch->client.userdata);
    rl_hot_look_due(watch, now);
    if (rl_tree_blind(watch->tree) || !cgroup->parent || cgroup->parent->parent) {
        watch->owed = watch->reads_events;
        walk_or_wait(watch, now);
    } else if (!watch->reads_events) {
        follow_events(watch, cgroup, now, ago_ms);
    } else if (!watch->wants_events && cgroup->seen.at_ms != 0 &&
               ago_ms * UINT64_C(1000) < watch->walk_us) {
        watch->owed = true;
        put_off(watch, now + watch->walk_us - ago_ms * UINT64_C(1000));
        rl_gate_mute(cgroup, true);
    } else {
        watch->stats.walks++;
        watch->stats.descents++;
        watch->span_us = watch->walk_us;
        level.dir_fd = watch->probe->cgroup_fd;
        visit(&level, cgroup);
    }
    if (watch->client.on_events)
        watch->client.on_events(watch->client.userdata, cgroup);
    rl_watch_rearm(watch);
}

void rl_walk_listen(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    /* Where events do not propagate every cgroup must be listened to itself. */
    if (!cgroup->parent || cgroup->gate || (cgroup->depth > 1 && !watch->probe->local_events_mount))
        return;
    if (watch->gates == RL_GATES_MAX) {
        if (!watch->said_gates)
            rl_info("memory.events of %d cgroups are listened to; what others raise is found by "
                    "their pressure",
                RL_GATES_MAX);
        watch->said_gates = true;
        return;
    }
    if (rl_gate_listen(watch->event, watch->tree, cgroup, on_top_events, watch) >= 0)
        watch->gates++;
}

void rl_walk_listen_all(struct rl_watch *watch)
{
    struct rl_cgroup *root = rl_tree_root(watch->tree);

    for (struct rl_cgroup *c = root->children; c && !watch->probe->local_events_mount; c = c->next)
        rl_walk_listen(watch, c);
    for (struct rl_cgroup *c = root; c && watch->probe->local_events_mount;
         c = rl_tree_next(root, c))
        rl_walk_listen(watch, c);
}

void rl_walk_forget(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    if (!cgroup->gate)
        return;
    rl_gate_forget(cgroup);
    watch->gates--;
}

/* ---- the root's trigger ---- */

static int on_pressure(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_watch *watch = userdata;
    uint64_t now = rl_now_us();

    if (revents & EPOLLERR) {
        rl_warning("the root's pressure trigger was taken away: the tree is looked at once a "
                   "second instead");
        watch->stats.gate = "none";
        watch->pressure = sd_event_source_disable_unref(watch->pressure);
        put_off(watch, now);
    } else {
        watch->stats.gate_events++;
        watch->moved_us = now;
        rl_hot_look_due(watch, now);
        walk_or_wait(watch, now);
    }
    rl_watch_rearm(watch);
    return 0;
}

static int open_pressure(const struct rl_probe *probe)
{
    int fd;

    if (!probe->live)
        return -EOPNOTSUPP; /* a saved tree: nothing of it is written to */
    fd = openat(probe->cgroup_fd, "memory.pressure", O_RDWR | O_CLOEXEC | O_NONBLOCK);

    /* In a cgroup namespace the root's own file is not ours to write; the machine's is. */
    if (fd < 0)
        fd = openat(probe->proc_fd, "pressure/memory", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static int try_gate(struct rl_watch *watch, uint64_t sound_us, const char *kind, uint64_t window_us)
{
    uint64_t early = EARLY_US * window_us / RL_US_PER_S;
    uint64_t threshold = sound_us < early ? sound_us : early;
    int fd = open_pressure(watch->probe), r;

    if (fd < 0)
        return fd;
    r = rl_gate_pressure(
        watch->event, fd, threshold, window_us, on_pressure, watch, &watch->pressure);
    if (r < 0)
        return r;
    watch->stats.gate = kind;
    watch->stats.threshold_us = threshold;
    watch->stats.window_us = window_us;
    return 0;
}

/* What the policies want, beside the trigger. */
static void take_wishes(struct rl_watch *watch, const struct rl_policy *policies, size_t n)
{
    watch->walk_us = rl_wake_walk_us(policies, n);
    watch->least_share = RL_WHOLE;
    watch->wants_pressure = watch->wants_events = false;
    for (size_t p = 0; p < n; p++) {
        uint32_t share = rl_wake_heat_share(&policies[p]);

        for (size_t t = 0; t < policies[p].n_triggers; t++)
            if (rl_trigger_timed(&policies[p].triggers[t]))
                share = 0; /* where it is a default, its subjects are found when anything moves */
        if (share < watch->least_share)
            watch->least_share = share;
        watch->wants_pressure |= rl_policy_has_line(&policies[p], RL_LINE_PRESSURE);
        watch->wants_events |= rl_policy_has_line(&policies[p], RL_LINE_EVENTS);
    }
    watch->reads_events = watch->wants_events || watch->least_share == 0 || !watch->wants_pressure;
    watch->span_us = watch->walk_us;
    watch->below_us = 0;
    watch->half_us = rl_wake_half_us(policies, n);
    if (watch->half_us > watch->walk_us)
        watch->half_us = watch->walk_us;
    /* A child's sample before must not be older than half of any window, see policy/history.h. */
    watch->below_most_us = BELOW_LEAST * watch->walk_us;
    if (rl_wake_half_window_us(policies, n) < watch->below_most_us + watch->walk_us)
        watch->below_most_us = rl_wake_half_window_us(policies, n) > watch->walk_us
                                   ? rl_wake_half_window_us(policies, n) - watch->walk_us
                                   : 0;
}

int rl_walk_open_gate(struct rl_watch *watch, const struct rl_policy *policies, size_t n)
{
    unsigned cpus = watch->probe->cpus > 0 ? watch->probe->cpus : 1;
    uint64_t sound;
    int r;

    watch->pressure = sd_event_source_disable_unref(watch->pressure);
    watch->stats.gate = "none";
    watch->stats.threshold_us = watch->stats.window_us = 0;
    take_wishes(watch, policies, n);
    watch->walk_at_us = watch->descend_us = 0;
    watch->owed = false;
    unmute(watch);
    if (!watch->wants_pressure)
        return 0;
    sound = rl_wake_threshold_of(policies, n, FINE_WINDOW_US, cpus);
    watch->descend_us = watch->least_share == 0 ? 0 : sound / DESCEND_PART;
    r = try_gate(watch, sound, "fine", FINE_WINDOW_US);
    if (r == -EINVAL || r == -EPERM || r == -EACCES)
        r = try_gate(
            watch, rl_wake_threshold_of(policies, n, PLAIN_WINDOW_US, cpus), "2s", PLAIN_WINDOW_US);
    if (r < 0)
        put_off(watch, rl_now_us() + NO_GATE_US);
    return r;
}
