/* Room for choices as the machine grows: compared when the daemon is awake anyway, made when
 * nothing is urgent. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/observe/read.h"
#include "daemon/report/log.h"

#define CONSIDER_US (10 * RL_US_PER_S)

/* All threads of the machine, from /proc/loadavg ("0.20 0.18 0.12 1/80 11206": the fourth number,
 * nr_threads). Return: 0 where it cannot be read. */
static size_t count_threads(int proc_fd)
{
    unsigned long threads = 0;
    char text[128];

    if (rl_read_at(proc_fd, "loadavg", text, sizeof(text)) < 0 ||
        sscanf(text, "%*s %*s %*s %*u/%lu", &threads) != 1)
        return 0;
    return threads;
}

static size_t count_processes(int proc_fd)
{
    _Alignas(struct dirent64) char block[16384];
    int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t processes = 0;
    ssize_t n;

    if (fd < 0)
        return 0;
    while ((n = getdents64(fd, block, sizeof(block))) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *entry = (const struct dirent64 *)(block + at);

            processes += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
            at += entry->d_reclen;
        }
    }
    close(fd);
    return processes;
}

static void count_cgroups(struct rl_engine *engine, struct rl_census *census)
{
    struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));
    char path[PATH_MAX];

    census->cgroups = rl_tree_size(rl_watch_tree(engine->watch));
    census->populated = census->path_bytes = 0;
    for (struct rl_cgroup *c = root; c; c = rl_next_populated(engine, root, c)) {
        census->populated++;
        census->path_bytes += rl_cgroup_path(c, path, sizeof(path)) + 1;
    }
}

static void count_all(struct rl_engine *engine)
{
    int proc_fd = engine->options.probe->proc_fd;
    struct rl_growth *growth = &engine->growth;

    growth->threads = count_threads(proc_fd);
    growth->census.processes = count_processes(proc_fd);
    count_cgroups(engine, &growth->census);
}

void rl_growth_begin(struct rl_engine *engine)
{
    engine->growth.census.processes = count_processes(engine->options.probe->proc_fd);
}

int rl_growth_init(struct rl_engine *engine)
{
    struct rl_extent extent;

    count_all(engine);
    extent = rl_extent_of(&engine->growth.census);
    engine->growth.looked_us = rl_now_us();
    engine->scratch.listed = RL_RECORD_CANDIDATES;
    return rl_scratch_init(&engine->scratch, &extent);
}

void rl_growth_consider(struct rl_engine *engine, uint64_t now_us)
{
    if (now_us - engine->growth.looked_us < CONSIDER_US)
        return;
    engine->growth.looked_us = now_us;
    engine->growth.pending = true;
    rl_engine_later(engine);
}

/* Did the last choice lack anything that more memory would have given? */
static bool was_short(const struct rl_scratch *scratch)
{
    struct rl_extent needed = scratch->needed;

    if (needed.processes > RL_POOL_MOST)
        needed.processes = RL_POOL_MOST;
    if (!scratch->relations.kin || needed.kin > RL_KIN_MOST)
        needed.kin = 0;
    return rl_extent_short(&scratch->room, &needed);
}

/* Has so much come since the last count that half of the headroom is gone? */
static bool has_grown(struct rl_engine *engine)
{
    const struct rl_growth *growth = &engine->growth;
    size_t cgroups = rl_tree_size(rl_watch_tree(engine->watch));
    size_t threads = count_threads(engine->options.probe->proc_fd);

    return threads > growth->threads + growth->threads / 4 ||
           cgroups > growth->census.cgroups + growth->census.cgroups / 8 + RL_GROUPS_LEAST / 2;
}

void rl_growth_catch_up(struct rl_engine *engine)
{
    struct rl_scratch *scratch = &engine->scratch;
    struct rl_growth *growth = &engine->growth;
    size_t homeless = scratch->homeless;
    struct rl_extent extent;
    int r;

    growth->pending = false;
    if (!was_short(scratch) && !has_grown(engine) && !growth->failed)
        return;
    count_all(engine);
    extent = rl_extent_of(&growth->census);
    if (extent.groups < scratch->needed.groups)
        extent.groups = scratch->needed.groups + scratch->needed.groups / 4;
    if (extent.path_bytes < scratch->needed.path_bytes)
        extent.path_bytes = scratch->needed.path_bytes + scratch->needed.path_bytes / 4;
    if (homeless > 0)
        rl_warning("%zu processes were rated as members of cgroups above their own: more cgroups "
                   "than there was room for had processes",
            homeless);
    r = rl_scratch_grow(scratch, &extent);
    if (r < 0 && !growth->failed)
        rl_warning("no memory to choose among %zu processes in %zu cgroups at once (%s): the ones "
                   "with the highest scores are kept, and cgroups are told apart less finely",
            growth->census.processes, growth->census.cgroups, strerror(-r));
    growth->failed = r < 0;
    /* Where a reader hangs there it is left for the next time. */
    if (engine->cmdline && rl_cmdline_grow(engine->cmdline, extent.processes) < 0)
        growth->failed = true;
}
