/* Traces: what one cgroup, the levels above it and the machine were like, look after look. A text
 * of one look a line; lines that begin with # say what it is and name the columns. "max" is no
 * limit.
 *
 * The recorder writes them, and unit tests replay them through policy/. */
#pragma once

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/room.h"

#define TRACE_LEVELS                                                                               \
    2 /* of a cgroup two levels below the root: all scenarios' loads live there                    \
       */

struct look {
    struct rl_sample sample;
    struct rl_level levels[TRACE_LEVELS];
    struct rl_node node;
};

static const struct {
    const char *name;
    size_t at; /* of a uint64_t in struct look */
} look_columns[] = {
#define COLUMN(name, field)                                                                        \
    {                                                                                              \
        name, offsetof(struct look, field)                                                         \
    }
    COLUMN("at_us", sample.at_us),
    COLUMN("some_us", sample.some_us),
    COLUMN("full_us", sample.full_us),
    COLUMN("current", sample.current),
    COLUMN("anon", sample.anon),
    COLUMN("file", sample.file),
    COLUMN("shmem", sample.shmem),
    COLUMN("slab_reclaimable", sample.slab_reclaimable),
    COLUMN("refault_anon", sample.refault_anon),
    COLUMN("restore_file", sample.restore_file),
    COLUMN("swap_current", sample.swap_current),
    COLUMN("events.high", sample.events.high),
    COLUMN("events.max", sample.events.max),
    COLUMN("events.oom", sample.events.oom),
    COLUMN("events.oom_kill", sample.events.oom_kill),
    COLUMN("local.high", sample.events_local.high),
    COLUMN("local.max", sample.events_local.max),
    COLUMN("local.oom", sample.events_local.oom),
    COLUMN("local.oom_kill", sample.events_local.oom_kill),
    COLUMN("throttled_us", sample.throttled_us),
    COLUMN("high", levels[0].memory_high),
    COLUMN("max", levels[0].memory_max),
    COLUMN("swap_max", levels[0].swap_max),
    COLUMN("above.high", levels[1].memory_high),
    COLUMN("above.max", levels[1].memory_max),
    COLUMN("above.swap_max", levels[1].swap_max),
    COLUMN("above.used", levels[1].used),
    COLUMN("above.swap_used", levels[1].swap_used),
    COLUMN("mem_total", node.mem_total),
    COLUMN("mem_available", node.mem_available),
    COLUMN("swap_total", node.swap_total),
    COLUMN("swap_free", node.swap_free),
    COLUMN("allocstall", node.allocstall),
    COLUMN("kswapd_taken", node.kswapd_taken),
    COLUMN("refaults", node.refaults),
#undef COLUMN
};

#define LOOK_COLUMNS      (sizeof(look_columns) / sizeof(look_columns[0]))
#define LOOK_COLUMNS_LATE 2 /* the last ones, which older traces lack: 0 there */

/* Every file was read: the recorder leaves out looks of which that is not so. */
#define LOOK_HAVE                                                                                  \
    (RL_HAVE_PRESSURE | RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_EVENTS | RL_HAVE_EVENTS_LOCAL |   \
        RL_HAVE_LIMITS | RL_HAVE_SWAP | RL_HAVE_CPU)

static inline uint64_t *look_number(struct look *look, size_t column)
{
    return (uint64_t *)(void *)((char *)look + look_columns[column].at);
}

static inline void look_print_columns(FILE *to)
{
    for (size_t i = 0; i < LOOK_COLUMNS; i++)
        fprintf(to, "%s%s", i == 0 ? "# " : " ", look_columns[i].name);
    fputc('\n', to);
}

static inline void look_print(FILE *to, struct look *look)
{
    for (size_t i = 0; i < LOOK_COLUMNS; i++) {
        uint64_t number = *look_number(look, i);

        fputs(i == 0 ? "" : " ", to);
        if (number == RL_NO_LIMIT)
            fputs("max", to);
        else
            fprintf(to, "%" PRIu64, number);
    }
    fputc('\n', to);
}

/* Return: false for a line that is not one of exactly these columns, the late ones all or none. */
static inline int look_parse(const char *line, struct look *ret)
{
    *ret = (struct look){.sample.have = LOOK_HAVE};
    for (size_t i = 0; i < LOOK_COLUMNS; i++) {
        size_t length = strcspn(line, " \n");
        char *end;

        if (length == 0 && i == LOOK_COLUMNS - LOOK_COLUMNS_LATE)
            break;
        if (length == 0)
            return 0;
        *look_number(ret, i) = RL_NO_LIMIT;
        if (length != 3 || strncmp(line, "max", 3) != 0) {
            *look_number(ret, i) = strtoull(line, &end, 10);
            if (end != line + length)
                return 0;
        }
        line += length + (line[length] == ' ');
    }
    ret->sample.memory_high = ret->levels[0].memory_high;
    ret->sample.memory_max = ret->levels[0].memory_max;
    ret->sample.swap_max = ret->levels[0].swap_max;
    ret->levels[0].used = rl_sample_used(&ret->sample);
    ret->levels[0].swap_used = ret->sample.swap_current;
    for (size_t i = 0; i < TRACE_LEVELS; i++)
        ret->levels[i].used_known = ret->levels[i].swap_known = true;
    ret->node.swappiness = 60;
    ret->node.page_size = 4096;
    return *line == '\n' || *line == '\0';
}
