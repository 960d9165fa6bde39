#include "daemon/report/log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/report/log-json.h"
#include "daemon/report/say.h"
#include "policy/limits.h"

#define IDENTIFIER "reliefd"

/* A write of at most PIPE_BUF bytes to a pipe is whole or not at all. */
#define LINE_MAX_BYTES 4000
#define MESSAGE_MAX    2000

enum stderr_kind {
    STDERR_FILE,    /* a write to a regular file does not wait for a reader */
    STDERR_SOCKET,  /* MSG_DONTWAIT */
    STDERR_OWN,     /* a description of our own with O_NONBLOCK */
    STDERR_SHARED,  /* poll before each write: O_NONBLOCK would reach whoever shares it */
    STDERR_NOWHERE, /* /dev/null or closed */
};

struct log {
    pthread_mutex_t mutex;
    _Atomic int level; /* read without the mutex */
    _Atomic bool json; /* stderr gets JSON objects */
    struct rl_journal journal;
    int fd; /* where stderr is written */
    bool own_fd;
    enum stderr_kind kind;
    bool journal_stream; /* stderr leads to the journal */
    uint64_t lost;       /* lines that stderr did not take */
};

static struct log sinks = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .level = LOG_WARNING,
    .journal.fd = -1,
    .fd = STDERR_FILENO,
    .kind = STDERR_SHARED,
};

static const struct {
    const char *name;
    int level;
} levels[] = {
    {"err", LOG_ERR},
    {"warning", LOG_WARNING},
    {"notice", LOG_NOTICE},
    {"info", LOG_INFO},
    {"debug", LOG_DEBUG},
};

int rl_log_level_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(levels[i].name, name) == 0)
            return levels[i].level;
    }
    return -EINVAL;
}

/* JOURNAL_STREAM is "device:inode" of the stream that systemd gave the unit; it is inherited by
 * children whose stderr leads elsewhere, hence the comparison. */
static bool is_journal_stream(const struct stat *st)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && device == st->st_dev &&
           inode == st->st_ino;
}

static void open_stderr(struct log *log, int fd)
{
    struct stat st, null;

    log->fd = fd;
    log->own_fd = false;
    log->journal_stream = false;
    if (fd < 0 || fstat(fd, &st) < 0) {
        log->kind = STDERR_NOWHERE;
    } else if (S_ISCHR(st.st_mode) && stat("/dev/null", &null) == 0 && st.st_rdev == null.st_rdev) {
        log->kind = STDERR_NOWHERE;
    } else if (S_ISREG(st.st_mode)) {
        log->kind = STDERR_FILE;
    } else if (S_ISSOCK(st.st_mode)) {
        log->kind = STDERR_SOCKET;
        log->journal_stream = is_journal_stream(&st);
    } else {
        char path[64];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        log->kind = own >= 0 ? STDERR_OWN : STDERR_SHARED;
        log->own_fd = own >= 0;
        log->fd = own >= 0 ? own : fd;
    }
}

static void close_sinks(struct log *log)
{
    rl_journal_close(&log->journal);
    if (log->own_fd)
        close(log->fd);
    log->own_fd = false;
}

void rl_log_open_to(int level, const char *journal_socket, int stderr_fd)
{
    signal(SIGPIPE, SIG_IGN);
    pthread_mutex_lock(&sinks.mutex);
    close_sinks(&sinks);
    sinks.level = level;
    sinks.lost = 0;
    rl_journal_open(&sinks.journal, journal_socket);
    open_stderr(&sinks, stderr_fd);
    pthread_mutex_unlock(&sinks.mutex);
}

void rl_log_open(int level)
{
    rl_log_open_to(level, RL_JOURNAL_SOCKET, STDERR_FILENO);
}

void rl_log_close(void)
{
    pthread_mutex_lock(&sinks.mutex);
    close_sinks(&sinks);
    sinks.journal = (struct rl_journal){.fd = -1};
    sinks.level = LOG_WARNING;
    sinks.fd = STDERR_FILENO;
    sinks.kind = STDERR_SHARED;
    sinks.journal_stream = false;
    sinks.json = false;
    pthread_mutex_unlock(&sinks.mutex);
}

void rl_log_set_level(int level)
{
    sinks.level = level;
}

void rl_log_set_json(bool json)
{
    sinks.json = json;
}

/* Return: whether the line was taken. */
static bool stderr_put(const struct log *log, const char *line, size_t size)
{
    struct pollfd ready = {.fd = log->fd, .events = POLLOUT};

    if (log->kind == STDERR_NOWHERE)
        return true;
    if (log->kind == STDERR_SOCKET)
        return send(log->fd, line, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
    if (log->kind == STDERR_SHARED && (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT)))
        return false;
    return write(log->fd, line, size) == (ssize_t)size;
}

/* name=value of a RELIEFD_ field, in small letters, quoted where it has to be. */
static void say_field(struct rl_say *say, const struct rl_field *field)
{
    static const char prefix[] = "RELIEFD_";

    if (strncmp(field->name, prefix, sizeof(prefix) - 1) != 0)
        return;
    rl_say(say, " ");
    for (const char *c = field->name + sizeof(prefix) - 1; *c; c++)
        rl_say(say, "%c", tolower((unsigned char)*c));

    const char *quote = strpbrk(field->value, " \"=") || !*field->value ? "\"" : "";
    rl_say(say, "=%s", quote);
    for (const char *c = field->value; *c; c++)
        rl_say(say, *c == '"' ? "\\%c" : "%c", *c);
    rl_say(say, "%s", quote);
}

static uint64_t wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * RL_US_PER_S + (uint64_t)now.tv_nsec / 1000;
}

static void stderr_line(
    struct log *log, int level, const char *message, const struct rl_field *fields, size_t n)
{
    char line[LINE_MAX_BYTES];
    struct rl_say say;

    if (log->json && !log->journal_stream) {
        size_t size = rl_log_json(line, sizeof(line) - 1, level, message, fields, n, wall_us());

        line[size++] = '\n';
        if (!stderr_put(log, line, size))
            log->lost++;
        return;
    }
    rl_say_begin(&say, line, sizeof(line) - 1); /* room for the line feed */
    if (log->journal_stream)
        rl_say(&say, "<%d>", level);
    else
        rl_say(&say, "%s: ", IDENTIFIER);
    rl_say(&say, "%s", message);
    for (size_t i = 0; i < n; i++)
        say_field(&say, &fields[i]);
    line[say.n++] = '\n';
    if (!stderr_put(log, line, say.n))
        log->lost++;
}

static enum rl_journal_result journal_line(
    struct log *log, int level, const char *message, const struct rl_field *fields, size_t n)
{
    char priority[2] = {(char)('0' + (level & LOG_PRIMASK)), '\0'};
    struct rl_field all[RL_JOURNAL_FIELDS_MAX] = {
        {"MESSAGE", message},
        {"PRIORITY", priority},
        {"SYSLOG_IDENTIFIER", IDENTIFIER},
    };
    size_t used = 3;

    for (size_t i = 0; i < n && used < RL_JOURNAL_FIELDS_MAX; i++)
        all[used++] = fields[i];
    return rl_journal_send(&log->journal, all, used);
}

/* Say how many lines were lost, now that one may get through again. The notice itself does not
 * count when it is lost too. */
static void say_lost(struct log *log)
{
    static const char format[] = "%" PRIu64 " lines were lost: %s";
    char text[96];

    if (log->journal.lost > 0) {
        uint64_t lost = log->journal.lost;
        snprintf(text, sizeof(text), format, lost, "the journal did not read them");
        bool said = journal_line(log, LOG_WARNING, text, NULL, 0) == RL_JOURNAL_SENT;
        log->journal.lost = said ? 0 : lost;
    }
    if (log->lost > 0) {
        uint64_t lost = log->lost;
        snprintf(text, sizeof(text), format, lost, "nobody read stderr");
        stderr_line(log, LOG_WARNING, text, NULL, 0);
        log->lost = log->lost == lost ? 0 : lost;
    }
}

void rl_log_fields(int level, const char *message, const struct rl_field *fields, size_t n)
{
    pthread_mutex_lock(&sinks.mutex);
    say_lost(&sinks);
    enum rl_journal_result result = journal_line(&sinks, level, message, fields, n);
    if (result == RL_JOURNAL_ABSENT || !sinks.journal_stream)
        stderr_line(&sinks, level, message, fields, n);
    pthread_mutex_unlock(&sinks.mutex);
}

void rl_log(int level, const char *format, ...)
{
    char raw[MESSAGE_MAX], message[MESSAGE_MAX];
    struct rl_say say;
    int saved = errno;
    va_list args;

    if (level > sinks.level)
        return;
    rl_say_begin(&say, raw, sizeof(raw));
    va_start(args, format);
    rl_say_list(&say, format, args);
    va_end(args);
    rl_escape(raw, message, sizeof(message));
    rl_log_fields(level, message, NULL, 0);
    errno = saved;
}
