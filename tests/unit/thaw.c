#include "tests/unit/unit.h"

#include "daemon/relieve/thaw.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

#define NEVER_US (UINT64_C(3600) * 1000000)

struct fixture {
    struct folder top;
    struct rl_thaw *thaw;
    size_t fds;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->fds = count_fds();
    folder_new(&f->top);
    assert_int_equal(rl_thaw_new(&f->thaw), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->thaw = rl_thaw_free(f->thaw);
    folder_free(&f->top);
    assert_int_equal(count_fds(), f->fds);
    free(f);
    return 0;
}

static int make(const struct fixture *f, const char *name, const char *state)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "%s/cgroup.freeze", name);
    folder_write(&f->top, path, state);
    fd = openat(f->top.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void set(struct fixture *f, size_t slot, const char *name, uint64_t in_us)
{
    int fd = make(f, name, "1\n");

    assert_int_equal(rl_thaw_at(f->thaw, slot, fd, now_us() + in_us), 0);
    close(fd);
}

static char state_of(const struct fixture *f, const char *name)
{
    char path[64], text[16];

    snprintf(path, sizeof(path), "%s/cgroup.freeze", name);
    assert_true(rl_read_at(f->top.fd, path, text, sizeof(text)) > 0);
    return text[0];
}

static void wait_thawed(const struct fixture *f, const char *name)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (state_of(f, name) != '0' && now_us() < deadline)
        usleep(1000);
    assert_int_equal(state_of(f, name), '0');
}

/* Each in its time, whatever the order in which they were made. */
static void test_in_time(void **state)
{
    struct fixture *f = *state;

    set(f, 0, "never", NEVER_US);
    set(f, 1, "later", 50000);
    set(f, 2, "now", 0);
    wait_thawed(f, "now");
    wait_thawed(f, "later");
    set(f, 1, "again", 1000);
    wait_thawed(f, "again");
    assert_int_equal(state_of(f, "never"), '1');
}

static void test_cancelled(void **state)
{
    struct fixture *f = *state;

    set(f, 0, "a", NEVER_US);
    set(f, 1, "b", 100000);
    set(f, 2, "c", 100000);
    rl_thaw_cancel(f->thaw, 1);
    rl_thaw_cancel(f->thaw, 1);
    rl_thaw_cancel(f->thaw, RL_THAW_SLOTS - 1);
    set(f, 2, "d", 100000); /* in the place of the other one */
    wait_thawed(f, "d");
    set(f, 3, "e", 100000); /* by then all the others' time is up */
    wait_thawed(f, "e");
    assert_int_equal(state_of(f, "b"), '1');
    assert_int_equal(state_of(f, "c"), '1');
    assert_int_equal(state_of(f, "a"), '1');
}

/* Somebody else has thawed it; nothing is written then. */
static void test_thawed_already(void **state)
{
    struct fixture *f = *state;
    int fd = make(f, "a", "x\n");

    assert_int_equal(rl_thaw_at(f->thaw, 0, fd, now_us()), 0);
    close(fd);
    set(f, 1, "b", 50000);
    wait_thawed(f, "b");
    assert_int_equal(state_of(f, "a"), 'x');
}

static void test_cannot(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(rl_thaw_at(f->thaw, 0, f->top.fd, now_us()), -ENOENT);
    folder_link(&f->top, "cgroup.freeze", "/dev/null");
    assert_int_equal(rl_thaw_at(f->thaw, 0, f->top.fd, now_us()), -ELOOP);
    assert_null(rl_thaw_free(NULL));
}

/* The end keeps no appointment. */
static void test_end(void **state)
{
    struct fixture *f = *state;

    set(f, 0, "a", NEVER_US);
    f->thaw = rl_thaw_free(f->thaw);
    assert_int_equal(state_of(f, "a"), '1');
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thawed_already, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cannot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
