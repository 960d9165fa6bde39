/* Hooks when the helper, whoever watches over them, or the daemon dies. */
#include "tests/unit/unit.h"

#include "tests/unit/hooks.h"

static void test_helper_dies(void **state)
{
    struct world *world = *state;
    struct rl_hook_order order = order_of(script(world, "hook", "exit 10"));
    pid_t helper = rl_hooks_helper(world->hooks);
    struct end end = {0};
    uint64_t deadline = now_us() + LONG_US;
    siginfo_t info;
    int r;

    assert_true(helper > 1);
    assert_int_equal(rl_hooks_mend(world->hooks), 0);
    assert_int_equal(rl_hooks_helper(world->hooks), helper);
    assert_int_equal(kill(helper, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)helper, &info, WEXITED | WNOWAIT), 0);
    /* Not known yet. */
    r = rl_hook_run(world->hooks, &order, on_end, &end, NULL);
    assert_int_equal(r, -EPIPE);
    while (rl_hooks_helper(world->hooks) > 0 && now_us() < deadline)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    assert_int_equal(rl_hooks_helper(world->hooks), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rl_hook_run(world->hooks, &order, on_end, &end, NULL), -ESRCH);
    run_idle(world->event);
    assert_int_equal(end.calls, 0);
    assert_int_equal(count(log_of(world), "was killed by signal 9"), 1);

    assert_int_equal(rl_hooks_mend(world->hooks), 0);
    assert_int_not_equal(rl_hooks_helper(world->hooks), helper);
    assert_int_equal(run_order(world, &order, &end), RL_HOOK_VETO);
}

/* A hook that runs already is not the helper's any more. */
static void test_helper_dies_meanwhile(void **state)
{
    struct world *world = *state;
    pid_t helper = rl_hooks_helper(world->hooks);
    struct rl_hook_order order;
    struct end end;
    siginfo_t info;
    char text[256];

    snprintf(text, sizeof(text),
        "cd %s; echo $$ >self; while ! [ -e go ]; do sleep 0.01; done; exit 10",
        world->folder.path);
    order = order_of(script(world, "hook", text));
    start(world, &order, &end);
    pid_in(world, "self");
    assert_int_equal(kill(helper, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)helper, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(rl_hook_run(world->hooks, &order, on_end, &end, NULL), -EPIPE);
    folder_write(&world->folder, "go", "");
    assert_true(run_until(world->event, &end.over));
    assert_int_equal(end.result.outcome, RL_HOOK_VETO);
}

/* The minder is the parent of the hook. */
static void test_minder_dies(void **state)
{
    struct world *world = *state;
    char text[256];
    struct rl_hook_order order;
    struct end end;

    snprintf(text, sizeof(text), "cd %s; echo $PPID >parent; echo $$ >self; sleep 600; exit 0",
        world->folder.path);
    order = order_of(script(world, "hook", text));
    start(world, &order, &end);
    pid_in(world, "self");
    assert_int_equal(kill(pid_in(world, "parent"), SIGKILL), 0);
    assert_true(run_until(world->event, &end.over));
    assert_int_equal(end.result.outcome, RL_HOOK_FAILED);
    assert_string_equal(end.why, "who watched over it has died");
    assert_true(vanishes(pid_in(world, "self")));
}

/* A whole daemon in a child, which hears nothing but its end. */
static void be_daemon(const struct world *world, int ready)
{
    const struct rl_hooks_options options = {.cgroup_fd = -1};
    struct rl_hook_order order = order_of(
        script(world, "hook", family(world, "while :; do sleep 1; done")));
    struct rl_hooks *hooks = NULL;
    struct end end = {0};
    sd_event *event = NULL;
    pid_t helper;

    if (sd_event_new(&event) < 0 || rl_hooks_new(event, &options, &hooks) < 0 ||
        rl_hook_run(hooks, &order, on_end, &end, NULL) < 0)
        _exit(1);
    helper = rl_hooks_helper(hooks);
    if (write(ready, &helper, sizeof(helper)) != sizeof(helper))
        _exit(1);
    sd_event_loop(event);
    _exit(0);
}

static void test_daemon_killed(void **state)
{
    struct world *world = *state;
    pid_t pid, helper = 0;
    int ready[2];

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0)
        be_daemon(world, ready[1]);
    assert_int_equal(read(ready[0], &helper, sizeof(helper)), sizeof(helper));
    pid_in(world, "self");
    put_down(pid);
    assert_true(vanishes(helper));
    assert_family_dies(world);
    close(ready[0]);
    close(ready[1]);
}

/* Signals for the whole unit or terminal are not for the helper. */
static void test_helper_keeps_its_head(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct world *world = *state;
    struct end end;
    sigset_t own;

    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &own), 0);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        assert_int_equal(sigismember(&own, signals[i]), 0);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        assert_int_equal(kill(rl_hooks_helper(world->hooks), signals[i]), 0);
    assert_int_equal(run_script(world, "exit 10", &end), RL_HOOK_VETO);
}

/* The descriptors of the daemon are not in the helper either: nobody waits for an end of file
 * that it keeps from coming. */
static void test_helper_holds_nothing(void **state)
{
    struct world *world = *state;
    char path[64], target[64];
    struct end end;
    size_t n = 0;
    DIR *dir;

    run_script(world, "exit 0", &end); /* it has begun, then */
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)rl_hooks_helper(world->hooks));
    dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    for (char name[] = "0"; name[0] <= '2'; name[0]++) {
        ssize_t length = readlinkat(dirfd(dir), name, target, sizeof(target));

        assert_int_equal(length, strlen("/dev/null"));
        assert_memory_equal(target, "/dev/null", strlen("/dev/null"));
    }
    closedir(dir);
    assert_int_equal(n, 2 + 5); /* . and .., three of /dev/null, requests, signals */
}

static void test_end(void **state)
{
    struct world *world = *state;
    struct rl_hook_order order = order_of(
        script(world, "hook", family(world, "while :; do sleep 1; done")));
    struct end end;

    start(world, &order, &end);
    pid_in(world, "self");
    pid_t helper = rl_hooks_helper(world->hooks);
    world->hooks = rl_hooks_free(world->hooks);
    assert_true(vanishes(helper));
    assert_family_dies(world);
    assert_int_equal(end.calls, 0);
    assert_null(rl_hooks_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_helper_dies),
        WORLD(test_helper_dies_meanwhile),
        WORLD(test_minder_dies),
        WORLD(test_daemon_killed),
        WORLD(test_helper_keeps_its_head),
        WORLD(test_helper_holds_nothing),
        WORLD(test_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
