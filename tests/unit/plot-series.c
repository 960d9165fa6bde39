/* Numbers and scales of a picture: shares from differences, gaps, round numbers, labels. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/maths.h"
#include "daemon/ctl/plot-label.h"
#include "daemon/ctl/plot-scale.h"
#include "daemon/ctl/plot-series.h"

static void add(struct rl_series *series, double at, double full_s)
{
    struct rl_plot_point point = rl_plot_point_at(at);

    point.values[RL_VALUE_FULL] = full_s * 1e6;
    assert_int_equal(rl_series_add(series, &point), 0);
}

static void expect_near(const char *what, double wanted, double found)
{
    if (isnan(wanted) ? !isnan(found) : !(fabs(wanted - found) < 1e-6))
        fail_msg("%s: wanted %g, found %g", what, wanted, found);
}

static void expect_same(const char *what, double of, double wanted, double found)
{
    if (isnan(wanted) ? !isnan(found) : wanted != found)
        fail_msg("%s of %.17g: wanted %.17g, found %.17g", what, of, wanted, found);
}

/* As libm has it. */
static void test_maths(void **state)
{
    static const double values[] = {0, 0.3, 0.49999999999999994, 0.5, 0.7, 1, 1.5, 2.5, 1e-300,
        123456.5, 4503599627370495.5, 4503599627370496, 9007199254740993, 1e300, INFINITY, NAN};
    enum { N = sizeof(values) / sizeof(values[0]) };

    for (size_t i = 0; i < 2 * N; i++) {
        double a = i < N ? values[i] : -values[i - N];

        expect_same("floor", a, floor(a), rl_floor(a));
        expect_same("ceil", a, ceil(a), rl_ceil(a));
        expect_same("round", a, round(a), rl_round(a));
        for (size_t k = 0; k < N; k++) {
            expect_same("min", a, fmin(a, values[k]), rl_min(a, values[k]));
            expect_same("max", a, fmax(a, values[k]), rl_max(a, values[k]));
        }
    }
}

static void test_points(void **state)
{
    struct rl_series series = {0};

    for (int i = 0; i < 1000; i++)
        add(&series, i, i);
    add(&series, 999, 5);
    add(&series, 3, 5);
    add(&series, NAN, 5);
    assert_int_equal(series.n, 1000);
    expect_near("last", 999e6, rl_series_last(&series, RL_VALUE_FULL));
    expect_near("most", 999e6, rl_series_most(&series, RL_VALUE_FULL));
    expect_near("least", 0, rl_series_least(&series, RL_VALUE_FULL));
    expect_near("unknown", NAN, rl_series_most(&series, RL_VALUE_SWAP));
    expect_near("unknown", NAN, rl_series_last(&series, RL_VALUE_SWAP));
    series.points[999].values[RL_VALUE_FULL] = NAN;
    expect_near("last known", 998e6, rl_series_last(&series, RL_VALUE_FULL));
    rl_series_free(&series);
}

static void test_gap(void **state)
{
    static const struct {
        double at[6];
        size_t n;
        double gap;
    } cases[] = {
        {{0}, 0, 5},
        {{3}, 1, 5},
        {{0, 0.1}, 2, 5},
        {{0, 1, 2, 3, 500, 501}, 6, 20},
        {{0, 60, 120, 180, 181, 240}, 6, 1200},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rl_series series = {0};
        double gap;
        for (size_t k = 0; k < cases[i].n; k++)
            add(&series, cases[i].at[k], 0);
        assert_int_equal(rl_series_gap(&series, &gap), 0);
        expect_near("gap", cases[i].gap, gap);
        rl_series_free(&series);
    }
}

static void test_share(void **state)
{
    static const struct {
        const char *what;
        double window, gap;
        struct rl_series_window known;
        struct {
            double at, stall, share;
        } points[6];
        size_t n;
    } cases[] = {
        {"nothing is known of the first point", 1, 9, {0, 0, 0, 0}, {{0, 5, NAN}}, 1},
        {"half of the time", 2, 9, {0, 0, 0, 0},
            {{0, 0, NAN}, {1, 0.5, 25}, {2, 1, 50}, {3, 1.5, 50}, {4, 1.5, 25}}, 5},
        {"totals that began long ago", 1, 9, {0, 0, 0, 0}, {{0, 1000, NAN}, {1, 1000.2, 20}}, 2},
        {"between points totals are interpolated", 2, 9, {0, 0, 0, 0},
            {{0, 0, NAN}, {3, 3, 100}, {4, 3, 50}}, 3},
        {"steps longer than the window", 1, 9, {0, 0, 0, 0}, {{0, 0, NAN}, {4, 2, 50}, {8, 2, 0}},
            3},
        {"a counter that is not known", 1, 9, {0, 0, 0, 0},
            {{0, 0, NAN}, {1, 1, 100}, {2, NAN, NAN}, {3, 3, NAN}, {4, 3.5, 50}}, 5},
        {"a counter that goes back", 1, 9, {0, 0, 0, 0}, {{0, 7, NAN}, {1, 2, NAN}, {2, 2.3, 30}},
            3},
        {"what lies in a gap is no stall", 4, 3, {0, 0, 0, 0},
            {{0, 0, NAN}, {1, 1, 25}, {6, 6, NAN}, {7, 7, 25}, {8, 7, 25}}, 5},
        {"never more than all of the time", 1, 9, {0, 0, 0, 0}, {{0, 0, NAN}, {1, 1.7, 100}}, 2},
        {"the daemon knew what was before", 2, 9, {.end = 1, .length = 2, .full = 1e6},
            {{0.5, 100.1, NAN}, {1, 100.3, 50}, {2, 100.3, 0.5 * 100 * (1.0 - 0.8 * 1 / 1.5)}}, 3},
        {"it knew no more than the samples", 1, 9, {.end = 2, .length = 1, .full = 9e6},
            {{0, 0, NAN}, {1, 0.5, 50}, {2, 1, 50}}, 3},
        {"what it knew is less than what they say", 2, 9, {.end = 1, .length = 2, .full = 1e5},
            {{0, 0, NAN}, {1, 1, 50}}, 2},
        {"it knew of a time that has no samples", 4, 9, {.end = -3, .length = 2, .full = 1e6},
            {{0, 0, NAN}, {1, 1, 25}}, 2},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rl_series series = {0};
        double shares[6];
        for (size_t k = 0; k < cases[i].n; k++)
            add(&series, cases[i].points[k].at, cases[i].points[k].stall);
        assert_int_equal(rl_series_share(&series, RL_VALUE_FULL, cases[i].window, cases[i].gap,
                             &cases[i].known, shares),
            0);
        for (size_t k = 0; k < cases[i].n; k++)
            expect_near(cases[i].what, cases[i].points[k].share, shares[k]);
        rl_series_free(&series);
    }
}

static void test_steps(void **state)
{
    static const struct {
        double span;
        unsigned most;
        double step, time_step;
    } cases[] = {
        {1, 5, 0.2, 0.2},
        {7, 7, 1, 1},
        {7.1, 7, 2, 2},
        {133, 7, 20, 30},
        {100, 6, 20, 30},
        {0.03, 6, 0.005, 0.005},
        {63, 9, 10, 10},
        {600, 9, 100, 120},
        {7200, 9, 1000, 900},
        {40000, 9, 5000, 7200},
        {90000, 9, 10000, 10800},
        {900000, 9, 100000, 172800},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_near("step", cases[i].step, rl_scale_step(cases[i].span, cases[i].most));
        expect_near(
            "step of time", cases[i].time_step, rl_scale_time_step(cases[i].span, cases[i].most));
    }
}

static void test_texts(void **state)
{
    static const struct {
        double bytes;
        const char *text;
    } sizes[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1 KB"},
        {1.5 * 1048576, "1.5 MB"},
        {98.22 * 1048576, "98.2 MB"},
        {512.4 * 1048576, "512 MB"},
        {10.04 * 1048576, "10 MB"},
        {2.0 * 1073741824, "2 GB"},
        {1.464 * 1073741824, "1.46 GB"},
    };
    static const struct {
        double at, step;
        const char *text;
    } times[] = {
        {0, 10, "0"},
        {-30, 10,
            "\xe2\x88\x92"
            "30 s"},
        {10, 10, "+10 s"},
        {0.42, 0.1, "+0.4 s"},
        {59.97, 0.1, "+1 min"},
        {60, 60, "+1 min"},
        {90, 30, "+1 min 30 s"},
        {-3600, 1800,
            "\xe2\x88\x92"
            "1 h"},
        {5400, 1800, "+1 h 30 min"},
        {3599.6, 0.1, "+1 h"},
        {176400, 3600, "+2 d 1 h"},
    };
    char buf[RL_SCALE_TEXT_MAX];

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        assert_string_equal(rl_scale_bytes_text(sizes[i].bytes, buf, sizeof(buf)), sizes[i].text);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        assert_string_equal(
            rl_scale_time_text(times[i].at, times[i].step, buf, sizeof(buf)), times[i].text);
    assert_string_equal(rl_scale_text(0.4, 0.2, buf, sizeof(buf)), "0.4");
    assert_string_equal(rl_scale_text(40, 20, buf, sizeof(buf)), "40");
    assert_string_equal(rl_scale_text(0.05, 0.01, buf, sizeof(buf)), "0.05");
    assert_string_equal(rl_scale_unit(1023.0 * 1048576).name, "MB");
    assert_string_equal(rl_scale_unit(1024.0 * 1048576).name, "GB");
}

static void test_label_width(void **state)
{
    expect_near("none", 0, rl_label_width("", 10, false));
    expect_near("digits", 12.72, rl_label_width("42", 10, false));
    expect_near("bold digits", 13.92, rl_label_width("42", 10, true));
    expect_near("others are wide", 20, rl_label_width("\xe2\x88\x92\xff", 10, false));
}

static void test_label_cut(void **state)
{
    static const struct {
        const char *text;
        double width;
        const char *cut;
    } cases[] = {
        {"42424242", 51, "42424242"},
        {"42424242", 50, "42424\xe2\x80\xa6"},
        {"42424242", 1, "\xe2\x80\xa6"},
        {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 35, "\xc3\xa9\xc3\xa9\xe2\x80\xa6"},
        {"", 5, ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%s", cases[i].text);
        rl_label_cut(text, cases[i].width, 10, false);
        assert_string_equal(text, cases[i].cut);
    }
}

static void test_label_break(void **state)
{
    static const struct {
        const char *text;
        double width;
        const char *lines[5];
    } cases[] = {
        {"", 50, {NULL}},
        {"42 42", 50, {"42 42"}},
        {"42 42 42", 32, {"42 42", "42"}},
        {"42  42", 20, {"42", "42"}},
        {"424242 4", 20, {"424", "242", "4"}},
        {"4", 1, {"4"}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text = cases[i].text;
        size_t n = 0;
        for (;; n++) {
            const char *line = text;
            size_t length = rl_label_break(&text, cases[i].width, 10, false);
            if (length == 0)
                break;
            assert_non_null(cases[i].lines[n]);
            assert_int_equal(length, strlen(cases[i].lines[n]));
            assert_memory_equal(line, cases[i].lines[n], length);
        }
        assert_null(cases[i].lines[n]);
    }
}

/* No line goes through a text, no text stands on another. */
static void check_lanes(const struct rl_label_flag *flags, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            double begin = flags[i].x + RL_LABEL_GAP, end = begin + flags[i].width;
            if (i == k)
                continue;
            if (flags[k].lane == flags[i].lane)
                assert_true(
                    flags[k].x >= end || flags[k].x + RL_LABEL_GAP + flags[k].width <= flags[i].x);
            if (flags[k].lane > flags[i].lane)
                assert_false(flags[k].x > begin - RL_LABEL_GAP / 2 && flags[k].x < end);
        }
    }
}

static void test_label_lanes(void **state)
{
    struct rl_label_flag apart[] = {{0, 50, 9}, {100, 50, 9}, {200, 50, 9}};
    struct rl_label_flag same[] = {{10, 50, 0}, {10, 60, 0}, {10, 10, 0}};
    struct rl_label_flag many[40];

    assert_int_equal(rl_label_lanes(apart, 3), 1);
    assert_int_equal(apart[0].lane + apart[1].lane + apart[2].lane, 0);
    assert_int_equal(rl_label_lanes(same, 3), 3);
    assert_int_equal(same[0].lane, 2);
    assert_int_equal(same[2].lane, 0);
    assert_int_equal(rl_label_lanes(NULL, 0), 0);

    srand(1);
    for (int round = 0; round < 1000; round++) {
        double x = 0;
        for (size_t i = 0; i < 40; i++) {
            x += rand() % 3 == 0 ? 0 : rand() % 60;
            many[i] = (struct rl_label_flag){.x = x, .width = 1 + rand() % 200};
        }
        rl_label_lanes(many, 40);
        check_lanes(many, 40);
    }
}

static void test_label_spread(void **state)
{
    static const struct {
        double y[4];
        size_t n;
        double wanted[4];
    } cases[] = {
        {{10, 50, 90}, 3, {10, 50, 90}},
        {{10, 12, 14}, 3, {10, 24, 38}},
        {{-5}, 1, {0}},
        {{100, 100}, 2, {86, 100}},
        {{1, 95, 99}, 3, {1, 86, 100}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double y[4];
        memcpy(y, cases[i].y, sizeof(y));
        rl_label_spread(y, cases[i].n, 14, 0, 100);
        for (size_t k = 0; k < cases[i].n; k++)
            expect_near("height", cases[i].wanted[k], y[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maths),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_label_width),
        cmocka_unit_test(test_label_cut),
        cmocka_unit_test(test_label_break),
        cmocka_unit_test(test_label_lanes),
        cmocka_unit_test(test_label_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
