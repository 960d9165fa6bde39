/* All parsers of kernel text. The first byte selects the parser (a, b, c ... in the order of the
 * table), the rest is the text. What is refused must leave the result untouched. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/mounts.h"
#include "daemon/observe/read.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct out {
    uint64_t some, full;
    bool flag;
    int adj;
    unsigned cpus;
    struct rl_events events;
    struct rl_sample sample;
    struct rl_node node;
    struct rl_process process;
    struct rl_memory_held held;
    char state;
};

static int run_pressure(char *text, struct out *out)
{
    return rl_parse_pressure(text, &out->some, &out->full);
}

static int run_events(char *text, struct out *out)
{
    return rl_parse_events(text, &out->events);
}

static int run_memory_stat(char *text, struct out *out)
{
    return rl_parse_memory_stat(text, &out->sample);
}

static int run_memory_held(char *text, struct out *out)
{
    return rl_parse_memory_held(text, &out->held);
}

static int run_limit(char *text, struct out *out)
{
    return rl_parse_limit(text, &out->some);
}

static int run_cpu_stat(char *text, struct out *out)
{
    return rl_parse_cpu_stat(text, &out->some);
}

static int run_cpu_periods(char *text, struct out *out)
{
    return rl_parse_cpu_periods(text, &out->some, &out->full);
}

static int run_populated(char *text, struct out *out)
{
    return rl_parse_populated(text, &out->flag);
}

static int run_meminfo(char *text, struct out *out)
{
    return rl_parse_meminfo(text, &out->node);
}

static int run_vmstat(char *text, struct out *out)
{
    return rl_parse_vmstat(text, &out->node);
}

static int run_stat(char *text, struct out *out)
{
    int r = rl_parse_stat(text, &out->process, &out->state);

    if (r == 0 && memchr(out->process.comm, '\0', RL_COMM_MAX) == NULL)
        abort();
    return r;
}

static int run_status(char *text, struct out *out)
{
    return rl_parse_status(text, 4096, &out->process);
}

static int run_adj(char *text, struct out *out)
{
    int r = rl_parse_adj(text, &out->adj);

    if (r == 0 && (out->adj < -1000 || out->adj > 1000))
        abort();
    return r;
}

static int run_proc_cgroup(char *text, struct out *out)
{
    const char *end = text + strlen(text), *path;
    int r = rl_parse_proc_cgroup(text, &path);

    if (r == 0 && (path < text || path >= end || path[0] != '/' || strchr(path, '\n')))
        abort();
    return r;
}

static int run_cpus(char *text, struct out *out)
{
    return rl_parse_cpus(text, &out->cpus);
}

static int run_mount(char *text, struct out *out)
{
    struct rl_mount mount;

    if (rl_mount_parse((struct rl_span){text, strlen(text)}, &mount) < 0)
        return 0;
    if (memchr(mount.path, '\0', sizeof(mount.path)) == NULL)
        abort();
    out->flag = rl_mount_has_option(&mount, "memory_localevents");
    return 0;
}

static int (*const parsers[])(char *text, struct out *out) = {
    run_pressure,
    run_events,
    run_memory_stat,
    run_limit,
    run_cpu_stat,
    run_populated,
    run_meminfo,
    run_vmstat,
    run_stat,
    run_status,
    run_adj,
    run_proc_cgroup,
    run_cpus,
    run_mount,
    run_cpu_periods,
    run_memory_held,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct out before, out;
    char *text;
    int r;

    if (size == 0)
        return 0;
    /* of exactly this size, so that a look behind the end is seen */
    text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';

    memset(&before, 0xa5, sizeof(before));
    before.flag = false;
    out = before;
    memcpy(&out, &before, sizeof(out));
    r = parsers[(uint8_t)(data[0] - 'a') % COUNT(parsers)](text, &out);
    if (r > 0 || (r < 0 && memcmp(&out, &before, sizeof(out)) != 0))
        abort();
    free(text);
    return 0;
}
