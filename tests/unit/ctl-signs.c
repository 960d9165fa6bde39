/* The classic signs: counters to rates, and what they mean in words. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/ctl/signs.h"
#include "tests/unit/folder.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

static const struct rl_sign_counters quiet = {
    .at_us = 1000000,
    .mem_total = 100 * GIB,
    .mem_free = 50 * GIB,
    .mem_available = 60 * GIB,
    .swap_total = 10 * GIB,
    .swap_free = 10 * GIB,
    .vmstat = true,
    .stat = true,
    .pressure = true,
    .promised_known = true,
    .promised = {.mode = 0, .commit_limit = 60 * GIB, .promised = 80 * GIB},
};

static const struct {
    const char *name;
    /* What has happened in two seconds. */
    uint64_t free_, available, swap_free, mib_in, mib_out, mib_read, waiting, mode;
    const char *ids; /* that show, in order */
} cases[] = {
    {"nothing", 50 * GIB, 60 * GIB, 10 * GIB, 0, 0, 0, 0, 0, ""},
    {"thrashing", 50 * GIB, 60 * GIB, 9 * GIB, 2, 2, 0, 0, 0, " thrashing"},
    {"a bit in", 50 * GIB, 60 * GIB, 9 * GIB, 1, 2, 0, 0, 0, " swapping-out"},
    {"a bit out", 50 * GIB, 60 * GIB, 9 * GIB, 2, 1, 0, 0, 0, ""},
    {"out alone", 50 * GIB, 60 * GIB, 9 * GIB, 0, 20, 0, 0, 0, " swapping-out"},
    {"reading back", 2 * GIB, 5 * GIB - 1, 10 * GIB, 0, 0, 40, 0, 0,
        " reading-back little-available"},
    {"reading little", 2 * GIB, 5 * GIB - 1, 10 * GIB, 0, 0, 39, 0, 0, " little-available"},
    {"reading much", 50 * GIB, 5 * GIB, 10 * GIB, 0, 0, 400, 0, 0, ""},
    {"waiting for swap", 50 * GIB, 60 * GIB, 9 * GIB, 2, 0, 0, 20, 0, " waiting"},
    {"waiting less", 50 * GIB, 60 * GIB, 9 * GIB, 2, 0, 0, 19, 0, ""},
    {"waiting for a backup", 50 * GIB, 60 * GIB, 10 * GIB, 0, 0, 400, 60, 0, ""},
    {"waiting for files", GIB, GIB, 10 * GIB, 0, 0, 100, 30, 0,
        " reading-back waiting little-available"},
    {"swap full", 2 * GIB, 9 * GIB, GIB / 4, 0, 0, 0, 0, 0, " swap-full"},
    {"swap full of idle pages", 2 * GIB, 11 * GIB, GIB / 4, 0, 0, 0, 0, 0, ""},
    {"promised", 50 * GIB, 60 * GIB, 10 * GIB, 0, 0, 0, 0, 2, " promised-out"},
    {"promised, not counted", 50 * GIB, 60 * GIB, 10 * GIB, 0, 0, 0, 0, 1, ""},
    {"cache", 5 * GIB - 1, 60 * GIB, 10 * GIB, 0, 0, 0, 0, 0, " cache"},
    {"cache and some free", 5 * GIB, 60 * GIB, 10 * GIB, 0, 0, 0, 0, 0, ""},
};

static void test_meaning(void **state)
{
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        struct rl_sign_counters now = quiet;
        const struct rl_sign_row *row;
        struct rl_signs signs;
        char ids[256] = "";

        now.at_us += 2000000;
        now.mem_free = cases[c].free_;
        now.mem_available = cases[c].available;
        now.swap_free = cases[c].swap_free;
        now.swap_in = cases[c].mib_in * 256;
        now.swap_out = cases[c].mib_out * 256;
        now.block_in = cases[c].mib_read * 1024;
        now.cpu = 100;
        now.waiting = cases[c].waiting;
        now.promised.mode = (unsigned)cases[c].mode;
        rl_signs_between(&quiet, &now, 4096, &signs);
        for (size_t i = 0; (row = rl_signs_meaning(&signs, i)); i++)
            strcat(strcat(ids, " "), row->id);
        if (strcmp(ids, cases[c].ids) != 0)
            fail_msg("%s:%s", cases[c].name, ids);
    }
}

static void test_rates(void **state)
{
    struct rl_sign_counters now = quiet;
    struct rl_signs signs;

    now.at_us += 500000;
    now.swap_in = 10;
    now.swap_out = 20;
    now.block_in = 30;
    now.block_out = 40;
    now.cpu = 1000;
    now.waiting = 125;
    now.some_us = 250000;
    now.full_us = 50000;
    rl_signs_between(&quiet, &now, 65536, &signs);
    assert_true(signs.rates);
    assert_int_equal(signs.span_us, 500000);
    assert_int_equal(signs.swap_in, 20 * 65536);
    assert_int_equal(signs.swap_out, 40 * 65536);
    assert_int_equal(signs.block_in, 60 * 1024);
    assert_int_equal(signs.block_out, 80 * 1024);
    assert_int_equal(signs.waiting, 1250);
    assert_int_equal(signs.some, 5000);
    assert_int_equal(signs.full, 1000);

    /* Without an earlier instant nothing is known, and a counter that went back is no flood. */
    rl_signs_between(NULL, &now, 4096, &signs);
    assert_false(signs.rates);
    rl_signs_between(&now, &now, 4096, &signs);
    assert_false(signs.rates);
    struct rl_sign_counters later = quiet;
    later.at_us = now.at_us + 1;
    rl_signs_between(&now, &later, 4096, &signs);
    assert_true(signs.rates);
    assert_int_equal(signs.swap_in + signs.swap_out + signs.block_in + signs.waiting, 0);
}

static void test_read(void **state)
{
    struct rl_sign_counters c;
    struct folder folder;

    folder_new(&folder);
    assert_true(rl_signs_read(folder.fd, &c) < 0);
    folder_write(&folder, "meminfo",
        "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 200 kB\nSwapTotal: 50 kB\n"
        "SwapFree: 40 kB\nCommitLimit: 10 kB\nCommitted_AS: 20 kB\n");
    assert_int_equal(rl_signs_read(folder.fd, &c), 0);
    assert_false(c.vmstat || c.stat || c.pressure || c.promised_known);
    assert_int_equal(c.mem_free, 100 * 1024);
    folder_write(&folder, "vmstat", "pgpgin 5\npgpgout 6\npswpin 7\npswpout 8\n");
    folder_write(&folder, "stat",
        "cpu  1 2 3 4 50 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\nprocs_running 1\nprocs_blocked 9\n");
    folder_write(&folder, "pressure/memory",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=11\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=12\n");
    folder_write(&folder, "sys/vm/overcommit_memory", "2\n");
    assert_int_equal(rl_signs_read(folder.fd, &c), 0);
    assert_true(c.vmstat && c.stat && c.pressure && c.promised_known);
    assert_int_equal(c.block_in, 5);
    assert_int_equal(c.block_out, 6);
    assert_int_equal(c.swap_in, 7);
    assert_int_equal(c.swap_out, 8);
    assert_int_equal(c.cpu, 81); /* guests are counted elsewhere already */
    assert_int_equal(c.waiting, 50);
    assert_int_equal(c.blocked, 9);
    assert_int_equal(c.some_us, 11);
    assert_int_equal(c.full_us, 12);
    assert_int_equal(c.promised.mode, 2);
    folder_free(&folder);
}

/* Every row has its words and its reason. */
static void test_rows(void **state)
{
    for (const struct rl_sign_row *row = rl_sign_rows; row->id; row++) {
        assert_non_null(row->shows);
        assert_true(strlen(row->text) > 20);
        assert_true(strlen(row->reason) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
