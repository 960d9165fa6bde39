/* How much memory there was, and what held it. */
#include "daemon/autopsy/grammar.h"

#include <string.h>

#include "daemon/autopsy/prefix.h"

/* What the kernel prints for "no limit" in kB: LONG_MAX bytes, whole pages of them, or ULONG_MAX
 * bytes; on 32 bits LONG_MAX pages. */
#define UNLIMITED_KB    (UINT64_C(1) << 53)
#define UNLIMITED_SLACK 1024
#define UNLIMITED_32    (UINT64_C(2147483647) * 4)

bool rl_oom_read_counter(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const struct {
        const char *name;
        enum rl_oom_counter_of of;
    } names[] = {
        {"memory", RL_OOM_OF_MEMORY},
        {"memory+swap", RL_OOM_OF_MEMORY_SWAP},
        {"swap", RL_OOM_OF_SWAP},
        {"kmem", RL_OOM_OF_KMEM},
    };
    struct rl_span rest = rl_oom_from(line, at + strlen(": usage "));
    struct rl_oom_counter *value = &ret->counter.value;
    size_t i, len = 0;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        len = strlen(names[i].name);
        if (at >= len && memcmp(line.s + at - len, names[i].name, len) == 0 &&
            rl_oom_starts_at(line, at - len))
            break;
    }
    if (i == sizeof(names) / sizeof(names[0]) || !rl_oom_eat_kb(&rest, &value->usage_kb))
        return false;
    ret->at = at - len;
    ret->counter.of = names[i].of;
    rl_oom_eat(&rest, ",");
    rl_oom_eat_blanks(&rest);
    value->known = rl_oom_eat(&rest, "limit ") && rl_oom_eat_kb(&rest, &value->limit_kb);
    value->unlimited = value->known && (value->limit_kb >= UNLIMITED_KB - UNLIMITED_SLACK ||
                                           value->limit_kb == UNLIMITED_32);
    rl_oom_eat(&rest, ",");
    rl_oom_eat_blanks(&rest);
    if (rl_oom_eat(&rest, "failcnt "))
        ret->whole = rl_oom_eat_u64(&rest, &value->failcnt);
    else
        ret->whole = false;
    ret->found += (size_t)value->known + ret->whole;
    return true;
}

bool rl_oom_read_stats(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at + strlen("Memory cgroup stats for "));
    ssize_t end = rl_oom_find(rest, ": ");

    if (!rl_oom_starts_at(line, at))
        return false;
    if (end < 0) {
        rest = rl_oom_trim(rest);
        if (rest.len == 0 || rest.s[rest.len - 1] != ':')
            return false;
        end = (ssize_t)rest.len - 1;
        ret->stats.block = true;
    }
    ret->stats.path = rl_oom_part(rest, 0, (size_t)end);
    return true;
}

/* "anon 5222400", alone at the line's end. */
bool rl_oom_read_stat(struct rl_span line, struct rl_oom_line *ret)
{
    size_t end, name, number;

    *ret = (struct rl_oom_line){.kind = RL_OOM_LINE_STAT, .whole = true};
    while (line.len > 0 && rl_oom_is_blank(line.s[line.len - 1]))
        line.len--;
    for (number = line.len; number > 0 && rl_oom_is_digit(line.s[number - 1]);)
        number--;
    for (end = number; end > 0 && rl_oom_is_blank(line.s[end - 1]);)
        end--;
    for (name = end; name > 0 && (rl_oom_is_alnum(line.s[name - 1]) || line.s[name - 1] == '_');)
        name--;
    if (name == end || end == number || !rl_oom_starts_at(line, name))
        return false;
    ret->at = name;
    ret->stat.name = rl_oom_part(line, name, end);
    return rl_text_u64(rl_oom_from(line, number), &ret->stat.value) == 0;
}

bool rl_oom_read_mem_info(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    return rl_oom_starts_at(line, at);
}

/* "name:number name:number ..."; the zones' lines have a unit behind the number and do not count.
 */
bool rl_oom_read_sums(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at), word;

    if (!rl_oom_starts_at(line, at))
        return false;
    while (ret->sums.n < RL_OOM_PAIRS && rl_text_word(&rest, &word)) {
        ssize_t colon = rl_oom_find(word, ":");

        if (colon < 0 ||
            rl_text_u64(rl_oom_from(word, (size_t)colon + 1), &ret->sums.value[ret->sums.n]) < 0)
            break;
        ret->sums.name[ret->sums.n++] = rl_oom_part(word, 0, (size_t)colon);
        word.len = 0;
    }
    /* a number at the line's end may go on in the next one, a name that has none surely does; and
     * they do only if all of both is read then */
    ret->whole = false;
    if (ret->sums.n > 0 && word.len == 0 && rl_oom_trim(rest).len == 0)
        ret->found += line.len;
    return ret->sums.n > 0;
}

/* "Total swap = 0kB", and 2.6's "Free swap:            0kB" */
bool rl_oom_read_swap(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at);

    ret->swap.total = rl_oom_eat(&rest, "Total swap");
    if (!ret->swap.total)
        rl_oom_eat(&rest, "Free swap");
    rl_oom_eat_blanks(&rest);
    if (!rl_oom_eat(&rest, "=") && !rl_oom_eat(&rest, ":"))
        return false;
    rl_oom_eat_blanks(&rest);
    return rl_oom_eat_kb(&rest, &ret->swap.kb) && rl_oom_starts_at(line, at);
}

bool rl_oom_read_pages(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const struct {
        const char *words;
        enum rl_oom_pages_of of;
    } names[] = {
        {" pages RAM", RL_OOM_OF_RAM},
        {" pages of RAM", RL_OOM_OF_RAM},
        {" pages HighMem", RL_OOM_OF_HIGHMEM}, /* also "HighMem/MovableOnly" */
        {" pages of HIGHMEM", RL_OOM_OF_HIGHMEM},
        {" pages reserved", RL_OOM_OF_RESERVED},
        {" reserved pages", RL_OOM_OF_RESERVED},
    };
    size_t begin = at;

    while (begin > 0 && rl_oom_is_digit(line.s[begin - 1]))
        begin--;
    if (!rl_oom_starts_at(line, begin) ||
        rl_text_u64(rl_oom_part(line, begin, at), &ret->pages.n) < 0)
        return false;
    ret->at = begin;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!rl_span_starts(rl_oom_from(line, at), names[i].words))
            continue;
        ret->pages.of = names[i].of;
        return true;
    }
    return false;
}

bool rl_oom_read_huge(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at + strlen("hugepages_total="));
    uint64_t n, kb;
    ssize_t size;

    if (!rl_oom_eat_u64(&rest, &n) || (size = rl_oom_find(rest, "hugepages_size=")) < 0)
        return false;
    rest = rl_oom_from(rest, (size_t)size + strlen("hugepages_size="));
    return rl_oom_eat_kb(&rest, &kb) && !__builtin_mul_overflow(n, kb, &ret->huge_kb);
}

/* "Node 0 DMA: 1*4kB (U) 0*8kB ...": the first block of a list is one page. */
bool rl_oom_read_buddy(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at + 1);
    size_t begin = at;
    uint64_t kb;

    while (begin > 0 && rl_oom_is_digit(line.s[begin - 1]))
        begin--;
    if (begin == at || begin < 2 || memcmp(line.s + begin - 2, ": ", 2) != 0)
        return false;
    if (!rl_oom_eat_kb(&rest, &kb) || kb < 4 || kb > 1024 || (kb & (kb - 1)) != 0)
        return false;
    ret->page_size = kb * 1024;
    return true;
}

/* /proc/meminfo, pasted beside the report */
bool rl_oom_read_commit(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at), unit;

    ret->commit.limit = rl_oom_eat(&rest, "CommitLimit:");
    if (!ret->commit.limit)
        rl_oom_eat(&rest, "Committed_AS:");
    rl_oom_eat_blanks(&rest);
    return rl_oom_eat_u64(&rest, &ret->commit.kb) && rl_text_word(&rest, &unit) &&
           rl_span_is(unit, "kB") && rl_oom_starts_at(line, at);
}
