/* Where paths of /proc/PID/cgroup are below the mount, from within a cgroup namespace. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/cgroup-view.h"

static void test_path(void **state)
{
    static const struct {
        const char *root, *seen, *path; /* NULL: none */
    } rows[] = {
        {"", "/", "/"},
        {"", "/a/b", "/a/b"},
        {"", "/../a", NULL},
        {"", "/..a", "/..a"},
        {"/a", "/", "/a"},
        {"/a", "/b", "/a/b"},
        {"/a", "/..", "/"},
        {"/a", "/../b", "/b"},
        {"/a/b/c", "/..", "/a/b"},
        {"/a/b/c", "/../..", "/a"},
        {"/a/b/c", "/../../x/y", "/a/x/y"},
        {"/a/b/c", "/../../../x", "/x"},
        {"/a/b/c", "/../../../..", NULL},
        {"/a/b/c", "/../../../../x", NULL},
        {"/a/b/c", "/..x", "/a/b/c/..x"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_cgroup_view view;
        char buf[64];
        const char *path;

        strcpy(view.root, rows[i].root);
        path = rl_cgroup_view_path(&view, rows[i].seen, buf, sizeof(buf));
        if (!rows[i].path)
            assert_null(path);
        else
            assert_string_equal(path, rows[i].path);
    }
}

/* One byte too few, and just enough. */
static void test_path_size(void **state)
{
    struct rl_cgroup_view view = {.root = "/abc"};
    char buf[64];

    for (size_t size = 0; size < sizeof(buf); size++) {
        const char *path = rl_cgroup_view_path(&view, "/def", buf, size);

        if (size < strlen("/abc/def") + 1)
            assert_null(path);
        if (path)
            assert_string_equal(path, "/abc/def");
    }
}

static void put(int fd, const char *name, const char *text)
{
    int file = openat(fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

/* A tree as the host has it, and what a process in /pods/one/inner is told of itself. */
static void test_find(void **state)
{
    static const struct {
        const char *seen; /* of us; "" for no cgroup2 line */
        bool listed;      /* we are in /pods/one/inner */
        const char *root;
    } rows[] = {
        {"0::/pods/one/inner\n", true, ""},
        {"0::/\n", true, "/pods/one/inner"},
        {"0::/inner\n", true, "/pods/one"},
        {"0::/one/inner\n", true, "/pods"},
        {"0::/other\n", true, ""}, /* contradicts what the tree says */
        {"0::/..\n", true, ""},
        {"0::/\n", false, ""},
        {"12:memory:/x\n", true, ""},
    };
    char dir[] = "/tmp/reliefd-view-XXXXXX", command[64], pid[32];
    int fd;

    assert_non_null(mkdtemp(dir));
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (const char *const *d = (const char *const[]){"self", "pods", "pods/empty", "pods/one",
             "pods/one/inner", "zone", NULL};
         *d; d++) {
        char name[64];

        assert_int_equal(mkdirat(fd, *d, 0755), 0);
        snprintf(name, sizeof(name), "%s/cgroup.procs", *d);
        put(fd, name, "1\n2\n");
    }
    put(fd, "cgroup.procs", "1\n");
    snprintf(pid, sizeof(pid), "1\n%d\n", (int)getpid());
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_cgroup_view view;

        put(fd, "self/cgroup", rows[i].seen);
        put(fd, "pods/one/inner/cgroup.procs", rows[i].listed ? pid : "1\n");
        assert_int_equal(rl_cgroup_view_find(fd, fd, &view), 0);
        assert_string_equal(view.root, rows[i].root);
        assert_int_equal(rl_cgroup_view_find(fd, -1, &view), 0);
        assert_string_equal(view.root, "");
    }
    close(fd);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_path_size),
        cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
