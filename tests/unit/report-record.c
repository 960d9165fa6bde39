/* The record as JSON and as a sentence. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/report/json.h"
#include "daemon/report/report.h"
#include "daemon/report/say.h"
#include "tests/unit/report-sample.h"

static struct rl_record record;

/* One JSON value at a path ("steps.1.result"), as text. */
static void check_value(const json_t *json, const char *path, const char *expected)
{
    char key[64];
    const json_t *value = json;

    for (const char *at = path; *at;) {
        size_t length = strcspn(at, ".");
        assert_true(length < sizeof(key));
        memcpy(key, at, length);
        key[length] = '\0';
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(key))
                                     : json_object_get(value, key);
        at += length + (at[length] == '.');
    }
    char *text = rl_json_text(value);
    if (!text || strcmp(text, expected) != 0)
        fail_msg("%s is %s, expected %s", path, text ? text : "missing", expected);
    free(text);
}

struct value_row {
    const char *path, *expected;
};

static void check_values(const struct value_row *rows, size_t n)
{
    json_t *json = rl_record_json(&record);

    assert_non_null(json);
    for (size_t i = 0; i < n; i++)
        check_value(json, rows[i].path, rows[i].expected);
    json_decref(json);
}

#define CHECK(rows) check_values(rows, sizeof(rows) / sizeof(rows[0]))

static void test_finished(void **state)
{
    static const struct value_row rows[] = {
        {"version", "1"},
        {"id", "\"20240501T120000.123Z-7\""},
        {"kind", "\"relief\""},
        {"dry_run", "false"},
        {"open", "false"},
        {"unit", "\"db.service\""},
        {"boot_id", "\"0123456789abcdef0123456789abcdef\""},
        {"samples", "null"},
        {"started", "\"2024-05-01T12:00:00.123Z\""},
        {"ended", "\"2024-05-01T12:00:04.623Z\""},
        {"duration_ms", "4500"},
        {"outcome",
            "{\"id\":\"relieved\",\"text\":\"the victim is gone and the pressure is over\"}"},
        {"policy", "{\"name\":\"db\",\"source\":\"/etc/reliefd/policy.d/db.service.conf\"}"},
        {"subject", "\"" SAMPLE_OFFENDER "\""},
        {"offender", "\"" SAMPLE_OFFENDER "\""},
        {"origin.id", "\"own\""},
        {"origin.window_ms", "10000"},
        {"origin.local_events", "240"},
        {"origin.refaults", "1200"},
        {"origin.used_bytes", "522190848"},
        {"origin.limit_bytes", "536870912"},
        {"origin.allocstalls", "0"},
        {"origin.kswapd_pages", "0"},
        {"origin.limited_refaults", "0"},
        {"available", "{\"bytes\":536870912,\"limited_by\":\"/system.slice\"}"},
        {"trigger.name", "\"stall\""},
        {"trigger.lines.0",
            "{\"key\":\"Pressure\",\"text\":\"full 30% over 10s\",\"line\":3,\"holds\":true,"
            "\"known\":true,\"reason\":\"holds\",\"value\":42.17,\"threshold\":30.0,"
            "\"unit\":\"percent\"}"},
        {"trigger.lines.1.value", "3145728"},
        {"trigger.lines.1.text", "\"below 5% min 100M\""},
        {"trigger.lines.2.known", "false"},
        {"trigger.lines.2.value", "null"},
        {"trigger.lines.2.threshold", "null"},
        {"trigger.lines.2.reason", "\"no-events\""},
        {"kill", "\"process\""},
        {"model", "\"percent-times-ten\""},
        {"victim",
            "{\"scope\":\"process\",\"pid\":4711,\"comm\":\"worker\",\"cgroup\":\"" SAMPLE_OFFENDER
            "\",\"cgroup_id\":77,\"start_ticks\":1234,\"score\":812,\"oom_score\":null,\"widened\":"
            "false,\"one_by_one\":"
            "false,\"fell_back\":false,\"instead_of\":null,"
            "\"sharers_count\":0,\"sharers\":[]}"},
        {"candidates.0",
            "{\"pid\":4711,\"comm\":\"worker\",\"uid\":105,\"cgroup\":\"" SAMPLE_OFFENDER
            "\",\"score\":812,\"parts\":{\"memory\":812,\"root\":0,\"adj\":0},"
            "\"rss_bytes\":4096000,\"swap_bytes\":40960,\"oom_score_adj\":0,\"eligible\":true,"
            "\"reason\":null,\"protected_by\":null}"},
        {"candidates.1.score", "301"},
        {"candidates.1.parts", "{\"memory\":201,\"root\":0,\"adj\":100}"},
        {"candidates.2.eligible", "false"},
        {"candidates.2.reason", "\"protected\""},
        {"candidates.2.protected_by", "\"exe:/usr/sbin/sshd&uid:0\""},
        {"candidates.2.score", "12"},
        {"candidates.3.score", "null"},
        {"candidates.3.eligible", "false"},
        {"candidates.3.reason", "\"adj-minus-1000\""},
        {"groups.0", "{\"cgroup\":\"" SAMPLE_OFFENDER "\",\"score\":781,\"anon_bytes\":419430400,"
                     "\"swap_bytes\":0,\"kernel_bytes\":1048576,\"shmem_bytes\":2097152,"
                     "\"processes\":4,\"eligible\":true,\"reason\":null}"},
        {"processes_seen", "35"},
        {"steps.0",
            "{\"step\":\"terminate\",\"signal\":\"SIGTERM\",\"arguments\":null,\"at_ms\":12,"
            "\"took_ms\":3000,\"signalled\":1,\"whole_cgroup\":false,\"skipped\":false,"
            "\"assuming_no_effect\":false,\"gained_bytes\":null,\"result\":\"time-up\",\"error\":"
            "null}"},
        {"steps.1.result", "\"victim-gone\""},
        {"before.full_percent", "42.17"},
        {"before.some_percent", "52.17"},
        {"before.window_ms", "10000"},
        {"before.current_bytes", "534773760"},
        {"before.swap_bytes", "null"}, /* not read */
        {"before.usage_percent", "98.0"},
        {"before.headroom_bytes", "3145728"},
        {"before.events", "{\"high\":7,\"max\":240,\"oom\":1,\"oom_kill\":0}"},
        {"after.full_percent", "0.3"},
        {"freed_bytes", "503316480"},
        {"time_to_signal_ms", "12"},
        {"time_to_gone_ms", "3432"},
        {"by_hand", "null"},
        {"waited_ms", "null"},
        {"waited_out", "false"},
    };

    sample_record(&record);
    CHECK(rows);
}

static void test_open(void **state)
{
    static const struct value_row rows[] = {
        {"open", "true"},
        {"ended", "null"},
        {"duration_ms", "null"},
        {"outcome", "null"},
        {"after", "null"},
        {"time_to_gone_ms", "null"},
        {"steps.1.error", "\"Operation not permitted (EPERM)\""},
    };

    sample_record(&record);
    record.open = true;
    record.outcome = RL_REASON_NONE;
    record.gone_us = 0;
    record.steps[1].error = EPERM;
    CHECK(rows);
}

static void test_nothing_known(void **state)
{
    static const struct value_row rows[] = {
        {"id", "\"\""},
        {"started", "null"},
        {"origin", "null"},
        {"victim", "null"},
        {"candidates", "[]"},
        {"groups", "[]"},
        {"steps", "[]"},
        {"before", "null"},
        {"trigger.lines", "[]"},
        {"model", "null"},
        {"available.limited_by", "null"},
        {"time_to_signal_ms", "null"},
        {"kind", "\"relief\""},
        {"unit", "null"},
        {"boot_id", "null"},
    };

    memset(&record, 0, sizeof(record));
    CHECK(rows);
}

static void test_whole_cgroup(void **state)
{
    static const struct value_row rows[] = {
        {"victim.scope", "\"cgroup\""},
        {"victim.pid", "null"},
        {"victim.comm", "null"},
        {"victim.widened", "true"},
        {"victim.start_ticks", "null"},
        {"kind", "\"refused\""},
        {"origin.limit_bytes", "null"},
    };

    sample_record(&record);
    record.choice.scope = RL_KILL_CGROUP;
    record.choice.widened = true;
    record.victim_pid = 0;
    record.victim_start_ticks = 0;
    record.kind = RL_KIND_REFUSED;
    record.origin.limit = RL_NO_LIMIT;
    CHECK(rows);
}

/* Counts beyond the arrays (a record from elsewhere) are not followed. */
static void test_counts_out_of_range(void **state)
{
    sample_record(&record);
    record.n_candidates = UINT32_MAX;
    record.n_groups = UINT32_MAX;
    record.n_sharers = UINT32_MAX;
    record.n_lines = UINT8_MAX;
    record.n_steps = UINT8_MAX;
    json_t *json = rl_record_json(&record);
    assert_int_equal(json_array_size(rl_get(json, "candidates")), RL_RECORD_CANDIDATES);
    assert_int_equal(json_array_size(rl_get(json, "groups")), RL_RECORD_GROUPS);
    assert_int_equal(json_array_size(rl_get(json, "victim.sharers")), RL_RECORD_SHARERS);
    assert_int_equal(json_array_size(rl_get(json, "trigger.lines")), RL_LINES_MAX);
    assert_int_equal(json_array_size(rl_get(json, "steps")), RL_RECORD_STEPS);
    json_decref(json);
}

/* A kernel's model has a total of its own, and a score that it prints. */
static void test_kernel_model(void **state)
{
    static const struct value_row rows[] = {
        {"model", "\"v318\""},
        {"available", "{\"bytes\":1073741824,\"limited_by\":\"/system.slice\"}"},
        {"victim.score", "131172"},
        {"victim.oom_score", "500"},
    };
    static const struct value_row no_file[] = {
        {"available.bytes", "1073741824"},
        {"victim.oom_score", "null"},
    };

    sample_record(&record);
    strcpy(record.model, "v318");
    record.before.room.totals[RL_TOTAL_LIMIT_AND_SWAP] = 1024u << 20;
    record.choice.points = 131172;
    record.candidates[0].score = (struct rl_score){
        .eligible = true, .points = 131172, .memory_points = 131072, .adj_points = 100};
    CHECK(rows);
    strcpy(record.model, "v24");
    CHECK(no_file);
}

static void test_relatives(void **state)
{
    static const struct value_row rows[] = {
        {"victim.instead_of", "{\"pid\":4700,\"comm\":\"master\",\"score\":900}"},
        {"victim.sharers_count", "2"},
        {"victim.sharers.0", "{\"pid\":4713,\"comm\":\"twin\",\"score\":812}"},
        {"victim.sharers.1.pid", "4714"},
        {"waited_ms", "5100"},
        {"waited_out", "true"},
    };
    char sentence[RL_SENTENCE_MAX];

    sample_record(&record);
    sample_relatives(&record);
    CHECK(rows);
    rl_record_sentence(&record, sentence, sizeof(sentence));
    assert_string_equal(sentence,
        "Killed worker[4711] in " SAMPLE_OFFENDER
        " (score 812) with 2 more that share its memory, child of master[4700], which had the most "
        "points (900), because that cgroup was short of memory: pressure 42.17% (full 30% over "
        "10s), headroom 3M (below 5% min 100M); freed 480M in 3.4s; had waited in vain 5.1s for "
        "somebody on his way out; the victim is gone and the pressure is over");

    record.instead_of.pid = 0;
    record.n_sharers = 1;
    record.waited_out = false;
    record.waited_us = 200 * RL_US_PER_MS;
    rl_record_sentence(&record, sentence, sizeof(sentence));
    assert_non_null(strstr(sentence, " with 1 more that shares its memory because that cgroup"));
    assert_non_null(strstr(sentence, "; had waited 200ms for somebody on his way out; the victim"));
}

/* Who asked for it stands where the cause would. */
static void test_by_hand(void **state)
{
    static const struct value_row rows[] = {{"by_hand.uid", "1000"}};
    char sentence[RL_SENTENCE_MAX];

    sample_record(&record);
    record.by_hand = true;
    record.by_uid = 1000;
    CHECK(rows);
    rl_record_sentence(&record, sentence, sizeof(sentence));
    assert_non_null(strstr(sentence, " (score 812) by hand, as uid 1000 asked; freed 480M in"));
}

static bool printable(const char *text)
{
    while (*text) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);
        if (length == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x202e)
            return false;
        text += length;
    }
    return true;
}

static void test_hostile(void **state)
{
    char sentence[RL_SENTENCE_MAX];

    sample_hostile(&record);
    json_t *json = rl_record_json(&record);
    assert_non_null(json);
    assert_string_equal(rl_get_text(json, "victim.comm"), "a\n\x1b[31m)\xef\xbf\xbd \"b\x7f");
    assert_string_equal(
        rl_get_text(json, "offender"), "/x/\xe2\x80\xae\"evil\r\n\x1b]0;t\x07\xef\xbf\xbd=1 2");
    char *text = rl_json_text(json);
    assert_non_null(text);
    assert_null(strpbrk(text, "\n\r\x1b\x07"));
    json_t *again = json_loads(text, 0, NULL);
    assert_true(json_equal(json, again));
    json_decref(again);
    json_decref(json);
    free(text);

    rl_record_sentence(&record, sentence, sizeof(sentence));
    assert_true(printable(sentence));
    assert_non_null(strstr(sentence, "\\x1b[31m"));
}

static void test_sentences(void **state)
{
    static const struct {
        bool dry, open, found, gone;
        enum rl_kill scope;
        enum rl_reason outcome, result;
        uint8_t steps;
        const char *offender, *expected;
    } rows[] = {
        {false, false, true, true, RL_KILL_PROCESS, RL_OUTCOME_RELIEVED, RL_DONE_VICTIM_GONE, 2,
            SAMPLE_OFFENDER,
            "Killed worker[4711] in " SAMPLE_OFFENDER
            " (score 812) because that cgroup was short of memory: pressure 42.17% (full 30% over "
            "10s), headroom 3M (below 5% min 100M); freed 480M in 3.4s; the victim is gone and the "
            "pressure is over"},
        {false, true, true, false, RL_KILL_PROCESS, RL_REASON_NONE, RL_DONE_SENT, 1,
            SAMPLE_OFFENDER,
            "Sent SIGTERM to worker[4711] in " SAMPLE_OFFENDER
            " (score 812) because that cgroup was short of memory: pressure 42.17% (full 30% over "
            "10s), headroom 3M (below 5% min 100M)"},
        {true, false, true, true, RL_KILL_CGROUP, RL_OUTCOME_DRY_RUN, RL_DONE_WOULD_HAVE, 2, "/",
            "Would have killed the whole cgroup " SAMPLE_OFFENDER
            " (score 812) because the machine was short of memory: pressure 42.17% (full 30% over "
            "10s), headroom 3M (below 5% min 100M); dry run: nothing was done"},
        {false, false, false, false, RL_KILL_PROCESS, RL_OUTCOME_NO_VICTIM, RL_REASON_NONE, 0,
            SAMPLE_OFFENDER,
            "Nobody was chosen in " SAMPLE_OFFENDER
            " because it was short of memory: pressure 42.17% (full 30% over 10s), headroom 3M "
            "(below 5% min 100M); nobody there may be chosen"},
        {false, false, true, false, RL_KILL_TREE, RL_OUTCOME_FAILED, RL_DONE_ERROR, 2, "/a",
            "Could not kill everything in and below " SAMPLE_OFFENDER
            " (score 812) because /a was short of memory: pressure 42.17% (full 30% over 10s), "
            "headroom 3M (below 5% min 100M); the step could not be taken"},
    };
    char sentence[RL_SENTENCE_MAX], tiny[40];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample_record(&record);
        record.dry_run = rows[i].dry;
        record.open = rows[i].open;
        record.choice.found = rows[i].found;
        record.choice.scope = rows[i].scope;
        record.outcome = rows[i].outcome;
        record.n_steps = rows[i].steps;
        record.steps[1].result = rows[i].result;
        if (!rows[i].gone)
            record.gone_us = 0;
        strcpy(record.offender, rows[i].offender);
        rl_record_sentence(&record, sentence, sizeof(sentence));
        assert_string_equal(sentence, rows[i].expected);
        rl_record_sentence(&record, tiny, sizeof(tiny));
        assert_int_equal(strlen(tiny), sizeof(tiny) - 1);
        assert_memory_equal(tiny, sentence, sizeof(tiny) - 4);
    }
}

/* The hardest step that was taken is told, of the offender where it needs no victim. */
static void test_sentences_of_steps(void **state)
{
    static const struct {
        enum rl_step_kind kind;
        bool dry, found, skipped;
        enum rl_reason result;
        const char *begins;
    } rows[] = {
        {RL_STEP_WARN, false, false, false, RL_DONE_DONE,
            "Warned of " SAMPLE_OFFENDER " because it"},
        {RL_STEP_HOOK, false, true, false, RL_DONE_DONE,
            "Ran a hook for " SAMPLE_OFFENDER " because it was short"},
        {RL_STEP_RECLAIM, false, false, false, RL_DONE_DONE,
            "Reclaimed 64M of " SAMPLE_OFFENDER " because it was short"},
        {RL_STEP_RECLAIM, false, false, false, RL_DONE_SENT,
            "Reclaimed memory of " SAMPLE_OFFENDER " because it was short"},
        {RL_STEP_RECLAIM, true, false, false, RL_DONE_WOULD_HAVE,
            "Would have reclaimed memory of " SAMPLE_OFFENDER " because it was short"},
        {RL_STEP_RECLAIM, false, false, false, RL_DONE_ERROR,
            "Could not reclaim memory of " SAMPLE_OFFENDER " because it was short"},
        {RL_STEP_THROTTLE, false, false, false, RL_DONE_DONE, "Throttled " SAMPLE_OFFENDER " "},
        {RL_STEP_FREEZE, true, false, false, RL_DONE_WOULD_HAVE,
            "Would have frozen " SAMPLE_OFFENDER " "},
        {RL_STEP_RESTART, false, true, false, RL_DONE_DONE,
            "Restarted the unit of worker[4711] in " SAMPLE_OFFENDER
            " (score 812) because that cgroup was short"},
        {RL_STEP_PANIC, false, true, false, RL_DONE_ERROR,
            "Could not make the kernel panic for " SAMPLE_OFFENDER " because it was short"},
        {RL_STEP_KILL, false, true, true, RL_SKIP_STRUCK,
            "Chose worker[4711] in " SAMPLE_OFFENDER " (score 812) because that cgroup was short"},
        {RL_STEP_WARN, false, false, true, RL_SKIP_NOT_AVAILABLE,
            "Nobody was chosen in " SAMPLE_OFFENDER " because it was short"},
    };
    char sentence[RL_SENTENCE_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample_record(&record);
        record.dry_run = rows[i].dry;
        record.choice.found = rows[i].found;
        record.n_steps = 1;
        record.steps[0] = (struct rl_record_step){.kind = rows[i].kind,
            .gained = 64 << 20,
            .skipped = rows[i].skipped,
            .result = rows[i].result};
        rl_record_sentence(&record, sentence, sizeof(sentence));
        if (strncmp(sentence, rows[i].begins, strlen(rows[i].begins)) != 0)
            fail_msg("%s", sentence);
    }
    /* Those that were passed over do not count, nor do milder ones. */
    sample_record(&record);
    record.n_steps = 3;
    record.steps[1] = (struct rl_record_step){.kind = RL_STEP_RECLAIM, .result = RL_DONE_DONE};
    record.steps[2] = (struct rl_record_step){
        .kind = RL_STEP_PANIC, .skipped = true, .result = RL_SKIP_NOT_ALLOWED};
    rl_record_sentence(&record, sentence, sizeof(sentence));
    assert_int_equal(strncmp(sentence, "Terminated worker[4711]", 23), 0);
}

static void test_steps(void **state)
{
    static const struct value_row rows[] = {
        {"steps.0", "{\"step\":\"reclaim\",\"signal\":null,\"arguments\":\"64M\",\"at_ms\":12,"
                    "\"took_ms\":1,\"signalled\":0,\"whole_cgroup\":false,\"skipped\":false,"
                    "\"assuming_no_effect\":false,\"gained_bytes\":4096,\"result\":\"done\","
                    "\"error\":null}"},
        {"steps.1.skipped", "true"},
        {"steps.1.result", "\"frozen\""},
        {"steps.1.gained_bytes", "null"},
        {"steps.2.assuming_no_effect", "true"},
        {"steps.2.gained_bytes", "null"},
    };

    sample_record(&record);
    record.n_steps = 3;
    record.steps[0] = (struct rl_record_step){.kind = RL_STEP_RECLAIM,
        .args = "64M",
        .at_us = SAMPLE_STARTED_US + 12000,
        .took_us = 1000,
        .gained = 4096,
        .result = RL_DONE_DONE};
    record.steps[1] = (struct rl_record_step){
        .kind = RL_STEP_TERMINATE, .signal = SIGTERM, .skipped = true, .result = RL_SKIP_FROZEN};
    record.steps[2].assuming = true;
    CHECK(rows);
}

/* A tree in which somebody must live: nobody is told that all of it died. */
static void test_one_by_one(void **state)
{
    char sentence[RL_SENTENCE_MAX];
    json_t *json;

    sample_record(&record);
    record.choice.scope = RL_KILL_TREE;
    record.choice.one_by_one = true;
    rl_record_sentence(&record, sentence, sizeof(sentence));
    assert_non_null(
        strstr(sentence, "Killed one by one all that may die in and below " SAMPLE_OFFENDER));
    json = rl_record_json(&record);
    assert_true(json_is_true(json_object_get(json_object_get(json, "victim"), "one_by_one")));
    json_decref(json);
}

/* Some were signalled, one could not be: that is in the record, too. */
static void test_partly_failed(void **state)
{
    json_t *json, *step;

    sample_record(&record);
    record.steps[0].error = EPERM;
    json = rl_record_json(&record);
    step = json_array_get(json_object_get(json, "steps"), 0);
    assert_string_equal(json_string_value(json_object_get(step, "result")), "time-up");
    assert_string_equal(
        json_string_value(json_object_get(step, "error")), "Operation not permitted (EPERM)");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finished),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_whole_cgroup),
        cmocka_unit_test(test_counts_out_of_range),
        cmocka_unit_test(test_kernel_model),
        cmocka_unit_test(test_relatives),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_sentences_of_steps),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_one_by_one),
        cmocka_unit_test(test_partly_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
