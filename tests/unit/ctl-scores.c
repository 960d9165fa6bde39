/* The table of scores on the fixture tree, and the limits above a cgroup. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/ctl/table.h"
#include "daemon/observe/levels.h"
#include "tests/unit/folder.h"

#define M (UINT64_C(1) << 20)

static const struct rl_args node_basic = {
    .common = {[RL_OPT_ROOT] = RL_SOURCE_ROOT "/tests/fixtures/node-basic"},
};

static void read_table(const char *cgroup, bool system, struct rl_process_table *table)
{
    struct rl_table_options options = {
        .model = rl_model_default(), .cgroup = cgroup, .system = system};
    struct rl_probe probe;

    assert_int_equal(rl_table_probe(&node_basic, system, &probe), RL_EXIT_OK);
    assert_int_equal(rl_process_table_read(&probe, &options, table), RL_EXIT_OK);
    rl_probe_close(&probe);
}

struct expected {
    pid_t pid;
    int64_t score; /* NONE: may not be chosen */
    uint64_t available;
    const char *limited_by;
};

#define NONE INT64_MIN

static void check_table(const char *cgroup, bool system, const struct expected *rows, size_t n)
{
    struct rl_process_table table;

    read_table(cgroup, system, &table);
    assert_int_equal(table.n, n);
    for (size_t i = 0; i < n; i++) {
        const struct rl_table_row *row = &table.rows[i];
        bool eligible = row->candidate.spared == RL_REASON_NONE && row->candidate.score.eligible;
        assert_int_equal(row->candidate.process.pid, rows[i].pid);
        assert_int_equal(eligible, rows[i].score != NONE);
        if (eligible)
            assert_int_equal(row->candidate.score.points, rows[i].score);
        assert_int_equal(row->available, rows[i].available);
        assert_string_equal(row->limited_by, rows[i].limited_by);
    }
    rl_process_table_free(&table);
}

#define CHECK(cgroup, system, rows)                                                                \
    check_table(cgroup, system, rows, sizeof(rows) / sizeof(rows[0]))

/* Scores are worked out in tests/fixtures/README.md. */
static void test_each_against_its_own(void **state)
{
    static const struct expected rows[] = {
        {510, 1010, 5000 * M, "node"},
        {200, 900, 50 * M, "/system.slice/small.service"},
        {300, 90, 500 * M, "/system.slice/large.service"},
        {530, 40, 5000 * M, "node"},
        {500, 20, 5000 * M, "node"},
        {400, 10, 5000 * M, "node"},
        {520, 5, 5000 * M, "node"},
        {110, -27, 5000 * M, "node"},
        {1, NONE, 5000 * M, "node"},
        {2, NONE, 5000 * M, "node"},
        {100, NONE, 5000 * M, "node"},
    };

    CHECK(NULL, false, rows);
}

static void test_against_a_cgroup(void **state)
{
    static const struct expected small[] = {
        {200, 900, 50 * M, "/system.slice/small.service"},
    };
    static const struct expected slice[] = {
        {510, 1010, 5000 * M, "node"},
        {530, 40, 5000 * M, "node"},
        {500, 20, 5000 * M, "node"},
        {520, 5, 5000 * M, "node"},
    };

    CHECK("/system.slice/small.service", false, small);
    CHECK("/user.slice", false, slice);
    CHECK("/user.slice/", false, slice);
}

static void test_against_the_machine(void **state)
{
    struct rl_process_table table;

    read_table(NULL, true, &table);
    assert_int_equal(table.n, 11);
    for (size_t i = 0; i < table.n; i++) {
        assert_int_equal(table.rows[i].available, 5000 * M);
        if (table.rows[i].candidate.process.pid == 200)
            assert_int_equal(table.rows[i].candidate.score.points, 9);
    }
    assert_int_equal(table.available, 5000 * M);
    rl_process_table_free(&table);
}

/* A cgroup whose name begins like another's has none of its processes. */
static void test_neighbours(void **state)
{
    struct rl_table_options options = {.model = rl_model_default(), .cgroup = "/system.slice/sm"};
    struct rl_process_table table;
    struct rl_probe probe;
    struct folder folder;
    char text[512];

    folder_new(&folder);
    snprintf(text, sizeof(text), "cp -a '%s/tests/fixtures/node-basic' '%s/root'", RL_SOURCE_ROOT,
        folder.path);
    assert_int_equal(system(text), 0);
    folder_write(&folder, "root/sys/fs/cgroup/system.slice/sm/memory.max", "max\n");
    snprintf(text, sizeof(text), "%s/root", folder.path);
    const struct rl_args args = {.common = {[RL_OPT_ROOT] = text}};
    assert_int_equal(rl_table_probe(&args, false, &probe), RL_EXIT_OK);
    assert_int_equal(rl_process_table_read(&probe, &options, &table), RL_EXIT_OK);
    assert_int_equal(table.n, 0);
    rl_process_table_free(&table);
    options.cgroup = "/none";
    assert_int_equal(rl_process_table_read(&probe, &options, &table), RL_EXIT_FAILURE);
    rl_probe_close(&probe);
    folder_free(&folder);
}

/* A child that stays in vfork(): its parent waits for it. */
static pid_t start_vfork(pid_t *ret_parent)
{
    int ready[2];
    pid_t pid = 0;

    assert_int_equal(pipe(ready), 0);
    *ret_parent = fork();
    assert_true(*ret_parent >= 0);
    if (*ret_parent == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (vfork() == 0) {
            alarm(20); /* nobody else ends it when the test fails */
            pid = getpid();
            if (write(ready[1], &pid, sizeof(pid)) == sizeof(pid))
                pause();
        }
        _exit(0);
    }
    assert_int_equal(read(ready[0], &pid, sizeof(pid)), sizeof(pid));
    close(ready[0]);
    close(ready[1]);
    return pid;
}

/* The kernel shows 0 for such a child: that is no difference of ours. */
static void test_vfork(void **state)
{
    pid_t parent, pid = start_vfork(&parent);
    struct rl_table_options options = {.model = rl_model_find("linux"), .system = true, .pid = pid};
    const struct rl_args args = {0};
    struct rl_process_table table;
    struct rl_probe probe;

    int code = rl_table_probe(&args, true, &probe);
    if (code == RL_EXIT_OK)
        code = rl_process_table_read(&probe, &options, &table);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_int_equal(code, RL_EXIT_OK);
    assert_int_equal(table.n, 1);
    assert_int_equal(table.rows[0].candidate.process.pid, pid);
    assert_true(table.rows[0].oom_score_known);
    if (table.rows[0].kernel_score_known && table.rows[0].kernel_score == 0)
        assert_int_equal(rl_table_agreement(&table, &table.rows[0]), RL_AGREES_MOVING);
    rl_process_table_free(&table);
    rl_probe_close(&probe);
}

/* Every process is listed, a zombie as one that holds nothing; but who is asked for is gone. */
static void test_zombie(void **state)
{
    struct rl_table_options options = {.model = rl_model_find("linux"), .system = true};
    const struct rl_args args = {0};
    const struct rl_table_row *row = NULL;
    struct rl_process_table table;
    struct rl_probe probe;
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    assert_true(pid > 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(rl_table_probe(&args, true, &probe), RL_EXIT_OK);
    assert_int_equal(rl_process_table_read(&probe, &options, &table), RL_EXIT_OK);
    for (size_t i = 0; i < table.n; i++)
        if (table.rows[i].candidate.process.pid == pid)
            row = &table.rows[i];
    assert_non_null(row);
    assert_false(rl_table_eligible(row));
    assert_int_equal(rl_table_reason(row), RL_SPARED_NO_MEMORY);
    assert_int_equal(rl_table_agreement(&table, row), RL_AGREES);
    rl_process_table_free(&table);
    options.pid = pid;
    assert_int_equal(rl_process_table_read(&probe, &options, &table), RL_EXIT_OK);
    assert_int_equal(table.n, 0);
    rl_process_table_free(&table);
    rl_probe_close(&probe);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void write_level(const struct folder *folder, const char *path, const char *max,
    const char *high, const char *swap)
{
    static const struct {
        const char *name;
        int index;
    } files[] = {{"memory.max", 0}, {"memory.high", 1}, {"memory.swap.max", 2}};
    const char *const values[] = {max, high, swap};
    char name[512];

    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s/%s", path, files[i].name);
        folder_write(folder, name, values[files[i].index]);
    }
    snprintf(name, sizeof(name), "%s/memory.current", path);
    folder_write(folder, name, "1048576\n");
    snprintf(name, sizeof(name), "%s/memory.swap.current", path);
    folder_write(folder, name, "0\n");
    snprintf(name, sizeof(name), "%s/memory.stat", path);
    folder_write(folder, name, "anon 1048576\nfile 0\nshmem 0\nslab_reclaimable 0\n");
}

static void test_levels(void **state)
{
    struct rl_level levels[RL_DEPTH_MAX];
    struct folder folder;
    char text[64];
    size_t n = 77;

    folder_new(&folder);
    write_level(&folder, "a", "104857600\n", "max\n", "0\n");
    write_level(&folder, "a/b", "max\n", "52428800\n", "max\n");
    assert_int_equal(rl_levels_read(folder.fd, "/a/b", levels, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(levels[0].memory_max, RL_NO_LIMIT);
    assert_int_equal(levels[0].memory_high, 50 * M);
    assert_int_equal(levels[0].swap_max, RL_NO_LIMIT);
    assert_int_equal(levels[1].memory_max, 100 * M);
    assert_int_equal(levels[1].swap_max, 0);
    assert_true(levels[1].used_known);
    assert_int_equal(levels[1].used, M);
    assert_string_equal(rl_levels_path("/a/b", n, 0, text, sizeof(text)), "/a/b");
    assert_string_equal(rl_levels_path("/a/b", n, 1, text, sizeof(text)), "/a");
    assert_string_equal(rl_levels_path("/a/b", n, RL_LEVEL_NODE, text, sizeof(text)), "node");

    assert_int_equal(rl_levels_read(folder.fd, "/", levels, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(rl_levels_read(folder.fd, "/a/b/none/c", levels, &n), -ENOENT);
    assert_int_equal(n, 2); /* those above hold all the same */
    assert_int_equal(levels[0].memory_high, 50 * M);
    assert_int_equal(levels[1].memory_max, 100 * M);
    assert_string_equal(rl_levels_path("/a/b/none/c", n, 1, text, sizeof(text)), "/a");
    assert_int_equal(rl_levels_read(folder.fd, "/a/../a", levels, &n), -EINVAL);
    assert_int_equal(rl_levels_read(folder.fd, "/..", levels, &n), -EINVAL);
    folder_link(&folder, "a/out", "/proc");
    assert_int_equal(rl_levels_read(folder.fd, "/a/out", levels, &n), -ENOTDIR);
    folder_free(&folder);
}

static void test_deep(void **state)
{
    struct rl_level levels[RL_DEPTH_MAX];
    struct folder folder;
    char path[512] = "", shown[512];
    size_t n = 0;

    folder_new(&folder);
    for (int i = 0; i < RL_DEPTH_MAX + 8; i++) {
        strcat(path, "/d");
        write_level(&folder, path + 1, i == 0 ? "1048576\n" : "max\n", "max\n", "max\n");
    }
    assert_int_equal(rl_levels_read(folder.fd, path, levels, &n), 0);
    assert_int_equal(n, RL_DEPTH_MAX);
    assert_int_equal(levels[n - 1].memory_max, M);
    assert_string_equal(rl_levels_path(path, n, (int)n - 1, shown, sizeof(shown)), "/d");
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_against_its_own),
        cmocka_unit_test(test_against_a_cgroup),
        cmocka_unit_test(test_against_the_machine),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_vfork),
        cmocka_unit_test(test_zombie),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
