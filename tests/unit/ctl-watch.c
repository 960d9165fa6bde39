/* reliefctl scores --watch: its lines, what it says at the end, and a whole run over a process that
 * ends. */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/scores.h"
#include "daemon/report/report.h"
#include "daemon/report/store.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"
#include "tests/unit/report-sample.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define M        (UINT64_C(1) << 20)
#define NOON     (UINT64_C(1714564800) * 1000000) /* 2024-05-01T12:00:00Z */

static struct rl_record record;

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is missing in:\n%s", part, text);
}

static void test_lines(void **state)
{
    static const struct {
        struct rl_table_row row;
        uint64_t wall_us;
        const char *line;
    } rows[] = {
        {{.candidate = {.process = {.rss_pages = 10240}, .score = {.eligible = true, .points = 42}},
             .available = 1024 * M,
             .headroom = 900 * M,
             .headroom_known = true,
             .kernel_score = 681,
             .kernel_score_known = true},
            NOON, "2024-05-01T12:00:00.0Z     40M       0        42       681        1G    900M"},
        {{.candidate = {.process = {.rss_pages = 1, .swap_pages = 2560},
              .score = {.eligible = true, .points = -27}},
             .available = 50 * M},
            NOON + 12340000,
            "2024-05-01T12:00:12.3Z      4K     10M       -27         -       50M       -"},
        {{.candidate = {.process = {.rss_pages = 256},
              .spared = RL_SPARED_INIT,
              .score = {.eligible = true, .points = 5}},
             .available = 50 * M,
             .kernel_score_known = true,
             .headroom_known = true},
            NOON, "2024-05-01T12:00:00.0Z      1M       0         -         0       50M       0"},
        {{.candidate = {.process = {.rss_pages = 256},
              .score = {.eligible = true, .points = -1569591}},
             .available = 50 * M,
             .oom_score = 168,
             .oom_score_known = true,
             .kernel_score = 169,
             .kernel_score_known = true},
            NOON, "2024-05-01T12:00:00.0Z      1M       0  -1569591       168       169       -"},
    };
    struct rl_process_table table = {.page_size = 4096};
    char line[256], titles[256];

    for (size_t i = 0; i < COUNT(rows); i++) {
        rl_watch_titles(rows[i].row.oom_score_known, titles, sizeof(titles));
        assert_int_equal(strstr(titles, "OOM_SCORE") != NULL, rows[i].row.oom_score_known);
        rl_watch_line(&table, &rows[i].row, rows[i].wall_us, line, sizeof(line));
        assert_string_equal(line, rows[i].line);
        assert_true(strlen(line) < 80);
        assert_int_equal(strlen(titles), strlen(line)); /* columns stand below their titles */
    }
}

static json_t *records_of(const char *const *texts, size_t n)
{
    json_t *records = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        json_array_append_new(records, json);
    }
    return records;
}

static void test_incident(void **state)
{
    static const char *const texts[] = {
        "{\"id\": \"other\", \"victim\": {\"pid\": 8}, \"ended\": null}",
        "{\"id\": \"group\", \"victim\": {\"pid\": null}, \"ended\": null}",
        "{\"id\": \"none\", \"victim\": null}",
        "null",
        "{\"id\": \"text\", \"victim\": {\"pid\": \"7\"}}",
        "{\"id\": \"new\", \"victim\": {\"pid\": 7}, \"ended\": \"2024-05-01T12:00:10.000Z\"}",
        "{\"id\": \"old\", \"victim\": {\"pid\": 7}, \"ended\": \"2024-05-01T11:00:00.000Z\"}",
        "{\"id\": \"open\", \"victim\": {\"pid\": 9}, \"ended\": null}",
    };
    static const struct {
        pid_t pid;
        const char *since, *id;
    } rows[] = {
        {7, "2024-05-01T12:00:00.000Z", "new"},
        {7, "2024-05-01T12:00:10.000Z", "new"},
        {7, "2024-05-01T12:00:10.001Z", NULL}, /* another one of that number */
        {7, "2024-05-01T10:00:00.000Z", "new"},
        {9, "2024-05-01T12:00:00.000Z", "open"},
        {8, "2024-05-01T12:00:00.000Z", "other"},
        {0, "2024-05-01T12:00:00.000Z", NULL},
        {6, "2024-05-01T12:00:00.000Z", NULL},
    };
    json_t *records = records_of(texts, COUNT(texts));

    for (size_t i = 0; i < COUNT(rows); i++) {
        const json_t *found = rl_watch_incident(records, rows[i].pid, rows[i].since);

        if ((found != NULL) != (rows[i].id != NULL))
            fail_msg("row %zu", i);
        if (found)
            assert_string_equal(json_string_value(json_object_get(found, "id")), rows[i].id);
    }
    assert_null(rl_watch_incident(NULL, 7, ""));
    json_decref(records);
}

static void test_farewell(void **state)
{
    char text[1024];

    assert_string_equal(rl_watch_farewell("a\nb", 7, NULL, text, sizeof(text)),
        "a\\x0ab[7] is gone; no incident of reliefd tells of it.");
    sample_record(&record);
    json_t *json = rl_record_json(&record);
    expect(rl_watch_farewell("worker", 4711, json, text, sizeof(text)),
        "worker[4711] is gone: it was the victim of incident 20240501T120000.123Z-7 by the policy "
        "db. Outcome: the victim is gone and the pressure is over. Its story: reliefctl explain "
        "20240501T120000.123Z-7");
    json_object_set_new(json, "open", json_true());
    json_object_set_new(json, "dry_run", json_true());
    rl_watch_farewell("worker", 4711, json, text, sizeof(text));
    expect(text, "by the policy db (dry run: nothing was done). Outcome: not known yet.");
    json_decref(json);
}

static pid_t start_child(void)
{
    int ready[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "leaker");
        if (write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

/* Ends a process from outside while the watch runs, and lets nobody wait for its zombie. */
static pid_t start_killer(pid_t victim)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        usleep(350000);
        kill(victim, SIGKILL);
        _exit(0);
    }
    return pid;
}

static int watch(pid_t pid, const char *state_dir, const char *option, const char **ret_output)
{
    char line[256], *rest = line, *argv[16];
    const struct rl_command *command = NULL;
    struct rl_args args;
    struct capture capture;
    int argc = 0;

    snprintf(line, sizeof(line),
        "reliefctl scores --system --watch --interval 0.1 --state-dir %s %d%s", state_dir, (int)pid,
        option);
    for (char *word; argc < 15 && (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    pid_t killer = start_killer(pid);
    capture_begin(&capture);
    int code = rl_args_parse(argc, argv, &command, &args) < 0 ? RL_EXIT_USAGE : command->run(&args);
    *ret_output = capture_end(&capture);
    assert_int_equal(waitpid(killer, NULL, 0), killer);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return code;
}

/* Until it is gone: a line each, and in the end what became of it. */
static void test_run(void **state)
{
    struct folder folder;
    const char *output;
    pid_t pid = start_child();

    folder_new(&folder);
    assert_int_equal(watch(pid, folder.path, "", &output), RL_EXIT_OK);
    expect(output, "leaker[");
    expect(output, "\nTIME ");
    expect(output, "], scored by percent-times-ten against ");
    expect(output, "] is gone; no incident of reliefd tells of it.\n");

    pid = start_child();
    sample_record(&record);
    record.victim_pid = pid;
    json_t *json = rl_record_json(&record);
    json_object_set_new(json, "ended", json_string("9999-01-01T00:00:00.000Z"));
    assert_int_equal(rl_store_write(folder.path, record.id, json), 0);
    json_decref(json);
    assert_int_equal(watch(pid, folder.path, "", &output), RL_EXIT_OK);
    expect(output, "] is gone: it was the victim of incident 20240501T120000.123Z-7");
    folder_free(&folder);
}

/* JSON: an object on each line. */
static void test_run_json(void **state)
{
    struct folder folder;
    const char *output;
    char copy[1 << 16], *rest = copy;
    pid_t pid = start_child();
    size_t looks = 0;
    bool gone = false;

    folder_new(&folder);
    assert_int_equal(watch(pid, folder.path, " --json", &output), RL_EXIT_OK);
    snprintf(copy, sizeof(copy), "%s", output);
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

        if (!json)
            fail_msg("no JSON: %s", line);
        assert_false(gone);
        assert_int_equal(json_integer_value(json_object_get(json, "pid")), pid);
        assert_non_null(json_string_value(json_object_get(json, "time")));
        gone = json_is_true(json_object_get(json, "gone"));
        if (gone) {
            assert_true(json_is_null(json_object_get(json, "incident")));
        } else {
            assert_string_equal(json_string_value(json_object_get(json, "comm")), "leaker");
            assert_string_equal(
                json_string_value(json_object_get(json, "model")), "percent-times-ten");
            looks++;
        }
        json_decref(json);
    }
    assert_true(gone);
    assert_true(looks > 0);
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_incident),
        cmocka_unit_test(test_farewell),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_run_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
