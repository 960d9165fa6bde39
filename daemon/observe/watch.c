#include "daemon/observe/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/observe/watch-private.h"
#include "daemon/report/log.h"

/* ---- the timer ---- */

void rl_watch_rearm(struct rl_watch *watch)
{
    uint64_t next = watch->walk_at_us != 0 ? watch->walk_at_us : UINT64_MAX;

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

    rl_hot_look_due(watch, now);
    rl_walk_due(watch, now);
    rl_watch_rearm(watch);
    return 0;
}

/* ---- what can wait ---- */

void rl_watch_later(struct rl_watch *watch)
{
    if (watch->later)
        sd_event_source_set_enabled(watch->later, SD_EVENT_ONESHOT);
}

static int on_later(sd_event_source *source, void *userdata)
{
    struct rl_watch *watch = userdata;
    bool grow = watch->to_grow, listen = watch->to_listen, prime = watch->to_prime;
    bool tell = watch->to_tell;

    /* Walking anew may ask for more. */
    watch->to_grow = watch->to_listen = watch->to_prime = watch->to_tell = false;
    if (grow && rl_hot_grow(watch) && watch->short_of_room)
        rl_walk_again(watch);
    if (listen)
        rl_walk_listen_all(watch);
    if (prime)
        rl_walk_prime(watch);
    if (tell)
        rl_machine_tell(watch);
    return 0;
}

/* ---- the tree's changes ---- */

static void on_new(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_watch *watch = userdata;

    watch->client.on_new(watch->client.userdata, cgroup);
    if (!watch->tree)
        return; /* it is being read for the first time: what stalled there before is not known */
    rl_seen_born(&cgroup->seen, rl_now_us());
    rl_walk_listen(watch, cgroup);
}

static void on_gone(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_watch *watch = userdata;

    watch->client.on_gone(watch->client.userdata, cgroup);
    rl_walk_forget(watch, cgroup);
    rl_warm_drop(watch->warm, cgroup);
    if (cgroup->hot)
        rl_hot_cool(watch, cgroup->hot);
}

/* ---- life ---- */

/* HZ is told nowhere, but the coarse clock moves once a jiffy. */
static uint64_t jiffy_us(void)
{
    struct timespec ts;

    if (clock_getres(CLOCK_MONOTONIC_COARSE, &ts) < 0)
        return 10 * RL_US_PER_MS;
    return (uint64_t)ts.tv_nsec / 1000;
}

static int open_sources(struct rl_watch *watch)
{
    int r = sd_event_add_time(
        watch->event, &watch->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, watch);

    if (r >= 0)
        r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(watch->event, &watch->later, on_later, watch);
    if (r >= 0)
        r = sd_event_source_set_priority(watch->later, SD_EVENT_PRIORITY_IDLE);
    return r;
}

int rl_watch_new(sd_event *event, const struct rl_probe *probe,
    const struct rl_watch_client *client, struct rl_watch **ret)
{
    struct rl_watch *watch = calloc(1, sizeof(*watch));
    struct rl_tree_listener listener = {.on_new = on_new, .on_gone = on_gone, .userdata = watch};
    int r;

    if (!watch)
        return -ENOMEM;
    watch->event = sd_event_ref(event);
    watch->probe = probe;
    watch->client = *client;
    watch->stats.gate = "none";
    watch->walk_us = watch->span_us = RL_US_PER_S;
    watch->reads_events = true;
    watch->jiffy_us = jiffy_us();
    watch->to_prime = true;
    watch->node = (struct rl_node_files){-1, -1, -1, 0, {0}};
    r = rl_node_files_open(&watch->node, probe->proc_fd, probe->page_size);
    if (r >= 0)
        r = rl_node_files_read(&watch->node);
    if (r >= 0)
        r = rl_hot_init(watch);
    watch->warm = rl_warm_new();
    if (r >= 0 && !watch->warm)
        r = -ENOMEM;
    if (r >= 0)
        r = open_sources(watch);
    if (r >= 0)
        r = rl_tree_new(event, probe->cgroup_root, probe->cgroup_fd, &listener, &watch->tree);
    if (r < 0) {
        rl_watch_free(watch);
        return r;
    }
    rl_machine_listen(watch);
    rl_walk_listen_all(watch);
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
    sd_event_source_disable_unref(watch->later);
    sd_event_source_disable_unref(watch->swaps);
    rl_node_files_close(&watch->node);
    rl_hot_free(watch);
    rl_warm_free(watch->warm);
    sd_event_unref(watch->event);
    free(watch);
    return NULL;
}

int rl_watch_open_gate(struct rl_watch *watch, const struct rl_policy *policies, size_t n)
{
    int r = rl_walk_open_gate(watch, policies, n);

    rl_watch_rearm(watch);
    return r;
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
        rl_machine_was_read(watch);
    }
    return &watch->node.node;
}

const struct rl_watch_stats *rl_watch_stats(struct rl_watch *watch)
{
    return &watch->stats;
}
