#include "daemon/observe/features.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/observe/mounts.h"
#include "daemon/observe/procs.h"
#include "daemon/observe/read.h"

/* The initial pid namespace has had this inode since namespaces have inodes. */
#define PID_NS_INITIAL "pid:[4026531836]"

int rl_features_file_has_word(int dirfd, const char *name, const char *word)
{
    char text[4096];
    struct rl_span line, found;
    ssize_t n;

    n = rl_read_at(dirfd, name, text, sizeof(text));
    if (n < 0)
        return (int)n;
    line = (struct rl_span){text, strcspn(text, "\n")};
    while (rl_text_word(&line, &found))
        if (rl_span_is(found, word))
            return 1;
    return 0;
}

static bool has_subtree(const struct rl_probe *probe)
{
    return rl_features_file_has_word(probe->cgroup_fd, "cgroup.subtree_control", "memory") == 1;
}

static bool pressure_reads(int dirfd, const char *name)
{
    char text[512];
    uint64_t some, full;

    return rl_read_at(dirfd, name, text, sizeof(text)) >= 0 &&
           rl_parse_pressure(text, &some, &full) == 0;
}

/* Switched off, PSI has no files, or files that answer EOPNOTSUPP. */
static bool has_psi(const struct rl_probe *probe)
{
    return pressure_reads(probe->proc_fd, "pressure/memory") ||
           pressure_reads(probe->cgroup_fd, "memory.pressure");
}

/* With its NUL: /proc/pressure overwrites the last byte that it is given. */
static bool takes_trigger(const struct rl_probe *probe, const char *trigger)
{
    const int flags = O_RDWR | O_NONBLOCK | O_CLOEXEC;
    size_t size = strlen(trigger) + 1;
    bool taken;
    int fd;

    fd = openat(probe->proc_fd, "pressure/memory", flags);
    if (fd < 0)
        fd = openat(probe->cgroup_fd, "memory.pressure", flags);
    if (fd < 0)
        return false;
    taken = write(fd, trigger, size) == (ssize_t)size;
    close(fd);
    return taken;
}

static bool has_trigger_fine(const struct rl_probe *probe)
{
    return takes_trigger(probe, "some 100000 500000") ||
           takes_trigger(probe, "some 100000 1000000");
}

static bool has_trigger_2s(const struct rl_probe *probe)
{
    return takes_trigger(probe, "some 100000 2000000");
}

static bool is_there(int dirfd, const char *folder, const char *file)
{
    bool there = false;
    int fd;

    fd = openat(dirfd, folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    there = faccessat(fd, file, F_OK, 0) == 0;
    close(fd);
    return there;
}

/* Of the child cgroups that have file `marker`, does one have file `wanted`? True when there is
 * none to look at. */
static bool children_have(const struct rl_probe *probe, const char *marker, const char *wanted)
{
    const struct dirent *entry;
    bool marked = false, found = false;
    DIR *dir;
    int fd;

    fd = openat(probe->cgroup_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return true;
    }
    while (!found && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || !is_there(probe->cgroup_fd, entry->d_name, marker))
            continue;
        marked = true;
        found = is_there(probe->cgroup_fd, entry->d_name, wanted);
    }
    closedir(dir);
    return found || !marked;
}

static bool has_events_local(const struct rl_probe *probe)
{
    return children_have(probe, "memory.events", "memory.events.local");
}

static bool has_events_propagate(const struct rl_probe *probe)
{
    return !probe->local_events_mount;
}

static bool has_cgroup_kill(const struct rl_probe *probe)
{
    return children_have(probe, "cgroup.events", "cgroup.kill");
}

static bool has_pidfd(const struct rl_probe *probe)
{
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* A kernel that has it looks at the descriptor. */
static bool has_mrelease(const struct rl_probe *probe)
{
    return syscall(SYS_process_mrelease, -1, 0) < 0 && errno == EBADF;
}

static bool has_swap(const struct rl_probe *probe)
{
    struct rl_node node = {0};
    char text[8192];

    return rl_read_at(probe->proc_fd, "meminfo", text, sizeof(text)) >= 0 &&
           rl_parse_meminfo(text, &node) == 0 && node.swap_total > 0;
}

static bool has_capability(cap_value_t capability)
{
    cap_flag_value_t value = CAP_CLEAR;
    cap_t caps = cap_get_proc();

    if (!caps)
        return false;
    if (cap_get_flag(caps, capability, CAP_EFFECTIVE, &value) < 0)
        value = CAP_CLEAR;
    cap_free(caps);
    return value == CAP_SET;
}

static bool has_kill_others(const struct rl_probe *probe)
{
    return has_capability(CAP_KILL);
}

static bool has_ptrace(const struct rl_probe *probe)
{
    return has_capability(CAP_SYS_PTRACE);
}

static bool has_write_cgroups(const struct rl_probe *probe)
{
    return faccessat(probe->cgroup_fd, "cgroup.procs", W_OK, AT_EACCESS) == 0;
}

static void ignore_pid(pid_t pid, void *userdata)
{
}

static bool has_host_pids(const struct rl_probe *probe)
{
    char link[64];
    size_t foreign = 0;
    ssize_t n;

    if (rl_procs_of(probe->cgroup_fd, ignore_pid, NULL, &foreign) == 0 && foreign > 0)
        return false;
    n = readlinkat(probe->proc_fd, "self/ns/pid", link, sizeof(link));
    return n < 0 || rl_span_is((struct rl_span){link, (size_t)n}, PID_NS_INITIAL);
}

/* live: only a running kernel can answer. */
static const struct {
    enum rl_feature feature;
    bool live;
    bool (*check)(const struct rl_probe *probe);
} checks[] = {
    {RL_FEATURE_SUBTREE, false, has_subtree},
    {RL_FEATURE_PSI, false, has_psi},
    {RL_FEATURE_TRIGGER_FINE, true, has_trigger_fine},
    {RL_FEATURE_TRIGGER_2S, true, has_trigger_2s},
    {RL_FEATURE_EVENTS_LOCAL, false, has_events_local},
    {RL_FEATURE_EVENTS_PROPAGATE, false, has_events_propagate},
    {RL_FEATURE_CGROUP_KILL, true, has_cgroup_kill},
    {RL_FEATURE_PIDFD, true, has_pidfd},
    {RL_FEATURE_MRELEASE, true, has_mrelease},
    {RL_FEATURE_SWAP, false, has_swap},
    {RL_FEATURE_KILL_OTHERS, true, has_kill_others},
    {RL_FEATURE_WRITE_CGROUPS, true, has_write_cgroups},
    {RL_FEATURE_PTRACE, true, has_ptrace},
    {RL_FEATURE_HOST_PIDS, false, has_host_pids},
};

/* All mounts of cgroup2 share one super block and its options. */
static int find_local_events(const struct rl_mount *mount, void *userdata)
{
    bool *found = userdata;

    if (!rl_span_is(mount->type, "cgroup2"))
        return 0;
    *found = rl_mount_has_option(mount, "memory_localevents");
    return 1;
}

void rl_features_check(struct rl_probe *probe)
{
    /* without a mount table events are taken to propagate, which is the default */
    probe->local_events_mount = false;
    (void)rl_mounts_each(probe->proc_fd, find_local_events, &probe->local_events_mount);

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        probe->has[checks[i].feature] = (probe->live || !checks[i].live) && checks[i].check(probe);
}
