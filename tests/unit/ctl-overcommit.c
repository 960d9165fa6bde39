/* How freely memory is promised, read and said. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "daemon/ctl/overcommit.h"
#include "tests/unit/folder.h"

#define MEMINFO(limit, promised)                                                                   \
    "MemTotal:        4096 kB\nCommitLimit:     " limit " kB\nCommitted_AS:    " promised " kB\n"

static void test_read(void **state)
{
    static const struct {
        const char *mode, *meminfo;
        int r;
        struct rl_overcommit expected;
    } rows[] = {
        {"0\n", MEMINFO("2048", "3072"), 0, {0, 2 << 20, 3 << 20}},
        {"2\n", MEMINFO("2048", "0"), 0, {2, 2 << 20, 0}},
        {"3\n", MEMINFO("2048", "0"), -EINVAL, {0}},
        {"-1\n", MEMINFO("2048", "0"), -EINVAL, {0}},
        {"1\n", "MemTotal: 4096 kB\nCommitLimit: 1 kB\n", -ENODATA, {0}},
        {"1\n", MEMINFO("many", "0"), -EINVAL, {0}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_overcommit overcommit = {0};
        struct folder folder;

        folder_new(&folder);
        folder_write(&folder, "sys/vm/overcommit_memory", rows[i].mode);
        folder_write(&folder, "meminfo", rows[i].meminfo);
        assert_int_equal(rl_overcommit_read(folder.fd, &overcommit), rows[i].r);
        assert_int_equal(overcommit.mode, rows[i].expected.mode);
        assert_int_equal(overcommit.commit_limit, rows[i].expected.commit_limit);
        assert_int_equal(overcommit.promised, rows[i].expected.promised);
        folder_free(&folder);
    }
}

static void test_missing(void **state)
{
    struct rl_overcommit overcommit;
    struct folder folder;

    folder_new(&folder);
    assert_int_equal(rl_overcommit_read(folder.fd, &overcommit), -ENOENT);
    folder_write(&folder, "sys/vm/overcommit_memory", "0\n");
    assert_int_equal(rl_overcommit_read(folder.fd, &overcommit), -ENOENT);
    folder_free(&folder);
}

static void test_words(void **state)
{
    static const struct {
        struct rl_overcommit overcommit;
        const char *begins, *ends;
    } rows[] = {
        {{0, 2 << 20, 1 << 20}, "vm.overcommit_memory is 0: only",
            ": all that is promised is within it."},
        {{0, 2 << 20, 3 << 20}, "vm.overcommit_memory is 0: only", "kills could settle it."},
        {{1, 2 << 20, 3 << 20}, "vm.overcommit_memory is 1: every", "kills could settle it."},
        {{2, 2 << 20, 3 << 20}, "vm.overcommit_memory is 2: what", "nobody gets more."},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[1024];
        struct rl_say say;

        rl_say_begin(&say, text, sizeof(text));
        rl_overcommit_say(&say, &rows[i].overcommit);
        assert_memory_equal(text, rows[i].begins, strlen(rows[i].begins));
        assert_string_equal(text + strlen(text) - strlen(rows[i].ends), rows[i].ends);
        assert_non_null(strstr(text, "CommitLimit is 2M"));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
