#include "tests/unit/unit.h"

#include "policy/incident.h"
#include "tests/unit/policy.h"

/* Ladders. */
static const struct rl_relief gentle = {
    .n = 2,
    .steps = {{.kind = RL_STEP_TERMINATE, .wait_us = 3 * SEC}, {.kind = RL_STEP_KILL}},
};
static const struct rl_relief only_kill = {.n = 1, .steps = {{.kind = RL_STEP_KILL}}};
static const struct rl_relief patient_kill = {
    .n = 1, .steps = {{.kind = RL_STEP_KILL, .wait_us = 25 * SEC}}};
static const struct rl_relief no_kill = {
    .n = 2,
    .steps = {{.kind = RL_STEP_TERMINATE, .wait_us = 1 * SEC},
        {.kind = RL_STEP_TERMINATE, .wait_us = 2 * SEC}},
};
static const struct rl_relief at_once = {
    .n = 2, .steps = {{.kind = RL_STEP_TERMINATE}, {.kind = RL_STEP_KILL}}};

/* News, in seconds after the opening, and the order that answers them. */
#define NEWS_MAX 8

enum fact {
    CALM = 0, /* the trigger does not hold */
    HOLDS = 1 << 0,
    DEAD = 1 << 1, /* the victim */
    REMOVED = 1 << 2,
    FAILED = 1 << 3,
};

struct turn {
    uint64_t at;
    unsigned facts;
    enum rl_do want;
    uint64_t arg; /* STEP: which rung; WAIT: until when, in seconds */
};

#define STEP(rung)  RL_DO_STEP, rung
#define WAIT(until) RL_DO_WAIT, until
#define END         RL_DO_END, 0

struct course {
    const char *what;
    const struct rl_relief *relief;
    uint8_t from;
    bool dry;
    struct turn turns[NEWS_MAX]; /* up to the first END */
    enum rl_reason outcome;
    bool acted, gone;
};

static const struct course courses[] = {
    {"terminate, dies, relieved", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, HOLDS | DEAD, WAIT(2)}, {2, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"terminate, dies, the pressure goes on", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, HOLDS | DEAD, WAIT(2)},
            {2, HOLDS | DEAD, END}},
        RL_OUTCOME_NOT_RELIEVED, true, true},
    {"early calls change nothing", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, CALM, WAIT(3)}, {2, HOLDS, WAIT(3)},
            {2, DEAD, WAIT(3)}, {2, HOLDS | DEAD, WAIT(3)}, {3, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"terminate ignored, killed, relieved", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, HOLDS, STEP(1)}, {3, HOLDS, WAIT(13)},
            {4, DEAD, WAIT(5)}, {5, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"terminate ignored, but the pressure is over", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, CALM, END}}, RL_OUTCOME_EASED, true, false},
    {"kill without effect", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, HOLDS, STEP(1)}, {4, HOLDS, WAIT(14)},
            {13, HOLDS, WAIT(14)}, {14, HOLDS, END}},
        RL_OUTCOME_STUCK, true, false},
    {"killed, calm, and still not dead: stuck, not eased", &only_kill, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(10)}, {10, CALM, END}}, RL_OUTCOME_STUCK, true,
        false},
    {"a kill may be given more time than the limit", &patient_kill, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(25)}, {25, HOLDS, END}}, RL_OUTCOME_STUCK, true,
        false},
    {"a trigger that enters higher up", &gentle, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(10)}, {0, DEAD, WAIT(1)}, {1, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"a ladder without a kill", &no_kill, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(1)}, {1, HOLDS, STEP(1)}, {1, HOLDS, WAIT(3)},
            {3, HOLDS, END}},
        RL_OUTCOME_LADDER_END, true, false},
    {"no wait between two rungs", &at_once, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(0)}, {0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(10)},
            {2, DEAD, WAIT(3)}, {3, CALM | DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"dead when the step returns", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS | DEAD, WAIT(1)}, {1, DEAD, END}}, RL_OUTCOME_RELIEVED,
        true, true},
    {"nobody to choose", &gentle, 0, false, {{0, HOLDS, STEP(0)}, {0, HOLDS | FAILED, END}},
        RL_OUTCOME_NO_VICTIM, false, false},
    {"the second rung fails", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, HOLDS, STEP(1)}, {3, HOLDS | FAILED, END}},
        RL_OUTCOME_NO_VICTIM, true, false},
    {"the cgroup goes with its victim", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, REMOVED, END}}, RL_OUTCOME_RELIEVED, true,
        true},
    {"the cgroup is gone when the step returns", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, REMOVED, END}}, RL_OUTCOME_RELIEVED, true, true},
    {"the cgroup goes while it settles", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, HOLDS | DEAD, WAIT(2)},
            {1, HOLDS | DEAD | REMOVED, END}},
        RL_OUTCOME_RELIEVED, true, true},

    {"dry: all rungs, each with its own wait", &gentle, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, HOLDS, STEP(1)}, {3, HOLDS, WAIT(3)},
            {3, HOLDS, END}},
        RL_OUTCOME_DRY_RUN, true, false},
    {"dry: over by itself", &gentle, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, CALM, END}}, RL_OUTCOME_DRY_RUN, true,
        false},
    {"dry: a ladder without a kill", &no_kill, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(1)}, {1, HOLDS, STEP(1)}, {1, HOLDS, WAIT(3)},
            {3, HOLDS, END}},
        RL_OUTCOME_DRY_RUN, true, false},
    {"dry: nobody to choose", &gentle, 0, true, {{0, HOLDS, STEP(0)}, {0, HOLDS | FAILED, END}},
        RL_OUTCOME_NO_VICTIM, false, false},
    {"dry: the cgroup is removed", &gentle, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, REMOVED, END}}, RL_OUTCOME_GONE, true,
        false},
};

#define OPENED (1000 * SEC)

static struct rl_news news_of(uint64_t at_us, unsigned facts)
{
    return (struct rl_news){
        .now_us = OPENED + at_us,
        .holds = facts & HOLDS,
        .gone = facts & DEAD,
        .offender_gone = facts & REMOVED,
        .failed = facts & FAILED ? RL_OUTCOME_NO_VICTIM : RL_REASON_NONE,
    };
}

static void run_course(const struct course *c)
{
    const struct rl_trigger trigger = {.from = c->from};
    struct rl_incident incident;

    rl_incident_open(&incident, &trigger, c->dry, OPENED);
    assert_int_equal(incident.phase, RL_PHASE_IDLE);
    assert_int_equal(incident.started_us, OPENED);
    for (size_t i = 0; i < NEWS_MAX; i++) {
        const struct turn *t = &c->turns[i];
        const struct rl_news news = news_of(t->at * SEC, t->facts);
        struct rl_order order = rl_incident_next(&incident, c->relief, &news);

        if (order.what != t->want || (order.what == RL_DO_STEP && order.step != t->arg) ||
            (order.what == RL_DO_WAIT && order.wake_us != OPENED + t->arg * SEC))
            fail_msg("%s, turn %zu: do %d, step %u, wake %ld s", c->what, i, order.what, order.step,
                (long)(order.wake_us / SEC) - (long)(OPENED / SEC));
        if (order.what != RL_DO_END)
            continue;
        if (incident.outcome != c->outcome)
            fail_msg("%s: %s", c->what, rl_reason_id(incident.outcome));
        assert_int_equal(incident.acted, c->acted);
        assert_int_equal(incident.gone, c->gone);
        assert_int_equal(incident.phase, RL_PHASE_ENDED);
        assert_int_equal(rl_incident_next(&incident, c->relief, &news).what, RL_DO_END);
        assert_int_equal(incident.outcome, c->outcome); /* the end is the end */
        return;
    }
    fail_msg("%s: no end", c->what);
}

static void every_course(void **state)
{
    for (size_t i = 0; i < LENGTH(courses); i++)
        run_course(&courses[i]);
}

/* "Still holds" is about what came after the step, and relief about what came after the death. */
static void windows_count_from_the_step_and_from_the_death(void **state)
{
    const struct rl_trigger trigger = {0};
    struct rl_incident incident;
    struct rl_news news = news_of(0, HOLDS);

    rl_incident_open(&incident, &trigger, false, OPENED);
    assert_int_equal(incident.since_us, 0);
    rl_incident_next(&incident, &gentle, &news);
    assert_int_equal(incident.since_us, 0);
    news.now_us = OPENED + 100 * MS;
    rl_incident_next(&incident, &gentle, &news);
    assert_int_equal(incident.since_us, OPENED + 100 * MS);
    assert_int_equal(incident.step_us, OPENED + 100 * MS);
    news.now_us = OPENED + 700 * MS;
    news.gone = true;
    rl_incident_next(&incident, &gentle, &news);
    assert_int_equal(incident.since_us, OPENED + 700 * MS);
    assert_int_equal(incident.step_us, OPENED + 100 * MS);
}

/* --- while somebody is on his way out --- */

static struct rl_order tell(
    struct rl_incident *incident, uint64_t at_us, unsigned facts, enum rl_reason failed)
{
    struct rl_news news = news_of(at_us, facts);

    news.failed = failed;
    return rl_incident_next(incident, &gentle, &news);
}

static struct rl_incident yielding(bool dry)
{
    const struct rl_trigger trigger = {0};
    struct rl_incident incident;
    struct rl_order order;

    rl_incident_open(&incident, &trigger, dry, OPENED);
    order = tell(&incident, 0, HOLDS, RL_REASON_NONE);
    assert_int_equal(order.what, RL_DO_STEP);
    order = tell(&incident, 2 * MS, HOLDS, RL_WAIT_EXITING);
    assert_int_equal(order.what, RL_DO_WAIT);
    assert_int_equal(order.wake_us, OPENED + 102 * MS);
    assert_int_equal(incident.phase, RL_PHASE_YIELD);
    assert_int_equal(incident.yield_us, OPENED + 2 * MS);
    assert_false(incident.acted);
    return incident;
}

static void a_choice_is_put_off_and_tried_again(void **state)
{
    for (int dry = 0; dry < 2; dry++) {
        struct rl_incident incident = yielding(dry);
        struct rl_order order;

        /* A look in between does not bring it forward. */
        order = tell(&incident, 50 * MS, CALM, RL_REASON_NONE);
        assert_int_equal(order.what, RL_DO_WAIT);
        assert_int_equal(order.wake_us, OPENED + 102 * MS);
        order = tell(&incident, 102 * MS, HOLDS, RL_REASON_NONE);
        assert_int_equal(order.what, RL_DO_STEP);
        assert_int_equal(order.step, 0);
        assert_false(incident.waited_out);
        order = tell(&incident, 110 * MS, HOLDS, RL_REASON_NONE);
        assert_int_equal(order.what, RL_DO_WAIT);
        assert_int_equal(order.wake_us, OPENED + 110 * MS + 3 * SEC);
        assert_true(incident.acted);
        assert_int_equal(incident.since_us, OPENED + 110 * MS);
    }
}

static void waiting_for_somebody_has_an_end(void **state)
{
    struct rl_incident incident = yielding(false);
    uint64_t now = 102 * MS;
    struct rl_order order;

    for (;;) {
        order = tell(&incident, now, HOLDS, RL_REASON_NONE);
        assert_int_equal(order.what, RL_DO_STEP);
        assert_int_equal(incident.waited_out, now >= 5002 * MS);
        if (incident.waited_out)
            break;
        order = tell(&incident, now, HOLDS, RL_WAIT_EXITING);
        assert_int_equal(order.what, RL_DO_WAIT);
        assert_int_equal(order.wake_us, OPENED + now + 100 * MS);
        now += 100 * MS;
    }
    assert_int_equal(now, 5002 * MS);
    assert_int_equal(incident.yield_us, OPENED + 2 * MS);
    for (int again = 0; again < 2;
         again++) { /* whatever is said then, it is not put off any more */
        enum rl_reason failed = again ? RL_WAIT_EXITING : RL_OUTCOME_NO_VICTIM;
        struct rl_incident copy = incident;

        order = tell(&copy, now, HOLDS, failed);
        assert_int_equal(order.what, RL_DO_END);
        assert_int_equal(copy.outcome, failed);
    }
}

static void nobody_has_to_die_when_going_was_enough(void **state)
{
    static const struct {
        unsigned facts;
        bool dry;
        enum rl_reason outcome;
    } rows[] = {
        {CALM, false, RL_OUTCOME_EASED},
        {CALM, true, RL_OUTCOME_DRY_RUN},
        {HOLDS | REMOVED, false, RL_OUTCOME_GONE},
        {HOLDS | REMOVED, true, RL_OUTCOME_GONE},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_incident incident = yielding(rows[i].dry);

        assert_int_equal(tell(&incident, 102 * MS, rows[i].facts, RL_REASON_NONE).what, RL_DO_END);
        assert_int_equal(incident.outcome, rows[i].outcome);
        assert_false(incident.acted || incident.gone);
    }
    /* It need not wait for the time to notice that the cgroup is gone. */
    struct rl_incident incident = yielding(false);

    assert_int_equal(tell(&incident, 3 * MS, REMOVED, RL_REASON_NONE).what, RL_DO_END);
    assert_int_equal(incident.outcome, RL_OUTCOME_GONE);
}

/* --- properties over random ladders and news --- */

static struct rl_relief random_relief(struct dice *dice)
{
    struct rl_relief relief = {.n = (uint8_t)(1 + roll(dice, RL_STEPS_MAX))};

    for (size_t i = 0; i < relief.n; i++) {
        relief.steps[i].kind = (enum rl_step_kind)roll(dice, RL_STEP_KINDS);
        relief.steps[i].wait_us = roll(dice, 3) * roll(dice, 20 * SEC);
    }
    return relief;
}

/* Whatever happens, and even when somebody calls at wake_us only, it ends within the time that
 * its rungs allow; no rung is taken twice, and none after the victim's death. */
static void it_always_ends(void **state)
{
    struct dice dice = {29};
    size_t outcomes[RL_REASONS] = {0};

    for (int round = 0; round < 50000; round++) {
        const struct rl_relief relief = random_relief(&dice);
        const struct rl_trigger trigger = {.from = (uint8_t)roll(&dice, relief.n)};
        struct rl_incident incident;
        uint64_t now = 0, most = RL_SETTLE_US;
        unsigned lasting = 0;
        int last = -1, calls = 0;

        for (size_t i = 0; i < relief.n; i++)
            most += relief.steps[i].wait_us + RL_DEATH_LIMIT_US;
        rl_incident_open(&incident, &trigger, roll(&dice, 2), OPENED);
        for (;;) {
            struct rl_news news = news_of(now, lasting | (roll(&dice, 4) ? HOLDS : CALM));
            struct rl_order order = rl_incident_next(&incident, &relief, &news);

            assert_true(++calls < 200);
            if (order.what == RL_DO_END)
                break;
            if (order.what == RL_DO_STEP) {
                assert_true(order.step > last && order.step < relief.n);
                assert_false(lasting & DEAD);
                last = order.step;
                lasting |= roll(&dice, 30) ? 0 : FAILED;
            } else {
                assert_true(order.wake_us >= OPENED + now);
                now = order.wake_us - OPENED;
                lasting &= ~(unsigned)FAILED;
                lasting |= roll(&dice, 6) ? 0 : roll(&dice, 2) ? DEAD : REMOVED;
            }
        }
        assert_true(now <= most);
        assert_int_not_equal(incident.outcome, RL_REASON_NONE);
        outcomes[incident.outcome]++;
    }
    assert_true(outcomes[RL_OUTCOME_RELIEVED] && outcomes[RL_OUTCOME_NOT_RELIEVED] &&
                outcomes[RL_OUTCOME_EASED] && outcomes[RL_OUTCOME_STUCK] &&
                outcomes[RL_OUTCOME_LADDER_END] && outcomes[RL_OUTCOME_DRY_RUN] &&
                outcomes[RL_OUTCOME_NO_VICTIM] && outcomes[RL_OUTCOME_GONE]);
}

/* A dry run decides as a live one does up to its first step, and then takes the rungs that a live
 * one takes whose victim ignores everything. */
static void dry_takes_the_rungs_of_live(void **state)
{
    struct dice dice = {31};

    for (int round = 0; round < 5000; round++) {
        const struct rl_relief relief = random_relief(&dice);
        const struct rl_trigger trigger = {.from = (uint8_t)roll(&dice, relief.n)};
        uint8_t rungs[2][RL_STEPS_MAX];
        size_t n[2] = {0};

        for (int dry = 0; dry < 2; dry++) {
            struct rl_incident incident;
            struct rl_order order;
            uint64_t now = 0;

            rl_incident_open(&incident, &trigger, dry, OPENED);
            do {
                struct rl_news news = news_of(now, HOLDS);

                order = rl_incident_next(&incident, &relief, &news);
                if (order.what == RL_DO_STEP)
                    rungs[dry][n[dry]++] = order.step;
                if (order.what == RL_DO_WAIT)
                    now = order.wake_us - OPENED;
            } while (order.what != RL_DO_END);
        }
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(rungs[0], rungs[1], n[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_course),
        cmocka_unit_test(windows_count_from_the_step_and_from_the_death),
        cmocka_unit_test(a_choice_is_put_off_and_tried_again),
        cmocka_unit_test(waiting_for_somebody_has_an_end),
        cmocka_unit_test(nobody_has_to_die_when_going_was_enough),
        cmocka_unit_test(it_always_ends),
        cmocka_unit_test(dry_takes_the_rungs_of_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
