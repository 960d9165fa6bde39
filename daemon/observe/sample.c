#include "daemon/observe/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/read.h"

/* memory.stat of 6.18 has some 1.7 KB, vmstat some 5 KB; all fit, and what is cut is cut at a
 * line. The daemon reads in its one loop thread only. */
#define TEXT_MAX 16384
static char text[TEXT_MAX];

static int take_pressure(const char *t, struct rl_sample *s)
{
    return rl_parse_pressure(t, &s->some_us, &s->full_us);
}

static int take_current(const char *t, struct rl_sample *s)
{
    return rl_parse_limit(t, &s->current);
}

static int take_events(const char *t, struct rl_sample *s)
{
    return rl_parse_events(t, &s->events);
}

static int take_events_local(const char *t, struct rl_sample *s)
{
    return rl_parse_events(t, &s->events_local);
}

static int take_high(const char *t, struct rl_sample *s)
{
    return rl_parse_limit(t, &s->memory_high);
}

static int take_max(const char *t, struct rl_sample *s)
{
    return rl_parse_limit(t, &s->memory_max);
}

static int take_swap_current(const char *t, struct rl_sample *s)
{
    return rl_parse_limit(t, &s->swap_current);
}

static int take_swap_max(const char *t, struct rl_sample *s)
{
    return rl_parse_limit(t, &s->swap_max);
}

static int take_cpu(const char *t, struct rl_sample *s)
{
    /* The periods are there whenever throttled_usec is; older kernels may differ. */
    (void)rl_parse_cpu_periods(t, &s->cpu_periods, &s->cpu_periods_throttled);
    return rl_parse_cpu_stat(t, &s->throttled_us);
}

/* memory.pressure comes first: its instant is the sample's. */
static const struct {
    const char *name;
    uint32_t have;
    int (*take)(const char *t, struct rl_sample *s);
} table[RL_FILES_MAX] = {
    {"memory.pressure", RL_HAVE_PRESSURE, take_pressure},
    {"memory.current", RL_HAVE_CURRENT, take_current},
    {"memory.stat", RL_HAVE_STAT, rl_parse_memory_stat},
    {"memory.events", RL_HAVE_EVENTS, take_events},
    {"memory.events.local", RL_HAVE_EVENTS_LOCAL, take_events_local},
    {"memory.high", RL_HAVE_LIMITS, take_high},
    {"memory.max", RL_HAVE_LIMITS, take_max},
    {"memory.swap.current", RL_HAVE_SWAP, take_swap_current},
    {"memory.swap.max", RL_HAVE_SWAP, take_swap_max},
    {"cpu.stat", RL_HAVE_CPU, take_cpu},
};

uint64_t rl_now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * RL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

void rl_files_open(struct rl_files *files, int dir_fd, int proc_fd)
{
    *files = (struct rl_files){
        .dir_fd = dir_fd,
        .sample = {.memory_high = RL_NO_LIMIT, .memory_max = RL_NO_LIMIT, .swap_max = RL_NO_LIMIT},
    };
    for (size_t i = 0; i < RL_FILES_MAX; i++)
        files->fds[i] = openat(dir_fd, table[i].name, O_RDONLY | O_CLOEXEC);
    /* An old kernel's root has no memory.pressure; the machine's is the same group. */
    if (files->fds[0] < 0 && proc_fd >= 0)
        files->fds[0] = openat(proc_fd, "pressure/memory", O_RDONLY | O_CLOEXEC);
}

void rl_files_close(struct rl_files *files)
{
    for (size_t i = 0; i < RL_FILES_MAX; i++)
        if (files->fds[i] >= 0)
            close(files->fds[i]);
    if (files->dir_fd >= 0)
        close(files->dir_fd);
}

int rl_files_read(struct rl_files *files, uint32_t needs, uint64_t now_us)
{
    struct rl_sample *s = &files->sample;
    uint32_t have = 0, failed = 0;

    if (s->at_us == now_us) {
        needs &= ~files->tried;
        have = s->have;
    } else {
        files->tried = 0;
    }
    files->tried |= needs;
    for (size_t i = 0; i < RL_FILES_MAX; i++) {
        ssize_t n;

        if (!(table[i].have & needs) || files->fds[i] < 0)
            continue;
        n = rl_read_fd(files->fds[i], text, sizeof(text));
        /* cgroup.pressure=0 gives ENODEV for one file; a removed cgroup has no files at all. */
        if (n == -ENODEV && faccessat(files->dir_fd, "cgroup.procs", F_OK, 0) < 0)
            return -ENODEV;
        if (n < 0 || table[i].take(text, s) < 0)
            failed |= table[i].have;
        else
            have |= table[i].have;
    }
    s->have = have & ~failed;
    s->at_us = now_us;
    return 0;
}

static void glance_pressure(const char *t, struct rl_glance *ret)
{
    ret->pressure = rl_parse_pressure(t, &ret->some_us, &ret->full_us) == 0;
}

static void glance_events(const char *t, struct rl_glance *ret)
{
    struct rl_events events;

    ret->events = rl_parse_events(t, &events) == 0;
    if (ret->events)
        ret->events_sum = events.high + events.max + events.oom;
}

static void files_glance(const struct rl_files *files, uint32_t file,
    void (*take)(const char *t, struct rl_glance *ret), struct rl_glance *ret)
{
    for (size_t i = 0; i < RL_FILES_MAX; i++)
        if (table[i].have == file && files->fds[i] >= 0 &&
            rl_read_fd(files->fds[i], text, sizeof(text)) >= 0)
            take(text, ret);
}

void rl_files_events(const struct rl_files *files, struct rl_glance *ret)
{
    files_glance(files, RL_HAVE_EVENTS, glance_events, ret);
}

void rl_files_glance(const struct rl_files *files, bool events, struct rl_glance *ret)
{
    files_glance(files, RL_HAVE_PRESSURE, glance_pressure, ret);
    if (events)
        rl_files_events(files, ret);
}

static int open_below(int dir_fd, const char *name, const char *file)
{
    char path[PATH_MAX + 32];
    int fd;

    snprintf(path, sizeof(path), "%s%s%s", name, *name ? "/" : "", file);
    fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int rl_pressure_open(int dir_fd, const char *name)
{
    return open_below(dir_fd, name, "memory.pressure");
}

int rl_pressure_glance(int fd, struct rl_glance *ret)
{
    ssize_t n = rl_read_fd(fd, text, sizeof(text));

    if (n < 0)
        return (int)n;
    glance_pressure(text, ret);
    return 0;
}

void rl_events_glance(int dir_fd, const char *name, struct rl_glance *ret)
{
    int fd = open_below(dir_fd, name, "memory.events");

    if (fd < 0)
        return;
    if (rl_read_fd(fd, text, sizeof(text)) >= 0)
        glance_events(text, ret);
    close(fd);
}

void rl_glance_at(int dir_fd, const char *name, bool events, struct rl_glance *ret)
{
    int fd = rl_pressure_open(dir_fd, name);

    if (fd >= 0) {
        rl_pressure_glance(fd, ret); /* what cannot be read is not set */
        close(fd);
    }
    if (events)
        rl_events_glance(dir_fd, name, ret);
}

uint64_t rl_number_at(int dir_fd, const char *name, uint64_t missing)
{
    char line[64];
    uint64_t number;

    if (rl_read_at(dir_fd, name, line, sizeof(line)) < 0 || rl_parse_limit(line, &number) < 0)
        return missing;
    return number;
}

bool rl_limited_at(int dir_fd)
{
    return rl_number_at(dir_fd, "memory.max", RL_NO_LIMIT) != RL_NO_LIMIT ||
           rl_number_at(dir_fd, "memory.high", RL_NO_LIMIT) != RL_NO_LIMIT;
}

void rl_level_of(const struct rl_sample *sample, struct rl_level *ret)
{
    const uint32_t used = RL_HAVE_CURRENT | RL_HAVE_STAT;

    *ret = (struct rl_level){
        .memory_high = sample->memory_high,
        .memory_max = sample->memory_max,
        .swap_max = sample->swap_max,
        .used = rl_sample_used(sample),
        .used_known = (sample->have & used) == used,
        .swap_used = sample->swap_current,
        .swap_known = sample->have & RL_HAVE_SWAP,
    };
}

int rl_node_files_open(struct rl_node_files *files, int proc_fd, uint32_t page_size)
{
    *files = (struct rl_node_files){.page_size = page_size};
    files->node.page_size = page_size;
    files->node.swappiness = 60; /* the kernel's default, where the file is missing */
    files->meminfo_fd = openat(proc_fd, "meminfo", O_RDONLY | O_CLOEXEC);
    if (files->meminfo_fd < 0)
        return -errno;
    files->vmstat_fd = openat(proc_fd, "vmstat", O_RDONLY | O_CLOEXEC);
    files->swappiness_fd = openat(proc_fd, "sys/vm/swappiness", O_RDONLY | O_CLOEXEC);
    return 0;
}

void rl_node_files_close(struct rl_node_files *files)
{
    if (files->meminfo_fd >= 0)
        close(files->meminfo_fd);
    if (files->vmstat_fd >= 0)
        close(files->vmstat_fd);
    if (files->swappiness_fd >= 0)
        close(files->swappiness_fd);
}

int rl_node_files_read(struct rl_node_files *files)
{
    ssize_t n = rl_read_fd(files->meminfo_fd, text, sizeof(text));
    uint64_t swappiness;
    int r;

    if (n < 0)
        return (int)n;
    r = rl_parse_meminfo(text, &files->node);
    if (r < 0)
        return r;
    if (files->vmstat_fd >= 0 && rl_read_fd(files->vmstat_fd, text, sizeof(text)) > 0)
        (void)rl_parse_vmstat(text, &files->node); /* keys vary; what is missing stays 0 */
    if (files->swappiness_fd >= 0 && rl_read_fd(files->swappiness_fd, text, sizeof(text)) > 0 &&
        rl_parse_limit(text, &swappiness) == 0)
        files->node.swappiness = (uint32_t)swappiness;
    return 0;
}
