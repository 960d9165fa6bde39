/* reliefctl report, from what a reliefd that is down has left. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "daemon/ctl/ctl.h"
#include "daemon/report/gradebook.h"
#include "daemon/report/json.h"
#include "daemon/report/store.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"
#include "tests/unit/policy.h"

#define AT (UINT64_C(1714564800) * SEC) /* 2024-05-01T12:00:00Z */

struct world {
    struct folder folder;
    struct rl_gradebook book;
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

static const char *run(struct world *world, const char *since, bool json, int expected)
{
    char *words[] = {NULL};
    struct rl_args args = {.words = words};
    struct capture capture;
    const char *text;
    int code;

    args.common[RL_OPT_STATE_DIR] = args.common[RL_OPT_RUNTIME_DIR] = world->folder.path;
    args.common[RL_OPT_JSON] = json ? "" : NULL;
    args.own[0] = since;
    capture_begin(&capture);
    code = rl_ctl_report(&args);
    text = capture_end(&capture);
    if (code != expected)
        fail_msg("exit code %d: %s", code, text);
    return text;
}

static void expect(const char *text, const char *part)
{
    if (strstr(text, part))
        return;
    print_error("%s", text);
    fail_msg("there is no \"%s\" in it", part);
}

static void expect_not(const char *text, const char *part)
{
    if (!strstr(text, part))
        return;
    print_error("%s", text);
    fail_msg("there is \"%s\" in it", part);
}

static void give(struct world *world, const char *policy, struct rl_grade_counts counts, bool live)
{
    struct rl_graded *graded = rl_gradebook_of(&world->book, policy, 1, AT);

    graded->counts = counts;
    graded->live = live;
    assert_int_equal(rl_gradebook_save(&world->book, world->folder.path), 0);
}

static void test_nothing(void **state)
{
    const char *text = run(*state, NULL, false, RL_EXIT_OK);

    expect(text, "reliefd is not running; these are the grades kept in ");
    expect(text, "No dry run has decided to kill anybody");
    text = run(*state, NULL, true, RL_EXIT_OK);
    expect(text, "\"policies\": []");
    expect(text, "\"since\": null");
}

/* What each record means for going live. */
static const struct {
    struct rl_grade_counts counts;
    bool live;
    const char *words;
} rows[] = {
    {{.unforeseen = 0}, false, "p: No dry run of it would have killed anybody."},
    {{.would_have = 3, .unknown = 3}, false, "p: Nothing is proven"},
    {{.would_have = 1, .confirmed = 1}, false,
        "p: Promising, but 1 decision with a grade says little: wait for 20"},
    {{.would_have = 19, .confirmed = 19}, false,
        "p: Promising, but 19 decisions with a grade say little"},
    {{.would_have = 20, .confirmed = 20}, false,
        "p: Ready to go live: of 20 kills 0 would have been in vain."},
    {{.would_have = 21, .confirmed = 20, .self_resolved = 1}, false,
        "p: Ready to go live: of 21 kills 1 would have been in vain."},
    {{.would_have = 20, .confirmed = 19, .self_resolved = 1}, false,
        "p: Not ready to go live: 1 of 20 kills would have been in vain"},
    {{.would_have = 2, .confirmed = 1, .self_resolved = 1}, false,
        "p: Not ready to go live: 1 of 2"},
    {{.would_have = 20, .confirmed = 20}, true, "p: It acts: its dry run has proven right"},
    {{.confirmed = 1, .confirmed_kernel = 1, .would_have = 1, .unforeseen = 2}, false,
        "It comes too late: 2 kills by the kernel came before any decision"},
    {{.unforeseen = 1}, false, "It comes too late: 1 kill by the kernel"},
};

static void test_words(void **state)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char *flat;
        const char *text;

        give(*state, "p", rows[i].counts, rows[i].live);
        text = run(*state, NULL, false, RL_EXIT_OK);
        flat = strdup(text); /* lines are broken anywhere */
        for (char *c = flat; (c = strchr(c, '\n'));)
            *c = ' ';
        expect(flat, rows[i].words);
        free(flat);
    }
    /* As often foreseen as not is not too late. */
    give(*state, "p",
        (struct rl_grade_counts){
            .would_have = 1, .confirmed = 1, .confirmed_kernel = 1, .unforeseen = 1},
        false);
    expect_not(run(*state, NULL, false, RL_EXIT_OK), "too late");
}

static void test_table(void **state)
{
    struct world *world = *state;
    const char *text;

    rl_gradebook_miss(&world->book, NULL, 0, "/x", 2, AT);
    give(world, "web",
        (struct rl_grade_counts){.would_have = 10,
            .confirmed = 3,
            .confirmed_kernel = 1,
            .self_resolved = 1,
            .unknown = 2,
            .unforeseen = 1},
        false);
    text = run(world, NULL, false, RL_EXIT_OK);
    expect(text,
        "POLICY  WOULD HAVE  CONFIRMED  SELF-RESOLVED  UNKNOWN  PENDING  UNFORESEEN  PRECISION  "
        "RECALL\n"
        "web             10          3              1        6        0           1        75%     "
        "50%\n");
    expect(text, "struck 2 times where no policy is in force.");
}

static void put(struct world *world, const char *id, const char *started, bool dry,
    const char *result, const char *verdict, const char *evidence)
{
    json_t *record = json_pack("{s:s, s:s, s:b, s:{s:s}, s:[{s:s, s:s}, {s:s, s:s}], s:n}", "id",
        id, "started", started, "dry_run", dry, "policy", "name", "web", "steps", "step", "warn",
        "result", "would-have", "step", "kill", "result", result, "by_hand");

    if (verdict)
        json_object_set_new(
            record, "grade", json_pack("{s:s, s:s}", "verdict", verdict, "evidence", evidence));
    assert_int_equal(rl_store_write(world->folder.path, id, record), 0);
    json_decref(record);
}

static void test_since(void **state)
{
    struct world *world = *state;
    const char *text;

    rl_gradebook_miss(&world->book, "web", 1, "/a", 1, AT - SEC);
    rl_gradebook_miss(&world->book, "web", 1, "/a", 2, AT + SEC);
    give(world, "old", (struct rl_grade_counts){.would_have = 9, .confirmed = 9}, false);
    put(world, "a", "2024-05-01T11:59:59.999Z", true, "would-have", "confirmed", "stalled-on");
    put(world, "b", "2024-05-01T12:00:00.000Z", true, "would-have", "confirmed", "stalled-on");
    put(world, "c", "2024-05-01T13:00:00.000Z", true, "would-have", "confirmed",
        "kernel-kill-followed");
    put(world, "d", "2024-05-01T14:00:00.000Z", true, "would-have", "self-resolved", "eased");
    put(world, "e", "2024-05-01T15:00:00.000Z", true, "would-have", NULL, NULL);
    put(world, "f", "2024-05-01T15:00:00.000Z", true, "no-file", NULL, NULL);
    put(world, "g", "2024-05-01T15:00:00.000Z", false, "victim-gone", NULL, NULL);
    text = run(world, "2024-05-01T12:00", true, RL_EXIT_OK);
    expect(text, "\"since\": \"2024-05-01T12:00:00.000Z\"");
    expect(text, "\"would_have_killed\": 4");
    expect(text, "\"confirmed\": 2");
    expect(text, "\"confirmed_by_kernel\": 1");
    expect(text, "\"self_resolved\": 1");
    expect(text, "\"pending\": 1");
    expect(text, "\"unforeseen\": 2");
    expect_not(text, "\"old\"");
    text = run(world, "1s", false, RL_EXIT_OK);
    expect(text, "No dry run has decided to kill anybody");
    text = run(world, "2024-05-01", true, RL_EXIT_OK);
    expect(text, "\"would_have_killed\": 5");
}

static void test_bad_since(void **state)
{
    static const char *const bad[] = {"", "yesterday", "24", "2024-13-01", "24h ago", "-1h"};

    for (size_t i = 0; i < LENGTH(bad); i++)
        expect(run(*state, bad[i], false, RL_EXIT_USAGE), "is neither a length of time");
}

static void test_broken_file(void **state)
{
    struct world *world = *state;

    folder_write(&world->folder, "grades.json", "{");
    expect(run(world, NULL, false, RL_EXIT_FAILURE), "grades.json: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_since, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_since, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_file, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
