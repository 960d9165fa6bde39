#include "daemon/observe/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/observe/cg.h"
#include "daemon/observe/features.h"
#include "daemon/observe/mounts.h"
#include "daemon/observe/read.h"

#define FIXTURE_PAGE_SIZE 4096

/* How to make the memory controller belong to cgroup2. */
#define REMEDY_UNIFIED                                                                             \
    "boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line, or with "            \
    "cgroup_no_v1=all where systemd does not run; in a container, ask whoever runs the host"

__attribute__((format(printf, 3, 4))) static int fatal(
    struct rl_probe *probe, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(probe->fatal, sizeof(probe->fatal), format, args);
    va_end(args);
    return error;
}

static bool is_fs(int fd, long magic)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == magic;
}

/* The search for the mount: the first cgroup2 is taken, one with the memory controller rather. */
struct search {
    char path[sizeof(((struct rl_probe *)0)->cgroup_root)];
    bool found;
    bool memory;
};

static int consider(const char *path, void *userdata)
{
    struct search *search = userdata;
    bool memory;
    int fd;

    if (search->memory || strlen(path) >= sizeof(search->path))
        return search->memory;
    fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    memory = rl_features_file_has_word(fd, "cgroup.controllers", "memory") == 1;
    if (is_fs(fd, CGROUP2_SUPER_MAGIC) && (memory || !search->found)) {
        strcpy(search->path, path);
        search->found = true;
        search->memory = memory;
    }
    close(fd);
    return search->memory;
}

static int consider_mount(const struct rl_mount *mount, void *userdata)
{
    return rl_span_is(mount->type, "cgroup2") ? consider(mount->path, userdata) : 0;
}

/* libcgroup knows the mount only where controllers are bound to it, and gives up when a single
 * line of the mount table leads nowhere: then the usual places, then all mounts are looked at. */
static int find_cgroup_root(struct rl_probe *probe)
{
    static const char *const usual[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    const char *why = NULL;
    struct search search = {.found = false};

    (void)rl_cg_mounts("memory", consider, &search, &why);
    for (size_t i = 0; !search.memory && i < sizeof(usual) / sizeof(usual[0]); i++)
        consider(usual[i], &search);
    if (!search.memory)
        (void)rl_mounts_each(probe->proc_fd, consider_mount, &search);
    if (!search.found)
        return fatal(probe, -EOPNOTSUPP,
            "No cgroup2 file system is mounted here, neither on %s nor on %s nor elsewhere "
            "(libcgroup: %s): " REMEDY_UNIFIED " to mount its /sys/fs/cgroup into it.",
            usual[0], usual[1], why ? why : "the memory controller is on cgroup v1");
    strcpy(probe->cgroup_root, search.path);
    return 0;
}

static int open_proc(struct rl_probe *probe, const char *path)
{
    probe->proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (probe->proc_fd >= 0 && faccessat(probe->proc_fd, "meminfo", R_OK, AT_EACCESS) == 0)
        return 0;
    return fatal(probe, -errno,
        "%.200s cannot be read as /proc (%s): mount proc there, or name another folder with "
        "--proc-root.",
        path, strerror(errno));
}

static int open_cgroup_root(struct rl_probe *probe, const char *path)
{
    size_t len;
    bool cgroup2;
    int r;

    if (path) {
        len = strlen(path);
        while (len > 1 && path[len - 1] == '/')
            len--;
        if (len >= sizeof(probe->cgroup_root))
            return fatal(probe, -ENAMETOOLONG, "The path of the cgroup root is too long.");
        memcpy(probe->cgroup_root, path, len);
        probe->cgroup_root[len] = '\0';
    } else {
        r = find_cgroup_root(probe);
        if (r < 0)
            return r;
    }

    probe->cgroup_fd = open(probe->cgroup_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (probe->cgroup_fd < 0)
        return fatal(probe, -errno,
            "%.200s cannot be opened as the cgroup root (%s): name another folder with "
            "--cgroup-root.",
            probe->cgroup_root, strerror(errno));
    cgroup2 = is_fs(probe->cgroup_fd, CGROUP2_SUPER_MAGIC);
    if (!cgroup2 && faccessat(probe->cgroup_fd, "cgroup.controllers", R_OK, AT_EACCESS) < 0)
        return fatal(probe, -EOPNOTSUPP,
            "%.200s is no cgroup2 mount, and holds no cgroup.controllers file as a copy of one "
            "does: name the mount with --cgroup-root.",
            probe->cgroup_root);
    probe->has[RL_FEATURE_CGROUP2] = true;
    probe->live = cgroup2 && is_fs(probe->proc_fd, PROC_SUPER_MAGIC);
    return 0;
}

/* Where the memory controller is, when not on cgroup2. */
struct elsewhere {
    bool listed; /* /proc/cgroups names it */
    bool disabled;
    bool v1;        /* in use by a hierarchy of cgroup v1 */
    char path[256]; /* of its mount; "" unknown */
};

static int find_v1_mount(const struct rl_mount *mount, void *userdata)
{
    struct elsewhere *where = userdata;

    if (!rl_span_is(mount->type, "cgroup") || !rl_mount_has_option(mount, "memory"))
        return 0;
    snprintf(where->path, sizeof(where->path), "%.200s", mount->path);
    return 1;
}

/* A line of /proc/cgroups: "memory  4  12  1" is name, hierarchy (0: cgroup2 or none), number of
 * cgroups, enabled. */
static void find_memory(const struct rl_probe *probe, struct elsewhere *where)
{
    char text[4096];
    const char *rest = text;
    struct rl_span line, name, word[3];
    uint64_t hierarchy, enabled;

    if (rl_read_at(probe->proc_fd, "cgroups", text, sizeof(text)) < 0)
        return;
    while (rl_text_line(&rest, &line)) {
        if (!rl_text_word(&line, &name) || !rl_span_is(name, "memory"))
            continue;
        for (size_t i = 0; i < 3; i++)
            if (!rl_text_word(&line, &word[i]))
                return;
        if (rl_text_u64(word[0], &hierarchy) < 0 || rl_text_u64(word[2], &enabled) < 0)
            return;
        where->listed = true;
        where->disabled = enabled == 0;
        where->v1 = hierarchy != 0;
    }
}

static int check_memory(struct rl_probe *probe)
{
    struct elsewhere where = {.listed = false};
    int r;

    r = rl_features_file_has_word(probe->cgroup_fd, "cgroup.controllers", "memory");
    if (r < 0)
        return fatal(probe, r, "%.200s/cgroup.controllers cannot be read (%s).", probe->cgroup_root,
            strerror(-r));
    probe->has[RL_FEATURE_MEMORY] = r == 1;
    if (r == 1)
        return 0;

    find_memory(probe, &where);
    if (where.v1) {
        (void)rl_mounts_each(probe->proc_fd, find_v1_mount, &where);
        return fatal(probe, -EOPNOTSUPP,
            "The memory controller is bound to cgroup v1%s%s, so the cgroup2 mount on %.100s has "
            "no memory limits to watch: " REMEDY_UNIFIED ".",
            where.path[0] ? " on " : "", where.path, probe->cgroup_root);
    }
    if (where.disabled)
        return fatal(probe, -EOPNOTSUPP,
            "The memory controller is switched off in this kernel: boot without "
            "cgroup_disable=memory, or with cgroup_enable=memory, on the kernel command line.");
    return fatal(probe, -EOPNOTSUPP,
        "The cgroup2 mount on %.200s has no memory controller%s: write +memory to "
        "cgroup.subtree_control of the cgroups above; in a container, use the host's "
        "/sys/fs/cgroup and cgroup namespace.",
        probe->cgroup_root, where.listed ? " (it is not handed down to here)" : "");
}

/* All that may ever be switched on: the kernel settles that at its boot. Where /sys is not to be
 * seen rather too many than too few: sysconf() would count those that this process may use. */
static unsigned possible_cpus(void)
{
    char text[8192];
    unsigned cpus;
    long n;

    if (rl_read_at(AT_FDCWD, "/sys/devices/system/cpu/possible", text, sizeof(text)) >= 0 &&
        rl_parse_cpus(text, &cpus) == 0)
        return cpus;
    if (rl_read_at(AT_FDCWD, "/proc/self/status", text, sizeof(text)) >= 0 &&
        rl_parse_cpu_masks(text, &cpus) == 0)
        return cpus;
    n = sysconf(_SC_NPROCESSORS_CONF);
    return n > 0 ? (unsigned)n : 1;
}

static int run(const struct rl_roots *roots, struct rl_probe *probe)
{
    int r;

    r = open_proc(probe, roots->proc ? roots->proc : "/proc");
    if (r < 0)
        return r;
    r = open_cgroup_root(probe, roots->cgroup);
    if (r < 0)
        return r;
    r = check_memory(probe);
    if (r < 0)
        return r;
    probe->page_size = probe->live ? (uint32_t)sysconf(_SC_PAGESIZE) : FIXTURE_PAGE_SIZE;
    probe->cpus = probe->live ? possible_cpus() : 1;
    rl_features_check(probe);
    return 0;
}

int rl_probe_run(const struct rl_roots *roots, struct rl_probe *ret)
{
    int r;

    *ret = (struct rl_probe){.cgroup_fd = -1, .proc_fd = -1};
    r = run(roots, ret);
    if (r < 0)
        rl_probe_close(ret);
    return r;
}

void rl_probe_close(struct rl_probe *probe)
{
    if (probe->cgroup_fd >= 0)
        close(probe->cgroup_fd);
    if (probe->proc_fd >= 0)
        close(probe->proc_fd);
    probe->cgroup_fd = probe->proc_fd = -1;
}
