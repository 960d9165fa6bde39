#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "policy/seen.h"
#include "tests/unit/policy.h"

#define ROUNDS   20000
#define CHILDREN 4
#define SEED     511

static struct rl_glance at(uint64_t now_us, uint64_t some_us)
{
    return (struct rl_glance){
        .now_us = now_us, .pressure = true, .some_us = some_us, .full_us = some_us / 2};
}

static struct rl_stir take(struct rl_seen *seen, uint32_t above_ms, struct rl_glance glance)
{
    struct rl_stir stir;

    rl_seen_take(seen, above_ms, &glance, &stir);
    return stir;
}

static void of_what_was_never_seen_nobody_knows_when(void **state)
{
    struct rl_seen seen = {0};
    struct rl_stir stir = take(&seen, 77, at(100 * SEC, 3 * SEC));
    struct rl_glance later = at(101 * SEC, 4 * SEC);
    struct rl_seen never = {0};
    struct rl_sample before;

    assert_int_equal(stir.grown_us, 3 * SEC);
    assert_int_equal(stir.over_us, 0);
    assert_true(rl_stir_any(&stir));
    /* It may all have come within the time that is asked about. */
    assert_int_equal(rl_stir_share(&stir, 6 * SEC), 5000);
    assert_int_equal(rl_stir_share(&stir, 2 * SEC), RL_WHOLE);
    assert_false(rl_seen_sample(&never, 0, &later, &before));
    assert_true(rl_seen_sample(&seen, 0, &later, &before));
    assert_int_equal(before.at_us, 100 * SEC);
    assert_int_equal(before.some_us, 3 * SEC);
}

static void a_new_cgroup_has_not_stalled_before(void **state)
{
    struct rl_seen seen;
    struct rl_stir stir;
    struct rl_glance first = at(20 * SEC + 500 * MS, 250 * MS);
    struct rl_sample before;

    rl_seen_born(&seen, 20 * SEC);
    assert_true(rl_seen_sample(&seen, 0, &first, &before));
    assert_int_equal(before.at_us, 20 * SEC);
    assert_int_equal(before.some_us, 0);
    assert_int_equal(before.have, RL_HAVE_PRESSURE);
    stir = take(&seen, 0, first);
    assert_int_equal(stir.grown_us, 250 * MS);
    assert_int_equal(stir.over_us, 501 * MS);
    assert_int_equal(rl_stir_share(&stir, 10 * SEC), 250);
}

static void growth_counts_from_the_glance_before(void **state)
{
    static const uint64_t totals[] = {
        0, 1, UINT32_MAX - 5ull, (uint64_t)UINT32_MAX + 7, 5ull * UINT32_MAX + 3, UINT64_MAX / 2};

    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        struct rl_seen seen = {0};
        struct rl_stir stir;
        struct rl_glance now = at(52 * SEC, totals[i] + 700 * MS);
        struct rl_sample before;

        now.full_us = totals[i] / 2 + 30 * MS;
        (void)take(&seen, 0, at(50 * SEC, totals[i]));
        assert_true(rl_seen_sample(&seen, 0, &now, &before));
        assert_int_equal(before.some_us, totals[i]);
        assert_int_equal(before.full_us, totals[i] / 2);
        stir = take(&seen, 0, now);
        assert_int_equal(stir.grown_us, 700 * MS);
        assert_int_equal(stir.over_us, 2001 * MS);
        stir = take(&seen, 0, at(53 * SEC, totals[i] + 700 * MS));
        assert_int_equal(stir.grown_us, 0);
        assert_false(rl_stir_any(&stir));
    }
}

static void an_unmoved_parent_vouches_for_its_children(void **state)
{
    struct rl_seen parent = {0}, child = {0};
    struct rl_glance now = at(61 * SEC, 10 * SEC + 100 * MS);
    struct rl_sample before;
    struct rl_stir stir;
    uint32_t above;

    (void)take(&parent, 0, at(50 * SEC, 20 * SEC));
    (void)take(&child, rl_seen_above(&parent), at(50 * SEC, 10 * SEC));
    rl_seen_below(&parent);
    /* Nothing moves: nobody goes below. */
    (void)take(&parent, 0, at(60 * SEC, 20 * SEC));
    (void)take(&parent, 0, at(60 * SEC + 500 * MS, 20 * SEC));
    above = rl_seen_above(&parent);
    stir = take(&parent, 0, at(61 * SEC, 20 * SEC + 100 * MS));
    assert_int_equal(stir.grown_us, 100 * MS);
    assert_true(rl_seen_sample(&child, above, &now, &before));
    assert_int_equal(before.at_us, 60 * SEC + 500 * MS);
    stir = take(&child, above, now);
    assert_int_equal(stir.over_us, 501 * MS);
}

static void a_parent_that_moved_vouches_for_nobody(void **state)
{
    struct rl_seen parent = {0}, child = {0};
    struct rl_stir stir;
    uint32_t above;

    (void)take(&parent, 0, at(50 * SEC, 20 * SEC));
    (void)take(&child, rl_seen_above(&parent), at(50 * SEC, 10 * SEC));
    rl_seen_below(&parent);
    /* It moved and was not worth going below; then it stands still. */
    (void)take(&parent, 0, at(55 * SEC, 20 * SEC + 1));
    (void)take(&parent, 0, at(60 * SEC, 20 * SEC + 1));
    above = rl_seen_above(&parent);
    (void)take(&parent, 0, at(61 * SEC, 21 * SEC));
    stir = take(&child, above, at(61 * SEC, 10 * SEC + 1));
    assert_int_equal(stir.over_us, 11001 * MS);
}

static void events_count_only_where_they_were_read(void **state)
{
    struct rl_seen seen = {0};
    struct rl_glance glance = at(5 * SEC, 0);
    struct rl_stir stir;

    glance.events = true;
    glance.events_sum = (uint64_t)UINT32_MAX + 2;
    assert_true(take(&seen, 0, glance).events);
    assert_false(take(&seen, 0, glance).events);
    glance.events = false;
    glance.events_sum = 999;
    assert_false(take(&seen, 0, glance).events);
    glance.events = true;
    stir = take(&seen, 0, glance);
    assert_true(stir.events);
    assert_true(rl_stir_any(&stir));
}

static void events_alone_move_a_parent(void **state)
{
    struct rl_seen parent = {0};
    struct rl_glance glance = at(5 * SEC, SEC);

    (void)take(&parent, 0, glance);
    rl_seen_below(&parent);
    glance.now_us = 6 * SEC;
    glance.events = true;
    glance.events_sum = 1;
    (void)take(&parent, 0, glance);
    assert_int_equal(rl_seen_above(&parent), 0);
}

/* They are kept modulo 2^31. */
static void events_are_counted_from_the_glance_before(void **state)
{
    static const uint64_t sums[] = {0, 5, 0x7ffffffe, 0xfffffffe, 5ull * UINT32_MAX};

    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        struct rl_glance glance = at(50 * SEC, 0);
        struct rl_seen seen = {0};

        glance.events = true;
        glance.events_sum = sums[i];
        (void)take(&seen, 0, glance);
        assert_int_equal(rl_seen_events(&seen, &glance), 0);
        glance.events_sum += 3;
        assert_int_equal(rl_seen_events(&seen, &glance), 3);
    }
}

static void without_pressure_anything_may_have_happened(void **state)
{
    struct rl_seen seen = {0};
    struct rl_glance glance = {.now_us = 5 * SEC};
    struct rl_sample before;
    struct rl_stir stir;

    (void)take(&seen, 0, at(4 * SEC, SEC));
    assert_false(rl_seen_sample(&seen, 0, &glance, &before));
    stir = take(&seen, 0, glance);
    assert_true(stir.blind);
    assert_true(rl_stir_any(&stir));
    assert_int_equal(rl_stir_share(&stir, SEC), 0);
    /* It keeps what was seen. */
    assert_int_equal(take(&seen, 0, at(6 * SEC, SEC + 5)).grown_us, 5);
}

static void what_is_too_old_is_not_known(void **state)
{
    struct rl_seen seen = {0};
    struct rl_glance now = at(10 * SEC + (uint64_t)RL_SEEN_OLD_MS * MS, 2 * SEC);
    struct rl_sample before;

    (void)take(&seen, 0, at(10 * SEC, SEC));
    assert_true(rl_seen_sample(&seen, 0, &now, &before));
    now.now_us += MS;
    assert_false(rl_seen_sample(&seen, 0, &now, &before));
    assert_int_equal(take(&seen, 0, now).over_us, 0);
}

static void growth_over_a_long_time_counts_as_if_it_were_recent(void **state)
{
    const struct rl_stir slow = {.grown_us = 100 * MS, .over_us = 3600 * SEC};
    const struct rl_stir fast = {.grown_us = 100 * MS, .over_us = 200 * MS};

    assert_int_equal(rl_stir_share(&slow, SEC), 1000);
    assert_int_equal(rl_stir_share(&fast, SEC), 1000); /* so does a burst seen early */
    assert_int_equal(rl_stir_share(&fast, 0), RL_WHOLE);
}

/* A parent and its children, whose counters move at random; a walk reads the parent, and the
 * children only when it moved, and not even then each time. Every growth that is reported happened
 * within the time that is said, and none is lost or told twice. */
static void whatever_moves_is_told_once_and_in_time(void **state)
{
    uint64_t total[CHILDREN] = {0}, told[CHILDREN] = {0}, moved_us[CHILDREN] = {0}, sum = 0;
    uint64_t now = 3 * SEC;
    struct rl_seen parent, child[CHILDREN];

    print_message("seed %d\n", SEED);
    srandom(SEED);
    rl_seen_born(&parent, now);
    for (size_t i = 0; i < CHILDREN; i++)
        rl_seen_born(&child[i], now);
    for (int round = 0; round < ROUNDS; round++) {
        size_t who = (size_t)random() % CHILDREN;
        uint32_t above;

        now += (uint64_t)random() % (2 * SEC);
        if (random() % 3 == 0) {
            uint64_t grown = (uint64_t)random() % (100 * MS) + 1;

            if (moved_us[who] == 0)
                moved_us[who] = now; /* the oldest growth that was not told */
            total[who] += grown;
            sum += grown;
            now += (uint64_t)random() % (300 * MS);
        }
        above = rl_seen_above(&parent);
        if (!rl_stir_any(&(struct rl_stir){.grown_us = take(&parent, 0, at(now, sum)).grown_us}) ||
            random() % 4 == 0)
            continue;
        for (size_t i = 0; i < CHILDREN; i++) {
            struct rl_stir stir = take(&child[i], above, at(now, total[i]));

            told[i] += stir.grown_us;
            assert_true(told[i] == total[i]);
            if (stir.grown_us > 0)
                assert_true(stir.over_us >= now - moved_us[i]);
            moved_us[i] = 0;
        }
        rl_seen_below(&parent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_what_was_never_seen_nobody_knows_when),
        cmocka_unit_test(a_new_cgroup_has_not_stalled_before),
        cmocka_unit_test(growth_counts_from_the_glance_before),
        cmocka_unit_test(an_unmoved_parent_vouches_for_its_children),
        cmocka_unit_test(a_parent_that_moved_vouches_for_nobody),
        cmocka_unit_test(events_count_only_where_they_were_read),
        cmocka_unit_test(events_alone_move_a_parent),
        cmocka_unit_test(events_are_counted_from_the_glance_before),
        cmocka_unit_test(without_pressure_anything_may_have_happened),
        cmocka_unit_test(what_is_too_old_is_not_known),
        cmocka_unit_test(growth_over_a_long_time_counts_as_if_it_were_recent),
        cmocka_unit_test(whatever_moves_is_told_once_and_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
