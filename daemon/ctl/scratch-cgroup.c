#include "daemon/ctl/scratch-cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/report/cleanup.h"

#define WAIT_STEPS   100
#define WAIT_STEP_US 50000

/* Keep a sentence. Return: the error. */
__attribute__((format(printf, 3, 4))) static int say(
    struct rl_scratch_cgroup *scratch, int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(scratch->error, sizeof(scratch->error), format, arguments);
    va_end(arguments);
    return error;
}

static int write_file(const char *folder, const char *name, const char *text)
{
    char path[2 * PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    rl_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int write_number(const char *folder, const char *name, uint64_t number)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    return write_file(folder, name, text);
}

/* ---- a folder ---- */

static int set_up(struct rl_scratch_cgroup *scratch, pid_t pid, uint64_t max, uint64_t high)
{
    int r = write_number(scratch->folder, "memory.max", max);

    if (r >= 0)
        r = write_number(scratch->folder, "memory.high", high);
    if (r >= 0)
        r = write_file(scratch->folder, "memory.swap.max", "0");
    if (r == -ENOENT)
        r = 0; /* a kernel without swap accounting */
    if (r < 0)
        return say(scratch, r, "%s: its limits cannot be set: %s", scratch->folder, strerror(-r));
    r = write_number(scratch->folder, "cgroup.procs", (uint64_t)pid);
    if (r < 0)
        return say(
            scratch, r, "%s: the leaker cannot be put there: %s", scratch->folder, strerror(-r));
    return 0;
}

static int make_folder(const char *mount, const char *parent, pid_t pid, uint64_t max,
    uint64_t high, struct rl_scratch_cgroup *scratch)
{
    char above[PATH_MAX], limit[2 * PATH_MAX];
    const char *base = strcmp(parent, "/") == 0 ? "" : parent;
    int r;

    if ((size_t)snprintf(above, sizeof(above), "%s%s", mount, base) >= sizeof(above) - 64)
        return say(scratch, -ENAMETOOLONG, "the path is too long");
    snprintf(scratch->path, sizeof(scratch->path), "%s/" RL_SCRATCH_PREFIX "%d", base, (int)pid);
    snprintf(scratch->folder, sizeof(scratch->folder), "%s%s", mount, scratch->path);
    if (mkdir(scratch->folder, 0755) < 0) {
        r = say(scratch, -errno, "%s cannot be made: %s", scratch->folder, strerror(errno));
        *scratch->folder = '\0';
        return r;
    }
    snprintf(limit, sizeof(limit), "%s/memory.max", scratch->folder);
    /* The parent hands the controller on only when told; it cannot while it has processes itself.
     */
    if (access(limit, F_OK) < 0)
        write_file(above, "cgroup.subtree_control", "+memory");
    if (access(limit, F_OK) < 0)
        r = say(scratch, -EOPNOTSUPP,
            "%s does not hand the memory controller on: name another place with --cgroup", above);
    else
        r = set_up(scratch, pid, max, high);
    if (r < 0) {
        rmdir(scratch->folder);
        *scratch->folder = '\0';
    }
    return r;
}

/* ---- a scope ---- */

static int ask_for_scope(
    sd_bus *bus, const char *name, pid_t pid, uint64_t max, uint64_t high, sd_bus_error *error)
{
    return sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
        "org.freedesktop.systemd1.Manager", "StartTransientUnit", error, NULL, "ssa(sv)a(sa(sv))",
        name, "fail", 6, "Description", "s", "A policy of reliefd on trial", "PIDs", "au", 1,
        (uint32_t)pid, "MemoryMax", "t", max, "MemoryHigh", "t", high, "MemorySwapMax", "t",
        UINT64_C(0), "CollectMode", "s", "inactive-or-failed", 0);
}

/* The cgroup that the process has come into, when it is the one of that name. */
static bool is_in(pid_t pid, const char *name, char *path, size_t size)
{
    char file[64], line[PATH_MAX];

    snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
    rl_auto_file FILE *lines = fopen(file, "re");
    while (lines && fgets(line, sizeof(line), lines)) {
        size_t len = strcspn(line, "\n"), tail = strlen(name);

        line[len] = '\0';
        if (strncmp(line, "0::/", 4) != 0 || len < tail || strcmp(line + len - tail, name) != 0)
            continue;
        snprintf(path, size, "%s", line + 3);
        return true;
    }
    return false;
}

static int make_scope(pid_t pid, uint64_t max, uint64_t high, struct rl_scratch_cgroup *scratch)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    char name[64];
    sd_bus *bus = NULL;
    int r = sd_bus_open_system(&bus);

    snprintf(name, sizeof(name), RL_SCRATCH_PREFIX "%d.scope", (int)pid);
    if (r >= 0)
        r = ask_for_scope(bus, name, pid, max, high, &error);
    if (r < 0)
        r = say(scratch, r, "systemd does not make a scope (%s): name a place with --cgroup",
            error.message ? error.message : strerror(-r));
    sd_bus_error_free(&error);
    sd_bus_flush_close_unref(bus);
    if (r < 0)
        return r;
    for (int i = 0; i < WAIT_STEPS; i++) {
        if (is_in(pid, name, scratch->path, sizeof(scratch->path)))
            return 0;
        usleep(WAIT_STEP_US);
    }
    return say(scratch, -ETIMEDOUT, "systemd has not put the leaker into %s in time", name);
}

int rl_scratch_cgroup_make(const char *mount, const char *parent, pid_t pid, uint64_t max,
    uint64_t high, struct rl_scratch_cgroup *ret)
{
    *ret = (struct rl_scratch_cgroup){0};
    if (!parent && sd_booted() > 0)
        return make_scope(pid, max, high, ret);
    return make_folder(mount, parent ? parent : "/", pid, max, high, ret);
}

int rl_scratch_cgroup_remove(const struct rl_scratch_cgroup *scratch)
{
    if (!*scratch->folder)
        return 0;
    for (int i = 0; i < WAIT_STEPS; i++) {
        if (rmdir(scratch->folder) == 0 || errno == ENOENT)
            return 0;
        if (errno != EBUSY)
            break;
        usleep(WAIT_STEP_US);
    }
    return -errno;
}
