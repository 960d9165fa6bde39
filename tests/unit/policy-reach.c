/* Which incidents must not run side by side, which goes first, and whose cooldown it is. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "policy/reach.h"
#include "tests/unit/policy.h"

/* Policies by the letter that rows name them by. */
static const struct rl_policy policies[] = {
    {.name = "own", .victim = {.within = RL_WITHIN_OFFENDER}},
    {.name = "subject", .victim = {.within = RL_WITHIN_SUBJECT}},
    {.name = "pool", .victim = {.within = RL_WITHIN_GLOB, .within_glob = "pool/**"}},
    {.name = "all", .victim = {.within = RL_WITHIN_GLOB, .within_glob = "*/**"}},
    {.name = "other", .victim = {.within = RL_WITHIN_GLOB, .within_glob = "other/**"}},
};

enum { OWN, SUBJECT, POOL, ALL_OF_IT, OTHER };

/* An incident of a policy at a path, for a subject so many levels up. Ids are those of paths. */
struct at {
    int policy;
    const char *path;
    uint32_t up;
};

static uint64_t id_of(const char *path, uint32_t up)
{
    uint64_t id = 0;
    size_t len = strlen(path);

    while (up-- > 0)
        len = (size_t)((const char *)memrchr(path, '/', len) - path);
    for (size_t i = 0; i < len; i++)
        id = id * 31 + (unsigned char)path[i];
    return id;
}

static void reach(const struct at *at, struct rl_reach *ret)
{
    struct rl_reacher reacher = {
        .policy = &policies[at->policy],
        .path = at->path,
        .id = id_of(at->path, 0),
        .subject_id = id_of(at->path, at->up),
        .subject_up = at->up,
    };

    memset(ret, 0xff, sizeof(*ret));
    rl_reach_of(&reacher, ret);
}

static void where_victims_are_sought(void **state)
{
    static const struct {
        const char *within, *path;
        uint32_t up;
        const char *place;
        bool beyond;
    } rows[] = {
        {NULL, "/a/b", 1, "/a", true},
        {NULL, "/a/b", 0, "/a/b", false},
        {NULL, "/a/b/c", 2, "/a", true},
        {NULL, "/a/b", 2, "/", true},
        {NULL, "/a/b", 9, "/", true},
        {NULL, "/", 0, "/", false},
        {"pool/**", "/a", 0, "/pool", true},
        {"/pool/deep/*", "/a", 0, "/pool/deep", true},
        {"pool/deep", "/a", 0, "/pool/deep", true},
        {"pool/deep/", "/a", 0, "/pool/deep", true},
        {"pool/d?ep/x", "/a", 0, "/pool", true},
        {"pool/d[e]ep", "/a", 0, "/pool", true},
        {"pool/d\\*ep", "/a", 0, "/pool", true},
        {"pool/de*", "/a", 0, "/pool", true},
        {"po*/deep", "/a", 0, "/", true},
        {"**", "/a", 0, "/", true},
        {"/", "/a", 0, "/", true},
        {"a", "/a", 0, "/a", true},
        {"**/deep", "/a", 0, "/", true},
        {"/*/deep", "/a", 0, "/", true},
        {"[ab]/deep", "/a", 0, "/", true},
        {"\\*/deep", "/a", 0, "/", true},
    };
    static struct rl_reach ret;

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_policy policy = {.name = "x",
            .victim = {.within = rows[i].within ? RL_WITHIN_GLOB : RL_WITHIN_SUBJECT,
                .within_glob = rows[i].within}};
        struct rl_reacher reacher = {.policy = &policy,
            .path = rows[i].path,
            .id = 1,
            .subject_id = 2,
            .subject_up = rows[i].up};

        rl_reach_of(&reacher, &ret);
        if (strcmp(ret.place, rows[i].place) != 0 || strcmp(ret.offender, rows[i].path) != 0 ||
            rl_reach_beyond(&ret) != rows[i].beyond)
            fail_msg("%s of %s: %s", rows[i].within, rows[i].path, ret.place);
    }
}

/* Of those whose place is everything the ones that name less. */
static void who_reaches_everywhere(void **state)
{
    static const struct {
        const char *glob;
        bool everywhere;
    } rows[] = {
        {"**/deep", true},
        {"*/deep", true},
        {"//*/deep", true},
        {"po*/deep", true},
        {"po*", true},
        {"p?ol", true},
        {"[ab]/deep", true},
        {"\\*/deep", true},
        /* meant */
        {"/**", false},
        {"**", false},
        {"*", false},
        {"*/*", false},
        {"/", false},
        {"", false},
        /* with a place */
        {"pool", false},
        {"pool/**", false},
        {"/pool/*/deep", false},
        {"pool/", false},
    };
    static struct rl_reach ret;

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_policy policy = {
            .name = "x", .victim = {.within = RL_WITHIN_GLOB, .within_glob = rows[i].glob}};
        struct rl_reacher reacher = {.policy = &policy, .path = "/a", .id = 1, .subject_id = 2};

        if (rl_reach_everywhere(rows[i].glob) != rows[i].everywhere)
            fail_msg("%s", rows[i].glob);
        rl_reach_of(&reacher, &ret);
        assert_true(!rows[i].everywhere || strcmp(ret.place, "/") == 0);
    }
}

/* A trace that says nothing of subjects was written when only offenders counted. */
static void without_a_subject_the_offender_counts(void **state)
{
    static struct rl_reach ret;

    for (size_t i = 0; i <= LENGTH(policies); i++) {
        struct rl_reacher reacher = {
            .policy = i < LENGTH(policies) ? &policies[i] : NULL, .path = "/a/b", .id = 7};

        rl_reach_of(&reacher, &ret);
        assert_string_equal(ret.place, "/a/b");
        assert_int_equal(ret.cooldown_id, 7);
        assert_false(rl_reach_beyond(&ret));
    }
}

static void who_waits_for_whom(void **state)
{
    static const struct {
        struct at a, b;
        bool meet;
        int first; /* 1: a; 2: b; 0: nobody */
        bool share;
    } rows[] = {
        /* Within=offender: above and below */
        {{OWN, "/a", 0}, {OWN, "/b", 0}, false, 0, false},
        {{OWN, "/a", 0}, {OWN, "/ab", 0}, false, 0, false},
        {{OWN, "/a/b", 0}, {OWN, "/a", 0}, true, 1, false},
        {{OWN, "/a/b", 1}, {OWN, "/a/c", 1}, false, 0, false},
        {{OWN, "/", 0}, {OWN, "/a", 0}, true, 2, false},
        /* one subject */
        {{SUBJECT, "/s/a", 1}, {SUBJECT, "/s/b", 1}, true, 0, true},
        {{SUBJECT, "/s/a", 1}, {SUBJECT, "/s", 0}, true, 1, true},
        {{SUBJECT, "/s/a", 1}, {SUBJECT, "/s/a/b", 2}, true, 2, true},
        {{SUBJECT, "/s/a", 1}, {SUBJECT, "/s/b/c", 2}, true, 0, true},
        /* two */
        {{SUBJECT, "/s/a", 1}, {SUBJECT, "/t/a", 1}, false, 0, false},
        {{SUBJECT, "/s/a/x", 1}, {SUBJECT, "/s/b", 1}, true, 1, false},
        {{SUBJECT, "/s/a", 1}, {OWN, "/s/b", 0}, true, 2, false},
        {{SUBJECT, "/s/a", 1}, {OWN, "/s", 0}, true, 1, true},
        {{SUBJECT, "/s/a", 1}, {OWN, "/t", 0}, false, 0, false},
        {{SUBJECT, "/s/a", 1}, {OWN, "/", 0}, true, 1, false},
        /* globs */
        {{POOL, "/a", 0}, {POOL, "/b", 0}, true, 0, true},
        {{POOL, "/a", 0}, {OWN, "/pool/x", 0}, true, 0, false},
        {{POOL, "/a", 0}, {OWN, "/pools", 0}, false, 0, false},
        {{POOL, "/a", 0}, {OWN, "/a/x", 0}, true, 2, false},
        {{POOL, "/a/x", 0}, {OWN, "/a", 0}, true, 1, false},
        {{POOL, "/a", 0}, {SUBJECT, "/pool/x", 1}, true, 0, false},
        {{POOL, "/a", 0}, {ALL_OF_IT, "/b", 0}, true, 0, false},
        {{POOL, "/a", 0}, {OTHER, "/b", 0}, false, 0, false},
        {{POOL, "/a", 0}, {OTHER, "/a/x", 0}, true, 2, false},
        {{POOL, "/other/x", 0}, {OTHER, "/b", 0}, true, 0, false},
        {{POOL, "/a", 0}, {OTHER, "/pool/x", 0}, true, 0, false},
        {{ALL_OF_IT, "/a", 0}, {OWN, "/b/c", 0}, true, 0, false},
        {{ALL_OF_IT, "/a", 0}, {ALL_OF_IT, "/b", 0}, true, 0, true},
    };
    static struct rl_reach a, b;

    for (size_t i = 0; i < LENGTH(rows); i++) {
        reach(&rows[i].a, &a);
        reach(&rows[i].b, &b);
        if (rl_reaches_meet(&a, &b) != rows[i].meet || rl_reaches_meet(&b, &a) != rows[i].meet)
            fail_msg("row %zu: they %s", i, rows[i].meet ? "do not meet" : "meet");
        if (rl_reach_first(&a, &b) != (rows[i].first == 1) ||
            rl_reach_first(&b, &a) != (rows[i].first == 2))
            fail_msg("row %zu: who is first", i);
        if (rl_reaches_share(&a, &b) != rows[i].share)
            fail_msg("row %zu: a cooldown each, or one", i);
        assert_true(rl_reaches_meet(&a, &a));
        assert_false(rl_reach_first(&a, &a));
    }
}

/* Else some would wait for each other and nobody be served. */
static void nobody_waits_for_himself(void **state)
{
    static const struct at all[] = {
        {OWN, "/", 0},
        {OWN, "/s", 0},
        {SUBJECT, "/s", 0},
        {SUBJECT, "/s/a", 1},
        {SUBJECT, "/s/b", 1},
        {OWN, "/s/b", 0},
        {SUBJECT, "/s/b/x", 1},
        {SUBJECT, "/s/b/x", 2},
        {OWN, "/s/b/x/y", 0},
        {POOL, "/s/b/x/y", 0},
        {POOL, "/pool", 0},
        {ALL_OF_IT, "/s/b", 0},
        {SUBJECT, "/pool/a", 1},
    };
    enum { N = LENGTH(all) };
    static struct rl_reach reaches[N];
    bool before[N][N];

    for (size_t i = 0; i < N; i++)
        reach(&all[i], &reaches[i]);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++)
            before[i][k] = rl_reach_first(&reaches[i], &reaches[k]);
    for (size_t via = 0; via < N; via++)
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < N; k++)
                before[i][k] = before[i][k] || (before[i][via] && before[via][k]);
    for (size_t i = 0; i < N; i++)
        if (before[i][i])
            fail_msg("%s waits for itself", all[i].path);
}

/* Numbers in place of ids: small enough for JSON, apart from those of cgroups, and the same in
 * every run. */
static void numbers_of_globs_and_paths(void **state)
{
    static const struct rl_policy same = {
        .name = "pool", .victim = {.within = RL_WITHIN_GLOB, .within_glob = "pool/**"}};
    static const struct rl_policy other = {
        .name = "poolp", .victim = {.within = RL_WITHIN_GLOB, .within_glob = "ool/**"}};
    struct rl_reacher reacher = {.policy = &policies[POOL], .path = "/a", .id = 1, .subject_id = 1};
    struct rl_reacher child = {.path = "/s/a", .subject_up = 1};
    struct rl_reacher cousin = {.path = "/s/b/c", .subject_up = 2}, own = {.path = "/s"};
    static struct rl_reach a, b;

    rl_reach_of(&reacher, &a);
    assert_int_equal(a.cooldown_id, UINT64_C(0x4bf42a3aa617189c));
    assert_true(a.cooldown_id <= INT64_MAX && a.cooldown_id >= UINT64_C(1) << 62);
    reacher.policy = &same;
    rl_reach_of(&reacher, &b);
    assert_true(rl_reaches_share(&a, &b));
    reacher.policy = &other;
    rl_reach_of(&reacher, &b);
    assert_false(rl_reaches_share(&a, &b));
    assert_int_equal(rl_reach_subject(&child), rl_reach_subject(&cousin));
    assert_int_equal(rl_reach_subject(&child), rl_reach_subject(&own));
    child.subject_up = 0;
    assert_int_not_equal(rl_reach_subject(&child), rl_reach_subject(&own));
}

/* Longer than any path that a system call takes: cut, and nothing is written beyond. */
static void long_paths_are_cut(void **state)
{
    size_t size = (size_t)2 * RL_REACH_PATH_MAX;
    char *text = malloc(size);
    static struct rl_reach ret;

    assert_non_null(text);
    memset(text, 'x', size);
    text[0] = '/';
    text[size - 1] = '\0';
    for (int glob = 0; glob < 2; glob++) {
        struct rl_policy policy = {.name = "x",
            .victim = {.within = glob ? RL_WITHIN_GLOB : RL_WITHIN_SUBJECT, .within_glob = text}};
        struct rl_reacher reacher = {.policy = &policy, .path = text, .id = 1, .subject_id = 2};

        rl_reach_of(&reacher, &ret);
        assert_int_equal(strlen(ret.place), RL_REACH_PATH_MAX - 1);
        assert_int_equal(strlen(ret.offender), RL_REACH_PATH_MAX - 1);
    }
    free(text);
}

static void what_stands_in_the_way(void **state)
{
    static const struct {
        struct rl_opening opening;
        enum rl_reason why;
    } rows[] = {
        {{false, false, false, false}, RL_REASON_NONE},
        {{false, false, false, true}, RL_WAIT_BUSY_DOMAIN},
        {{false, false, true, true}, RL_WAIT_PAUSED},
        {{false, true, true, false}, RL_WAIT_BUSY_DOMAIN},
        {{true, true, true, true}, RL_WAIT_COOLDOWN},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_int_equal(rl_opening_why(&rows[i].opening), rows[i].why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_victims_are_sought),
        cmocka_unit_test(who_reaches_everywhere),
        cmocka_unit_test(without_a_subject_the_offender_counts),
        cmocka_unit_test(who_waits_for_whom),
        cmocka_unit_test(nobody_waits_for_himself),
        cmocka_unit_test(numbers_of_globs_and_paths),
        cmocka_unit_test(long_paths_are_cut),
        cmocka_unit_test(what_stands_in_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
