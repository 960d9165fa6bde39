#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/relieve/self.h"
#include "daemon/report/log.h"

/* Sanitizers make mlockall() do nothing and say that it succeeded, and have a malloc of their own.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MLOCKALL_WORKS 0
#else
#define MLOCKALL_WORKS 1
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MALLOPT_FAILS 1
#else
#define MALLOPT_FAILS 0
#endif

/* What was said, in the place of daemon/report. */
static char said[8192];
static int lines_said;

void rl_log(int level, const char *format, ...)
{
    size_t used = strlen(said);
    va_list args;

    va_start(args, format);
    vsnprintf(said + used, sizeof(said) - used, format, args);
    va_end(args);
    lines_said++;
}

/* A /proc made of files. */
struct tree {
    char path[64];
    int fd;
};

static void put(const struct tree *tree, const char *name, const char *text)
{
    char dir[64] = "";
    int fd;

    memcpy(dir, name, strcspn(name, "/"));
    mkdirat(tree->fd, dir, 0755);
    fd = openat(tree->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void put_stat(const struct tree *tree, int pid, int ppid, const char *comm)
{
    char name[32], text[512];

    snprintf(name, sizeof(name), "%d/stat", pid);
    snprintf(text, sizeof(text),
        "%d (%s) S %d 1 1 0 -1 4194560 1 1 0 0 1 1 1 1 20 0 1 0 100 1000000 200 "
        "18446744073709551615 1 1 1 1 1 1 0 0 0 0 0 0 17 0 0 0 0 0 0 1 1 1 1 1 1 1 0\n",
        pid, comm, ppid);
    put(tree, name, text);
}

static void put_self(const struct tree *tree, int pid, const char *status, const char *cgroup)
{
    char text[32], name[32];

    snprintf(text, sizeof(text), "%d", pid);
    assert_int_equal(symlinkat(text, tree->fd, "self"), 0);
    snprintf(name, sizeof(name), "%d/status", pid);
    put(tree, name, status);
    snprintf(name, sizeof(name), "%d/cgroup", pid);
    put(tree, name, cgroup);
}

static int setup(void **state)
{
    struct tree *tree = calloc(1, sizeof(*tree));

    assert_non_null(tree);
    strcpy(tree->path, "/tmp/reliefd-self-XXXXXX");
    assert_non_null(mkdtemp(tree->path));
    tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(tree->fd >= 0);
    *state = tree;
    return 0;
}

static int teardown(void **state)
{
    struct tree *tree = *state;
    char command[128];

    close(tree->fd);
    snprintf(command, sizeof(command), "rm -rf %s", tree->path);
    assert_int_equal(system(command), 0);
    free(tree);
    return 0;
}

static void test_find_live(void **state)
{
    struct rl_self self;
    bool at_init = false;
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(rl_self_find(fd, &self), 0);
    close(fd);
    assert_int_equal(self.pid, getpid());
    assert_true(self.own_pids);
    assert_true(self.cgroup[0] == '/' || self.cgroup[0] == '\0');
    if (getppid() == 0) {
        assert_int_equal(self.n_ancestors, 0);
        return;
    }
    assert_true(self.n_ancestors > 0);
    assert_int_equal(self.ancestors[0], getppid());
    for (size_t i = 0; i < self.n_ancestors; i++) {
        assert_true(self.ancestors[i] > 0 && self.ancestors[i] != getpid());
        assert_false(at_init); /* nobody above PID 1 */
        at_init = self.ancestors[i] == 1;
    }
}

static void test_find_chain(void **state)
{
    const struct tree *tree = *state;
    struct rl_self self;

    put_self(tree, 100, "Name:\tx\nNSpid:\t100\n", "0::/a/b.service\n");
    put_stat(tree, 100, 50, "a) S 1 (b\n) R 7 7");
    put_stat(tree, 50, 7, ")");
    put_stat(tree, 7, 1, "");
    put_stat(tree, 1, 0, "systemd");
    assert_int_equal(rl_self_find(tree->fd, &self), 0);
    assert_int_equal(self.pid, 100);
    assert_int_equal(self.n_ancestors, 3);
    assert_int_equal(self.ancestors[0], 50);
    assert_int_equal(self.ancestors[1], 7);
    assert_int_equal(self.ancestors[2], 1);
    assert_string_equal(self.cgroup, "/a/b.service");
    assert_false(self.own_pids); /* 100 is not us */
}

static void test_find_own_pids(void **state)
{
    const struct tree *tree = *state;
    static const struct {
        const char *after; /* of "NSpid:\tPID" */
        bool own;
    } rows[] = {{"\n", true}, {"\t7\n", false}, {"\t7\t1\nNSsid:\t1\n", false},
        {"\nNSpgid:\t1\t1\n", true}};
    struct rl_self self;
    char text[256];

    put_self(tree, getpid(), "", "0::/\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(text, sizeof(text), "Name:\tx\nPid:\t3\nNSpid:\t%d%s", getpid(), rows[i].after);
        put(tree, "self/status", text);
        assert_int_equal(rl_self_find(tree->fd, &self), 0);
        assert_int_equal(self.own_pids, rows[i].own);
    }
    /* a kernel without pid namespaces */
    put(tree, "self/status", "Name:\tx\nPid:\t3\n");
    assert_int_equal(rl_self_find(tree->fd, &self), 0);
    assert_true(self.own_pids);
}

static void test_find_cgroup(void **state)
{
    const struct tree *tree = *state;
    static const struct {
        const char *text, *cgroup;
    } rows[] = {
        {"0::/\n", "/"},
        {"12:memory:/x\n1:name=systemd:/y\n0::/z\n", "/z"},
        {"12:memory:/x\n", ""},
        {"", ""},
        {"0::/..\n", ""},
        {"0::/../../other\n", ""},
        {"0::/..hidden\n", "/..hidden"},
        {"0::/a/../b\n", "/a/../b"},
        {"0::/with blank:and colon\n", "/with blank:and colon"},
    };
    struct rl_self self;

    put_self(tree, 100, "NSpid:\t100\n", "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put(tree, "self/cgroup", rows[i].text);
        assert_int_equal(rl_self_find(tree->fd, &self), 0);
        assert_string_equal(self.cgroup, rows[i].cgroup);
    }
}

/* A path longer than the field is unknown, never cut. */
static void test_find_long_cgroup(void **state)
{
    const struct tree *tree = *state;
    char text[6000] = "0::";
    struct rl_self self;

    put_self(tree, 100, "NSpid:\t100\n", "");
    memset(text + 3, '/', 5000);
    strcpy(text + 5003, "\n");
    put(tree, "self/cgroup", text);
    assert_int_equal(rl_self_find(tree->fd, &self), 0);
    assert_string_equal(self.cgroup, "");

    strcpy(text + 3 + sizeof(self.cgroup) - 1, "\n");
    put(tree, "self/cgroup", text);
    assert_int_equal(rl_self_find(tree->fd, &self), 0);
    assert_int_equal(strlen(self.cgroup), sizeof(self.cgroup) - 1);
}

static void test_find_not_visible(void **state)
{
    const struct tree *tree = *state;
    struct rl_self self;

    memset(&self, 0xff, sizeof(self));
    assert_int_equal(rl_self_find(tree->fd, &self), 0);
    assert_int_equal(self.pid, 0);
    assert_int_equal(self.n_ancestors, 0);
    assert_false(self.own_pids);
    assert_string_equal(self.cgroup, "");
}

static void test_find_broken(void **state)
{
    static const char *const links[] = {"abc", "12x", "-5", "0", "/", "99999999999999999999"};
    const struct tree *tree = *state;
    struct rl_self self = {.pid = 42};

    assert_int_equal(rl_self_find(-1, &self), -EBADF);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        assert_int_equal(symlinkat(links[i], tree->fd, "self"), 0);
        assert_int_equal(rl_self_find(tree->fd, &self), -EINVAL);
        assert_int_equal(unlinkat(tree->fd, "self", 0), 0);
    }
    put_self(tree, 100, "NSpid:\t100\n", "0::/\n");
    put(tree, "100/stat", "no stat at all\n");
    assert_int_equal(rl_self_find(tree->fd, &self), -EINVAL);
    assert_int_equal(self.pid, 42); /* set on success only */
}

/* Parents that are hidden end the chain; a chain without end is an error, not a hang. */
static void test_find_ends_of_chain(void **state)
{
    const struct tree *tree = *state;
    struct rl_self self;

    put_self(tree, 100, "NSpid:\t100\n", "0::/\n");
    assert_int_equal(rl_self_find(tree->fd, &self), 0);
    assert_int_equal(self.n_ancestors, 0);

    put_stat(tree, 100, 200, "x");
    assert_int_equal(rl_self_find(tree->fd, &self), 0);
    assert_int_equal(self.n_ancestors, 1);
    assert_int_equal(self.ancestors[0], 200);

    put_stat(tree, 200, 100, "x");
    assert_int_equal(rl_self_find(tree->fd, &self), -E2BIG);

    for (int i = 0; i < RL_SELF_ANCESTORS; i++)
        put_stat(tree, 200 + i, i + 1 < RL_SELF_ANCESTORS ? 201 + i : 0, "x");
    assert_int_equal(rl_self_find(tree->fd, &self), 0);
    assert_int_equal(self.n_ancestors, RL_SELF_ANCESTORS);
    put_stat(tree, 200 + RL_SELF_ANCESTORS - 1, 1, "x");
    assert_int_equal(rl_self_find(tree->fd, &self), -E2BIG);
}

static void test_within(void **state)
{
    static const struct {
        const char *self, *path;
        bool within;
    } rows[] = {
        {"/a/b", "/", true},
        {"/a/b", "/a", true},
        {"/a/b", "/a/", true},
        {"/a/b", "/a/b", true},
        {"/a/b", "/a/b/", true},
        {"/a/b", "/a/b/c", false},
        {"/a/b", "/a/bc", false},
        {"/a/bc", "/a/b", false},
        {"/a/b", "/b", false},
        {"/a/b", "/a/c", false},
        {"/a/b", "", false},
        {"/a/b", "a", false},
        {"/", "/", true},
        {"/", "/a", false},
        {"", "/", false},
        {"", "", false},
        {"", "/a", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_self self = {0};

        strcpy(self.cgroup, rows[i].self);
        if (rl_self_within(&self, rows[i].path) != rows[i].within)
            fail_msg("'%s' within '%s' is not %d", rows[i].self, rows[i].path, rows[i].within);
    }
}

/* What a child was after it had protected itself. */
struct protected
{
    int failures, lines;
    char said[sizeof(said)];
    long adj;
    struct rlimit nofile;
    long locked_kb;
    int nice;
    bool whole; /* is all of the program there? */
};

static char never_used[256 * 1024];

/* Return: whether all of its pages are in memory. */
static bool is_there(char *begin, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)begin + page - 1) / page * page;
    size_t n = ((uintptr_t)begin + size - from) / page;
    unsigned char pages[sizeof(never_used) / 4096];

    if (n > sizeof(pages) || mincore((void *)from, n * page, pages) < 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(pages[i] & 1))
            return false;
    return true;
}

static long status_kb(const char *key)
{
    char text[8192];
    const char *at;
    int dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long value = -1;

    if (rl_read_at(dir, "status", text, sizeof(text)) > 0 && (at = strstr(text, key)))
        value = atol(at + strlen(key));
    close(dir);
    return value;
}

static void drop(cap_value_t cap)
{
    cap_t caps = cap_get_proc();

    if (cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR) < 0 || cap_set_proc(caps) < 0)
        _exit(2);
    cap_free(caps);
}

static void in_child(bool privileged, struct protected *ret)
{
    char text[32] = "";
    int dir;

    getrlimit(RLIMIT_NOFILE, &ret->nofile);
    ret->nofile.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &ret->nofile);
    if (!privileged) {
        setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0, 0});
        drop(CAP_SYS_RESOURCE);
        drop(CAP_IPC_LOCK);
        drop(CAP_SYS_NICE);
    }
    ret->failures = rl_self_protect();
    ret->lines = lines_said;
    memcpy(ret->said, said, sizeof(said));

    dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (rl_read_at(dir, "oom_score_adj", text, sizeof(text)) > 0)
        ret->adj = atol(text);
    close(dir);
    getrlimit(RLIMIT_NOFILE, &ret->nofile);
    ret->locked_kb = status_kb("VmLck:");
    ret->nice = getpriority(PRIO_PROCESS, 0);
    ret->whole = is_there(never_used, sizeof(never_used));
}

/* Protection is for good, so that a child takes it. */
static struct protected protect(bool privileged)
{
    struct protected result = {0};
    int pipe_fds[2], status;
    pid_t pid;

    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        in_child(privileged, &result);
        _exit(write(pipe_fds[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
    }
    close(pipe_fds[1]);
    for (size_t have = 0; have < sizeof(result);) {
        ssize_t n = read(pipe_fds[0], (char *)&result + have, sizeof(result) - have);

        assert_true(n > 0);
        have += (size_t)n;
    }
    close(pipe_fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return result;
}

static bool has_cap(cap_value_t cap)
{
    cap_t caps = cap_get_proc();
    cap_flag_value_t value = CAP_CLEAR;

    cap_get_flag(caps, cap, CAP_EFFECTIVE, &value);
    cap_free(caps);
    return value == CAP_SET;
}

static void test_protect(void **state)
{
    struct protected got;

    if (!has_cap(CAP_IPC_LOCK) || !has_cap(CAP_SYS_NICE))
        skip();
    got = protect(true);
    assert_int_equal(got.failures, !has_cap(CAP_SYS_RESOURCE) + MALLOPT_FAILS);
    assert_int_equal(got.lines, got.failures);
    if (has_cap(CAP_SYS_RESOURCE))
        assert_int_equal(got.adj, -1000);
    else
        assert_non_null(strstr(got.said, "CAP_SYS_RESOURCE"));
    assert_true(got.nofile.rlim_cur == got.nofile.rlim_max && got.nofile.rlim_max > 64);
    assert_int_equal(got.nice, -20);
    if (MLOCKALL_WORKS) {
        assert_true(got.locked_kb > 0);
        assert_true(got.whole);
    }
}

/* What fails is said, with what would help; the rest is done. */
static void test_protect_unprivileged(void **state)
{
    struct protected got = protect(false);

    assert_int_equal(got.failures, 2 + MLOCKALL_WORKS + MALLOPT_FAILS);
    assert_non_null(strstr(got.said, "CAP_SYS_NICE"));
    assert_int_equal(got.lines, got.failures);
    assert_non_null(strstr(got.said, "oom_score_adj"));
    assert_non_null(strstr(got.said, "CAP_SYS_RESOURCE"));
    if (MLOCKALL_WORKS)
        assert_non_null(strstr(got.said, "CAP_IPC_LOCK"));
    assert_true(got.adj > -1000);
    assert_true(got.nofile.rlim_cur == got.nofile.rlim_max);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_live),
        cmocka_unit_test_setup_teardown(test_find_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_own_pids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_cgroup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_long_cgroup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_not_visible, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_broken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_ends_of_chain, setup, teardown),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_protect),
        cmocka_unit_test(test_protect_unprivileged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
