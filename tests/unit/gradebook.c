/* What dry runs have proven, kept over restarts; and where kernel kills are told of. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/report/gradebook.h"
#include "tests/unit/folder.h"
#include "tests/unit/policy.h"

#define AT (UINT64_C(1700000000) * SEC)

struct world {
    struct folder folder;
    struct rl_gradebook book, other;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    folder_new(&world->folder);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    folder_free(&world->folder);
    free(world);
    return 0;
}

static void test_a_new_text_begins_anew(void **state)
{
    struct world *world = *state;
    struct rl_graded *graded = rl_gradebook_of(&world->book, "web", 1, AT);

    graded->counts.confirmed = 5;
    graded->live = true;
    assert_ptr_equal(rl_gradebook_of(&world->book, "web", 1, AT), graded);
    assert_ptr_equal(rl_gradebook_find(&world->book, "web", 1), graded);
    assert_null(rl_gradebook_find(&world->book, "web", 2));
    assert_null(rl_gradebook_find(&world->book, "we", 1));
    graded = rl_gradebook_of(&world->book, "web", 2, AT + 1);
    assert_int_equal(graded->counts.confirmed, 0);
    assert_false(graded->live);
    assert_int_equal(graded->since_wall_us, AT + 1);
    assert_null(rl_gradebook_find(&world->book, "web", 1));
}

static void test_bounded(void **state)
{
    struct world *world = *state;
    char name[32];

    for (unsigned i = 0; i < RL_GRADED_MAX; i++) {
        snprintf(name, sizeof(name), "p%u", i);
        rl_gradebook_of(&world->book, name, i, AT);
    }
    rl_gradebook_of(&world->book, "p0", 0, AT);
    rl_gradebook_of(&world->book, "new", 7, AT);
    assert_non_null(rl_gradebook_find(&world->book, "p0", 0));
    assert_null(rl_gradebook_find(&world->book, "p1", 1));
    assert_non_null(rl_gradebook_find(&world->book, "p2", 2));
    assert_non_null(rl_gradebook_find(&world->book, "new", 7));
}

static void test_kept(void **state)
{
    struct world *world = *state;
    struct rl_graded *graded = rl_gradebook_of(&world->book, "w\"e\nb", UINT64_MAX - 1, AT);
    const struct rl_grade_counts counts = {.would_have = 10,
        .confirmed = 4,
        .confirmed_kernel = 1,
        .self_resolved = 2,
        .unknown = 1,
        .unforeseen = 3};

    graded->counts = counts;
    graded->live = true;
    graded->live_wall_us = AT + 5 * SEC;
    rl_gradebook_miss(&world->book, "x", 9, "/a/b", 2, AT + SEC);
    rl_gradebook_miss(&world->book, NULL, 0, "/c", 1, AT + 2 * SEC);
    assert_true(world->book.changed);
    assert_int_equal(rl_gradebook_save(&world->book, world->folder.path), 0);
    assert_false(world->book.changed);
    assert_int_equal(rl_gradebook_load(&world->other, world->folder.path), 0);
    assert_false(world->other.changed);
    graded = rl_gradebook_find(&world->other, "w\"e\nb", UINT64_MAX - 1);
    assert_non_null(graded);
    assert_int_equal(graded->counts.confirmed, 4);
    assert_int_equal(graded->counts.confirmed_kernel, 1);
    assert_int_equal(graded->counts.self_resolved, 2);
    assert_int_equal(graded->counts.unforeseen, 3);
    /* Three were being followed. */
    assert_int_equal(graded->counts.unknown, 4);
    assert_int_equal(graded->counts.would_have, 10);
    assert_true(graded->live);
    assert_int_equal(graded->live_wall_us, AT + 5 * SEC);
    assert_int_equal(graded->since_wall_us, AT);
    assert_int_equal(rl_gradebook_find(&world->other, "x", 9)->counts.unforeseen, 2);
    assert_int_equal(world->other.unwatched, 1);
    assert_int_equal(world->other.n_misses, 2);
    assert_string_equal(world->other.misses[0].cgroup, "/a/b");
    assert_int_equal(world->other.misses[1].wall_us, AT + 2 * SEC);
    assert_string_equal(world->other.misses[1].policy, "");
}

static void test_not_readable(void **state)
{
    static const struct {
        const char *text;
        int result;
    } rows[] = {
        {"", -EBADMSG},
        {"[]", -EBADMSG},
        {"{\"policies\":", -EBADMSG},
        {"{}", 0},
        {"{\"policies\":7,\"misses\":{}}", 0},
        {"{\"policies\":[7,{},{\"policy\":\"a\"},{\"policy\":7,\"text\":\"1\"}]}", 0},
        {"{\"policies\":[{\"policy\":\"a\",\"text\":\"x\",\"confirmed\":-4,\"since\":\"soon\"}],"
         "\"misses\":[1]}",
            0},
    };
    struct world *world = *state;

    assert_int_equal(rl_gradebook_load(&world->book, world->folder.path), -ENOENT);
    assert_int_equal(rl_gradebook_load(&world->book, "/nonexistent"), -ENOENT);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        folder_write(&world->folder, "grades.json", rows[i].text);
        rl_gradebook_of(&world->book, "old", 1, AT);
        assert_int_equal(rl_gradebook_load(&world->book, world->folder.path), rows[i].result);
        assert_null(rl_gradebook_find(&world->book, "old", 1));
    }
    assert_int_equal(rl_gradebook_find(&world->book, "a", 0)->counts.confirmed, 0);
    assert_true(rl_gradebook_save(&world->book, "/proc/nonexistent") < 0);
}

static void test_json(void **state)
{
    struct world *world = *state;
    struct rl_graded *graded = rl_gradebook_of(&world->book, "web", 0xabc, AT);
    json_t *json;

    graded->counts = (struct rl_grade_counts){
        .would_have = 10, .confirmed = 3, .confirmed_kernel = 1, .self_resolved = 1, .unknown = 2};
    json = rl_graded_json(graded);
    assert_int_equal(rl_get_count(json, "pending"), 4);
    assert_string_equal(rl_get_text(json, "text"), "0000000000000abc");
    assert_true(json_number_value(rl_get(json, "precision_percent")) == 75);
    assert_true(json_number_value(rl_get(json, "recall_percent")) == 100);
    assert_null(rl_get(json, "live_since"));
    json_decref(json);
    graded->counts = (struct rl_grade_counts){0};
    json = rl_graded_json(graded);
    assert_null(rl_get(json, "precision_percent"));
    assert_null(rl_get(json, "recall_percent"));
    json_decref(json);
}

static void test_newest_misses(void **state)
{
    struct world *world = *state;
    json_t *json;

    for (unsigned i = 0; i < RL_MISSES_MAX + 3; i++)
        rl_gradebook_miss(&world->book, "web", 1, "/a", 1, AT + i * SEC);
    json = rl_gradebook_json(&world->book);
    assert_int_equal(json_array_size(rl_get(json, "misses")), RL_MISSES_MAX);
    assert_string_equal(
        rl_get_text(json_array_get(rl_get(json, "misses"), 0), "at"), "2023-11-14T22:13:23.000Z");
    assert_int_equal(
        rl_gradebook_find(&world->book, "web", 1)->counts.unforeseen, RL_MISSES_MAX + 3);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_new_text_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_readable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newest_misses, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
