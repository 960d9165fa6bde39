/* The kernel's reports out of a file that stands for /dev/kmsg; which cgroup they are about. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/autopsy/kmsg.h"
#include "daemon/oom-path.h"
#include "tests/unit/folder.h"

static struct folder folder;
static char path[128];
static int fd;
static unsigned sequence;

/* A memcg kill of 6.12, without prefixes. %d: the victim, %s: its cgroup, twice. */
static const char *const report[] = {
    "leaker invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    "CPU: 1 UID: 65534 PID: 833 Comm: leaker Not tainted 6.12.48+deb13-amd64 #1  Debian 6.12.48-1",
    "memory: usage 65536kB, limit 65536kB, failcnt 40",
    "swap: usage 0kB, limit 9007199254740988kB, failcnt 0",
    "Tasks state (memory values in pages):",
    "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents "
    "oom_score_adj name",
    "[    833] 65534   833    17000    16200    16100      100         0   180224        0         "
    "    0 leaker",
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=%s,"
    "task_memcg=%s,task=leaker,pid=833,uid=65534",
    "Memory cgroup out of memory: Killed process 833 (leaker) total-vm:68000kB, anon-rss:64400kB, "
    "file-rss:400kB, shmem-rss:0kB, UID:65534 pgtables:176kB oom_score_adj:0",
};

static void put(int prio, const char *line)
{
    FILE *file = fopen(path, "ae");

    assert_non_null(file);
    fprintf(file, "%d,%u,%u,-;%s\n", prio, sequence, 1000 * sequence, line);
    sequence++;
    fclose(file);
}

static void put_report(int prio, const char *cgroup)
{
    char line[1024];

    for (size_t i = 0; i < sizeof(report) / sizeof(report[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(line, sizeof(line), report[i], cgroup, cgroup);
#pragma GCC diagnostic pop
        put(prio, line);
    }
}

static int setup(void **state)
{
    folder_new(&folder);
    snprintf(path, sizeof(path), "%s/kmsg", folder.path);
    put_report(6, "/before");
    fd = rl_kmsg_open(path);
    return fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    close(fd);
    folder_free(&folder);
    return 0;
}

static const char *text_at(const json_t *json, const char *a, const char *b)
{
    json = json_object_get(json, a);
    return json_string_value(b ? json_object_get(json, b) : json);
}

static void test_from_now_on(void **state)
{
    struct rl_kmsg_reports reports;
    const json_t *log, *autopsy;

    assert_int_equal(rl_kmsg_read(fd, &reports), 0);
    assert_int_equal(reports.n, 0);
    rl_kmsg_free(&reports);

    put(6, "usb 1-1: new device");
    put_report(6, "/a/b");
    put(6,
        "oom_reaper: reaped process 833 (leaker), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB");
    put(6, "usb 1-1: gone");
    assert_int_equal(rl_kmsg_read(fd, &reports), 0);
    assert_int_equal(reports.n, 1);
    assert_int_equal(reports.more, 0);
    assert_string_equal(reports.items[0].cgroup, "/a/b");
    assert_string_equal(reports.items[0].domain, "/a/b");
    autopsy = json_object_get(reports.items[0].json, "autopsy");
    assert_string_equal(text_at(autopsy, "constraint", NULL), "memcg");
    assert_string_equal(text_at(autopsy, "kernel_victim", "comm"), "leaker");
    assert_int_equal(json_integer_value(json_object_get(autopsy, "limit_bytes")), 64 << 20);
    assert_non_null(strstr(text_at(reports.items[0].json, "headline", NULL), "leaker[833]"));
    log = json_object_get(reports.items[0].json, "log");
    assert_true(json_array_size(log) >= sizeof(report) / sizeof(report[0]));
    assert_string_equal(json_string_value(json_array_get(log, 0)), report[0]);
    assert_string_equal(json_string_value(json_array_get(log, 8)), report[8]);
    for (size_t i = 0; i < json_array_size(log); i++)
        assert_null(strstr(json_string_value(json_array_get(log, i)), "usb"));
    assert_true(json_is_false(json_object_get(reports.items[0].json, "log_cut")));
    rl_kmsg_free(&reports);

    assert_int_equal(rl_kmsg_read(fd, &reports), 0); /* it was read already */
    assert_int_equal(reports.n, 0);
    rl_kmsg_free(&reports);
}

/* Whoever may write there could tell stories. */
static void test_stories(void **state)
{
    struct rl_kmsg_reports reports;

    put_report(14, "/forged"); /* facility user */
    put(6, "SUBSYSTEM follows");
    put_report(3, "/true");
    assert_int_equal(rl_kmsg_read(fd, &reports), 0);
    assert_int_equal(reports.n, 1);
    assert_string_equal(reports.items[0].cgroup, "/true");
    rl_kmsg_free(&reports);
}

static void test_many(void **state)
{
    struct rl_kmsg_reports reports;

    for (int i = 0; i < RL_KMSG_REPORTS_MAX + 3; i++)
        put_report(6, "/a");
    assert_int_equal(rl_kmsg_read(fd, &reports), 0);
    assert_int_equal(reports.n, RL_KMSG_REPORTS_MAX);
    assert_int_equal(reports.more, 3);
    rl_kmsg_free(&reports);
}

/* Of a report with so many tasks the beginning and the end are kept. */
static void check_long(int tasks)
{
    struct rl_kmsg_reports reports;
    const json_t *log;
    size_t bytes = 0;
    char line[256];

    for (size_t i = 0; i < 7; i++)
        put(6, report[i]);
    for (int i = 0; i < tasks; i++) {
        snprintf(line, sizeof(line),
            "[%7d] 65534 %5d     1000      200      100      100         0    45056        0      "
            "       0 sleeper",
            10000 + i, 10000 + i);
        put(6, line);
    }
    put(6, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
           "oom_memcg=/big,task_memcg=/big,task=leaker,pid=833,uid=65534");
    put(6, report[8]);
    for (int i = 0; i < 50; i++)
        put(6, "usb 1-1: new device");
    assert_int_equal(rl_kmsg_read(fd, &reports), 0);
    assert_int_equal(reports.n, 1);
    assert_string_equal(reports.items[0].cgroup, "/big");
    assert_true(json_is_true(json_object_get(reports.items[0].json, "log_cut")));
    log = json_object_get(reports.items[0].json, "log");
    for (size_t i = 0; i < json_array_size(log); i++)
        bytes += json_string_length(json_array_get(log, i));
    assert_true(bytes > RL_KMSG_LOG_MAX / 3 && bytes <= RL_KMSG_LOG_MAX);
    assert_non_null(strstr(
        json_string_value(json_array_get(log, json_array_size(log) - 1)), "Killed process 833"));
    rl_kmsg_free(&reports);
}

static void test_long(void **state)
{
    check_long(700); /* all of it is at hand */
    check_long(4000);
}

/* Cut anywhere, and whatever the bytes: no more than what is there. */
static void test_rubbish(void **state)
{
    struct rl_kmsg_reports reports;
    FILE *file = fopen(path, "ae");

    assert_non_null(file);
    srandom(3);
    for (int i = 0; i < 200000; i++)
        putc((int)(random() % 256), file);
    fputs("6,1,1,-;leaker invoked oom-killer: gfp_mask=0xcc0, order=0, oom_sc", file);
    fclose(file);
    assert_int_equal(rl_kmsg_read(fd, &reports), 0);
    rl_kmsg_free(&reports);
}

static void test_no_file(void **state)
{
    struct rl_kmsg_reports reports;
    int directory = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_int_equal(rl_kmsg_open("/nonexistent/kmsg"), -ENOENT);
    assert_int_equal(rl_kmsg_read(directory, &reports), -EISDIR);
    assert_int_equal(reports.n, 0);
    rl_kmsg_free(&reports);
    close(directory);
}

/* ---- paths ---- */

static void test_paths(void **state)
{
    static const struct {
        const char *kernel, *ours;
        bool matches;
        const char *rest; /* NULL: not below */
    } rows[] = {
        {"/a/b", "/a/b", true, NULL},
        {"/kubepods/pod1/a", "/a", true, NULL}, /* our mount begins deeper */
        {"/a/bb", "/b", false, NULL},
        {"/a/b", "/", false, "/a/b"},
        {"/", "/", true, NULL},
        {"", "/", false, NULL},
        {"", "/a", false, NULL},
        {"/a/b/c", "/a/b", false, "/c"},
        {"/a/bc", "/a/b", false, NULL},
        {"/x/a/b/c/d", "/a/b", false, "/c/d"},
        {"/a/bc/a/b/c", "/a/b", false, "/c"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *rest = NULL;
        bool below = rl_oom_path_below(rows[i].kernel, rows[i].ours, &rest);

        if (rl_oom_path_matches(rows[i].kernel, rows[i].ours) != rows[i].matches)
            fail_msg("row %zu matches: %d", i, !rows[i].matches);
        if (below != (rows[i].rest != NULL) || (below && strcmp(rest, rows[i].rest) != 0))
            fail_msg("row %zu below: %d %s", i, below, below ? rest : "");
    }
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(test_from_now_on),
        WITH_LOG(test_stories),
        WITH_LOG(test_many),
        WITH_LOG(test_long),
        WITH_LOG(test_rubbish),
        WITH_LOG(test_no_file),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
