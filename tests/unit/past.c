/* What is remembered of offenders, when their cgroups are made anew and when reliefd is. */
#include "tests/unit/unit.h"

#include <string.h>

#include "daemon/engine-private.h"
#include "tests/unit/folder.h"
#include "tests/unit/policy.h"

#define S UINT64_C(1000000)

static struct rl_engine *engine; /* too large for the stack of a test */

static int setup(void **state)
{
    engine = calloc(1, sizeof(*engine));
    return engine ? 0 : -1;
}

static int teardown(void **state)
{
    rl_past_free(engine);
    free(engine);
    return 0;
}

/* n kills, the last one at that time. */
static struct rl_past *killed(uint64_t id, uint32_t n, uint64_t last_us, const char *path)
{
    struct rl_past *past = rl_past_of(engine, id);

    for (uint32_t i = n; i-- > 0;)
        rl_limit_note(&past->kills, last_us - i * S);
    past->until_us = last_us + 30 * S;
    if (path)
        rl_past_name(engine, id, path);
    return past;
}

static size_t entries(void)
{
    size_t n = 0;

    for (size_t i = 0; i < RL_PASTS_MAX; i++)
        n += engine->pasts[i].id != 0;
    return n;
}

static void test_follows_its_path(void **state)
{
    killed(7, 2, 100 * S, "/system.slice/a.service");
    killed(8, 1, 100 * S, "/system.slice/b.service");
    rl_past_follow(engine, 9, "/system.slice/a.service");
    assert_int_equal(rl_past_of(engine, 9)->kills.n, 2);
    assert_int_equal(rl_cooldown_left(engine, 9, 110 * S), 20 * S);
    assert_int_equal(rl_cooldown_left(engine, 7, 110 * S), 0);
    assert_int_equal(rl_past_of(engine, 8)->kills.n, 1);
    assert_int_equal(entries(), 2);
    /* And again. */
    rl_past_follow(engine, 10, "/system.slice/a.service");
    assert_int_equal(rl_past_of(engine, 10)->kills.n, 2);
    assert_int_equal(entries(), 2);
}

static void test_stays(void **state)
{
    static const char *const others[] = {
        "/system.slice", "/system.slice/a.servic", "/system.slice/a.service/x", "/a.service", ""};

    killed(7, 2, 100 * S, "/system.slice/a.service");
    killed(8, 1, 100 * S, NULL);
    for (size_t i = 0; i < LENGTH(others); i++)
        rl_past_follow(engine, 20 + i, others[i]);
    rl_past_follow(engine, 7, "/system.slice/a.service");
    assert_int_equal(rl_past_of(engine, 7)->kills.n, 2);
    assert_int_equal(rl_past_of(engine, 8)->kills.n, 1);
    assert_int_equal(entries(), 2);
}

/* The new cgroup has had an incident of its own before the old one's was over. */
static void test_both_have_one(void **state)
{
    struct rl_past *past;

    killed(7, 2, 100 * S, "/a");
    past = killed(9, 1, 95 * S, NULL);
    past->kills.stopped = true;
    rl_past_follow(engine, 9, "/a");
    past = rl_past_of(engine, 9);
    assert_int_equal(entries(), 1);
    assert_int_equal(past->kills.n, 3);
    assert_int_equal(past->kills.at_us[0], 95 * S);
    assert_int_equal(past->kills.at_us[2], 100 * S);
    assert_true(past->kills.stopped);
    assert_int_equal(past->until_us, 130 * S);
    assert_string_equal(past->path, "/a");
    rl_past_follow(engine, 11, "/a");
    assert_int_equal(rl_past_of(engine, 11)->kills.n, 3);

    killed(12, 1, 200 * S, "/a");
    rl_past_follow(engine, 12, "/a");
    assert_int_equal(rl_past_of(engine, 12)->kills.n, 4);
    assert_int_equal(rl_past_of(engine, 12)->until_us, 230 * S);
    assert_int_equal(entries(), 1);
}

/* Who has been quiet for longest makes room, with all that is known of him. */
static void test_room(void **state)
{
    for (uint64_t id = 1; id <= RL_PASTS_MAX; id++)
        killed(id, 1, (1000 + id) * S, "/a");
    killed(1000, 1, 5000 * S, "/b");
    assert_int_equal(entries(), RL_PASTS_MAX);
    assert_int_equal(rl_cooldown_left(engine, 1, 1001 * S), 0);
    assert_int_equal(rl_cooldown_left(engine, 2, 1002 * S), 30 * S);
    rl_past_follow(engine, 1001, "/b");
    assert_int_equal(rl_past_of(engine, 1001)->kills.n, 1);
}

/* reliefd is started anew, and the cgroup is made anew after that. */
static void test_written_down(void **state)
{
    struct folder folder;
    uint64_t now = rl_now_us();

    folder_new(&folder);
    engine->options.runtime_dir = folder.path;
    killed(7, 2, now - 5 * S, "/user.slice/\xff.service");
    killed(8, 2, now - 5 * S, "/system.slice/a.service");
    killed(9, 1, now - 5 * S, NULL);
    rl_past_save(engine);
    rl_past_free(engine);
    assert_int_equal(entries(), 0);
    rl_past_load(engine);
    assert_int_equal(entries(), 3);
    rl_past_follow(engine, 20, "/system.slice/a.service");
    assert_int_equal(rl_past_of(engine, 20)->kills.n, 2);
    assert_int_equal(rl_cooldown_left(engine, 20, now), 25 * S);
    assert_int_equal(rl_past_of(engine, 7)->kills.n, 2);
    assert_int_equal(rl_past_of(engine, 9)->kills.n, 1);
    assert_null(rl_past_of(engine, 9)->path);
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_follows_its_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_both_have_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_written_down, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
