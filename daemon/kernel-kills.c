#include "daemon/kernel-kills.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/read.h"

struct look {
    struct rl_kernel_kills *kills;
    int root_fd;
    rl_kernel_kill_fn fn; /* NULL: the first look */
    void *userdata;
};

static struct rl_kernel_count *find(struct rl_kernel_kills *kills, uint64_t id)
{
    for (size_t i = 0; i < kills->n; i++)
        if (kills->items[i].id == id)
            return &kills->items[i];
    return NULL;
}

/* Return: whether it is remembered; what is not must not be told of, or it would be again. */
static bool remember(struct rl_kernel_kills *kills, const struct rl_kernel_count *now)
{
    struct rl_kernel_count *item = find(kills, now->id);

    if (item || (now->kills == 0 && now->ooms == 0)) {
        if (item)
            *item = *now;
        return true;
    }
    if (kills->n == kills->size) {
        size_t size = kills->size ? 2 * kills->size : 32;
        struct rl_kernel_count *items = reallocarray(kills->items, size, sizeof(*items));

        if (!items)
            return false;
        kills->items = items;
        kills->size = size;
    }
    kills->items[kills->n++] = *now;
    return true;
}

static bool read_count(int root_fd, const struct rl_cgroup *cgroup, struct rl_kernel_count *ret)
{
    static const char file[] = "/memory.events";
    char path[PATH_MAX + sizeof(file)], text[512];
    struct rl_events events;
    size_t len = rl_cgroup_path(cgroup, path, PATH_MAX);

    memcpy(path + len, file, sizeof(file));
    if (rl_read_at(root_fd, path + 1, text, sizeof(text)) < 0 || rl_parse_events(text, &events) < 0)
        return false;
    *ret = (struct rl_kernel_count){.id = cgroup->id, .kills = events.oom_kill, .ooms = events.oom};
    return true;
}

/* Hold one cgroup against what is remembered of it: by how many kills it grew. */
static void grown(struct look *look, const struct rl_cgroup *cgroup, struct rl_kernel_kill *ret)
{
    const struct rl_kernel_count *before;
    struct rl_kernel_count now, none = {0};
    uint64_t growth;

    *ret = (struct rl_kernel_kill){0};
    if (!read_count(look->root_fd, cgroup, &now))
        return;
    before = find(look->kills, cgroup->id);
    if (!before)
        before = &none;
    growth = now.kills > before->kills ? now.kills - before->kills : 0;
    ret->limited = now.ooms > before->ooms;
    ret->total = now.kills;
    ret->n = remember(look->kills, &now) ? growth : 0;
}

/* Depth is bounded by RL_DEPTH_MAX, which the tree keeps. */
static uint64_t visit(struct look *look, struct rl_cgroup *cgroup, bool limited)
{
    struct rl_kernel_kill kill;
    uint64_t growth, below = 0;

    grown(look, cgroup, &kill);
    growth = kill.n;
    if (growth == 0)
        return 0;
    kill.limited |= limited;
    for (struct rl_cgroup *c = cgroup->children; c; c = c->next)
        below += visit(look, c, kill.limited);
    if (look->fn && growth > below) {
        kill.n = growth - below;
        look->fn(look->userdata, cgroup, &kill);
    }
    return growth;
}

void rl_kernel_kills_look(struct rl_kernel_kills *kills, struct rl_tree *tree, int root_fd,
    bool local, rl_kernel_kill_fn fn, void *userdata)
{
    struct look look = {
        .kills = kills, .root_fd = root_fd, .fn = kills->begun ? fn : NULL, .userdata = userdata};
    struct rl_cgroup *root = rl_tree_root(tree);

    kills->begun = true;
    if (!local) {
        for (struct rl_cgroup *c = root->children; c; c = c->next)
            visit(&look, c, false);
        return;
    }
    for (struct rl_cgroup *c = rl_tree_next(root, root); c; c = rl_tree_next(root, c)) {
        struct rl_kernel_kill kill;

        grown(&look, c, &kill);
        if (look.fn && kill.n > 0)
            look.fn(userdata, c, &kill);
    }
}

void rl_kernel_kills_forget(struct rl_kernel_kills *kills, uint64_t id)
{
    struct rl_kernel_count *item = find(kills, id);

    if (item)
        *item = kills->items[--kills->n];
}

void rl_kernel_kills_free(struct rl_kernel_kills *kills)
{
    free(kills->items);
    *kills = (struct rl_kernel_kills){0};
}
