/* The log cut into lines, the lines that matter picked out, and those joined that somebody's mailer
 * or terminal broke. */
#include "daemon/autopsy/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/assemble.h"
#include "daemon/autopsy/prefix.h"

#define LINE_MAX_BYTES (64 * 1024)
#define QUIET_LINES    1000 /* without a line of the report: only its end is looked for then */
#define QUOTED_MIN     73   /* quoted-printable breaks lines at 76, or within "=3D" before it */
#define QUOTED_MAX     76
#define JOINS          64 /* lines that one may have been broken into: a long path */

/* While no report is being read, a line without any of these is passed over unread: what opens a
 * report, or is kept in case one follows, and what can end one. */
static const char *const needles[] = {
    "oom-kill", "illed process ", "ill process ", "as a result of limit", "Task in", "total_vm",
    "memory.oom.group", "ut of mem", "ut of Mem", "OOM victim", "Mem-Info:", "Mem-info:", "ainted",
    "ages RAM", "of RAM", "memory: usage", "Memory cgroup stats for", "Manual OOM", "ed on memory",
    "\xc2\xa0", /* any of them may have these for blanks */
};

#define NEEDLES (sizeof(needles) / sizeof(needles[0]))

struct rl_oom_reader {
    struct rl_oom_assembly assembly;
    uint64_t number; /* of the line that is being read */
    unsigned quiet;  /* lines since the last that mattered */
    size_t n;        /* in line */
    size_t n_held;   /* in held: a line that may go on in the next one; 0: none */
    uint64_t held_number;
    unsigned joins;
    struct rl_oom_line held_read;
    bool is_quoted;  /* quoted-printable was met */
    bool soft_break; /* the line goes on behind its "=" */
    char line[LINE_MAX_BYTES], held[LINE_MAX_BYTES], joined[LINE_MAX_BYTES];
};

int rl_oom_reader_new(void (*fn)(const struct rl_oom_report *report, void *userdata),
    void *userdata, struct rl_oom_reader **ret)
{
    struct rl_oom_reader *reader = malloc(sizeof(*reader));

    if (!reader)
        return -ENOMEM;
    memset(reader, 0, offsetof(struct rl_oom_reader, line));
    rl_oom_assembly_init(&reader->assembly, fn, userdata);
    *ret = reader;
    return 0;
}

void rl_oom_reader_free(struct rl_oom_reader *reader)
{
    if (reader)
        rl_oom_report_free(&reader->assembly.report);
    free(reader);
}

/* Is every line read, or only those with a needle? */
static bool is_busy(const struct rl_oom_reader *reader)
{
    return reader->n_held > 0 || reader->soft_break ||
           (reader->assembly.state != RL_OOM_CLOSED && reader->quiet < QUIET_LINES);
}

static bool has_needle(struct rl_span line)
{
    for (size_t i = 0; i < NEEDLES; i++)
        if (rl_oom_find(line, needles[i]) >= 0)
            return true;
    return false;
}

/* --- lines that go on in the next ------------------------------------------------------------ */

static int add(struct rl_oom_reader *reader, uint64_t number, struct rl_span line,
    const struct rl_oom_line *read)
{
    reader->quiet = 0;
    return rl_oom_assembly_add(&reader->assembly, number, line, read);
}

/* The held line as it is: nothing continued it. */
static int release(struct rl_oom_reader *reader)
{
    struct rl_span line = {reader->held, reader->n_held};

    if (reader->n_held == 0)
        return 0;
    reader->n_held = 0;
    return add(reader, reader->held_number, line, &reader->held_read);
}

static void hold(struct rl_oom_reader *reader, struct rl_span line)
{
    memmove(reader->held, line.s, line.len);
    reader->n_held = line.len;
    rl_oom_line_read(
        &reader->assembly.context, (struct rl_span){reader->held, line.len}, &reader->held_read);
}

/* The held line and this one as one, with or without a blank between, into reader->joined. */
static struct rl_span join(struct rl_oom_reader *reader, struct rl_span next, bool blank)
{
    size_t n = reader->n_held;

    memcpy(reader->joined, reader->held, n);
    if (blank && n < LINE_MAX_BYTES)
        reader->joined[n++] = ' ';
    if (next.len > LINE_MAX_BYTES - n)
        next.len = LINE_MAX_BYTES - n;
    memcpy(reader->joined + n, next.s, next.len);
    return (struct rl_span){reader->joined, n + next.len};
}

/* Text that has no blanks of its own was broken within a word, and so was a row that was all there
 * but for the end of its name. */
static bool is_dense(const struct rl_oom_line *read)
{
    return read->kind == RL_OOM_LINE_HEADER || read->kind == RL_OOM_LINE_SUMMARY ||
           read->kind == RL_OOM_LINE_TASK_IN ||
           (read->kind == RL_OOM_LINE_ROW && read->row.comm[0] != '\0');
}

/* Return: how much more of the held line can be read when this one is joined to it; 0: no more, but
 * it is still the same line; -1: it is not. */
static ssize_t gain(struct rl_oom_reader *reader, struct rl_span next, bool blank)
{
    const struct rl_oom_line *held = &reader->held_read;
    struct rl_oom_line read;

    rl_oom_line_read(&reader->assembly.context, join(reader, next, blank), &read);
    if (read.kind == RL_OOM_LINE_NOTHING || read.found < held->found ||
        (read.kind != held->kind && held->kind != RL_OOM_LINE_BROKEN))
        return -1;
    return (ssize_t)(read.found - held->found);
}

/* Does the held line end within a value that has no blanks and may be of any length? */
static bool is_open_ended(const struct rl_oom_reader *reader)
{
    const struct rl_oom_line *held = &reader->held_read;
    bool cut = reader->held[reader->n_held - 1] == '>'; /* by a pager */

    return !cut && (held->kind == RL_OOM_LINE_SUMMARY || held->kind == RL_OOM_LINE_TASK_IN ||
                       (held->kind == RL_OOM_LINE_HEADER && held->header.mask_is_open));
}

/* The text of a line without mail's quoting, with its indent. */
static struct rl_span unquoted(struct rl_span line)
{
    size_t quoting = rl_oom_quoting(line);

    return memchr(line.s, '>', quoting) ? rl_oom_from(line, quoting) : line;
}

/* What stands behind the kernel's marks, in a line that has them. */
static struct rl_span unmarked(struct rl_span line)
{
    for (size_t at = line.len; at > 0; at--)
        if (rl_oom_marked_at(line, at))
            return rl_oom_trim(rl_oom_from(line, at));
    return line;
}

/* Is this text no beginning of anything, so that it may be the rest of the held line? */
static bool is_rest(struct rl_oom_reader *reader, struct rl_span text)
{
    const struct rl_oom_line *held = &reader->held_read;
    struct rl_oom_line read;

    if (text.len == 0 || reader->joins == JOINS)
        return false;
    rl_oom_line_read(&reader->assembly.context, text, &read);
    if (read.kind != RL_OOM_LINE_NOTHING || rl_oom_line_is_elision(text))
        return false;
    /* "0 pages in swap cache" behind a number is no more of it */
    if (held->kind == RL_OOM_LINE_SUMS && rl_oom_is_digit(text.s[0]))
        return !memchr(text.s, ' ', text.len);
    return true;
}

/* Return: 1 when the line was joined to the held one, 0 when it is one of its own, -ENOMEM. */
static int continue_held(struct rl_oom_reader *reader, struct rl_span line)
{
    struct rl_span text = rl_oom_from(line, rl_oom_quoting(line)), close = unquoted(line);
    bool marked = rl_oom_is_marked(line), dense = is_dense(&reader->held_read);
    ssize_t with, without;

    /* only what was once printed in three parts has marks of its own */
    if (marked && reader->held_read.kind == RL_OOM_LINE_TASK_IN)
        text = close = unmarked(line);
    else if (marked)
        return 0;
    if (!is_rest(reader, text))
        return 0;
    with = gain(reader, text, true);
    without = gain(reader, close, false);
    if (with <= 0 && without <= 0) {
        /* in the middle of a long path? */
        if (without < 0 || marked || !is_open_ended(reader) || memchr(text.s, ' ', text.len))
            return 0;
    }
    reader->joins++;
    if (with > without || (with == without && !dense))
        hold(reader, join(reader, text, true));
    else
        hold(reader, join(reader, close, false));
    if (!reader->held_read.whole)
        return 1;
    return release(reader) < 0 ? -ENOMEM : 1;
}

/* --- lines ----------------------------------------------------------------------------------- */

static int read_line(struct rl_oom_reader *reader, struct rl_span line)
{
    struct rl_oom_line read;
    int r;

    if (reader->n_held > 0 && (r = continue_held(reader, line)) != 0)
        return r < 0 ? r : 0;
    r = release(reader);
    if (r < 0)
        return r;
    rl_oom_line_read(&reader->assembly.context, line, &read);
    if (read.kind == RL_OOM_LINE_NOTHING) {
        if (reader->quiet < QUIET_LINES && ++reader->quiet == QUIET_LINES &&
            (reader->assembly.state == RL_OOM_WEAK ||
                rl_oom_assembly_has_outcome(&reader->assembly)))
            rl_oom_assembly_close(&reader->assembly);
        if (rl_oom_line_is_elision(line))
            rl_oom_assembly_elided(&reader->assembly);
        return 0;
    }
    if (read.whole)
        return add(reader, reader->number, line, &read);
    reader->held_number = reader->number;
    reader->joins = 0;
    hold(reader, line);
    return 0;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* A record of /dev/kmsg has its newlines, backslashes and all that is not ASCII as "\x0a"
 * (devkmsg_read()). Return: the length of what is left. */
static size_t unescape(char *s, size_t n)
{
    const char *begin = memchr(s, ';', n);
    size_t to;

    if (!begin || !rl_oom_marked_at((struct rl_span){s, n}, (size_t)(begin - s) + 1))
        return n;
    to = (size_t)(begin - s) + 1;
    for (size_t i = to; i < n; to++) {
        bool escaped = n - i >= 4 && s[i] == '\\' && s[i + 1] == 'x' && hex_digit(s[i + 2]) >= 0 &&
                       hex_digit(s[i + 3]) >= 0;

        s[to] = escaped ? (char)(hex_digit(s[i + 2]) * 16 + hex_digit(s[i + 3])) : s[i];
        i += escaped ? 4 : 1;
    }
    return to;
}

/* What others have put into the text: NUL, NBSP, colours, quoted-printable. Return: its length. */
static size_t clean(char *s, size_t n)
{
    size_t to = 0;

    while (n > 0 && s[n - 1] == '\r')
        n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] == 0xa0) {
            s[to++] = ' ';
            i++;
        } else if (c == '=' && n - i >= 3 && memcmp(s + i, "=3D", 3) == 0) {
            s[to++] = '=';
            i += 2;
        } else if (c == '\033' && i + 1 < n && s[i + 1] == '[') {
            /* up to its last character, which is '@' or beyond; grep ends its colours with K */
            for (i += 2; i < n && s[i] < '@';)
                i++;
        } else {
            s[to++] = c == '\0' ? '?' : s[i];
        }
    }
    return to;
}

/* Quoted-printable's "=" at the line's end: the next one belongs to it. */
static bool is_soft_break(struct rl_oom_reader *reader)
{
    size_t n = reader->n;

    while (n > 0 && reader->line[n - 1] == '\r')
        n--;
    if (rl_oom_find((struct rl_span){reader->line, n}, "=3D") >= 0)
        reader->is_quoted = true;
    if (n == 0 || reader->line[n - 1] != '=' || n == LINE_MAX_BYTES ||
        (!reader->is_quoted && !reader->soft_break && (n < QUOTED_MIN || n > QUOTED_MAX)))
        return false;
    reader->n = n - 1;
    return true;
}

/* Where one of the kernel's lines ends within one of the log's: at /dev/kmsg's newlines, or at
 * rsyslog's #012. Return: its offset, and how long the end itself is, or -1. */
static ssize_t inner_end(struct rl_span line, size_t *ret_len)
{
    static const char *const ends[] = {"\n", "#012"};
    ssize_t first = -1;

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        ssize_t end = rl_oom_find(line, ends[i]);

        if (end < 0 || (first >= 0 && first < end))
            continue;
        first = end;
        *ret_len = strlen(ends[i]);
    }
    return first;
}

/* A line is all there. */
static int end_line(struct rl_oom_reader *reader, bool last)
{
    struct rl_span rest = {reader->line, reader->n};
    size_t len = 0;
    ssize_t end;
    int r = 0;

    reader->number++;
    if (!is_busy(reader) && !has_needle(rest)) {
        reader->n = 0;
        return 0;
    }
    reader->soft_break = is_soft_break(reader) && !last;
    if (reader->soft_break)
        return 0;
    rest.len = clean(reader->line, unescape(reader->line, reader->n));
    reader->n = 0;
    while (r == 0 && (end = inner_end(rest, &len)) >= 0) {
        r = read_line(reader, rl_oom_part(rest, 0, (size_t)end));
        rest = rl_oom_from(rest, (size_t)end + len);
    }
    return r == 0 ? read_line(reader, rest) : r;
}

/* How much of the text is whole lines without any needle. next: where each needle stands next in
 * the text, kept from call to call. */
static size_t skip(
    struct rl_oom_reader *reader, const char *text, size_t n, const char *next[NEEDLES])
{
    const char *hit = text + n, *end;
    size_t len;

    for (size_t i = 0; i < NEEDLES; i++) {
        if (!next[i] || next[i] < text) {
            next[i] = memmem(text, n, needles[i], strlen(needles[i]));
            if (!next[i])
                next[i] = text + n;
        }
        if (next[i] < hit)
            hit = next[i];
    }
    end = memrchr(text, '\n', (size_t)(hit - text));
    if (!end)
        return 0;
    len = (size_t)(end - text) + 1;
    for (size_t i = 0; i < len; i++)
        reader->number += text[i] == '\n';
    return len;
}

int rl_oom_reader_feed(struct rl_oom_reader *reader, const char *text, size_t n)
{
    const char *next[NEEDLES] = {NULL};

    while (n > 0) {
        const char *end;
        size_t len, room;

        if (reader->n == 0 && !is_busy(reader)) {
            len = skip(reader, text, n, next);
            text += len;
            n -= len;
        }
        end = memchr(text, '\n', n);
        len = end ? (size_t)(end - text) : n;
        room = LINE_MAX_BYTES - reader->n;
        memcpy(reader->line + reader->n, text, len < room ? len : room);
        reader->n += len < room ? len : room;
        text += len;
        n -= len;
        if (end) {
            int r = end_line(reader, false);

            if (r < 0)
                return r;
            text++;
            n--;
        }
    }
    return 0;
}

int rl_oom_reader_end(struct rl_oom_reader *reader)
{
    int r = reader->n > 0 || reader->soft_break ? end_line(reader, true) : 0;

    if (r == 0)
        r = release(reader);
    rl_oom_assembly_close(&reader->assembly);
    return r;
}
