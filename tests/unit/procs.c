/* Facts about processes: on a fixture whose numbers are known by heart, on trees made to be odd,
 * and on real processes of this machine. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/observe/procs.h"
#include "daemon/observe/read.h"
#include "tests/unit/counted-malloc.h"
#include "tests/unit/folder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define M        (UINT64_C(1) << 20)
#define MEMORY   (16 * M) /* what a child of a test holds */

static struct rl_procs live_procs(const struct rl_self *self)
{
    struct rl_procs procs = {.page_size = (uint32_t)sysconf(_SC_PAGESIZE), .self = self};

    procs.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(procs.proc_fd >= 0);
    return procs;
}

/* fixtures ----------------------------------------------------------------------------------- */

/* The table of tests/fixtures/README.md. */
static const struct known {
    pid_t pid, ppid;
    const char *comm, *exe;
    uid_t uid;
    uint32_t flags; /* without EXE_KNOWN */
    int adj;
    uint64_t rss, swap; /* MiB */
    uint64_t available; /* MiB: what its cgroup may use */
    bool eligible;
    int64_t points;
} known[] = {
    {1, 0, "systemd", "/usr/lib/systemd/systemd", 0, RL_PROCESS_ROOT, 0, 10, 0, 5000, true, -28},
    {2, 0, "kthreadd", NULL, 0, RL_PROCESS_ROOT | RL_PROCESS_KERNEL_THREAD, 0, 0, 0, 5000, false,
        0},
    {100, 1, "sshd", "/usr/sbin/sshd", 0, RL_PROCESS_ROOT, -1000, 10, 0, 5000, false, 0},
    {110, 100, "sshd", "/usr/sbin/sshd", 0, RL_PROCESS_ROOT, 0, 15, 0, 5000, true, -27},
    {200, 1, "worker", "/usr/bin/worker", 1000, 0, 0, 45, 0, 50, true, 900},
    {300, 1, "worker", "/usr/bin/worker", 1000, 0, 0, 45, 0, 500, true, 90},
    {400, 1, "backup", "/usr/bin/backup", 0, RL_PROCESS_ROOT, 0, 200, 0, 5000, true, 10},
    {500, 1, "java", "/usr/bin/java", 1000, RL_PROCESS_DEAD_LEADER, 0, 100, 0, 5000, true, 20},
    {510, 1, "browser", "/usr/bin/browser", 1000, 0, 1000, 50, 0, 5000, true, 1010},
    {520, 1, "a) Z 1 (b\nUid:", "/usr/bin/odd name", 1000, 0, 0, 25, 0, 5000, true, 5},
    {530, 1, "idle", "/usr/bin/idle", 1000, 0, 0, 50, 150, 5000, true, 40},
};

static void test_fixture(void **state)
{
    struct rl_procs procs = {.page_size = 4096};

    procs.proc_fd = open(
        RL_SOURCE_ROOT "/tests/fixtures/node-basic/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(procs.proc_fd >= 0);
    for (size_t i = 0; i < COUNT(known); i++) {
        const struct known *row = &known[i];
        struct rl_scale scale = {.available = row->available * M, .page_size = 4096};
        struct rl_process process;
        struct rl_score score;
        bool gone = true;

        memset(&process, 0xa5, sizeof(process));
        assert_int_equal(rl_procs_read(&procs, row->pid, RL_PROCS_EXE, &process, &gone), 0);
        assert_false(gone);
        assert_int_equal(process.pid, row->pid);
        assert_int_equal(process.ppid, row->ppid);
        assert_string_equal(process.comm, row->comm);
        assert_int_equal(process.uid, row->uid);
        assert_int_equal(process.flags & ~(RL_PROCESS_RAWIO | RL_PROCESS_RESOURCE),
            row->flags | (row->exe ? RL_PROCESS_EXE_KNOWN : 0));
        assert_string_equal(process.exe, row->exe ? row->exe : "");
        assert_int_equal(process.oom_score_adj, row->adj);
        assert_int_equal(process.rss_pages, row->rss * 256);
        assert_int_equal(process.anon_pages, row->rss * 256);
        assert_int_equal(process.swap_pages, row->swap * 256);
        assert_int_equal(process.total_vm_pages, row->rss * 512);
        assert_int_equal(process.start_ticks, row->pid * 10);
        assert_int_equal(process.threads, row->flags & RL_PROCESS_DEAD_LEADER ? 2 : 1);

        score = (struct rl_score){.eligible = true};
        rl_model_default()->rate(&process, &scale, &score);
        assert_int_equal(score.eligible, row->eligible);
        if (row->eligible)
            assert_int_equal(score.points, row->points);
    }
    close(procs.proc_fd);
}

/* A glance tells what a long look does, but for what only other files say. */
static void test_glance(void **state)
{
    const uint32_t unseen = RL_PROCESS_CAPS | RL_PROCESS_DYING;
    struct rl_procs procs = {.page_size = 4096};

    procs.proc_fd = open(
        RL_SOURCE_ROOT "/tests/fixtures/node-basic/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(procs.proc_fd >= 0);
    for (size_t i = 0; i < COUNT(known); i++) {
        struct rl_process all, some;
        bool gone = true;

        memset(&some, 0xa5, sizeof(some));
        assert_int_equal(rl_procs_read(&procs, known[i].pid, 0, &all, &gone), 0);
        assert_int_equal(rl_procs_glance(&procs, known[i].pid, &some, &gone), 0);
        assert_false(gone);
        assert_int_equal(some.pid, all.pid);
        assert_int_equal(some.ppid, all.ppid);
        assert_string_equal(some.comm, all.comm);
        assert_int_equal(some.flags & ~unseen, all.flags & ~unseen);
        assert_int_equal(some.oom_score_adj, all.oom_score_adj);
        assert_int_equal(some.start_ticks, all.start_ticks);
        assert_int_equal(some.start_code, all.start_code);
        assert_int_equal(some.threads, all.threads);
        if (!(all.flags & RL_PROCESS_DEAD_LEADER))
            assert_int_equal(some.rss_pages, all.rss_pages);
        assert_int_equal(some.swap_pages, 0);
        assert_string_equal(some.exe, "");
    }
    close(procs.proc_fd);
}

/* Whoever has exited is gone at a glance, too, and nobody is taken for himself unless he is. */
static void test_glance_at_child(void **state)
{
    struct rl_self self = {.pid = getpid()};
    struct rl_procs procs = live_procs(&self);
    struct rl_process process;
    bool gone = true;
    pid_t child = fork();
    siginfo_t info;

    assert_true(child >= 0);
    if (child == 0)
        _exit(0);
    assert_int_equal(rl_procs_glance(&procs, getpid(), &process, &gone), 0);
    assert_false(gone);
    assert_true(process.flags & RL_PROCESS_SELF);
    assert_true(process.rss_pages > 0);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(rl_procs_glance(&procs, child, &process, &gone), 0);
    assert_true(gone);
    assert_int_equal(waitpid(child, NULL, 0), child);
    gone = false;
    assert_int_equal(rl_procs_glance(&procs, child, &process, &gone), 0);
    assert_true(gone);
    close(procs.proc_fd);
}

/* One of which only statm tells, and those of which it tells nothing: what a glance says. */
static void test_peek(void **state)
{
    static const struct {
        const char *statm; /* NULL: there is none */
        uint64_t rss, size, start;
    } rows[] = {
        {"70 30 2 3 0 9 0\n", 30, 70, 0},
        {"70 1 2 3 0 9 0\n", 1, 70, 0},
        {"70 0 0 3 0 9 0\n", 40, 0, 77},
        {"0 0 0 0 0 0 0\n", 40, 0, 77},
        {"70 x\n", 40, 0, 77},
        {"", 40, 0, 77},
        {NULL, 40, 0, 77},
    };
    struct rl_self self = {.pid = 5};
    struct rl_procs procs = {.page_size = 4096, .self = &self};
    struct folder folder;

    folder_new(&folder);
    procs.proc_fd = folder.fd;
    folder_write(&folder, "5/oom_score_adj", "-17\n");
    folder_write(&folder, "5/stat",
        "5 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 0 40 0 9 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 "
        "0 0 0 0 0 0 0 0 0 0 0\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_process process;
        bool gone = true;

        if (rows[i].statm)
            folder_write(&folder, "5/statm", rows[i].statm);
        else
            assert_int_equal(unlinkat(folder.fd, "5/statm", 0), 0);
        memset(&process, 0xa5, sizeof(process));
        assert_int_equal(rl_procs_peek(&procs, 5, &process, &gone), 0);
        assert_false(gone);
        assert_int_equal(process.pid, 5);
        assert_int_equal(process.rss_pages, rows[i].rss);
        assert_int_equal(process.total_vm_pages, rows[i].size);
        assert_int_equal(process.start_ticks, rows[i].start);
        assert_int_equal(process.start_code, rows[i].start > 0 ? 9 : 0);
        assert_string_equal(process.comm, rows[i].start > 0 ? "x" : "");
        assert_int_equal(process.flags, RL_PROCESS_SELF);
        assert_int_equal(process.oom_score_adj, -17);
        assert_int_equal(process.swap_pages, 0);
    }
    folder_free(&folder);
}

/* A peek says neither of the dead that they live, nor of kernel threads that they are any other. */
static void test_peek_at_child(void **state)
{
    struct rl_procs procs = live_procs(NULL);
    struct rl_process process;
    bool gone = true;
    pid_t child = fork();
    siginfo_t info;

    assert_true(child >= 0);
    if (child == 0)
        _exit(0);
    assert_int_equal(rl_procs_peek(&procs, getpid(), &process, &gone), 0);
    assert_false(gone);
    assert_true(process.rss_pages > 0);
    assert_true(process.total_vm_pages > process.rss_pages);
    assert_int_equal(process.start_ticks, 0);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(rl_procs_peek(&procs, child, &process, &gone), 0);
    assert_true(gone);
    assert_int_equal(waitpid(child, NULL, 0), child);
    gone = false;
    assert_int_equal(rl_procs_peek(&procs, child, &process, &gone), 0);
    assert_true(gone);
    close(procs.proc_fd);
}

/* Every process of a fixture is in one cgroup.procs, and its cgroup file says the same. */
static const char *const fixture_cgroups[] = {
    "",
    "init.scope",
    "system.slice",
    "system.slice/sshd.service",
    "system.slice/small.service",
    "system.slice/large.service",
    "system.slice/backup.service",
    "user.slice",
    "user.slice/user-1000.slice",
    "user.slice/user-1000.slice/app.scope",
};

struct member_check {
    int proc_fd;
    const char *cgroup;
    size_t n;
};

static void check_member(pid_t pid, void *userdata)
{
    struct member_check *check = userdata;
    char name[64], text[4096];
    const char *path;

    snprintf(name, sizeof(name), "%d/cgroup", (int)pid);
    assert_true(rl_read_at(check->proc_fd, name, text, sizeof(text)) > 0);
    assert_int_equal(rl_parse_proc_cgroup(text, &path), 0);
    assert_string_equal(path + 1, check->cgroup);
    check->n++;
}

static void test_fixture_members(void **state)
{
    struct member_check check = {0};

    check.proc_fd = open(
        RL_SOURCE_ROOT "/tests/fixtures/node-basic/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < COUNT(fixture_cgroups); i++) {
        char path[512];
        size_t foreign = 9;
        int fd;

        snprintf(path, sizeof(path), RL_SOURCE_ROOT "/tests/fixtures/node-basic/sys/fs/cgroup/%s",
            fixture_cgroups[i]);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(fd >= 0);
        check.cgroup = fixture_cgroups[i];
        assert_int_equal(rl_procs_of(fd, check_member, &check, &foreign), 0);
        assert_int_equal(foreign, 0);
        close(fd);
    }
    assert_int_equal(check.n, COUNT(known));
    close(check.proc_fd);
}

/* odd trees ---------------------------------------------------------------------------------- */

#define STAT(pid, state, threads, rss)                                                             \
    pid " (x) " state " 1 7 7 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 " threads " 0 77 0 " rss           \
        " 0 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 1 1 1 1 1 1 1 0\n"
#define STAT_EXITING                                                                               \
    "6 (x) R 1 7 7 0 -1 4194308 0 0 0 0 0 0 0 0 20 0 3 0 77 0 666 0 1 1 0 0 0 0 0 0 0 0 0 0 17 1 " \
    "0 0 0 0 0 "                                                                                   \
    "1 1 1 1 1 1 1 0\n"
#define STATUS_ROOT "Name:\tx\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n"
#define STATUS_USER "Name:\tx\nUid:\t1000\t0\t0\t0\nVmSwap:\t8 kB\nCapEff:\t0000000000000000\n"

static void write_process(
    const struct folder *folder, const char *pid, const char *stat, const char *status)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/stat", pid);
    folder_write(folder, path, stat);
    snprintf(path, sizeof(path), "%s/status", pid);
    folder_write(folder, path, status);
    snprintf(path, sizeof(path), "%s/oom_score_adj", pid);
    folder_write(folder, path, "0\n");
}

static void test_user_namespace(void **state)
{
    static const struct {
        const char *link, *map; /* NULL: not there */
        bool root;
    } rows[] = {
        {NULL, NULL, true}, /* cannot be told */
        {"user:[4026531837]", NULL, true}, {"user:[4026532480]", NULL, false},
        {"user:[40265318370]", NULL, false}, {"user:[402653183", NULL, false},
        /* the link is the better witness */
        {"user:[4026531837]", "         0     100000      65536\n", true},
        {"user:[4026532480]", "         0          0 4294967295\n", false},
        {NULL, "         0          0 4294967295\n", true}, {NULL, "0 0 4294967295\n", true},
        {NULL, "         0     100000      65536\n", false},
        {NULL, "         0          0 4294967294\n", false},
        {NULL, "         1          0 4294967295\n", false},
        {NULL, "         0          1 4294967295\n", false},
        {NULL, "         0          0          1\n         1          1 4294967294\n", false},
        {NULL, "         0          0 4294967295\n         1          1 1\n", false},
        {NULL, "0 0 4294967295 7\n", false}, {NULL, "0 0\n", false},
        {NULL, "", false}, /* no map yet */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_process process;
        struct rl_procs procs = {.page_size = 4096};
        struct folder folder;
        bool gone;

        folder_new(&folder);
        procs.proc_fd = folder.fd;
        write_process(&folder, "7", STAT("7", "S", "1", "10"), STATUS_ROOT);
        if (rows[i].link)
            folder_link(&folder, "7/ns/user", rows[i].link);
        if (rows[i].map)
            folder_write(&folder, "7/uid_map", rows[i].map);
        assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), 0);
        assert_false(gone);
        if (!!(process.flags & RL_PROCESS_ROOT) != rows[i].root)
            fail_msg("link %s and map %s", rows[i].link, rows[i].map);
        folder_free(&folder);
    }
}

static void test_exe(void **state)
{
    char path[4096], deleted[4096 + 16];
    struct rl_procs procs = {.page_size = 4096};

    for (size_t len = 1; len < 2 * RL_EXE_MAX; len++) {
        size_t kept = len < RL_EXE_MAX ? len : RL_EXE_MAX - 1;
        struct rl_process process;
        struct folder folder;
        bool gone;

        for (size_t i = 0; i < len; i++)
            path[i] = i == 0 ? '/' : (char)('a' + i % 26);
        path[len] = '\0';
        snprintf(deleted, sizeof(deleted), "%s (deleted)", path);

        folder_new(&folder);
        procs.proc_fd = folder.fd;
        write_process(&folder, "7", STAT("7", "S", "1", "10"), STATUS_USER);
        folder_link(&folder, "7/exe", len % 2 ? path : deleted);
        assert_int_equal(rl_procs_read(&procs, 7, RL_PROCS_EXE, &process, &gone), 0);
        assert_int_equal(process.flags, RL_PROCESS_EXE_KNOWN);
        assert_string_equal(process.exe, path + len - kept);
        /* who does not need it does not get it */
        assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), 0);
        assert_int_equal(process.flags, 0);
        assert_string_equal(process.exe, "");
        folder_free(&folder);
    }
}

static void test_exe_unreadable(void **state)
{
    struct rl_procs procs = {.page_size = 4096};
    struct rl_process process;
    struct folder folder;
    bool gone;

    folder_new(&folder);
    procs.proc_fd = folder.fd;
    write_process(&folder, "7", STAT("7", "S", "1", "10"), STATUS_USER);
    assert_int_equal(rl_procs_read(&procs, 7, RL_PROCS_EXE, &process, &gone), 0);
    assert_false(gone);
    assert_int_equal(process.flags, 0);
    folder_free(&folder);
}

/* The process itself chooses how long its Groups line is, and what counts stands behind it. */
static void test_long_groups(void **state)
{
    static char status[500000];
    struct rl_procs procs = {.page_size = 4096};
    struct rl_process process;
    struct folder folder;
    size_t len;
    bool gone;

    len = (size_t)snprintf(status, sizeof(status), "Name:\tx\nUid:\t5\t5\t5\t5\nGroups:\t");
    for (unsigned gid = 100000; gid < 165536; gid++)
        len += (size_t)snprintf(status + len, sizeof(status) - len, "%u ", gid);
    snprintf(status + len, sizeof(status) - len, "\nVmSwap:\t8192 kB\nCapEff:\t0000000000200000\n");

    folder_new(&folder);
    procs.proc_fd = folder.fd;
    write_process(&folder, "7", STAT("7", "S", "1", "10"), status);
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), 0);
    assert_false(gone);
    assert_int_equal(process.uid, 5);
    assert_int_equal(process.swap_pages, 2048);
    assert_int_equal(process.flags, RL_PROCESS_ROOT);
    folder_free(&folder);
}

/* Of a dead leader's threads the first live one counts; without one the process is dying. */
static void test_dead_leader_threads(void **state)
{
    struct rl_procs procs = {.page_size = 4096};
    struct rl_process process;
    struct folder folder;
    bool gone;

    folder_new(&folder);
    procs.proc_fd = folder.fd;
    write_process(&folder, "7", STAT("7", "Z", "3", "0"), STATUS_ROOT);
    write_process(&folder, "7/task/7", STAT("7", "S", "3", "999"), STATUS_ROOT);
    write_process(&folder, "7/task/8", STAT("8", "Z", "3", "888"), STATUS_USER);
    write_process(&folder, "7/task/6", STAT_EXITING, STATUS_USER);
    folder_parents(&folder, "7/task/9/x"); /* exits while it is looked at */
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), 0);
    assert_false(gone);
    assert_int_equal(process.rss_pages, 0);
    assert_int_equal(process.flags, RL_PROCESS_DEAD_LEADER | RL_PROCESS_DYING | RL_PROCESS_CAPS);

    write_process(&folder, "7/task/10", STAT("10", "D", "3", "1234"), STATUS_USER);
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), 0);
    assert_false(gone);
    assert_int_equal(process.pid, 7);
    assert_int_equal(process.rss_pages, 1234);
    assert_int_equal(process.swap_pages, 2);
    assert_int_equal(process.uid, 1000);
    assert_int_equal(process.flags, RL_PROCESS_DEAD_LEADER);
    folder_free(&folder);
}

/* What is broken is an error; what is not there is a process that has exited. */
static void test_errors(void **state)
{
    struct rl_procs procs = {.page_size = 4096};
    struct rl_process process, untouched;
    struct folder folder;
    bool gone = false;

    memset(&untouched, 0xa5, sizeof(untouched));
    process = untouched;
    folder_new(&folder);
    procs.proc_fd = folder.fd;
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), 0);
    assert_true(gone);
    folder_write(&folder, "7/stat", STAT("7", "S", "1", "10"));
    gone = false;
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), 0);
    assert_true(gone);
    write_process(&folder, "7", STAT("7", "Z", "1", "10"), STATUS_USER);
    gone = false;
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), 0);
    assert_true(gone);
    struct rl_process zombie;
    assert_int_equal(rl_procs_read(&procs, 7, RL_PROCS_ZOMBIES, &zombie, &gone), 0);
    assert_false(gone);
    assert_int_equal(zombie.flags & (RL_PROCESS_DYING | RL_PROCESS_DEAD_LEADER), 0);

    write_process(&folder, "7", "7 (x) S 1\n", STATUS_USER);
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), -ENODATA);
    write_process(&folder, "7", STAT("7", "S", "1", "10"), "Uid:\t0\t0\n");
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), -ENODATA);
    write_process(&folder, "7", STAT("7", "S", "1", "10"), STATUS_USER);
    folder_write(&folder, "7/oom_score_adj", "many\n");
    assert_int_equal(rl_procs_read(&procs, 7, 0, &process, &gone), -EINVAL);
    assert_memory_equal(&process, &untouched, sizeof(process));
    folder_free(&folder);
}

/* live --------------------------------------------------------------------------------------- */

static void test_oneself(void **state)
{
    struct rl_self self = {.pid = getpid(), .ancestors = {getppid()}, .n_ancestors = 1};
    struct rl_procs procs = live_procs(&self);
    struct rl_process process;
    char exe[4096] = "";
    size_t len, before;
    bool gone = true;

    before = counted_mallocs;
    assert_int_equal(rl_procs_read(&procs, getpid(), RL_PROCS_EXE, &process, &gone), 0);
    assert_int_equal(counted_mallocs, before);
    assert_false(gone);
    assert_int_equal(process.pid, getpid());
    assert_int_equal(process.ppid, getppid());
    assert_int_equal(process.uid, getuid());
    assert_int_equal(process.threads, 1);
    assert_true(process.start_ticks > 0);
    assert_true(process.rss_pages > 0);
    assert_true(process.total_vm_pages >= process.rss_pages);
    assert_true(process.table_pages > 0);
    assert_true(process.flags & RL_PROCESS_SELF);
    assert_true(process.flags & RL_PROCESS_EXE_KNOWN);
    assert_false(process.flags & (RL_PROCESS_DYING | RL_PROCESS_DEAD_LEADER |
                                     RL_PROCESS_KERNEL_THREAD | RL_PROCESS_SELF_ANCESTOR));
    assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
    len = strlen(exe);
    assert_string_equal(process.exe, exe + (len < RL_EXE_MAX ? 0 : len - RL_EXE_MAX + 1));

    assert_int_equal(rl_procs_read(&procs, getppid(), 0, &process, &gone), 0);
    assert_int_equal(
        process.flags & (RL_PROCESS_SELF | RL_PROCESS_SELF_ANCESTOR), RL_PROCESS_SELF_ANCESTOR);
    close(procs.proc_fd);
}

/* A child that does what it is told and then waits to be killed; says so over a pipe. */
static pid_t start_child(void (*fn)(int ready, void *data), void *data)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        fn(ready[1], data);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void say_ready(int ready)
{
    if (write(ready, "", 1) != 1)
        _exit(1);
}

static void take_name(int ready, void *data)
{
    prctl(PR_SET_NAME, data);
    say_ready(ready);
}

static void test_live_hostile_comm(void **state)
{
    static const char *const comms[] = {
        "",
        "foo) Z ",
        "foo)\nZ\n",
        ": - )",
        "()()()())))(((",
        "  \n\n  ",
        "Name:\nUid:\t0",
        "\xc3",
        "a\\b",
        "a\xe2\x82",
    };
    struct rl_procs procs = live_procs(NULL);

    for (size_t i = 0; i < COUNT(comms); i++) {
        pid_t pid = start_child(take_name, (void *)(uintptr_t)comms[i]);
        struct rl_process process;
        bool gone = true;

        assert_int_equal(rl_procs_read(&procs, pid, 0, &process, &gone), 0);
        assert_false(gone);
        assert_string_equal(process.comm, comms[i]);
        assert_int_equal(process.ppid, getpid());
        assert_int_equal(process.uid, getuid());
        end_child(pid);
    }
    close(procs.proc_fd);
}

static void *hold_memory(void *data)
{
    char *memory = mmap(
        NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED)
        _exit(1);
    memset(memory, 1, MEMORY);
    say_ready(*(int *)data);
    for (;;)
        pause();
    return NULL;
}

static void exit_leader(int ready, void *data)
{
    static int fd;
    pthread_t thread;

    fd = ready;
    prctl(PR_SET_NAME, "leader");
    if (pthread_create(&thread, NULL, hold_memory, &fd) != 0)
        _exit(1);
    pthread_exit(NULL);
}

/* Threads whose leader has exited still hold all the memory. */
static void test_live_dead_leader(void **state)
{
    struct rl_procs procs = live_procs(NULL);
    pid_t pid = start_child(exit_leader, NULL);
    struct rl_process process;
    uint64_t started = 0;
    bool gone = true;

    /* the thread is ready; the leader may still be on its way out */
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(rl_procs_read(&procs, pid, RL_PROCS_EXE, &process, &gone), 0);
        assert_false(gone);
        assert_true(process.rss_pages * procs.page_size >= MEMORY / 2);
        if (process.flags & RL_PROCESS_DEAD_LEADER)
            break;
        started = process.start_ticks;
        usleep(1000);
    }
    assert_true(process.flags & RL_PROCESS_DEAD_LEADER);
    assert_false(process.flags & RL_PROCESS_DYING);
    assert_int_equal(process.pid, pid);
    assert_int_equal(process.ppid, getpid());
    assert_string_equal(process.comm, "leader");
    assert_int_equal(process.threads, 2);
    assert_true(process.anon_pages * procs.page_size >= MEMORY / 2);
    assert_true(process.total_vm_pages >= process.rss_pages);
    assert_true(process.table_pages > 0);
    assert_true(started == 0 || process.start_ticks == started);
    end_child(pid);
    close(procs.proc_fd);
}

static void just_ready(int ready, void *data)
{
    say_ready(ready);
}

static void test_live_gone(void **state)
{
    struct rl_procs procs = live_procs(NULL);
    pid_t pid = start_child(just_ready, NULL);
    struct rl_process process;
    siginfo_t info;
    bool gone = true;

    assert_int_equal(rl_procs_read(&procs, pid, 0, &process, &gone), 0);
    assert_false(gone);
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(rl_procs_read(&procs, pid, 0, &process, &gone), 0); /* a zombie */
    assert_true(gone);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    gone = false;
    assert_int_equal(rl_procs_read(&procs, pid, 0, &process, &gone), 0);
    assert_true(gone);
    close(procs.proc_fd);
}

/* A number that is taken by another process while its files are read. */
static struct {
    const char *before; /* opening this file of the old one */
    pid_t old, new;
} taken;

/* In place of the C library's, for all that this program opens. */
int openat(int dir, const char *path, int flags, ...)
{
    const char *slash = strrchr(path, '/');
    char other[64];
    mode_t mode = 0;
    va_list list;

    va_start(list, flags);
    if (flags & O_CREAT)
        mode = va_arg(list, mode_t);
    va_end(list);
    if (taken.old && strcmp(slash ? slash + 1 : path, taken.before) == 0) {
        kill(taken.old, SIGKILL);
        assert_int_equal(waitpid(taken.old, NULL, 0), taken.old);
        taken.old = 0;
    }
    if (taken.new && !taken.old) {
        snprintf(other, sizeof(other), "/proc/%d/%s", (int)taken.new, slash ? slash + 1 : path);
        path = other;
    }
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}

/* Half of the one and half of the other is nobody. */
static void test_live_number_taken(void **state)
{
    static const char *const files[] = {"stat", "status"};

    for (size_t i = 0; i < COUNT(files); i++) {
        struct rl_procs procs = live_procs(NULL);
        pid_t pid = start_child(just_ready, NULL), other = start_child(just_ready, NULL);
        struct rl_process process;
        bool gone = false;

        taken.before = files[i];
        taken.old = pid;
        taken.new = other;
        assert_int_equal(rl_procs_read(&procs, pid, 0, &process, &gone), 0);
        assert_int_equal(taken.old, 0);
        taken.new = 0;
        assert_true(gone);
        end_child(other);
        close(procs.proc_fd);
    }
}

static void enter_user_namespace(int ready, void *data)
{
    /* where it is not allowed the child stays what it is, and the parent sees that */
    (void)unshare(CLONE_NEWUSER);
    say_ready(ready);
}

/* All capabilities in a user namespace of one's own are none over the machine. */
static void test_live_user_namespace(void **state)
{
    struct rl_procs procs = live_procs(NULL);
    pid_t pid = start_child(enter_user_namespace, NULL);
    char path[64], own[64] = "", theirs[64] = "";
    struct rl_process process;
    bool gone;

    snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
    assert_true(readlink("/proc/self/ns/user", own, sizeof(own) - 1) > 0);
    assert_int_equal(rl_procs_read(&procs, pid, 0, &process, &gone), 0);
    assert_false(gone);
    if (readlink(path, theirs, sizeof(theirs) - 1) > 0 && strcmp(own, theirs) != 0)
        assert_false(process.flags & RL_PROCESS_ROOT);
    end_child(pid);
    close(procs.proc_fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixture),
        cmocka_unit_test(test_glance),
        cmocka_unit_test(test_glance_at_child),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_peek_at_child),
        cmocka_unit_test(test_fixture_members),
        cmocka_unit_test(test_user_namespace),
        cmocka_unit_test(test_exe),
        cmocka_unit_test(test_exe_unreadable),
        cmocka_unit_test(test_long_groups),
        cmocka_unit_test(test_dead_leader_threads),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_oneself),
        cmocka_unit_test(test_live_hostile_comm),
        cmocka_unit_test(test_live_dead_leader),
        cmocka_unit_test(test_live_gone),
        cmocka_unit_test(test_live_number_taken),
        cmocka_unit_test(test_live_user_namespace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
