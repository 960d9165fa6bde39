/* Starts a load in a cgroup and writes down, fifty times a second or as told, what the kernel says
 * of that cgroup and of the machine, and the instants of the load's beginning, of every SIGTERM and
 * SIGKILL, and of its end. It stands above the shortage it looks at: its memory is locked, it runs
 * before all ordinary processes, and nothing is written before the end.
 *
 *   observer --cgroup DIRECTORY --out FILE [--seconds N] [--every MS] [--trace DIRECTORY]
 *            PROGRAM [ARGUMENT ...]
 *
 * --cgroup   where the load runs, as nobody and with oom_score_adj 0
 * --out      the samples; samples.h says how they look
 * --seconds  the load is killed when it lives longer (default 60)
 * --every    between two looks (default 20)
 * --trace    a tracing instance (mkdir /sys/kernel/tracing/instances/NAME): without it no signal is
 *            seen */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/samples.h"

#define BEFORE_NS (500 * NS_PER_MS)  /* samples without the load */
#define AFTER_NS  (1000 * NS_PER_MS) /* and after its end: for memory that comes back late */
#define NOBODY    65534

enum file { PRESSURE, CURRENT, SWAP, EVENTS, NODE_PRESSURE, MEMINFO, FILES };

static const char *const file_names[FILES] = {
    [PRESSURE] = "memory.pressure",
    [CURRENT] = "memory.current",
    [SWAP] = "memory.swap.current",
    [EVENTS] = "memory.events",
    [NODE_PRESSURE] = "/proc/pressure/memory",
    [MEMINFO] = "/proc/meminfo",
};

struct observer {
    const char *cgroup;
    const char *out;
    const char *trace; /* or NULL */
    uint64_t seconds;
    uint64_t every_ns;
    char **program;
    int files[FILES];
    int populated; /* cgroup.events */
    struct sample *samples;
    size_t count;
    size_t room;
    pid_t load;
    int pidfd;
    uint64_t load_ns; /* instants: 0 while they have not come */
    uint64_t dead_ns;
    uint64_t empty_ns;
    uint64_t end_ns;
    bool timeout;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int open_in(const char *directory, const char *name, int flags)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        err(2, "%s", path);
    return fd;
}

static void write_in(const char *directory, const char *name, const char *text)
{
    int fd = open_in(directory, name, O_WRONLY);

    if (write(fd, text, strlen(text)) < 0)
        err(2, "%s/%s: %s", directory, name, text);
    close(fd);
}

static void open_files(struct observer *o)
{
    for (int i = 0; i < FILES; i++)
        o->files[i] = open_in(*file_names[i] == '/' ? "" : o->cgroup, file_names[i], O_RDONLY);
    o->populated = open_in(o->cgroup, "cgroup.events", O_RDONLY);
}

/* Begins afresh, so that only this load's signals are in it. */
static void prepare_trace(const char *trace)
{
    write_in(trace, "trace_clock", "mono");
    write_in(trace, "events/signal/signal_generate/filter", "sig==9||sig==15");
    write_in(trace, "events/signal/signal_generate/enable", "1");
    write_in(trace, "trace", "\n");
    write_in(trace, "tracing_on", "1");
}

static const char *read_text(int fd)
{
    static char text[8192];
    ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

    text[size > 0 ? size : 0] = '\0';
    return text;
}

/* The number after KEY, which stands at a line's beginning. */
static uint64_t value_of(const char *text, const char *key)
{
    size_t length = strlen(key);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0)
            return strtoull(line + length, NULL, 10);
    }
    return 0;
}

static void read_stall(int fd, struct stall *ret)
{
    unsigned long some, some_hundredths, full, full_hundredths;
    unsigned long long some_us, full_us;

    if (sscanf(read_text(fd),
            "some avg10=%lu.%lu avg60=%*f avg300=%*f total=%llu "
            "full avg10=%lu.%lu avg60=%*f avg300=%*f total=%llu",
            &some, &some_hundredths, &some_us, &full, &full_hundredths, &full_us) == 6)
        *ret = (struct stall){
            some_us, full_us, 100 * some + some_hundredths, 100 * full + full_hundredths};
}

static void take_sample(struct observer *o)
{
    struct sample *s;
    const char *text;

    if (o->count == o->room)
        return;
    s = &o->samples[o->count++];
    s->ns = now_ns();
    read_stall(o->files[PRESSURE], &s->cgroup);
    read_stall(o->files[NODE_PRESSURE], &s->node);
    s->current = strtoull(read_text(o->files[CURRENT]), NULL, 10);
    s->swap = strtoull(read_text(o->files[SWAP]), NULL, 10);
    text = read_text(o->files[EVENTS]);
    s->high = value_of(text, "high ");
    s->max = value_of(text, "max ");
    s->oom_kill = value_of(text, "oom_kill ");
    text = read_text(o->files[MEMINFO]);
    s->available_kb = value_of(text, "MemAvailable:");
    s->anon_kb = value_of(text, "AnonPages:");
    s->total_kb = value_of(text, "MemTotal:");
    s->swap_free_kb = value_of(text, "SwapFree:");
    s->swap_total_kb = value_of(text, "SwapTotal:");
}

/* Becomes the load. */
static void become_load(const struct observer *o)
{
    write_in(o->cgroup, "cgroup.procs", "0");
    write_in("/proc/self", "oom_score_adj", "0");
    if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) < 0)
        err(2, "cannot become nobody");
    execvp(o->program[0], o->program);
    err(127, "%s", o->program[0]);
}

static void start_load(struct observer *o)
{
    o->load_ns = now_ns();
    o->load = fork();
    if (o->load < 0)
        err(2, "fork");
    if (o->load == 0)
        become_load(o);
    o->pidfd = (int)syscall(SYS_pidfd_open, o->load, 0);
    if (o->pidfd < 0)
        err(2, "pidfd_open");
}

static void wait_for_end(struct observer *o, const struct pollfd *ready)
{
    /* Reading is what makes the file quiet again: without it poll never waits, and a loop that runs
     * before all others leaves them nothing. */
    bool populated = value_of(read_text(o->populated), "populated ") != 0;

    if (o->dead_ns == 0 && ready[1].revents) {
        o->dead_ns = now_ns();
        waitpid(o->load, NULL, 0);
    }
    if (o->empty_ns == 0 && o->dead_ns && !populated)
        o->empty_ns = now_ns();
    if (o->empty_ns && o->end_ns == 0)
        o->end_ns = o->empty_ns + AFTER_NS;
}

static void give_up_in_time(struct observer *o, uint64_t at)
{
    if (o->timeout || o->load_ns == 0 || o->empty_ns || at < o->load_ns + o->seconds * NS_PER_S)
        return;
    o->timeout = true;
    write_in(o->cgroup, "cgroup.kill", "1");
}

/* Each sample at its time, the load's end as soon as it comes. */
static void observe(struct observer *o)
{
    uint64_t next = now_ns(), begin = next + BEFORE_NS;
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct itimerspec every = {
        {0, (long)o->every_ns}, {(time_t)(next / NS_PER_S), (long)(next % NS_PER_S)}};
    struct pollfd wait[] = {{timer, POLLIN, 0}, {-1, POLLIN, 0}, {o->populated, POLLPRI, 0}};
    uint64_t ticks;

    if (timer < 0 || timerfd_settime(timer, TFD_TIMER_ABSTIME, &every, NULL) < 0)
        err(2, "timerfd");
    do {
        if (poll(wait, 3, -1) < 0 && errno != EINTR)
            err(2, "poll");
        wait_for_end(o, wait);
        /* The pidfd of one that has been waited for is ready for ever. */
        wait[1].fd = o->dead_ns ? -1 : wait[1].fd;
        wait[2].fd = o->empty_ns ? -1 : wait[2].fd;
        if (read(timer, &ticks, sizeof(ticks)) != sizeof(ticks))
            continue;
        take_sample(o);
        give_up_in_time(o, now_ns());
        if (o->load_ns == 0 && now_ns() >= begin) {
            start_load(o);
            wait[1].fd = o->pidfd;
        }
    } while (o->end_ns == 0 || now_ns() < o->end_ns);
    close(timer);
}

static void without_blanks(char *text)
{
    for (; *text; text++)
        if (*text == ' ')
            *text = '_';
}

/* A line of the trace:
 *   SENDER-PID [CPU] FLAGS SECONDS: signal_generate: sig=9 errno=0 code=0 comm=NAME pid=12 grp=...
 * Either name may hold blanks and dashes. */
static void print_signal(FILE *out, char *line)
{
    unsigned long seconds, micros;
    char *event = strstr(line, ": signal_generate: "), *at, *sender = line, *comm, *pid;
    int number, code;

    if (!event)
        return;
    *event = '\0';
    at = strrchr(line, ' ');
    comm = strstr(event + 1, " comm=");
    pid = comm ? strstr(comm, " pid=") : NULL;
    if (!at || !pid || sscanf(at, " %lu.%lu", &seconds, &micros) != 2 ||
        sscanf(event + 1, " signal_generate: sig=%d errno=%*d code=%d", &number, &code) != 2)
        return;
    sender += strspn(sender, " ");
    at = strstr(sender, " [");
    for (; at && at > sender && *at == ' '; at--)
        *at = '\0';
    *pid = '\0';
    without_blanks(sender);
    without_blanks(comm + 6);
    fprintf(out, "signal %llu %d %d %s %lu %s\n", seconds * NS_PER_S + micros * 1000, number, code,
        sender, strtoul(pid + 5, NULL, 10), comm + 6);
}

static void print_signals(FILE *out, const char *trace)
{
    char *line = NULL;
    size_t room = 0;
    FILE *in;

    write_in(trace, "tracing_on", "0");
    in = fdopen(open_in(trace, "trace", O_RDONLY), "r");
    while (in && getline(&line, &room, in) > 0) {
        line[strcspn(line, "\n")] = '\0';
        print_signal(out, line);
    }
    if (in)
        fclose(in);
    free(line);
}

static void print_all(const struct observer *o)
{
    FILE *out = fopen(o->out, "we");
    char *comm = strrchr(o->program[0], '/');

    if (!out)
        err(2, "%s", o->out);
    fprintf(out, "load %llu %d %s\n", (unsigned long long)o->load_ns, (int)o->load,
        comm ? comm + 1 : o->program[0]);
    if (o->trace)
        print_signals(out, o->trace);
    fprintf(out, "dead %llu %d\nempty %llu\nend %llu %s\n", (unsigned long long)o->dead_ns,
        (int)o->load, (unsigned long long)o->empty_ns, (unsigned long long)o->end_ns,
        o->timeout ? "timeout" : "over");
    for (size_t i = 0; i < o->count; i++) {
        fprintf(out, "sample %llu", (unsigned long long)o->samples[i].ns);
        for (size_t c = 0; c < SAMPLE_COLUMNS; c++)
            fprintf(out, " %llu", (unsigned long long)*sample_column(&o->samples[i], c));
        fputc('\n', out);
    }
    if (fclose(out) != 0)
        err(2, "%s", o->out);
}

static void read_arguments(struct observer *o, int argc, char **argv)
{
    static const struct option options[] = {
        {"cgroup", required_argument, NULL, 'c'},
        {"out", required_argument, NULL, 'o'},
        {"seconds", required_argument, NULL, 's'},
        {"every", required_argument, NULL, 'e'},
        {"trace", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
        switch (option) {
        case 'c':
            o->cgroup = optarg;
            break;
        case 'o':
            o->out = optarg;
            break;
        case 's':
            o->seconds = strtoul(optarg, NULL, 10);
            break;
        case 'e':
            o->every_ns = strtoul(optarg, NULL, 10) * NS_PER_MS;
            break;
        case 't':
            o->trace = optarg;
            break;
        default:
            exit(2);
        }
    o->program = argv + optind;
    if (!o->cgroup || !o->out || o->seconds == 0 || o->every_ns == 0 || o->every_ns >= NS_PER_S ||
        optind == argc)
        errx(2, "usage: observer --cgroup DIRECTORY --out FILE [--seconds N] [--every MS] "
                "[--trace DIRECTORY] PROGRAM [ARGUMENT ...]");
}

int main(int argc, char **argv)
{
    struct observer o = {.seconds = 60, .every_ns = 20 * NS_PER_MS};
    struct sched_param first = {.sched_priority = 50}, ordinary = {0};

    read_arguments(&o, argc, argv);
    open_files(&o);
    o.room = (o.seconds + 30) * NS_PER_S / o.every_ns;
    o.samples = calloc(o.room, sizeof(*o.samples));
    if (!o.samples || mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
        err(2, "cannot lock memory");
    /* The load is an ordinary process again. */
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first) < 0)
        err(2, "sched_setscheduler");
    write_in("/proc/self", "oom_score_adj", "-1000");
    if (o.trace)
        prepare_trace(o.trace);
    observe(&o);
    /* Writing takes tens of milliseconds, and a neighbour may still be measured. */
    if (sched_setscheduler(0, SCHED_IDLE, &ordinary) < 0)
        err(2, "sched_setscheduler");
    print_all(&o);
    return 0;
}
