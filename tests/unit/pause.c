/* Pauses by hand: what each covers, how long, and what a restart keeps of them. */
#include "tests/unit/unit.h"

#include "daemon/pause.h"
#include "tests/unit/folder.h"

#define S    UINT64_C(1000000)
#define T0   (100 * S)
#define BOOT "0123456789abcdef0123456789abcdef"

static struct rl_pauses pauses;

static int set_up(void **state)
{
    pauses = (struct rl_pauses){0};
    return 0;
}

static void add(const char *policy, const char *cgroup, uint64_t length_us)
{
    assert_int_equal(rl_pause_add(&pauses, policy, cgroup, 0, T0, length_us), 0);
}

static void test_what_is_covered(void **state)
{
    static const struct {
        const char *policy, *cgroup; /* of the pause */
        const char *in_force, *offender;
        bool covered;
    } cases[] = {
        {"", "", "app", "/a", true},
        {"", "", NULL, "/", true},
        {"app", "", "app", "/a/b", true},
        {"app", "", "app2", "/a/b", false},
        {"app", "", NULL, "/a/b", false},
        {"", "/a", "app", "/a", true},
        {"", "/a", "app", "/a/b/c", true},
        {"", "/a", "app", "/ab", false},
        {"", "/a/b", "app", "/a", false},
        {"", "/", "app", "/a", true},
        {"", "/", "app", "/", true},
        {"", "/a", "app", "/", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_up(NULL);
        add(cases[i].policy, cases[i].cgroup, 10 * S);
        bool covered = rl_pause_of(&pauses, cases[i].in_force, cases[i].offender, T0 + 1) != NULL;
        if (covered != cases[i].covered)
            fail_msg("row %zu: %d", i, covered);
    }
}

static void test_how_long(void **state)
{
    add("app", "", 10 * S);
    assert_non_null(rl_pause_of(&pauses, "app", "/a", T0 + 10 * S - 1));
    assert_null(rl_pause_of(&pauses, "app", "/a", T0 + 10 * S));

    /* Of two the longer one counts. */
    add("", "", 20 * S);
    assert_true(rl_pause_of(&pauses, "app", "/a", T0)->until_us == T0 + 20 * S);
    add("", "/a", 15 * S);
    assert_true(rl_pause_of(&pauses, "app", "/a", T0)->until_us == T0 + 20 * S);
    assert_true(rl_pause_next(&pauses) == T0 + 10 * S);

    /* Another one for the same takes its place, also to make it shorter. */
    add("", "", 5 * S);
    assert_true(rl_pause_next(&pauses) == T0 + 5 * S);
    assert_int_equal(rl_pause_end(&pauses, "", ""), 3);
    assert_true(rl_pause_next(&pauses) == 0);
}

static void test_refused(void **state)
{
    static const struct {
        const char *policy, *cgroup;
        uint64_t length_us;
        int result;
    } cases[] = {
        {"app", "/a", S, -EINVAL},
        {"", "a", S, -EINVAL},
        {"app", "", 0, -ERANGE},
        {"app", "", RL_PAUSE_MOST_US + 1, -ERANGE},
        {"app", "", UINT64_MAX, -ERANGE},
        {"app", "", RL_PAUSE_MOST_US, 0},
    };
    char name[RL_PAUSE_NAME_MAX + 1];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            rl_pause_add(&pauses, cases[i].policy, cases[i].cgroup, 0, T0, cases[i].length_us),
            cases[i].result);
    memset(name, 'x', sizeof(name));
    name[RL_PAUSE_NAME_MAX] = '\0';
    assert_int_equal(rl_pause_add(&pauses, name, "", 0, T0, S), -EINVAL);
    name[RL_PAUSE_NAME_MAX - 1] = '\0';
    assert_int_equal(rl_pause_add(&pauses, name, "", 0, T0, S), 0);
}

static void test_room(void **state)
{
    char name[16];

    for (int i = 0; i < RL_PAUSES_MAX; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        add(name, "", (10 + (uint64_t)i) * S);
    }
    assert_int_equal(rl_pause_add(&pauses, "more", "", 0, T0 + 10 * S - 1, S), -ENOSPC);
    /* One that stands is replaced all the same, and one that is over makes room. */
    assert_int_equal(rl_pause_add(&pauses, "p7", "", 0, T0, S), 0);
    assert_int_equal(rl_pause_add(&pauses, "more", "", 0, T0 + 2 * S, S), 0);
    assert_null(rl_pause_of(&pauses, "p7", "/", T0 + 2 * S));
    assert_non_null(rl_pause_of(&pauses, "more", "/", T0 + 2 * S));
}

static void test_end(void **state)
{
    add("app", "", 10 * S);
    add("", "/a", 10 * S);
    add("", "", 10 * S);
    assert_int_equal(rl_pause_end(&pauses, "a", ""), 0);
    assert_int_equal(rl_pause_end(&pauses, "", "/a/b"), 0);
    assert_int_equal(rl_pause_end(&pauses, "app", ""), 1);
    assert_int_equal(rl_pause_end(&pauses, "app", ""), 0);
    assert_int_equal(rl_pause_end(&pauses, "", "/a"), 1);
    assert_non_null(rl_pause_of(&pauses, "app", "/a", T0));
    assert_int_equal(rl_pause_end(&pauses, "", ""), 1);
    assert_null(rl_pause_of(&pauses, "app", "/a", T0));
}

static void test_expire(void **state)
{
    struct rl_pause over;

    add("app", "", 10 * S);
    add("web", "", 30 * S);
    assert_false(rl_pause_expire(&pauses, T0 + 10 * S - 1, &over));
    assert_true(rl_pause_expire(&pauses, T0 + 10 * S, &over));
    assert_string_equal(over.policy, "app");
    assert_false(rl_pause_expire(&pauses, T0 + 10 * S, &over));
    assert_true(rl_pause_next(&pauses) == T0 + 30 * S);
}

static void test_words(void **state)
{
    char text[RL_PAUSE_PATH_MAX];

    add("app", "", S);
    add("", "/a", S);
    add("", "", S);
    assert_string_equal(rl_pause_text(&pauses.items[0], text, sizeof(text)), "policy app");
    assert_string_equal(rl_pause_text(&pauses.items[1], text, sizeof(text)), "/a and below");
    assert_string_equal(rl_pause_text(&pauses.items[2], text, sizeof(text)), "all policies");
}

static void test_json(void **state)
{
    json_auto_t *list = NULL;
    const json_t *one;

    assert_int_equal(rl_pause_add(&pauses, "app", "", 1000, T0, 20 * S), 0);
    add("", "/a", 10 * S);
    add("gone", "", S);
    list = rl_pauses_json(&pauses, T0 + 5 * S, 1000 * S);
    assert_int_equal(json_array_size(list), 2);
    one = json_array_get(list, 0); /* it ends first */
    assert_string_equal(json_string_value(json_object_get(one, "cgroup")), "/a");
    assert_true(json_is_null(json_object_get(one, "policy")));
    assert_int_equal(json_integer_value(json_object_get(one, "left_ms")), 5000);
    assert_string_equal(
        json_string_value(json_object_get(one, "since")), "1970-01-01T00:16:35.000Z");
    assert_string_equal(
        json_string_value(json_object_get(one, "until")), "1970-01-01T00:16:45.000Z");
    one = json_array_get(list, 1);
    assert_string_equal(json_string_value(json_object_get(one, "policy")), "app");
    assert_int_equal(json_integer_value(json_object_get(one, "uid")), 1000);
}

static void test_restart(void **state)
{
    struct folder folder;

    folder_new(&folder);
    assert_int_equal(rl_pauses_load(&pauses, folder.path, BOOT, T0), -ENOENT);
    assert_int_equal(rl_pause_add(&pauses, "app", "", 1000, T0, 20 * S), 0);
    add("", "/a", 10 * S);
    add("", "", 2 * S);
    assert_int_equal(rl_pauses_save(&pauses, folder.path, BOOT), 0);

    set_up(NULL);
    assert_int_equal(rl_pauses_load(&pauses, folder.path, BOOT, T0 + 5 * S), 0);
    assert_true(rl_pause_next(&pauses) == T0 + 10 * S); /* the third one was over meanwhile */
    assert_null(rl_pause_of(&pauses, "other", "/b", T0 + 5 * S));
    assert_non_null(rl_pause_of(&pauses, "other", "/a/b", T0 + 5 * S));
    assert_true(rl_pause_of(&pauses, "app", "/b", T0 + 5 * S)->until_us == T0 + 20 * S);
    assert_int_equal(rl_pause_of(&pauses, "app", "/b", T0 + 5 * S)->uid, 1000);

    /* Another boot has another clock. */
    set_up(NULL);
    assert_int_equal(
        rl_pauses_load(&pauses, folder.path, "ffffffffffffffffffffffffffffffff", T0), 0);
    assert_true(rl_pause_next(&pauses) == 0);
    folder_free(&folder);
}

/* A file that somebody has written by hand pauses nothing for longer than may be. */
static void test_file_is_not_trusted(void **state)
{
    static const struct {
        const char *text;
        int result;
    } cases[] = {
        {"", -EBADMSG},
        {"[]", -EBADMSG},
        {"{\"boot_id\": 7}", -EBADMSG},
        {"{\"boot_id\": \"" BOOT "\"}", 0},
        {"{\"boot_id\": \"" BOOT "\", \"pauses\": [1, {}, {\"policy\": \"app\"}]}", 0},
        {"{\"boot_id\": \"" BOOT "\", \"pauses\": [{\"policy\": \"app\", \"cgroup\": \"\", "
         "\"uid\": 0, \"since_us\": 1, \"until_us\": 9000000000000000000}]}",
            0},
        {"{\"boot_id\": \"" BOOT "\", \"pauses\": [{\"policy\": \"app\", \"cgroup\": \"\", "
         "\"uid\": 0, \"since_us\": 900000000, \"until_us\": 900000001}]}",
            0},
        {"{\"boot_id\": \"" BOOT "\", \"pauses\": [{\"policy\": \"app\", \"cgroup\": \"\", "
         "\"uid\": -1, \"since_us\": 1, \"until_us\": 900000001}]}",
            0},
    };
    struct folder folder;

    folder_new(&folder);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        folder_write(&folder, RL_PAUSE_FILE_NAME, cases[i].text);
        int r = rl_pauses_load(&pauses, folder.path, BOOT, T0);
        if (r != cases[i].result || rl_pause_next(&pauses) != 0)
            fail_msg("row %zu: %d", i, r);
    }
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_covered, set_up),
        cmocka_unit_test_setup(test_how_long, set_up),
        cmocka_unit_test_setup(test_refused, set_up),
        cmocka_unit_test_setup(test_room, set_up),
        cmocka_unit_test_setup(test_end, set_up),
        cmocka_unit_test_setup(test_expire, set_up),
        cmocka_unit_test_setup(test_words, set_up),
        cmocka_unit_test_setup(test_json, set_up),
        cmocka_unit_test_setup(test_restart, set_up),
        cmocka_unit_test_setup(test_file_is_not_trusted, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
