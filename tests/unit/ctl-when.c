/* Instants behind --since and --until. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/ctl/when.h"
#include "tests/unit/capture.h"

#define NOW_S UINT64_C(1784548496) /* 2026-07-20 11:54:56 UTC, 13:54:56 in Berlin */
#define NOW   (NOW_S * 1000000 + 500000)
#define BACK  UINT64_MAX /* it is none */

struct row {
    const char *text;
    uint64_t us;
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t us = 77;
        int r = rl_when_parse(rows[i].text, NOW, &us);

        if (rows[i].us == BACK ? r >= 0 || us != 77 : r < 0 || us != rows[i].us)
            fail_msg("'%s': %d, %llu", rows[i].text, r, (unsigned long long)us);
    }
}

#define S(seconds) ((uint64_t)(seconds)*1000000)

static void test_dates(void **state)
{
    static const struct row rows[] = {
        {"2026-01-02 03:04:05", S(1767323045) - S(3600)}, /* winter: an hour east */
        {"2026-07-02 03:04:05", S(1782961445) - S(7200)},
        {"2026-01-02 03:04", S(1767323040) - S(3600)},
        {"2026-01-02T03:04:05", S(1767323045) - S(3600)},
        {"2026-01-02 03:04:05.25", S(1767319445) + 250000},
        {"2026-01-02T03:04:05Z", S(1767323045)},
        {"2026-01-02t03:04:05z", S(1767323045)},
        {"2026-01-02T03:04:05.123Z", S(1767323045) + 123000},
        {"2026-01-02T03:04:05.1234567Z", S(1767323045) + 123456},
        {"2026-01-02 03:04:05 UTC", S(1767323045)},
        {"2026-01-02T03:04:05+01:00", S(1767319445)},
        {"2026-01-02T03:04:05-0330", S(1767323045 + 12600)},
        {"2026-01-02", S(1767312000) - S(3600)},
        {"2026-01-02 UTC", S(1767312000)},
        {"  2026-01-02 UTC", S(1767312000)},
        {"2024-02-29 UTC", S(1709164800)},
        {"1970-01-01T00:00:00Z", 0},
        {"9999-12-31T23:59:59Z", S(253402300799)},
        {"11:00", S(1784538000)},
        {"11:00:30.5", S(1784538030) + 500000},
        {"now", NOW},
        {"today", S(1784498400)},
        {"Yesterday", S(1784412000)},
        {"tomorrow", S(1784584800)},
        {"@1767323045", S(1767323045)},
        {"@1767323045.5", S(1767323045) + 500000},
        {"@0", 0},
    };

    check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void test_relative(void **state)
{
    static const struct row rows[] = {
        {"-2h", NOW - S(7200)},
        {"2h ago", NOW - S(7200)},
        {"2 hours ago", NOW - S(7200)},
        {"+30min", NOW + S(1800)},
        {"30min left", NOW + S(1800)},
        {"1d 12h ago", NOW - S(129600)},
        {"1d12h ago", NOW - S(129600)},
        {"-1.5h", NOW - S(5400)},
        {"-5", NOW - S(5)},
        {"5 ago", NOW - S(5)},
        {"-250ms", NOW - 250000},
        {"-7us", NOW - 7},
        {"-3m", NOW - S(180)},
        {"-1M", NOW - S(2629800)},
        {"-2w", NOW - S(1209600)},
        {"1 year ago", NOW - S(31557600)},
        {"-0", NOW},
    };

    check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void test_wrong(void **state)
{
    static const char *const texts[] = {"", " ", "x", "2h", "5", "-", "+", "ago", "-h", "-2x",
        "-2h ago", "2h  agox", "2h ago 3h", "-1.h", "2026", "2026-1-2", "2026-13-01", "2026-00-01",
        "2026-02-29", "2026-01-32", "2026-01-00", "02026-01-01", "1969-12-31 UTC", "10000-01-01",
        "2026-01-02x", "2026-01-02T", "2026-01-02 3:04", "2026-01-02 24:00", "2026-01-02 03:60",
        "2026-01-02 03:04:60", "2026-01-02 03:04:", "2026-01-02 03:04:05.", "2026-01-02T03:04:05X",
        "2026-01-02T03:04:05+1", "2026-01-02T03:04:05+0160", "2026-01-02T03:04:05+01:00x",
        "1970-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "25:00", "11:00x", "@", "@-1",
        "@5x", "@5s", "@1 2", "@99999999999999", "@253402300800", "-30500568904944w",
        "-9999999999999999999h", "-99999999999999999999", "-600y", "+9000y", "today x", "nowx",
        "-1secondsandmuchmore"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(&(struct row){texts[i], BACK}, 1);
}

static void test_message(void **state)
{
    struct capture capture;
    uint64_t us = 77, before = (uint64_t)time(NULL) * 1000000;

    capture_begin(&capture);
    int r = rl_args_when("reliefctl incidents --since", "soon", &us);
    const char *said = capture_end(&capture);
    assert_true(r < 0);
    assert_int_equal(us, 77);
    assert_non_null(strstr(said, "reliefctl incidents --since: 'soon' is no time; a time is like"));
    capture_begin(&capture);
    r = rl_args_when("x", "now", &us);
    assert_string_equal(capture_end(&capture), "");
    assert_int_equal(r, 0);
    assert_true(us >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_relative),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_message),
    };

    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
