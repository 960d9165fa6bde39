/* Hooks in cgroups of their own, on the running kernel: needs a cgroup2 mount that can be written
 * to. */
#include "tests/unit/unit.h"

#include <sys/xattr.h>

#include "tests/unit/cgroups.h"
#include "tests/unit/hooks.h"

static int set_up_in_cgroup(void **state)
{
    int fd = make("reliefd");

    set_up_at(state, fd);
    close(fd);
    ((struct world *)*state)->fds--;
    return 0;
}

static int tear_down_in_cgroup(void **state)
{
    int r = tear_down(state);

    clear();
    return r;
}

/* The cgroups of hooks that are there. */
static size_t cgroups_left(void)
{
    int fd = openat(base_fd, "reliefd/hooks", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    size_t n = 0;

    while (dir && (entry = readdir(dir)))
        n += entry->d_type == DT_DIR && entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

static bool cgroups_vanish(void)
{
    uint64_t deadline = now_us() + LONG_US;

    while (cgroups_left() > 0 && now_us() < deadline)
        usleep(1000);
    return cgroups_left() == 0;
}

static const char *script_in_folder(const struct world *world, const char *text)
{
    char whole[1024];

    snprintf(whole, sizeof(whole), "cd %s\n%s", world->folder.path, text);
    return script(world, "hook", whole);
}

static void run_in_folder(struct world *world, const char *text, struct end *end)
{
    struct rl_hook_order order = order_of(script_in_folder(world, text));

    run_order(world, &order, end);
}

static void test_own_cgroup(void **state)
{
    struct world *world = *state;
    char expected[256];
    struct end end;

    run_in_folder(world, "grep ^0:: /proc/self/cgroup >cgroup; echo $PPID >parent", &end);
    assert_int_equal(end.result.outcome, RL_HOOK_GO_ON);
    snprintf(expected, sizeof(expected), "/reliefd/hooks/%d\n", (int)pid_in(world, "parent"));
    assert_non_null(strstr(text_of(world, "cgroup"), expected));
    assert_true(cgroups_vanish());

    /* Nothing stays of the daemon either. */
    world->hooks = rl_hooks_free(world->hooks);
    assert_int_equal(faccessat(base_fd, "reliefd/hooks", F_OK, 0), -1);
}

static void test_all_die(void **state)
{
    struct world *world = *state;
    struct end end;

    run_in_folder(world,
        "setsid sh -c 'echo $$ >far; sleep 600' &\n"
        "while ! [ -s far ]; do sleep 0.01; done; exit 10",
        &end);
    assert_true(vanishes(pid_in(world, "far")));
    assert_true(cgroups_vanish());
}

/* The helper clears up after it. */
static void test_minder_dies(void **state)
{
    struct world *world = *state;
    struct rl_hook_order order = order_of(script_in_folder(
        world, "echo $PPID >parent\nsetsid sh -c 'echo $$ >far; sleep 600' &\nsleep 600"));
    struct end end;

    start(world, &order, &end);
    pid_in(world, "far");
    assert_int_equal(kill(pid_in(world, "parent"), SIGKILL), 0);
    assert_true(run_until(world->event, &end.over));
    assert_int_equal(end.result.outcome, RL_HOOK_FAILED);
    assert_true(vanishes(pid_in(world, "far")));
    assert_true(cgroups_vanish());
}

static void test_whose_cgroup(void **state)
{
    int fd = make("own"), found;
    char *name = strrchr(base, '/');
    char path[256];

    snprintf(path, sizeof(path), "%s/own", name);
    assert_int_equal(rl_hook_cgroup(root_fd, path, true), -EPERM);
    found = rl_hook_cgroup(root_fd, path, false);
    assert_true(found >= 0);
    assert_int_equal(id_of(found), id_of(fd));
    close(found);
    assert_int_equal(rl_hook_cgroup(root_fd, "", false), -ENOENT);
    assert_int_equal(rl_hook_cgroup(root_fd, "/nowhere", false), -ENOENT);
    if (fsetxattr(fd, "trusted.delegate", "1", 1, 0) == 0) {
        found = rl_hook_cgroup(root_fd, path, true);
        assert_true(found >= 0);
        close(found);
        assert_int_equal(fsetxattr(fd, "trusted.delegate", "0", 1, 0), 0);
        assert_int_equal(rl_hook_cgroup(root_fd, path, true), -EPERM);
    }
    close(fd);
    clear();
}

#define IN_CGROUP(test) cmocka_unit_test_setup_teardown(test, set_up_in_cgroup, tear_down_in_cgroup)

static int run_all(void)
{
    const struct CMUnitTest tests[] = {
        IN_CGROUP(test_own_cgroup),
        IN_CGROUP(test_all_die),
        IN_CGROUP(test_minder_dies),
        cmocka_unit_test(test_whose_cgroup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return run_in_cgroup(run_all);
}
