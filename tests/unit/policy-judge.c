#include "tests/unit/unit.h"

#include <string.h>

#include "policy/judge.h"
#include "tests/unit/policy.h"

/* Ten seconds of a cgroup's life up to NOW, steady, looked at every 100 ms. */
#define NOW (1000 * SEC)

struct life {
    uint64_t stall, throttled;             /* share of the time, of 10000 */
    uint64_t local, refaults, allocstalls; /* per look */
    uint64_t periods_throttled;            /* share of the cpu.max periods, one per look */
    uint64_t taken, back;                  /* per look, by kswapd and to anybody */
};

static struct rl_history history;

static void live(const struct life *life)
{
    rl_history_clear(&history);
    for (uint64_t i = 0; i <= 100; i++) {
        struct rl_node node = a_node();
        const struct rl_sample sample = {
            .at_us = NOW - 10 * SEC + i * 100 * MS,
            .have = ALL,
            .full_us = i * 100 * MS * life->stall / RL_WHOLE,
            .throttled_us = i * 100 * MS * life->throttled / RL_WHOLE,
            .cpu_periods = i,
            .cpu_periods_throttled = i * life->periods_throttled / RL_WHOLE,
            .events_local = {.max = i * life->local},
            .events = {.max = i * life->local * 7},
            .refault_anon = i * life->refaults,
        };

        node.allocstall = i * life->allocstalls;
        node.kswapd_taken = i * life->taken;
        node.refaults = i * life->back;
        rl_history_add(&history, &sample, &node);
    }
}

static struct rl_level level_of(uint64_t used, uint64_t high, uint64_t max)
{
    struct rl_level level = a_level(used);

    level.memory_high = high;
    level.memory_max = max;
    return level;
}

/* --- origin --- */

static void a_cgroup_is_to_blame_for_its_own_limit_only(void **state)
{
    static const struct {
        const char *what;
        struct life life;
        uint64_t used, high, max;
        bool blind;
        enum rl_reason verdict;
    } rows[] = {
        {"events and full", {.local = 1}, 90 * MIB, RL_NO_LIMIT, 100 * MIB, false, RL_ORIGIN_OWN},
        {"not quite full", {.local = 1}, 90 * MIB - 1, RL_NO_LIMIT, 100 * MIB, false,
            RL_ORIGIN_UNATTRIBUTED},
        {"page cache alone", {.local = 100}, 10 * MIB, RL_NO_LIMIT, 100 * MIB, false,
            RL_ORIGIN_UNATTRIBUTED},
        {"events and refaults", {.local = 1, .refaults = 1}, 10 * MIB, RL_NO_LIMIT, 100 * MIB,
            false, RL_ORIGIN_OWN},
        {"refaults alone", {.refaults = 100}, 95 * MIB, RL_NO_LIMIT, 100 * MIB, false,
            RL_ORIGIN_UNATTRIBUTED},
        {"full alone", {0}, 100 * MIB, RL_NO_LIMIT, 100 * MIB, false, RL_ORIGIN_UNATTRIBUTED},
        {"memory.high", {.local = 1}, 90 * MIB, 100 * MIB, GIB, false, RL_ORIGIN_OWN},
        {"no limit of its own", {.local = 1, .refaults = 9}, GIB, RL_NO_LIMIT, RL_NO_LIMIT, false,
            RL_ORIGIN_UNATTRIBUTED},
        {"unknown use", {.local = 1}, 100 * MIB, RL_NO_LIMIT, 100 * MIB, true,
            RL_ORIGIN_UNATTRIBUTED},
        {"unknown use, refaults", {.local = 1, .refaults = 1}, 0, RL_NO_LIMIT, 100 * MIB, true,
            RL_ORIGIN_OWN},
        {"a limit smaller than a page", {.local = 1}, 8999, RL_NO_LIMIT, 9999, false,
            RL_ORIGIN_OWN},
        {"the same, not full", {.local = 1}, 8997, RL_NO_LIMIT, 9999, false,
            RL_ORIGIN_UNATTRIBUTED},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_level level = level_of(rows[i].used, rows[i].high, rows[i].max);
        struct rl_evidence e;

        level.used_known = !rows[i].blind;
        live(&rows[i].life);
        rl_origin_cgroup(&history, &level, ALL, NOW, 5 * SEC, &e);
        if (e.verdict != rows[i].verdict)
            fail_msg("%s: %s", rows[i].what, rl_reason_id(e.verdict));
        assert_int_equal(e.local_events, 50 * rows[i].life.local); /* of 5 s, not of all 10 */
        assert_int_equal(e.refaults, 50 * rows[i].life.refaults);
        assert_int_equal(e.window_us, 5 * SEC);
    }
}

static void evidence_outside_of_the_window_is_none(void **state)
{
    const struct life busy = {.local = 5, .refaults = 5, .allocstalls = 5, .taken = 5, .back = 5};
    const struct rl_level level = level_of(100 * MIB, RL_NO_LIMIT, 100 * MIB);
    struct rl_node node = a_node();
    struct rl_evidence e;

    live(&busy);
    rl_origin_cgroup(&history, &level, ALL, NOW + 6 * SEC, 5 * SEC, &e);
    assert_int_equal(e.verdict, RL_ORIGIN_UNATTRIBUTED);
    node.mem_available = 0;
    rl_origin_node(&history, &node, 0, NOW + 6 * SEC, 5 * SEC, &e);
    assert_int_equal(e.verdict, RL_ORIGIN_UNATTRIBUTED);
}

static void throttled_is_over_a_fifth_of_the_window(void **state)
{
    const struct rl_level level = level_of(MIB, RL_NO_LIMIT, MIB);

    for (uint64_t share = 1900; share <= 2100; share += 100) {
        const struct life life = {.local = 1, .throttled = share};
        struct rl_evidence e;

        live(&life);
        rl_origin_cgroup(&history, &level, ALL, NOW, 5 * SEC, &e);
        assert_int_equal(e.throttled, share > 2000);
        assert_int_equal(e.verdict, RL_ORIGIN_OWN); /* told apart */
        rl_origin_cgroup(&history, &level, ALL & ~RL_HAVE_CPU, NOW, 5 * SEC, &e);
        assert_false(e.throttled);
    }
}

/* One throttle that outlasts the window: throttled_usec stands still until it ends. */
static void throttled_is_a_throttle_without_end(void **state)
{
    const struct rl_level level = level_of(MIB, RL_NO_LIMIT, MIB);
    const struct {
        uint64_t share, window;
        bool throttled;
    } rows[] = {
        {10000, 5 * SEC, true}, {9200, 5 * SEC, true}, {8500, 5 * SEC, false}, {0, 5 * SEC, false},
        {10000, 400 * MS, false}, /* four periods tell nothing */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct life life = {.local = 1, .periods_throttled = rows[i].share};
        struct rl_evidence e;

        live(&life);
        rl_origin_cgroup(&history, &level, ALL, NOW, rows[i].window, &e);
        assert_int_equal(e.throttled, rows[i].throttled);
    }
}

/* A cgroup that was just noticed: a third of a second of stall is 15 % of two seconds already. */
static void throttled_is_known_as_soon_as_the_pressure_is(void **state)
{
    const struct rl_level level = level_of(MIB, RL_NO_LIMIT, MIB);

    for (uint64_t share = 1900; share <= 2100; share += 100) {
        const struct life life = {.local = 1, .throttled = share};
        struct rl_evidence e;

        live(&life);
        memmove(history.points, history.points + history.n - 4, 4 * sizeof(history.points[0]));
        history.n = 4;
        rl_origin_cgroup(&history, &level, ALL, NOW, 2 * SEC, &e);
        assert_int_equal(e.throttled, share > 2000);
    }
}

static void the_machine_is_short_when_somebody_reclaims_directly(void **state)
{
    struct rl_node node = a_node();
    struct rl_evidence e;
    struct life life = {.stall = 9000, .refaults = 9};

    live(&life);
    rl_origin_node(&history, &node, 0, NOW, 5 * SEC, &e);
    assert_int_equal(e.verdict, RL_ORIGIN_UNATTRIBUTED);
    life.allocstalls = 1;
    live(&life);
    node.mem_available = 9 * GIB; /* more than there is: a broken file */
    rl_origin_node(&history, &node, 0, NOW, 5 * SEC, &e);
    assert_int_equal(e.verdict, RL_ORIGIN_NODE);
    assert_int_equal(e.allocstalls, 50);
    assert_int_equal(e.used, 0);
    assert_int_equal(e.limit, 8 * GIB);
}

/* kswapd keeps up, and nobody reclaims directly. 10 looks a second: 50 in the window. */
static void the_machine_is_short_when_kswapd_takes_what_it_needs(void **state)
{
    static const struct {
        const char *what;
        uint64_t taken, back; /* per look */
        uint64_t limited, available;
        enum rl_reason verdict;
    } rows[] = {
        {"a working set larger than the memory", 1700, 1600, 0, 0, RL_ORIGIN_NODE},
        {"an idle machine", 0, 0, 0, 0, RL_ORIGIN_UNATTRIBUTED},
        {"a backup", 9000, 0, 0, 0, RL_ORIGIN_UNATTRIBUTED},
        {"hardly anything comes back", 9000, 0, 49, 0, RL_ORIGIN_UNATTRIBUTED},
        {"ten a second", 1, 1, 0, 0, RL_ORIGIN_NODE},
        {"kswapd sleeps: an old squeeze", 0, 1600, 0, 0, RL_ORIGIN_UNATTRIBUTED},
        {"kswapd has taken less than half", 799, 1600, 0, 0, RL_ORIGIN_UNATTRIBUTED},
        {"kswapd has taken half", 800, 1600, 0, 0, RL_ORIGIN_NODE},
        {"a backup beside a cgroup at its limit", 9000, 100, 5000, 0, RL_ORIGIN_UNATTRIBUTED},
        {"more than half at limits", 9000, 100, 2501, 0, RL_ORIGIN_UNATTRIBUTED},
        {"half at limits", 9000, 100, 2500, 0, RL_ORIGIN_NODE},
        {"a tenth is available", 1700, 1600, 0, 8 * GIB / 10, RL_ORIGIN_UNATTRIBUTED},
        {"not quite a tenth", 1700, 1600, 0, 8 * GIB / 10 - 1, RL_ORIGIN_NODE},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_node node = a_node();
        struct rl_evidence e;

        node.mem_available = rows[i].available;
        live(&(struct life){.taken = rows[i].taken, .back = rows[i].back});
        rl_origin_node(&history, &node, rows[i].limited, NOW, 5 * SEC, &e);
        if (e.verdict != rows[i].verdict)
            fail_msg("%s: %s", rows[i].what, rl_reason_id(e.verdict));
        assert_int_equal(e.allocstalls, 0);
        assert_int_equal(e.kswapd_taken, 50 * rows[i].taken);
        assert_int_equal(e.refaults, 50 * rows[i].back);
        assert_int_equal(e.refaults_limited, rows[i].limited);
    }
}

/* What counts as trivial is a rate, over as much of the window as was looked at. */
static void few_pages_in_a_short_time_are_no_trifle(void **state)
{
    static const struct {
        uint64_t every; /* microseconds per page */
        size_t points;
        enum rl_reason verdict;
    } rows[] = {
        {100 * MS, 101, RL_ORIGIN_NODE}, {101 * MS, 101, RL_ORIGIN_UNATTRIBUTED},
        {100 * MS, 4, RL_ORIGIN_NODE}, {1, 1, RL_ORIGIN_UNATTRIBUTED}, /* nothing to compare with */
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_node node = a_node();
        struct rl_evidence e;

        node.mem_available = 0;
        rl_history_clear(&history);
        for (size_t p = 0; p < rows[i].points; p++) {
            const struct rl_sample sample = {.at_us = NOW - (rows[i].points - 1 - p) * 100 * MS};

            node.kswapd_taken = 1000 * p;
            node.refaults = p * 100 * MS / rows[i].every;
            rl_history_add(&history, &sample, &node);
        }
        rl_origin_node(&history, &node, 0, NOW, 10 * SEC, &e);
        assert_int_equal(e.verdict, rows[i].verdict);
    }
}

/* --- judge --- */

static struct rl_line full_over(uint32_t share, uint64_t window_us)
{
    return (struct rl_line){
        .kind = RL_LINE_PRESSURE, .counter = RL_COUNT_FULL, .share = share, .window_us = window_us};
}

static struct rl_line usage(uint32_t share)
{
    return (struct rl_line){.kind = RL_LINE_USAGE, .share = share};
}

static struct rl_policy policy_of(const struct rl_trigger *triggers, uint8_t n)
{
    struct rl_policy policy = {.name = "p", .n_triggers = n};

    memcpy(policy.triggers, triggers, n * sizeof(*triggers));
    return policy;
}

static uint64_t limited; /* pages that came back to cgroups at their own limits */

static struct rl_verdict judge(
    const struct rl_policy *policy, const struct rl_level *level, uint64_t usage_share)
{
    const struct rl_room room = {.known = true, .usage = usage_share, .limit = GIB};
    struct rl_node node = a_node();
    const struct rl_case c = {.policy = policy,
        .history = &history,
        .room = &room,
        .level = level,
        .node = &node,
        .have = ALL,
        .refaults_limited = limited,
        .now_us = NOW};
    struct rl_verdict verdict;

    node.mem_available = 0;
    rl_judge(&c, &verdict);
    return verdict;
}

static void pressure_needs_somebody_to_blame(void **state)
{
    const struct rl_trigger pressure = {.n = 1, .lines = {full_over(3000, 5 * SEC)}};
    const struct rl_trigger both = {.n = 2, .lines = {full_over(3000, 5 * SEC), usage(9000)}};
    const struct rl_trigger level_only = {.n = 1, .lines = {usage(9000)}};
    const struct {
        const char *what;
        const struct rl_trigger *trigger;
        struct life life;
        bool machine, holds;
        enum rl_reason origin;
    } rows[] = {
        {"own", &pressure, {.stall = 4000, .local = 1}, false, true, RL_ORIGIN_OWN},
        {"too little", &pressure, {.stall = 2000, .local = 1}, false, false, RL_ORIGIN_OWN},
        {"somebody else's", &pressure, {.stall = 9000}, false, false, RL_ORIGIN_UNATTRIBUTED},
        {"somebody else's, and full", &both, {.stall = 9000}, false, false, RL_ORIGIN_UNATTRIBUTED},
        {"direct reclaim is the machine's", &pressure, {.stall = 9000, .allocstalls = 9}, false,
            false, RL_ORIGIN_UNATTRIBUTED},
        {"levels need no blame", &level_only, {0}, false, true, RL_ORIGIN_UNATTRIBUTED},
        {"throttled", &pressure, {.stall = 9000, .local = 1, .throttled = 3000}, false, false,
            RL_ORIGIN_CPU_THROTTLED},
        {"throttled, and full", &both, {.stall = 9000, .local = 1, .throttled = 3000}, false, true,
            RL_ORIGIN_OWN},
        {"the machine", &pressure, {.stall = 9000, .allocstalls = 1}, true, true, RL_ORIGIN_NODE},
        {"the machine, in kswapd only", &pressure, {.stall = 9000, .taken = 9}, true, false,
            RL_ORIGIN_UNATTRIBUTED},
        {"the machine, in kswapd, and it comes back", &pressure,
            {.stall = 9000, .taken = 9, .back = 9}, true, true, RL_ORIGIN_NODE},
        {"that proves nothing of a cgroup", &pressure, {.stall = 9000, .taken = 9, .back = 9},
            false, false, RL_ORIGIN_UNATTRIBUTED},
        {"a cgroup's events are not the machine's", &pressure, {.stall = 9000, .local = 9}, true,
            false, RL_ORIGIN_UNATTRIBUTED},
    };
    const struct rl_level level = level_of(95 * MIB, RL_NO_LIMIT, 100 * MIB);

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_policy policy = policy_of(rows[i].trigger, 1);
        struct rl_verdict v;

        live(&rows[i].life);
        v = judge(&policy, rows[i].machine ? NULL : &level, 9500);
        if (v.holds != rows[i].holds || v.origin.verdict != rows[i].origin)
            fail_msg("%s: %d, %s", rows[i].what, v.holds, rl_reason_id(v.origin.verdict));
    }
}

static void what_comes_back_at_limits_is_not_the_machine_s(void **state)
{
    const struct rl_trigger pressure = {.n = 1, .lines = {full_over(3000, 5 * SEC)}};
    const struct rl_policy policy = policy_of(&pressure, 1);

    live(&(struct life){.stall = 9000, .taken = 9, .back = 9});
    limited = 9 * 50 / 2;
    assert_true(judge(&policy, NULL, 9500).holds);
    limited++;
    assert_false(judge(&policy, NULL, 9500).holds);
    limited = 0;
}

/* 0 holds 1, which holds 2 and 3; 5 holds 4, which comes before it. */
static void what_came_back_below_an_origin_counts_once(void **state)
{
    static const struct {
        bool own[6]; /* has it a shortage of its own? */
        uint64_t pages[6], sum;
    } rows[] = {
        {{0}, {1, 2, 3, 4, 5, 6}, 0},
        {{1, 0, 0, 0, 0, 0}, {1, 2, 3, 4, 5, 6}, 1},
        {{1, 1, 1, 1, 0, 0}, {1, 2, 3, 4, 5, 6}, 1},
        {{0, 0, 1, 1, 0, 0}, {1, 2, 3, 4, 5, 6}, 7},
        {{1, 0, 1, 0, 0, 0}, {1, 2, 3, 4, 5, 6}, 1}, /* with one between them that has none */
        {{0, 1, 0, 1, 1, 0}, {1, 2, 3, 4, 5, 6}, 7},
        {{0, 0, 0, 0, 1, 1}, {1, 2, 3, 4, 5, 6}, 6},
        {{0, 0, 0, 0, 0, 1}, {1, 2, 3, 4, 5, 6}, 6},
        {{1, 1, 1, 1, 1, 1}, {1, 2, 3, 4, 5, 6}, 7},
    };
    static const int32_t above[] = {-1, 0, 1, 1, 5, -1};
    const struct rl_level level = level_of(100 * MIB, RL_NO_LIMIT, 100 * MIB);
    static struct rl_history histories[6];

    for (size_t r = 0; r < LENGTH(rows); r++) {
        struct rl_suspect suspects[6];

        for (size_t i = 0; i < 6; i++) {
            live(&(struct life){.local = rows[r].own[i], .refaults = rows[r].pages[i]});
            histories[i] = history;
            suspects[i] = (struct rl_suspect){
                .history = &histories[i], .level = &level, .have = ALL, .above = above[i]};
        }
        if (rl_origin_limited(suspects, 6, NOW, 5 * SEC) != 50 * rows[r].sum)
            fail_msg("row %zu: %lu", r, rl_origin_limited(suspects, 6, NOW, 5 * SEC));
    }
    assert_int_equal(rl_origin_limited(NULL, 0, NOW, 5 * SEC), 0);
}

static void the_first_trigger_that_holds_is_named_and_all_are_read(void **state)
{
    const struct rl_trigger triggers[] = {
        {.n = 1, .lines = {full_over(9000, 5 * SEC)}},
        {.n = 1, .lines = {full_over(4000, 8 * SEC)}},
        {.n = 2, .lines = {full_over(100, SEC), usage(9900)}},
        {.n = 1, .lines = {usage(100)}},
    };
    const struct rl_policy policy = policy_of(triggers, LENGTH(triggers));
    const struct rl_level level = level_of(95 * MIB, RL_NO_LIMIT, 100 * MIB);
    struct rl_verdict v;

    live(&(struct life){.stall = 5000, .local = 1});
    v = judge(&policy, &level, 9500);
    assert_true(v.holds);
    assert_int_equal(v.trigger, 1);
    assert_int_equal(v.origin.window_us, 8 * SEC); /* the longest of all */
    assert_int_equal(v.readings[0][0].value, 5000);
    assert_false(v.readings[0][0].holds);
    assert_true(v.readings[1][0].holds);
    assert_true(v.readings[2][0].holds);
    assert_false(v.readings[2][1].holds);
    assert_true(v.readings[3][0].holds);

    live(&(struct life){.stall = 5000}); /* nobody to blame: the last one asks for no blame */
    v = judge(&policy, &level, 9500);
    assert_true(v.holds);
    assert_int_equal(v.trigger, 3);
}

static void the_next_look_is_the_earliest_of_all_triggers(void **state)
{
    const struct rl_trigger triggers[] = {
        {.n = 1, .lines = {full_over(9000, 600 * SEC)}},
        {.n = 1, .lines = {full_over(5000, 4 * SEC)}},
        {.n = 1, .lines = {full_over(9000, 60 * SEC)}},
    };
    const struct rl_level level = level_of(0, RL_NO_LIMIT, RL_NO_LIMIT);
    struct rl_policy policy = policy_of(triggers, LENGTH(triggers));

    live(&(struct life){0});
    assert_int_equal(judge(&policy, &level, 0).next_us, NOW + SEC);
    policy.n_triggers = 1;
    assert_int_equal(judge(&policy, &level, 0).next_us, NOW + 150 * SEC);
    policy.n_triggers = 0;
    assert_false(judge(&policy, &level, 0).holds);
    assert_true(judge(&policy, &level, 0).next_us == UINT64_MAX);
}

static void without_numbers_nothing_holds(void **state)
{
    const struct rl_trigger both = {.n = 2, .lines = {full_over(0, 5 * SEC), usage(0)}};
    const struct rl_policy policy = policy_of(&both, 1);
    const struct rl_level level = level_of(95 * MIB, RL_NO_LIMIT, 100 * MIB);
    const struct rl_node node = a_node();
    struct rl_case c = {.policy = &policy,
        .history = &history,
        .level = &level,
        .node = &node,
        .have = ALL,
        .now_us = NOW};
    struct rl_verdict verdict;

    live(&(struct life){.stall = 9000, .local = 9});
    rl_judge(&c, &verdict);
    assert_false(verdict.holds);
    assert_int_equal(verdict.readings[0][1].why, RL_READ_NO_MEMORY_FILES);
    c.have = 0;
    rl_judge(&c, &verdict);
    assert_int_equal(verdict.readings[0][0].why, RL_READ_NO_PRESSURE);
    rl_history_clear(&history);
    c.have = ALL;
    rl_judge(&c, &verdict);
    assert_int_equal(verdict.readings[0][0].why, RL_READ_FIRST_SAMPLE);
}

static void raising_thresholds_adds_no_verdict(void **state)
{
    struct dice dice = {37};
    size_t easy_held = 0, hard_held = 0;

    for (int i = 0; i < 3000; i++) {
        const struct life life = {.stall = roll(&dice, RL_WHOLE + 1),
            .local = roll(&dice, 2),
            .refaults = roll(&dice, 2),
            .throttled = roll(&dice, 4000)};
        const struct rl_level level = level_of(roll(&dice, 100 * MIB), RL_NO_LIMIT, 100 * MIB);
        uint64_t used_share = roll(&dice, RL_WHOLE);
        struct rl_trigger trigger = {.n = (uint8_t)(1 + roll(&dice, 2))};
        struct rl_policy policy;
        bool easy, hard;

        trigger.lines[0] = full_over((uint32_t)roll(&dice, RL_WHOLE), SEC + roll(&dice, 9 * SEC));
        trigger.lines[1] = usage((uint32_t)roll(&dice, RL_WHOLE));
        live(&life);
        policy = policy_of(&trigger, 1);
        easy = judge(&policy, &level, used_share).holds;
        policy.triggers[0].lines[roll(&dice, 2)].share += (uint32_t)roll(&dice, 3000);
        hard = judge(&policy, &level, used_share).holds;
        assert_false(hard && !easy);
        easy_held += easy;
        hard_held += hard;
    }
    assert_true(hard_held > 100 && easy_held > hard_held);
}

/* --- names --- */

static void names_and_reasons_are_complete(void **state)
{
    for (int i = 0; i < RL_REASONS; i++) {
        const char *id = rl_reason_id(i), *text = rl_reason_text(i);

        assert_true(strlen(id) > 0 && strlen(text) > 0);
        assert_string_not_equal(id, "unknown");
        assert_true(text[strlen(text) - 1] != '.');
        assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(id));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(id, rl_reason_id(k));
    }
    assert_string_equal(rl_reason_id(RL_REASONS), "unknown");
    assert_string_equal(rl_reason_text((enum rl_reason) - 1), "unknown reason");
    assert_string_equal(rl_kill_name(RL_KILL_TREE), "tree");
    assert_null(rl_kill_name(RL_KILL_TREE + 1));
    assert_string_equal(rl_step_name(RL_STEP_KILL), "kill");
    assert_null(rl_step_name(RL_STEP_KINDS));
    assert_string_equal(rl_fact_name(RL_FACT_MAIN), "main");
    assert_string_equal(rl_fact_name(RL_FACT_LEADER), "leader");
    assert_null(rl_fact_name(RL_FACTS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cgroup_is_to_blame_for_its_own_limit_only),
        cmocka_unit_test(evidence_outside_of_the_window_is_none),
        cmocka_unit_test(throttled_is_over_a_fifth_of_the_window),
        cmocka_unit_test(throttled_is_a_throttle_without_end),
        cmocka_unit_test(throttled_is_known_as_soon_as_the_pressure_is),
        cmocka_unit_test(the_machine_is_short_when_somebody_reclaims_directly),
        cmocka_unit_test(the_machine_is_short_when_kswapd_takes_what_it_needs),
        cmocka_unit_test(few_pages_in_a_short_time_are_no_trifle),
        cmocka_unit_test(pressure_needs_somebody_to_blame),
        cmocka_unit_test(what_comes_back_at_limits_is_not_the_machine_s),
        cmocka_unit_test(what_came_back_below_an_origin_counts_once),
        cmocka_unit_test(the_first_trigger_that_holds_is_named_and_all_are_read),
        cmocka_unit_test(the_next_look_is_the_earliest_of_all_triggers),
        cmocka_unit_test(without_numbers_nothing_holds),
        cmocka_unit_test(raising_thresholds_adds_no_verdict),
        cmocka_unit_test(names_and_reasons_are_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
