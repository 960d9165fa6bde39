/* Numbers and trigger lines in words. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "daemon/report/text.h"

#define K UINT64_C(1024)
#define M (K * K)
#define G (K * M)
#define S RL_US_PER_S

struct row {
    uint64_t value;
    const char *expected;
};

static void check(void (*text)(uint64_t, char *, size_t), const struct row *rows, size_t n)
{
    char buf[RL_TEXT_MAX];

    for (size_t i = 0; i < n; i++) {
        text(rows[i].value, buf, sizeof(buf));
        assert_string_equal(buf, rows[i].expected);
        char tiny[3];
        text(rows[i].value, tiny, sizeof(tiny)); /* always terminated */
        assert_true(strlen(tiny) < sizeof(tiny));
    }
}

static void test_numbers(void **state)
{
    static const struct row sizes[] = {
        {0, "0"},
        {1, "1"},
        {999, "999"},
        {1000, "0.9K"},
        {1024, "1K"},
        {1536, "1.5K"},
        {10 * K + 512, "10K"},
        {999 * K, "999K"},
        {1000 * K, "0.9M"},
        {1023 * K, "0.9M"},
        {512 * M, "512M"},
        {G + 410 * M, "1.4G"},
        {16 * G, "16G"},
        {UINT64_MAX - 1, "15E"},
        {RL_NO_LIMIT, "max"},
    };
    static const struct row shares[] = {
        {0, "0%"},
        {5, "0.05%"},
        {50, "0.5%"},
        {3000, "30%"},
        {4217, "42.17%"},
        {10000, "100%"},
        {12340, "123.4%"},
    };
    static const struct row spans[] = {
        {0, "0s"},
        {1, "1us"},
        {500000, "500ms"},
        {S, "1s"},
        {1500000, "1500ms"},
        {90 * S, "90s"},
        {60 * S, "1min"},
        {3600 * S, "1h"},
        {1234567, "1234567us"},
    };
    static const struct row durations[] = {
        {0, "0ms"},
        {420000, "420ms"},
        {999999, "999ms"},
        {S, "1s"},
        {1250000, "1.2s"},
        {9 * S + 50000, "9s"},
        {59 * S, "59s"},
        {60 * S, "1min"},
        {185 * S, "3min 5s"},
        {7440 * S, "2h 4min"},
        {262800 * S, "3d 1h"},
    };
    static const struct row times[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {UINT64_C(1714564800123456), "2024-05-01T12:00:00.123Z"},
    };

#define CHECK(text, rows) check(text, rows, sizeof(rows) / sizeof(rows[0]))
    CHECK(rl_size_text, sizes);
    CHECK(rl_share_text, shares);
    CHECK(rl_span_text, spans);
    CHECK(rl_duration_text, durations);
    CHECK(rl_time_text, times);
}

static void test_times_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t us; /* 0: it is none */
    } rows[] = {
        {"2024-05-01T12:00:00.123Z", 1714564800123000},
        {"2024-05-01T12:00:00.1Z", 1714564800100000},
        {"2024-05-01T12:00:00Z", 1714564800000000},
        {"2024-05-01T12:00:00", 1714564800000000},
        {"2024-05-01T12:00Z", 1714564800000000},
        {"2024-05-01T12:00", 1714564800000000},
        {"2024-05-01", 1714521600000000},
        {"2024-05-01Z", 0},
        {"2024-05-01T", 0},
        {"2024-05-01T12:00:00.123Z ", 0},
        {"2024-05-01T12:00:00.12x", 0},
        {"2024-05", 0},
        {"1960-05-01", 0},
        {"", 0},
        {"24h", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t us = 0;
        int r = rl_time_read(rows[i].text, &us);

        if ((r < 0) != (rows[i].us == 0) || us != rows[i].us)
            fail_msg("%s: %d, %llu", rows[i].text, r, (unsigned long long)us);
    }
}

static void test_signals(void **state)
{
    char buf[RL_TEXT_MAX];

    rl_signal_text(SIGTERM, buf, sizeof(buf));
    assert_string_equal(buf, "SIGTERM");
    rl_signal_text(SIGRTMIN + 3, buf, sizeof(buf));
    assert_string_equal(buf, "SIGRTMIN+3");
    rl_signal_text(0, buf, sizeof(buf));
    assert_string_equal(buf, "signal 0");
}

static void test_lines(void **state)
{
    static const struct {
        struct rl_line line;
        const char *expected;
    } rows[] = {
        {{.kind = RL_LINE_PRESSURE, .counter = RL_COUNT_FULL, .share = 3000, .window_us = 10 * S},
            "full 30% over 10s"},
        {{.kind = RL_LINE_PRESSURE, .counter = RL_COUNT_SOME, .share = 250, .window_us = 500000},
            "some 2.5% over 500ms"},
        {{.kind = RL_LINE_USAGE, .share = 9500}, "95%"},
        {{.kind = RL_LINE_SWAP, .share = 9050}, "90.5%"},
        {{.kind = RL_LINE_GROWTH, .bytes = 100 * M, .window_us = 10 * S}, "100M over 10s"},
        {{.kind = RL_LINE_REFAULTS, .count = 250, .window_us = 10 * S}, "250/s"},
        {{.kind = RL_LINE_EVENTS, .counter = RL_COUNT_OOM_KILL, .count = 3, .window_us = 60 * S},
            "oom_kill 3 over 1min"},
        {{.kind = RL_LINE_HEADROOM, .relative = true, .share = 500, .max_bytes = RL_NO_LIMIT},
            "below 5%"},
        {{.kind = RL_LINE_HEADROOM,
             .relative = true,
             .share = 300,
             .min_bytes = 200 * M,
             .max_bytes = G},
            "below 3% min 200M max 1G"},
        {{.kind = RL_LINE_HEADROOM, .bytes = 64 * M, .max_bytes = RL_NO_LIMIT}, "below 64M"},
    };
    char buf[RL_TEXT_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rl_line_text(&rows[i].line, buf, sizeof(buf));
        assert_string_equal(buf, rows[i].expected);
    }
}

static void test_readings(void **state)
{
    static const struct {
        struct rl_reading reading;
        const char *expected;
    } rows[] = {
        {{true, true, RL_READ_HOLDS, RL_UNIT_SHARE, 4217, 3000}, "42.17%, threshold 30%"},
        {{true, true, RL_READ_HOLDS, RL_UNIT_BYTES, 3 * M, 100 * M}, "3M, threshold 100M"},
        {{false, true, RL_READ_BELOW, RL_UNIT_COUNT, 0, 17}, "0, threshold 17"},
        {{.why = RL_READ_NO_PRESSURE}, "memory.pressure cannot be read"},
    };
    char buf[RL_TEXT_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rl_reading_text(&rows[i].reading, buf, sizeof(buf));
        assert_string_equal(buf, rows[i].expected);
    }
}

static void test_step(void **state)
{
    static const char *const args[] = {"-v", "two words", "", "\n", NULL};
    static const char *const none[] = {NULL};
    static const struct {
        struct rl_step step;
        const char *text;
    } rows[] = {
        {{.kind = RL_STEP_KILL, .signal = 9, .wait_us = 5000000}, ""},
        {{.kind = RL_STEP_RECLAIM, .bytes = 64 << 20}, "64M"},
        {{.kind = RL_STEP_RECLAIM, .bytes = 1000}, "1000"},
        {{.kind = RL_STEP_RECLAIM, .share = 1250}, "12.5%"},
        {{.kind = RL_STEP_THROTTLE, .share = 5000, .cpu_share = 2000}, "50% cpu 20%"},
        {{.kind = RL_STEP_HOOK, .command = "/x", .args = none}, "/x"},
        {{.kind = RL_STEP_HOOK, .command = "/x", .args = args}, "/x -v \"two words\" \"\" \\x0a"},
        {{.kind = RL_STEP_RESTART, .stop = true}, "stop"},
        {{.kind = RL_STEP_WARN, .desktop = true}, "desktop"},
    };
    char text[RL_TEXT_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rl_step_text(&rows[i].step, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_times_are_read),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
