/* What reliefctl prints: stories and tables, with good, hostile and broken records; and the
 * commands that work without a daemon. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/show.h"
#include "daemon/ctl/story.h"
#include "daemon/report/report.h"
#include "daemon/report/store.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"
#include "tests/unit/report-sample.h"

static struct rl_record record;

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is missing in:\n%s", part, text);
}

static void expect_harmless(const char *text)
{
    while (*text) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);
        assert_true(length > 0);
        assert_true(c == '\n' || (c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x202e));
        text += length;
    }
}

static const char *story(const json_t *json)
{
    struct capture capture;

    capture_begin(&capture);
    rl_story_print(json);
    return capture_end(&capture);
}

/* Words whatever the line breaks. */
static const char *unfold(const char *text)
{
    static char flat[1 << 18];
    size_t n = 0;

    for (; *text && n + 1 < sizeof(flat); text++)
        flat[n++] = *text == '\n' ? ' ' : *text;
    flat[n] = '\0';
    return flat;
}

static void expect_story(const json_t *json, const char *const *parts, size_t n)
{
    const char *text = unfold(story(json));

    for (size_t i = 0; i < n; i++)
        if (!strstr(text, parts[i]))
            fail_msg("'%s' is not in: %s", parts[i], text);
}

/* What the kernel did, and what nobody has ended. */
static void test_other_stories(void **state)
{
    static const char *const kernel[] = {
        "The kernel's OOM killer has killed 2 processes in " SAMPLE_OFFENDER
        ". Its policy is db; a "
        "trigger of the policy was near. The kernel killed \\x1b[1] because.",
        "jq -r '.kernel.report.log[]' | reliefctl autopsy.",
    };
    static const char *const without[] = {
        "has killed 1 process in " SAMPLE_OFFENDER ". Its policy is db; an incident was running "
        "there (7). Why that one is not known: no log.",
    };
    static const char *const interrupted[] = {
        "That reliefd was ended before it was over, and when that was found the victim was still "
        "alive.",
        "1 process was scored",
    };
    json_t *json;

    sample_record(&record);
    record.kind = RL_KIND_KERNEL_OOM;
    record.n_lines = 0;
    json = rl_record_json(&record);
    json_object_set_new(json, "kernel",
        json_pack("{s:i, s:{s:s}, s:n, s:{s:s}, s:n}", "kills", 2, "foreseen", "text",
            rl_reason_text(RL_FORESEEN_NEAR), "incident", "report", "headline",
            "The kernel killed \x1b[1] because.", "report_missing"));
    expect_story(json, kernel, sizeof(kernel) / sizeof(kernel[0]));
    assert_null(strstr(story(json), "ran short"));
    assert_null(strstr(story(json), "\nTrigger"));
    expect_harmless(story(json));
    json_object_set_new(json, "kernel",
        json_pack("{s:i, s:{s:s}, s:s, s:n, s:s}", "kills", 1, "foreseen", "text",
            rl_reason_text(RL_FORESEEN_ACTING), "incident", "7", "report", "report_missing",
            "no log"));
    expect_story(json, without, 1);
    json_decref(json);

    sample_record(&record);
    record.n_seen = 1;
    json = rl_record_json(&record);
    json_object_set_new(
        json, "interrupted", json_pack("{s:b, s:s}", "rebooted", false, "victim", "alive"));
    expect_story(json, interrupted, sizeof(interrupted) / sizeof(interrupted[0]));
    json_decref(json);
}

static void test_story(void **state)
{
    static const char *const parts[] = {
        "At 2024-05-01T12:00:00Z the cgroup " SAMPLE_OFFENDER " ran short of memory.",
        "within 10s it hit its own limit 240 times and had to read 1200 pages back",
        "it used 498M of 512M.",
        "The policy db watches it, and its trigger stall held: pressure was 42.2% (asked: full 30% "
        "over 10s), headroom was 3M (asked: below 5% min 100M) and events unknown.",
        "35 processes were scored by percent-times-ten against the 512M that "
        "/system.slice may use",
        "The choice fell on worker[4711] with a score of 812 (812 for its memory); next would have "
        "been helper[4712] with 301.",
        "Spared: sshd[33] (Protect=exe:/usr/sbin/sshd&uid:0); shy[34] (its oom_score_adj is "
        "-1000).",
        "After 12ms SIGTERM went to 1 process: the time was up and the victim still there.",
        "After 3s SIGKILL went to 1 process: the victim is gone.",
        "3.4s after the beginning the victim was gone and 480M had come back.",
        "Full pressure went from 42.2% to 0.3%.",
        "Headroom went from 3M to 480M.",
        "Outcome: the victim is gone and the pressure is over.",
        "cannot: memory.events cannot be read",
        "Pressure=full 30% over 10s",
    };

    sample_record(&record);
    json_t *json = rl_record_json(&record);
    const char *text = unfold(story(json));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        expect(text, parts[i]);
    expect_harmless(story(json));
    json_decref(json);
}

static void test_story_of_a_grade(void **state)
{
    json_t *json;

    sample_record(&record);
    json = rl_record_json(&record);
    assert_null(strstr(story(json), "graded"));
    json_object_set_new(json, "grade",
        json_pack("{s:s, s:s, s:i, s:b}", "verdict", "confirmed", "evidence",
            "kernel-kill-followed", "after_ms", 12000, "went_live", false));
    expect(unfold(story(json)), "What followed graded it confirmed, 12s later: the kernel's OOM "
                                "killer acted there within two minutes.");
    assert_null(strstr(story(json), "live"));
    json_object_set_new(json_object_get(json, "grade"), "went_live", json_true());
    expect(unfold(story(json)), "With that DryRun=until was over, and the policy went live.");
    json_object_set_new(json_object_get(json, "grade"), "verdict", json_string("a\x1b[1m\n"));
    json_object_set_new(json_object_get(json, "grade"), "evidence", json_string("b\x1b"));
    expect_harmless(story(json));
    json_decref(json);
}

static void test_story_of_a_kernel_model(void **state)
{
    sample_record(&record);
    strcpy(record.model, "v318");
    record.before.room.totals[RL_TOTAL_LIMIT_AND_SWAP] = 1024u << 20;
    record.candidates[0].score = (struct rl_score){
        .eligible = true, .points = 131072, .memory_points = 131072};
    json_t *json = rl_record_json(&record);
    const char *text = unfold(story(json));
    expect(text, "scored by v318 against the 1G that /system.slice may use");
    expect(text, " (131072 for its memory; such a kernel's oom_score: 500);");
    json_decref(json);
}

static void test_story_of_relatives(void **state)
{
    sample_record(&record);
    sample_relatives(&record);
    json_t *json = rl_record_json(&record);
    const char *text = unfold(story(json));
    expect(text,
        "The choice fell on worker[4711] with a score of 812 (812 for its memory), in place of its "
        "parent master[4700] "
        "with 900; twin[4713] and twin[4714] share its memory and had to die with it; next "
        "would have been helper[4712] with 301.");
    expect(text, "It was put off for 5.1s while somebody was on his way out, who did not go.");
    json_decref(json);

    /* The parent and the sharers are no "next". */
    record.candidates[1].process.pid = 4713;
    json = rl_record_json(&record);
    text = unfold(story(json));
    expect(text, "had to die with it. It was put off");
    json_decref(json);
    record.candidates[1].process.pid = 4700;
    record.n_sharers = 40;
    record.waited_out = false;
    json = rl_record_json(&record);
    text = unfold(story(json));
    assert_null(strstr(text, "would have been master"));
    expect(text, "and 38 more share its memory");
    expect(text, "It was put off for 5.1s while somebody was on his way out.");
    json_decref(json);
}

static void test_story_of_other_kinds(void **state)
{
    sample_record(&record);
    record.dry_run = true;
    record.choice.widened = true;
    record.choice.scope = RL_KILL_CGROUP;
    record.victim_pid = 0;
    record.steps[1].whole_cgroup = true;
    strcpy(record.offender, "/");
    record.origin.verdict = RL_ORIGIN_NODE;
    record.origin.allocstalls = 1;
    strcpy(record.limited_by, "node");
    json_t *json = rl_record_json(&record);
    const char *text = unfold(story(json));
    expect(text, "(dry run: nothing was done)");
    expect(text, "the machine ran short of memory.");
    expect(text, "allocations had to wait for reclaim 1 time;");
    expect(text, "that the machine has");
    expect(text, "The choice would have fallen on all of " SAMPLE_OFFENDER);
    expect(text, "memory.oom.group=1 lets that cgroup die only as a whole");
    expect(text, "SIGKILL would have gone to the whole cgroup");
    assert_null(strstr(text, "had come back"));
    json_decref(json);

    record.origin.allocstalls = 0;
    record.origin.kswapd_taken = 24000;
    record.origin.refaults = 1;
    json = rl_record_json(&record);
    text = unfold(story(json));
    expect(text, "the kernel took 24000 pages away in the background, and 1 that were still needed "
                 "had to be read back in;");
    json_decref(json);
    record.origin.refaults_limited = 1;
    json = rl_record_json(&record);
    text = unfold(story(json));
    expect(text, "read back in, 1 of them by cgroups at their own limits;");
    json_decref(json);

    sample_record(&record);
    record.open = true;
    record.choice.found = false;
    record.n_steps = 0;
    json = rl_record_json(&record);
    text = unfold(story(json));
    expect(text, "Nobody was chosen.");
    expect(text, "The incident is not over yet.");
    json_decref(json);
}

static void test_story_of_steps(void **state)
{
    sample_record(&record);
    record.n_steps = 4;
    record.steps[0] = (struct rl_record_step){.kind = RL_STEP_RECLAIM,
        .args = "64M",
        .at_us = SAMPLE_STARTED_US + 12000,
        .gained = 5u << 20,
        .result = RL_DONE_DONE};
    record.steps[1] = (struct rl_record_step){.kind = RL_STEP_TERMINATE,
        .signal = SIGTERM,
        .at_us = SAMPLE_STARTED_US + 13000,
        .skipped = true,
        .result = RL_SKIP_FROZEN};
    record.steps[2] = (struct rl_record_step){.kind = RL_STEP_HOOK,
        .args = "/x\ny",
        .at_us = SAMPLE_STARTED_US + 14000,
        .result = RL_DONE_ERROR,
        .error = EPIPE};
    json_t *json = rl_record_json(&record);
    const char *text = unfold(story(json));
    expect(text, "After 12ms reclaim 64M was taken and brought 5M: it was done.");
    expect(text, "After 13ms terminate was passed over: the victim is frozen and cannot follow a "
                 "signal.");
    expect(text, "After 14ms hook /x\\x0ay was taken: an error kept it from being done: Broken "
                 "pipe (EPIPE).");
    json_decref(json);

    record.dry_run = true;
    record.steps[0].result = RL_DONE_WOULD_HAVE;
    record.steps[3] = (struct rl_record_step){.kind = RL_STEP_KILL,
        .signal = SIGKILL,
        .at_us = SAMPLE_STARTED_US + 15000,
        .assuming = true,
        .result = RL_DONE_WOULD_HAVE};
    json = rl_record_json(&record);
    text = unfold(story(json));
    expect(text, "After 12ms reclaim 64M would have been taken.");
    expect(text, "After 13ms terminate was passed over: the victim is frozen and cannot follow a "
                 "signal.");
    expect(text, "After 15ms SIGKILL would have gone to it, assuming that the steps before had no "
                 "effect.");
    json_decref(json);
}

static void test_hostile(void **state)
{
    struct capture capture;

    sample_hostile(&record);
    json_t *json = rl_record_json(&record), *list = json_array();
    json_array_append(list, json);
    const char *text = story(json);
    expect_harmless(text);
    expect(text, "\\x1b[31m");
    capture_begin(&capture);
    rl_show_incidents(list, 0);
    text = capture_end(&capture);
    expect_harmless(text);
    /* A heading and one line, however many line feeds the names hold. */
    assert_ptr_equal(strchr(strchr(text, '\n') + 1, '\n'), text + strlen(text) - 1);
    json_decref(list);
    json_decref(json);
}

/* Put something else in the place of each value in turn, at every depth. Return: how many. */
static size_t mutate(json_t *root, json_t *at, json_t *with)
{
    const char *key;
    void *next;
    json_t *value;
    size_t n = 0, i;

    json_object_foreach_safe(at, next, key, value)
    {
        json_incref(value);
        json_object_set(at, key, with);
        expect_harmless(story(root));
        json_object_set(at, key, value);
        n += 1 + mutate(root, value, with);
        json_decref(value);
    }
    json_array_foreach(at, i, value)
    {
        json_incref(value);
        json_array_set(at, i, with);
        expect_harmless(story(root));
        json_array_set(at, i, value);
        n += 1 + mutate(root, value, with);
        json_decref(value);
    }
    return n;
}

/* A file that somebody edited: whatever stands there, no crash and no harm. */
static void test_broken_records(void **state)
{
    static const char *const values[] = {
        "null",
        "{}",
        "[]",
        "[[1]]",
        "-1",
        "1e300",
        "9223372036854775807",
        "\"\\u001b[2J\\n\"",
        "true",
    };

    sample_record(&record);
    json_t *json = rl_record_json(&record);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        json_t *with = json_loads(values[i], JSON_DECODE_ANY, NULL);
        expect_harmless(story(with));
        assert_true(mutate(json, json, with) > 150);
        json_decref(with);
    }
    json_decref(json);
}

static int run(const char *text, const char **ret_output)
{
    static char copy[4096];
    char *argv[32], *rest = copy;
    int argc = 0;
    const struct rl_command *command = NULL;
    struct rl_args args;
    struct capture capture;

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word; argc < 31 && (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    capture_begin(&capture);
    int code = rl_args_parse(argc, argv, &command, &args) < 0 ? RL_EXIT_USAGE
               : command                                      ? command->run(&args)
                                                              : RL_EXIT_OK;
    *ret_output = capture_end(&capture);
    return code;
}

static void test_daemon_down(void **state)
{
    static const char *const commands[] = {
        "status", "reload", "explain", "explain /a", "explain pid:1"};
    const char *output;

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char line[128];
        snprintf(
            line, sizeof(line), "reliefctl %s --runtime-dir /nonexistent/reliefd", commands[i]);
        assert_int_equal(run(line, &output), RL_EXIT_DOWN);
        expect(output,
            "reliefd is not running (no socket at /nonexistent/reliefd/bus): start it with "
            "'systemctl start reliefd'");
    }
}

static void test_incidents_from_files(void **state)
{
    struct folder folder;
    char line[256];
    const char *output;

    folder_new(&folder);
    snprintf(line, sizeof(line), "reliefctl --runtime-dir /nonexistent incidents --state-dir %s",
        folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_OK);
    expect(output, "No incidents.");
    snprintf(line, sizeof(line), "reliefctl --runtime-dir /nonexistent explain last --state-dir %s",
        folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_FAILURE);
    expect(output, "there was no incident yet");

    sample_record(&record);
    json_t *json = rl_record_json(&record);
    assert_int_equal(rl_store_write(folder.path, record.id, json), 0);
    json_decref(json);
    assert_int_equal(run(line, &output), RL_EXIT_OK);
    expect(output, "Incident 20240501T120000.123Z-7\n");
    snprintf(line, sizeof(line),
        "reliefctl --runtime-dir /nonexistent --state-dir %s explain 20240501T120000.123Z-7",
        folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_OK);
    snprintf(line, sizeof(line), "reliefctl --runtime-dir /nonexistent --state-dir %s incidents 5",
        folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_OK);
    expect(output, "2024-05-01T12:00:00Z  20240501T120000.123Z-7  db ");
    expect(output, "  worker[4711]    812   480M  the victim is gone and the pressure is over\n");
    snprintf(line, sizeof(line), "reliefctl --runtime-dir /nonexistent --state-dir %s explain nope",
        folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_FAILURE);
    expect(output, "there is no incident 'nope'");
    folder_free(&folder);
}

static void test_check(void **state)
{
    struct folder folder;
    char line[512];
    const char *output;

    folder_new(&folder);
    folder_write(&folder, "good.conf",
        "[Match]\nCgroup=a/**\n[Trigger x]\nPressure=full 30% over 10s\n[Relief]\nStep=kill\n");
    folder_write(&folder, "bad.conf", "[Match]\nCgruop=b\n");
    snprintf(line, sizeof(line), "reliefctl check %s/good.conf", folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_OK);
    assert_memory_equal(output, "good  ", 6);
    assert_null(strstr(output, "bad"));
    assert_null(strstr(output, "default"));
    snprintf(line, sizeof(line), "reliefctl check %s/bad.conf", folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_FAILURE);
    expect(output, "/bad.conf:2: error: ");
    snprintf(line, sizeof(line), "reliefctl check %s", folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_FAILURE);
    expect(output, "\ngood  ");
    snprintf(line, sizeof(line), "reliefctl check --json %s", folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_FAILURE);
    json_t *json = json_loads(output, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "files")) >= 2, 1);
    json_decref(json);
    snprintf(line, sizeof(line), "reliefctl check %s/none.conf", folder.path);
    assert_int_equal(run(line, &output), RL_EXIT_USAGE);
    assert_int_equal(run("reliefctl check --keys", &output), RL_EXIT_OK);
    expect(output, "Headroom=");
    folder_free(&folder);
}

/* On no terminal nothing is cut and nothing coloured; columns line up by what is seen. */
static void test_table(void **state)
{
    static const struct rl_column columns[] = {
        {"A", RL_COLUMN_LEFT},
        {"NUMBER", RL_COLUMN_RIGHT},
        {"PATH", RL_COLUMN_PATH},
    };
    struct capture capture;

    capture_begin(&capture);
    struct rl_table *table = rl_table_new(columns, 3);
    rl_table_row(table, RL_STYLE_BAD);
    rl_table_text(table, "\xe6\x97\xa5");
    rl_table_cell(table, "%d", 7);
    rl_table_text(table, "/a\n");
    rl_table_row(table, RL_STYLE_PLAIN);
    rl_table_text(table, "abc");
    rl_table_end(table, 1);
    const char *text = capture_end(&capture);
    expect(text, " A    NUMBER  PATH\n");
    expect(text, "       7  /a\\x0a\n");
    expect(text, " abc\n");
    assert_null(strchr(text, '\033'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_story),
        cmocka_unit_test(test_story_of_a_grade),
        cmocka_unit_test(test_other_stories),
        cmocka_unit_test(test_story_of_a_kernel_model),
        cmocka_unit_test(test_story_of_relatives),
        cmocka_unit_test(test_story_of_other_kinds),
        cmocka_unit_test(test_story_of_steps),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_broken_records),
        cmocka_unit_test(test_daemon_down),
        cmocka_unit_test(test_incidents_from_files),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
