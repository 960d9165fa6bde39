#include "tests/unit/unit.h"

#include <string.h>

#include "policy/match.h"
#include "tests/unit/policy.h"

/* --- which policy --- */

#define UNIT(u)                                                                                    \
    {                                                                                              \
        .attach = RL_ATTACH_UNIT, .unit = u                                                        \
    }
#define LIST(...)                                                                                  \
    {                                                                                              \
        (const struct rl_cgroup_glob[]){__VA_ARGS__},                                              \
            sizeof((const struct rl_cgroup_glob[]){__VA_ARGS__}) / sizeof(struct rl_cgroup_glob)   \
    }
#define MATCH(...) GLOBS(RL_ATTACH_MATCH, __VA_ARGS__)
#define GLOBS(kind, ...)                                                                           \
    {                                                                                              \
        .attach = kind, .cgroups = LIST(__VA_ARGS__)                                               \
    }

/* In the order that the loader has to give them. */
static const struct rl_policy policies[] = {
    {.name = "pg@1", .match = UNIT("pg@1.service")},
    {.name = "pg@", .match = UNIT("pg@.service")},
    {.name = "web", .match = UNIT("web.service")},
    {.name = "system", .match = UNIT("system.slice")},
    {.name = "10-pods", .match = MATCH({"kubepods.slice/**", false}, {"**/infra/**", true})},
    {.name = "20-more", .match = MATCH({"a/*", false}, {"/b", false}, {"a/x", true})},
    {.name = "30-app", .match = MATCH({"**/app.slice/*", false})},
    {.name = "default-node", .match = GLOBS(RL_ATTACH_DEFAULT, {"/", false})},
    {.name = "default", .match = {.attach = RL_ATTACH_DEFAULT}},
};

static bool named(const struct rl_match *match, const char *path)
{
    return rl_match_cgroup(match, &(struct rl_place){.path = path});
}

static void the_first_that_names_it_wins(void **state)
{
    static const struct {
        const char *path, *with_defaults;
        bool by_default;
    } rows[] = {
        {"/system.slice/web.service", "web", false},
        {"/web.service", "web", false},
        {"/system.slice/xweb.service", "default", true},
        {"/system.slice/web.service/sub", "default", true}, /* it names the unit itself */
        {"/system.slice", "system", false},
        {"/system.slice/pg@1.service", "pg@1", false},
        {"/system.slice/pg@2.service", "pg@", false},
        {"/system.slice/pg@long-instance.service", "pg@", false},
        {"/system.slice/pg@.service", "default", true}, /* no instance */
        {"/system.slice/pg@2.scope", "default", true},
        {"/system.slice/pg.service", "default", true},
        {"/kubepods.slice/web.service", "web", false}, /* a unit goes before [Match] */
        {"/kubepods.slice/pod1/c1", "10-pods", false},
        {"/kubepods.slice", "default", true},
        {"/kubepods.slice/infra/c1", "default", true},
        {"/a/y", "20-more", false},
        {"/a/x", "default", true},
        {"/a/y/z", "default", true},
        {"/b", "20-more", false},
        {"/user.slice/u/app.slice/x.scope", "30-app", false},
        {"/", "default-node", true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_place place = {.path = rows[i].path};
        const struct rl_policy *all, *own;

        all = rl_match_policy(policies, LENGTH(policies), &place, true);
        own = rl_match_policy(policies, LENGTH(policies), &place, false);
        assert_non_null(all);
        assert_string_equal(all->name, rows[i].with_defaults);
        if (rows[i].by_default)
            assert_null(own);
        else
            assert_ptr_equal(own, all);
    }
    assert_null(rl_match_policy(policies, 0, &(struct rl_place){.path = "/a"}, true));
}

/* Of a cgroup and what is in force above it. */
static void who_has_none_of_its_own_has_that_of_above(void **state)
{
    static const struct {
        const char *path, *above;
        bool node_only;
        const char *policy;
        bool inherited;
    } rows[] = {
        {"/system.slice/web.service", NULL, false, "web", false},
        {"/system.slice/web.service", "system", false, "web", false},
        {"/system.slice/web.service/sub", "web", false, "web", true},
        {"/system.slice/other", "system", true, "system", true},
        {"/a/b/c", "20-more", false, "20-more", true},
        {"/a/b", "20-more", false, "20-more", false}, /* named by it itself */
        {"/x/y", "default", false, "default", false},
        {"/x/y", "default-node", false, "default", false},
        {"/x", NULL, false, "default", false},
        {"/x", NULL, true, NULL, false},
        {"/x/y", "default", true, NULL, false},
        {"/b", NULL, true, "20-more", false},
        {"/", NULL, false, "default-node", false},
        {"/", NULL, true, "default-node", false},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_place place = {.path = rows[i].path};
        const struct rl_policy *above = NULL, *policy;
        bool inherited = !rows[i].inherited;

        for (size_t p = 0; rows[i].above && p < LENGTH(policies); p++)
            if (strcmp(policies[p].name, rows[i].above) == 0)
                above = &policies[p];
        policy = rl_match_in_force(
            policies, LENGTH(policies), &place, above, rows[i].node_only, &inherited);
        if (strcmp(policy ? policy->name : "none", rows[i].policy ? rows[i].policy : "none") != 0)
            fail_msg("row %zu: %s", i, policy ? policy->name : "none");
        assert_int_equal(inherited, rows[i].inherited);
    }
}

static void only_exclusions_mean_everything_else(void **state)
{
    const struct rl_match match = MATCH({"a", true}, {"a/**", true});

    assert_false(named(&match, "/a"));
    assert_false(named(&match, "/a/b/c"));
    assert_true(named(&match, "/b"));
    assert_true(named(&match, "/"));
}

static void an_exclusion_wins_wherever_it_stands(void **state)
{
    const struct rl_match before = MATCH({"a/x", true}, {"a/*", false});
    const struct rl_match behind = MATCH({"a/*", false}, {"a/x", true});

    assert_false(named(&before, "/a/x"));
    assert_false(named(&behind, "/a/x"));
    assert_true(named(&before, "/a/y"));
    assert_true(named(&behind, "/a/y"));
}

static void the_unit_is_the_last_element_that_is_one(void **state)
{
    static const struct {
        const char *path, *unit;
    } rows[] = {
        {"/system.slice/web.service", "web.service"},
        {"/system.slice/web.service/sub/leaf", "web.service"},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope", "a.scope"},
        {"/system.slice/x.socket", "x.socket"},
        {"/system.slice", "system.slice"},
        {"/.service", NULL}, /* a type without a name */
        {"/a/.slice/b", NULL},
        {"/a/b", NULL},
        {"/", NULL},
        {"", NULL},
        {"/x.services", NULL},
        {"x.mount", "x.mount"},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        size_t length = 0;
        const char *unit = rl_match_unit(rows[i].path, &length);

        if (!rows[i].unit) {
            assert_null(unit);
            continue;
        }
        assert_non_null(unit);
        assert_int_equal(length, strlen(rows[i].unit));
        assert_memory_equal(unit, rows[i].unit, length);
    }
}

/* --- which process --- */

static const struct rl_process sshd = {.pid = 7,
    .session = 7,
    .start_ticks = 1,
    .uid = 0,
    .comm = "sshd",
    .exe = "/usr/sbin/sshd",
    .flags = RL_PROCESS_EXE_KNOWN | RL_PROCESS_MAIN};
static const struct rl_process fake = {.pid = 8,
    .session = 7,
    .start_ticks = 1,
    .uid = 1000,
    .comm = "sshd",
    .exe = "/home/x/sshd",
    .flags = RL_PROCESS_EXE_KNOWN};
static const struct rl_process blind = {.pid = 9, .uid = 0, .comm = "sshd"};
static const struct rl_process no_exe = {
    .pid = 10, .uid = 4294967295u, .comm = "x", .flags = RL_PROCESS_EXE_KNOWN};

static void facts_are_held_against_globs(void **state)
{
    static const struct {
        enum rl_fact fact;
        const char *glob;
        const struct rl_process *process;
        bool careful, careless; /* unknown counts as a match, or not */
    } rows[] = {
        {RL_FACT_COMM, "sshd", &sshd, true, true}, {RL_FACT_COMM, "ssh*", &fake, true, true},
        {RL_FACT_COMM, "ssh", &fake, false, false},
        {RL_FACT_EXE, "/usr/sbin/sshd", &sshd, true, true},
        {RL_FACT_EXE, "*/sshd", &sshd, true, true}, /* a star crosses / in an exe */
        {RL_FACT_EXE, "/usr/sbin/sshd", &fake, false, false},
        {RL_FACT_EXE, "/usr/sbin/sshd", &blind, true, false},
        {RL_FACT_EXE, "/usr/sbin/sshd", &no_exe, false, false},
        {RL_FACT_EXE, "", &no_exe, true, true}, {RL_FACT_UID, "0", &sshd, true, true},
        {RL_FACT_UID, "0", &fake, false, false}, {RL_FACT_UID, "1???", &fake, true, true},
        {RL_FACT_UID, "4294967295", &no_exe, true, true},
        {RL_FACT_UNIT, "ssh.service", &sshd, true, true},
        {RL_FACT_UNIT, "ssh", &sshd, false, false},
        {RL_FACT_CGROUP, "system.slice/**", &sshd, true, true},
        {RL_FACT_CGROUP, "*", &sshd, false, false}, {RL_FACT_MAIN, "", &sshd, true, true},
        {RL_FACT_MAIN, "", &fake, false, false}, {RL_FACT_LEADER, "", &sshd, true, true},
        {RL_FACT_LEADER, "", &fake, false, false},
        {RL_FACT_LEADER, "", &blind, true, false}, /* of a kernel's report */
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_pattern pattern = {.terms = {{rows[i].fact, rows[i].glob}}, .n = 1};
        const char *path = "/system.slice/ssh.service";

        if (rl_match_process(&pattern, rows[i].process, path, true) != rows[i].careful ||
            rl_match_process(&pattern, rows[i].process, path, false) != rows[i].careless)
            fail_msg("row %zu", i);
    }
}

static void all_terms_of_a_pattern_must_mean_it(void **state)
{
    const struct rl_pattern both = {.terms = {{RL_FACT_EXE, "*/sshd"}, {RL_FACT_UID, "0"}}, .n = 2};
    const struct rl_pattern none = {.n = 0};

    assert_true(rl_match_process(&both, &sshd, "/", true));
    assert_false(rl_match_process(&both, &fake, "/", true));
    assert_true(rl_match_process(&both, &blind, "/", true));
    assert_false(rl_match_process(&both, &blind, "/", false));
    assert_false(rl_match_process(&none, &sshd, "/", true));
}

/* Whatever stands first in the pattern. */
static void what_a_cgroup_rules_out_is_not_asked_for(void **state)
{
    static const struct {
        struct rl_pattern pattern;
        bool asks; /* for the exe, of processes of /system.slice/ssh.service */
    } rows[] = {
        {{.terms = {{RL_FACT_EXE, "x"}}, .n = 1}, true},
        {{.terms = {{RL_FACT_COMM, "x"}}, .n = 1}, false},
        {{.terms = {{RL_FACT_CGROUP, "**"}}, .n = 1}, false},
        {{.terms = {{RL_FACT_EXE, "x"}, {RL_FACT_CGROUP, "system.slice/**"}}, .n = 2}, true},
        {{.terms = {{RL_FACT_EXE, "x"}, {RL_FACT_CGROUP, "user.slice/**"}}, .n = 2}, false},
        {{.terms = {{RL_FACT_CGROUP, "user.slice/**"}, {RL_FACT_EXE, "x"}}, .n = 2}, false},
        {{.terms = {{RL_FACT_UNIT, "ssh.service"}, {RL_FACT_EXE, "x"}}, .n = 2}, true},
        {{.terms = {{RL_FACT_EXE, "x"}, {RL_FACT_UNIT, "x.service"}}, .n = 2}, false},
        {{.terms = {{RL_FACT_EXE, "x"}, {RL_FACT_UID, "77"}, {RL_FACT_MAIN, ""}}, .n = 3}, true},
        {{.terms = {{RL_FACT_EXE, "x"}, {RL_FACT_CGROUP, "**"}, {RL_FACT_CGROUP, "a"}}, .n = 3},
            false},
        {{.n = 0}, false},
    };
    const char *path = "/system.slice/ssh.service";
    struct rl_pattern all[LENGTH(rows)];

    for (size_t i = 0; i < LENGTH(rows); i++) {
        all[i] = rows[i].pattern;
        if (rl_match_asks(&all[i], 1, RL_FACT_EXE, path) != rows[i].asks)
            fail_msg("row %zu", i);
        /* and such a pattern means the process only where it is asked for */
        if (rows[i].pattern.terms[0].fact == RL_FACT_EXE && !rows[i].asks)
            assert_false(rl_match_process(&all[i], &blind, path, true));
    }
    assert_true(rl_match_asks(all, LENGTH(rows), RL_FACT_EXE, path));
    assert_true(rl_match_asks(&all[1], 3, RL_FACT_EXE, path));
    assert_false(rl_match_asks(&all[4], 2, RL_FACT_EXE, path));
    assert_true(rl_match_asks(&all[4], 3, RL_FACT_EXE, path));
    assert_false(rl_match_asks(all, LENGTH(rows), RL_FACT_CMDLINE, path));
    assert_false(rl_match_asks(NULL, 0, RL_FACT_EXE, path));
}

static void outside_of_units_no_unit_matches(void **state)
{
    const struct rl_pattern any = {.terms = {{RL_FACT_UNIT, "*"}}, .n = 1};

    assert_false(rl_match_process(&any, &sshd, "/a/b", true));
    assert_true(rl_match_process(&any, &sshd, "/a.slice/b", true));
}

static void a_unit_name_of_any_length_is_safe(void **state)
{
    const struct rl_pattern any = {.terms = {{RL_FACT_UNIT, "a*"}}, .n = 1};
    char path[600] = "/";

    memset(path + 1, 'a', 500);
    strcpy(path + 501, ".slice");
    assert_true(rl_match_process(&any, &sshd, path, true)); /* too long to tell */
    assert_false(rl_match_process(&any, &sshd, path, false));
}

static void the_first_pattern_is_named(void **state)
{
    const struct rl_pattern patterns[] = {
        {.terms = {{RL_FACT_COMM, "x"}}, .n = 1},
        {.terms = {{RL_FACT_COMM, "ss*"}}, .n = 1},
        {.terms = {{RL_FACT_COMM, "sshd"}}, .n = 1},
    };

    assert_ptr_equal(rl_match_any(patterns, 3, &sshd, "/", true), &patterns[1]);
    assert_null(rl_match_any(patterns, 1, &sshd, "/", true));
    assert_null(rl_match_any(NULL, 0, &sshd, "/", true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_names_it_wins),
        cmocka_unit_test(who_has_none_of_its_own_has_that_of_above),
        cmocka_unit_test(only_exclusions_mean_everything_else),
        cmocka_unit_test(an_exclusion_wins_wherever_it_stands),
        cmocka_unit_test(the_unit_is_the_last_element_that_is_one),
        cmocka_unit_test(facts_are_held_against_globs),
        cmocka_unit_test(all_terms_of_a_pattern_must_mean_it),
        cmocka_unit_test(what_a_cgroup_rules_out_is_not_asked_for),
        cmocka_unit_test(outside_of_units_no_unit_matches),
        cmocka_unit_test(a_unit_name_of_any_length_is_safe),
        cmocka_unit_test(the_first_pattern_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
