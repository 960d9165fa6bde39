#include "daemon/observe/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/observe/text.h"

#define LINE_MAX_STATUS 400 /* Mems_allowed_list of a machine with many nodes */

static bool has(const struct rl_node_set *set, size_t node)
{
    return set->bits[node / 64] >> (node % 64) & 1;
}

static void add_range(struct rl_node_set *set, uint64_t from, uint64_t to)
{
    for (uint64_t node = from; node <= to; node++)
        set->bits[node / 64] |= UINT64_C(1) << (node % 64);
}

/* One number or range of a list. */
static int parse_range(struct rl_span range, struct rl_node_set *set)
{
    const char *dash = memchr(range.s, '-', range.len);
    size_t len = dash ? (size_t)(dash - range.s) : range.len;
    uint64_t from, to;

    if (rl_text_u64((struct rl_span){range.s, len}, &from) < 0)
        return -EINVAL;
    to = from;
    if (dash && rl_text_u64((struct rl_span){dash + 1, range.len - len - 1}, &to) < 0)
        return -EINVAL;
    if (from > to || to >= RL_NODES_MAX)
        return -EINVAL;
    add_range(set, from, to);
    return 0;
}

int rl_nodes_parse(const char *list, struct rl_node_set *ret)
{
    struct rl_node_set set = {0};
    size_t len = strcspn(list, "\n");

    while (len > 0) {
        const char *comma = memchr(list, ',', len);
        size_t n = comma ? (size_t)(comma - list) : len;

        if (parse_range((struct rl_span){list, n}, &set) < 0)
            return -EINVAL;
        if (comma && n + 1 == len)
            return -EINVAL;
        list += n + (comma ? 1 : 0);
        len -= n + (comma ? 1 : 0);
    }
    *ret = set;
    return 0;
}

/* "Node 3 MemTotal:  16384 kB" */
static int parse_meminfo(const char *text, uint64_t *ret)
{
    struct rl_span line, word;
    uint64_t kib;

    while (rl_text_line(&text, &line)) {
        if (!rl_text_word(&line, &word) || !rl_span_is(word, "Node") ||
            !rl_text_word(&line, &word) || !rl_text_word(&line, &word) ||
            !rl_span_is(word, "MemTotal:"))
            continue;
        if (!rl_text_word(&line, &word) || rl_text_u64(word, &kib) < 0 ||
            __builtin_mul_overflow(kib, 1024, ret))
            return -EINVAL;
        return 0;
    }
    return -ENODATA;
}

static int read_total(int folder, size_t node, uint64_t *ret)
{
    char name[64], text[8192];
    ssize_t n;

    snprintf(name, sizeof(name), "node%zu/meminfo", node);
    n = rl_read_at(folder, name, text, sizeof(text));
    return n < 0 ? (int)n : parse_meminfo(text, ret);
}

static int read_nodes(int folder, struct rl_nodes *nodes)
{
    char text[4096];
    ssize_t n = rl_read_at(folder, "has_memory", text, sizeof(text));

    if (n < 0)
        return (int)n;
    if (rl_nodes_parse(text, &nodes->set) < 0)
        return -EINVAL;
    for (size_t node = 0; node < RL_NODES_MAX; node++) {
        int r = has(&nodes->set, node) ? read_total(folder, node, &nodes->total[node]) : 0;

        if (r < 0)
            return r;
        nodes->n += has(&nodes->set, node);
    }
    return 0;
}

void rl_nodes_read(const char *folder, struct rl_nodes *ret)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    memset(ret, 0, sizeof(*ret));
    if (fd < 0)
        return;
    if (read_nodes(fd, ret) < 0)
        ret->n = 0;
    close(fd);
}

uint64_t rl_nodes_total(const struct rl_nodes *nodes, const struct rl_node_set *set, size_t *ret_n)
{
    uint64_t total = 0;
    size_t n = 0;

    for (size_t node = 0; node < RL_NODES_MAX; node++) {
        if (!has(set, node) || !has(&nodes->set, node))
            continue;
        total = nodes->total[node] > UINT64_MAX - total ? UINT64_MAX : total + nodes->total[node];
        n++;
    }
    if (ret_n)
        *ret_n = n;
    return total;
}

/* Take a list where it leaves some of the nodes, but not all, and less than what bound before. */
static void take(const struct rl_nodes *nodes, enum rl_binding_kind kind, struct rl_span list,
    struct rl_binding *binding)
{
    char text[4096];
    struct rl_node_set set;
    uint64_t total;
    size_t n;

    if (list.len >= sizeof(text))
        return;
    memcpy(text, list.s, list.len);
    text[list.len] = '\0';
    if (rl_nodes_parse(text, &set) < 0)
        return;
    total = rl_nodes_total(nodes, &set, &n);
    if (n == 0 || n == nodes->n)
        return;
    if (binding->kind != RL_BINDING_NONE && total >= binding->total)
        return;
    binding->kind = kind;
    binding->total = total;
    size_t kept = list.len < sizeof(binding->list) ? list.len : sizeof(binding->list) - 1;
    memcpy(binding->list, text, kept);
    binding->list[kept] = '\0';
}

static void take_cpuset(const struct rl_nodes *nodes, int dir, struct rl_binding *binding)
{
    char text[8192];
    const char *rest = text;
    struct rl_span line, word;

    if (rl_read_short_lines_at(dir, "status", LINE_MAX_STATUS, text, sizeof(text)) < 0)
        return;
    while (rl_text_line(&rest, &line))
        if (rl_text_word(&line, &word) && rl_span_is(word, "Mems_allowed_list:") &&
            rl_text_word(&line, &word))
            take(nodes, RL_BINDING_CPUSET, word, binding);
}

/* "7f01c0de0000 bind:0-1 file=...", also "bind=static:0" (mpol_to_str of mm/mempolicy.c). */
static void take_mempolicy(const struct rl_nodes *nodes, int dir, struct rl_binding *binding)
{
    char text[1024];
    const char *rest = text, *colon;
    struct rl_span line, word;

    if (rl_read_at(dir, "numa_maps", text, sizeof(text)) < 0 || !rl_text_line(&rest, &line) ||
        !rl_text_word(&line, &word) || !rl_text_word(&line, &word))
        return;
    colon = memchr(word.s, ':', word.len);
    if (!colon || !(rl_span_starts(word, "bind:") || rl_span_starts(word, "bind=")))
        return;
    take(nodes, RL_BINDING_MEMPOLICY,
        (struct rl_span){colon + 1, word.len - (size_t)(colon + 1 - word.s)}, binding);
}

void rl_binding_read(const struct rl_nodes *nodes, int dir, struct rl_binding *ret)
{
    *ret = (struct rl_binding){.kind = RL_BINDING_NONE};
    if (nodes->n < 2)
        return;
    take_cpuset(nodes, dir, ret);
    take_mempolicy(nodes, dir, ret);
}

const char *rl_binding_text(const struct rl_binding *binding, char *buf, size_t size)
{
    static const char *const names[] = {
        [RL_BINDING_NONE] = "none",
        [RL_BINDING_CPUSET] = "cpuset",
        [RL_BINDING_MEMPOLICY] = "mempolicy",
    };

    snprintf(buf, size, "%s:%s", names[binding->kind], binding->list);
    return buf;
}
