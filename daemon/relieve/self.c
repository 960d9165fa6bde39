#include "daemon/relieve/self.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/observe/cgroup-view.h"
#include "daemon/observe/read.h"
#include "daemon/report/log.h"

#define STACK_USED (64 * 1024)

/* The pid that /proc/self points to: in a foreign pid namespace's /proc not getpid(). */
static int find_pid(int proc_fd, pid_t *ret)
{
    char target[16];
    ssize_t n = readlinkat(proc_fd, "self", target, sizeof(target) - 1);
    char *end;
    long pid;

    if (n < 0)
        return errno == EINVAL ? -ENOENT : -errno; /* a fixture's is a plain folder */
    target[n] = '\0';
    pid = strtol(target, &end, 10);
    if (*end != '\0' || end == target || pid <= 0 || pid > INT_MAX)
        return -EINVAL;
    *ret = (pid_t)pid;
    return 0;
}

/* NSpid: lists the pid in each namespace from that of the /proc down to the process's own. One
 * number: they are the same namespace. Kernels without pid namespaces have no such line. */
static int find_own_pids(int proc_fd, pid_t pid, bool *ret)
{
    char text[4096], *line, *save;
    ssize_t n = rl_read_at(proc_fd, "self/status", text, sizeof(text));

    if (n < 0)
        return (int)n;
    *ret = pid == getpid();
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "NSpid:", 6) != 0)
            continue;
        line += 6 + strspn(line + 6, "\t ");
        *ret = *ret && strspn(line, "0123456789") == strlen(line);
        break;
    }
    return 0;
}

static int find_ancestors(int proc_fd, struct rl_self *self)
{
    pid_t pid = self->pid;

    for (;;) {
        struct rl_process process = {0};
        char name[32], text[1024], state;
        ssize_t n;
        int r;

        snprintf(name, sizeof(name), "%d/stat", (int)pid);
        n = rl_read_at(proc_fd, name, text, sizeof(text));
        if (n == -ENOENT || n == -ESRCH)
            return 0; /* hidden or gone: the chain ends here for us */
        if (n < 0)
            return (int)n;
        r = rl_parse_stat(text, &process, &state);
        if (r < 0)
            return r;
        if (process.ppid <= 0)
            return 0;
        if (self->n_ancestors == RL_SELF_ANCESTORS)
            return -E2BIG;
        pid = self->ancestors[self->n_ancestors++] = process.ppid;
    }
}

static int find_cgroup(int proc_fd, struct rl_self *self)
{
    char text[16384];
    const char *path;
    ssize_t n = rl_read_at(proc_fd, "self/cgroup", text, sizeof(text));
    int r;

    if (n < 0)
        return (int)n;
    r = rl_parse_proc_cgroup(text, &path);
    if (r == -ENODATA)
        return 0; /* no cgroup2 hierarchy */
    if (r < 0)
        return r;
    if (strncmp(path, "/..", 3) == 0 && (path[3] == '/' || path[3] == '\0'))
        return 0; /* outside our cgroup namespace */
    if (strlen(path) < sizeof(self->cgroup))
        strcpy(self->cgroup, path);
    return 0;
}

int rl_self_find(int proc_fd, struct rl_self *ret)
{
    struct rl_self self = {0};
    int r;

    r = find_pid(proc_fd, &self.pid);
    if (r == -ENOENT) {
        *ret = self;
        return 0;
    }
    if (r >= 0)
        r = find_own_pids(proc_fd, self.pid, &self.own_pids);
    if (r >= 0)
        r = find_ancestors(proc_fd, &self);
    if (r >= 0)
        r = find_cgroup(proc_fd, &self);
    if (r >= 0)
        *ret = self;
    return r;
}

int rl_self_place(struct rl_self *self, int proc_fd, int cgroup_root_fd)
{
    struct rl_cgroup_view view;
    char path[sizeof(self->cgroup)];
    const char *placed;
    int r;

    if (self->pid == 0 || self->cgroup[0] == '\0')
        return 0;
    r = rl_cgroup_view_find(proc_fd, cgroup_root_fd, &view);
    placed = r < 0 ? NULL : rl_cgroup_view_path(&view, self->cgroup, path, sizeof(path));
    if (placed && placed != self->cgroup)
        memmove(self->cgroup, placed, strlen(placed) + 1); /* it may be a part of it */
    return r;
}

bool rl_self_within(const struct rl_self *self, const char *path)
{
    size_t length = strlen(path);

    if (self->cgroup[0] == '\0' || path[0] != '/')
        return false;
    while (length > 0 && path[length - 1] == '/')
        length--; /* the root becomes empty, a prefix of all */
    return strncmp(self->cgroup, path, length) == 0 &&
           (length == 0 || self->cgroup[length] == '/' || self->cgroup[length] == '\0');
}

static int protect_from_oom(void)
{
    static const char value[] = "-1000";
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    int r = 0;

    if (fd < 0)
        return -errno;
    if (write(fd, value, strlen(value)) < 0)
        r = -errno;
    close(fd);
    return r;
}

/* Of what is only read, relocations come first, and unwind tables last. */
struct bounds {
    uintptr_t relocated; /* where relocations end; 0: they may be needed at any time */
    uintptr_t unwinding; /* where unwind tables begin; 0: there are none */
};

/* glibc writes addresses in place of offsets here, and other libraries do not. */
static uintptr_t address_of(const struct dl_phdr_info *info, uintptr_t value)
{
    return value < info->dlpi_addr ? info->dlpi_addr + value : value;
}

static uintptr_t end_of_relocations(const struct dl_phdr_info *info, const ElfW(Dyn) * dynamic)
{
    uintptr_t tables[2] = {0}, sizes[2] = {0}, ends[2];
    bool bound = false;

    for (const ElfW(Dyn) *d = dynamic; d->d_tag != DT_NULL; d++) {
        bound |= d->d_tag == DT_BIND_NOW || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_BIND_NOW) ||
                 (d->d_tag == DT_FLAGS_1 && d->d_un.d_val & DF_1_NOW);
        if (d->d_tag == DT_RELA || d->d_tag == DT_JMPREL)
            tables[d->d_tag == DT_JMPREL] = address_of(info, d->d_un.d_ptr);
        if (d->d_tag == DT_RELASZ || d->d_tag == DT_PLTRELSZ)
            sizes[d->d_tag == DT_PLTRELSZ] = d->d_un.d_val;
    }
    for (size_t i = 0; i < 2; i++)
        ends[i] = tables[i] + sizes[i];
    return !bound ? 0 : ends[0] > ends[1] ? ends[0] : ends[1];
}

static struct bounds find_bounds(const struct dl_phdr_info *info)
{
    struct bounds bounds = {0};

    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + part->p_vaddr;

        if (part->p_type == PT_DYNAMIC)
            bounds.relocated = end_of_relocations(info, (const ElfW(Dyn) *)at);
        if (part->p_type == PT_GNU_EH_FRAME)
            bounds.unwinding = at;
    }
    return bounds;
}

/* Where it fails more is locked than need be. */
static void unlock(uintptr_t begin, uintptr_t end)
{
    if (begin < end)
        (void)munlock((void *)begin, end - begin);
}

/* The program's own code and data: what a kill needs has not been used by then. Relocations have
 * been (it is linked with -z now), and no C code unwinds. */
static int lock_segments(struct dl_phdr_info *info, size_t size, void *userdata)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct bounds bounds = find_bounds(info);
    int *r = userdata;

    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + segment->p_vaddr;
        uintptr_t end = begin + segment->p_memsz;

        if (segment->p_type != PT_LOAD)
            continue;
        begin = begin / page * page;
        end = (end + page - 1) / page * page;
        if (mlock((void *)begin, end - begin) < 0)
            *r = -errno;
        if (segment->p_flags != PF_R)
            continue;
        if (bounds.relocated > begin && bounds.relocated <= end)
            unlock(begin, bounds.relocated / page * page);
        if (bounds.unwinding > begin && bounds.unwinding < end)
            unlock((bounds.unwinding + page - 1) / page * page, end);
    }
    return 1; /* libraries follow, which are not wanted */
}

/* Of daemon/rarely.ld; absent where the linker takes no script, and in other programs. */
extern const char rl_rarely_code[] __attribute__((weak, visibility("hidden")));
extern const char rl_rarely_code_end[] __attribute__((weak, visibility("hidden")));

/* Reading policies is nothing that a kill waits for. */
static void unlock_rarely(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    unlock(((uintptr_t)rl_rarely_code + page - 1) / page * page,
        (uintptr_t)rl_rarely_code_end / page * page);
}

/* As deep as a choice goes. */
static void touch_stack(void)
{
    char room[STACK_USED];

    memset(room, 0xff, sizeof(room));
    __asm__ volatile("" ::"r"(room) : "memory"); /* or the compiler leaves it out */
}

/* MCL_ONFAULT: lock what is used, not all of libc and every thread's untouched stack. */
static int lock_memory(void)
{
    int r = 0;

    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
        return -errno;
    dl_iterate_phdr(lock_segments, &r);
    unlock_rarely();
    touch_stack();
    return r;
}

static int raise_nofile(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

/* All of malloc's memory is locked. Threads would get an arena each; and large pieces, once freed,
 * teach malloc() to keep as much in hand for the next one. */
static int limit_malloc(void)
{
    static const struct {
        int option, value;
    } limits[] = {
        {M_ARENA_MAX, 1},
        {M_MMAP_THRESHOLD, 64 * 1024},
        {M_TRIM_THRESHOLD, 128 * 1024},
    };

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (mallopt(limits[i].option, limits[i].value) != 1)
            return -EINVAL;
    return 0;
}

/* The service file says so as well; in a container nobody does. Threads that are made later have it
 * too. */
static int raise_priority(void)
{
    return setpriority(PRIO_PROCESS, 0, -20) < 0 ? -errno : 0;
}

static const struct {
    int (*protect)(void);
    const char *what, *worse, *remedy;
} protections[] = {
    {protect_from_oom, "set oom_score_adj to -1000",
        "the kernel's OOM killer may choose reliefd itself", "CAP_SYS_RESOURCE"},
    {lock_memory, "lock memory",
        "under pressure reliefd may wait for its own pages to be read back from disk",
        "CAP_IPC_LOCK, or a higher RLIMIT_MEMLOCK (LimitMEMLOCK=infinity)"},
    {raise_nofile, "raise the limit of open files",
        "fewer cgroups can be watched and fewer processes waited for at once",
        "a higher hard RLIMIT_NOFILE (LimitNOFILE=)"},
    {raise_priority, "raise its priority to nice -20",
        "reliefd may have to wait for a processor behind those that thrash", "CAP_SYS_NICE"},
    {limit_malloc, "keep malloc from hoarding", "reliefd uses more memory", "GNU libc"},
};

int rl_self_protect(void)
{
    int failures = 0;

    for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]); i++) {
        int r = protections[i].protect();

        if (r >= 0)
            continue;
        failures++;
        rl_warning("cannot %s: %s; %s (needs %s)", protections[i].what, strerror(-r),
            protections[i].worse, protections[i].remedy);
    }
    return failures;
}
