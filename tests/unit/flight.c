/* The flight recorder: bounded, in order, a minute before and all of an incident. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "daemon/observe/flight.h"

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

static struct rl_flight *flight;

static int setup(void **state)
{
    flight = rl_flight_new();
    return flight ? 0 : -1;
}

static int teardown(void **state)
{
    flight = rl_flight_free(flight);
    return 0;
}

static void note(uint64_t id, uint64_t at_us)
{
    struct rl_flight_row row = {
        .at_us = at_us,
        .some_us = at_us / 10,
        .full_us = at_us / 20,
        .current = at_us & ~UINT64_C(4095),
        .used = RL_FLIGHT_NONE,
        .swap = 8192,
        .high = RL_FLIGHT_NONE,
        .max = UINT64_C(64) << 20,
        .refaults = at_us / MS,
    };

    rl_flight_add(flight, id, &row);
}

static uint64_t at(uint64_t id, size_t i)
{
    struct rl_flight_row row;

    assert_true(rl_flight_row(flight, id, i, &row));
    return row.at_us;
}

static uint64_t newest(uint64_t id)
{
    return at(id, rl_flight_rows(flight, id) - 1);
}

static void check_order(uint64_t id)
{
    size_t n = rl_flight_rows(flight, id);

    assert_true(n <= RL_FLIGHT_ROWS);
    for (size_t i = 1; i < n; i++)
        assert_true(at(id, i) > at(id, i - 1));
}

static uint64_t widest_gap(uint64_t id, uint64_t from_us, uint64_t until_us)
{
    uint64_t widest = 0;

    for (size_t i = 1; i < rl_flight_rows(flight, id); i++)
        if (at(id, i - 1) >= from_us && at(id, i) <= until_us && at(id, i) - at(id, i - 1) > widest)
            widest = at(id, i) - at(id, i - 1);
    return widest;
}

static void test_numbers(void **state)
{
    struct rl_flight_row in = {
        .at_us = 100 * S,
        .some_us = 123456780,
        .full_us = 23456780,
        .current = 40960000,
        .used = 4096,
        .swap = 0,
        .high = RL_FLIGHT_NONE,
        .max = UINT64_C(16) << 40,
        .refaults = 5000000000,
    };
    struct rl_flight_row out;

    rl_flight_add(flight, 5, &in);
    in.at_us += 1500 * MS;
    in.some_us += 1234560;
    in.full_us = RL_FLIGHT_NONE;
    in.refaults += 77;
    rl_flight_add(flight, 5, &in);
    assert_true(rl_flight_row(flight, 5, 1, &out));
    assert_int_equal(out.at_us, 101500 * MS);
    assert_int_equal(out.some_us, 124691340);
    assert_true(out.full_us == RL_FLIGHT_NONE);
    assert_int_equal(out.current, 40960000);
    assert_int_equal(out.used, 4096);
    assert_int_equal(out.swap, 0);
    assert_true(out.high == RL_FLIGHT_NONE);
    assert_true(out.max < RL_FLIGHT_NONE && out.max >= (UINT64_C(16) << 40) - 8192);
    assert_int_equal(out.refaults, 5000000077);
    assert_false(rl_flight_row(flight, 5, 2, &out));
    assert_false(rl_flight_row(flight, 6, 0, &out));
    assert_int_equal(rl_flight_rows(flight, 0), 0);
}

/* A counter that goes back is another one's: what was known before says nothing. */
static void test_begins_anew(void **state)
{
    struct rl_flight_row row = {.at_us = 100 * S, .some_us = 1000, .refaults = 10};

    rl_flight_add(flight, 5, &row);
    row.at_us += S;
    row.some_us = 500;
    rl_flight_add(flight, 5, &row);
    assert_int_equal(rl_flight_rows(flight, 5), 1);
    row.at_us += S;
    row.some_us = UINT64_C(500) + UINT64_C(10) * UINT32_MAX;
    rl_flight_add(flight, 5, &row);
    assert_int_equal(rl_flight_rows(flight, 5), 1);
    assert_true(rl_flight_row(flight, 5, 0, &row));
    assert_true(row.some_us == UINT64_C(500) + UINT64_C(10) * UINT32_MAX);
}

static void test_due(void **state)
{
    assert_true(rl_flight_due(flight, 5, 100 * S));
    note(5, 100 * S);
    assert_false(rl_flight_due(flight, 5, 100 * S + RL_FLIGHT_STEP_US - 1));
    assert_true(rl_flight_due(flight, 5, 100 * S + RL_FLIGHT_STEP_US));
    note(5, 100 * S); /* the same instant once more */
    note(5, 99 * S);
    assert_int_equal(rl_flight_rows(flight, 5), 1);
}

/* Nobody holds it: a minute, and no more. */
static void test_a_minute(void **state)
{
    for (uint64_t now = 100 * S; now < 400 * S; now += RL_FLIGHT_STEP_US) {
        note(5, now);
        check_order(5);
        assert_int_equal(newest(5), now);
        assert_true(at(5, 0) + RL_FLIGHT_BEFORE_US >= now);
    }
    assert_int_equal(rl_flight_rows(flight, 5), RL_FLIGHT_ROWS);
    assert_int_equal(newest(5) - at(5, 0), (RL_FLIGHT_ROWS - 1) * RL_FLIGHT_STEP_US);
    note(5, 500 * S); /* after a quiet time */
    assert_int_equal(rl_flight_rows(flight, 5), 1);
}

static void run_incident(uint64_t length_us, uint64_t step_us)
{
    const uint64_t start = 1000 * S;

    for (uint64_t now = start - RL_FLIGHT_BEFORE_US; now < start; now += RL_FLIGHT_STEP_US)
        note(5, now);
    assert_true(rl_flight_hold(flight, 5, start));
    for (uint64_t now = start; now <= start + length_us; now += step_us) {
        note(5, now);
        assert_int_equal(at(5, 0), start - RL_FLIGHT_BEFORE_US);
        assert_int_equal(newest(5), now);
        assert_true(rl_flight_rows(flight, 5) <= RL_FLIGHT_ROWS);
    }
    check_order(5);
}

static void test_incidents(void **state)
{
    static const struct {
        uint64_t length_us, step_us, before_us, after_us; /* the widest gaps that are right */
    } rows[] = {
        {2 * S, RL_FLIGHT_STEP_US, 500 * MS, 500 * MS},
        {60 * S, RL_FLIGHT_STEP_US, 500 * MS, 2 * S},
        {600 * S, RL_FLIGHT_STEP_US, S, 8 * S},
        {3600 * S, RL_FLIGHT_STEP_US, 4 * S, 30 * S},
        {3600 * S, 7 * S, 4 * S, 30 * S},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        teardown(state);
        assert_int_equal(setup(state), 0);
        run_incident(rows[i].length_us, rows[i].step_us);
        assert_true(widest_gap(5, 0, 1000 * S) <= rows[i].before_us);
        assert_true(widest_gap(5, 1000 * S, UINT64_MAX) <= rows[i].after_us);
        assert_int_equal(rl_flight_rows(flight, 5), RL_FLIGHT_ROWS); /* all the room is used */
        /* Over: it is a minute again. */
        rl_flight_release(flight, 5);
        note(5, 1000 * S + rows[i].length_us + S);
        assert_true(at(5, 0) + RL_FLIGHT_BEFORE_US >= newest(5));
    }
}

/* Two incidents share those above them. */
static void test_holders(void **state)
{
    note(5, 100 * S);
    assert_true(rl_flight_hold(flight, 5, 100 * S));
    assert_true(rl_flight_hold(flight, 5, 150 * S));
    rl_flight_release(flight, 5);
    note(5, 500 * S);
    assert_int_equal(at(5, 0), 100 * S);
    rl_flight_release(flight, 5);
    rl_flight_release(flight, 5); /* once too often */
    note(5, 501 * S);
    assert_int_equal(at(5, 0), 500 * S);
    assert_true(rl_flight_hold(flight, 9, 0)); /* before its first row */
    note(9, 600 * S);
    assert_int_equal(rl_flight_rows(flight, 9), 1);
    assert_false(rl_flight_hold(flight, 0, 0));
}

static void test_growth(void **state)
{
    size_t had = 0;

    for (uint64_t id = 1; id <= RL_FLIGHT_CHUNK / 2; id++)
        note(id, (100 + id) * S);
    assert_false(rl_flight_scarce(flight));
    assert_int_equal(rl_flight_grow(flight), 0);
    note(9, 110 * S);
    assert_true(rl_flight_scarce(flight));
    note(9, 101 * S + RL_FLIGHT_BEFORE_US + 1); /* what 1 has is too old to be wanted */
    assert_false(rl_flight_scarce(flight));
    assert_true(rl_flight_hold(flight, 1, 101 * S)); /* by now it is wanted */
    assert_true(rl_flight_scarce(flight));
    rl_flight_release(flight, 1);
    for (uint64_t id = 1; id <= RL_FLIGHT_CHUNK; id++)
        note(id, 200 * S);
    assert_true(rl_flight_scarce(flight));
    assert_int_equal(rl_flight_grow(flight), 0);
    assert_false(rl_flight_scarce(flight));
    for (uint64_t id = 1; id <= 2 * RL_FLIGHT_RINGS; id++) {
        note(id, 201 * S);
        assert_int_equal(rl_flight_grow(flight), 0);
    }
    assert_false(rl_flight_scarce(flight)); /* it cannot grow any more */
    for (uint64_t id = 1; id <= 2 * RL_FLIGHT_RINGS; id++)
        had += rl_flight_rows(flight, id) > 0;
    assert_int_equal(had, RL_FLIGHT_RINGS);
}

static void test_pool(void **state)
{
    for (uint64_t id = 1; id <= RL_FLIGHT_RINGS; id++) {
        note(id, 10 * S);
        assert_int_equal(rl_flight_grow(flight), 0);
    }
    for (uint64_t id = 1; id <= RL_FLIGHT_RINGS; id++)
        note(id, (100 + id) * S);
    assert_true(rl_flight_hold(flight, 1, 100 * S));
    note(100, 200 * S); /* takes that of 2, the oldest one that nobody holds */
    assert_int_equal(rl_flight_rows(flight, 1), 1);
    assert_int_equal(rl_flight_rows(flight, 2), 0);
    assert_int_equal(rl_flight_rows(flight, 3), 1);
    assert_int_equal(rl_flight_rows(flight, 100), 1);
    for (uint64_t id = 3; id <= RL_FLIGHT_RINGS; id++)
        assert_true(rl_flight_hold(flight, id, 100 * S));
    assert_true(rl_flight_hold(flight, 100, 100 * S));
    note(101, 201 * S);
    assert_int_equal(rl_flight_rows(flight, 101), 0);
    assert_false(rl_flight_hold(flight, 101, 100 * S));
    rl_flight_release(flight, 7);
    note(101, 202 * S);
    assert_int_equal(rl_flight_rows(flight, 7), 0);
    assert_int_equal(rl_flight_rows(flight, 101), 1);
}

/* Whatever comes: bounded, in order, the newest there. */
static void test_anything(void **state)
{
    uint64_t now[4] = {0}, held[4] = {0};

    srandom(7);
    for (int i = 0; i < 60000; i++) {
        uint64_t id = (uint64_t)random() % 4;

        if (random() % 50 == 0 && held[id] == 0)
            held[id] = rl_flight_hold(flight, id + 1, now[id]);
        else if (random() % 400 == 0 && held[id] > 0) {
            rl_flight_release(flight, id + 1);
            held[id] = 0;
        }
        now[id] += (uint64_t)random() % (random() % 100 == 0 ? 90 * S : S) + MS;
        note(id + 1, now[id]);
        assert_true(newest(id + 1) <= now[id] && newest(id + 1) + MS > now[id]);
        if (i % 100 == 0)
            check_order(id + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_due, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_minute, setup, teardown),
        cmocka_unit_test_setup_teardown(test_incidents, setup, teardown),
        cmocka_unit_test_setup_teardown(test_holders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_growth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(test_anything, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
