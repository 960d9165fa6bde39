/* Freezing for a while, on the running kernel. */
#include "tests/unit/unit.h"

#include "daemon/relieve/measure.h"
#include "tests/unit/cgroups.h"
#include "tests/unit/folder.h"

#define LONG_US (600 * UINT64_C(1000000))

struct bench {
    sd_event *event;
    struct folder top;
    char runtime[128];
    struct rl_guardian *guardian;
    struct rl_measures *measures;
    size_t fds;
};

static void open_bench(struct bench *b)
{
    struct rl_guard_options options = {
        .runtime_dir = b->runtime,
        .proc_fd = proc_fd,
        .cgroup_root_fd = root_fd,
        .page_size = 4096,
    };

    assert_int_equal(sd_event_new(&b->event), 0);
    assert_int_equal(rl_guard_new(b->event, &options, &b->guardian), 0);
    assert_int_equal(rl_measures_new(b->guardian, &b->measures), 0);
}

static void close_bench(struct bench *b)
{
    b->measures = rl_measures_free(b->measures);
    b->guardian = rl_guard_free(b->guardian);
    b->event = sd_event_unref(b->event);
}

static int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->fds = count_fds();
    folder_new(&b->top);
    snprintf(b->runtime, sizeof(b->runtime), "%s/run", b->top.path);
    open_bench(b);
    *state = b;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *b = *state;

    close_bench(b);
    folder_free(&b->top);
    clear();
    assert_int_equal(count_fds(), b->fds);
    free(b);
    return 0;
}

static void on_news(void *userdata, int what)
{
    *(int *)userdata = what;
}

/* Room for what is told; no news yet. */
#define NO_NEWS (-1000)

static int freeze(struct bench *b, int fd, const char *name, uint64_t limit_us, int *news,
    struct rl_measure **ret)
{
    char path[5000];

    *news = NO_NEWS;
    snprintf(path, sizeof(path), "/%s/%s", strrchr(base, '/') + 1, name);
    return rl_measure_freeze(b->measures,
        &(struct rl_guard_place){.fd = fd, .id = id_of(fd), .path = path}, limit_us, on_news, news,
        ret);
}

static bool is_frozen(int fd)
{
    char text[256];

    assert_true(rl_read_at(fd, "cgroup.events", text, sizeof(text)) > 0);
    return strstr(text, "frozen 1") != NULL;
}

static void wait_frozen(struct bench *b, int fd, bool frozen)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (is_frozen(fd) != frozen && now_us() < deadline) {
        if (b)
            assert_true(sd_event_run(b->event, 10000) >= 0);
        else
            usleep(1000);
    }
    assert_true(is_frozen(fd) == frozen);
}

static void wait_news(struct bench *b, const int *news, int expected)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (*news != expected && now_us() < deadline)
        assert_true(sd_event_run(b->event, 10000) >= 0);
    assert_int_equal(*news, expected);
}

/* The file goes when the loop is idle. */
static void expect_no_state(struct bench *b)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    int r = 0;

    while (r == 0 && now_us() < deadline) {
        assert_true(sd_event_run(b->event, 10000) >= 0);
        r = faccessat(b->top.fd, "run/" RL_GUARD_STATE, F_OK, 0);
    }
    assert_int_equal(r, -1);
}

static void test_freeze(void **state)
{
    struct bench *b = *state;
    int fd = make("a"), below = make("a/b"), news;
    struct rl_measure *m = NULL;

    spawn_in(fd, child_ignores_term);
    spawn_in(below, child_ignores_term);
    assert_int_equal(freeze(b, fd, "a", LONG_US, &news, &m), 0);
    wait_frozen(b, fd, true);
    wait_frozen(b, below, true);
    wait_news(b, &news, RL_MEASURE_TAKEN);
    rl_measure_release(m);
    wait_frozen(b, below, false);
    assert_int_equal(first_of(fd, "cgroup.freeze"), '0');
    expect_no_state(b);
    close(fd);
    close(below);
}

static void test_time_up(void **state)
{
    struct bench *b = *state;
    int fd = make("a"), news;
    struct rl_measure *m = NULL;

    spawn_in(fd, child_ignores_term);
    assert_int_equal(freeze(b, fd, "a", 200000, &news, &m), 0);
    wait_news(b, &news, RL_MEASURE_TIME_UP);
    wait_frozen(b, fd, false);
    rl_measure_release(m);
    close(fd);
}

/* Nobody turns the loop. */
static void test_loop_hangs(void **state)
{
    struct bench *b = *state;
    int fd = make("a"), news;
    struct rl_measure *m = NULL;

    spawn_in(fd, child_ignores_term);
    assert_int_equal(freeze(b, fd, "a", 3000000, &news, &m), 0);
    wait_frozen(NULL, fd, true);
    wait_frozen(NULL, fd, false);
    wait_news(b, &news, RL_MEASURE_TIME_UP);
    rl_measure_release(m);
    close(fd);
}

static void test_foreign_thaw(void **state)
{
    struct bench *b = *state;
    int fd = make("a"), news;
    struct rl_measure *m = NULL;

    assert_int_equal(freeze(b, fd, "a", LONG_US, &news, &m), 0);
    wait_news(b, &news, RL_MEASURE_TAKEN);
    run_idle(b->event); /* the watch on the file stands */
    assert_int_equal(write_to(fd, "cgroup.freeze", "0"), 0);
    wait_news(b, &news, RL_MEASURE_FOREIGN);
    rl_measure_release(m);
    assert_int_equal(write_to(fd, "cgroup.freeze", "1"), 0); /* he freezes it for himself */
    assert_int_equal(freeze(b, fd, "a", LONG_US, &news, &m), RL_MEASURE_NEEDLESS);
    run_idle(b->event);
    assert_int_equal(first_of(fd, "cgroup.freeze"), '1');
    close(fd);
}

static void test_never_with_self(void **state)
{
    struct bench *b = *state;
    int fd = make("a"), below = make("a/b"), news;
    struct rl_measure *m = NULL;

    enter(below, getpid());
    assert_int_equal(freeze(b, fd, "a", 200000, &news, &m), -EPERM);
    assert_int_equal(freeze(b, below, "a/b", 200000, &news, &m), -EPERM);
    go_home();
    assert_int_equal(freeze(b, root_fd, "", 200000, &news, &m), -EPERM);
    close(fd);
    close(below);
}

/* Removed while it is frozen. */
static void test_removed(void **state)
{
    struct bench *b = *state;
    int fd = make("a"), news;
    struct rl_measure *m = NULL;

    assert_int_equal(freeze(b, fd, "a", LONG_US, &news, &m), 0);
    wait_news(b, &news, RL_MEASURE_TAKEN);
    assert_int_equal(unlinkat(base_fd, "a", AT_REMOVEDIR), 0);
    rl_measure_release(m);
    expect_no_state(b);
    assert_int_equal(freeze(b, fd, "a", LONG_US, &news, &m), -ENOENT);
    close(fd);
}

static void test_end_thaws(void **state)
{
    struct bench *b = *state;
    int fd = make("a"), news;
    struct rl_measure *m = NULL;

    assert_int_equal(freeze(b, fd, "a", LONG_US, &news, &m), 0);
    close_bench(b);
    assert_int_equal(first_of(fd, "cgroup.freeze"), '0');
    open_bench(b);
    close(fd);
}

/* Killed with a cgroup frozen: the cgroup stays frozen until somebody restores. */
static void test_crash(void **state)
{
    struct bench *b = *state;
    int fd = make("a"), status = 0;
    struct rl_guard_roots roots = {
        .runtime_dir = b->runtime, .cgroup_root_fd = root_fd, .proc_fd = proc_fd};
    struct rl_guard_restored result;

    for (int by_start = 0; by_start < 2; by_start++) {
        pid_t pid;

        close_bench(b);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct rl_measure *m = NULL;
            int news;

            open_bench(b);
            if (freeze(b, fd, "a", LONG_US, &news, &m) != 0)
                _exit(1);
            for (int i = 0; i < 1000 && news != RL_MEASURE_TAKEN; i++)
                sd_event_run(b->event, 20000);
            kill(getpid(), SIGKILL);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(first_of(fd, "cgroup.freeze"), '1');
        if (!by_start) {
            assert_int_equal(rl_guard_restore(&roots, &result), 0);
            assert_int_equal(result.restored, 1);
            assert_int_equal(first_of(fd, "cgroup.freeze"), '0');
        }
        open_bench(b);
        assert_int_equal(first_of(fd, "cgroup.freeze"), '0');
    }
    close(fd);
}

static int run_all(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_freeze, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_time_up, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_loop_hangs, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_foreign_thaw, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_never_with_self, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_removed, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_end_thaws, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(test_crash, bench_setup, bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return run_in_cgroup(run_all);
}
