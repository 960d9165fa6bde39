#include "daemon/observe/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/gate.h"
#include "daemon/observe/read.h"
#include "daemon/report/log.h"

#define FINE_WINDOW_US  (1 * RL_US_PER_S)
#define PLAIN_WINDOW_US (2 * RL_US_PER_S) /* all that is allowed without CAP_SYS_RESOURCE */
#define LEVEL_NEEDS     (RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_LIMITS | RL_HAVE_SWAP)
#define ALL_NEEDS       UINT32_MAX

struct rl_watch {
    sd_event *event;
    const struct rl_probe *probe;
    struct rl_watch_client client;
    struct rl_tree *tree;
    struct rl_node_files node;
    uint64_t node_at_us;
    sd_event_source *pressure, *timer;
    struct rl_watch_stats stats;
    struct rl_hot hot[RL_HOT_MAX];
};

static void on_top_events(void *userdata, struct rl_cgroup *cgroup);

/* ---- kept files ---- */

/* Open a cgroup's files, or join those who have them open. */
static int hold_files(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    int fd;

    if (!cgroup->files) {
        fd = rl_cgroup_open(watch->tree, cgroup);
        if (fd < 0)
            return fd;
        cgroup->files = calloc(1, sizeof(*cgroup->files));
        if (!cgroup->files) {
            close(fd);
            return -ENOMEM;
        }
        rl_files_open(cgroup->files, fd, cgroup->parent ? -1 : watch->probe->proc_fd);
    }
    cgroup->files->users++;
    return 0;
}

static void drop_files(struct rl_cgroup *cgroup)
{
    if (!cgroup->files || --cgroup->files->users > 0)
        return;
    rl_files_close(cgroup->files);
    free(cgroup->files);
    cgroup->files = NULL;
}

/* A hot cgroup's limits are those of all its ancestors: hold the whole line up to the root. */
static int hold_line(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    int r = 0;

    for (struct rl_cgroup *c = cgroup; c; c = c->parent) {
        r = hold_files(watch, c);
        if (r < 0) {
            for (struct rl_cgroup *d = cgroup; d != c; d = d->parent)
                drop_files(d);
            return r;
        }
    }
    return 0;
}

/* ---- hot cgroups ---- */

static void cool(struct rl_watch *watch, struct rl_hot *hot)
{
    for (struct rl_cgroup *c = hot->cgroup; c; c = c->parent)
        drop_files(c);
    hot->cgroup->hot = NULL;
    hot->cgroup = NULL;
    watch->stats.hot--;
}

static void find_room(struct rl_watch *watch, struct rl_hot *hot)
{
    struct rl_level levels[RL_DEPTH_MAX + 1] = {0};
    struct rl_cgroup *at[RL_DEPTH_MAX + 1];
    size_t n = 0;

    for (struct rl_cgroup *c = hot->cgroup; c->parent && n <= RL_DEPTH_MAX; c = c->parent) {
        at[n] = c;
        rl_level_of(&c->files->sample, &levels[n]);
        watch->client.on_level(watch->client.userdata, c, &levels[n++]);
    }
    rl_room_of(levels, n, &watch->node.node, &hot->room);
    hot->level = levels[0];
    hot->limited_by = hot->room.limited_by >= 0 ? at[hot->room.limited_by] : NULL;
    hot->tightest = hot->room.tightest >= 0 ? at[hot->room.tightest] : NULL;
}

int rl_watch_sample(struct rl_watch *watch, struct rl_hot *hot, uint64_t now_us)
{
    struct rl_files *files = hot->cgroup->files;
    const struct rl_point *last = rl_history_last(&hot->history), *newest;
    struct rl_point before = last ? *last : (struct rl_point){0};
    int r = rl_files_read(files, ALL_NEEDS, now_us);

    if (r < 0)
        return r;
    for (struct rl_cgroup *c = hot->cgroup->parent; c && c->parent; c = c->parent) {
        r = rl_files_read(c->files, LEVEL_NEEDS, now_us);
        if (r < 0)
            return r;
    }
    if (watch->node_at_us != now_us) {
        r = rl_node_files_read(&watch->node);
        if (r < 0)
            rl_debug("/proc/meminfo: %s", strerror(-r));
        watch->node_at_us = now_us;
    }
    find_room(watch, hot);
    rl_history_add(&hot->history, &files->sample, hot->cgroup->parent ? NULL : &watch->node.node);
    newest = rl_history_last(&hot->history);
    if (newest && (newest->count[RL_COUNT_SOME] != before.count[RL_COUNT_SOME] ||
                      newest->count[RL_COUNT_LOCAL] != before.count[RL_COUNT_LOCAL]))
        hot->stirred_us = now_us;
    return 0;
}

static void look(struct rl_watch *watch, struct rl_hot *hot, uint64_t now_us)
{
    watch->stats.looks++;
    if (rl_watch_sample(watch, hot, now_us) < 0) {
        /* Removed; the tree will say so. Until then there is nothing to see. */
        hot->next_us = now_us + RL_US_PER_S;
        return;
    }
    hot->next_us = now_us + RL_US_PER_S;
    watch->client.on_look(watch->client.userdata, hot, now_us);
    if (hot->cgroup && !hot->keep && now_us - hot->stirred_us > hot->quiet_us)
        cool(watch, hot);
}

struct rl_hot *rl_watch_heat(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    struct rl_hot *hot = NULL;

    if (cgroup->hot)
        return cgroup->hot;
    for (size_t i = 0; i < RL_HOT_MAX && !hot; i++)
        if (!watch->hot[i].cgroup)
            hot = &watch->hot[i];
    if (!hot) {
        watch->stats.refused++;
        return NULL;
    }
    if (hold_line(watch, cgroup) < 0)
        return NULL;
    *hot = (struct rl_hot){.cgroup = cgroup, .quiet_us = RL_US_PER_S};
    cgroup->hot = hot;
    watch->stats.hot++;
    hot->stirred_us = rl_now_us();
    look(watch, hot, hot->stirred_us);
    return cgroup->hot;
}

struct rl_hot *rl_watch_next_hot(struct rl_watch *watch, struct rl_hot *after)
{
    size_t i = after ? (size_t)(after - watch->hot) + 1 : 0;

    for (; i < RL_HOT_MAX; i++)
        if (watch->hot[i].cgroup)
            return &watch->hot[i];
    return NULL;
}

void rl_watch_rearm(struct rl_watch *watch)
{
    uint64_t next = UINT64_MAX;

    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(watch, h));)
        if (h->next_us < next)
            next = h->next_us;
    if (next == UINT64_MAX) {
        sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(watch->timer, next);
    sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_watch *watch = userdata;
    uint64_t now = rl_now_us();

    for (size_t i = 0; i < RL_HOT_MAX; i++)
        if (watch->hot[i].cgroup && watch->hot[i].next_us <= now)
            look(watch, &watch->hot[i], now);
    rl_watch_rearm(watch);
    return 0;
}

/* ---- the walk ---- */

/* Did stall time or events grow since the last walk? The first walk takes what ever was as grown;
 * a cgroup without memory.pressure (cgroup.pressure=0) is always looked below. */
static bool has_moved(struct rl_cgroup *cgroup, int dir_fd)
{
    uint64_t some, full, sum = 0;
    struct rl_events events;
    char text[1024];
    bool moved = false;

    if (rl_read_at(dir_fd, "memory.pressure", text, sizeof(text)) < 0 ||
        rl_parse_pressure(text, &some, &full) < 0)
        moved = true;
    else if (some != cgroup->seen_some_us) {
        moved = some > 0;
        cgroup->seen_some_us = some;
    }
    if (rl_read_at(dir_fd, "memory.events", text, sizeof(text)) >= 0 &&
        rl_parse_events(text, &events) == 0)
        sum = events.high + events.max + events.oom;
    if (sum != cgroup->seen_events) {
        moved = true;
        cgroup->seen_events = sum;
    }
    return moved;
}

static void consider(struct rl_watch *watch, struct rl_cgroup *cgroup, int dir_fd)
{
    enum rl_want want;

    if (cgroup->hot)
        return;
    want = watch->client.wants(watch->client.userdata, cgroup);
    if (want == RL_WANT || (want == RL_WANT_IF_LIMITED && rl_limited_at(dir_fd)))
        rl_watch_heat(watch, cgroup);
}

/* Go down from dir_fd, the directory of cgroup, wherever something moved. Depth is bounded by
 * RL_DEPTH_MAX, which the tree keeps. */
static void walk(struct rl_watch *watch, struct rl_cgroup *cgroup, int dir_fd)
{
    for (struct rl_cgroup *c = cgroup->children; c; c = c->next) {
        int fd = openat(dir_fd, c->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
            continue;
        /* The memory controller may have been switched on since the cgroup was made. */
        if (c->depth == 1 && !c->gate)
            rl_gate_listen(watch->event, watch->tree, c, on_top_events, watch);
        if (has_moved(c, fd)) {
            consider(watch, c, fd);
            walk(watch, c, fd);
        }
        close(fd);
    }
}

static void walk_from(struct rl_watch *watch, struct rl_cgroup *top)
{
    int fd, r;

    watch->stats.walks++;
    if (rl_tree_blind(watch->tree)) {
        r = rl_tree_rescan(watch->tree);
        if (r < 0)
            rl_warning("listing the cgroup tree failed: %s", strerror(-r));
        top = rl_tree_root(watch->tree);
    }
    fd = rl_cgroup_open(watch->tree, top);
    if (fd < 0)
        return;
    if (!top->parent) {
        consider(watch, top, fd);
        walk(watch, top, fd);
    } else if (has_moved(top, fd)) {
        consider(watch, top, fd);
        walk(watch, top, fd);
    }
    close(fd);
    rl_watch_rearm(watch);
}

/* ---- the gate ---- */

static void on_top_events(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_watch *watch = userdata;

    watch->stats.events_events++;
    walk_from(watch, cgroup);
}

static int on_pressure(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_watch *watch = userdata;

    if (revents & EPOLLERR) {
        rl_warning("the root's pressure trigger was taken away; memory.events alone wake reliefd");
        watch->stats.gate = "none";
        return -ENODEV; /* sd-event turns the source off */
    }
    watch->stats.gate_events++;
    walk_from(watch, rl_tree_root(watch->tree));
    return 0;
}

static int open_pressure(const struct rl_probe *probe)
{
    int fd = openat(probe->cgroup_fd, "memory.pressure", O_RDWR | O_CLOEXEC | O_NONBLOCK);

    /* In a cgroup namespace the root's own file is not ours to write; the machine's is. */
    if (fd < 0)
        fd = openat(probe->proc_fd, "pressure/memory", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static int try_gate(struct rl_watch *watch, uint32_t share, const char *kind, uint64_t window_us)
{
    uint64_t threshold = (uint64_t)share * share * (window_us / RL_WHOLE) / RL_WHOLE /
                         (watch->probe->cpus > 0 ? watch->probe->cpus : 1);
    int fd = open_pressure(watch->probe), r;

    if (fd < 0)
        return fd;
    if (threshold == 0)
        threshold = 1;
    r = rl_gate_pressure(
        watch->event, fd, threshold, window_us, on_pressure, watch, &watch->pressure);
    if (r < 0)
        return r;
    watch->stats.gate = kind;
    watch->stats.threshold_us = threshold;
    watch->stats.window_us = window_us;
    return 0;
}

int rl_watch_open_gate(struct rl_watch *watch, uint32_t share)
{
    int r;

    watch->pressure = sd_event_source_disable_unref(watch->pressure);
    watch->stats.gate = "none";
    watch->stats.threshold_us = watch->stats.window_us = 0;
    if (share == 0)
        return 0;
    r = try_gate(watch, share, "fine", FINE_WINDOW_US);
    if (r == -EINVAL || r == -EPERM || r == -EACCES)
        r = try_gate(watch, share, "2s", PLAIN_WINDOW_US);
    return r;
}

/* ---- the tree's changes ---- */

static void on_new(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_watch *watch = userdata;
    bool top = cgroup->parent && !cgroup->parent->parent;

    watch->client.on_new(watch->client.userdata, cgroup);
    /* Where events do not propagate every cgroup must be listened to itself. */
    if (cgroup->parent && (top || watch->probe->local_events_mount) && watch->tree)
        rl_gate_listen(watch->event, watch->tree, cgroup, on_top_events, watch);
}

static void on_gone(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_watch *watch = userdata;

    watch->client.on_gone(watch->client.userdata, cgroup);
    rl_gate_forget(cgroup);
    if (cgroup->hot)
        cool(watch, cgroup->hot);
}

static void listen_to_all(struct rl_watch *watch)
{
    struct rl_cgroup *root = rl_tree_root(watch->tree);

    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c))
        if (c->parent && (c->depth == 1 || watch->probe->local_events_mount))
            rl_gate_listen(watch->event, watch->tree, c, on_top_events, watch);
}

/* calloc() hands out the zero page: have some of the pool in memory before it is short. */
static void touch_hot(struct rl_watch *watch)
{
    volatile char *pool = (volatile char *)watch->hot;

    for (size_t at = 0; at < RL_HOT_READY * sizeof(watch->hot[0]); at += 4096)
        pool[at] = 0;
}

int rl_watch_new(sd_event *event, const struct rl_probe *probe,
    const struct rl_watch_client *client, struct rl_watch **ret)
{
    struct rl_watch *watch = calloc(1, sizeof(*watch));
    struct rl_tree_listener listener = {.on_new = on_new, .on_gone = on_gone, .userdata = watch};
    int r;

    if (!watch)
        return -ENOMEM;
    touch_hot(watch);
    watch->event = sd_event_ref(event);
    watch->probe = probe;
    watch->client = *client;
    watch->stats.gate = "none";
    watch->node = (struct rl_node_files){-1, -1, -1, 0, {0}};
    r = rl_node_files_open(&watch->node, probe->proc_fd, probe->page_size);
    if (r >= 0)
        r = rl_node_files_read(&watch->node);
    if (r >= 0)
        r = sd_event_add_time(event, &watch->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, watch);
    if (r >= 0)
        r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = rl_tree_new(event, probe->cgroup_root, probe->cgroup_fd, &listener, &watch->tree);
    if (r < 0) {
        rl_watch_free(watch);
        return r;
    }
    listen_to_all(watch);
    *ret = watch;
    return 0;
}

struct rl_watch *rl_watch_free(struct rl_watch *watch)
{
    if (!watch)
        return NULL;
    watch->tree = rl_tree_free(watch->tree);
    sd_event_source_disable_unref(watch->pressure);
    sd_event_source_disable_unref(watch->timer);
    rl_node_files_close(&watch->node);
    sd_event_unref(watch->event);
    free(watch);
    return NULL;
}

struct rl_tree *rl_watch_tree(struct rl_watch *watch)
{
    return watch->tree;
}

const struct rl_node *rl_watch_node(struct rl_watch *watch, bool refresh)
{
    if (refresh) {
        int r = rl_node_files_read(&watch->node);

        if (r < 0)
            rl_debug("/proc/meminfo: %s", strerror(-r));
    }
    return &watch->node.node;
}

const struct rl_watch_stats *rl_watch_stats(struct rl_watch *watch)
{
    return &watch->stats;
}
