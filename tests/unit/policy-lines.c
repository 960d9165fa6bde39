/* Swap=, Growth= and Refaults=; and how often is looked at what nothing announces. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/policy.h"

static struct rl_history history;

static struct rl_present at(uint64_t now_us)
{
    return (struct rl_present){.history = &history, .have = ALL, .now_us = now_us};
}

static struct rl_reading read_line(struct rl_line line, struct rl_present present)
{
    struct rl_reading reading;

    rl_line_read(&line, &present, &reading);
    return reading;
}

/* A sample of which only use and refaults count. */
static void add(uint64_t at_us, uint32_t have, uint64_t used, uint64_t refaults)
{
    const struct rl_sample sample = {.at_us = at_us,
        .have = have,
        .current = used,
        .refault_anon = refaults / 2,
        .restore_file = refaults - refaults / 2};

    rl_history_add(&history, &sample, NULL);
}

static struct rl_line swap(uint32_t share)
{
    return (struct rl_line){.kind = RL_LINE_SWAP, .share = share};
}

static struct rl_line growth(uint64_t bytes, uint64_t window_us)
{
    return (struct rl_line){.kind = RL_LINE_GROWTH, .bytes = bytes, .window_us = window_us};
}

static struct rl_line refaults(uint64_t rate, uint64_t window_us)
{
    return (struct rl_line){.kind = RL_LINE_REFAULTS, .count = rate, .window_us = window_us};
}

/* --- Swap= --- */

static void swap_is_a_share_or_cannot_hold(void **state)
{
    static const struct {
        struct rl_room room;
        uint32_t share;
        enum rl_reason why;
    } rows[] = {
        {{.has_swap = true, .swap_known = true, .swap_usage = 9000}, 9000, RL_READ_HOLDS},
        {{.has_swap = true, .swap_known = true, .swap_usage = 9000}, 9001, RL_READ_BELOW},
        {{.has_swap = true, .swap_known = true, .swap_usage = 0}, 0, RL_READ_HOLDS},
        {{.has_swap = false, .swap_known = true, .swap_usage = 10000}, 1, RL_READ_NO_SWAP},
        {{.has_swap = false, .swap_known = true}, 0, RL_READ_NO_SWAP}, /* not 0 % either */
        {{.has_swap = true, .swap_known = false, .swap_usage = 10000}, 1, RL_READ_NO_MEMORY_FILES},
    };
    struct rl_present present = at(SEC);

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_reading r;

        present.room = &rows[i].room;
        r = read_line(swap(rows[i].share), present);
        assert_int_equal(r.why, rows[i].why);
        assert_int_equal(r.holds, rows[i].why == RL_READ_HOLDS);
        assert_int_equal(r.known, rows[i].why == RL_READ_HOLDS || rows[i].why == RL_READ_BELOW);
        assert_int_equal(r.threshold, rows[i].share);
        assert_int_equal(r.unit, RL_UNIT_SHARE);
    }
    present.room = NULL;
    assert_int_equal(read_line(swap(0), present).why, RL_READ_NO_MEMORY_FILES);
}

/* --- Growth= --- */

static void growth_is_interpolated_over_its_window(void **state)
{
    static const struct {
        uint64_t window_us, now_us, value;
    } rows[] = {
        {10 * SEC, 120 * SEC, 200 * MIB},
        {20 * SEC, 120 * SEC, 300 * MIB},
        {15 * SEC, 120 * SEC, 250 * MIB}, /* between two points */
        {5 * SEC, 120 * SEC, 100 * MIB},
        {60 * SEC, 120 * SEC, 300 * MIB}, /* not yet full: against the oldest point */
        {10 * SEC, 125 * SEC, 100 * MIB}, /* nothing is assumed after the newest point */
        {5 * SEC, 125 * SEC, 0},
        {SEC, 200 * SEC, 0},
    };

    rl_history_clear(&history);
    add(100 * SEC, ALL, 0, 0);
    add(110 * SEC, ALL, 100 * MIB, 0);
    add(120 * SEC, ALL, 300 * MIB, 0);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_reading r = read_line(growth(200 * MIB, rows[i].window_us), at(rows[i].now_us));

        if (!r.known || r.value != rows[i].value)
            fail_msg("row %zu: %lu", i, (unsigned long)r.value);
        assert_int_equal(r.holds, rows[i].value >= 200 * MIB);
        assert_int_equal(r.unit, RL_UNIT_BYTES);
        assert_int_equal(r.threshold, 200 * MIB);
    }
}

static void what_fell_has_grown_by_nothing(void **state)
{
    rl_history_clear(&history);
    add(100 * SEC, ALL, 500 * MIB, 0);
    add(110 * SEC, ALL, 900 * MIB, 0);
    add(120 * SEC, ALL, 400 * MIB, 0);
    assert_int_equal(read_line(growth(1, 20 * SEC), at(120 * SEC)).value, 0);
    assert_int_equal(read_line(growth(1, 10 * SEC), at(120 * SEC)).value, 0);
    add(130 * SEC, ALL, 600 * MIB, 0);
    assert_int_equal(read_line(growth(1, 30 * SEC), at(130 * SEC)).value, 100 * MIB);
    /* Half way down from 900 to 400 it was at 650. */
    assert_int_equal(read_line(growth(1, 15 * SEC), at(130 * SEC)).value, 0);
    assert_int_equal(read_line(growth(1, 12 * SEC), at(130 * SEC)).value, 100 * MIB);
    assert_false(read_line(growth(1, 20 * SEC), at(130 * SEC)).holds);
}

static void growth_needs_two_points_that_know(void **state)
{
    struct rl_reading r;

    rl_history_clear(&history);
    assert_int_equal(read_line(growth(0, SEC), at(SEC)).why, RL_READ_FIRST_SAMPLE);
    add(100 * SEC, ALL, 0, 0);
    assert_int_equal(read_line(growth(0, SEC), at(100 * SEC)).why, RL_READ_FIRST_SAMPLE);
    add(110 * SEC, ALL & ~RL_HAVE_STAT, GIB, 0);
    r = read_line(growth(0, 10 * SEC), at(110 * SEC));
    assert_int_equal(r.why, RL_READ_NO_MEMORY_FILES);
    assert_false(r.holds || r.known);
    add(120 * SEC, ALL & ~RL_HAVE_CURRENT, GIB, 0);
    assert_false(read_line(growth(0, 10 * SEC), at(120 * SEC)).known);
    add(130 * SEC, ALL, 30 * MIB, 0);
    r = read_line(growth(10 * MIB, 10 * SEC), at(130 * SEC));
    assert_true(r.known);
    assert_int_equal(r.value, 10 * MIB); /* a third of the way between those two */
}

static void growth_of_the_machine_is_that_of_what_is_not_available(void **state)
{
    struct rl_node node = a_node();
    struct rl_sample sample = {.at_us = 100 * SEC, .have = RL_HAVE_PRESSURE};

    rl_history_clear(&history);
    rl_history_add(&history, &sample, &node);
    sample.at_us = 110 * SEC;
    node.mem_available -= GIB;
    rl_history_add(&history, &sample, &node);
    assert_int_equal(read_line(growth(1, 10 * SEC), at(110 * SEC)).value, GIB);
    assert_int_equal(rl_history_last(&history)->used, 5 * GIB);
    node.mem_available = 9 * GIB; /* more than there is: a broken file */
    sample.at_us = 120 * SEC;
    rl_history_add(&history, &sample, &node);
    assert_int_equal(rl_history_last(&history)->used, 0);
}

static void growth_begins_anew_with_a_step_or_a_kill(void **state)
{
    struct rl_present present = at(120 * SEC);

    rl_history_clear(&history);
    add(100 * SEC, ALL, 0, 0);
    add(110 * SEC, ALL, 100 * MIB, 0);
    add(120 * SEC, ALL, 200 * MIB, 0);
    present.since_us = 115 * SEC;
    assert_int_equal(read_line(growth(1, 20 * SEC), present).value, 50 * MIB);
    present.since_us = 0;
    history.restart_us = 110 * SEC;
    assert_int_equal(read_line(growth(1, 20 * SEC), present).value, 100 * MIB);
    history.kernel_kill_us = 120 * SEC;
    assert_int_equal(read_line(growth(1, 20 * SEC), present).value, 0);
}

static void giant_numbers_do_not_overflow(void **state)
{
    rl_history_clear(&history);
    add(1, ALL, 0, 0);
    add(UINT64_MAX - 1, ALL, UINT64_MAX, UINT64_MAX);
    assert_true(read_line(growth(1, UINT64_MAX), at(UINT64_MAX - 1)).value >= UINT64_MAX - 1);
    assert_true(read_line(growth(1, SEC), at(UINT64_MAX - 1)).value <= 2 * SEC);
    assert_true(read_line(refaults(1, SEC), at(UINT64_MAX - 1)).known);
}

/* --- Refaults= --- */

static void refaults_are_counted_a_second(void **state)
{
    static const struct {
        uint64_t window_us, now_us, since_us, value;
    } rows[] = {
        {10 * SEC, 110 * SEC, 0, 100},
        {5 * SEC, 110 * SEC, 0, 100},
        {20 * SEC, 110 * SEC, 0, 50}, /* the missing part counts as none */
        {10 * SEC, 115 * SEC, 0, 50},
        {10 * SEC, 130 * SEC, 0, 0},
        {500 * MS, 110 * SEC, 0, 100}, /* a rate is over a second at least */
        {0, 110 * SEC, 0, 100},
        {10 * SEC, 110 * SEC, 105 * SEC, 100}, /* since a step */
        {10 * SEC, 110 * SEC, 109 * SEC + 500 * MS, 50},
        {10 * SEC, 110 * SEC, 110 * SEC, 0},
    };

    rl_history_clear(&history);
    for (uint64_t t = 0; t <= 100; t++)
        add(100 * SEC + t * 100 * MS, ALL, 0, t * 10);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_present present = at(rows[i].now_us);
        struct rl_reading r;

        present.since_us = rows[i].since_us;
        r = read_line(refaults(100, rows[i].window_us), present);
        if (!r.known || r.value != rows[i].value)
            fail_msg("row %zu: %lu", i, (unsigned long)r.value);
        assert_int_equal(r.holds, rows[i].value >= 100);
        assert_int_equal(r.unit, RL_UNIT_RATE);
    }
    assert_false(read_line(refaults(101, 10 * SEC), at(110 * SEC)).holds);
}

static void refaults_need_memory_stat_and_two_points(void **state)
{
    struct rl_present present = at(100 * SEC);

    rl_history_clear(&history);
    add(100 * SEC, ALL, 0, 50);
    assert_int_equal(read_line(refaults(0, SEC), present).why, RL_READ_FIRST_SAMPLE);
    add(101 * SEC, ALL, 0, 80);
    present.have = ALL & ~RL_HAVE_STAT;
    assert_int_equal(read_line(refaults(0, SEC), present).why, RL_READ_NO_MEMORY_FILES);
    assert_int_equal(read_line(refaults(30, SEC), at(101 * SEC)).value, 30);
}

/* --- all kinds --- */

static void each_kind_has_its_row(void **state)
{
    static const struct {
        enum rl_line_kind kind;
        const char *key;
        uint32_t needs;
    } rows[] = {
        {RL_LINE_SWAP, "Swap", RL_HAVE_SWAP},
        {RL_LINE_GROWTH, "Growth", RL_HAVE_CURRENT | RL_HAVE_STAT},
        {RL_LINE_REFAULTS, "Refaults", RL_HAVE_STAT},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_line line = {.kind = rows[i].kind};

        assert_string_equal(rl_line_key(rows[i].kind), rows[i].key);
        assert_int_equal(rl_line_needs(&line), rows[i].needs);
    }
    for (int kind = 0; kind < RL_LINE_KINDS; kind++)
        assert_true(rl_line_needs(&(struct rl_line){.kind = kind}) != 0);
}

static void what_nothing_announces_is_timed(void **state)
{
    const struct rl_line pressure = {.kind = RL_LINE_PRESSURE, .window_us = SEC};
    const struct rl_line events = {.kind = RL_LINE_EVENTS, .window_us = SEC};
    const struct {
        struct rl_line lines[2];
        uint8_t n;
        bool timed;
    } rows[] = {
        {{swap(1)}, 1, true},
        {{growth(1, SEC)}, 1, true},
        {{refaults(1, SEC)}, 1, true},
        {{growth(1, SEC), swap(1)}, 2, true},
        {{growth(1, SEC), pressure}, 2, false},
        {{events, swap(1)}, 2, false},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_trigger trigger = {.n = rows[i].n};

        memcpy(trigger.lines, rows[i].lines, sizeof(rows[i].lines));
        assert_int_equal(rl_trigger_timed(&trigger), rows[i].timed);
    }
}

static uint64_t next_look(struct rl_line line, uint64_t now_us)
{
    const struct rl_room room = {.has_swap = true, .swap_known = true, .swap_usage = 100};
    const struct rl_trigger trigger = {.n = 1, .lines = {line}};
    struct rl_present present = at(now_us);

    present.room = &room;
    return rl_trigger_earliest(&trigger, &present) - now_us;
}

static void timed_looks_fit_their_windows(void **state)
{
    rl_history_clear(&history);
    add(100 * SEC, ALL, MIB, 0);
    add(110 * SEC, ALL, MIB, 0);
    assert_int_equal(next_look(growth(GIB, 600 * SEC), 110 * SEC), 30 * SEC);
    assert_int_equal(next_look(growth(GIB, 60 * SEC), 110 * SEC), 15 * SEC);
    assert_int_equal(next_look(growth(GIB, 500 * MS), 110 * SEC), SEC);
    assert_int_equal(next_look(refaults(9, 10 * SEC), 110 * SEC), 2500 * MS);
    assert_true(next_look(swap(9000), 110 * SEC) > 20 * SEC);
    assert_int_equal(next_look(growth(0, 600 * SEC), 110 * SEC), SEC); /* it holds */
}

/* --- a higher threshold is never easier --- */

static void raising_a_threshold_adds_no_verdict(void **state)
{
    struct dice dice = {5};
    size_t held = 0, lost = 0;

    for (int i = 0; i < 20000; i++) {
        struct rl_room room = {.has_swap = roll(&dice, 8) > 0,
            .swap_known = roll(&dice, 8) > 0,
            .swap_usage = roll(&dice, RL_WHOLE)};
        const struct rl_line lines[] = {swap((uint32_t)roll(&dice, RL_WHOLE)),
            growth(roll(&dice, GIB), SEC + roll(&dice, 20 * SEC)),
            refaults(roll(&dice, 2000), SEC + roll(&dice, 20 * SEC))};
        struct rl_line easy = lines[roll(&dice, 3)], hard = easy;
        uint64_t now = 100 * SEC, back = 0;
        struct rl_present present;
        bool e, h;

        rl_history_clear(&history);
        for (int k = 0; k < 8; k++) {
            now += 1 + roll(&dice, 2 * SEC);
            back += roll(&dice, 3000);
            add(now, roll(&dice, 10) ? ALL : 0, roll(&dice, GIB), back);
        }
        present = at(now);
        present.room = &room;
        present.since_us = roll(&dice, 2) ? 0 : now - roll(&dice, 5 * SEC);
        hard.share += (uint32_t)roll(&dice, 2000);
        hard.bytes += roll(&dice, 100 * MIB);
        hard.count += roll(&dice, 300);
        e = read_line(easy, present).holds;
        h = read_line(hard, present).holds;
        assert_false(h && !e);
        held += h;
        lost += e && !h;
    }
    assert_true(held > 1000 && lost > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swap_is_a_share_or_cannot_hold),
        cmocka_unit_test(growth_is_interpolated_over_its_window),
        cmocka_unit_test(what_fell_has_grown_by_nothing),
        cmocka_unit_test(growth_needs_two_points_that_know),
        cmocka_unit_test(growth_of_the_machine_is_that_of_what_is_not_available),
        cmocka_unit_test(growth_begins_anew_with_a_step_or_a_kill),
        cmocka_unit_test(giant_numbers_do_not_overflow),
        cmocka_unit_test(refaults_are_counted_a_second),
        cmocka_unit_test(refaults_need_memory_stat_and_two_points),
        cmocka_unit_test(each_kind_has_its_row),
        cmocka_unit_test(what_nothing_announces_is_timed),
        cmocka_unit_test(timed_looks_fit_their_windows),
        cmocka_unit_test(raising_a_threshold_adds_no_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
