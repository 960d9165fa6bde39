/* A trace of what happens now: from the daemon where it runs, else read here. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/value.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/record.h"
#include "daemon/observe/sample.h"
#include "daemon/report/cleanup.h"
#include "policy/glob.h"

#define AGAIN_US 250000

enum own {
    OWN_OUTPUT,
    OWN_CGROUP,
    OWN_FOR,
};

const struct rl_option rl_record_options[] = {
    [OWN_OUTPUT] = {"output", "TRACE", "write to this file rather than to stdout"},
    [OWN_CGROUP] = {"cgroup", "GLOB", "only cgroups whose path matches"},
    [OWN_FOR] = {"for", "T", "end after that time (30s, 5min); else by Ctrl-C"},
    {0},
};

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
    stopped = 1;
}

/* Not restarted: what waits wakes up. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- lines of the daemon's ---- */

/* Is a line about a cgroup that is wanted? The first one says what was left out. Return: a text to
 * write in its place, NULL for the line itself; *ret_wanted. */
static char *sift(const char *line, size_t len, const char *glob, bool *ret_wanted)
{
    json_auto_t *json = json_loadb(line, len, 0, NULL);
    const char *type = json_string_value(json_object_get(json, "type"));
    const char *cgroup = json_string_value(json_object_get(json, "cgroup"));

    *ret_wanted = !cgroup || rl_glob_path(glob, cgroup);
    if (!type || strcmp(type, "trace") != 0)
        return NULL;
    json_object_set_new(json, "cgroups", json_string(glob));
    return json_dumps(json, JSON_COMPACT);
}

static bool write_line(FILE *out, const char *line, size_t len, const char *glob)
{
    bool wanted = true;
    rl_auto_free char *other = glob ? sift(line, len, glob, &wanted) : NULL;

    if (!wanted)
        return true;
    if (other)
        return fputs(other, out) >= 0 && fputc('\n', out) != EOF;
    return fwrite(line, 1, len, out) == len;
}

static bool is_over(const struct rl_record_order *order)
{
    return stopped || rl_now_us() >= order->until_us;
}

/* Whole lines, until the time is up or the daemon ends. Return: an exit code. */
static int copy(int fd, FILE *out, const struct rl_record_order *order)
{
    size_t size = 1024 * 1024, n = 0;
    char *buf = malloc(size);
    bool more = buf != NULL, good = buf != NULL;

    while (more && good && !is_over(order)) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        char *newline, *start = buf;
        ssize_t got;

        if (poll(&poll_fd, 1, 200) <= 0)
            continue;
        if (n == size) {
            char *bigger = realloc(buf, 2 * size);

            good = bigger != NULL;
            if (!good)
                break;
            start = buf = bigger;
            size *= 2;
        }
        got = read(fd, buf + n, size - n);
        more = got > 0 || (got < 0 && errno == EINTR);
        n += got > 0 ? (size_t)got : 0;
        while (good && (newline = memchr(start, '\n', n - (size_t)(start - buf)))) {
            good = write_line(out, start, (size_t)(newline + 1 - start), order->glob);
            start = newline + 1;
        }
        n -= (size_t)(start - buf);
        memmove(buf, start, n);
        good = good && fflush(out) == 0;
    }
    free(buf);
    if (!good)
        fprintf(stderr, "reliefctl record: %s\n", strerror(errno));
    else if (!more)
        fprintf(stderr, "reliefctl record: reliefd has ended the trace; its log says why\n");
    return good && more ? RL_EXIT_OK : RL_EXIT_FAILURE;
}

/* A FIFO in the daemon's own folder, which it sees whatever it is locked in; open and without a
 * name from then on. Return: fd, or -errno. */
static int make_fifo(const struct rl_args *args, char *path, size_t size)
{
    int fd;

    snprintf(path, size, "%s/trace-%d", rl_client_runtime_dir(args), (int)getpid());
    unlink(path);
    if (mkfifo(path, 0600) < 0)
        return -errno;
    fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    fd = -errno;
    unlink(path);
    return fd;
}

/* A trace begins between incidents: ask until there is none. */
static int ask(const struct rl_args *args, const char *fifo, const struct rl_record_order *order)
{
    bool wait = true, said = false;
    int code = RL_EXIT_OK;

    while (wait && code == RL_EXIT_OK && !is_over(order)) {
        json_t *answer = NULL;

        code = rl_client_ask(args, &answer, "Record", "s", fifo);
        wait = json_is_true(json_object_get(answer, "wait"));
        json_decref(answer);
        if (!wait)
            break;
        if (!said)
            fprintf(stderr, "reliefctl record: waiting until the incidents that run have ended\n");
        said = true;
        usleep(AGAIN_US);
    }
    return code;
}

static int from_daemon(const struct rl_args *args, const struct rl_record_order *order, FILE *out)
{
    char path[4096];
    int fd = make_fifo(args, path, sizeof(path)), code;

    if (fd < 0) {
        fprintf(stderr, "reliefctl record: %s: %s\n", path, strerror(-fd));
        return RL_EXIT_FAILURE;
    }
    code = ask(args, strrchr(path, '/') + 1, order);
    unlink(path);
    if (code == RL_EXIT_OK)
        code = copy(fd, out, order);
    close(fd);
    return code;
}

/* ---- the command ---- */

static int parse(const struct rl_args *args, struct rl_record_order *ret)
{
    const char *length = args->own[OWN_FOR];
    uint64_t us = 0;
    enum rl_value value = length ? rl_value_time(length, &us) : RL_VALUE_OK;

    *ret = (struct rl_record_order){
        .glob = args->own[OWN_CGROUP], .until_us = UINT64_MAX, .stopped = &stopped};
    if (value != RL_VALUE_OK || (length && us == 0)) {
        fprintf(stderr,
            "reliefctl record: '%s' is no time; it is a number with one of " RL_TIME_UNITS
            ", for instance 30s\n",
            length);
        return RL_EXIT_USAGE;
    }
    if (length)
        ret->until_us = rl_now_us() + us;
    if (!args->own[OWN_OUTPUT] && isatty(STDOUT_FILENO)) {
        fprintf(stderr, "reliefctl record: a trace is nothing to read on a terminal; say where it "
                        "is to go with --output, or pipe it\n");
        return RL_EXIT_USAGE;
    }
    return RL_EXIT_OK;
}

int rl_ctl_record(const struct rl_args *args)
{
    const char *path = args->own[OWN_OUTPUT];
    struct rl_record_order order;
    sd_bus *bus = NULL;
    int fd, r, code = parse(args, &order);
    FILE *out;

    if (code != RL_EXIT_OK)
        return code;
    fd = path && strcmp(path, "-") != 0 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)
                                        : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        fprintf(stderr, "reliefctl record: %s: %s\n", path ? path : "stdout", strerror(errno));
        return RL_EXIT_FAILURE;
    }
    catch_signals();
    r = rl_client_open(args, &bus);
    sd_bus_close_unref(bus);
    if (r == -ENOENT) {
        fprintf(stderr, "reliefctl record: reliefd is not running: reading cgroups directly\n");
        return rl_record_directly(args, &order, fd);
    }
    if (r < 0) {
        close(fd);
        return rl_client_say(args, r);
    }
    out = fdopen(fd, "w");
    if (!out) {
        close(fd);
        return RL_EXIT_FAILURE;
    }
    code = from_daemon(args, &order, out);
    if (fclose(out) != 0 && code == RL_EXIT_OK) {
        fprintf(stderr, "reliefctl record: %s\n", strerror(errno));
        code = RL_EXIT_FAILURE;
    }
    return code;
}
