/* Who waits for whom among the hot cgroups and the incidents of an engine. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/engine-private.h"
#include "daemon/observe/name.h"
#include "daemon/observe/watch-private.h"
#include "tests/unit/policy.h"

#define NOW     (1000 * SEC)
#define CGROUPS 32

static const struct rl_policy policies[] = {
    {.name = "own", .victim = {.within = RL_WITHIN_OFFENDER}},
    {.name = "subject", .victim = {.within = RL_WITHIN_SUBJECT}},
    {.name = "pool", .victim = {.within = RL_WITHIN_GLOB, .within_glob = "pool/**"}},
};

enum { OWN, SUBJECT, POOL };

/* How it is with another one. */
enum how {
    HOLDS,
    DOES_NOT_HOLD,
    HOLDS_PAUSED,
    HOLDS_COOLING,        /* by its own past */
    HOLDS_COOLING_SHARED, /* by that of whoever it shares it with */
    HOLDS_COOLED,         /* that is over now */
    RUNS,
    RUNS_SECOND, /* beside an incident that is of no account */
    ENDED,       /* and is to be reported */
    REPORTED,
};

/* A cgroup, with a policy for the one so many levels up. */
struct at {
    int policy;
    const char *path;
    uint32_t up;
};

static struct rl_engine *engine; /* too large for the stack of a test */
static struct rl_watch *watch;
static struct rl_cgroup *cgroups[CGROUPS];

static int setup(void **state)
{
    engine = calloc(1, sizeof(*engine));
    watch = calloc(1, sizeof(*watch));
    if (!engine || !watch || sd_event_new(&watch->event) < 0 ||
        sd_event_add_time(watch->event, &watch->timer, CLOCK_MONOTONIC, 0, 1, NULL, NULL) < 0 ||
        rl_hot_init(watch) < 0)
        return -1;
    engine->watch = watch;
    for (size_t i = 0; i < 2; i++) {
        engine->running[i] = calloc(1, sizeof(*engine->running[i]));
        engine->running[i]->engine = engine;
    }
    return 0;
}

static int teardown(void **state)
{
    rl_hot_free(watch);
    sd_event_source_unref(watch->timer);
    sd_event_unref(watch->event);
    for (size_t i = 0; i < CGROUPS; i++)
        free(cgroups[i]);
    memset(cgroups, 0, sizeof(cgroups));
    free(engine->running[0]);
    free(engine->running[1]);
    free(watch);
    free(engine);
    return 0;
}

/* ---- the tree ---- */

static struct rl_cgroup *cgroup_at(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    int above = name - path > 1 ? (int)(name - path) - 1 : 1;
    char packed[RL_NAME_PACKED_MAX], found[256];
    struct rl_cgroup *parent = NULL, *made;

    for (size_t i = 0; i < CGROUPS && cgroups[i]; i++) {
        rl_cgroup_path(cgroups[i], found, sizeof(found));
        if (strcmp(found, path) == 0)
            return cgroups[i];
    }
    if (path[1]) {
        snprintf(found, sizeof(found), "%.*s", above, path);
        parent = cgroup_at(found);
    }
    rl_name_pack(name, strlen(name), packed);
    made = calloc(1, sizeof(*made) + strlen(packed) + 1);
    strcpy(made->name, packed);
    made->parent = parent;
    made->depth = parent ? (parent->depth + 1) & 63 : 0;
    for (size_t i = 0; i < CGROUPS; i++)
        if (!cgroups[i]) {
            made->id = 100 + i;
            cgroups[i] = made;
            return made;
        }
    return NULL;
}

/* Made hot in the next free place. */
static struct rl_hot *hot_at(const struct at *at)
{
    struct rl_cgroup *cgroup = cgroup_at(at->path);
    struct rl_hot *hot = &watch->hot[0][watch->stats.hot++];

    cgroup->policy = &policies[at->policy];
    cgroup->subject = cgroup;
    for (uint32_t i = 0; i < at->up; i++)
        cgroup->subject = cgroup->subject->parent;
    cgroup->hot = hot;
    hot->cgroup = cgroup;
    return hot;
}

static void begin_anew(void)
{
    for (size_t i = 0; i < RL_HOT_CHUNK; i++)
        watch->hot[0][i] = (struct rl_hot){.index = (uint16_t)i};
    watch->stats.hot = 0;
    memset(engine->pasts, 0, sizeof(engine->pasts));
    for (size_t i = 0; i < 2; i++)
        *engine->running[i] = (struct rl_running){.engine = engine};
}

static void run(size_t slot, const struct rl_hot *hot, bool used, enum rl_phase phase)
{
    engine->running[slot]->used = used;
    engine->running[slot]->incident.phase = phase;
    rl_reach_of_hot(hot, &engine->running[slot]->reach);
}

static void cool(const struct rl_hot *hot, bool shared, uint64_t until_us)
{
    static struct rl_reach reach;

    rl_reach_of_hot(hot, &reach);
    rl_past_of(engine, shared ? reach.cooldown_id : reach.offender_id)->until_us = until_us;
}

static struct rl_hot *put(const struct at *at, enum how how)
{
    static const struct at elsewhere = {OWN, "/elsewhere", 0};
    struct rl_hot *hot = hot_at(at);

    hot->verdict.holds = how >= HOLDS && how <= HOLDS_COOLED && how != DOES_NOT_HOLD;
    hot->verdict.next_us = NOW + 25 * MS;
    hot->next_us = NOW + 500 * MS;
    hot->paused = how == HOLDS_PAUSED;
    if (how == HOLDS_COOLING || how == HOLDS_COOLING_SHARED || how == HOLDS_COOLED)
        cool(hot, how == HOLDS_COOLING_SHARED, how == HOLDS_COOLED ? NOW : NOW + 1);
    if (how == RUNS_SECOND)
        run(0, hot_at(&elsewhere), true, RL_PHASE_WAIT);
    if (how >= RUNS)
        run(how == RUNS_SECOND, hot, how != REPORTED,
            how == ENDED || how == REPORTED ? RL_PHASE_ENDED : RL_PHASE_WAIT);
    return hot;
}

/* ---- what stands in the way ---- */

static void who_waits(void **state)
{
    static const struct {
        struct at mine, other;
        enum how how;
        enum rl_busy busy;
    } rows[] = {
        /* incidents that run: where they meet */
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, RUNS, RL_BUSY_RUNS},
        {{OWN, "/a/b", 0}, {OWN, "/a", 0}, RUNS, RL_BUSY_RUNS},
        {{OWN, "/a", 0}, {OWN, "/ab", 0}, RUNS, RL_BUSY_NOT},
        {{OWN, "/a/b", 1}, {OWN, "/a/c", 1}, RUNS, RL_BUSY_NOT},
        {{SUBJECT, "/a/b", 1}, {SUBJECT, "/a/c", 1}, RUNS, RL_BUSY_RUNS},
        {{SUBJECT, "/a/b", 1}, {OWN, "/a/c", 0}, RUNS, RL_BUSY_RUNS},
        {{POOL, "/a", 0}, {OWN, "/pool/x", 0}, RUNS, RL_BUSY_RUNS},
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, RUNS_SECOND, RL_BUSY_RUNS},
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, ENDED, RL_BUSY_NOT},
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, REPORTED, RL_BUSY_NOT},
        /* those that are short, too: the one below goes first */
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, HOLDS, RL_BUSY_FIRST},
        {{OWN, "/a/b", 0}, {OWN, "/a", 0}, HOLDS, RL_BUSY_NOT},
        {{OWN, "/", 0}, {OWN, "/a/b", 0}, HOLDS, RL_BUSY_FIRST},
        {{OWN, "/a", 0}, {OWN, "/ab/c", 0}, HOLDS, RL_BUSY_NOT},
        {{SUBJECT, "/a", 0}, {SUBJECT, "/a/c", 1}, HOLDS, RL_BUSY_FIRST},
        {{SUBJECT, "/a/b", 1}, {SUBJECT, "/a/c", 1}, HOLDS, RL_BUSY_NOT},
        {{SUBJECT, "/a/b", 1}, {OWN, "/a/c", 0}, HOLDS, RL_BUSY_FIRST},
        {{OWN, "/pool", 0}, {POOL, "/a", 0}, HOLDS, RL_BUSY_NOT},
        /* unless it cannot be opened */
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, DOES_NOT_HOLD, RL_BUSY_NOT},
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, HOLDS_PAUSED, RL_BUSY_NOT},
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, HOLDS_COOLING, RL_BUSY_NOT},
        {{OWN, "/", 0}, {SUBJECT, "/a/b", 1}, HOLDS_COOLING, RL_BUSY_NOT},
        {{OWN, "/", 0}, {SUBJECT, "/a/b", 1}, HOLDS_COOLING_SHARED, RL_BUSY_NOT},
        {{OWN, "/", 0}, {POOL, "/a/b", 0}, HOLDS_COOLING_SHARED, RL_BUSY_NOT},
        {{OWN, "/a", 0}, {OWN, "/a/b", 0}, HOLDS_COOLED, RL_BUSY_FIRST},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        for (int before = 0; before < 2; before++) {
            struct rl_hot *mine, *other;
            enum rl_busy busy;

            begin_anew();
            other = before ? put(&rows[i].other, rows[i].how) : NULL;
            mine = put(&rows[i].mine, HOLDS);
            other = before ? other : put(&rows[i].other, rows[i].how);
            busy = rl_reach_busy(engine, mine, NOW);
            if (busy != rows[i].busy)
                fail_msg("row %zu: %d", i, busy);
            /* Whoever another one waits for is looked at as often as ever. */
            assert_int_equal(
                other->next_us, busy == RL_BUSY_FIRST ? NOW + 25 * MS : NOW + 500 * MS);
            assert_int_equal(mine->next_us, NOW + 500 * MS);
        }
}

/* Any of many may be the one. */
static void all_are_asked(void **state)
{
    static const struct at mine = {OWN, "/a", 0}, first = {OWN, "/a/b/c", 0};
    static const struct at others[] = {{OWN, "/b", 0}, {OWN, "/", 0}, {OWN, "/c/d", 0}};
    struct rl_hot *me, *other;

    begin_anew();
    me = put(&mine, HOLDS);
    for (size_t i = 0; i < LENGTH(others); i++)
        put(&others[i], HOLDS);
    assert_int_equal(rl_reach_busy(engine, me, NOW), RL_BUSY_NOT);
    other = put(&first, HOLDS);
    assert_int_equal(rl_reach_busy(engine, me, NOW), RL_BUSY_FIRST);
    other->next_us = NOW + 3;
    rl_reach_busy(engine, me, NOW);
    assert_int_equal(other->next_us, NOW + 3); /* sooner than that */
    run(0, other, true, RL_PHASE_STEP);
    assert_int_equal(rl_reach_busy(engine, me, NOW), RL_BUSY_RUNS);
}

/* The end of one's own cooldown or of the shared one, whichever is later. */
static void how_long_is_left(void **state)
{
    static const struct at at = {SUBJECT, "/a/b", 1};
    struct rl_hot *hot;

    begin_anew();
    hot = put(&at, HOLDS);
    assert_int_equal(rl_reach_left(engine, hot, NOW), 0);
    cool(hot, false, NOW + 3 * SEC);
    assert_int_equal(rl_reach_left(engine, hot, NOW), 3 * SEC);
    cool(hot, true, NOW + 2 * SEC);
    assert_int_equal(rl_reach_left(engine, hot, NOW), 3 * SEC);
    cool(hot, true, NOW + 7 * SEC);
    assert_int_equal(rl_reach_left(engine, hot, NOW), 7 * SEC);
    assert_int_equal(rl_reach_left(engine, hot, NOW + 7 * SEC), 0);
}

/* ---- its end ---- */

static void who_waits_is_looked_at_once(void **state)
{
    static const struct at holds = {OWN, "/a", 0}, idle = {OWN, "/b", 0}, soon = {OWN, "/c", 0};
    struct rl_hot *a, *b, *c;
    uint64_t armed;

    begin_anew();
    a = put(&holds, HOLDS);
    b = put(&idle, DOES_NOT_HOLD);
    c = put(&soon, HOLDS);
    c->next_us = NOW - 1;
    rl_reach_stir(engine, NOW);
    assert_int_equal(a->next_us, NOW);
    assert_int_equal(b->next_us, NOW + 500 * MS);
    assert_int_equal(c->next_us, NOW - 1);
    assert_true(sd_event_source_get_time(watch->timer, &armed) >= 0);
    assert_int_equal(armed, NOW - 1);
}

/* Those who share its victims begin anew; those who only waited do not. */
static void an_end_leaves_a_cooldown(void **state)
{
    static const struct at short_one = {SUBJECT, "/a/b", 1}, sharer = {SUBJECT, "/a/c", 1};
    static const struct at waiter = {OWN, "/", 0};
    struct rl_hot *hot, *shares, *waits;
    struct rl_relief relief = {.cooldown_us = 30 * SEC};
    struct rl_ending ending = {.relief = &relief};

    for (int gone = 0; gone < 2; gone++) {
        begin_anew();
        hot = put(&short_one, RUNS);
        shares = put(&sharer, HOLDS);
        waits = put(&waiter, HOLDS);
        shares->memory.held_since_us[0] = waits->memory.held_since_us[0] = 5;
        engine->running[0]->hot = hot;
        engine->running[0]->incident.gone = gone;
        ending.incident = &engine->running[0]->incident;
        rl_reach_end(engine->running[0], &ending, NOW);
        assert_int_equal(rl_reach_left(engine, hot, NOW), 30 * SEC);
        assert_int_equal(rl_reach_left(engine, shares, NOW), 30 * SEC);
        assert_int_equal(rl_reach_left(engine, waits, NOW), 0);
        assert_int_equal(shares->history.restart_us, gone ? NOW : 0);
        assert_int_equal(shares->memory.held_since_us[0], gone ? 0 : 5);
        assert_int_equal(shares->verdict.holds, !gone);
        assert_int_equal(waits->history.restart_us, 0);
        assert_int_equal(waits->memory.held_since_us[0], 5);
        assert_true(waits->verdict.holds);
        assert_int_equal(shares->next_us, NOW);
        assert_int_equal(waits->next_us, NOW);
        /* A longer one that is shared stands. */
        cool(shares, true, NOW + 60 * SEC);
        rl_reach_end(engine->running[0], &ending, NOW);
        assert_int_equal(rl_reach_left(engine, shares, NOW), 60 * SEC);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(all_are_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(how_long_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(who_waits_is_looked_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(an_end_leaves_a_cooldown, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
