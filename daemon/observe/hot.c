/* Hot cgroups: their files are kept open, and a timer says when to look again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/watch-private.h"
#include "daemon/report/log.h"

#define LEVEL_NEEDS (RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_LIMITS | RL_HAVE_SWAP)
#define ALL_NEEDS   UINT32_MAX

/* Whoever is to be looked at no sooner than this may give way to somebody who stirs. */
#define GIVES_WAY_US RL_US_PER_S

/* Free places below which more are made; a hot cgroup takes files for those above it, too. */
#define ROOM_LEAST  (RL_HOT_CHUNK / 2)
#define FILES_LEAST (RL_FILES_CHUNK / 2)

/* ---- room ---- */

static size_t hot_room(const struct rl_watch *watch)
{
    size_t n = 0;

    while (n < RL_HOT_MAX / RL_HOT_CHUNK && watch->hot[n])
        n++;
    return n * RL_HOT_CHUNK;
}

static int add_hot(struct rl_watch *watch)
{
    size_t room = hot_room(watch);
    struct rl_hot *chunk = malloc(RL_HOT_CHUNK * sizeof(*chunk));

    if (!chunk)
        return -ENOMEM;
    /* Touched now rather than when memory is short. */
    memset(chunk, 0, RL_HOT_CHUNK * sizeof(*chunk));
    for (size_t i = 0; i < RL_HOT_CHUNK; i++)
        chunk[i].index = (uint16_t)(room + i);
    watch->hot[room / RL_HOT_CHUNK] = chunk;
    return 0;
}

static int add_files(struct rl_watch *watch)
{
    size_t at = 0, last = sizeof(watch->files) / sizeof(watch->files[0]);
    struct rl_files_slot *chunk;

    while (at < last && watch->files[at])
        at++;
    if (at == last)
        return -ENOSPC;
    chunk = malloc(RL_FILES_CHUNK * sizeof(*chunk));
    if (!chunk)
        return -ENOMEM;
    memset(chunk, 0, RL_FILES_CHUNK * sizeof(*chunk));
    for (size_t i = 0; i < RL_FILES_CHUNK; i++) {
        chunk[i].next = watch->free_files;
        watch->free_files = &chunk[i];
    }
    watch->files[at] = chunk;
    watch->n_free_files += RL_FILES_CHUNK;
    return 0;
}

int rl_hot_init(struct rl_watch *watch)
{
    int r = add_hot(watch);

    return r < 0 ? r : add_files(watch);
}

void rl_hot_free(struct rl_watch *watch)
{
    for (size_t i = 0; i < sizeof(watch->hot) / sizeof(watch->hot[0]); i++)
        free(watch->hot[i]);
    for (size_t i = 0; i < sizeof(watch->files) / sizeof(watch->files[0]); i++)
        free(watch->files[i]);
}

bool rl_hot_grow(struct rl_watch *watch)
{
    size_t room = hot_room(watch), wanted = 2 * room < RL_HOT_MAX ? 2 * room : RL_HOT_MAX;
    int r = 0;

    if (room - watch->stats.hot >= ROOM_LEAST)
        wanted = room;
    while (r >= 0 && hot_room(watch) < wanted)
        r = add_hot(watch);
    while (r >= 0 && watch->n_free_files < FILES_LEAST + hot_room(watch) - watch->stats.hot)
        r = add_files(watch);
    if (r == -ENOMEM)
        rl_warning("no memory to watch more than %zu cgroups closely", hot_room(watch));
    return hot_room(watch) > room;
}

static void ask_for_room(struct rl_watch *watch)
{
    if (hot_room(watch) - watch->stats.hot >= ROOM_LEAST && watch->n_free_files >= FILES_LEAST)
        return;
    watch->to_grow = true;
    rl_watch_later(watch);
}

/* ---- kept files ---- */

/* Open a cgroup's files, or join those who have them open. */
static int hold_files(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    struct rl_files_slot *slot = watch->free_files;
    int fd;

    if (!cgroup->files) {
        if (!slot)
            return -ENOBUFS;
        fd = rl_cgroup_open(watch->tree, cgroup);
        if (fd < 0)
            return fd;
        rl_warm_drop(watch->warm, cgroup);
        watch->free_files = slot->next;
        watch->n_free_files--;
        cgroup->files = &slot->files;
        rl_files_open(cgroup->files, fd, cgroup->parent ? -1 : watch->probe->proc_fd);
    }
    cgroup->files->users++;
    return 0;
}

static void drop_files(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    struct rl_files_slot *slot = (struct rl_files_slot *)cgroup->files;

    if (!slot || --slot->files.users > 0)
        return;
    rl_files_close(&slot->files);
    watch->drops++;
    cgroup->files = NULL;
    slot->next = watch->free_files;
    watch->free_files = slot;
    watch->n_free_files++;
}

/* A hot cgroup's limits are those of all its ancestors: hold the whole line up to the root. */
static int hold_line(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    int r = 0;

    for (struct rl_cgroup *c = cgroup; c; c = c->parent) {
        r = hold_files(watch, c);
        if (r < 0) {
            for (struct rl_cgroup *d = cgroup; d != c; d = d->parent)
                drop_files(watch, d);
            return r;
        }
    }
    return 0;
}

/* ---- samples ---- */

static void find_room(struct rl_watch *watch, struct rl_hot *hot, uint64_t now_us)
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
    if (watch->client.on_sample)
        watch->client.on_sample(watch->client.userdata, hot, levels, n, now_us);
}

/* Is it still worth being watched closely? Half of what made it hot is enough. */
static bool has_stirred(
    const struct rl_hot *hot, const struct rl_point *before, const struct rl_point *now)
{
    uint64_t some = now->count[RL_COUNT_SOME] - before->count[RL_COUNT_SOME];
    bool events = now->count[RL_COUNT_LOCAL] != before->count[RL_COUNT_LOCAL];
    uint64_t span = now->at_us - before->at_us;

    if (events && (hot->wish.events || hot->wish.share == 0))
        return true;
    return some > 0 && some * RL_WHOLE >= span * (hot->wish.share / 2);
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
        rl_machine_was_read(watch);
    }
    find_room(watch, hot, now_us);
    rl_history_add(&hot->history, &files->sample, hot->cgroup->parent ? NULL : &watch->node.node);
    newest = rl_history_last(&hot->history);
    if (newest && newest->at_us > before.at_us && has_stirred(hot, &before, newest))
        hot->stirred_us = now_us;
    hot->looked_us = now_us;
    return 0;
}

static void look(struct rl_watch *watch, struct rl_hot *hot, uint64_t now_us)
{
    watch->stats.looks++;
    if (rl_watch_sample(watch, hot, now_us) < 0) {
        /* Removed; the tree will say so. Until then there is nothing to see. */
        hot->next_us = now_us + RL_US_PER_S;
        hot->looked_us = now_us;
        return;
    }
    hot->next_us = now_us + RL_US_PER_S;
    watch->client.on_look(watch->client.userdata, hot, now_us);
    if (hot->cgroup && !hot->keep && now_us - hot->stirred_us > hot->quiet_us)
        rl_hot_cool(watch, hot);
}

/* Somebody whose time comes soon is looked at now, when the daemon is awake anyway: by a quarter of
 * the time between two looks. */
static bool is_due(const struct rl_hot *hot, uint64_t now_us)
{
    uint64_t early = hot->next_us > hot->looked_us ? (hot->next_us - hot->looked_us) / 4 : 0;

    return hot->next_us <= now_us + early && hot->looked_us < now_us;
}

/* The deepest first: whoever is to blame lies there, and those above only share his pressure. */
void rl_hot_look_due(struct rl_watch *watch, uint64_t now_us)
{
    for (;;) {
        struct rl_hot *deepest = NULL;

        for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(watch, h));)
            if (is_due(h, now_us) && (!deepest || h->cgroup->depth > deepest->cgroup->depth))
                deepest = h;
        if (!deepest)
            return;
        look(watch, deepest, now_us);
    }
}

/* ---- hot and cold ---- */

void rl_hot_calm(struct rl_watch *watch)
{
    if (watch->walk_at_us != 0)
        return;
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(watch, h));)
        if (!h->keep)
            return;
    rl_warm_clear(watch->warm);
}

void rl_hot_cool(struct rl_watch *watch, struct rl_hot *hot)
{
    struct rl_cgroup *cgroup = hot->cgroup;
    const struct rl_sample *s = &cgroup->files->sample;
    struct rl_glance glance = {.now_us = s->at_us,
        .pressure = s->have & RL_HAVE_PRESSURE,
        .some_us = s->some_us,
        .full_us = s->full_us};
    struct rl_stir stir;

    /* A walk may have been here since the last look: it would count that growth once more. */
    if (rl_seen_older(&cgroup->seen, glance.now_us)) {
        rl_seen_take(&cgroup->seen, 0, &glance, &stir);
        if (!cgroup->parent)
            watch->grown_us += stir.grown_us;
    }
    if (watch->client.on_cold)
        watch->client.on_cold(watch->client.userdata, hot);
    for (struct rl_cgroup *c = cgroup; c; c = c->parent)
        drop_files(watch, c);
    cgroup->hot = NULL;
    hot->cgroup = NULL;
    watch->stats.hot--;
    rl_hot_calm(watch);
}

static struct rl_hot *free_place(struct rl_watch *watch)
{
    size_t room = hot_room(watch);

    for (size_t i = 0; i < room; i++) {
        struct rl_hot *hot = &watch->hot[i / RL_HOT_CHUNK][i % RL_HOT_CHUNK];

        if (!hot->cgroup)
            return hot;
    }
    return NULL;
}

/* Make the one give way that has the longest way to its threshold, but nobody whom the same walk
 * has found: where all stir at once none is better than the other. */
static struct rl_hot *evict(struct rl_watch *watch, uint64_t now_us)
{
    struct rl_hot *farthest = NULL;

    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(watch, h));)
        if (!h->keep && !h->verdict.holds && h->cgroup->parent && h->looked_us < watch->walked_us &&
            h->next_us > now_us + GIVES_WAY_US && (!farthest || h->next_us > farthest->next_us))
            farthest = h;
    if (!farthest)
        return NULL;
    watch->stats.evicted++;
    rl_hot_cool(watch, farthest);
    return farthest;
}

struct rl_hot *rl_hot_heat(struct rl_watch *watch, struct rl_cgroup *cgroup,
    const struct rl_wish *wish, const struct rl_sample *before)
{
    struct rl_hot *hot = free_place(watch);
    uint64_t now = rl_now_us();
    uint16_t index;

    if (!hot)
        hot = evict(watch, now);
    if (!hot || hold_line(watch, cgroup) < 0) {
        watch->stats.refused += !hot;
        watch->short_of_room |= hot_room(watch) < RL_HOT_MAX;
        ask_for_room(watch);
        return NULL;
    }
    index = hot->index;
    *hot = (struct rl_hot){.cgroup = cgroup,
        .index = index,
        .wish = *wish,
        .quiet_us = RL_US_PER_S,
        .stirred_us = now};
    cgroup->hot = hot;
    watch->stats.hot++;
    ask_for_room(watch);
    if (before)
        rl_history_add(&hot->history, before, NULL);
    if (watch->client.on_hot)
        watch->client.on_hot(watch->client.userdata, hot);
    look(watch, hot, now);
    return cgroup->hot;
}

struct rl_hot *rl_watch_heat(struct rl_watch *watch, struct rl_cgroup *cgroup)
{
    struct rl_wish wish = {0};

    if (cgroup->hot)
        return cgroup->hot;
    watch->client.wants(watch->client.userdata, cgroup, &wish);
    return rl_hot_heat(watch, cgroup, &wish, NULL);
}

struct rl_hot *rl_watch_next_hot(struct rl_watch *watch, struct rl_hot *after)
{
    size_t room = hot_room(watch);

    for (size_t i = after ? after->index + 1u : 0; i < room; i++) {
        struct rl_hot *hot = &watch->hot[i / RL_HOT_CHUNK][i % RL_HOT_CHUNK];

        if (hot->cgroup)
            return hot;
    }
    return NULL;
}
