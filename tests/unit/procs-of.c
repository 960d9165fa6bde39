/* The members of a cgroup: cgroup.procs of any length, and of real cgroups. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/observe/procs.h"
#include "tests/unit/counted-malloc.h"
#include "tests/unit/folder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct pids {
    pid_t first, last;
    uint64_t sum;
    size_t n;
};

static void add_pid(pid_t pid, void *userdata)
{
    struct pids *pids = userdata;

    if (pids->n++ == 0)
        pids->first = pid;
    pids->last = pid;
    pids->sum += (uint64_t)pid;
}

static void test_members(void **state)
{
    static const struct {
        const char *text;
        int r;
        size_t n, foreign;
        uint64_t sum;
    } rows[] = {
        {"", 0, 0, 0, 0},
        {"1\n", 0, 1, 0, 1},
        {"1\n0\n22\n0\n0\n", 0, 2, 3, 23},
        {"1\n22", 0, 2, 0, 23},
        {"2147483647\n", 0, 1, 0, 2147483647},
        {"2147483648\n", -EINVAL, 0, 0, 0},
        {"99999999999999999999999999\n", -EINVAL, 0, 0, 0},
        {"-1\n", -EINVAL, 0, 0, 0},
        {"1 2\n", -EINVAL, 0, 0, 0},
        {"x\n", -EINVAL, 0, 0, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct folder folder;
        struct pids pids = {0};
        size_t foreign = 77;

        folder_new(&folder);
        assert_int_equal(rl_procs_of(folder.fd, add_pid, &pids, &foreign), -ENOENT);
        folder_write(&folder, "cgroup.procs", rows[i].text);
        assert_int_equal(rl_procs_of(folder.fd, add_pid, &pids, &foreign), rows[i].r);
        if (rows[i].r == 0) {
            assert_int_equal(pids.n, rows[i].n);
            assert_int_equal(pids.sum, rows[i].sum);
            assert_int_equal(foreign, rows[i].foreign);
            assert_int_equal(rl_procs_of(folder.fd, add_pid, &pids, NULL), 0);
        } else {
            assert_int_equal(foreign, 77);
        }
        folder_free(&folder);
    }
}

/* Many members: numbers of one to seven digits, split by the block borders at every place. */
static void test_many_members(void **state)
{
    static char text[300000];

    for (size_t shift = 0; shift < 8; shift++) {
        struct pids pids = {0};
        struct folder folder;
        size_t len = 0, n = 0, foreign = 0;
        uint64_t sum = 0;

        for (size_t i = 0; i < shift; i++)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "0\n");
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", shift % 2 ? "5\n" : "55\n");
        sum += shift % 2 ? 5 : 55;
        n++;
        for (uint64_t pid = 1; len < sizeof(text) - 16; pid = pid * 7 % 4194301 + 1, n++) {
            len += (size_t)snprintf(
                text + len, sizeof(text) - len, "%llu\n", (unsigned long long)pid);
            sum += pid;
        }
        folder_new(&folder);
        folder_write(&folder, "cgroup.procs", text);
        assert_int_equal(rl_procs_of(folder.fd, add_pid, &pids, &foreign), 0);
        assert_int_equal(pids.n, n);
        assert_int_equal(pids.sum, sum);
        assert_int_equal(foreign, shift);
        folder_free(&folder);
    }
}

/* A cgroup of one's own where cgroup2 can be written to, else -1. */
static int make_cgroup(char *path, size_t size)
{
    static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

    for (size_t i = 0; i < COUNT(roots); i++) {
        struct statfs fs;

        snprintf(path, size, "%s/reliefd-unit-%d", roots[i], (int)getpid());
        if (statfs(roots[i], &fs) == 0 && fs.f_type == 0x63677270 && mkdir(path, 0755) == 0)
            return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return -1;
}

static void test_live_cgroup(void **state)
{
    char path[128], pid_text[16];
    struct pids pids = {0};
    size_t foreign = 7, before;
    pid_t pid;
    int fd, file;

    fd = make_cgroup(path, sizeof(path));
    if (fd < 0)
        return; /* the same paths were taken on plain folders above */
    assert_int_equal(rl_procs_of(fd, add_pid, &pids, &foreign), 0);
    assert_int_equal(pids.n + foreign, 0);

    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
    file = openat(fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(file, pid_text, strlen(pid_text)), (ssize_t)strlen(pid_text));
    close(file);
    before = counted_mallocs;
    assert_int_equal(rl_procs_of(fd, add_pid, &pids, &foreign), 0);
    assert_int_equal(counted_mallocs, before);
    assert_int_equal(pids.n, 1);
    assert_int_equal(pids.first, pid);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);

    file = openat(fd, "cgroup.type", O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(file, "threaded", 8), 8);
    close(file);
    assert_int_equal(rl_procs_of(fd, add_pid, &pids, &foreign), 0);
    assert_int_equal(pids.n, 1);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rl_procs_of(fd, add_pid, &pids, &foreign), -ENOENT);
    close(fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_live_cgroup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
