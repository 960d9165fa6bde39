#include "daemon/autopsy/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/autopsy/words.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"

#define CHUNK       (16 * 1024) /* a record has 8 KB at most (CONSOLE_EXT_LOG_MAX) */
#define KEPT_MAX    (256 * 1024)
#define READ_MAX    (8 * 1024 * 1024)
#define SENTENCE    1024
#define KERN_LEVELS 8 /* the number before a record is level + 8 * facility; the kernel's is 0 */

struct reading {
    struct rl_oom_reader *reader;
    struct rl_kmsg_reports *reports;
    char *kept; /* the lines that were fed, the newest KEPT_MAX bytes */
    size_t n_kept;
    uint64_t dropped; /* lines before these */
    int failed;
};

int rl_kmsg_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
        int error = -errno;

        close(fd);
        return error;
    }
    return fd < 0 ? -errno : fd;
}

/* What follows the prefix of a record. */
static const char *message_of(const char *line, const char *end)
{
    const char *semicolon = memchr(line, ';', (size_t)(end - line));

    return semicolon ? semicolon + 1 : line;
}

static void add_line(json_t *log, const char *line, const char *end)
{
    const char *message = message_of(line, end);
    size_t len = (size_t)(end - message);
    rl_auto_free char *text = malloc(len + 1); /* no NUL follows for strndup() to look for */

    if (text) {
        memcpy(text, message, len);
        text[len] = '\0';
    }
    json_array_append_new(log, rl_json_string(text ? text : ""));
}

/* The report's own lines: all, or the first and the last of them. */
static json_t *log_json(const struct reading *r, const struct rl_oom_report *report, bool *ret_cut)
{
    json_t *log = json_array();
    uint64_t number = r->dropped + 1;
    const char *at = r->kept, *end = r->kept + r->n_kept, *begin, *stop;
    size_t size;

    for (; at < end && number < report->first_line; number++)
        at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
    begin = stop = at;
    for (; stop < end && number <= report->last_line; number++)
        stop = (const char *)memchr(stop, '\n', (size_t)(end - stop)) + 1;
    size = (size_t)(stop - begin);
    *ret_cut = size > RL_KMSG_LOG_MAX || r->dropped >= report->first_line;
    for (at = begin; at < stop;) {
        const char *next = (const char *)memchr(at, '\n', (size_t)(stop - at)) + 1;

        if (size <= RL_KMSG_LOG_MAX || next - begin <= RL_KMSG_LOG_MAX / 2 ||
            stop - at <= RL_KMSG_LOG_MAX / 2)
            add_line(log, at, next - 1);
        at = next;
    }
    return log;
}

static json_t *report_json(const struct reading *r, const struct rl_oom_finding *finding)
{
    char headline[SENTENCE];
    struct rl_say say;
    bool cut = false;
    json_t *log;

    rl_say_begin(&say, headline, sizeof(headline));
    rl_autopsy_headline(&say, finding);
    log = log_json(r, finding->report, &cut);
    return json_pack("{s:s, s:o, s:o, s:b}", "headline", headline, "autopsy",
        rl_autopsy_finding_json(finding), "log", log, "log_cut", cut);
}

static void on_report(const struct rl_oom_report *report, void *userdata)
{
    struct reading *r = userdata;
    struct rl_kmsg_report *to = &r->reports->items[r->reports->n];
    struct rl_oom_finding finding;

    if (r->reports->n == RL_KMSG_REPORTS_MAX || rl_oom_judge(report, &finding) < 0) {
        r->reports->more++;
        return;
    }
    *to = (struct rl_kmsg_report){
        .cgroup = strdup(report->task_memcg),
        .domain = strdup(report->oom_memcg),
        .json = report_json(r, &finding),
    };
    rl_oom_finding_free(&finding);
    if (to->cgroup && to->domain && to->json) {
        r->reports->n++;
        return;
    }
    free(to->cgroup);
    free(to->domain);
    json_decref(to->json);
    *to = (struct rl_kmsg_report){0};
    r->reports->more++;
}

/* Room for a line: older ones go, half of all at once. */
static void make_room(struct reading *r, size_t size)
{
    const char *from;

    if (r->n_kept + size <= KEPT_MAX)
        return;
    from = memchr(r->kept + KEPT_MAX / 2, '\n', r->n_kept - KEPT_MAX / 2);
    from = from ? from + 1 : r->kept + r->n_kept;
    for (const char *c = r->kept; c < from; c++)
        r->dropped += *c == '\n';
    r->n_kept -= (size_t)(from - r->kept);
    memmove(r->kept, from, r->n_kept);
}

/* The kernel's own words, which stand in a record that is not somebody else's. A line that begins
 * with a blank belongs to the one before and says more about it, for programs. */
static bool is_kernels(const char *line)
{
    return *line != ' ' && strtoul(line, NULL, 10) < KERN_LEVELS;
}

/* with its line feed */
static void take_line(struct reading *r, const char *line, size_t size)
{
    int error;

    if (r->failed < 0 || !is_kernels(line))
        return;
    make_room(r, size);
    memcpy(r->kept + r->n_kept, line, size);
    r->n_kept += size;
    error = rl_oom_reader_feed(r->reader, line, size);
    r->failed = error < 0 ? error : 0;
}

/* Return: how many bytes are left, of a line that has not ended; these come first then. */
static size_t take_lines(struct reading *r, char *buf, size_t n)
{
    char *at = buf, *end = buf + n, *feed;

    if (n == CHUNK && !memchr(buf, '\n', n))
        buf[n - 1] = '\n'; /* no record is that long */
    while ((feed = memchr(at, '\n', (size_t)(end - at)))) {
        take_line(r, at, (size_t)(feed + 1 - at));
        at = feed + 1;
    }
    memmove(buf, at, (size_t)(end - at));
    return (size_t)(end - at);
}

static int read_all(int fd, struct reading *r, char *buf)
{
    size_t left = 0, total = 0;

    while (total < READ_MAX && r->failed >= 0) {
        ssize_t n = read(fd, buf + left, CHUNK - left);

        if (n < 0 && (errno == EINTR || errno == EPIPE))
            continue; /* EPIPE: records were overwritten while they were read */
        if (n == 0 || (n < 0 && errno == EAGAIN))
            break;
        if (n < 0)
            return -errno;
        total += (size_t)n;
        left = take_lines(r, buf, left + (size_t)n);
        /* A record has to fit as a whole, or the kernel says EINVAL; it never comes in parts. */
        if (left > CHUNK / 2)
            left = 0;
    }
    return r->failed;
}

int rl_kmsg_read(int fd, struct rl_kmsg_reports *ret)
{
    struct reading r = {.reports = ret};
    rl_auto_free char *buf = malloc(CHUNK);
    rl_auto_free char *kept = malloc(KEPT_MAX);
    int error = 0, end;

    *ret = (struct rl_kmsg_reports){0};
    if (!buf || !kept || rl_oom_reader_new(on_report, &r, &r.reader) < 0)
        return -ENOMEM;
    r.kept = kept;
    error = read_all(fd, &r, buf);
    end = rl_oom_reader_end(r.reader);
    rl_oom_reader_free(r.reader);
    return error < 0 ? error : end;
}

void rl_kmsg_free(struct rl_kmsg_reports *reports)
{
    for (size_t i = 0; i < reports->n; i++) {
        free(reports->items[i].cgroup);
        free(reports->items[i].domain);
        json_decref(reports->items[i].json);
    }
    *reports = (struct rl_kmsg_reports){0};
}
