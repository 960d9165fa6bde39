/* What files have beside the record: samples, and the end of an incident that nobody has ended. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/report/interrupted.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"
#include "daemon/report/report.h"
#include "daemon/report/store.h"
#include "daemon/samples.h"
#include "tests/unit/folder.h"
#include "tests/unit/report-sample.h"

#define S UINT64_C(1000000)

static struct rl_record record;

/* ---- samples ---- */

static void note(struct rl_flight *flight, uint64_t id, uint64_t at_us)
{
    struct rl_flight_row row = {
        .at_us = at_us,
        .some_us = at_us / 100 * 10,
        .full_us = 10,
        .current = 40960,
        .used = 36864,
        .swap = RL_FLIGHT_NONE,
        .high = RL_FLIGHT_NONE,
        .max = 81920,
        .refaults = 3,
    };

    rl_flight_add(flight, id, &row);
}

static void check_samples(const struct rl_flight *flight, const struct rl_sampled *sampled,
    const char *path, uint64_t started_us, uint64_t until_us, const char *cgroups)
{
    char *text = rl_samples_text(flight, sampled, path, started_us, until_us), *wanted = NULL;

    if (!cgroups) {
        assert_null(text);
        return;
    }
    assert_non_null(text);
    assert_true(asprintf(&wanted,
                    "{\"columns\":[\"at_ms\",\"some_us\",\"full_us\",\"current_bytes\","
                    "\"used_bytes\",\"swap_bytes\",\"high_bytes\",\"max_bytes\",\"refaults\"],"
                    "\"cgroups\":[%s]}",
                    cgroups) > 0);
    assert_string_equal(text, wanted);
    free(text);
    free(wanted);
}

#define ROW(ms, some) "[" #ms "," #some ",10,40960,36864,null,null,81920,3]"

static void test_samples(void **state)
{
    struct rl_flight *flight = rl_flight_new();
    struct rl_sampled three = {.ids = {7, 5, 1}, .n = 3};
    struct rl_sampled alone = {.ids = {1}, .n = 1};

    assert_non_null(flight);
    check_samples(flight, &three, "/a/b", 100 * S, 110 * S, NULL);
    note(flight, 7, 99 * S);
    note(flight, 7, 100 * S);
    note(flight, 7, 111 * S); /* after the end */
    note(flight, 1, 50 * S);
    check_samples(flight, &three, "/a/b", 100 * S, 110 * S,
        "{\"cgroup\":\"/a/b\",\"role\":\"offender\",\"rows\":[" ROW(-1000, 9900000) "," ROW(
            0, 10000000) "]},{\"cgroup\":\"/\",\"role\":\"node\",\"rows\":[" ROW(-50000,
            5000000) "]}");
    note(flight, 5, 100 * S);
    check_samples(flight, &three, "/a\n/b", 100 * S, UINT64_MAX,
        "{\"cgroup\":\"/a\\n/b\",\"role\":\"offender\",\"rows\":[" ROW(-1000, 9900000) "," ROW(
            0, 10000000) "," ROW(11000, 11100000) "]},{\"cgroup\":\"/a\\n\",\"role\":\"ancestor\","
                                                  "\"rows\":[" ROW(0,
                                                      10000000) "]},{\"cgroup\":\"/\","
                                                                "\"role\":\"node\",\"rows\":[" ROW(
                                                                    -50000, 5000000) "]}");
    /* A path that was cut in front says nothing of those above. */
    check_samples(flight, &three, "...b", 100 * S, 99 * S + 1,
        "{\"cgroup\":\"...b\",\"role\":\"offender\",\"rows\":[" ROW(-1000,
            9900000) "]},{\"cgroup\":\"/\",\"role\":\"node\",\"rows\":[" ROW(-50000, 5000000) "]}");
    check_samples(flight, &alone, "/", 100 * S, UINT64_MAX,
        "{\"cgroup\":\"/\",\"role\":\"offender\",\"rows\":[" ROW(-50000, 5000000) "]}");
    check_samples(flight, &alone, "/", 200 * S, UINT64_MAX, NULL); /* more than a minute before */
    three.ids[0] = 0;                                              /* it found no ring */
    check_samples(flight, &three, "/a/b", 100 * S, 99 * S,
        "{\"cgroup\":\"/\",\"role\":\"node\",\"rows\":[" ROW(-50000, 5000000) "]}");
    rl_flight_free(flight);
}

/* ---- the file ---- */

static char *file_text(const struct folder *folder, const char *id)
{
    static char text[65536];
    char name[256];
    ssize_t n;

    snprintf(name, sizeof(name), "incidents/%s.json", id);
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    n = read(fd, text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    close(fd);
    return text;
}

static void test_samples_in_file(void **state)
{
    static const char samples[] = "{\"columns\":[\"at_ms\"],\"cgroups\":[{\"rows\":[[1],[2]]}]}";
    struct folder folder;
    json_t *json, *found, *list;
    char wanted[256], *first;

    folder_new(&folder);
    sample_record(&record);
    json = rl_record_json(&record);
    assert_int_equal(rl_store_write_samples(folder.path, record.id, json, samples), 0);
    snprintf(wanted, sizeof(wanted), ",\n  \"samples\": %s\n}\n", samples);
    assert_non_null(strstr(file_text(&folder, record.id), wanted));
    first = strdup(file_text(&folder, record.id));

    /* Read and written again it is the same, byte for byte. */
    assert_int_equal(rl_store_read(folder.path, record.id, &found), 0);
    assert_int_equal(
        json_array_size(json_object_get(json_object_get(found, "samples"), "cgroups")), 1);
    assert_int_equal(rl_store_write(folder.path, record.id, found), 0);
    assert_string_equal(file_text(&folder, record.id), first);
    json_object_set_new(found, "samples", json_null());
    assert_true(json_equal(found, json));
    json_decref(found);

    assert_int_equal(rl_store_list(folder.path, 5, &list), 0);
    assert_true(json_is_null(json_object_get(json_array_get(list, 0), "samples")));
    json_decref(list);
    json_decref(json);
    free(first);
    folder_free(&folder);
}

/* ---- interrupted ---- */

static uint64_t start_of(pid_t pid)
{
    char name[64], text[1024];
    uint64_t start = 0;
    FILE *file;

    snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
    file = fopen(name, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    assert_int_equal(
        sscanf(strrchr(text, ')'),
            ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
            "%*d %" SCNu64,
            &start),
        1);
    return start;
}

static void open_record(pid_t pid, uint64_t start)
{
    sample_record(&record);
    record.open = true;
    record.outcome = RL_REASON_NONE;
    record.victim_pid = pid;
    record.victim_start_ticks = start;
    record.boot_id[0] = '\0';
}

static void expect_fate(int proc_fd, int cgroup_fd, bool rebooted, const char *fate)
{
    json_t *json = rl_record_json(&record), *interrupted;
    const char *found;

    assert_int_equal(rl_interrupted_complete(json, proc_fd, cgroup_fd), 0);
    interrupted = json_object_get(json, "interrupted");
    found = json_string_value(json_object_get(interrupted, "victim"));
    if (!fate != !found || (fate && strcmp(fate, found) != 0))
        fail_msg("the victim is %s, expected %s", found ? found : "null", fate ? fate : "null");
    assert_int_equal(json_is_true(json_object_get(interrupted, "rebooted")), rebooted);
    assert_true(json_is_false(json_object_get(json, "open")));
    assert_true(json_is_string(json_object_get(json, "ended")));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(json, "outcome"), "id")), "interrupted");
    assert_int_equal(rl_interrupted_complete(json, proc_fd, cgroup_fd), -EINVAL);
    json_decref(json);
}

static void test_process(void **state)
{
    int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0 && proc_fd >= 0);
    open_record(child, start_of(child));
    expect_fate(proc_fd, -1, false, "alive");
    expect_fate(-1, -1, false, "unknown");
    strcpy(record.boot_id, "0123456789abcdef0123456789abcdef");
    expect_fate(proc_fd, -1, true, "gone");
    open_record(child, start_of(child) + 1); /* the number is another one's now */
    expect_fate(proc_fd, -1, false, "gone");
    open_record(child, 0);
    expect_fate(proc_fd, -1, false, "unknown");

    open_record(child, start_of(child));
    kill(child, SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    expect_fate(proc_fd, -1, false, "gone"); /* a zombie */
    assert_int_equal(waitpid(child, NULL, 0), child);
    expect_fate(proc_fd, -1, false, "gone");
    record.choice.found = false;
    expect_fate(proc_fd, -1, false, NULL);
    close(proc_fd);
}

static void test_cgroup(void **state)
{
    struct folder folder;
    struct stat st;

    folder_new(&folder);
    folder_write(&folder, "a/b/cgroup.events", "populated 1\nfrozen 0\n");
    open_record(0, 0);
    record.choice.scope = RL_KILL_CGROUP;
    strcpy(record.victim_cgroup, "/a/b");
    assert_int_equal(fstatat(folder.fd, "a/b", &st, 0), 0);
    record.victim_cgroup_id = st.st_ino;
    expect_fate(-1, folder.fd, false, "alive");
    expect_fate(-1, -1, false, "unknown");
    record.victim_cgroup_id = st.st_ino + 1;
    expect_fate(-1, folder.fd, false, "gone");
    record.victim_cgroup_id = st.st_ino;
    folder_write(&folder, "a/b/cgroup.events", "populated 0\nfrozen 0\n");
    expect_fate(-1, folder.fd, false, "gone");
    strcpy(record.victim_cgroup, "/a/c");
    expect_fate(-1, folder.fd, false, "gone");
    folder_free(&folder);
}

/* The next start completes what is open, and nothing else. */
static void test_complete(void **state)
{
    struct rl_report_options options = {.keep = 10, .keep_bytes = 1 << 20};
    struct rl_report *report;
    struct folder folder;
    json_t *json, *last;

    folder_new(&folder);
    options.state_dir = folder.path;
    rl_log_open_to(LOG_ERR, "/nonexistent", -1);
    open_record(999999999, 1);
    json = rl_record_json(&record);
    assert_int_equal(rl_store_write_samples(folder.path, record.id, json, "{\"cgroups\":[]}"), 0);
    json_decref(json);
    sample_record(&record);
    strcpy(record.id, "over");
    json = rl_record_json(&record);
    assert_int_equal(rl_store_write(folder.path, record.id, json), 0);
    json_decref(json);
    json = NULL;

    assert_int_equal(rl_report_new(&options, &report), 0);
    last = rl_report_last(report, 10);
    assert_int_equal(json_array_size(last), 1);
    json_decref(last);
    rl_report_complete(report, -1, -1);
    last = rl_report_last(report, 10);
    assert_int_equal(json_array_size(last), 2);
    assert_true(json_is_null(json_object_get(json_array_get(last, 0), "samples")));
    json_decref(last);
    assert_int_equal(rl_store_read(folder.path, "20240501T120000.123Z-7", &json), 0);
    assert_true(json_is_false(json_object_get(json, "open")));
    assert_true(json_is_object(json_object_get(json, "interrupted")));
    assert_true(json_is_object(json_object_get(json, "samples"))); /* what there was is kept */
    json_decref(json);
    assert_int_equal(rl_store_read(folder.path, "over", &json), 0);
    assert_null(json_object_get(json, "interrupted"));
    json_decref(json);
    rl_report_free(report);
    rl_log_close();
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_samples_in_file),
        cmocka_unit_test(test_process),
        cmocka_unit_test(test_cgroup),
        cmocka_unit_test(test_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
