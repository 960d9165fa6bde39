/* reliefctl incidents: what is picked by time, policy, cgroup and kind. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/ctl/ctl.h"
#include "daemon/report/report.h"
#include "daemon/report/store.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"
#include "tests/unit/report-sample.h"

#define HOUR_US (UINT64_C(3600) * 1000000)

static struct folder folder;

/* Four incidents, an hour from one to the next, from noon on. */
static const struct {
    const char *id, *policy, *subject, *offender, *victim;
    bool dry;
} incidents[] = {
    {"one", "db", "/system.slice/db.service", "/system.slice/db.service",
        "/system.slice/db.service", false},
    {"two", "web", "/web.slice", "/web.slice/a", "/web.slice/a/b", true},
    {"three", "default-node", "/s.slice", "/", "/user.slice/app.slice/x", false},
    {"four", "web", "/web.slice", "/web.slice/c", "", true},
};

static int make_files(void **state)
{
    static struct rl_record record;

    folder_new(&folder);
    for (size_t i = 0; i < sizeof(incidents) / sizeof(incidents[0]); i++) {
        struct timespec times[2];
        char path[256];

        sample_record(&record);
        record.started_wall_us += i * HOUR_US;
        record.dry_run = incidents[i].dry;
        record.choice.found = *incidents[i].victim;
        strcpy(record.id, incidents[i].id);
        strcpy(record.policy, incidents[i].policy);
        strcpy(record.subject, incidents[i].subject);
        strcpy(record.offender, incidents[i].offender);
        strcpy(record.victim_cgroup, incidents[i].victim);
        json_t *json = rl_record_json(&record);
        assert_int_equal(rl_store_write(folder.path, record.id, json), 0);
        json_decref(json);
        snprintf(path, sizeof(path), "incidents/%s.json", record.id);
        times[0] = times[1] = (struct timespec){.tv_sec = 1000 + (time_t)i};
        assert_int_equal(utimensat(folder.fd, path, times, 0), 0);
    }
    return 0;
}

static int remove_files(void **state)
{
    folder_free(&folder);
    return 0;
}

/* Words are split at blanks, but for '_', which stands for one. */
static int run(const char *line, const char **ret_output)
{
    static char copy[512];
    char *argv[16], *rest = copy;
    const struct rl_command *command = NULL;
    struct capture capture;
    struct rl_args args;
    int argc = 0;

    snprintf(copy, sizeof(copy), "reliefctl --runtime-dir /nonexistent --state-dir %s incidents %s",
        folder.path, line);
    for (char *word; argc < 15 && (word = strsep(&rest, " "));) {
        for (char *c = word; (c = strchr(c, '_'));)
            *c = ' ';
        if (*word)
            argv[argc++] = word;
    }
    argv[argc] = NULL;
    capture_begin(&capture);
    int code = rl_args_parse(argc, argv, &command, &args) < 0 ? RL_EXIT_USAGE : command->run(&args);
    *ret_output = capture_end(&capture);
    return code;
}

static void test_picked(void **state)
{
    static const struct {
        const char *line, *ids;
    } rows[] = {
        {"", "four three two one"},
        {"2", "four three"},
        {"0", ""},
        {"--since 2024-05-01T13:00:00Z", "four three two"},
        {"--since 2024-05-01T13:00:01Z", "four three"},
        {"--until 2024-05-01T13:00:01Z", "two one"},
        {"--until 2024-05-01T12:00:00Z", ""},
        {"--until 2024-05-01T12:00:00.123Z", "one"},
        {"--since 2024-05-01_12:30_UTC --until 2024-05-01_14:30_UTC", "three two"},
        {"--since 2024-05-01_12:30_UTC 1", "four"},
        {"--since -2h", ""},
        {"--policy web", "four two"},
        {"--policy we", ""},
        {"--policy web 1", "four"},
        {"--cgroup /web.slice", "four two"},
        {"--cgroup web.slice/*", "four two"},
        {"--cgroup /web.slice/c", "four"},
        {"--cgroup /web.slice/a/b", "two"},
        {"--cgroup /user.slice", "three"},
        {"--cgroup /web", ""},
        {"--cgroup **/x", "three"},
        {"--cgroup /", "three"},
        {"--cgroup /s.slice", "three"},
        {"--dry-run yes", "four two"},
        {"--dry-run no", "three one"},
        {"--dry-run no --cgroup /system.slice", "one"},
        {"--policy web --until 2024-05-01T14:00:00Z", "two"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *output;
        char line[256], ids[128] = "";
        size_t j;
        json_t *one;

        snprintf(line, sizeof(line), "--json %s", rows[i].line);
        assert_int_equal(run(line, &output), RL_EXIT_OK);
        json_t *records = json_loads(output, 0, NULL);
        assert_true(json_is_array(records));
        json_array_foreach(records, j, one)
        {
            strcat(ids, j > 0 ? " " : "");
            strcat(ids, json_string_value(json_object_get(one, "id")));
        }
        if (strcmp(ids, rows[i].ids) != 0)
            fail_msg("incidents %s: '%s', not '%s'", rows[i].line, ids, rows[i].ids);
        json_decref(records);
    }
}

/* Twenty are shown where nothing is asked for, else all. */
static void test_many(void **state)
{
    static struct rl_record record;
    const char *output;
    size_t lines[2] = {0};

    for (int i = 0; i < 25; i++) {
        sample_record(&record);
        snprintf(record.id, sizeof(record.id), "many%d", i);
        strcpy(record.policy, "many");
        json_t *json = rl_record_json(&record);
        assert_int_equal(rl_store_write(folder.path, record.id, json), 0);
        json_decref(json);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(run(i == 0 ? "" : "--policy many", &output), RL_EXIT_OK);
        for (const char *at = output; (at = strstr(at, "  many")); at++)
            lines[i] += at[6] >= '0' && at[6] <= '9';
    }
    assert_int_equal(lines[0], 20);
    assert_int_equal(lines[1], 25);
}

static void test_wrong(void **state)
{
    static const struct {
        const char *line, *said;
    } rows[] = {
        {"--since soon", "reliefctl incidents --since: 'soon' is no time"},
        {"--until 2h", "reliefctl incidents --until: '2h' is no time"},
        {"--since now --until today", "--since is later than --until"},
        {"--dry-run maybe", "expected yes or no, not 'maybe'"},
        {"-5", "is not a number"},
        {"x", "'x' is not a number"},
    };
    const char *output;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(run(rows[i].line, &output), RL_EXIT_USAGE);
        if (!strstr(output, rows[i].said))
            fail_msg("incidents %s: %s", rows[i].line, output);
    }
    assert_int_equal(run("--policy nobody", &output), RL_EXIT_OK);
    assert_non_null(strstr(output, "No such incidents."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picked),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
