/* Incident files: written whole, pruned, and never in the way of the daemon. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/ctl/get.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"
#include "daemon/report/report.h"
#include "daemon/report/store.h"
#include "tests/unit/folder.h"
#include "tests/unit/report-sample.h"

static struct rl_record record;

static int set_up(void **state)
{
    struct folder *folder = calloc(1, sizeof(*folder));

    folder_new(folder);
    rl_log_open_to(LOG_ERR, "/nonexistent/journal", -1);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    rl_log_close();
    folder_free(*state);
    free(*state);
    return 0;
}

static size_t count_files(const struct folder *folder, const char *name)
{
    int fd = openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t n = 0;

    if (fd < 0)
        return 0;
    DIR *dir = fdopendir(fd);
    for (struct dirent *entry; (entry = readdir(dir));)
        n += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(dir);
    return n;
}

static void write_one(const struct folder *folder, const char *id, size_t padding)
{
    char text[4096];

    memset(text, 'x', padding);
    text[padding] = '\0';
    json_t *json = json_pack("{s:s, s:s}", "id", id, "padding", text);
    assert_int_equal(rl_store_write(folder->path, id, json), 0);
    json_decref(json);
}

/* Make a file look as old as that. */
static void age(const struct folder *folder, const char *id, time_t seconds)
{
    char name[128];
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

    snprintf(name, sizeof(name), "incidents/%s.json", id);
    assert_int_equal(utimensat(folder->fd, name, times, 0), 0);
}

static bool exists(const struct folder *folder, const char *id)
{
    char name[128];

    snprintf(name, sizeof(name), "incidents/%s.json", id);
    return faccessat(folder->fd, name, F_OK, 0) == 0;
}

static void test_ids(void **state)
{
    static const struct {
        const char *id;
        bool valid;
    } rows[] = {
        {"20240501T120000.123Z-7", true}, {"a", true}, {"", false}, {".", false}, {"..", false},
        {".hidden", false}, {"../../etc/passwd", false}, {"a/b", false}, {"a b", false},
        {"a\n", false}, {"\xc3\xa4", false},
        {"123456789012345678901234567890123456789012345678", false}, /* 48 */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(rl_store_id_valid(rows[i].id), rows[i].valid);
}

static void test_write_and_read(void **state)
{
    const struct folder *folder = *state;
    char path[64];
    struct stat st;
    struct folder deep = *folder;
    json_t *json = NULL;

    umask(0);
    snprintf(path, sizeof(path), "%s/new", folder->path); /* the state folder is made, too */
    sample_hostile(&record);
    json_t *written = rl_record_json(&record);
    assert_int_equal(rl_store_write(path, record.id, written), 0);
    assert_int_equal(fstatat(deep.fd, "new/incidents", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(fstatat(deep.fd, "new/incidents/20240501T120000.123Z-7.json", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(count_files(folder, "new/incidents"), 1); /* no temporary file */
    assert_int_equal(rl_store_read(path, record.id, &json), 0);
    assert_true(json_equal(json, written));
    json_decref(json);
    json_decref(written);
    umask(022);
}

static void test_read_refuses(void **state)
{
    const struct folder *folder = *state;
    json_t *json = NULL, *list = NULL;

    assert_int_equal(rl_store_read(folder->path, "none", &json), -ENOENT);
    assert_int_equal(rl_store_list(folder->path, 10, &list), -ENOENT);
    assert_int_equal(rl_store_prune(folder->path, 10, 1000), 0);
    folder_write(folder, "incidents/bad.json", "{ not json");
    folder_write(folder, "incidents/list.json", "[1]");
    folder_write(folder, "incidents/note.txt", "{}");
    folder_write(folder, "secret", "{\"a\":1}");
    folder_link(folder, "incidents/link.json", "../secret");
    write_one(folder, "good", 1);
    assert_int_equal(rl_store_read(folder->path, "bad", &json), -EBADMSG);
    assert_int_equal(rl_store_read(folder->path, "list", &json), -EBADMSG);
    assert_int_equal(rl_store_read(folder->path, "link", &json), -ELOOP);
    assert_int_equal(rl_store_read(folder->path, "../secret", &json), -EINVAL);
    assert_null(json);
    assert_int_equal(rl_store_list(folder->path, 10, &list), 0);
    assert_int_equal(json_array_size(list), 1);
    json_decref(list);
}

static void test_list_is_newest_first(void **state)
{
    static const char *const order[] = {"c", "a", "e", "d", "b"};
    const struct folder *folder = *state;
    json_t *list = NULL;

    for (size_t i = 0; i < 5; i++)
        write_one(folder, order[i], 1);
    age(folder, "e", 500);
    age(folder, "d", 400);
    age(folder, "c", 300);
    age(folder, "b", 100);
    age(folder, "a", 100); /* equal: by name, the greater is the newer */
    assert_int_equal(rl_store_list(folder->path, 4, &list), 0);
    assert_int_equal(json_array_size(list), 4);
    static const char *const expected[] = {"e", "d", "c", "b"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(rl_get_text(json_array_get(list, i), "id"), expected[i]);
    json_decref(list);
}

static void test_prune(void **state)
{
    static const struct {
        unsigned keep;
        uint64_t bytes;
        const char *left; /* of a (oldest) to e, each some 2100 bytes long */
    } rows[] = {
        {5, 1 << 20, "abcde"},
        {3, 1 << 20, "cde"},
        {10, 5000, "de"},
        {10, 1, "e"},
        {0, 0, "e"},
        {1, 1 << 20, "e"},
    };
    static const char *const ids[] = {"a", "b", "c", "d", "e"};
    const struct folder *folder = *state;

    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        for (size_t i = 0; i < 5; i++) {
            write_one(folder, ids[i], 2048);
            age(folder, ids[i], (time_t)(100 + i));
        }
        folder_write(folder, "incidents/.old.tmp", "half a rec");
        folder_write(folder, "incidents/README", "mine");
        assert_int_equal(rl_store_prune(folder->path, rows[row].keep, rows[row].bytes), 0);
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(exists(folder, ids[i]), strchr(rows[row].left, *ids[i]) != NULL);
        assert_int_equal(count_files(folder, "incidents"), strlen(rows[row].left) + 1);
    }
}

/* The disk is full in the middle of a write: the old file stays whole, nothing else is left. */
static void test_full_disk(void **state)
{
    const struct folder *folder = *state;
    struct rlimit old, none = {.rlim_cur = 10, .rlim_max = RLIM_INFINITY};
    json_t *json = NULL;

    write_one(folder, "a", 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    none.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    json_t *second = json_pack("{s:s, s:s}", "id", "a", "new", "a longer text than that");
    int r = rl_store_write(folder->path, "a", second);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(r, -EFBIG);
    json_decref(second);
    assert_int_equal(rl_store_read(folder->path, "a", &json), 0);
    assert_null(rl_get(json, "new"));
    json_decref(json);
    assert_int_equal(count_files(folder, "incidents"), 1);
}

static struct rl_report *new_report(const char *dir, unsigned keep)
{
    struct rl_report_options options = {.state_dir = dir, .keep = keep, .keep_bytes = 1 << 30};
    struct rl_report *report = NULL;

    assert_int_equal(rl_report_new(&options, &report), 0);
    return report;
}

static void run_incident(struct rl_report *report, unsigned number)
{
    sample_record(&record);
    snprintf(record.id, sizeof(record.id), "i%04u", number);
    record.open = true;
    rl_report_started(report, &record, NULL);
    record.open = false;
    rl_report_ended(report, &record, NULL);
}

static void check_last(const struct rl_report *report, unsigned max, size_t n, const char *newest)
{
    json_t *last = rl_report_last(report, max);

    assert_int_equal(json_array_size(last), n);
    if (n > 0)
        assert_string_equal(rl_get_text(json_array_get(last, 0), "id"), newest);
    for (size_t i = 1; i < n; i++)
        assert_true(strcmp(rl_get_text(json_array_get(last, i), "id"),
                        rl_get_text(json_array_get(last, i - 1), "id")) < 0);
    json_decref(last);
}

static void test_report(void **state)
{
    const struct folder *folder = *state;
    struct rl_report *report = new_report(folder->path, 50);
    json_t *json = NULL;

    check_last(report, 10, 0, NULL);
    for (unsigned i = 0; i < 40; i++) {
        run_incident(report, i);
        char id[16];
        snprintf(id, sizeof(id), "i%04u", i);
        age(folder, id, (time_t)(1000 + i));
    }
    check_last(report, 5, 5, "i0039");
    check_last(report, RL_REPORT_RECENT, RL_REPORT_RECENT, "i0039");
    check_last(report, 1000, 40, "i0039"); /* the rest comes from the files */
    assert_int_equal(rl_store_read(folder->path, "i0003", &json), 0);
    assert_false(rl_get_true(json, "open"));
    json_decref(json);

    /* One that never ended is in its file, not among those that ended. */
    sample_record(&record);
    strcpy(record.id, "i9999");
    record.open = true;
    rl_report_started(report, &record, NULL);
    rl_report_free(report);
    assert_true(exists(folder, "i9999"));

    report = new_report(folder->path, 50); /* the next run knows them, too */
    check_last(report, 5, 5, "i0039");
    rl_report_free(report);
}

static void test_report_prunes(void **state)
{
    const struct folder *folder = *state;
    struct rl_report *report = new_report(folder->path, 3);

    for (unsigned i = 0; i < 10; i++)
        run_incident(report, i);
    assert_int_equal(count_files(folder, "incidents"), 3);
    assert_true(exists(folder, "i0009"));
    rl_report_free(report);
}

/* The lines that the log writes to a file. */
static size_t count_lines(int fd, const char *needle)
{
    char text[65536];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    size_t found = 0;

    assert_true(n >= 0);
    text[n] = '\0';
    for (const char *at = text; (at = strstr(at, needle)); at++)
        found++;
    return found;
}

/* Where nothing can be written everything else goes on, and it is said once. */
static void test_report_without_disk(void **state)
{
    const struct folder *folder = *state;
    char path[64];
    int fd = openat(folder->fd, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    rl_log_open_to(LOG_INFO, "/nonexistent/journal", fd);
    folder_write(folder, "file", "");
    snprintf(path, sizeof(path), "%s/file", folder->path);
    struct rl_report *report = new_report(path, 3);
    for (unsigned i = 0; i < 3; i++)
        run_incident(report, i);
    assert_int_equal(count_lines(fd, "Incidents cannot be kept in"), 1);
    assert_int_equal(count_lines(fd, "Not a directory"), 1);
    assert_int_equal(count_lines(fd, "reliefd: Killed worker[4711]"), 6);
    check_last(report, 10, 3, "i0002");

    assert_int_equal(unlinkat(folder->fd, "file", 0), 0); /* the disk is back */
    run_incident(report, 3);
    run_incident(report, 4);
    assert_int_equal(count_lines(fd, "again"), 1);
    assert_int_equal(count_files(folder, "file/incidents"), 2);
    rl_report_free(report);

    report = new_report(NULL, 3); /* no files wanted */
    run_incident(report, 5);
    check_last(report, 10, 1, "i0005");
    rl_report_free(report);
    close(fd);
}

#define FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* A record that is written anew is as old as it was, and one that is gone stays gone. */
static void test_rewrite(void **state)
{
    struct folder *folder = *state;
    json_t *json = json_pack("{s:s, s:i}", "id", "a", "more", 7), *list;

    write_one(folder, "a", 1);
    age(folder, "a", 1000);
    write_one(folder, "b", 1);
    age(folder, "b", 2000);
    assert_int_equal(rl_store_rewrite(folder->path, "a", json), 0);
    assert_int_equal(rl_store_list(folder->path, 9, &list), 0);
    assert_string_equal(rl_get_text(json_array_get(list, 0), "id"), "b");
    assert_int_equal(rl_get_count(json_array_get(list, 1), "more"), 7);
    json_decref(list);
    assert_int_equal(rl_store_rewrite(folder->path, "c", json), -ENOENT);
    assert_int_equal(rl_store_rewrite(folder->path, "../c", json), -EINVAL);
    assert_false(exists(folder, "c"));
    assert_int_equal(count_files(folder, "incidents"), 2);
    json_decref(json);
}

static void test_file_beside(void **state)
{
    struct folder *folder = *state;
    json_t *json = json_pack("{s:i}", "a", 1), *read = NULL;

    assert_int_equal(rl_store_read_file(folder->path, "x.json", &read), -ENOENT);
    assert_int_equal(rl_store_write_file(folder->path, "x.json", json), 0);
    assert_int_equal(rl_store_read_file(folder->path, "x.json", &read), 0);
    assert_true(json_equal(json, read));
    assert_int_equal(count_files(folder, "."), 1);
    json_decref(json);
    json_decref(read);
}

/* One more key for an incident that has ended: in memory, in its file, nowhere else. */
static void test_amend(void **state)
{
    struct folder *folder = *state;
    struct rl_report_options options = {
        .state_dir = folder->path, .keep = 100, .keep_bytes = 1 << 20};
    struct rl_report *report = NULL;
    json_t *list, *read;

    assert_int_equal(rl_report_new(&options, &report), 0);
    memset(&record, 0, sizeof(record));
    for (int i = 0; i < RL_REPORT_RECENT + 2; i++) {
        snprintf(record.id, sizeof(record.id), "i%d", i);
        rl_report_ended(report, &record, NULL);
    }
    rl_report_amend(report, "i9", "grade", json_string("good"));
    rl_report_amend(report, "i0", "grade", json_string("old")); /* not in memory any more */
    rl_report_amend(report, "never", "grade", json_string("x"));
    list = rl_report_last(report, RL_REPORT_RECENT);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        bool amended = strcmp(rl_get_text(one, "id"), "i9") == 0;

        assert_string_equal(rl_get_text(one, "grade"), amended ? "good" : "");
    }
    json_decref(list);
    assert_int_equal(rl_store_read(folder->path, "i9", &read), 0);
    assert_string_equal(rl_get_text(read, "grade"), "good");
    json_decref(read);
    assert_int_equal(rl_store_read(folder->path, "i0", &read), 0);
    assert_string_equal(rl_get_text(read, "grade"), "old");
    json_decref(read);
    assert_false(exists(folder, "never"));
    rl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        FOLDER(test_write_and_read),
        FOLDER(test_read_refuses),
        FOLDER(test_list_is_newest_first),
        FOLDER(test_prune),
        FOLDER(test_rewrite),
        FOLDER(test_file_beside),
        FOLDER(test_amend),
        FOLDER(test_full_disk),
        FOLDER(test_report),
        FOLDER(test_report_prunes),
        FOLDER(test_report_without_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
