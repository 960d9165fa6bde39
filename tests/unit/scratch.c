/* How much room a choice is given, and that it grows or stays. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/scratch.h"
#include "tests/unit/policy.h"

/* AddressSanitizer, where it is there, shall let malloc() fail. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void test_extent(void **state)
{
    static const struct {
        const char *what;
        struct rl_census census;
        struct rl_extent extent;
    } rows[] = {
        {"nothing is known", {0, 0, 0, 0}, {256, 256, 64, RL_PATHS_LEAST + 64}},
        {"an idle machine", {70, 27, 20, 20 * 20}, {256, 256, 64, RL_PATHS_LEAST + 64 * 26}},
        {"half of them used", {1000, 600, 300, 300 * 39},
            {2000, 2000, 514, RL_PATHS_LEAST + 514 * 50}},
        {"ten thousand cgroups and hardly anybody in them", {70, 10107, 30, 30 * 79},
            {256, 256, 109, RL_PATHS_LEAST + 109 * 100}},
        {"ten thousand that are used", {10000, 10000, 10000, 10000 * 79},
            {4096, 20000, 12500, RL_PATHS_LEAST + 1250000}},
        {"the bounds", {100000, 100000, 100000, 100000},
            {4096, 32768, 125000, RL_PATHS_LEAST + 250000}},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_extent extent = rl_extent_of(&rows[i].census);

        if (memcmp(&extent, &rows[i].extent, sizeof(extent)) != 0)
            fail_msg("%s: %zu %zu %zu %zu", rows[i].what, extent.processes, extent.kin,
                extent.groups, extent.path_bytes);
    }
}

static void test_short(void **state)
{
    const struct rl_extent all = {9, 9, 9, 9};
    const struct rl_extent less[] = {{8, 9, 9, 9}, {9, 8, 9, 9}, {9, 9, 8, 9}, {9, 9, 9, 8}};

    assert_false(rl_extent_short(&all, &all));
    for (size_t i = 0; i < LENGTH(less); i++) {
        assert_true(rl_extent_short(&less[i], &all));
        assert_false(rl_extent_short(&all, &less[i]));
    }
}

static bool has_room(const struct rl_scratch *s, size_t processes, size_t groups, size_t bytes)
{
    return s->room.processes == processes && s->pool.size == processes &&
           s->relations.size >= processes && s->room.groups == groups &&
           s->room.path_bytes == bytes;
}

/* It grows by part, never shrinks, and is as it was where memory is out. */
static void test_grow(void **state)
{
    struct rl_scratch s = {0};
    struct rl_extent extent = {300, 300, 70, 9000};

    assert_int_equal(rl_scratch_init(&s, &extent), 0);
    assert_true(has_room(&s, 300, 70, 9000));
    extent = (struct rl_extent){200, 200, 10, 100};
    assert_int_equal(rl_scratch_grow(&s, &extent), 0);
    assert_true(has_room(&s, 300, 70, 9000));
    extent = (struct rl_extent){200, 200, 80, 100};
    assert_int_equal(rl_scratch_grow(&s, &extent), 0);
    assert_true(has_room(&s, 300, 80, 9000));
    extent = (struct rl_extent){SIZE_MAX / 64, 0, 90, 9500};
    assert_int_equal(rl_scratch_grow(&s, &extent), -ENOMEM);
    assert_true(has_room(&s, 300, 90, 9500));
    extent = (struct rl_extent){600, 300, SIZE_MAX / 16, 9600};
    assert_int_equal(rl_scratch_grow(&s, &extent), -ENOMEM);
    assert_true(has_room(&s, 600, 90, 9600));
    extent = (struct rl_extent){600, 300, 90, SIZE_MAX / 2};
    assert_int_equal(rl_scratch_grow(&s, &extent), -ENOMEM);
    assert_true(has_room(&s, 600, 90, 9600));
    assert_null(s.relations.kin);
    rl_scratch_free(&s);
}

/* The tables of relations hold a full pool in any case; with children, all of the machine. */
static void test_kin(void **state)
{
    struct rl_scratch s = {0};
    struct rl_extent extent = {300, 2000, 70, 9000};

    assert_int_equal(rl_scratch_init(&s, &extent), 0);
    assert_int_equal(s.relations.size, 300);
    assert_null(s.relations.kin);
    assert_int_equal(rl_relations_grow(&s.relations, s.room.kin, true), 0);
    assert_int_equal(s.relations.size, 2000);
    assert_non_null(s.relations.kin);
    assert_int_equal(rl_relations_grow(&s.relations, 10, false), 0);
    assert_int_equal(s.relations.size, 2000);
    extent.kin = 5000;
    assert_int_equal(rl_scratch_grow(&s, &extent), 0);
    assert_int_equal(s.relations.size, 5000);
    assert_non_null(s.relations.kin);
    /* Without them the pool stays, too: they are for all that is in it. */
    extent = (struct rl_extent){600, SIZE_MAX / 64, 70, 9000};
    assert_int_equal(rl_scratch_grow(&s, &extent), -ENOMEM);
    assert_int_equal(s.pool.size, 300);
    assert_int_equal(rl_relations_grow(&s.relations, SIZE_MAX / 32, true), -ENOMEM);
    assert_int_equal(s.relations.size, 5000);
    rl_scratch_free(&s);
}

/* More children than there is room for: those that fit are counted. */
static void test_kin_full(void **state)
{
    struct rl_relations relations = {0};
    struct rl_process process = {.ppid = 1, .total_vm_pages = 10};

    rl_relations_add(&relations, &process); /* no table: nothing */
    assert_int_equal(rl_relations_grow(&relations, 5, true), 0);
    for (process.pid = 2; process.pid < 20; process.pid++)
        rl_relations_add(&relations, &process);
    assert_int_equal(relations.n_kin, 5);
    rl_relations_free(&relations);
}

/* After the first one that has no room none has, whatever would fit. */
static void test_seat(void **state)
{
    struct rl_cgroup *nobody = NULL;
    struct rl_scratch s = {0};
    struct rl_extent extent = {10, 10, 3, 20};

    assert_int_equal(rl_scratch_init(&s, &extent), 0);
    assert_int_equal(rl_scratch_seat(&s, nobody, "/", -1), 0);
    assert_int_equal(rl_scratch_seat(&s, nobody, "/eight67", 0), 1);
    assert_int_equal(rl_scratch_seat(&s, nobody, "/one-too-many", 1), -1);
    assert_int_equal(rl_scratch_seat(&s, nobody, "/", 0), -1);
    assert_int_equal(s.n_groups, 2);
    assert_int_equal(s.needed.groups, 4);
    assert_int_equal(s.needed.path_bytes, 2 + 9 + 14 + 2);
    assert_string_equal(s.groups[0].path, "/");
    assert_string_equal(s.groups[1].path, "/eight67");
    assert_int_equal(s.groups[1].parent, 0);
    rl_scratch_clear(&s, NULL);
    assert_int_equal(rl_scratch_seat(&s, nobody, "/just-as-long-as-it", -1), 0);
    assert_int_equal(rl_scratch_seat(&s, nobody, "", 0), -1);
    rl_scratch_clear(&s, NULL);
    for (int32_t i = 0; i < 4; i++)
        assert_int_equal(rl_scratch_seat(&s, nobody, "/", i - 1), i < 3 ? i : -1);
    rl_scratch_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extent),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_kin),
        cmocka_unit_test(test_kin_full),
        cmocka_unit_test(test_seat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
