/* When to look again at what holds, but must not act yet. */
#include "tests/unit/unit.h"

#include <string.h>

#include "policy/judge.h"
#include "tests/unit/policy.h"

#define START (1000 * SEC)

static struct rl_line full_over(uint32_t share, uint64_t window_us)
{
    return (struct rl_line){
        .kind = RL_LINE_PRESSURE, .counter = RL_COUNT_FULL, .share = share, .window_us = window_us};
}

static struct rl_line usage(uint32_t share)
{
    return (struct rl_line){.kind = RL_LINE_USAGE, .share = share};
}

static struct rl_line growth(uint64_t bytes, uint64_t window_us)
{
    return (struct rl_line){.kind = RL_LINE_GROWTH, .bytes = bytes, .window_us = window_us};
}

/* One cgroup at its own limit over time. */
struct watch {
    struct rl_policy policy;
    struct rl_history history;
    struct rl_memory memory;
    struct rl_sample sample;
    struct rl_room room;
    struct rl_verdict verdict;
};

static void begin(struct watch *w, const struct rl_trigger *triggers, size_t n)
{
    memset(w, 0, sizeof(*w));
    w->policy.name = "p";
    w->policy.n_triggers = (uint8_t)n;
    memcpy(w->policy.triggers, triggers, n * sizeof(*triggers));
    w->room = (struct rl_room){.known = true, .usage = 9500, .limit = 100 * MIB};
    w->sample.have = ALL;
}

static void look(struct watch *w, uint64_t now_us)
{
    static const struct rl_level level = {.memory_high = RL_NO_LIMIT,
        .memory_max = 100 * MIB,
        .swap_max = RL_NO_LIMIT,
        .used = 99 * MIB,
        .used_known = true};
    struct rl_node node = a_node();
    const struct rl_case c = {.policy = &w->policy,
        .history = &w->history,
        .room = &w->room,
        .level = &level,
        .node = &node,
        .memory = &w->memory,
        .have = ALL,
        .now_us = now_us};

    w->sample.at_us = now_us;
    w->sample.events_local.max++;
    rl_history_add(&w->history, &w->sample, NULL);
    rl_judge(&c, &w->verdict);
}

/* As the daemon does. */
static uint64_t next_look(const struct watch *w, uint64_t now_us, uint64_t until_us)
{
    if (!w->verdict.holds || until_us <= now_us)
        return w->verdict.next_us;
    return rl_judge_again(&w->policy, &w->verdict, now_us, until_us);
}

/* Everything stalls for a while, so that all that can hold does. */
static void how_soon(void **state)
{
    const struct {
        struct rl_trigger triggers[2];
        uint64_t until_in, next_in; /* 0: nobody knows until when */
    } rows[] = {
        /* a quarter of the window */
        {{{.n = 1, .lines = {full_over(1000, 2 * SEC)}}}, 0, 500 * MS},
        {{{.n = 1, .lines = {full_over(1000, 400 * MS)}}}, 0, 100 * MS},
        {{{.n = 1, .lines = {full_over(1000, 40 * MS)}}}, 0, 25 * MS},
        /* the shortest of all windows */
        {{{.n = 2, .lines = {full_over(1000, 3 * SEC), full_over(1000, 1 * SEC)}}}, 0, 250 * MS},
        {{{.n = 1, .lines = {full_over(1000, 3 * SEC)}},
             {.n = 1, .lines = {full_over(1000, 2 * SEC)}}},
            0, 500 * MS},
        {{{.n = 1, .lines = {full_over(1000, 2 * SEC)}},
             {.n = 1, .lines = {full_over(1000, 3 * SEC)}}},
            0, 500 * MS},
        /* of those that do not hold, too */
        {{{.n = 1, .lines = {full_over(1000, 3 * SEC)}},
             {.n = 2, .lines = {full_over(1000, 2 * SEC), usage(9900)}}},
            0, 500 * MS},
        /* a second at most */
        {{{.n = 1, .lines = {full_over(1000, 10 * SEC)}}}, 0, 1 * SEC},
        {{{.n = 1, .lines = {full_over(300, 600 * SEC)}}}, 0, 1 * SEC},
        {{{.n = 1, .lines = {usage(9000)}}}, 0, 1 * SEC},
        /* when it may act */
        {{{.n = 1, .lines = {full_over(1000, 2 * SEC)}}}, 499 * MS, 499 * MS},
        {{{.n = 1, .lines = {full_over(1000, 2 * SEC)}}}, 1, 1},
        {{{.n = 1, .lines = {usage(9000)}}}, 999 * MS, 999 * MS},
        /* where its windows will begin */
        {{{.n = 1, .lines = {full_over(1000, 2 * SEC)}}}, 2499 * MS, 499 * MS},
        {{{.n = 1, .lines = {full_over(1000, 2 * SEC)}}}, 2501 * MS, 500 * MS},
        {{{.n = 1, .lines = {full_over(1000, 2 * SEC)}}}, 2 * SEC, 500 * MS},
        {{{.n = 2, .lines = {growth(0, 10 * SEC), full_over(1000, 8 * SEC)}}}, 10100 * MS,
            100 * MS},
        {{{.n = 2, .lines = {growth(0, 10 * SEC), full_over(1000, 8 * SEC)}}}, 8200 * MS, 200 * MS},
        {{{.n = 1, .lines = {full_over(1000, 3 * SEC)}},
             {.n = 2, .lines = {full_over(1000, 8 * SEC), usage(9900)}}},
            8300 * MS, 300 * MS},
        /* For= that has held, that runs, and that is to begin */
        {{{.n = 1, .lines = {full_over(1000, 2 * SEC)}, .for_us = 1 * SEC}}, 0, 250 * MS},
        {{{.n = 1, .lines = {full_over(1000, 4 * SEC)}},
             {.n = 1, .lines = {full_over(1000, 4 * SEC)}, .for_us = 19 * SEC + 900 * MS}},
            0, 300 * MS},
        {{{.n = 1, .lines = {full_over(1000, 4 * SEC)}},
             {.n = 2, .lines = {full_over(1000, 4 * SEC), usage(9900)}, .for_us = 9 * SEC}},
            0, 100 * MS},
        /* a gate is asked as often as ever */
        {{{.n = 1, .lines = {full_over(1000, 4 * SEC)}},
             {.n = 1, .lines = {full_over(1000, 4 * SEC)}, .gate = RL_GATE_LINUX_24}},
            0, 250 * MS},
    };
    static struct watch w;

    for (size_t i = 0; i < LENGTH(rows); i++) {
        uint64_t now = START, next;

        begin(&w, rows[i].triggers, rows[i].triggers[1].n ? 2 : 1);
        for (; now <= START + 20 * SEC; now += 20 * MS) {
            w.sample.full_us += 20 * MS;
            look(&w, now);
        }
        now -= 20 * MS;
        assert_true(w.verdict.holds);
        next = rl_judge_again(
            &w.policy, &w.verdict, now, rows[i].until_in > 0 ? now + rows[i].until_in : UINT64_MAX);
        if (next != now + rows[i].next_in)
            fail_msg("row %zu: in %llu us", i, (unsigned long long)(next - now));
    }
}

/* A world whose stall goes up and down every 10 ms, over half a percent in each; looked at from
 * time to time. */
struct world {
    uint64_t full_us[4000]; /* total= at each 10 ms from START on */
};

static void make_world(struct world *world, struct dice *dice)
{
    uint64_t total = 0;

    for (size_t i = 0; i < LENGTH(world->full_us); i++) {
        world->full_us[i] = total;
        total += 50 + (roll(dice, 4) == 0 ? roll(dice, 9950) : roll(dice, 300));
    }
}

static uint64_t total_at(const struct world *world, uint64_t at_us)
{
    uint64_t i = (at_us - START) / 10000, rest = (at_us - START) % 10000;

    return world->full_us[i] + (world->full_us[i + 1] - world->full_us[i]) * rest / 10000;
}

/* However few looks there were: when it may act, its windows hold what they would hold if it had
 * been looked at all the time. */
static void windows_are_exact_when_it_may_act(void **state)
{
    struct dice dice = {4711};
    static struct world world;
    static struct watch w;
    size_t looks = 0;

    for (size_t round = 0; round < 300; round++) {
        struct rl_trigger triggers[2] = {0};
        uint64_t now = START + 8 * SEC, until = now + 6 * SEC + roll(&dice, 10 * SEC);

        for (size_t t = 0; t < 2; t++) {
            triggers[t].n = (uint8_t)(1 + roll(&dice, 2));
            for (size_t i = 0; i < triggers[t].n; i++)
                triggers[t].lines[i] = full_over(10, 1 * SEC + roll(&dice, 4 * SEC));
        }
        make_world(&world, &dice);
        begin(&w, triggers, 2);
        w.sample.full_us = total_at(&world, START);
        look(&w, START); /* nobody looked since */
        for (;; now = next_look(&w, now, until)) {
            w.sample.full_us = total_at(&world, now);
            look(&w, now);
            looks++;
            assert_true(now <= until);
            if (now == until)
                break;
        }
        assert_true(w.verdict.holds);
        for (size_t t = 0; t < 2; t++)
            for (size_t i = 0; i < triggers[t].n; i++) {
                uint64_t window = triggers[t].lines[i].window_us;
                uint64_t stall = total_at(&world, until) - total_at(&world, until - window);

                assert_int_equal(w.verdict.readings[t][i].value, stall * 10000 / window);
            }
    }
    assert_true(looks < (size_t)300 * 16 * 1000 / 25 / 4);
}

/* A trigger with For= on levels that come and go with each second: when it may act it has held for
 * as long as it would have if it had been looked at all the time, or longer; and lets itself be
 * seen as soon. */
static void nothing_comes_later(void **state)
{
    struct dice dice = {99};
    static struct watch often, seldom;
    size_t looks_often = 0, looks_seldom = 0, decided = 0;

    for (size_t round = 0; round < 400; round++) {
        struct rl_trigger trigger = {.n = 2,
            .lines = {usage(9000), full_over(10, 500 * MS + roll(&dice, 9 * SEC))},
            .for_us = roll(&dice, 8) * SEC + roll(&dice, 800 * MS)};
        uint64_t until = START + 5 * SEC + roll(&dice, 30 * SEC), end = until + 20 * SEC;
        uint64_t at_often = START, at_seldom = START, done_often = 0, done_seldom = 0;
        uint16_t usage_at[64];

        for (size_t i = 0; i < LENGTH(usage_at); i++)
            usage_at[i] = roll(&dice, 5) ? 9500 : 8000;
        begin(&often, &trigger, 1);
        begin(&seldom, &trigger, 1);
        for (uint64_t now = START; now < end; now += 25 * MS) {
            uint32_t used = usage_at[(now - START) / SEC % LENGTH(usage_at)];

            often.sample.full_us = seldom.sample.full_us = (now - START) / 2;
            often.room.usage = seldom.room.usage = used;
            if (!done_often && now >= at_often) {
                look(&often, now);
                at_often = often.verdict.next_us;
                looks_often += now < until;
                done_often = often.verdict.holds && now >= until ? now : 0;
            }
            if (!done_seldom && now >= at_seldom) {
                look(&seldom, now);
                at_seldom = next_look(&seldom, now, until);
                looks_seldom += now < until;
                done_seldom = seldom.verdict.holds && now >= until ? now : 0;
            }
        }
        if (done_often && (!done_seldom || done_seldom > done_often + 100 * MS))
            fail_msg("round %zu: %lld ms later", round,
                ((long long)done_seldom - (long long)done_often) / 1000);
        decided += done_often != 0;
    }
    assert_true(decided > 200);
    assert_true(looks_seldom * 4 < looks_often);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_soon),
        cmocka_unit_test(windows_are_exact_when_it_may_act),
        cmocka_unit_test(nothing_comes_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
