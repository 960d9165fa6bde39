/* Whom the kernel chose, and who died. */
#include "daemon/autopsy/grammar.h"

#include <string.h>

#include "daemon/autopsy/prefix.h"

#define COMM_LEN    15
#define MESSAGE_MAX 64

/* From behind `key` up to the next of `ends`, which must be there. */
static bool read_value(
    struct rl_span line, const char *key, const char *const ends[], struct rl_span *ret)
{
    ssize_t begin = rl_oom_find(line, key), end = -1;
    struct rl_span rest;

    if (begin < 0)
        return false;
    rest = rl_oom_from(line, (size_t)begin + strlen(key));
    for (size_t i = 0; ends[i]; i++) {
        ssize_t hit = rl_oom_find(rest, ends[i]);

        if (hit >= 0 && (end < 0 || hit < end))
            end = hit;
    }
    if (end < 0)
        return false;
    *ret = rl_oom_part(rest, 0, (size_t)end);
    return true;
}

/* ",task=x,pid=1,uid=0": told from the end, since a path may hold anything. */
static void read_task(struct rl_span rest, struct rl_oom_line *ret)
{
    ssize_t uid = rl_oom_find_last(rest, ",uid="), pid, task;
    struct rl_span number;

    ret->whole = uid >= 0;
    if (uid >= 0)
        rest = rl_oom_part(rest, 0, (size_t)uid);
    pid = rl_oom_find_last(rest, ",pid=");
    if (pid < 0)
        return;
    number = rl_oom_from(rest, (size_t)pid + strlen(",pid="));
    /* without what follows, the number may have been cut */
    if (ret->whole && rl_oom_eat_i64(&number, &ret->summary.pid) && number.len == 0)
        ret->found++;
    else
        ret->summary.pid = -1;
    rest = rl_oom_part(rest, 0, (size_t)pid);
    if (rest.len > COMM_LEN + strlen(",task="))
        rest = rl_oom_from(rest, rest.len - COMM_LEN - strlen(",task="));
    task = rl_oom_find(rest, ",task=");
    if (task < 0)
        return;
    ret->summary.comm = rl_oom_from(rest, (size_t)task + strlen(",task="));
    ret->found++;
}

bool rl_oom_read_summary(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const char *const any[] = {",", NULL},
                             *const nodes[] = {",cpuset=", ",mems_allowed=", ",global_oom",
                                 ",oom_memcg=", ",task", NULL},
                             *const cpuset[] = {",mems_allowed=", NULL},
                             *const mems[] = {",global_oom", ",oom_memcg=", ",task", NULL},
                             *const memcg[] = {",task_memcg=", NULL},
                             *const task[] = {",task=", NULL};
    struct rl_span rest = rl_oom_from(line, at), value;

    if (!rl_oom_starts_at(line, at))
        return false;
    ret->summary.pid = -1;
    if (read_value(rest, ":constraint=", any, &value)) {
        rl_oom_eat(&value, "CONSTRAINT_");
        ret->summary.constraint = value;
        ret->found++;
    }
    ret->found += read_value(rest, ",nodemask=", nodes, &ret->summary.nodemask);
    ret->found += read_value(rest, ",cpuset=", cpuset, &ret->summary.cpuset);
    ret->found += read_value(rest, ",mems_allowed=", mems, &ret->summary.mems);
    ret->found += read_value(rest, ",oom_memcg=", memcg, &ret->summary.oom_memcg);
    ret->found += read_value(rest, ",task_memcg=", task, &ret->summary.task_memcg);
    ret->summary.global = rl_oom_find(rest, ",global_oom") >= 0;
    ret->found += ret->summary.global;
    read_task(rest, ret);
    return true;
}

/* "Out of memory: " and its kin before "Kill process". Return: false when the line does not begin
 * with it. */
static bool read_message(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const struct {
        const char *text;
        bool is_memcg, allocating;
        const char *constraint;
    } messages[] = {
        {"Memory cgroup out of memory", true, false, NULL},
        {"Out of memory (oom_kill_allocating_task)", false, true, NULL},
        {"Out of memory", false, false, NULL},
        {"Out of Memory", false, false, NULL},
        {"No available memory (MPOL_BIND)", false, false, "memory_policy"},
        {"No available memory in cpuset", false, false, "cpuset"},
    };
    struct rl_span before = rl_oom_part(line, 0, at);
    size_t begin;

    if (rl_oom_starts_at(line, at))
        return true;
    if (before.len < 2 || memcmp(before.s + before.len - 2, ": ", 2) != 0)
        return false;
    before.len -= 2;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        size_t len = strlen(messages[i].text);

        if (before.len < len || memcmp(before.s + before.len - len, messages[i].text, len) != 0 ||
            !rl_oom_starts_at(line, before.len - len))
            continue;
        ret->at = before.len - len;
        ret->death.message = rl_oom_from(before, ret->at);
        ret->death.is_memcg = messages[i].is_memcg;
        ret->death.allocating = messages[i].allocating;
        ret->death.constraint = messages[i].constraint;
        return true;
    }
    /* newer kernels take the message from whoever asks: any text behind a kernel's own mark */
    begin = before.len;
    while (begin > 0 && before.len - begin < MESSAGE_MAX && !rl_oom_marked_at(line, begin))
        if (strchr("\"=[]{}", line.s[--begin]))
            return false;
    if (!rl_oom_marked_at(line, begin) || begin == before.len)
        return false;
    ret->at = begin;
    ret->death.message = rl_oom_trim(rl_oom_from(before, begin));
    return true;
}

/* " process 123, UID 500, (java)", " process 123 (java), UID 0,", " process 123 (java)"; names may
 * hold brackets. Return: false when something else follows; comm is empty where the line ends
 * before it. */
static bool read_who(struct rl_span *rest, struct rl_oom_death *ret)
{
    static const char *const ends[] = {") total-vm:", ") vsz:", "), UID ", ") score ", "), "};
    struct rl_span text = *rest;
    ssize_t end = -1;
    uint64_t uid;

    ret->pid = -1;
    if (rl_oom_trim(text).len == 0)
        return true;
    if (!rl_oom_eat(&text, " process"))
        return false;
    if (rl_oom_trim(text).len == 0)
        return true;
    if (!rl_oom_eat(&text, " ") || !rl_oom_eat_i64(&text, &ret->pid) || ret->pid < 0)
        return false;
    if (rl_oom_eat(&text, ", UID ") && (!rl_oom_eat_u64(&text, &uid) || !rl_oom_eat(&text, ",")))
        return false;
    if (!rl_oom_eat(&text, " (")) {
        *rest = rl_oom_trim(text);
        return rest->len == 0;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && end < 0; i++) {
        end = rl_oom_find(text, ends[i]);
        if (end > COMM_LEN)
            end = -1;
    }
    for (size_t n = text.len < COMM_LEN + 1 ? text.len : COMM_LEN + 1; end < 0 && n-- > 0;)
        if (text.s[n] == ')')
            end = (ssize_t)n;
    ret->named = end >= 0 || text.len <= COMM_LEN;
    if (end < 0) { /* cut within the name: the pid is known */
        *rest = rl_oom_from(text, text.len);
        return ret->named;
    }
    ret->comm = rl_oom_part(text, 0, (size_t)end);
    text = rl_oom_from(text, (size_t)end + 1);
    if (rl_oom_eat(&text, ", UID ") && !rl_oom_eat_u64(&text, &uid))
        return false;
    rl_oom_eat(&text, ",");
    *rest = text;
    return true;
}

/* One of them begins with the other. */
static bool is_beginning(struct rl_span span, const char *text)
{
    size_t len = strlen(text);

    return memcmp(span.s, text, span.len < len ? span.len : len) == 0;
}

/* "Out of memory: Kill process 1 (x) score 2 or sacrifice child", "... kill process ..." */
bool rl_oom_read_select(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at + strlen("ill")), score;

    if (at == 0 || !strchr("Kk", line.s[at - 1]))
        return false;
    ret->at = at - 1;
    if (!read_message(line, at - 1, ret) || ret->death.message.len == 0 ||
        !read_who(&rest, &ret->death))
        return false;
    ret->whole = false;
    if (!ret->death.comm.s)
        return true;
    ret->found++;
    rl_oom_eat_blanks(&rest);
    score = rest;
    ret->whole = rl_oom_eat(&score, "score ") && rl_oom_eat_u64(&score, &ret->death.score) &&
                 (rl_oom_eat(&score, " or") || rl_oom_eat(&score, " and"));
    ret->found += ret->whole;
    return ret->whole || is_beginning(rest, "score ");
}

/* "UID:0", "oom_score_adj:-5" */
static bool eat_rest(struct rl_span *rest)
{
    struct rl_span word = *rest;
    int64_t n;

    if ((!rl_oom_eat(&word, "UID:") && !rl_oom_eat(&word, "oom_score_adj:")) ||
        !rl_oom_eat_i64(&word, &n))
        return false;
    *rest = word;
    return true;
}

static void read_sizes(struct rl_span rest, struct rl_oom_line *ret)
{
    struct rl_span text = rest;
    struct rl_oom_death *death = &ret->death;
    const struct {
        const char *name;
        uint64_t *kb;
    } sizes[] = {
        {"total-vm:", &death->total_vm_kb},
        {"vsz:", &death->total_vm_kb},
        {"anon-rss:", &death->anon_kb},
        {"file-rss:", &death->file_kb},
        {"shmem-rss:", &death->shmem_kb},
        {"pgtables:", &death->tables_kb},
    };

    for (;;) {
        struct rl_span word;
        size_t found = ret->found;

        rl_oom_eat_blanks(&rest);
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            word = rest;
            if (rl_oom_eat(&word, sizes[i].name) && rl_oom_eat_kb(&word, sizes[i].kb)) {
                rest = word;
                ret->found++;
                death->sizes_known = true;
            }
        }
        ret->found += eat_rest(&rest);
        if (found == ret->found)
            break;
        /* behind a comma more follows, and since 5.4 behind the uid */
        ret->whole = !rl_oom_eat(&rest, ",") && rl_oom_find(text, "UID:") < 0;
    }
    ret->whole = (ret->whole || death->tables_kb > 0) && death->sizes_known && rest.len == 0;
}

bool rl_oom_read_killed(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at + strlen("Killed"));

    if (!read_message(line, at, ret) || !read_who(&rest, &ret->death))
        return false;
    ret->whole = false;
    if (ret->death.comm.s) {
        ret->found++;
        ret->whole = true;
        read_sizes(rest, ret);
    }
    return true;
}

bool rl_oom_read_group(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    struct rl_span rest = rl_oom_from(line, at + strlen("Tasks in "));
    ssize_t end = rl_oom_find_last(rest, " are going to be killed due to");

    if (end < 0 || !rl_oom_starts_at(line, at))
        return false;
    ret->group = rl_oom_part(rest, 0, (size_t)end);
    return true;
}

bool rl_oom_read_exiting(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    if (rl_oom_find(rl_oom_from(line, at), "is already exiting. Skip killing") < 0)
        return false;
    return read_message(line, at, ret);
}

bool rl_oom_read_reaped(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    return rl_oom_starts_at(line, at);
}

bool rl_oom_read_no_victim(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const char *const befores[] = {"Out of memory and ",
        "Out of memory: ", "Memory cgroup out of memory and ", "Memory cgroup out of memory: "};
    struct rl_span before = rl_oom_part(line, 0, at);

    for (size_t i = 0; i < sizeof(befores) / sizeof(befores[0]); i++) {
        size_t len = strlen(befores[i]);

        if (at < len || memcmp(before.s + at - len, befores[i], len) != 0)
            continue;
        ret->at = at - len;
        if (rl_oom_starts_at(line, ret->at))
            return true;
    }
    return false;
}

bool rl_oom_read_panic(struct rl_span line, size_t at, struct rl_oom_line *ret)
{
    static const char *const reasons[] = {
        "out of memory", "Out of memory", "Out of Memory", "System is deadlocked on memory"};
    struct rl_span rest = rl_oom_from(line, at + strlen("Kernel panic - not syncing: "));

    if (!rl_oom_starts_at(line, at))
        return false;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (rl_span_starts(rest, reasons[i])) {
            ret->panic_no_victim = rl_oom_find(rest, "no killable process") >= 0 ||
                                   rl_oom_find(rest, "deadlocked on memory") >= 0;
            return true;
        }
    return false;
}
