/* For=, Gate= and Origin=: what a trigger asks for when all its lines hold. */
#include "tests/unit/unit.h"

#include <string.h>

#include "policy/judge.h"
#include "tests/unit/policy.h"

#define START (1000 * SEC)

/* One cgroup (or the machine) over time. */
struct watch {
    struct rl_history history;
    struct rl_memory memory;
    struct rl_policy policy;
    struct rl_level level;
    struct rl_room room;
    struct rl_node node;
    struct rl_evidence node_origin;
    bool machine, forgetful, node_looked_at;
    struct rl_sample sample;
    uint64_t since_us;
    struct rl_verdict verdict;
};

static struct rl_line usage(uint32_t share)
{
    return (struct rl_line){.kind = RL_LINE_USAGE, .share = share};
}

static struct rl_line full_over(uint32_t share, uint64_t window_us)
{
    return (struct rl_line){
        .kind = RL_LINE_PRESSURE, .counter = RL_COUNT_FULL, .share = share, .window_us = window_us};
}

static struct rl_line events(enum rl_counter counter)
{
    return (struct rl_line){
        .kind = RL_LINE_EVENTS, .counter = counter, .count = 1, .window_us = 10 * SEC};
}

static struct rl_line growth(void)
{
    return (struct rl_line){.kind = RL_LINE_GROWTH, .bytes = 0, .window_us = 10 * SEC};
}

static struct rl_line refaults(void)
{
    return (struct rl_line){.kind = RL_LINE_REFAULTS, .count = 1, .window_us = 10 * SEC};
}

static struct watch a_watch(struct rl_trigger trigger)
{
    return (struct watch){
        .policy = {.name = "p", .triggers = {trigger}, .n_triggers = 1},
        .level = {.memory_high = RL_NO_LIMIT,
            .memory_max = 100 * MIB,
            .swap_max = RL_NO_LIMIT,
            .used = 50 * MIB,
            .used_known = true},
        .room = {.known = true, .usage = 9500, .limit = 100 * MIB},
        .node = a_node(),
        .sample = {.at_us = START, .have = ALL},
    };
}

/* Take a sample, unless it is blind, and judge. */
static const struct rl_verdict *judge(struct watch *w, uint64_t now_us, bool blind)
{
    const struct rl_case c = {.policy = &w->policy,
        .history = &w->history,
        .room = &w->room,
        .level = w->machine ? NULL : &w->level,
        .node = &w->node,
        .memory = w->forgetful ? NULL : &w->memory,
        .node_origin = w->node_looked_at ? &w->node_origin : NULL,
        .have = ALL,
        .now_us = now_us,
        .since_us = w->since_us};

    w->sample.at_us = now_us;
    if (!blind)
        rl_history_add(&w->history, &w->sample, w->machine ? &w->node : NULL);
    rl_judge(&c, &w->verdict);
    return &w->verdict;
}

static const struct rl_verdict *look(struct watch *w, uint64_t now_us)
{
    return judge(w, now_us, false);
}

/* --- For= --- */

static void it_holds_when_it_has_held_long_enough(void **state)
{
    struct watch w = a_watch(
        (struct rl_trigger){.n = 1, .lines = {usage(9000)}, .for_us = 5 * SEC});

    for (uint64_t t = 0; t <= 7; t++) {
        const struct rl_verdict *v = look(&w, START + t * SEC);

        assert_int_equal(v->holds, t >= 5);
        assert_int_equal(v->why[0], t >= 5 ? RL_READ_HOLDS : RL_WAIT_FOR);
        assert_int_equal(v->held_us[0], t * SEC);
        assert_true(v->readings[0][0].holds);
    }
}

static void a_line_that_fails_begins_it_anew(void **state)
{
    struct watch w = a_watch(
        (struct rl_trigger){.n = 1, .lines = {usage(9000)}, .for_us = 5 * SEC});

    for (uint64_t t = 0; t <= 12; t++) {
        const struct rl_verdict *v;

        w.room.usage = t == 4 ? 8999 : 9500;
        v = look(&w, START + t * SEC);
        assert_int_equal(v->holds, t >= 10);
        assert_int_equal(v->held_us[0], t < 4 ? t * SEC : t == 4 ? 0 : (t - 5) * SEC);
        if (t == 4)
            assert_int_equal(v->why[0], RL_READ_BELOW);
    }
}

static void what_nobody_saw_begins_it_anew(void **state)
{
    struct rl_trigger trigger = {.n = 1, .lines = {usage(9000)}, .for_us = 10 * SEC};
    struct watch w = a_watch(trigger);

    for (uint64_t t = 0; t <= 9; t++)
        assert_false(look(&w, START + t * SEC)->holds);
    assert_int_equal(look(&w, START + 11 * SEC)->held_us[0], 11 * SEC); /* late, but not too late */
    assert_true(w.verdict.holds);
    assert_int_equal(look(&w, START + 13 * SEC + 1)->held_us[0], 0);
    assert_false(w.verdict.holds);

    w = a_watch(trigger); /* it was judged often enough, but nothing new was read */
    for (uint64_t t = 0; t <= 20; t++)
        assert_false(judge(&w, START + t * SEC, t > 4)->holds);

    w = a_watch(trigger); /* nothing was ever read */
    for (uint64_t t = 0; t <= 20; t++)
        assert_false(judge(&w, START + t * SEC, true)->holds);

    w = a_watch(trigger); /* a clock that went back */
    for (uint64_t t = 0; t <= 9; t++)
        look(&w, START + t * SEC);
    assert_int_equal(look(&w, START - SEC)->held_us[0], 0);
    assert_false(look(&w, START)->holds);
}

static void clearing_the_memory_begins_all_anew(void **state)
{
    struct watch w = a_watch((struct rl_trigger){
        .n = 1, .lines = {usage(9000)}, .for_us = 2 * SEC, .gate = RL_GATE_LINUX_24});
    const struct rl_memory zero = {0};

    for (uint64_t t = 0; t <= 3; t++)
        look(&w, START + t * SEC);
    assert_memory_not_equal(&w.memory, &zero, sizeof(zero));
    rl_memory_clear(&w.memory);
    assert_memory_equal(&w.memory, &zero, sizeof(zero));
    assert_int_equal(look(&w, START + 4 * SEC)->why[0], RL_WAIT_FOR);
}

static void without_a_memory_it_never_has_held(void **state)
{
    struct watch w = a_watch((struct rl_trigger){.n = 1, .lines = {usage(9000)}, .for_us = 1});

    w.forgetful = true;
    for (uint64_t t = 0; t <= 9; t++)
        assert_int_equal(look(&w, START + t * SEC)->why[0], RL_WAIT_FOR);
    w.policy.triggers[0].for_us = 0;
    assert_true(look(&w, START + 10 * SEC)->holds);
    w.policy.triggers[0].gate = RL_GATE_LINUX_24;
    assert_int_equal(look(&w, START + 11 * SEC)->why[0], RL_WAIT_GATE);
}

/* Looking only when told to, it is seen exactly when it is fulfilled, and never blinks. */
static void the_next_look_is_when_it_is_fulfilled(void **state)
{
    static const struct {
        uint64_t for_us, window_us; /* 0: a level */
    } rows[] = {
        {5 * SEC, 0},
        {2500 * MS, 0},
        {600 * SEC, 0},
        {333 * MS, 0},
        {1, 0},
        {7 * SEC, 10 * SEC},
        {30 * SEC, 2 * SEC},
        {1234567, 500 * MS},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_line line = rows[i].window_us ? full_over(1, rows[i].window_us)
                                                      : usage(9000);
        struct watch w = a_watch(
            (struct rl_trigger){.n = 1, .lines = {line}, .for_us = rows[i].for_us});
        uint64_t now = START, since = 0;
        size_t looks = 0;

        look(&w, now);
        while (!w.verdict.holds && now < START + 700 * SEC) {
            assert_true(w.verdict.next_us > now);
            w.sample.full_us += w.verdict.next_us - now; /* all of the time is stall */
            w.sample.events_local.max++;
            w.level.used = 95 * MIB;
            now = w.verdict.next_us;
            look(&w, now);
            since = since || w.verdict.held_us[0] == 0 ? since : now - w.verdict.held_us[0];
            looks += w.verdict.held_us[0] > 0;
        }
        assert_true(w.verdict.holds);
        assert_int_equal(w.verdict.held_us[0], rows[i].for_us);
        assert_int_equal(now, (since ? since : START) + rows[i].for_us);
        assert_true(rows[i].for_us < SEC || looks >= 4);
    }
}

/* Any course of looks, sights and failures: whenever it holds, every sample within the last For=
 * was over the threshold, and no two of them were far apart. */
static void it_never_fires_early(void **state)
{
    struct dice dice = {77};
    size_t fired = 0, waited = 0;

    for (int round = 0; round < 3000; round++) {
        const uint64_t want = 100 * MS + roll(&dice, 20 * SEC);
        struct watch w = a_watch(
            (struct rl_trigger){.n = 1, .lines = {usage(9000)}, .for_us = want});
        uint64_t now = START, over_since = 0, last = 0;

        for (int i = 0; i < 60; i++) {
            uint64_t gap = 1 + roll(&dice, roll(&dice, 20) ? 600 * MS : 5 * SEC);
            bool over = roll(&dice, 25) > 0;

            now = roll(&dice, 2) && w.verdict.next_us > now && i ? w.verdict.next_us : now + gap;
            w.room.usage = over ? 9000 + roll(&dice, 1000) : roll(&dice, 9000);
            look(&w, now);
            if (!over)
                over_since = 0;
            else if (over_since == 0 || now - last > 2 * SEC)
                over_since = now;
            last = now;
            fired += w.verdict.holds;
            waited += over && !w.verdict.holds;
            assert_false(w.verdict.holds && (!over || now - over_since < want));
        }
    }
    assert_true(fired > 1000 && waited > 1000);
}

static void raising_a_threshold_or_a_time_adds_no_verdict(void **state)
{
    struct dice dice = {83};
    size_t easy = 0, hard = 0;

    for (int round = 0; round < 2000; round++) {
        /* Long enough for both to take the same gaps for gaps. */
        struct rl_trigger trigger = {.n = 1,
            .lines = {usage((uint32_t)roll(&dice, 6000))},
            .for_us = 4 * SEC + roll(&dice, SEC)};
        struct watch a = a_watch(trigger), b;
        uint64_t now = START;
        bool ever = false;

        trigger.lines[0].share += (uint32_t)roll(&dice, 2000);
        trigger.for_us += roll(&dice, 3 * SEC);
        b = a_watch(trigger);
        for (int i = 0; i < 40; i++) {
            now += 1 + roll(&dice, SEC);
            a.room.usage = b.room.usage = roll(&dice, 12) ? 6000 + roll(&dice, 3000) : 3000;
            look(&a, now);
            look(&b, now);
            assert_false(b.verdict.holds && !a.verdict.holds);
            ever = ever || b.verdict.holds;
            easy += a.verdict.holds;
        }
        hard += ever;
    }
    assert_true(easy > 1000 && hard > 100);
}

static void a_running_incident_is_not_made_to_wait_again(void **state)
{
    struct watch w = a_watch((struct rl_trigger){
        .n = 1, .lines = {usage(9000)}, .for_us = 5 * SEC, .gate = RL_GATE_LINUX_24});
    struct rl_memory before;

    look(&w, START);
    before = w.memory;
    w.since_us = START + SEC;
    assert_true(look(&w, START + 3 * SEC)->holds);
    w.room.usage = 0;
    assert_false(look(&w, START + 4 * SEC)->holds);
    assert_memory_equal(&w.memory, &before, sizeof(before));
}

/* --- Gate= --- */

static void the_gate_is_asked_last(void **state)
{
    struct watch w = a_watch((struct rl_trigger){
        .n = 1, .lines = {usage(9000)}, .for_us = 2 * SEC, .gate = RL_GATE_LINUX_24});
    uint64_t now = START, opened = 0;

    w.node.swap_free = 0;
    while (!opened && now < START + 60 * SEC) {
        if (look(&w, now)->holds)
            opened = now;
        else
            assert_int_equal(
                w.verdict.why[0], w.verdict.held_us[0] < 2 * SEC ? RL_WAIT_FOR : RL_WAIT_GATE);
        now = w.verdict.next_us;
    }
    /* Two seconds of For=, the failure that begins a burst, one second, ten failures. */
    assert_true(opened >= START + 3 * SEC && opened <= START + 7 * SEC);

    w.node.swap_free = 1;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(look(&w, now)->why[0], RL_WAIT_GATE);
        now = w.verdict.next_us;
    }
}

/* --- Origin= --- */

static void the_shortage_is_the_one_that_is_asked_for(void **state)
{
    enum { OWN = 1, SHORT = 2, MACHINE = 4 }; /* the cgroup's own; the node is short */
    static const struct {
        enum rl_origin_want want;
        unsigned facts;
        enum rl_reason why;    /* with a Pressure= line */
        enum rl_reason levels; /* with levels alone */
        enum rl_reason origin; /* with a Pressure= line */
    } rows[] = {
        {RL_WANT_OWN, OWN, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_OWN},
        {RL_WANT_OWN, 0, RL_ORIGIN_UNATTRIBUTED, RL_READ_HOLDS, RL_ORIGIN_UNATTRIBUTED},
        {RL_WANT_OWN, SHORT, RL_ORIGIN_NODE, RL_READ_HOLDS, RL_ORIGIN_UNATTRIBUTED},
        {RL_WANT_OWN, OWN | SHORT, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_OWN},
        {RL_WANT_NODE, SHORT, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_NODE},
        {RL_WANT_NODE, OWN | SHORT, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_NODE},
        {RL_WANT_NODE, OWN, RL_ORIGIN_OWN, RL_ORIGIN_OWN, RL_ORIGIN_OWN},
        {RL_WANT_NODE, 0, RL_ORIGIN_UNATTRIBUTED, RL_ORIGIN_UNATTRIBUTED, RL_ORIGIN_UNATTRIBUTED},
        {RL_WANT_ANY, OWN, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_OWN},
        {RL_WANT_ANY, SHORT, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_NODE},
        {RL_WANT_ANY, 0, RL_ORIGIN_UNATTRIBUTED, RL_READ_HOLDS, RL_ORIGIN_UNATTRIBUTED},
        /* Of the machine there is but one, whatever is asked for. */
        {RL_WANT_OWN, MACHINE | OWN, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_NODE},
        {RL_WANT_NODE, MACHINE | OWN, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_NODE},
        {RL_WANT_ANY, MACHINE | OWN, RL_READ_HOLDS, RL_READ_HOLDS, RL_ORIGIN_NODE},
        {RL_WANT_OWN, MACHINE, RL_ORIGIN_UNATTRIBUTED, RL_READ_HOLDS, RL_ORIGIN_UNATTRIBUTED},
        {RL_WANT_ANY, MACHINE, RL_ORIGIN_UNATTRIBUTED, RL_READ_HOLDS, RL_ORIGIN_UNATTRIBUTED},
        {RL_WANT_NODE, MACHINE, RL_ORIGIN_UNATTRIBUTED, RL_ORIGIN_UNATTRIBUTED,
            RL_ORIGIN_UNATTRIBUTED},
    };

    for (size_t i = 0; i < LENGTH(rows) * 2; i++) {
        unsigned facts = rows[i / 2].facts;
        bool levels = i & 1;
        struct watch w = a_watch((struct rl_trigger){.n = 2,
            .lines = {levels ? growth() : full_over(100, 10 * SEC), usage(9000)},
            .origin = rows[i / 2].want});
        enum rl_reason want = levels ? rows[i / 2].levels : rows[i / 2].why;

        w.machine = facts & MACHINE;
        w.node_looked_at = facts & SHORT || roll(&(struct dice){i + 1}, 2);
        w.node_origin.verdict = facts & SHORT ? RL_ORIGIN_NODE : RL_ORIGIN_UNATTRIBUTED;
        w.node_origin.allocstalls = 4711;
        look(&w, START);
        w.sample.full_us = SEC;
        w.sample.refault_anon = 500;
        w.sample.events_local.max = (facts & OWN) != 0;
        w.node.allocstall = (facts & OWN) != 0;
        look(&w, START + SEC);
        if (w.verdict.why[0] != want || w.verdict.holds != (want == RL_READ_HOLDS))
            fail_msg("row %zu, levels %d: %s", i / 2, levels, rl_reason_id(w.verdict.why[0]));
        if (levels)
            continue;
        assert_int_equal(w.verdict.origin.verdict, rows[i / 2].origin);
        if (!w.machine) /* the evidence of that origin, not of another */
            assert_int_equal(
                w.verdict.origin.allocstalls == 4711, rows[i / 2].origin == RL_ORIGIN_NODE);
    }
}

static void each_kind_of_line_asks_for_its_own_proof(void **state)
{
    const struct {
        const char *what;
        struct rl_line line;
        bool local, full; /* its own limit was hit; it is in use or read back */
        enum rl_reason why;
    } rows[] = {
        {"levels", usage(9000), false, false, RL_READ_HOLDS},
        {"growth", growth(), false, false, RL_READ_HOLDS},
        {"refaults", refaults(), false, true, RL_ORIGIN_UNATTRIBUTED},
        {"refaults at its limit", refaults(), true, true, RL_READ_HOLDS},
        {"a child's events", events(RL_COUNT_MAX), false, true, RL_ORIGIN_UNATTRIBUTED},
        {"its own events", events(RL_COUNT_MAX), true, false, RL_READ_HOLDS},
        {"somebody died here", events(RL_COUNT_OOM_KILL), false, false, RL_READ_HOLDS},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct watch w = a_watch((struct rl_trigger){.n = 1, .lines = {rows[i].line}});

        look(&w, START);
        w.sample.events = (struct rl_events){.max = 5, .oom_kill = 1};
        w.sample.events_local.max = rows[i].local;
        w.sample.restore_file = rows[i].full ? 1000 : 0;
        look(&w, START + SEC);
        if (w.verdict.why[0] != rows[i].why)
            fail_msg("%s: %s", rows[i].what, rl_reason_id(w.verdict.why[0]));
    }
}

static void pressure_alone_of_a_throttled_cgroup_proves_nothing(void **state)
{
    static const enum rl_origin_want wants[] = {RL_WANT_OWN, RL_WANT_NODE, RL_WANT_ANY};

    for (size_t i = 0; i < LENGTH(wants); i++) {
        struct watch w = a_watch(
            (struct rl_trigger){.n = 1, .lines = {full_over(100, 10 * SEC)}, .origin = wants[i]});

        w.node_looked_at = true;
        w.node_origin.verdict = RL_ORIGIN_NODE;
        look(&w, START);
        w.sample.full_us = w.sample.throttled_us = 3 * SEC;
        w.sample.events_local.max = w.sample.refault_anon = 1;
        assert_int_equal(look(&w, START + 4 * SEC)->why[0], RL_ORIGIN_CPU_THROTTLED);
        w.policy.triggers[0].lines[w.policy.triggers[0].n++] = usage(9000);
        assert_true(look(&w, START + 4 * SEC + 1)->holds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_when_it_has_held_long_enough),
        cmocka_unit_test(a_line_that_fails_begins_it_anew),
        cmocka_unit_test(what_nobody_saw_begins_it_anew),
        cmocka_unit_test(clearing_the_memory_begins_all_anew),
        cmocka_unit_test(without_a_memory_it_never_has_held),
        cmocka_unit_test(the_next_look_is_when_it_is_fulfilled),
        cmocka_unit_test(it_never_fires_early),
        cmocka_unit_test(raising_a_threshold_or_a_time_adds_no_verdict),
        cmocka_unit_test(a_running_incident_is_not_made_to_wait_again),
        cmocka_unit_test(the_gate_is_asked_last),
        cmocka_unit_test(the_shortage_is_the_one_that_is_asked_for),
        cmocka_unit_test(each_kind_of_line_asks_for_its_own_proof),
        cmocka_unit_test(pressure_alone_of_a_throttled_cgroup_proves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
