/* The conditions of [Match]; and that no file which is added lowers protection elsewhere. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "policy/match.h"
#include "tests/unit/policy.h"

#define UID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define ID  "00112233445566778899aabbccddeeff"

#define LIST(...)                                                                                  \
    {                                                                                              \
        (const struct rl_cgroup_glob[]){__VA_ARGS__},                                              \
            sizeof((const struct rl_cgroup_glob[]){__VA_ARGS__}) / sizeof(struct rl_cgroup_glob)   \
    }

#define QOS_PATH       "/kubepods/burstable"
#define POD_PATH       "/kubepods/burstable/pod" UID
#define CONTAINER_PATH POD_PATH "/" ID
#define INNER_PATH     CONTAINER_PATH "/init.scope"
#define CONMON_PATH    POD_PATH "/crio-conmon-" ID

static void every_condition_must_hold(void **state)
{
    const struct {
        const char *what;
        struct rl_match match;
        struct rl_place place;
        bool named;
    } rows[] = {
        {"nothing said", {0}, {"/a", false, NULL}, true},
        {"limited", {.limited = RL_YES}, {"/a", true, NULL}, true},
        {"not limited", {.limited = RL_YES}, {"/a", false, NULL}, false},
        {"free", {.limited = RL_NO}, {"/a", false, NULL}, true},
        {"not free", {.limited = RL_NO}, {"/a", true, NULL}, false},
        {"unit", {.units = LIST({"web@*.service", false})}, {"/s.slice/web@1.service", false, NULL},
            true},
        {"another unit", {.units = LIST({"web@*.service", false})}, {"/s.slice/db.service", 0, 0},
            false},
        {"below the unit", {.units = LIST({"db.service", false})}, {"/s.slice/db.service/x", 0, 0},
            false},
        {"a unit left out", {.units = LIST({"*.service", false}, {"db.*", true})},
            {"/s.slice/db.service", 0, 0}, false},
        {"path and unit",
            {.cgroups = LIST({"s.slice/*", false}), .units = LIST({"db.service", false})},
            {"/s.slice/db.service", 0, 0}, true},
        {"unit elsewhere",
            {.cgroups = LIST({"t.slice/*", false}), .units = LIST({"db.service", false})},
            {"/s.slice/db.service", 0, 0}, false},
        {"path and limit", {.cgroups = LIST({"a", false}), .limited = RL_YES}, {"/a", false, NULL},
            false},
        /* Level= */
        {"container", {.level = RL_LEVEL_CONTAINER}, {CONTAINER_PATH, 0, 0}, true},
        {"inside a container", {.level = RL_LEVEL_CONTAINER}, {INNER_PATH, 0, 0}, false},
        {"its pod", {.level = RL_LEVEL_CONTAINER}, {POD_PATH, 0, 0}, false},
        {"its monitor", {.level = RL_LEVEL_CONTAINER}, {CONMON_PATH, 0, 0}, false},
        {"pod", {.level = RL_LEVEL_POD}, {POD_PATH, 0, 0}, true},
        {"a container is no pod", {.level = RL_LEVEL_POD}, {CONTAINER_PATH, 0, 0}, false},
        {"qos", {.level = RL_LEVEL_QOS}, {QOS_PATH, 0, 0}, true},
        {"a pod is no class", {.level = RL_LEVEL_QOS}, {POD_PATH, 0, 0}, false},
        {"outside", {.level = RL_LEVEL_POD}, {"/a", 0, 0}, false},
        /* QoS= and Container= */
        {"class", {.qos = LIST({"burst*", false})}, {CONTAINER_PATH, 0, 0}, true},
        {"another class", {.qos = LIST({"besteffort", false})}, {CONTAINER_PATH, 0, 0}, false},
        {"not that class", {.qos = LIST({"besteffort", true})}, {CONTAINER_PATH, 0, 0}, true},
        {"no class at all", {.qos = LIST({"besteffort", true})}, {"/a", 0, 0}, false},
        {"container", {.containers = LIST({"0011*", false})}, {CONTAINER_PATH, 0, 0}, true},
        {"inside it", {.containers = LIST({"0011*", false})}, {INNER_PATH, 0, 0}, true},
        {"no container", {.containers = LIST({"*", false})}, {POD_PATH, 0, 0}, false},
        {"not that one, but none", {.containers = LIST({"x", true})}, {POD_PATH, 0, 0}, false},
        /* Pod= */
        {"by name", {.pods = LIST({"shop/*", false})}, {CONTAINER_PATH, 0, "shop/web-1"}, true},
        {"another name", {.pods = LIST({"shop/*", false})}, {CONTAINER_PATH, 0, "bank/web"}, false},
        {"by UID", {.pods = LIST({UID, false})}, {CONTAINER_PATH, 0, NULL}, true},
        {"by UID and named", {.pods = LIST({UID, false})}, {CONTAINER_PATH, 0, "shop/web"}, true},
        {"name unknown", {.pods = LIST({"shop/*", false})}, {CONTAINER_PATH, 0, NULL}, false},
        {"any pod", {.pods = LIST({"*", false})}, {CONTAINER_PATH, 0, NULL}, true},
        {"no pod", {.pods = LIST({"*", false})}, {"/a", 0, NULL}, false},
        {"not those, but no pod", {.pods = LIST({"kube-system/*", true})}, {"/a", 0, NULL}, false},
        {"left out", {.pods = LIST({"kube-system/*", true})},
            {CONTAINER_PATH, 0, "kube-system/dns"}, false},
        {"not left out", {.pods = LIST({"kube-system/*", true})}, {CONTAINER_PATH, 0, "shop/web"},
            true},
        {"left out perhaps", {.pods = LIST({"kube-system/*", true})}, {CONTAINER_PATH, 0, NULL},
            false},
        {"any, but left out perhaps", {.pods = LIST({"*", false}, {"kube-system/*", true})},
            {CONTAINER_PATH, 0, NULL}, false},
        {"left out by UID", {.pods = LIST({"*", false}, {UID, true})}, {CONTAINER_PATH, 0, "a/b"},
            false},
        {"another left out by UID", {.pods = LIST({"*", false}, {ID, true})},
            {CONTAINER_PATH, 0, NULL}, true},
        {"all at once",
            {.cgroups = LIST({"kubepods/**", false}),
                .units = LIST({ID, false}),
                .pods = LIST({"shop/*", false}),
                .qos = LIST({"burstable", false}),
                .containers = LIST({ID, false}),
                .limited = RL_YES,
                .level = RL_LEVEL_CONTAINER},
            {CONTAINER_PATH, true, "shop/web"}, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_match match = rows[i].match;

        for (int attach = RL_ATTACH_MATCH; attach <= RL_ATTACH_DEFAULT; attach++) {
            match.attach = attach;
            if (rl_match_cgroup(&match, &rows[i].place) != rows[i].named)
                fail_msg("row %zu, %s", i, rows[i].what);
        }
    }
}

static void a_name_that_is_not_known_yet_may_change_the_policy(void **state)
{
    const struct rl_policy policies[] = {
        {.match = {.attach = RL_ATTACH_MATCH, .cgroups = LIST({"early/**", false})}},
        {.match = {.attach = RL_ATTACH_MATCH,
             .pods = LIST({"shop/*", false}),
             .level = RL_LEVEL_CONTAINER}},
        {.match = {.attach = RL_ATTACH_MATCH, .pods = LIST({UID, false})}},
        {.match = {.attach = RL_ATTACH_MATCH, .cgroups = LIST({"**", false})}},
        {.match = {.attach = RL_ATTACH_DEFAULT, .pods = LIST({"x/*", false})}},
    };
    static const struct {
        struct rl_place place;
        bool undecided;
    } rows[] = {
        {{CONTAINER_PATH, false, NULL}, true}, {{CONTAINER_PATH, false, "bank/web"}, false},
        {{POD_PATH, false, NULL}, false}, /* that line is not about pods */
        {{"/a", false, NULL}, false},
        {{"/early" CONTAINER_PATH, false, NULL}, false}, /* taken before it is asked */
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_int_equal(rl_match_undecided(policies, LENGTH(policies), &rows[i].place, true),
            rows[i].undecided);
    /* The defaults are asked only where they are wanted. */
    assert_true(rl_match_undecided(&policies[4], 1, &rows[0].place, true));
    assert_false(rl_match_undecided(&policies[4], 1, &rows[0].place, false));
}

/* --- cmdline: --- */

static void cmdlines_are_held_against_globs(void **state)
{
    struct rl_process known = {.comm = "postgres", .flags = RL_PROCESS_CMDLINE_KNOWN};
    struct rl_process blind = known, cut = known;
    const struct {
        const char *glob;
        const struct rl_process *process;
        bool careful, careless; /* unknown counts as a match, or not */
    } rows[] = {
        {"postgres: *checkpointer*", &known, true, true},
        {"postgres: *walwriter*", &known, false, false},
        {"postgres: checkpointer", &known, true, true},
        {"*", &blind, true, false},
        {"x", &blind, true, false},
        {"aaaa*", &cut, true, true},
        {"aaaa*a", &cut, true, false}, /* what was cut off may end otherwise */
        {"*b", &cut, true, false},
        {"aaaa\\*", &cut, true, false},
    };

    strcpy(known.cmdline, "postgres: checkpointer");
    blind.flags = 0;
    memset(cut.cmdline, 'a', RL_CMDLINE_MAX - 1);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_pattern p = {.terms = {{RL_FACT_CMDLINE, rows[i].glob}}, .n = 1};

        if (rl_match_process(&p, rows[i].process, "/", true) != rows[i].careful ||
            rl_match_process(&p, rows[i].process, "/", false) != rows[i].careless)
            fail_msg("row %zu", i);
    }
    assert_string_equal(rl_fact_name(RL_FACT_CMDLINE), "cmdline");
}

/* --- installing a file lowers protection nowhere --- */

#define FILES_MAX 8

/* A policy and the file name that gives it its place. A set in a folder is kept in the order that
 * the loader has to give it: units, then [Match] by name, then defaults by name. */
struct file {
    char name[24];
    struct rl_policy policy;
};

static const char *const units[] = {
    "web.service", "db.service", "pg@.service", "pg@1.service", "a.slice", "b.slice"};
static const struct rl_cgroup_glob globs[] = {{"**", false}, {"a.slice/**", false},
    {"*/web.service", false}, {"/", false}, {"b.slice", false}, {"a.slice/**", true},
    {"**/x", true}, {"b.slice/*", false}};
static const char *const paths[] = {"/", "/a.slice", "/b.slice", "/a.slice/web.service",
    "/a.slice/web.service/x", "/b.slice/db.service", "/b.slice/pg@1.service",
    "/a.slice/pg@2.service", "/b.slice/x", "/c"};

/* Instances stand before their template. */
static int rank(const struct rl_policy *p)
{
    if (p->match.attach == RL_ATTACH_UNIT)
        return strstr(p->match.unit, "@.") ? 1 : 0;
    return p->match.attach == RL_ATTACH_MATCH ? 2 : 3;
}

static int before(const struct file *a, const struct file *b)
{
    int by_rank = rank(&a->policy) - rank(&b->policy);

    return by_rank ? by_rank : strcmp(a->name, b->name);
}

static void random_match(struct rl_match *match, struct dice *dice)
{
    *match = (struct rl_match){.attach = RL_ATTACH_MATCH};
    match->cgroups = (struct rl_globs){&globs[roll(dice, LENGTH(globs) - 1)], 1 + roll(dice, 2)};
    if (roll(dice, 3) == 0)
        match->limited = (enum rl_tristate)roll(dice, 3);
}

static struct file random_file(struct dice *dice, enum rl_attach attach)
{
    struct file file = {.policy.match.attach = attach};

    if (attach == RL_ATTACH_UNIT)
        file.policy.match.unit = units[roll(dice, LENGTH(units))];
    else
        random_match(&file.policy.match, dice);
    file.policy.match.attach = attach;
    if (attach == RL_ATTACH_DEFAULT && roll(dice, 2))
        file.policy.match.cgroups.n = 0;
    /* A default's name is chosen so that the plain one comes last. */
    snprintf(file.name, sizeof(file.name), "%02u", (unsigned)roll(dice, 100));
    return file;
}

struct set {
    struct rl_policy policies[FILES_MAX];
    size_t n;
};

static struct set sorted(const struct file *files, size_t n)
{
    struct file copy[FILES_MAX];
    struct set set = {.n = n};

    memcpy(copy, files, n * sizeof(*files));
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && before(&copy[k], &copy[k - 1]) < 0; k--) {
            struct file swap = copy[k];

            copy[k] = copy[k - 1];
            copy[k - 1] = swap;
        }
    for (size_t i = 0; i < n; i++) {
        set.policies[i] = copy[i].policy;
        set.policies[i].name = NULL;
    }
    return set;
}

/* Which of the files is in force at a place; they are told apart by `source`. */
static const char *in_force(const struct set *set, const struct rl_place *place, bool defaults)
{
    const struct rl_policy *p = rl_match_policy(set->policies, set->n, place, defaults);

    return p ? p->source : NULL;
}

/* For a random set of files and one more:
 * 1. every place that had a policy has one still, and one that a file of its own, a [Match] or a
 *    default named is not left to a weaker kind;
 * 2. a place keeps its policy unless the new file itself names it: a file changes nothing but for
 *    the cgroups that it names, neither by its order nor by the defaults;
 * 3. a service's own file changes nothing but for that service, and whatever its name sorts
 *    before, a [Match] catch-all takes nothing from a cgroup that a unit's file names; no [Match]
 *    file takes the defaults away where it does not match. */
static void adding_a_file_lowers_protection_nowhere(void **state)
{
    static const char *const sources[FILES_MAX] = {"0", "1", "2", "3", "4", "5", "6", "new"};
    struct dice dice = {3};
    size_t taken = 0, kept = 0, held = 0;

    for (int round = 0; round < 30000; round++) {
        struct file files[FILES_MAX];
        size_t n = roll(&dice, FILES_MAX - 1);
        struct set old, new;
        struct file *added = &files[n];

        for (size_t i = 0; i <= n; i++) {
            files[i] = random_file(&dice, (enum rl_attach)roll(&dice, i < n ? 3 : 2));
            files[i].policy.source = sources[i < n ? i : FILES_MAX - 1];
        }
        if (added->policy.match.attach == RL_ATTACH_MATCH && roll(&dice, 2))
            *added = (struct file){.name = "00", /* a catch-all that sorts before all others */
                .policy = {
                    .source = "new", .match = {.attach = RL_ATTACH_MATCH, .cgroups = {globs, 1}}}};
        old = sorted(files, n);
        new = sorted(files, n + 1);
        for (size_t i = 0; i < LENGTH(paths) * 2; i++) {
            const struct rl_place place = {.path = paths[i / 2], .limited = i & 1};
            const char *was = in_force(&old, &place, true), *is = in_force(&new, &place, true);
            const char *own_was = in_force(&old, &place, false);
            const char *own_is = in_force(&new, &place, false);
            bool names = rl_match_cgroup(&added->policy.match, &place);
            const struct rl_policy *before_it;

            assert_true(!was || is);
            assert_true(!own_was || own_is);
            if (!names) {
                assert_true(was == is && own_was == own_is);
                kept += was != NULL;
                continue;
            }
            assert_true(is == was || strcmp(is, "new") == 0);
            before_it = rl_match_policy(old.policies, old.n, &place, true);
            if (before_it && before_it->match.attach < added->policy.match.attach) {
                assert_ptr_equal(is, was); /* a unit's own file stays in force */
                held++;
            }
            if (before_it && before_it->match.attach > added->policy.match.attach)
                assert_string_equal(is, "new"); /* and the weaker kind always gives way */
            taken += is != was;
        }
    }
    assert_true(taken > 1000 && kept > 1000 && held > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_condition_must_hold),
        cmocka_unit_test(a_name_that_is_not_known_yet_may_change_the_policy),
        cmocka_unit_test(cmdlines_are_held_against_globs),
        cmocka_unit_test(adding_a_file_lowers_protection_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
