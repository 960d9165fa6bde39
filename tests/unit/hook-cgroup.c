/* Hooks in cgroups of their own, on the running kernel: needs a cgroup2 mount that can be written
 * to. */
#include "tests/unit/unit.h"

#include <sys/xattr.h>

#include "daemon/relieve/hook.h"
#include "daemon/report/log.h"
#include "tests/unit/cgroups.h"
#include "tests/unit/folder.h"

#define LONG_US (PATIENCE_S * UINT64_C(1000000))

struct world {
    struct folder folder;
    sd_event *event;
    struct rl_hooks *hooks;
    size_t fds;
};

struct end {
    bool over;
    struct rl_hook_result result;
};

static void on_end(void *userdata, const struct rl_hook_result *result)
{
    struct end *end = userdata;

    end->over = true;
    end->result = *result;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct rl_hooks_options options = {0};

    world->fds = count_fds();
    folder_new(&world->folder);
    assert_true(sd_event_new(&world->event) >= 0);
    options.cgroup_fd = make("reliefd");
    assert_int_equal(rl_hooks_new(world->event, &options, &world->hooks), 0);
    close(options.cgroup_fd);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    rl_hooks_free(world->hooks);
    sd_event_unref(world->event);
    clear();
    folder_free(&world->folder);
    assert_int_equal(count_fds(), world->fds);
    free(world);
    return 0;
}

static const char *script(const struct world *world, const char *text)
{
    static char path[128];
    char whole[4096];

    snprintf(whole, sizeof(whole), "#!/bin/sh\ncd %s\n%s\n", world->folder.path, text);
    folder_write(&world->folder, "hook", whole);
    assert_int_equal(fchmodat(world->folder.fd, "hook", 0755, 0), 0);
    snprintf(path, sizeof(path), "%s/hook", world->folder.path);
    return path;
}

static const char *text_of(const struct world *world, const char *name)
{
    static char text[4096];
    int fd = openat(world->folder.fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    assert_true(n >= 0);
    text[n] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

static pid_t pid_in(const struct world *world, const char *name)
{
    uint64_t deadline = now_us() + LONG_US;

    while (!strchr(text_of(world, name), '\n') && now_us() < deadline)
        usleep(1000);
    return (pid_t)atoi(text_of(world, name));
}

static bool vanishes(pid_t pid)
{
    uint64_t deadline = now_us() + LONG_US;

    assert_true(pid > 1);
    while (kill(pid, 0) == 0 && now_us() < deadline)
        usleep(1000);
    return kill(pid, 0) < 0;
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

static struct end run_script(struct world *world, const char *text)
{
    struct rl_hook_order order = {.path = script(world, text), .limit_us = LONG_US};
    struct end end = {0};

    assert_int_equal(rl_hook_run(world->hooks, &order, on_end, &end, NULL), 0);
    assert_true(run_until(world->event, &end.over));
    return end;
}

static void test_own_cgroup(void **state)
{
    struct world *world = *state;
    struct end end = run_script(world, "grep ^0:: /proc/self/cgroup >cgroup; echo $PPID >parent");
    char expected[256];

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

    run_script(world, "setsid sh -c 'echo $$ >far; sleep 600' &\n"
                      "while ! [ -s far ]; do sleep 0.01; done; exit 10");
    assert_true(vanishes(pid_in(world, "far")));
    assert_true(cgroups_vanish());
}

/* The helper clears up after it. */
static void test_minder_dies(void **state)
{
    struct world *world = *state;
    struct rl_hook_order order = {
        .path = script(world, "echo $PPID >parent\n"
                              "setsid sh -c 'echo $$ >far; sleep 600' &\nsleep 600"),
        .limit_us = LONG_US,
    };
    struct end end = {0};

    assert_int_equal(rl_hook_run(world->hooks, &order, on_end, &end, NULL), 0);
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

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static int run_all(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_own_cgroup),
        WORLD(test_all_die),
        WORLD(test_minder_dies),
        cmocka_unit_test(test_whose_cgroup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return run_in_cgroup(run_all);
}
