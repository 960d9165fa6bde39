#include "tests/unit/unit.h"

#include <string.h>

#include "policy/judge.h"
#include "tests/unit/policy.h"
#include "tests/vm/trace/trace.h"

/* Judgement over what really was (tests/fixtures/traces), looked at as the daemon does: at the
 * first look not before next_us. */

#define FOLDER       RL_SOURCE_ROOT "/tests/fixtures/traces/"
#define LOOKS_MAX    200
#define RANDOM_CASES 3000

/* A short For= asks for looks close together and begins anew where one comes later than that. A
 * longer one does not, yet: where the recorder was late, both begin anew. */
#define LATE_US (250 * MS)

struct trace {
    const char *name;
    struct look looks[LOOKS_MAX];
    size_t n;
    /* Replaying it */
    struct rl_history history;
    struct rl_memory memory;
};

static struct trace traces[] = {
    {.name = "leaker"},
    {.name = "thrasher"},
    {.name = "reader"},
    {.name = "quiet"},
};

static void read_trace(struct trace *trace)
{
    char path[512], line[1024];
    FILE *file;

    snprintf(path, sizeof(path), FOLDER "%s.trace", trace->name);
    file = fopen(path, "re");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof(line), file)) {
        if (*line == '#')
            continue;
        assert_in_range(trace->n, 0, LOOKS_MAX - 1);
        if (!look_parse(line, &trace->looks[trace->n++]))
            fail_msg("%s: %s", path, line);
    }
    fclose(file);
    assert_in_range(trace->n, 30, LOOKS_MAX);
}

static int read_traces(void **state)
{
    for (size_t i = 0; i < LENGTH(traces); i++)
        read_trace(&traces[i]);
    return 0;
}

static struct trace *trace_of(const char *name)
{
    for (size_t i = 0; i < LENGTH(traces); i++)
        if (strcmp(traces[i].name, name) == 0)
            return &traces[i];
    fail_msg("no trace %s", name);
    return NULL;
}

static void begin(struct trace *trace)
{
    rl_history_clear(&trace->history);
    rl_memory_clear(&trace->memory);
}

/* What on_look() of the daemon does. */
static void judge(struct trace *trace, const struct look *look, const struct rl_policy *policy,
    struct rl_memory *memory, struct rl_verdict *ret)
{
    struct rl_room room;
    struct rl_case c = {
        .policy = policy,
        .history = &trace->history,
        .room = &room,
        .level = &look->levels[0],
        .node = &look->node,
        .memory = memory,
        .have = look->sample.have,
        .now_us = look->sample.at_us,
    };

    rl_room_of(look->levels, TRACE_LEVELS, &look->node, &room);
    rl_judge(&c, ret);
}

static void add(struct trace *trace, const struct look *look)
{
    rl_history_add(&trace->history, &look->sample, &look->node);
}

/* Return: the look at which the policy held first, NULL when it never did. */
static const struct look *replay(struct trace *trace, const struct rl_policy *policy)
{
    uint64_t next_us = 0;

    begin(trace);
    for (size_t i = 0; i < trace->n; i++) {
        const struct look *look = &trace->looks[i];
        struct rl_verdict verdict;

        if (look->sample.at_us < next_us)
            continue;
        add(trace, look);
        judge(trace, look, policy, &trace->memory, &verdict);
        if (verdict.holds)
            return look;
        assert_true(verdict.next_us > look->sample.at_us);
        next_us = verdict.next_us;
    }
    return NULL;
}

static struct rl_line pressure(enum rl_counter counter, uint32_t share, uint64_t window_us)
{
    return (struct rl_line){
        .kind = RL_LINE_PRESSURE, .counter = counter, .share = share, .window_us = window_us};
}

static struct rl_line headroom(uint32_t share)
{
    return (struct rl_line){
        .kind = RL_LINE_HEADROOM, .relative = true, .share = share, .max_bytes = RL_NO_LIMIT};
}

static struct rl_policy policy_of(struct rl_line first, struct rl_line second)
{
    return (struct rl_policy){
        .name = "replayed",
        .triggers = {{.name = "stall", .lines = {first, second}, .n = 2}},
        .n_triggers = 1,
    };
}

/* --- what must happen --- */

static uint64_t full_stall_before(const struct trace *trace, const struct look *until)
{
    return until->sample.full_us - trace->looks[0].sample.full_us;
}

static void who_leaks_or_thrashes_is_noticed(void **state)
{
    static const char *const names[] = {"leaker", "thrasher"};
    static const uint64_t windows[] = {1 * SEC, 2 * SEC, 4 * SEC};
    static const uint32_t shares[] = {500, 1500};

    for (size_t i = 0; i < LENGTH(names) * LENGTH(windows) * LENGTH(shares); i++) {
        struct trace *trace = trace_of(names[i % 2]);
        uint64_t window = windows[i / 2 % LENGTH(windows)];
        uint32_t share = shares[i / 2 / LENGTH(windows)];
        const struct rl_policy policy = policy_of(
            pressure(RL_COUNT_FULL, share, window), headroom(500));
        const struct look *look = replay(trace, &policy);

        if (!look)
            fail_msg("%s: full %u over %llu us: never", trace->name, (unsigned)share,
                (unsigned long long)window);
        /* Never before there was so much stall at all. */
        assert_true(full_stall_before(trace, look) * RL_WHOLE >= window * share);
        assert_true(look->levels[0].used * 100 >=
                    95 * (look->levels[0].memory_high < look->levels[0].memory_max
                                 ? look->levels[0].memory_high
                                 : look->levels[0].memory_max));
    }
}

static void who_reads_files_or_rests_is_left_alone(void **state)
{
    static const char *const names[] = {"reader", "quiet"};

    for (size_t i = 0; i < LENGTH(names); i++)
        for (uint64_t window = SEC / 2; window <= 4 * SEC; window *= 2) {
            const struct rl_policy policy = policy_of(
                pressure(RL_COUNT_SOME, 100, window), headroom(2000));

            assert_null(replay(trace_of(names[i]), &policy));
        }
}

/* The traces are worth something: the reader does stall, and hits its limit all the time. */
static void the_reader_is_under_pressure(void **state)
{
    const struct trace *trace = trace_of("reader");
    const struct rl_sample *first = &trace->looks[0].sample,
                           *last = &trace->looks[trace->n - 1].sample;

    assert_true(last->events_local.max > first->events_local.max + 100);
    assert_true((last->some_us - first->some_us) * RL_WHOLE > 100 * (last->at_us - first->at_us));
}

/* --- what holds for all policies --- */

static struct rl_policy a_policy(struct dice *dice)
{
    enum rl_counter counter = roll(dice, 2) ? RL_COUNT_SOME : RL_COUNT_FULL;
    struct rl_policy policy = policy_of(
        pressure(counter, (uint32_t)(1 + roll(dice, 4000)), SEC / 2 + roll(dice, 5 * SEC)),
        headroom((uint32_t)(1 + roll(dice, 9000))));

    if (roll(dice, 2))
        policy.triggers[0].lines[1] = (struct rl_line){
            .kind = RL_LINE_USAGE, .share = (uint32_t)(1 + roll(dice, RL_WHOLE))};
    policy.triggers[0].n = (uint8_t)(1 + roll(dice, 2));
    policy.triggers[0].for_us = roll(dice, 2) ? roll(dice, 3 * SEC) : 0;
    return policy;
}

/* The same policy with one number that asks for more. */
static struct rl_policy stricter(struct dice *dice, struct rl_policy policy)
{
    struct rl_trigger *trigger = &policy.triggers[0];
    struct rl_line *line = &trigger->lines[roll(dice, trigger->n)];

    if (roll(dice, 3) == 0)
        trigger->for_us += 1 + roll(dice, 2 * SEC);
    else if (line->kind == RL_LINE_HEADROOM)
        line->share = (uint32_t)roll(dice, line->share);
    else
        line->share += (uint32_t)(1 + roll(dice, 3000));
    return policy;
}

/* Return: how often the lax one held. */
static size_t compare(struct trace *trace, const struct rl_policy *lax,
    const struct rl_policy *strict, struct dice *dice)
{
    struct rl_memory memory = {0};
    size_t held = 0;

    begin(trace);
    /* From any moment on, as a cgroup may begin to stir at any. */
    for (size_t first = roll(dice, trace->n / 2), i = first; i < trace->n; i++) {
        const struct look *look = &trace->looks[i];
        struct rl_verdict a, b;

        if (i > first && look->sample.at_us - look[-1].sample.at_us > LATE_US) {
            rl_memory_clear(&trace->memory);
            rl_memory_clear(&memory);
        }
        add(trace, look);
        judge(trace, look, lax, &trace->memory, &a);
        judge(trace, look, strict, &memory, &b);
        held += a.holds;
        if (b.holds && !a.holds)
            fail_msg("%s, look %zu: the stricter policy alone holds", trace->name, i);
        if (i == first)
            assert_false(a.holds);
    }
    return held;
}

static void asking_for_more_never_leads_to_more(void **state)
{
    struct dice dice = {.state = 20};
    size_t held = 0;

    for (size_t i = 0; i < RANDOM_CASES; i++) {
        const struct rl_policy lax = a_policy(&dice), strict = stricter(&dice, lax);

        held += compare(&traces[i % LENGTH(traces)], &lax, &strict, &dice) > 0;
    }
    assert_in_range(held, RANDOM_CASES / 10, RANDOM_CASES * 9 / 10); /* else it shows nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_leaks_or_thrashes_is_noticed),
        cmocka_unit_test(who_reads_files_or_rests_is_left_alone),
        cmocka_unit_test(the_reader_is_under_pressure),
        cmocka_unit_test(asking_for_more_never_leads_to_more),
    };

    return cmocka_run_group_tests(tests, read_traces, NULL);
}
