/* Who asked for memory, and on which kernel. */
#include "daemon/autopsy/grammar.h"

#include <string.h>

#include "daemon/autopsy/prefix.h"

#define COMM_LEN 15 /* TASK_COMM_LEN without its NUL */

/* The name that ends at `end`. Return: false when the line is somebody else's who quotes it. */
static bool read_invoker(struct rl_span line, size_t end, struct rl_oom_line *ret)
{
    struct rl_span before = rl_oom_part(line, 0, end);
    size_t begin = end;

    while (begin > 0 && end - begin <= COMM_LEN && !rl_oom_starts_at(line, begin))
        begin--;
    if (rl_oom_starts_at(line, begin) && begin < end) {
        while (begin < end && rl_oom_is_blank(line.s[begin]))
            begin++;
        ret->header.comm = rl_oom_part(line, begin, end);
        ret->at = begin;
        return true;
    }
    /* an unknown prefix, or a longer name: its last word */
    if (rl_oom_find(before, "\"") >= 0 || rl_oom_find(before, "]: ") >= 0 ||
        rl_oom_find(before, "essage:") >= 0)
        return false;
    for (begin = end; begin > 0 && !rl_oom_is_blank(line.s[begin - 1]);)
        begin--;
    ret->header.comm = rl_oom_part(line, begin, end);
    ret->at = begin;
    return true;
}

/* "0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)", "0x201da" */
static struct rl_span read_mask(struct rl_span *rest)
{
    struct rl_span text = *rest;
    size_t n = 0;

    while (n < text.len && rl_oom_is_alnum(text.s[n]))
        n++;
    if (n < text.len && text.s[n] == '(') {
        const char *end = memchr(text.s + n, ')', text.len - n);

        n = end ? (size_t)(end - text.s) + 1 : text.len;
    }
    *rest = rl_oom_from(text, n);
    return rl_oom_part(text, 0, n);
}

/* One "name=value". nodemask= may hold commas. */
static bool read_field(struct rl_span *rest, struct rl_oom_line *ret)
{
    static const char *const adj[] = {"oom_score_adj=", "oom_adj=", "oomkilladj="};
    struct rl_span value = *rest;
    ssize_t end;

    if (rl_oom_eat(rest, "gfp_mask=")) {
        ret->header.gfp_mask = read_mask(rest);
        return ret->header.gfp_mask.len > 0;
    }
    if (rl_oom_eat(rest, "nodemask=")) {
        end = rl_oom_find(*rest, ", ");
        if (end < 0)
            return false;
        ret->header.nodemask = rl_oom_part(*rest, 0, (size_t)end);
        *rest = rl_oom_from(*rest, (size_t)end);
        return true;
    }
    if (rl_oom_eat(rest, "order=") && rl_oom_eat_int(rest, &ret->header.order)) {
        ret->header.order_known = true;
        return true;
    }
    for (size_t i = 0; i < sizeof(adj) / sizeof(adj[0]); i++) {
        int n;

        *rest = value;
        if (!rl_oom_eat(rest, adj[i]) || !rl_oom_eat_int(rest, &n))
            continue;
        if (i == 0 || !ret->header.adj_known)
            ret->header.adj = n;
        ret->header.adj_known = true;
        return true;
    }
    *rest = value;
    return false;
}

bool rl_oom_read_header(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const char invoked[] = " invoked ";
    struct rl_span rest = rl_oom_from(line, at + strlen("oom-killer:")), more, mask;
    size_t len = strlen(invoked);
    bool goes_on = false;

    if (at >= len && memcmp(line.s + at - len, invoked, len) == 0) {
        if (!read_invoker(line, at - len, ret))
            return false;
    } else if (!rl_oom_starts_at(line, at)) { /* 2.6.11 names nobody */
        return false;
    }
    rl_oom_eat_blanks(&rest);
    more = rest;
    while (read_field(&rest, ret)) {
        ret->found++;
        goes_on = rl_oom_eat(&rest, ",");
        rl_oom_eat_blanks(&rest);
        more = rest;
    }
    mask = ret->header.gfp_mask;
    ret->header.mask_is_open = rl_oom_find(mask, "(") >= 0 && mask.s[mask.len - 1] != ')';
    ret->whole = ret->header.order_known && ret->header.adj_known && !goes_on &&
                 !ret->header.mask_is_open;
    return ret->found > 1 || (more.len == 0 && rl_oom_starts_at(line, ret->at));
}

bool rl_oom_read_cpuset(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at + strlen(" cpuset="));
    ssize_t end = rl_oom_find(rest, " mems_allowed=");

    if (end < 0)
        return false;
    ret->cpuset.name = rl_oom_part(rest, 0, (size_t)end);
    rest = rl_oom_from(rest, (size_t)end + strlen(" mems_allowed="));
    return rl_text_word(&rest, &ret->cpuset.mems);
}

/* The release among what follows the taint flags: "G        W  O    4.8.0-gentoo #2". Return: is
 * the build's number behind it? Then it is all there. */
static bool read_version(struct rl_span rest, struct rl_span *ret)
{
    struct rl_span word;

    while (rl_text_word(&rest, &word)) {
        /* "Hardware name: ...", a line of its own where this one was cut */
        if (rl_span_starts(word, "#") || word.s[word.len - 1] == ':')
            break;
        if (rl_span_starts(word, "("))
            word = rl_oom_from(word, 1);
        if (word.len <= 2 || !rl_oom_is_digit(word.s[0]) || !memchr(word.s, '.', word.len))
            continue;
        *ret = word;
        rl_oom_eat_blanks(&rest);
        return rl_span_starts(rest, "#");
    }
    return false;
}

/* "Pid: 1, comm: x Not tainted 2.6.32 #1", "CPU: 0 UID: 0 PID: 1 Comm: x Tainted: G W 6.11.0 #3" */
bool rl_oom_read_cpu(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const char *const ends[] = {" Not tainted", " Tainted:", " Kdump:"};
    struct rl_span rest, before = rl_oom_part(line, 0, at);
    ssize_t pid = rl_oom_find_last(before, "Pid: "), end = -1, tainted;

    if (pid < 0)
        pid = rl_oom_find_last(before, "PID: ");
    if (pid < 0)
        return false;
    rest = rl_oom_from(line, (size_t)pid + strlen("PID: "));
    if (!rl_oom_eat_i64(&rest, &ret->cpu.pid))
        return false;
    if (!rl_oom_eat(&rest, ", comm: ") && !rl_oom_eat(&rest, " Comm: "))
        return false;
    ret->at = (size_t)pid;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        ssize_t hit = rl_oom_find(rest, ends[i]);

        if (hit >= 0 && (end < 0 || hit < end))
            end = hit;
    }
    ret->whole = false;
    if (end < 0)
        return true;
    ret->cpu.comm = rl_oom_trim(rl_oom_part(rest, 0, (size_t)end));
    ret->found++;
    tainted = rl_oom_find(rest, "ainted");
    if (tainted < 0)
        return true;
    rest = rl_oom_from(rest, (size_t)tainted + strlen("ainted"));
    rl_oom_eat(&rest, ":");
    ret->whole = read_version(rest, &ret->cpu.version);
    ret->found += (ret->cpu.version.len > 0) + ret->whole;
    return true;
}

/* The limit is the group's own or that of one above it. */
static bool is_above(struct rl_span limit, struct rl_span group)
{
    if (!rl_span_starts(limit, "/") || limit.len > group.len ||
        memcmp(limit.s, group.s, limit.len) != 0)
        return false;
    return limit.len == 1 || limit.len == group.len || group.s[limit.len] == '/';
}

bool rl_oom_read_task_in(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const char killed[] = " killed as a result of limit of";
    struct rl_span rest = rl_oom_from(line, at + strlen("Task in "));
    ssize_t end = rl_oom_find(rest, killed);

    if (!rl_oom_starts_at(line, at))
        return false;
    if (end < 0) {
        /* the rest of it was once printed apart */
        ret->whole = false;
        ret->task_in.task = rl_oom_trim(rest);
        return true;
    }
    ret->task_in.task = rl_oom_trim(rl_oom_part(rest, 0, (size_t)end));
    ret->task_in.limit = rl_oom_trim(rl_oom_from(rest, (size_t)end + strlen(killed)));
    ret->whole = is_above(ret->task_in.limit, ret->task_in.task);
    ret->found += 1 + (ret->task_in.limit.len > 0) + ret->whole;
    return true;
}

bool rl_oom_read_sysrq(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span before = rl_oom_part(line, 0, at);

    return rl_oom_find(before, "SysRq : ") >= 0 || rl_oom_find(before, "sysrq: ") >= 0;
}
