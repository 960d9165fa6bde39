/* The task table: its header says which columns there are and in which order. */
#include "daemon/autopsy/grammar.h"

#include <limits.h>
#include <string.h>

#include "daemon/autopsy/prefix.h"

enum form { PAGES, ADDED_PAGES, ID, UID, ADJ, IGNORED };

/* Each column that some kernel has had. */
static const struct column {
    const char *name;
    enum form form;
    uint32_t bit;
    size_t offset;
} columns[] = {
    {"uid", UID, 0, offsetof(struct rl_oom_task, uid)},
    {"tgid", ID, 0, offsetof(struct rl_oom_task, tgid)},
    {"total_vm", PAGES, 0, offsetof(struct rl_oom_task, total_vm)},
    {"rss", PAGES, 0, offsetof(struct rl_oom_task, rss)},
    {"rss_anon", PAGES, RL_OOM_COL_RSS_PARTS, offsetof(struct rl_oom_task, rss_anon)},
    {"rss_file", PAGES, RL_OOM_COL_RSS_PARTS, offsetof(struct rl_oom_task, rss_file)},
    {"rss_shmem", PAGES, RL_OOM_COL_RSS_PARTS, offsetof(struct rl_oom_task, rss_shmem)},
    {"swapents", PAGES, RL_OOM_COL_SWAP, offsetof(struct rl_oom_task, swap)},
    {"pgtables_bytes", PAGES, RL_OOM_COL_TABLES, offsetof(struct rl_oom_task, table_bytes)},
    {"nr_ptes", ADDED_PAGES, RL_OOM_COL_PTES, offsetof(struct rl_oom_task, table_pages)},
    {"nr_pmds", ADDED_PAGES, RL_OOM_COL_PMDS, offsetof(struct rl_oom_task, table_pages)},
    {"nr_puds", ADDED_PAGES, RL_OOM_COL_PUDS, offsetof(struct rl_oom_task, table_pages)},
    {"cpu", IGNORED, RL_OOM_COL_CPU, 0},
    {"oom_adj", ADJ, RL_OOM_COL_OOM_ADJ, offsetof(struct rl_oom_task, oom_adj)},
    {"oom_score_adj", ADJ, RL_OOM_COL_ADJ, offsetof(struct rl_oom_task, oom_score_adj)},
    {"", IGNORED, 0, 0}, /* of some kernel to come */
};

#define COMM_LEN 15 /* TASK_COMM_LEN without its NUL */
#define UNKNOWN  (sizeof(columns) / sizeof(columns[0]) - 1)

static size_t find_column(struct rl_span word)
{
    size_t i = 0;

    while (i < UNKNOWN && !rl_span_is(word, columns[i].name))
        i++;
    return i;
}

/* "[ pid ]", "[  pid  ]", "[pid]". Return: the offset behind it, or -1. */
static ssize_t find_pid_bracket(struct rl_span line)
{
    for (size_t at = 0; at < line.len; at++) {
        struct rl_span rest = rl_oom_from(line, at);

        if (!rl_oom_eat(&rest, "["))
            continue;
        rl_oom_eat_blanks(&rest);
        if (!rl_oom_eat(&rest, "pid"))
            continue;
        rl_oom_eat_blanks(&rest);
        if (rl_oom_eat(&rest, "]"))
            return rest.s - line.s;
    }
    return -1;
}

bool rl_oom_read_table(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_oom_columns *table = &ret->table;
    ssize_t behind = find_pid_bracket(line);
    struct rl_span rest, word;

    if (behind < 0)
        return false;
    ret->at = (size_t)behind;
    ret->whole = false;
    rest = rl_oom_from(line, (size_t)behind);
    while (rl_text_word(&rest, &word)) {
        size_t i = find_column(word);

        ret->whole = rl_span_is(word, "name");
        if (ret->whole)
            break;
        if (table->n == RL_OOM_COLUMNS)
            return false;
        table->index[table->n++] = (uint8_t)i;
        table->have |= columns[i].bit;
        ret->found += i != UNKNOWN;
    }
    ret->found += ret->whole;
    return table->n > 0;
}

/* Return: false, and nothing stored, when the value cannot be one of this column. */
static bool store(struct rl_oom_task *task, const struct column *column, int64_t value)
{
    char *at = (char *)task + column->offset;
    uint64_t pages = (uint64_t)value;

    if (value < (column->form == UID || column->form == ADJ ? INT_MIN : 0))
        return false;
    switch (column->form) {
    case ADDED_PAGES:
        if (__builtin_add_overflow(pages, *(uint64_t *)at, &pages))
            return false;
        __attribute__((fallthrough));
    case PAGES:
        *(uint64_t *)at = pages;
        return true;
    case ID:
        *(int64_t *)at = value;
        return true;
    case UID: /* printed with %d */
        if (value <= UINT32_MAX)
            *(uint64_t *)at = (uint32_t)value;
        return value <= UINT32_MAX;
    case ADJ:
        if (value <= INT_MAX)
            *(int *)at = (int)value;
        return value <= INT_MAX;
    case IGNORED:
        break;
    }
    return true;
}

/* The columns behind "[ 5173]". Return: how many there are, up to all. */
static size_t read_columns(
    const struct rl_oom_columns *table, struct rl_span *rest, int64_t pid, struct rl_oom_task *ret)
{
    size_t n;

    *ret = (struct rl_oom_task){.pid = pid, .tgid = pid};
    for (n = 0; n < table->n; n++) {
        struct rl_span after = *rest;
        int64_t value;

        rl_oom_eat_blanks(&after);
        if (after.s == rest->s || !rl_oom_eat_i64(&after, &value) ||
            (after.len > 0 && !rl_oom_is_blank(after.s[0])) ||
            !store(ret, &columns[table->index[n]], value))
            break;
        *rest = after;
    }
    return n;
}

/* A name that begins with a number and goes on: the parts of a number cut by a line's end? */
static bool is_odd_name(struct rl_span name)
{
    uint64_t n;

    return rl_oom_eat_u64(&name, &n) && name.len > 0 && rl_oom_is_blank(name.s[0]);
}

bool rl_oom_read_row(
    const struct rl_oom_columns *table, struct rl_span line, struct rl_oom_line *ret)
{
    for (size_t at = 0; at < line.len; at++) {
        struct rl_span rest = rl_oom_from(line, at);
        int64_t pid;
        size_t n;

        if (!rl_oom_eat(&rest, "[") || (at > 0 && !strchr(" \t>|:;-]=", line.s[at - 1])))
            continue;
        rl_oom_eat_blanks(&rest);
        if (!rl_oom_eat_i64(&rest, &pid))
            continue;
        rl_oom_eat_blanks(&rest);
        if (!rl_oom_eat(&rest, "]"))
            continue;
        *ret = (struct rl_oom_line){.kind = RL_OOM_LINE_ROW, .at = at};
        n = read_columns(table, &rest, pid, &ret->row);
        ret->found = 2 * n;
        /* "foo[12] 34" in somebody's text is no row, nor is a bracket that no number follows */
        if (n < table->n && (n == 0 || !rl_oom_starts_at(line, at)))
            continue;
        rest = rl_oom_trim(rest);
        if (n == table->n && rest.len > 0) {
            rl_oom_copy(ret->row.comm, sizeof(ret->row.comm), rest);
            ret->found += 2 - is_odd_name(rest);
            /* among lines with marks of the kernel one without may be the end of a name */
            ret->whole = rest.len >= COMM_LEN || !rl_oom_marked_at(line, at);
            if (rest.len <= COMM_LEN && !memchr(rest.s, ' ', rest.len))
                ret->found += rest.len;
        }
        return true;
    }
    return false;
}
