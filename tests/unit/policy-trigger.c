#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/policy.h"

static struct rl_history history;

static struct rl_line pressure(uint32_t share, uint64_t window_us)
{
    return (struct rl_line){
        .kind = RL_LINE_PRESSURE, .counter = RL_COUNT_FULL, .share = share, .window_us = window_us};
}

static struct rl_line usage(uint32_t share)
{
    return (struct rl_line){.kind = RL_LINE_USAGE, .share = share};
}

static struct rl_line headroom(uint64_t bytes)
{
    return (struct rl_line){.kind = RL_LINE_HEADROOM, .bytes = bytes, .max_bytes = RL_NO_LIMIT};
}

static struct rl_line events(enum rl_counter counter, uint64_t count, uint64_t window_us)
{
    return (struct rl_line){
        .kind = RL_LINE_EVENTS, .counter = counter, .count = count, .window_us = window_us};
}

static struct rl_trigger trigger_of(const struct rl_line *lines, uint8_t n)
{
    struct rl_trigger trigger = {.name = "t", .n = n};

    memcpy(trigger.lines, lines, n * sizeof(*lines));
    return trigger;
}

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

/* Stall at a steady share (of 10000) of the time, looked at every 100 ms. */
static void steady(uint64_t from_us, uint64_t to_us, uint64_t share)
{
    for (uint64_t t = from_us; t <= to_us; t += 100 * MS)
        add_stall(&history, t, 0, t * share / RL_WHOLE);
}

/* --- Pressure= --- */

static void pressure_is_exact_at_the_border(void **state)
{
    static const struct {
        uint64_t stall_us, window_us, value;
        uint32_t share;
        bool holds;
    } rows[] = {
        {3 * SEC, 10 * SEC, 3000, 3000, true},
        {3 * SEC - 1, 10 * SEC, 2999, 3000, false},
        {3 * SEC + 1, 10 * SEC, 3000, 3000, true},
        {3 * SEC, 10 * SEC, 3000, 3001, false},
        {150 * MS, 500 * MS, 3000, 3000, true},
        {150 * MS - 1, 500 * MS, 2999, 3000, false},
        {180 * SEC, 600 * SEC, 3000, 3000, true},
        {180 * SEC - 1, 600 * SEC, 2999, 3000, false},
        {10 * SEC, 10 * SEC, 10000, 10000, true},
        {1, 10 * SEC, 0, 1, false},
        {1 * MS, 10 * SEC, 1, 1, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        uint64_t w = rows[i].window_us;
        struct rl_reading r;

        rl_history_clear(&history);
        for (uint64_t part = 0; part <= 4; part++)
            add_stall(&history, 1000 * SEC + part * w / 4, 0, part == 4 ? rows[i].stall_us : 0);
        r = read_line(pressure(rows[i].share, w), at(1000 * SEC + w));
        assert_true(r.known);
        assert_int_equal(r.value, rows[i].value);
        assert_int_equal(r.threshold, rows[i].share);
        assert_int_equal(r.holds, rows[i].holds);
        assert_int_equal(r.why, rows[i].holds ? RL_READ_HOLDS : RL_READ_BELOW);
        assert_int_equal(r.unit, RL_UNIT_SHARE);
    }
}

static void a_window_not_yet_full_counts_the_rest_as_calm(void **state)
{
    rl_history_clear(&history);
    steady(100 * SEC, 102 * SEC, RL_WHOLE);
    assert_int_equal(read_line(pressure(3000, 10 * SEC), at(102 * SEC)).value, 2000);
    assert_false(read_line(pressure(3000, 10 * SEC), at(102 * SEC)).holds);
    steady(102 * SEC, 103 * SEC, RL_WHOLE);
    assert_true(read_line(pressure(3000, 10 * SEC), at(103 * SEC)).holds);
}

static void a_first_sample_never_holds(void **state)
{
    struct rl_reading r;

    rl_history_clear(&history);
    assert_int_equal(read_line(pressure(0, SEC), at(SEC)).why, RL_READ_FIRST_SAMPLE);
    add_stall(&history, 100 * SEC, 99 * SEC, 99 * SEC);
    r = read_line(pressure(0, 10 * SEC), at(100 * SEC));
    assert_false(r.holds || r.known);
    assert_int_equal(r.why, RL_READ_FIRST_SAMPLE);
    r = read_line(events(RL_COUNT_MAX, 0, 10 * SEC), at(100 * SEC));
    assert_false(r.holds || r.known);
    assert_int_equal(r.why, RL_READ_FIRST_SAMPLE);
}

static void some_and_full_are_not_mixed_up(void **state)
{
    struct rl_line some = pressure(1, 10 * SEC);

    some.counter = RL_COUNT_SOME;
    rl_history_clear(&history);
    add_stall(&history, 100 * SEC, 0, 0);
    add_stall(&history, 101 * SEC, 800 * MS, 200 * MS);
    assert_int_equal(read_line(some, at(101 * SEC)).value, 800);
    assert_int_equal(read_line(pressure(1, 10 * SEC), at(101 * SEC)).value, 200);
}

/* After a step only what came after it counts, as a share of the time since, at least a second. */
static void since_a_step(void **state)
{
    static const struct {
        uint64_t window_us, since_us, now_us, value;
    } rows[] = {
        {10 * SEC, 0, 110 * SEC, 5000}, {10 * SEC, 110 * SEC, 110 * SEC, 0},
        {10 * SEC, 109 * SEC + 900 * MS, 110 * SEC, 500}, /* 50 ms in "a second" */
        {10 * SEC, 109 * SEC + 500 * MS, 110 * SEC, 2500}, {10 * SEC, 109 * SEC, 110 * SEC, 5000},
        {10 * SEC, 106 * SEC, 110 * SEC, 5000}, /* not diluted by the six calm seconds */
        {10 * SEC, 60 * SEC, 110 * SEC, 5000},
        {500 * MS, 60 * SEC, 110 * SEC, 5000}, /* a short window after a long wait */
        {500 * MS, 109 * SEC + 900 * MS, 110 * SEC, 500},
        {10 * SEC, 120 * SEC, 110 * SEC, 0}, /* a clock that is behind */
    };

    rl_history_clear(&history);
    steady(100 * SEC, 110 * SEC, 5000);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_present present = at(rows[i].now_us);

        present.since_us = rows[i].since_us;
        assert_int_equal(read_line(pressure(1, rows[i].window_us), present).value, rows[i].value);
    }
}

static void a_kill_restarts_pressure(void **state)
{
    struct rl_present present = at(110 * SEC);

    rl_history_clear(&history);
    steady(100 * SEC, 110 * SEC, RL_WHOLE);
    history.kernel_kill_us = 109 * SEC;
    assert_int_equal(read_line(pressure(1, 10 * SEC), present).value, 1000);
    present.since_us = 105 * SEC;
    assert_int_equal(read_line(pressure(1, 10 * SEC), present).value, RL_WHOLE);
    history.kernel_kill_us = 110 * SEC;
    assert_int_equal(read_line(pressure(1, 10 * SEC), present).value, 0);
}

/* --- levels --- */

static struct rl_reading read_level(struct rl_line line, const struct rl_room *room)
{
    struct rl_present present = {.history = &history, .room = room, .have = ALL, .now_us = SEC};

    return read_line(line, present);
}

static void usage_is_over_its_share(void **state)
{
    struct rl_room room = {.known = true, .usage = 9000};

    assert_true(read_level(usage(9000), &room).holds);
    assert_true(read_level(usage(8999), &room).holds);
    assert_false(read_level(usage(9001), &room).holds);
    assert_int_equal(read_level(usage(9001), &room).value, 9000);
}

static void headroom_is_below_its_size(void **state)
{
    static const struct {
        uint64_t limit, left;
        uint32_t share; /* 0: bytes */
        uint64_t bytes, min, max, threshold;
        bool holds;
    } rows[] = {
        {GIB, 10 * MIB, 0, 10 * MIB, 0, RL_NO_LIMIT, 10 * MIB, false},
        {GIB, 10 * MIB - 1, 0, 10 * MIB, 0, RL_NO_LIMIT, 10 * MIB, true},
        {1000 * MIB, 50 * MIB, 500, 0, 0, RL_NO_LIMIT, 50 * MIB, false},
        {1000 * MIB, 50 * MIB - 1, 500, 0, 0, RL_NO_LIMIT, 50 * MIB, true},
        {1000 * MIB, 99 * MIB, 500, 0, 100 * MIB, RL_NO_LIMIT, 100 * MIB, true},
        {1000 * MIB, 20 * MIB, 500, 0, 0, 20 * MIB, 20 * MIB, false},
        {1000 * MIB, 19 * MIB, 500, 0, 0, 20 * MIB, 20 * MIB, true},
        {GIB, 0, 0, 0, 0, RL_NO_LIMIT, 0, false}, /* nothing is below nothing */
        {RL_NO_LIMIT - 1, 5, 10000, 0, 0, RL_NO_LIMIT, RL_NO_LIMIT - 1, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_room room = {.known = true, .limit = rows[i].limit, .headroom = rows[i].left};
        struct rl_line line = {.kind = RL_LINE_HEADROOM,
            .relative = rows[i].share > 0,
            .share = rows[i].share,
            .bytes = rows[i].bytes,
            .min_bytes = rows[i].min,
            .max_bytes = rows[i].max};
        struct rl_reading r = read_level(line, &room);

        assert_int_equal(r.threshold, rows[i].threshold);
        assert_int_equal(r.value, rows[i].left);
        assert_int_equal(r.holds, rows[i].holds);
        assert_int_equal(r.unit, RL_UNIT_BYTES);
    }
}

static void what_is_missing_cannot_hold(void **state)
{
    const struct rl_room unknown = {.usage = RL_WHOLE, .headroom = 0, .limit = GIB};
    const struct {
        struct rl_line line;
        const struct rl_room *room;
        uint32_t lacks;
        enum rl_reason why;
    } rows[] = {
        {pressure(0, SEC), NULL, RL_HAVE_PRESSURE, RL_READ_NO_PRESSURE},
        {events(RL_COUNT_OOM, 0, SEC), NULL, RL_HAVE_EVENTS, RL_READ_NO_EVENTS},
        {usage(0), NULL, 0, RL_READ_NO_MEMORY_FILES},
        {usage(0), &unknown, 0, RL_READ_NO_MEMORY_FILES},
        {headroom(GIB), NULL, 0, RL_READ_NO_MEMORY_FILES},
        {headroom(GIB), &unknown, 0, RL_READ_NO_MEMORY_FILES},
    };

    rl_history_clear(&history);
    steady(100 * SEC, 110 * SEC, RL_WHOLE);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_present present = at(110 * SEC);
        struct rl_reading r;

        present.room = rows[i].room;
        present.have &= ~rows[i].lacks;
        r = read_line(rows[i].line, present);
        assert_false(r.holds || r.known);
        assert_int_equal(r.why, rows[i].why);
    }
}

/* --- Events= --- */

static void add_events(uint64_t at_us, uint64_t oom_kill)
{
    struct rl_sample sample = {.at_us = at_us, .have = ALL, .events = {.oom_kill = oom_kill}};

    rl_history_add(&history, &sample, NULL);
}

static void events_are_counted_over_their_window(void **state)
{
    struct rl_present present = at(3610 * SEC);

    rl_history_clear(&history);
    add_events(10 * SEC, 5);
    add_events(3600 * SEC, 6); /* woken by it after an idle hour */
    assert_true(read_line(events(RL_COUNT_OOM_KILL, 1, 10 * SEC), at(3600 * SEC)).holds);
    add_events(3605 * SEC, 8);
    assert_true(read_line(events(RL_COUNT_OOM_KILL, 3, 10 * SEC), at(3605 * SEC)).holds);
    assert_false(read_line(events(RL_COUNT_OOM_KILL, 4, 10 * SEC), at(3605 * SEC)).holds);
    assert_int_equal(read_line(events(RL_COUNT_OOM_KILL, 4, 10 * SEC), present).value, 2);
    present.since_us = 3605 * SEC;
    assert_int_equal(read_line(events(RL_COUNT_OOM_KILL, 4, 10 * SEC), present).value, 0);
    present.since_us = 0;
    history.restart_us = 3606 * SEC; /* a kill of ours */
    assert_int_equal(read_line(events(RL_COUNT_OOM_KILL, 4, 10 * SEC), present).value, 0);
}

/* --- triggers --- */

static void all_lines_must_hold(void **state)
{
    const struct rl_room room = {.known = true, .usage = 9500, .headroom = MIB, .limit = GIB};
    const struct rl_line holds[] = {pressure(4000, 10 * SEC), usage(9000), headroom(2 * MIB)};
    const struct rl_line fails[] = {pressure(6000, 10 * SEC), usage(9600), headroom(MIB)};
    struct rl_reading readings[RL_LINES_MAX];
    struct rl_present present = at(110 * SEC);

    present.room = &room;
    rl_history_clear(&history);
    steady(100 * SEC, 110 * SEC, 5000);
    for (unsigned mask = 0; mask < 8; mask++) {
        struct rl_trigger trigger = trigger_of(holds, 3);

        for (int i = 0; i < 3; i++)
            if (mask & (1u << i))
                trigger.lines[i] = fails[i];
        assert_int_equal(rl_trigger_read(&trigger, &present, readings), mask == 0);
        for (int i = 0; i < 3; i++)
            assert_int_equal(readings[i].holds, !(mask & (1u << i)));
    }
}

static void a_trigger_without_lines_never_holds(void **state)
{
    const struct rl_trigger trigger = {.name = "empty"};
    struct rl_reading readings[RL_LINES_MAX];
    struct rl_present present = at(110 * SEC);

    assert_false(rl_trigger_read(&trigger, &present, readings));
    assert_false(rl_trigger_timed(&trigger));
    assert_true(rl_trigger_earliest(&trigger, &present) > present.now_us);
}

static void needs_name_what_is_read(void **state)
{
    const struct rl_line lines[] = {
        pressure(1, 1), usage(1), headroom(1), events(RL_COUNT_OOM, 1, 1)};
    static const char *const keys[] = {"Pressure", "Usage", "Headroom", "Events"};

    for (size_t i = 0; i < LENGTH(lines); i++) {
        assert_true(rl_line_needs(&lines[i]) != 0);
        assert_string_equal(rl_line_key(lines[i].kind), keys[i]);
    }
    assert_string_equal(rl_line_key(RL_LINE_KINDS), "?");
    assert_true(rl_line_needs(&lines[0]) & RL_HAVE_PRESSURE);
    assert_true(rl_line_needs(&lines[2]) & RL_HAVE_LIMITS);
}

static void looks_are_neither_too_far_nor_too_near(void **state)
{
    const struct rl_room close = {.known = true, .usage = 8999, .headroom = GIB, .limit = GIB};
    const struct rl_room far = {.known = true, .usage = 0, .headroom = GIB, .limit = GIB};
    const struct {
        struct rl_line lines[2];
        uint8_t n;
        const struct rl_room *room;
        uint64_t least_us, most_us;
    } rows[] = {
        {{pressure(3000, 10 * SEC)}, 1, NULL, 2500 * MS, 2500 * MS}, /* a quarter */
        {{pressure(1000, 10 * SEC)}, 1, NULL, 999 * MS, SEC},        /* what is missing */
        {{pressure(1000, 500 * MS)}, 1, NULL, 25 * MS, 50 * MS},
        {{pressure(0, 10 * SEC)}, 1, NULL, 25 * MS, 25 * MS}, /* holds: the floor */
        {{pressure(9000, 600 * SEC), pressure(1000, 2 * SEC)}, 2, NULL, 500 * MS, 500 * MS},
        {{pressure(0, 10 * SEC), usage(9000)}, 2, &close, 100 * MS, 100 * MS},
        {{pressure(9000, 2 * SEC), pressure(9000, SEC)}, 2, NULL, 250 * MS, 250 * MS},
        {{events(RL_COUNT_OOM, 1, 10 * SEC)}, 1, NULL, 2500 * MS, 2500 * MS},
        {{usage(9000)}, 1, &close, SEC, 1100 * MS}, /* levels alone are timed */
        {{usage(9000)}, 1, &far, 30 * SEC, 30 * SEC},
        {{usage(9000), headroom(GIB)}, 2, &close, SEC, 1100 * MS},
    };

    rl_history_clear(&history);
    steady(100 * SEC, 110 * SEC, 0);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_trigger trigger = trigger_of(rows[i].lines, rows[i].n);
        struct rl_present present = at(110 * SEC);
        uint64_t in;

        present.room = rows[i].room;
        in = rl_trigger_earliest(&trigger, &present) - present.now_us;
        if (in < rows[i].least_us || in > rows[i].most_us)
            fail_msg("row %zu: in %lu us", i, (unsigned long)in);
    }
}

/* --- earliest, as a property over random stall --- */

struct stall {
    struct dice dice;
    uint64_t now_us, total_us;
    uint64_t rate; /* of 1000 */
    uint64_t left_us;
};

/* Let time pass; stall comes in bursts of all lengths. */
static void pass(struct stall *s, uint64_t us)
{
    static const uint64_t lengths_ms[] = {10, 200, 3000, 20000};
    static const uint64_t rates[] = {0, 0, 1000, 1000, 250};

    while (us > 0) {
        uint64_t part;

        if (s->left_us == 0) {
            s->left_us = 1 + roll(&s->dice, lengths_ms[roll(&s->dice, LENGTH(lengths_ms))] * MS);
            s->rate = rates[roll(&s->dice, LENGTH(rates))];
        }
        part = us < s->left_us ? us : s->left_us;
        s->total_us += part * s->rate / 1000;
        s->now_us += part;
        s->left_us -= part;
        us -= part;
    }
}

/* A line's reading for somebody who looked now, beside the looks that were taken. */
static struct rl_reading read_beside(
    const struct rl_line *line, const struct stall *s, uint64_t since_us)
{
    struct rl_history extra = history;
    struct rl_present present = {
        .history = &extra, .have = ALL, .now_us = s->now_us, .since_us = since_us};
    struct rl_reading reading;

    add_stall(&extra, s->now_us, s->total_us, s->total_us);
    rl_line_read(line, &present, &reading);
    return reading;
}

struct course {
    bool restarts;   /* a step is taken whenever it holds */
    bool thins;      /* else the history begins anew when it is full */
    uint64_t margin; /* how far over its threshold is too far, between looks */
    size_t held;
};

/* Look only when told to, and in between ask whether anything was missed. Return: false if so. */
static bool follow(
    const struct rl_line *line, struct stall *s, uint64_t until_us, struct course *course)
{
    const uint64_t floor_us = 25 * MS, fine_us = 7 * MS;
    struct rl_trigger trigger = trigger_of(line, 1);
    uint64_t since = 0;

    while (s->now_us < until_us) {
        struct rl_present present = at(s->now_us);
        struct rl_reading reading;
        uint64_t next;

        if (!course->thins && history.n == RL_HISTORY_MAX)
            rl_history_clear(&history);
        add_stall(&history, s->now_us, s->total_us, s->total_us);
        present.since_us = since;
        rl_line_read(line, &present, &reading);
        course->held += reading.holds;
        next = rl_trigger_earliest(&trigger, &present);
        assert_true(next >= s->now_us + floor_us);
        while (reading.known && !reading.holds && s->now_us + fine_us + floor_us < next) {
            struct rl_reading beside;

            pass(s, fine_us);
            beside = read_beside(line, s, since);
            if (beside.value >= beside.threshold + course->margin)
                return false;
        }
        if (reading.holds && course->restarts)
            since = s->now_us;
        pass(s, next - s->now_us);
    }
    return true;
}

/* Without thinning it is exact. With it, stall may be moved across the window's far edge, within
 * the bound that the test of the history holds it to. */
static void nothing_holds_unseen(void **state)
{
    static const struct {
        uint32_t share;
        uint64_t window_us;
    } rows[] = {
        {2500, 500 * MS},
        {9000, 500 * MS},
        {1000, 1 * SEC},
        {500, 5 * SEC},
        {3000, 10 * SEC},
        {6500, 10 * SEC},
        {8000, 30 * SEC},
        {3000, 60 * SEC},
        {2000, 600 * SEC},
        {7, 600 * SEC},
    };
    size_t held = 0;

    for (size_t i = 0; i < LENGTH(rows) * 8; i++) {
        const struct rl_line line = pressure(rows[i / 8].share, rows[i / 8].window_us);
        struct stall s = {.dice = {i + 1}, .now_us = 1000 * SEC};
        struct course course = {.restarts = i & 1, .thins = i & 2};

        course.margin = course.thins ? RL_WHOLE / 16 : 0;
        rl_history_clear(&history);
        if (!follow(&line, &s, s.now_us + line.window_us + 300 * SEC, &course))
            fail_msg("%u over %lu us: held before the instant named", rows[i / 8].share,
                (unsigned long)line.window_us);
        held += course.held;
    }
    assert_true(held > 1000);
}

/* --- a higher threshold is never easier --- */

static struct rl_line random_line(struct dice *dice)
{
    switch (roll(dice, 4)) {
    case 0:
        return pressure((uint32_t)roll(dice, RL_WHOLE + 1), 500 * MS + roll(dice, 20 * SEC));
    case 1:
        return usage((uint32_t)roll(dice, RL_WHOLE + 1));
    case 2:
        return headroom(roll(dice, 2 * MIB));
    default:
        return events(RL_COUNT_MAX, roll(dice, 50), 500 * MS + roll(dice, 20 * SEC));
    }
}

static struct rl_line harder(struct rl_line line, struct dice *dice)
{
    line.share += (uint32_t)roll(dice, 2000);
    line.count += roll(dice, 10);
    line.bytes -= roll(dice, line.bytes + 1);
    return line;
}

static void raising_a_threshold_adds_no_verdict(void **state)
{
    struct dice dice = {11};
    size_t held = 0, lost = 0;

    for (int i = 0; i < 20000; i++) {
        struct rl_sample sample = {.at_us = 100 * SEC, .have = ALL};
        struct rl_room room = {.known = true,
            .usage = roll(&dice, 12000),
            .headroom = roll(&dice, 2 * MIB),
            .limit = GIB};
        struct rl_line line = random_line(&dice);
        struct rl_present present = {.history = &history, .room = &room, .have = ALL};
        bool easy, hard;

        rl_history_clear(&history);
        for (int k = 0; k < 10; k++) {
            uint64_t gap = 1 + roll(&dice, SEC);

            sample.at_us += gap;
            sample.full_us += roll(&dice, gap + 1);
            sample.events.max += roll(&dice, 10);
            rl_history_add(&history, &sample, NULL);
        }
        present.now_us = sample.at_us;
        present.since_us = roll(&dice, 2) ? 0 : sample.at_us - roll(&dice, 5 * SEC);
        easy = read_line(line, present).holds;
        hard = read_line(harder(line, &dice), present).holds;
        assert_false(hard && !easy);
        held += hard;
        lost += easy && !hard;
    }
    assert_true(held > 1000 && lost > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pressure_is_exact_at_the_border),
        cmocka_unit_test(a_window_not_yet_full_counts_the_rest_as_calm),
        cmocka_unit_test(a_first_sample_never_holds),
        cmocka_unit_test(some_and_full_are_not_mixed_up),
        cmocka_unit_test(since_a_step),
        cmocka_unit_test(a_kill_restarts_pressure),
        cmocka_unit_test(usage_is_over_its_share),
        cmocka_unit_test(headroom_is_below_its_size),
        cmocka_unit_test(what_is_missing_cannot_hold),
        cmocka_unit_test(events_are_counted_over_their_window),
        cmocka_unit_test(all_lines_must_hold),
        cmocka_unit_test(a_trigger_without_lines_never_holds),
        cmocka_unit_test(needs_name_what_is_read),
        cmocka_unit_test(looks_are_neither_too_far_nor_too_near),
        cmocka_unit_test(nothing_holds_unseen),
        cmocka_unit_test(raising_a_threshold_adds_no_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
