#include "tests/unit/unit.h"

#include <stdlib.h>

#include "tests/unit/policy.h"

static struct rl_history history;

static void begin(void)
{
    rl_history_clear(&history);
}

static void full(uint64_t at_us, uint64_t full_us)
{
    add_stall(&history, at_us, full_us, full_us);
}

static uint64_t window(uint64_t now_us, uint64_t window_us)
{
    return rl_history_window(&history, RL_COUNT_FULL, now_us, window_us);
}

static void interpolates(void **state)
{
    static const struct {
        uint64_t from, to, gap, growth;
    } rows[] = {
        {10 * SEC, 12 * SEC, 0, 1 * SEC},
        {10 * SEC, 11 * SEC, 0, 100 * MS}, /* the whole first pair */
        {10 * SEC, 10 * SEC + 500 * MS, 0, 50 * MS},
        {10 * SEC + 500 * MS, 11 * SEC + 500 * MS, 0, 500 * MS},
        {11 * SEC, 12 * SEC, 0, 900 * MS},
        {11 * SEC + 999999, 12 * SEC, 0, 0}, /* 0.9 us: truncated */
        {0, 100 * SEC, 0, 1 * SEC},          /* nothing is assumed outside */
        {12 * SEC, 100 * SEC, 0, 0},
        {0, 10 * SEC, 0, 0},
        {11 * SEC, 11 * SEC, 0, 0},
        {12 * SEC, 10 * SEC, 0, 0}, /* upside down */
        {10 * SEC, 12 * SEC, SEC, 1 * SEC},
        /* Every pair is further apart: what lies within as a whole counts all the same, */
        {10 * SEC, 12 * SEC, SEC - 1, 1 * SEC},
        /* of the rest what must: 900 ms of 1 s leave 400 ms for half of it, 100 ms nothing. */
        {11 * SEC + 500 * MS, 12 * SEC, SEC - 1, 400 * MS},
        {11 * SEC, 11 * SEC + 500 * MS, SEC - 1, 400 * MS},
        {11 * SEC + 950 * MS, 12 * SEC, SEC - 1, 0},
        {10 * SEC, 10 * SEC + 500 * MS, SEC - 1, 0},
    };

    begin();
    full(10 * SEC, 5 * SEC);
    full(11 * SEC, 5 * SEC + 100 * MS);
    full(12 * SEC, 6 * SEC);
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_int_equal(
            rl_history_growth(&history, RL_COUNT_FULL, rows[i].from, rows[i].to, rows[i].gap),
            rows[i].growth);
}

static void of_a_gap_over_half_a_window_only_the_certain_counts(void **state)
{
    begin();
    full(10 * SEC, 0);
    full(15 * SEC, 3 * SEC); /* 5 s apart: half of 10 s */
    full(16 * SEC, 4 * SEC);
    assert_int_equal(window(16 * SEC, 10 * SEC), 4 * SEC);
    assert_int_equal(window(16 * SEC, 6 * SEC), 4 * SEC);
    /* Up to 2 s of it may lie before. */
    assert_int_equal(window(16 * SEC, 4 * SEC), 2 * SEC);
    assert_int_equal(window(16 * SEC, 2 * SEC), 1 * SEC);
    assert_int_equal(window(16 * SEC, 20 * SEC), 4 * SEC);
}

static void a_window_at_the_beginning_of_time_is_not_negative(void **state)
{
    begin();
    full(1, 0);
    full(1 * SEC, 500 * MS);
    assert_int_equal(window(1 * SEC, 10 * SEC), 500 * MS);
}

static void older_and_equal_instants_are_ignored(void **state)
{
    begin();
    assert_null(rl_history_last(&history));
    full(10 * SEC, 100);
    full(10 * SEC, 900);
    full(9 * SEC, 900);
    assert_int_equal(history.n, 1);
    assert_int_equal(rl_history_last(&history)->count[RL_COUNT_FULL], 100);
}

static void a_counter_that_goes_back_clears(void **state)
{
    begin();
    full(10 * SEC, 5 * SEC);
    full(11 * SEC, 6 * SEC);
    history.restart_us = 11 * SEC;
    full(12 * SEC, 1 * SEC);
    assert_int_equal(history.n, 1);
    assert_int_equal(history.restart_us, 0);
    assert_int_equal(window(12 * SEC, 10 * SEC), 0);
    full(13 * SEC, 1 * SEC + 1);
    assert_int_equal(window(13 * SEC, 10 * SEC), 1);
}

/* A file that could not be read, or was not asked for, leaves zeros behind its missing bit. That
 * it is readable again is no growth. */
static void what_was_not_read_is_no_growth(void **state)
{
    struct rl_sample sample = {.have = ALL & ~RL_HAVE_PRESSURE, .events = {.oom = 7}};

    begin();
    sample.at_us = 10 * SEC;
    rl_history_add(&history, &sample, NULL);
    sample.at_us = 11 * SEC;
    sample.have = ALL;
    sample.full_us = 5000 * SEC;
    rl_history_add(&history, &sample, NULL);
    assert_int_equal(window(11 * SEC, 10 * SEC), 0);

    sample.at_us = 12 * SEC;
    sample.full_us += 300 * MS;
    rl_history_add(&history, &sample, NULL);
    sample.at_us = 13 * SEC;
    sample.have = ALL & ~(RL_HAVE_PRESSURE | RL_HAVE_STAT);
    sample.full_us = 0;
    rl_history_add(&history, &sample, NULL);
    assert_int_equal(history.n, 4); /* not taken for a new cgroup */
    sample.at_us = 14 * SEC;
    sample.have = ALL;
    sample.full_us = 5001 * SEC;
    rl_history_add(&history, &sample, NULL);
    assert_int_equal(window(14 * SEC, 10 * SEC), 300 * MS);
}

static void local_events_and_their_substitute_do_not_mix(void **state)
{
    struct rl_sample sample = {
        .events = {.high = 90, .max = 9, .oom = 1}, .events_local = {.max = 5}};

    begin();
    for (uint64_t i = 1; i <= 4; i++) {
        sample.at_us = i * SEC;
        sample.have = i == 2 || i == 3 ? ALL & ~RL_HAVE_EVENTS_LOCAL : ALL;
        sample.events.max += i == 3 ? 3 : 0;
        rl_history_add(&history, &sample, NULL);
    }
    assert_int_equal(history.n, 4);
    assert_int_equal(rl_history_growth(&history, RL_COUNT_LOCAL, 0, 4 * SEC, 0), 3);
}

static void counts_come_from_their_files(void **state)
{
    static const uint64_t want[RL_COUNTERS] = {
        [RL_COUNT_SOME] = 1,
        [RL_COUNT_FULL] = 2,
        [RL_COUNT_HIGH] = 3,
        [RL_COUNT_MAX] = 4,
        [RL_COUNT_OOM] = 5,
        [RL_COUNT_OOM_KILL] = 6,
        [RL_COUNT_LOCAL] = 10 + 20 + 30,
        [RL_COUNT_REFAULTS] = 100 + 200,
        [RL_COUNT_THROTTLED] = 7,
        [RL_COUNT_ALLOCSTALL] = 8,
        [RL_COUNT_KSWAPD_TAKEN] = 9,
        [RL_COUNT_NODE_REFAULTS] = 11,
    };
    const struct rl_sample sample = {
        .at_us = 1,
        .have = ALL,
        .some_us = 1,
        .full_us = 2,
        .events = {3, 4, 5, 6},
        .events_local = {10, 20, 30, 40},
        .refault_anon = 100,
        .restore_file = 200,
        .throttled_us = 7,
        .current = 1000,
        .file = 300,
        .shmem = 100,
        .slab_reclaimable = 50,
    };
    struct rl_node node = a_node();

    node.allocstall = 8;
    node.kswapd_taken = 9;
    node.refaults = 11;
    begin();
    rl_history_add(&history, &sample, &node);
    for (int i = 0; i < RL_COUNTERS; i++)
        assert_int_equal(history.points[0].count[i], want[i]);
    assert_int_equal(history.points[0].used, 750);
}

static void used_is_never_negative(void **state)
{
    static const struct {
        uint64_t current, file, shmem, slab, used;
    } rows[] = {
        {1000, 300, 100, 50, 750},
        {1000, 100, 300, 50, 950}, /* shmem leads: no cache */
        {100, 300, 0, 0, 0},
        {100, 50, 0, 60, 0},
        {100, UINT64_MAX, 0, UINT64_MAX, 0},
        {UINT64_MAX, 0, UINT64_MAX, 1, UINT64_MAX - 1},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_sample s = {.current = rows[i].current,
            .file = rows[i].file,
            .shmem = rows[i].shmem,
            .slab_reclaimable = rows[i].slab};

        assert_int_equal(rl_sample_used(&s), rows[i].used);
    }
}

static void add_kill(uint64_t at_us, uint64_t full_us, uint64_t kills)
{
    struct rl_sample sample = {
        .at_us = at_us, .have = ALL, .full_us = full_us, .events = {.oom_kill = kills}};

    rl_history_add(&history, &sample, NULL);
}

static void the_kernels_kill_restarts_stall_but_not_the_count_of_kills(void **state)
{
    begin();
    add_kill(10 * SEC, 0, 3);
    assert_int_equal(history.kernel_kill_us, 0); /* it happened before we came */
    add_kill(11 * SEC, 1 * SEC, 3);
    add_kill(12 * SEC, 2 * SEC, 4);
    add_kill(13 * SEC, 2 * SEC + 1, 4);
    add_kill(14 * SEC, 2 * SEC + 2, 6);
    add_kill(15 * SEC, 2 * SEC + 7, 6);
    assert_int_equal(window(15 * SEC, 10 * SEC), 5);
    assert_int_equal(rl_history_events(&history, RL_COUNT_OOM_KILL, 0, 15 * SEC), 3);
    assert_int_equal(rl_history_restart(&history, RL_COUNT_OOM_KILL), 0);
    history.restart_us = 14 * SEC + 500 * MS; /* ours restarts both */
    assert_int_equal(rl_history_restart(&history, RL_COUNT_OOM_KILL), 14 * SEC + 500 * MS);
    assert_int_equal(window(15 * SEC, 10 * SEC), 2);
}

static void events_happen_when_they_are_seen(void **state)
{
    begin();
    add_kill(10 * SEC, 0, 0);
    add_kill(3610 * SEC, 0, 1); /* after an idle hour */
    add_kill(3611 * SEC, 0, 3);
    assert_int_equal(rl_history_events(&history, RL_COUNT_OOM_KILL, 3601 * SEC, 3611 * SEC), 3);
    assert_int_equal(rl_history_events(&history, RL_COUNT_OOM_KILL, 3610 * SEC, 3611 * SEC), 2);
    assert_int_equal(rl_history_events(&history, RL_COUNT_OOM_KILL, 0, 3610 * SEC), 1);
    assert_int_equal(rl_history_events(&history, RL_COUNT_OOM_KILL, 3611 * SEC, 9999 * SEC), 0);
}

static void of_others_than_stall_a_gap_tells_nothing(void **state)
{
    begin();
    add_kill(10 * SEC, 0, 0);
    add_kill(16 * SEC, 0, 5);
    assert_int_equal(rl_history_window(&history, RL_COUNT_OOM_KILL, 16 * SEC, 10 * SEC), 0);
    assert_int_equal(rl_history_window(&history, RL_COUNT_OOM_KILL, 16 * SEC, 12 * SEC), 5);
}

static void giant_counters_do_not_overflow(void **state)
{
    begin();
    full(1, 0);
    full(UINT64_MAX / 2, 3);
    full(UINT64_MAX - 1, UINT64_MAX);
    assert_int_equal(rl_history_growth(&history, RL_COUNT_FULL, 0, UINT64_MAX, 0), UINT64_MAX);
    /* A gap for that window: no more than there is time. */
    assert_int_equal(window(UINT64_MAX - 1, UINT64_MAX / 2), UINT64_MAX / 2);
}

/* --- few points serve short and long windows at once, against every millisecond --- */

#define TRACE_MS 1500000 /* 25 minutes */

static uint64_t *trace; /* stall up to each millisecond, in microseconds */

/* Bursts and pauses of all lengths, some of them partial. */
static void make_trace(struct dice *dice)
{
    uint64_t sum = 0, rate = 0, left = 0;

    for (size_t i = 0; i < TRACE_MS; i++) {
        if (left-- == 0) {
            static const uint64_t lengths[] = {3, 30, 300, 3000, 30000};
            static const uint64_t rates[] = {0, 0, 1000, 1000, 300};

            left = roll(dice, lengths[roll(dice, LENGTH(lengths))]);
            rate = rates[roll(dice, LENGTH(rates))];
        }
        trace[i] = sum;
        sum += rate;
    }
}

/* How often somebody looks: steadily, as fast as the floor, or at random. */
static uint64_t next_look_ms(struct dice *dice, int pattern)
{
    switch (pattern) {
    case 0:
        return 125;
    case 1:
        return 25;
    case 2:
        return 25 + roll(dice, 100);
    default: /* now and then a burst of looks between lazy ones */
        return roll(dice, 50) ? 120 : 1 + roll(dice, 5);
    }
}

/* The most by which a share may be wrong, in hundredths of a percent. Only the pair of points
 * across the window's far edge is guessed at; it is at most a quarter of the window long (looks are
 * no rarer, and thinning must not make it longer), and a counter that grows at most one second per
 * second is off by at most a quarter of the pair. */
#define SHARE_BOUND (RL_WHOLE / 16)

static uint64_t share_error(uint64_t now_ms, uint64_t window_ms)
{
    uint64_t true_us = trace[now_ms] - trace[now_ms > window_ms ? now_ms - window_ms : 0];
    uint64_t got = window(now_ms * MS + SEC, window_ms * MS);
    uint64_t error = got > true_us ? got - true_us : true_us - got;

    return error * RL_WHOLE / (window_ms * MS);
}

static void thinned_points_serve_short_and_long_windows(void **state)
{
    static const uint64_t windows_ms[] = {500, 1000, 5000, 10000, 60000, 300000, 600000};
    struct dice dice = {7};
    uint64_t worst = 0;

    trace = malloc(TRACE_MS * sizeof(*trace));
    assert_non_null(trace);
    for (int round = 0; round < 8; round++) {
        make_trace(&dice);
        begin();
        for (uint64_t ms = 0; ms < TRACE_MS; ms += next_look_ms(&dice, round % 4)) {
            full(ms * MS + SEC, trace[ms]);
            assert_true(history.n <= RL_HISTORY_MAX);
            if (roll(&dice, 20))
                continue;
            for (size_t w = 0; w < LENGTH(windows_ms); w++) {
                uint64_t error = share_error(ms, windows_ms[w]);

                worst = error > worst ? error : worst;
                if (error > SHARE_BOUND)
                    fail_msg("at %lu ms, window %lu ms: off by %lu", (unsigned long)ms,
                        (unsigned long)windows_ms[w], (unsigned long)error);
            }
        }
    }
    assert_true(worst > 0); /* else nothing was thinned and nothing tested */
    free(trace);
}

static void points_stay_in_order_and_keep_the_newest(void **state)
{
    struct dice dice = {3};
    uint64_t at = 1, stall = 0;

    begin();
    for (int i = 0; i < 20000; i++) {
        at += 1 + roll(&dice, i % 100 ? 100 * MS : 100 * SEC);
        stall += roll(&dice, 1000);
        full(at, stall);
        assert_int_equal(rl_history_last(&history)->at_us, at);
        for (size_t p = 1; p < history.n; p++) {
            assert_true(history.points[p].at_us > history.points[p - 1].at_us);
            assert_true(history.points[p].count[RL_COUNT_FULL] >=
                        history.points[p - 1].count[RL_COUNT_FULL]);
        }
    }
    assert_int_equal(history.n, RL_HISTORY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interpolates),
        cmocka_unit_test(of_a_gap_over_half_a_window_only_the_certain_counts),
        cmocka_unit_test(of_others_than_stall_a_gap_tells_nothing),
        cmocka_unit_test(a_window_at_the_beginning_of_time_is_not_negative),
        cmocka_unit_test(older_and_equal_instants_are_ignored),
        cmocka_unit_test(a_counter_that_goes_back_clears),
        cmocka_unit_test(what_was_not_read_is_no_growth),
        cmocka_unit_test(local_events_and_their_substitute_do_not_mix),
        cmocka_unit_test(counts_come_from_their_files),
        cmocka_unit_test(used_is_never_negative),
        cmocka_unit_test(the_kernels_kill_restarts_stall_but_not_the_count_of_kills),
        cmocka_unit_test(events_happen_when_they_are_seen),
        cmocka_unit_test(giant_counters_do_not_overflow),
        cmocka_unit_test(thinned_points_serve_short_and_long_windows),
        cmocka_unit_test(points_stay_in_order_and_keep_the_newest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
