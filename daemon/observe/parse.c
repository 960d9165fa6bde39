/* Files of a cgroup, and those of the machine as a whole. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "daemon/observe/read.h"
#include "daemon/observe/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234" */
static int read_total(struct rl_span rest, uint64_t *ret)
{
    static const char key[] = "total=";
    struct rl_span word;

    while (rl_text_word(&rest, &word)) {
        if (!rl_span_starts(word, key))
            continue;
        word.s += sizeof(key) - 1;
        word.len -= sizeof(key) - 1;
        return rl_text_u64(word, ret);
    }
    return -EINVAL;
}

int rl_parse_pressure(const char *text, uint64_t *ret_some_us, uint64_t *ret_full_us)
{
    bool have_some = false, have_full = false;
    uint64_t some = 0, full = 0;
    struct rl_span line, kind;

    while (rl_text_line(&text, &line)) {
        int r = 0;

        if (!rl_text_word(&line, &kind))
            continue;
        if (rl_span_is(kind, "some")) {
            r = read_total(line, &some);
            have_some = true;
        } else if (rl_span_is(kind, "full")) {
            r = read_total(line, &full);
            have_full = true;
        }
        if (r < 0)
            return r;
    }
    if (!have_some || !have_full)
        return -ENODATA;
    *ret_some_us = some;
    *ret_full_us = full;
    return 0;
}

int rl_parse_events(const char *text, struct rl_events *ret)
{
    static const struct rl_text_key keys[] = {
        {"high", offsetof(struct rl_events, high), RL_TEXT_NUMBER, true},
        {"max", offsetof(struct rl_events, max), RL_TEXT_NUMBER, true},
        {"oom", offsetof(struct rl_events, oom), RL_TEXT_NUMBER, true},
        {"oom_kill", offsetof(struct rl_events, oom_kill), RL_TEXT_NUMBER, true},
    };
    struct rl_events events = {0};
    int r;

    r = rl_text_keys(text, keys, COUNT(keys), &events);
    if (r < 0)
        return r;
    *ret = events;
    return 0;
}

/* Refaults were counted as one number before anonymous pages had any (5.9): it was about files. */
int rl_parse_memory_stat(const char *text, struct rl_sample *sample)
{
    static const struct rl_text_key keys[] = {
        {"anon", offsetof(struct rl_sample, anon), RL_TEXT_NUMBER, true},
        {"file", offsetof(struct rl_sample, file), RL_TEXT_NUMBER, true},
        {"shmem", offsetof(struct rl_sample, shmem), RL_TEXT_NUMBER, true},
        {"slab_reclaimable", offsetof(struct rl_sample, slab_reclaimable), RL_TEXT_NUMBER, false},
        {"workingset_refault_anon", offsetof(struct rl_sample, refault_anon), RL_TEXT_NUMBER,
            false},
        {"workingset_restore_file", offsetof(struct rl_sample, restore_file), RL_TEXT_NUMBER,
            false},
        {"workingset_restore", offsetof(struct rl_sample, restore_file), RL_TEXT_NUMBER, false},
    };
    struct rl_sample stat = {0};
    int r;

    r = rl_text_keys(text, keys, COUNT(keys), &stat);
    if (r < 0)
        return r;
    sample->anon = stat.anon;
    sample->file = stat.file;
    sample->shmem = stat.shmem;
    sample->slab_reclaimable = stat.slab_reclaimable;
    sample->refault_anon = stat.refault_anon;
    sample->restore_file = stat.restore_file;
    return 0;
}

int rl_parse_memory_held(const char *text, struct rl_memory_held *ret)
{
    static const struct rl_text_key keys[] = {
        {"anon", offsetof(struct rl_memory_held, anon), RL_TEXT_NUMBER, true},
        {"shmem", offsetof(struct rl_memory_held, shmem), RL_TEXT_NUMBER, true},
        {"kernel_stack", offsetof(struct rl_memory_held, kernel_stack), RL_TEXT_NUMBER, false},
        {"pagetables", offsetof(struct rl_memory_held, pagetables), RL_TEXT_NUMBER, false},
        {"sec_pagetables", offsetof(struct rl_memory_held, sec_pagetables), RL_TEXT_NUMBER, false},
        {"sock", offsetof(struct rl_memory_held, sock), RL_TEXT_NUMBER, false},
    };
    struct rl_memory_held held = {0};
    int r;

    r = rl_text_keys(text, keys, COUNT(keys), &held);
    if (r < 0)
        return r;
    *ret = held;
    return 0;
}

int rl_parse_limit(const char *text, uint64_t *ret)
{
    struct rl_span value = {text, 0};

    /* the one file without lines: its newline may be missing */
    while (text[value.len] != '\0' && text[value.len] != '\n')
        value.len++;
    if (text[value.len] == '\n' && text[value.len + 1] != '\0')
        return -EINVAL;
    if (rl_span_is(value, "max")) {
        *ret = RL_NO_LIMIT;
        return 0;
    }
    return rl_text_u64(value, ret);
}

int rl_parse_cpu_stat(const char *text, uint64_t *ret_throttled_us)
{
    static const struct rl_text_key keys[] = {
        {"throttled_usec", 0, RL_TEXT_NUMBER, true},
    };
    uint64_t throttled;
    int r;

    r = rl_text_keys(text, keys, COUNT(keys), &throttled);
    if (r < 0)
        return r;
    *ret_throttled_us = throttled;
    return 0;
}

int rl_parse_cpu_periods(const char *text, uint64_t *ret_periods, uint64_t *ret_throttled)
{
    static const struct rl_text_key keys[] = {
        {"nr_periods", 0, RL_TEXT_NUMBER, true},
        {"nr_throttled", sizeof(uint64_t), RL_TEXT_NUMBER, true},
    };
    uint64_t numbers[2];
    int r;

    r = rl_text_keys(text, keys, COUNT(keys), numbers);
    if (r < 0)
        return r;
    *ret_periods = numbers[0];
    *ret_throttled = numbers[1];
    return 0;
}

/* A key of cgroup.events, which is 0 or 1. */
static int parse_state(const char *text, const char *name, bool *ret)
{
    const struct rl_text_key keys[] = {{name, 0, RL_TEXT_NUMBER, true}};
    uint64_t state;
    int r;

    r = rl_text_keys(text, keys, COUNT(keys), &state);
    if (r < 0)
        return r;
    if (state > 1)
        return -EINVAL;
    *ret = state == 1;
    return 0;
}

int rl_parse_populated(const char *text, bool *ret)
{
    return parse_state(text, "populated", ret);
}

int rl_parse_frozen(const char *text, bool *ret)
{
    return parse_state(text, "frozen", ret);
}

int rl_parse_meminfo(const char *text, struct rl_node *node)
{
    static const struct rl_text_key keys[] = {
        {"MemTotal:", offsetof(struct rl_node, mem_total), RL_TEXT_KB, true},
        {"MemAvailable:", offsetof(struct rl_node, mem_available), RL_TEXT_KB, true},
        {"MemFree:", offsetof(struct rl_node, mem_free), RL_TEXT_KB, false},
        {"SwapTotal:", offsetof(struct rl_node, swap_total), RL_TEXT_KB, true},
        {"SwapFree:", offsetof(struct rl_node, swap_free), RL_TEXT_KB, true},
    };
    struct rl_node copy = *node;
    int r;

    r = rl_text_keys(text, keys, COUNT(keys), &copy);
    if (r < 0)
        return r;
    *node = copy;
    return 0;
}

/* One counter per zone, and the set of zones differs from kernel to kernel: all are summed up. */
static const struct {
    const char *name;
    bool zones; /* a zone's name follows */
    size_t at;  /* of a uint64_t in struct rl_node */
} vmstat_keys[] = {
    {"allocstall", false, offsetof(struct rl_node, allocstall)},
    {"allocstall_", true, offsetof(struct rl_node, allocstall)},
    {"pgsteal_kswapd", false, offsetof(struct rl_node, kswapd_taken)},
    {"workingset_refault_anon", false, offsetof(struct rl_node, refaults)},
    {"workingset_restore_file", false, offsetof(struct rl_node, refaults)},
    {"workingset_restore", false, offsetof(struct rl_node, refaults)}, /* until 5.8 */
};

/* The sum that a line counts towards, NULL when none. */
static uint64_t *vmstat_sum(struct rl_span name, struct rl_node *node)
{
    for (size_t i = 0; i < COUNT(vmstat_keys); i++)
        if (vmstat_keys[i].zones ? rl_span_starts(name, vmstat_keys[i].name)
                                 : rl_span_is(name, vmstat_keys[i].name))
            return (uint64_t *)(void *)((char *)node + vmstat_keys[i].at);
    return NULL;
}

int rl_parse_vmstat(const char *text, struct rl_node *node)
{
    struct rl_node sums = {0};
    struct rl_span line, name, word;
    bool found = false;
    uint64_t n;

    while (rl_text_line(&text, &line)) {
        uint64_t *sum;

        if (!rl_text_word(&line, &name) || !(sum = vmstat_sum(name, &sums)))
            continue;
        if (!rl_text_word(&line, &word) || rl_text_u64(word, &n) < 0 ||
            rl_text_word(&line, &word) || __builtin_add_overflow(*sum, n, sum))
            return -EINVAL;
        found |= sum == &sums.allocstall;
    }
    if (!found)
        return -ENODATA;
    node->allocstall = sums.allocstall;
    node->kswapd_taken = sums.kswapd_taken;
    node->refaults = sums.refaults;
    return 0;
}

static int read_cpu_range(struct rl_span item, uint64_t *ret)
{
    const char *dash = memchr(item.s, '-', item.len);
    uint64_t first, last;
    struct rl_span end;

    if (!dash) {
        *ret = 1;
        return rl_text_u64(item, &first);
    }
    end = (struct rl_span){dash + 1, item.len - (size_t)(dash + 1 - item.s)};
    item.len = (size_t)(dash - item.s);
    if (rl_text_u64(item, &first) < 0 || rl_text_u64(end, &last) < 0 || last < first ||
        last >= INT_MAX)
        return -EINVAL;
    *ret = last - first + 1;
    return 0;
}

int rl_parse_cpus(const char *text, unsigned *ret)
{
    uint64_t sum = 0, n;
    struct rl_span line;

    if (!rl_text_line(&text, &line))
        return -ENODATA;
    for (;;) {
        const char *comma = memchr(line.s, ',', line.len);
        size_t len = comma ? (size_t)(comma - line.s) : line.len;

        if (read_cpu_range((struct rl_span){line.s, len}, &n) < 0 || (sum += n) > INT_MAX)
            return -EINVAL;
        if (!comma)
            break;
        line = (struct rl_span){comma + 1, line.len - len - 1};
    }
    *ret = (unsigned)sum;
    return 0;
}

int rl_parse_cpu_masks(const char *text, unsigned *ret)
{
    struct rl_span line, word;
    unsigned digits = 0;

    while (rl_text_line(&text, &line)) {
        if (!rl_text_word(&line, &word) || !rl_span_is(word, "Cpus_allowed:"))
            continue;
        if (!rl_text_word(&line, &word))
            return -EINVAL;
        for (size_t i = 0; i < word.len; i++) {
            if (word.s[i] == ',')
                continue;
            if (!isxdigit((unsigned char)word.s[i]))
                return -EINVAL;
            digits++;
        }
        if (digits == 0)
            return -EINVAL;
        *ret = 4 * digits;
        return 0;
    }
    return -ENODATA;
}
