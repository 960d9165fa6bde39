#include "tests/unit/unit.h"

#include "policy/grade.h"
#include "tests/unit/policy.h"

#define FROM (1000 * SEC)

/* A trigger with these lines of pressure; 0: no such line. */
static struct rl_trigger a_trigger(uint32_t some, uint32_t full)
{
    struct rl_trigger trigger = {.name = "t"};

    if (some > 0)
        trigger.lines[trigger.n++] = (struct rl_line){
            .kind = RL_LINE_PRESSURE, .counter = RL_COUNT_SOME, .share = some, .window_us = SEC};
    if (full > 0)
        trigger.lines[trigger.n++] = (struct rl_line){
            .kind = RL_LINE_PRESSURE, .counter = RL_COUNT_FULL, .share = full, .window_us = SEC};
    trigger.lines[trigger.n++] = (struct rl_line){.kind = RL_LINE_USAGE, .share = 9000};
    return trigger;
}

/* What is seen at one look; numbers are seconds after the decision and percent since the look
 * before. */
struct look {
    unsigned at, some, full;
    enum {
        H = 1,
        KILLED = 2,
        GONE = 4,
        POD = 8,
        SHORT = 16,
        RELIEVED = 32,
        AGAIN = 64,
        STOP = 128,
        BLIND = 256,
    } what;
};

struct row {
    const char *what;
    unsigned some, full; /* the trigger's thresholds, percent */
    struct look looks[20];
    enum rl_grade grade;
    enum rl_reason evidence;
    unsigned after; /* seconds, of the grade */
};

#define CONFIRMED RL_GRADE_CONFIRMED
#define RESOLVED  RL_GRADE_SELF_RESOLVED
#define UNKNOWN   RL_GRADE_UNKNOWN
#define PENDING   RL_GRADE_PENDING

static const struct row rows[] = {
    {"the kernel kills", 0, 30, {{10, 50, 50, H}, {12, 0, 0, KILLED}}, CONFIRMED,
        RL_GRADED_KERNEL_KILL, 12},
    {"and the cgroup goes with it", 0, 30, {{12, 0, 0, KILLED | GONE | BLIND}}, CONFIRMED,
        RL_GRADED_KERNEL_KILL, 12},
    {"it eases, and the kernel kills all the same", 0, 30,
        {{10, 0, 0, 0}, {20, 0, 0, 0}, {30, 0, 0, 0}, {90, 0, 0, 0}, {110, 0, 0, KILLED}},
        CONFIRMED, RL_GRADED_KERNEL_KILL, 110},
    {"seen a little late", 0, 30, {{119, 20, 0, H}, {125, 20, 0, KILLED}}, CONFIRMED,
        RL_GRADED_KERNEL_KILL, 125},
    {"too late", 0, 30, {{30, 20, 0, H}, {121, 20, 0, H}, {125, 20, 0, KILLED | H}}, PENDING,
        RL_REASON_NONE, 0},
    {"the stall goes on", 0, 30,
        {{10, 50, 31, H}, {20, 50, 31, H}, {30, 50, 31, H}, {40, 50, 31, H}, {50, 50, 31, H},
            {60, 50, 31, H}, {70, 50, 31, H}, {80, 50, 31, H}, {90, 50, 31, H}, {100, 50, 31, H},
            {110, 50, 31, H}, {119, 50, 31, H}, {120, 50, 31, H}},
        CONFIRMED, RL_GRADED_STALLED, 120},
    {"at the threshold", 0, 30, {{60, 50, 30, H}, {120, 50, 30, H}}, CONFIRMED, RL_GRADED_STALLED,
        120},
    {"just below it", 0, 30, {{60, 50, 30, H}, {120, 50, 29, H}, {150, 50, 50, H}}, UNKNOWN,
        RL_GRADED_UNDECIDED, 150},
    {"it begins within 30 s", 0, 30, {{30, 50, 10, H}, {90, 50, 40, H}, {150, 50, 40, H}},
        CONFIRMED, RL_GRADED_STALLED, 150},
    {"it begins later", 0, 30, {{31, 50, 10, H}, {90, 50, 40, H}, {150, 50, 40, H}}, UNKNOWN,
        RL_GRADED_UNDECIDED, 150},
    {"a break", 0, 30, {{60, 90, 90, H}, {70, 90, 0, H}, {120, 90, 90, H}, {150, 90, 90, H}},
        UNKNOWN, RL_GRADED_UNDECIDED, 150},
    {"nobody saw it for a while", 0, 30,
        {{60, 90, 90, H}, {70, 90, 90, H | BLIND}, {80, 90, 90, H}, {150, 90, 90, H}}, UNKNOWN,
        RL_GRADED_UNDECIDED, 150},
    {"what nobody saw is not over the threshold", 0, 30,
        {{10, 90, 90, H | BLIND}, {20, 90, 90, H}, {130, 90, 90, H}}, PENDING, RL_REASON_NONE, 0},
    {"both lines must be over", 40, 30, {{60, 39, 35, H}, {120, 39, 35, H}, {150, 39, 35, H}},
        UNKNOWN, RL_GRADED_UNDECIDED, 150},
    {"both are", 40, 30, {{60, 40, 35, H}, {120, 40, 35, H}}, CONFIRMED, RL_GRADED_STALLED, 120},
    {"without a Pressure= line stall confirms nothing", 0, 0,
        {{60, 99, 99, H}, {120, 99, 99, H}, {150, 99, 99, H}}, UNKNOWN, RL_GRADED_UNDECIDED, 150},

    {"it eases by itself", 0, 30,
        {{10, 40, 35, H}, {20, 20, 10, 0}, {30, 14, 5, 0}, {120, 0, 0, 0}}, RESOLVED,
        RL_GRADED_EASED, 120},
    {"not known before two minutes are over", 0, 30, {{30, 0, 0, 0}, {119, 0, 0, 0}}, PENDING,
        RL_REASON_NONE, 0},
    {"the stall is half of the threshold", 0, 30, {{30, 15, 5, 0}, {120, 0, 0, 0}, {150, 0, 0, 0}},
        UNKNOWN, RL_GRADED_UNDECIDED, 150},
    {"the trigger holds still", 0, 30, {{30, 0, 0, H}, {120, 0, 0, 0}, {150, 0, 0, 0}}, UNKNOWN,
        RL_GRADED_UNDECIDED, 150},
    {"it eases at 40 s", 0, 30, {{30, 20, 20, H}, {40, 0, 0, 0}, {120, 0, 0, 0}, {150, 0, 0, 0}},
        UNKNOWN, RL_GRADED_UNDECIDED, 150},
    {"it eases and comes back", 0, 30,
        {{30, 0, 0, 0}, {60, 40, 40, H}, {120, 0, 0, 0}, {150, 0, 0, 0}}, UNKNOWN,
        RL_GRADED_UNDECIDED, 150},
    {"it eases and happens anew", 0, 30, {{30, 0, 0, 0}, {60, 0, 0, AGAIN}}, RESOLVED,
        RL_GRADED_EASED, 60},
    {"it would have killed again meanwhile", 0, 30, {{10, 50, 50, H | AGAIN}}, PENDING,
        RL_REASON_NONE, 0},
    {"of two lines the lower one counts", 40, 30, {{30, 15, 0, 0}, {120, 0, 0, 0}, {150, 0, 0, 0}},
        UNKNOWN, RL_GRADED_UNDECIDED, 150},
    {"without a Pressure= line below 5 %", 0, 0, {{30, 4, 0, 0}, {120, 0, 0, 0}}, RESOLVED,
        RL_GRADED_EASED, 120},
    {"and not with 5 %", 0, 0, {{30, 5, 0, 0}, {120, 0, 0, 0}, {150, 0, 0, 0}}, UNKNOWN,
        RL_GRADED_UNDECIDED, 150},

    {"a pod is evicted under pressure", 0, 30,
        {{10, 50, 50, H | POD}, {15, 0, 0, POD | GONE | BLIND}}, CONFIRMED, RL_GRADED_EVICTED, 15},
    {"at once", 0, 30, {{3, 0, 0, POD | GONE | BLIND}}, CONFIRMED, RL_GRADED_EVICTED, 3},
    {"where its stall was over the threshold", 0, 30,
        {{10, 50, 50, POD}, {15, 0, 0, POD | GONE | BLIND}}, CONFIRMED, RL_GRADED_EVICTED, 15},
    {"where the machine is short", 0, 30, {{10, 0, 0, POD}, {15, 0, 0, POD | GONE | SHORT | BLIND}},
        CONFIRMED, RL_GRADED_EVICTED, 15},
    {"a pod has come to its end", 0, 30, {{10, 0, 0, POD}, {15, 0, 0, POD | GONE | BLIND}}, UNKNOWN,
        RL_GRADED_GONE, 15},
    {"another cgroup is gone under pressure", 0, 30,
        {{10, 50, 50, H}, {15, 0, 0, GONE | SHORT | BLIND}}, UNKNOWN, RL_GRADED_GONE, 15},
    {"somebody else has killed there", 0, 30, {{10, 50, 50, H}, {15, 50, 50, RELIEVED}}, UNKNOWN,
        RL_GRADED_RELIEVED, 15},
    {"reliefd ends", 0, 30, {{10, 50, 50, H | STOP}}, UNKNOWN, RL_GRADED_STOPPED, 10},
    {"reliefd ends, but it was killed by the kernel", 0, 30, {{10, 50, 50, KILLED | STOP}},
        CONFIRMED, RL_GRADED_KERNEL_KILL, 10},
    {"nobody ever looks", 0, 30, {{200, 0, 0, BLIND}}, UNKNOWN, RL_GRADED_UNDECIDED, 200},
};

static struct rl_sight sight_of(
    const struct look *look, const struct look *before, const struct rl_sight *last)
{
    uint64_t span = (look->at - (before ? before->at : 0)) * SEC;

    return (struct rl_sight){
        .now_us = FROM + look->at * SEC,
        .killed = look->what & KILLED,
        .gone = look->what & GONE,
        .pod = look->what & POD,
        .node_short = look->what & SHORT,
        .relieved = look->what & RELIEVED,
        .again = look->what & AGAIN,
        .stopped = look->what & STOP,
        .known = !(look->what & BLIND),
        .holds = look->what & H,
        .some_us = last->some_us + span * look->some / 100,
        .full_us = last->full_us + span * look->full / 100,
    };
}

static void rows_hold(void **state)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct row *row = &rows[i];
        struct rl_trigger trigger = a_trigger(row->some * 100, row->full * 100);
        struct rl_sight sight = {.now_us = FROM, .known = true, .some_us = 7, .full_us = 3};
        struct rl_grading grading;

        rl_grade_begin(&grading, &trigger, FROM, &sight);
        for (size_t k = 0; k < LENGTH(row->looks) && row->looks[k].at; k++) {
            uint64_t next;

            sight = sight_of(&row->looks[k], k ? &row->looks[k - 1] : NULL, &sight);
            next = rl_grade_look(&grading, &sight);
            if ((next == 0) != (grading.grade != PENDING) ||
                (next != 0 && (next <= sight.now_us || next > FROM + RL_GRADE_END_US)))
                fail_msg("%s: look %zu says %llu", row->what, k, (unsigned long long)next);
        }
        if (grading.grade != row->grade || grading.evidence != row->evidence ||
            (row->after && grading.decided_us != FROM + row->after * SEC))
            fail_msg("%s: %s, %s", row->what, rl_grade_name(grading.grade),
                rl_reason_id(grading.evidence));
    }
}

/* Whatever is seen: it is decided in the end, once, and the end comes in time. */
static void every_course_ends(void **state)
{
    struct dice dice = {.state = 4711};

    for (int course = 0; course < 20000; course++) {
        struct rl_trigger trigger = a_trigger(
            (uint32_t)roll(&dice, 3) * 2000, (uint32_t)roll(&dice, 3) * 1500);
        struct rl_sight sight = {.now_us = FROM, .known = roll(&dice, 4) > 0};
        struct rl_grading grading, decided = {0};
        uint64_t next = FROM + RL_GRADE_LOOK_US, looks = 0;

        rl_grade_begin(&grading, &trigger, FROM, &sight);
        while (next != 0) {
            uint64_t span = next - sight.now_us;

            sight.now_us = next;
            sight.known = roll(&dice, 10) > 0;
            sight.holds = roll(&dice, 2);
            sight.some_us += roll(&dice, span + 1);
            sight.full_us += roll(&dice, span / 2 + 1);
            sight.killed = roll(&dice, 60) == 0;
            sight.gone = roll(&dice, 60) == 0;
            sight.pod = roll(&dice, 2);
            next = rl_grade_look(&grading, &sight);
            assert_true(++looks <= 20);
        }
        assert_int_not_equal(grading.grade, PENDING);
        assert_true(grading.decided_us <= FROM + RL_GRADE_END_US);
        if (grading.evidence == RL_GRADED_STALLED)
            assert_true(grading.decided_us >= FROM + RL_GRADE_STALL_US);
        if (grading.grade == RESOLVED)
            assert_true(grading.decided_us >= FROM + RL_GRADE_FORESEEN_US);
        decided = grading;
        sight.killed = true;
        sight.now_us += SEC;
        assert_int_equal(rl_grade_look(&grading, &sight), 0);
        assert_memory_equal(&grading, &decided, sizeof(grading));
    }
}

/* Of several lines of a kind the lowest counts. */
static void lowest_line(void **state)
{
    struct rl_trigger trigger = a_trigger(4000, 3000);
    struct rl_sight sight = {.now_us = FROM};
    struct rl_grading grading;

    trigger.lines[trigger.n] = trigger.lines[0];
    trigger.lines[trigger.n++].share = 5000;
    trigger.lines[trigger.n] = trigger.lines[1];
    trigger.lines[trigger.n++].share = 2000;
    rl_grade_begin(&grading, &trigger, FROM, &sight);
    assert_int_equal(grading.some_share, 4000);
    assert_int_equal(grading.full_share, 2000);
}

static void looks_at_the_same_instant(void **state)
{
    struct rl_trigger trigger = a_trigger(0, 3000);
    struct rl_sight sight = {.now_us = FROM, .known = true};
    struct rl_grading grading;

    rl_grade_begin(&grading, &trigger, FROM, &sight);
    sight.full_us = 1;
    assert_int_equal(rl_grade_look(&grading, &sight), FROM + RL_GRADE_LOOK_US);
    assert_int_equal(grading.over_us, 0);
    /* Counters that went back: the cgroup was made anew. */
    sight = (struct rl_sight){.now_us = FROM + 10 * SEC, .known = true, .full_us = 5 * SEC};
    rl_grade_look(&grading, &sight);
    sight = (struct rl_sight){.now_us = FROM + 20 * SEC, .known = true, .full_us = 0};
    rl_grade_look(&grading, &sight);
    assert_int_equal(grading.over_us, 0);
}

static const struct {
    struct rl_grade_counts counts;
    int precision, regret, recall; /* hundredths of a percent; -1: none */
} shares[] = {
    {{0}, -1, -1, -1},
    {{.would_have = 5, .unknown = 5}, -1, -1, -1},
    {{.confirmed = 3, .self_resolved = 1}, 7500, 2500, -1},
    {{.confirmed = 20}, 10000, 0, -1},
    {{.self_resolved = 1}, 0, 10000, -1},
    {{.confirmed = 9, .confirmed_kernel = 2, .unforeseen = 6}, 10000, 0, 2500},
    {{.confirmed = 9, .unforeseen = 6}, 10000, 0, 0},
    {{.confirmed = UINT64_MAX / 4, .self_resolved = UINT64_MAX / 4}, 5000, 5000, -1},
};

static void shares_are_right(void **state)
{
    for (size_t i = 0; i < LENGTH(shares); i++) {
        const struct rl_grade_counts *c = &shares[i].counts;
        uint32_t share = 1;

        assert_int_equal(rl_grade_precision(c, &share) ? (int)share : -1, shares[i].precision);
        assert_int_equal(rl_grade_regret(c, &share) ? (int)share : -1, shares[i].regret);
        assert_int_equal(rl_grade_recall(c, &share) ? (int)share : -1, shares[i].recall);
    }
}

static const struct {
    uint64_t confirmed, vain;
    uint32_t want, regret;
    bool good;
} goods[] = {
    {20, 0, 20, 200, true},
    {19, 0, 20, 200, false},
    {1, 0, 1, 1, true},
    {0, 0, 0, 10000, false},
    {98, 2, 20, 200, false}, /* just 2 % */
    {99, 2, 20, 200, true},
    {980001, 20000, 20, 200, true}, /* rounded it would be 2 % */
    {10, 10, 1, 10000, true},
};

static void good_enough(void **state)
{
    for (size_t i = 0; i < LENGTH(goods); i++) {
        struct rl_grade_counts counts = {
            .confirmed = goods[i].confirmed, .self_resolved = goods[i].vain, .unknown = 1000};

        if (rl_grade_good(&counts, goods[i].want, goods[i].regret) != goods[i].good)
            fail_msg("row %zu", i);
    }
}

static void grades_are_counted(void **state)
{
    struct rl_grade_counts c = {.would_have = 4};

    rl_grade_count(&c, &(struct rl_grading){CONFIRMED, RL_GRADED_KERNEL_KILL, .from_us = 1});
    rl_grade_count(&c, &(struct rl_grading){CONFIRMED, RL_GRADED_STALLED, .from_us = 1});
    rl_grade_count(&c, &(struct rl_grading){RESOLVED, RL_GRADED_EASED, .from_us = 1});
    rl_grade_count(&c, &(struct rl_grading){UNKNOWN, RL_GRADED_GONE, .from_us = 1});
    rl_grade_count(&c, &(struct rl_grading){.from_us = 1});
    assert_int_equal(c.would_have, 4);
    assert_int_equal(c.confirmed, 2);
    assert_int_equal(c.confirmed_kernel, 1);
    assert_int_equal(c.self_resolved, 1);
    assert_int_equal(c.unknown, 1);
    assert_int_equal(c.unforeseen, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold),
        cmocka_unit_test(every_course_ends),
        cmocka_unit_test(lowest_line),
        cmocka_unit_test(looks_at_the_same_instant),
        cmocka_unit_test(shares_are_right),
        cmocka_unit_test(good_enough),
        cmocka_unit_test(grades_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
