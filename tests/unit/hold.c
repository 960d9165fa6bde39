#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/relieve/hold.h"

#define S   UINT64_C(1000000)
#define MAX RL_HOLD_MAX

static const struct rl_hold_want none = {0};
static const struct rl_hold_want high = {.any = true, .at_most = true, .value = 4096};
static const struct rl_hold_want one = {.any = true, .value = 1};

/* A file with its hold, and a clock. */
struct world {
    struct rl_hold hold;
    int64_t file;
    uint64_t now_us, at_us;
};

static enum rl_hold_do look(struct world *w, const struct rl_hold_want *want)
{
    return rl_hold_next(&w->hold, want, w->file, w->now_us, &w->at_us);
}

/* Look, and write when told to. */
static enum rl_hold_do step(struct world *w, const struct rl_hold_want *want)
{
    enum rl_hold_do what = look(w, want);

    if (what == RL_HOLD_WRITE) {
        assert_true(w->hold.next != w->file); /* what is equal is never written */
        rl_hold_begin(&w->hold, w->now_us);
        w->file = w->hold.next;
        rl_hold_end(&w->hold, 0);
    }
    return what;
}

static void test_write_and_restore(void **state)
{
    struct world w = {.file = MAX, .now_us = S};

    assert_false(rl_hold_stands(&w.hold));
    assert_int_equal(step(&w, &none), RL_HOLD_REST);
    assert_int_equal(step(&w, &high), RL_HOLD_WRITE);
    assert_int_equal(w.file, 4096);
    assert_true(rl_hold_stands(&w.hold));
    assert_true(w.hold.old == MAX);
    assert_int_equal(step(&w, &high), RL_HOLD_REST);
    assert_int_equal(step(&w, &none), RL_HOLD_WRITE);
    assert_true(w.file == MAX);
    assert_false(rl_hold_stands(&w.hold));
    assert_int_equal(step(&w, &none), RL_HOLD_REST);
}

static void test_nothing_to_write(void **state)
{
    static const struct {
        int64_t file;
        struct rl_hold_want want;
    } rows[] = {
        {4096, {.any = true, .at_most = true, .value = 4096}},
        {4095, {.any = true, .at_most = true, .value = 4096}}, /* stricter already */
        {0, {.any = true, .at_most = true, .value = 4096}},
        {1, {.any = true, .value = 1}},
        {-1000, {.any = true, .value = -1000}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w = {.file = rows[i].file};

        assert_int_equal(step(&w, &rows[i].want), RL_HOLD_REST);
        assert_false(rl_hold_stands(&w.hold));
        /* What was not ours is never restored. */
        w.file = 77;
        assert_int_equal(step(&w, &none), RL_HOLD_REST);
    }
}

static void test_order_changes(void **state)
{
    struct rl_hold_want lower = {.any = true, .at_most = true, .value = 1024};
    struct rl_hold_want above = {.any = true, .at_most = true, .value = 9000};
    struct world w = {.file = 8192, .now_us = S};

    assert_int_equal(step(&w, &high), RL_HOLD_WRITE);
    assert_int_equal(step(&w, &lower), RL_HOLD_WRITE); /* at once: nobody contests it */
    assert_int_equal(w.file, 1024);
    assert_int_equal(w.hold.old, 8192);
    assert_int_equal(step(&w, &above), RL_HOLD_WRITE); /* the old one is stricter: it is back */
    assert_int_equal(w.file, 8192);
    assert_false(rl_hold_stands(&w.hold));
}

/* Three times, a minute apart each, then never. */
static void test_contest(void **state)
{
    struct world w = {.file = 0, .now_us = S};

    assert_int_equal(step(&w, &one), RL_HOLD_WRITE);
    for (int i = 0; i < RL_HOLD_STRIKES; i++) {
        uint64_t written_us = w.now_us;

        w.now_us += S;
        w.file = 10 + i;
        assert_int_equal(step(&w, &one), RL_HOLD_LATER);
        assert_int_equal(w.at_us, written_us + RL_HOLD_PEACE_US);
        assert_int_equal(w.hold.old, 10 + i);
        assert_false(rl_hold_stands(&w.hold)); /* the value is not ours */
        w.now_us = w.at_us - 1;
        assert_int_equal(step(&w, &one), RL_HOLD_LATER);
        w.now_us = w.at_us;
        assert_int_equal(step(&w, &one), RL_HOLD_WRITE);
        assert_int_equal(w.file, 1);
    }
    w.now_us += 1000 * S;
    w.file = 5;
    assert_int_equal(step(&w, &one), RL_HOLD_GIVE_UP);
    assert_int_equal(step(&w, &one), RL_HOLD_REST);
    w.now_us += 1000 * S;
    assert_int_equal(step(&w, &one), RL_HOLD_REST);
    assert_int_equal(step(&w, &none), RL_HOLD_REST);
    assert_int_equal(w.file, 5);
    /* Another order is another matter. */
    assert_int_equal(step(&w, &one), RL_HOLD_WRITE);
    assert_int_equal(step(&w, &none), RL_HOLD_WRITE);
    assert_int_equal(w.file, 5);
}

/* Long after our write the first foreign one is answered at once. */
static void test_peace(void **state)
{
    struct world w = {.file = 0, .now_us = S};

    assert_int_equal(step(&w, &one), RL_HOLD_WRITE);
    w.now_us += RL_HOLD_PEACE_US;
    w.file = 7;
    assert_int_equal(step(&w, &one), RL_HOLD_WRITE);
    assert_int_equal(step(&w, &none), RL_HOLD_WRITE);
    assert_int_equal(w.file, 7);
}

static void test_while_writing(void **state)
{
    struct world w = {.file = 0, .now_us = S};

    assert_int_equal(look(&w, &one), RL_HOLD_WRITE);
    rl_hold_begin(&w.hold, w.now_us);
    assert_true(rl_hold_stands(&w.hold));
    assert_int_equal(look(&w, &one), RL_HOLD_REST);
    assert_int_equal(look(&w, &none), RL_HOLD_REST); /* first it has to arrive */
    w.file = 1;
    rl_hold_end(&w.hold, 0);
    assert_int_equal(step(&w, &none), RL_HOLD_WRITE);
    assert_int_equal(w.file, 0);
}

/* A write that failed may have reached the file all the same. */
static void test_failed_write(void **state)
{
    for (int arrived = 0; arrived < 2; arrived++) {
        struct world w = {.file = 0, .now_us = S};

        assert_int_equal(look(&w, &one), RL_HOLD_WRITE);
        rl_hold_begin(&w.hold, w.now_us);
        w.file = arrived;
        rl_hold_end(&w.hold, -EIO);
        assert_true(rl_hold_stands(&w.hold));
        assert_int_equal(step(&w, &one), RL_HOLD_REST); /* not again and again */
        assert_int_equal(rl_hold_stands(&w.hold), arrived);
        assert_int_equal(step(&w, &none), arrived ? RL_HOLD_WRITE : RL_HOLD_REST);
        assert_int_equal(w.file, 0);
    }
}

static void test_inherit(void **state)
{
    struct world parent = {.file = 0, .now_us = S}, child = {.now_us = S};

    assert_int_equal(step(&parent, &one), RL_HOLD_WRITE);
    child.file = parent.file;
    rl_hold_inherit(&child.hold, &parent.hold);
    assert_true(rl_hold_stands(&child.hold));
    assert_int_equal(step(&child, &one), RL_HOLD_REST);
    assert_int_equal(step(&child, &none), RL_HOLD_WRITE);
    assert_int_equal(child.file, 0);
}

/* Whatever happens: when the order goes the file holds what it would hold without us; nobody is
 * answered more often than three times for one order, nor twice within a minute. */
static void test_property(void **state)
{
    srand(1);
    for (int run = 0; run < 3000; run++) {
        struct world w = {.file = rand() % 4, .now_us = S};
        struct rl_hold_want want = {0};
        int64_t base = w.file; /* the value without us */
        uint64_t answered_us = 0;
        int answers = 0;
        bool foreign = false;

        for (int i = 0; i < 60; i++) {
            switch (rand() % 4) {
            case 0: /* ours is 100 and more, theirs is not */
                if (rand() % 3 == 0) {
                    base = w.file = rand() % 200 < 100 ? rand() % 4 : 1000 + rand() % 4;
                    foreign = true;
                }
                break;
            case 1:
                if (rand() % 6 == 0) {
                    want = (struct rl_hold_want){
                        .any = rand() % 4 != 0, .at_most = rand() % 2, .value = 100 + rand() % 3};
                    answers = 0;
                    answered_us = 0;
                    foreign = false;
                    /* The change itself is seen before anything else happens. */
                    step(&w, &want);
                }
                break;
            default:
                w.now_us += (uint64_t)(rand() % 50) * S;
                if (step(&w, &want) == RL_HOLD_WRITE && foreign && want.any) {
                    answers++;
                    assert_true(answered_us == 0 || w.now_us - answered_us >= RL_HOLD_PEACE_US);
                    answered_us = w.now_us;
                    foreign = false;
                }
                assert_true(answers <= RL_HOLD_STRIKES + 1); /* the first write may come late */
                if (rl_hold_stands(&w.hold))
                    assert_int_equal(w.hold.old, base);
            }
        }
        step(&w, &none);
        assert_int_equal(w.file, base);
        assert_false(rl_hold_stands(&w.hold));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_restore),
        cmocka_unit_test(test_nothing_to_write),
        cmocka_unit_test(test_order_changes),
        cmocka_unit_test(test_contest),
        cmocka_unit_test(test_peace),
        cmocka_unit_test(test_while_writing),
        cmocka_unit_test(test_failed_write),
        cmocka_unit_test(test_inherit),
        cmocka_unit_test(test_property),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
