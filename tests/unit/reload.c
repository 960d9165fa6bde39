#include "tests/unit/unit.h"

#include "daemon/reload.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

struct fixture {
    struct folder folder;
    char paths[2][128];
    sd_event *event;
    struct rl_reload *reload;
    unsigned calls;
    bool called;
    size_t fds;
};

static void on_changed(void *userdata)
{
    struct fixture *f = userdata;

    f->calls++;
    f->called = true;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->fds = count_fds();
    folder_new(&f->folder);
    assert_int_equal(sd_event_new(&f->event), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_null(rl_reload_free(f->reload));
    sd_event_unref(f->event);
    folder_free(&f->folder);
    assert_int_equal(count_fds(), f->fds);
    free(f);
    return 0;
}

/* Watch two folders below the test's own. */
static void start(struct fixture *f, const char *first, const char *second)
{
    const char *dirs[3] = {f->paths[0], second ? f->paths[1] : NULL, NULL};

    snprintf(f->paths[0], sizeof(f->paths[0]), "%s/%s", f->folder.path, first);
    snprintf(f->paths[1], sizeof(f->paths[1]), "%s/%s", f->folder.path, second ? second : "");
    assert_int_equal(rl_reload_new(f->event, dirs, on_changed, f, &f->reload), 0);
    run_idle(f->event);
    assert_int_equal(f->calls, 0);
}

static void expect_change(struct fixture *f, const char *what)
{
    if (!run_until(f->event, &f->called))
        fail_msg("not noticed: %s", what);
    f->called = false;
}

/* Longer than a change would take to be told: it tells that there was none. */
static void expect_quiet(struct fixture *f)
{
    uint64_t until = now_us() + 2 * RL_RELOAD_QUIET_US;

    while (now_us() < until)
        assert_true(sd_event_run(f->event, 50000) >= 0);
    assert_false(f->called);
}

static void test_files(void **state)
{
    struct fixture *f = *state;

    folder_write(&f->folder, "p/a.conf", "");
    folder_write(&f->folder, "p/b.conf.d/x.conf", "");
    start(f, "p", NULL);
    folder_write(&f->folder, "p/a.conf", "changed");
    expect_change(f, "a file that was written");
    folder_write(&f->folder, "p/new.conf", "new");
    expect_change(f, "a new file");
    assert_int_equal(fchmodat(f->folder.fd, "p/new.conf", 0600, 0), 0);
    expect_change(f, "another mode");
    assert_int_equal(renameat(f->folder.fd, "p/new.conf", f->folder.fd, "p/other.conf"), 0);
    expect_change(f, "another name");
    assert_int_equal(unlinkat(f->folder.fd, "p/other.conf", 0), 0);
    expect_change(f, "a file that was removed");
    folder_link(&f->folder, "p/masked.conf", "/dev/null");
    expect_change(f, "a link");
    folder_write(&f->folder, "p/b.conf.d/x.conf", "changed");
    expect_change(f, "a part that was written");
    folder_write(&f->folder, "p/new.conf.d/y.conf", "");
    expect_change(f, "a new folder of parts");
    folder_write(&f->folder, "p/new.conf.d/y.conf", "changed");
    expect_change(f, "a part in a new folder");
}

static void test_not_ours(void **state)
{
    struct fixture *f = *state;

    folder_write(&f->folder, "p/b.conf.d/x.conf", "");
    start(f, "p", NULL);
    folder_write(&f->folder, "p/README", "x");
    folder_write(&f->folder, "p/.a.conf.swp", "x");
    folder_write(&f->folder, "p/.hidden.conf", "x");
    folder_write(&f->folder, "p/a.conf~", "x");
    folder_write(&f->folder, "p/b.conf.d/z", "x");
    folder_write(&f->folder, "p/sub/a.conf", "x");
    folder_write(&f->folder, "q.conf", "x");
    expect_quiet(f);
    folder_write(&f->folder, "p/a.conf", "x"); /* it is alive all the same */
    expect_change(f, "a file beside others");
}

/* Many changes in a row are one. */
static void test_coalesced(void **state)
{
    struct fixture *f = *state;

    folder_write(&f->folder, "p/a.conf", "");
    start(f, "p", NULL);
    for (int i = 0; i < 100; i++)
        folder_write(&f->folder, "p/a.conf", "x");
    expect_change(f, "one of many");
    expect_quiet(f);
    assert_int_equal(f->calls, 1);
}

/* Without a pause between them they are told all the same. */
static void test_endless(void **state)
{
    struct fixture *f = *state;
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    folder_write(&f->folder, "p/a.conf", "");
    start(f, "p", NULL);
    while (!f->called && now_us() < deadline) {
        folder_write(&f->folder, "p/a.conf", "x");
        assert_true(sd_event_run(f->event, 50000) >= 0);
    }
    assert_true(f->called);
}

/* Kubernetes exchanges the ..data link; the files are links through it and stay as they are. */
static void test_config_map(void **state)
{
    struct fixture *f = *state;

    folder_write(&f->folder, "p/..1/a.conf", "old");
    folder_link(&f->folder, "p/..data", "..1");
    folder_link(&f->folder, "p/a.conf", "..data/a.conf");
    start(f, "p", NULL);
    folder_write(&f->folder, "p/..2/a.conf", "new");
    folder_link(&f->folder, "p/..data_tmp", "..2");
    expect_quiet(f);
    assert_int_equal(renameat(f->folder.fd, "p/..data_tmp", f->folder.fd, "p/..data"), 0);
    expect_change(f, "the ..data link");
}

/* Folders that come into being, level by level, go, and come again. */
static void test_missing(void **state)
{
    struct fixture *f = *state;

    start(f, "a/b/p", "c/p");
    assert_int_equal(mkdirat(f->folder.fd, "other", 0755), 0);
    expect_quiet(f);
    assert_int_equal(mkdirat(f->folder.fd, "a", 0755), 0);
    expect_change(f, "the first level");
    folder_write(&f->folder, "a/b/p/x.conf", "");
    expect_change(f, "all levels at once");
    folder_write(&f->folder, "a/b/p/x.conf", "changed");
    expect_change(f, "a file in a folder that came");
    folder_write(&f->folder, "c/p/x.conf", "");
    expect_change(f, "the second folder");
    assert_int_equal(renameat(f->folder.fd, "a/b/p", f->folder.fd, "a/b/away"), 0);
    expect_change(f, "a folder that was moved away");
    folder_write(&f->folder, "a/b/away/x.conf", "nobody's");
    expect_quiet(f);
    folder_write(&f->folder, "a/b/p/y.conf", "");
    expect_change(f, "a new one in its place");
    assert_int_equal(unlinkat(f->folder.fd, "a/b/p/y.conf", 0), 0);
    assert_int_equal(unlinkat(f->folder.fd, "a/b/p", AT_REMOVEDIR), 0);
    expect_change(f, "a folder that was removed");
    folder_write(&f->folder, "a/b/p/y.conf", "");
    expect_change(f, "and is there again");
}

static void test_not_a_folder(void **state)
{
    struct fixture *f = *state;

    folder_write(&f->folder, "p", "a file");
    start(f, "p/q/", NULL);
    assert_int_equal(unlinkat(f->folder.fd, "p", 0), 0);
    folder_write(&f->folder, "p/q/a.conf", "");
    expect_change(f, "a folder in the place of a file");
}

static void test_free_null(void **state)
{
    assert_null(rl_reload_free(NULL));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(test_coalesced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_a_folder, setup, teardown),
        cmocka_unit_test(test_free_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
