/* Policies side by side: files that never count, and what reliefd.conf does not allow. */
#include "tests/unit/unit.h"

#include "conf/check-set.h"
#include "conf/load.h"
#include "conf/program.h"
#include "policy/glob.h"
#include "policy/match.h"
#include "tests/unit/conf-folders.h"
#include "tests/unit/conf-text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define REST      "[Trigger t]\nPressure=full 30% over 10s\n[Relief]\nStep=kill\n"
#define MATCH(of) "[Match]\n" of REST

static struct rl_policy_set *load(const struct sandbox *box, const struct rl_settings *settings)
{
    char usr[PATH_MAX], etc[PATH_MAX];
    const char *const dirs[] = {usr, etc, NULL};
    struct rl_load_options options = {.dirs = dirs, .vendor_dir = usr, .settings = settings};
    struct rl_policy_set *set;

    snprintf(usr, sizeof(usr), "%s/usr", box->root);
    snprintf(etc, sizeof(etc), "%s/etc", box->root);
    assert_int_equal(rl_policy_set_load(&options, NULL, &set), 0);
    return set;
}

static const struct {
    const char *first, *first_text, *second, *second_text;
    unsigned line; /* of the finding in the second one; 0: there is none */
} shadows[] = {
    {"10-a", MATCH("Cgroup=a/* !a/b\n"), "20-b", MATCH("Cgroup=a/* !a/b\n"), 1},
    {"10-a", MATCH("Cgroup=a/*\n"), "20-b", MATCH("Cgroup=/a/*\n"), 1},
    {"10-a", MATCH("Cgroup=a/*\n"), "20-b", MATCH("Cgroup=a/* b\n"), 0},
    {"10-a", MATCH("Cgroup=a/* b\n"), "20-b", REST "[Match]\nCgroup=b\n", 5},
    {"10-a", MATCH("Cgroup=a/* !a/b\n"), "20-b", MATCH("Cgroup=a/*\n"), 0},
    {"10-a", MATCH("Cgroup=a/*\n"), "20-b", MATCH("Cgroup=a/* !a/b\n"), 1},
    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Cgroup=a/*\n"), 1},
    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Cgroup=/\n"), 0},
    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Cgroup=!a\n"), 0},
    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Level=pod\n"), 1},
    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Limited=yes\n"), 1},
    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Limited=no\n"), 0},
    {"10-a", MATCH("Cgroup=a/**\n"), "20-b", MATCH("Cgroup=a/b*/c\n"), 1},
    {"10-a", MATCH("Cgroup=a/**\n"), "20-b", MATCH("Cgroup=a*/b\n"), 0},
    {"10-a", MATCH("Cgroup=a/**\n"), "20-b", MATCH("Cgroup=a\n"), 0},
    {"10-a", MATCH("Cgroup=a/b*\n"), "20-b", MATCH("Cgroup=a/bc a/bd\n"), 1},
    {"10-a", MATCH("Cgroup=a\nLimited=yes\n"), "20-b", MATCH("Cgroup=a\n"), 0},
    {"10-a", MATCH("Cgroup=a\n"), "20-b", MATCH("Cgroup=a\nLimited=yes\n"), 1},
    {"10-a", MATCH("Cgroup=a\nLimited=yes\n"), "20-b", MATCH("Cgroup=a\nLimited=yes\n"), 1},
    {"10-a", MATCH("Unit=*\n"), "20-b", MATCH("Unit=a*\n"), 1},
    {"10-a", MATCH("Unit=a*\n"), "20-b", MATCH("Unit=ab\nCgroup=c/**\n"), 1},
    {"10-a", MATCH("Unit=a*\n"), "20-b", MATCH("Unit=ba\n"), 0},
    {"10-a", MATCH("Pod=a/*\n"), "20-b", MATCH("Pod=a/*\nLevel=container\n"), 1},
    {"10-a", MATCH("Pod=!a/*\n"), "20-b", MATCH("Level=container\n"), 0},
    {"10-a", MATCH("QoS=burstable\n"), "20-b", MATCH("QoS=burstable besteffort\n"), 0},
    {"10-a", MATCH("QoS=burstable besteffort\n"), "20-b", MATCH("QoS=besteffort\n"), 1},
    {"10-a", MATCH("Level=pod\n"), "20-b", MATCH("Level=container\n"), 0},
    {"10-a", MATCH("Container=a\n"), "20-b", MATCH("Container=b\n"), 0},

    /* a unit's own file has every cgroup of that name */
    {"a.service", REST, "20-b", MATCH("Unit=a.service\nCgroup=x/**\n"), 1},
    {"a.service", REST, "20-b", MATCH("Unit=a.service b.service\n"), 0},
    {"a.service", REST, "20-b", MATCH("Cgroup=a.service\n"), 0},
    {"a@.service", REST, "a@1.service", REST, 0},

    /* defaults are for what is left; the shipped ones are nobody's mistake */
    {"10-a", MATCH("Cgroup=**\n"), "default-b", MATCH("Cgroup=a\n"), 0},
    {"default-a", REST, "default-b", MATCH("Cgroup=a\n"), 1},
    {"default-a", REST, "x.service", REST, 0},
};

static void test_shadows(void **state)
{
    for (size_t i = 0; i < N(shadows); i++) {
        const char *names[] = {shadows[i].first, shadows[i].second};
        const char *texts[] = {shadows[i].first_text, shadows[i].second_text};
        char paths[2][PATH_MAX], expected[3 * PATH_MAX] = "";
        struct rl_findings found = {0};
        struct rl_policy_set *set;

        for (int j = 0; j < 2; j++) {
            char name[64];

            snprintf(name, sizeof(name), "etc/%s.conf", names[j]);
            put(*state, name, texts[j]);
            snprintf(paths[j], PATH_MAX, "%s", in(*state, name));
        }
        set = load(*state, NULL);
        if (shadows[i].line)
            snprintf(expected, sizeof(expected),
                "%u: warning [shadowed] this never counts: %s (%s) comes first and takes all of "
                "its cgroups\n",
                shadows[i].line, names[0], paths[0]);
        for (size_t f = 0; f < set->findings.n; f++)
            if (strcmp(set->findings.items[f].code, "only-exclusions") != 0)
                assert_int_equal(
                    rl_findings_add(&found, set->findings.items[f].path,
                        set->findings.items[f].line, set->findings.items[f].severity,
                        set->findings.items[f].code, "%s", set->findings.items[f].message),
                    0);
        expect_findings(&found, paths[1], expected);
        rl_findings_free(&found);
        rl_policy_set_free(set);
        unlink(paths[0]);
        unlink(paths[1]);
    }
}

/* Nothing is said of the shipped files, whatever stands before them. */
static void test_shipped(void **state)
{
    struct rl_policy_set *set;

    put(*state, "usr/default.conf", REST);
    put(*state, "usr/default-container.conf", MATCH("Cgroup=b\n"));
    put(*state, "etc/default-all.conf", REST);
    set = load(*state, NULL);
    assert_int_equal(set->findings.n, 0);
    rl_policy_set_free(set);
}

static void test_allowed(void **state)
{
    static char *none[] = {NULL}, *some[] = {(char *)"/x", (char *)"/a/**", NULL};
    const struct rl_settings nothing = {.allow_within = none};
    const struct rl_settings all = {.allow_within = some, .n_allow_within = 2, .allow_panic = true};
    /* what is below is allowed, too */
    static const struct {
        const char *allowed;
        size_t warnings;
    } rows[] = {
        {"/", 0},
        {"/**", 0},
        {"/a", 1},
        {"/a/b", 1},
        {"a/*", 2}, /* that it is allowed cannot be told from the globs */
        {"/a/b/*", 1},
        {"/a/bc", 2},
    };
    char expected[4 * PATH_MAX];
    struct rl_policy_set *set;

    put(*state, "usr/v.service.conf", REST "OnNoVictim=panic\n[Victim]\nWithin=/a/b/*\n");
    put(*state, "usr/w.service.conf", REST "[Victim]\nWithin=/**\n");
    put(*state, "usr/s.service.conf", REST "[Victim]\nWithin=subject\n");
    put(*state, "etc/u.service.conf", REST "[Victim]\nWithin=/**\n");
    put(*state, "usr/u.service.conf.d/a.conf", "[Relief]\nCooldown=1s\n");
    set = load(*state, NULL);
    assert_int_equal(set->findings.n, 0);
    rl_policy_set_free(set);

    set = load(*state, &nothing);
    snprintf(expected, sizeof(expected),
        "%s:7: warning [within-not-allowed] Within=/a/b/*: a vendor's file reaches outside its "
        "subject only where AllowWithin= of reliefd.conf says so\n"
        "%s:5: warning [panic-not-allowed] OnNoVictim=panic counts as log without AllowPanic=yes "
        "in reliefd.conf\n"
        "%s:6: warning [within-not-allowed] Within=/**: a vendor's file reaches outside its "
        "subject only where AllowWithin= of reliefd.conf says so\n",
        in(*state, "usr/v.service.conf"), in(*state, "usr/v.service.conf"),
        in(*state, "usr/w.service.conf"));
    expect_findings(&set->findings, NULL, expected);
    for (size_t i = 0; i < set->n; i++)
        assert_int_equal(set->policies[i].vendor, strcmp(set->policies[i].name, "u.service") != 0);
    rl_policy_set_free(set);

    for (size_t i = 0; i < N(rows); i++) {
        static char *globs_allowed[] = {NULL, NULL};
        const struct rl_settings one = {
            .allow_within = globs_allowed, .n_allow_within = 1, .allow_panic = true};

        globs_allowed[0] = (char *)(uintptr_t)rows[i].allowed;
        set = load(*state, &one);
        assert_int_equal(set->findings.n, rows[i].warnings);
        rl_policy_set_free(set);
    }

    set = load(*state, &all);
    assert_int_equal(set->findings.n, 1);
    assert_string_equal(set->findings.items[0].path, in(*state, "usr/w.service.conf"));
    rl_policy_set_free(set);
}

static void test_panic_steps(void **state)
{
    const struct rl_settings nothing = {0}, all = {.allow_panic = true};
    char expected[2 * PATH_MAX];
    struct rl_policy_set *set;

    put(*state, "etc/p.service.conf", REST "Step=panic\n");
    snprintf(expected, sizeof(expected),
        "%s:5: warning [panic-not-allowed] Step=panic is passed over without AllowPanic=yes in "
        "reliefd.conf\n",
        in(*state, "etc/p.service.conf"));
    set = load(*state, &nothing);
    expect_findings(&set->findings, NULL, expected);
    rl_policy_set_free(set);
    set = load(*state, &all);
    assert_int_equal(set->findings.n, 0);
    rl_policy_set_free(set);
}

/* A hook is run as root: who can change it? */
static void test_programs(void **state)
{
    static const struct {
        mode_t mode;
        const char *why; /* NULL: it may be run */
    } rows[] = {
        {0755, NULL},
        {0711, NULL},
        {0644, "is not executable (mode 0644)"},
        {0775, "is not to be trusted: "},
        {0757, "is not to be trusted: "},
    };
    char program[PATH_MAX], text[2 * PATH_MAX];
    struct rl_policy_set *set;

    put(*state, "usr/program", "#!/bin/sh\n");
    strcpy(program, in(*state, "usr/program"));
    snprintf(text, sizeof(text), "%sStep=hook %s wait 3s\n", REST, program);
    put(*state, "etc/h.service.conf", text);
    for (size_t i = 0; i < N(rows); i++) {
        char why[600];
        int r;

        assert_int_equal(chmod(program, rows[i].mode), 0);
        r = rl_program_check(program, why, sizeof(why));
        assert_int_equal(r, rows[i].why ? -EACCES : 0);
        assert_int_equal(strncmp(why, rows[i].why ? rows[i].why : "", 9), 0);
        set = load(*state, NULL);
        assert_int_equal(set->findings.n, rows[i].why ? 1 : 0);
        if (rows[i].why) {
            assert_string_equal(set->findings.items[0].code, "hook-not-run");
            assert_int_equal(set->findings.items[0].line, 5);
            assert_int_equal(set->findings.items[0].severity, RL_WARNING);
            assert_non_null(strstr(set->findings.items[0].message, why));
        }
        rl_policy_set_free(set);
    }
    assert_int_equal(unlink(program), 0);
    set = load(*state, NULL);
    assert_non_null(
        strstr(set->findings.items[0].message, "is not there; the step is passed over"));
    rl_policy_set_free(set);
    assert_int_equal(mkdir(program, 0755), 0);
    set = load(*state, NULL);
    assert_non_null(strstr(set->findings.items[0].message, "is no regular file"));
    rl_policy_set_free(set);
    assert_int_equal(rmdir(program), 0);
}

static const char *const globs[] = {"/", "**", "*", "a", "/a", "a/*", "a/**", "a/b", "a/b*", "a*/b",
    "a/b/**", "**/b", "a/**/b", "*/b", "a/[b]", "ab/**", "a?/**", "[a]/**", "a/**b", "a**"};
static const char *const paths[] = {"/", "/a", "/b", "/ab", "/a/b", "/a/bc", "/ab/b", "/ab/c",
    "/a/b/c", "/a/b/b", "/a/c/b", "/c/a/b", "/b/b", "/a/x/y/b", "/a/xb", "/axb"};

/* A glob that covers another matches what that matches; what is plainly so is seen. */
static void test_covers(void **state)
{
    size_t covered = 0;

    for (size_t i = 0; i < N(globs); i++)
        for (size_t j = 0; j < N(globs); j++) {
            if (!rl_glob_covers(globs[i], globs[j]))
                continue;
            covered++;
            for (size_t k = 0; k < N(paths); k++)
                if (rl_glob_path(globs[j], paths[k]) && !rl_glob_path(globs[i], paths[k]))
                    fail_msg("%s does not cover %s: %s", globs[i], globs[j], paths[k]);
        }
    assert_in_range(covered, 2 * N(globs), N(globs) * N(globs) / 2);
    assert_false(rl_glob_covers("**", "/"));
    assert_false(rl_glob_covers("/", "**"));
}

/* As above for whole [Match] sections, random ones, over cgroups of all kinds. */
#define POD                                                                                        \
    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"                              \
    "0123456789abcdef0123456789abcdef.slice"
static const char *const places[] = {"/", "/a", "/a/b", "/a/b.service", "/kubepods.slice",
    "/kubepods.slice/kubepods-burstable.slice", POD, POD "/cri-containerd-0123456789ab.scope",
    POD "/cri-containerd-0123456789ab.scope/a"};

static struct rl_globs random_globs(const char *const *words, size_t n, struct rl_cgroup_glob *room)
{
    struct rl_globs globs_made = {room, (size_t)random() % 3};

    for (size_t i = 0; i < globs_made.n; i++)
        room[i] = (struct rl_cgroup_glob){words[(size_t)random() % n], random() % 3 == 0};
    return globs_made;
}

static struct rl_match random_match(struct rl_cgroup_glob room[5][2])
{
    static const char *const cgroups[] = {"/", "**", "a/**", "a/*", "a/b", "kubepods.slice/**"};
    static const char *const units[] = {"*", "b*", "b", "b.service", "a"};
    static const char *const pods[] = {"web/*", "web/a", "*"};
    static const char *const qos[] = {"burstable", "guaranteed"};
    static const char *const ids[] = {"*", "0123456789ab", "01*"};

    return (struct rl_match){
        .attach = RL_ATTACH_MATCH,
        .cgroups = random_globs(cgroups, N(cgroups), room[0]),
        .units = random() % 2 ? random_globs(units, N(units), room[1]) : (struct rl_globs){0},
        .pods = random() % 3 ? (struct rl_globs){0} : random_globs(pods, N(pods), room[2]),
        .qos = random() % 3 ? (struct rl_globs){0} : random_globs(qos, N(qos), room[3]),
        .containers = random() % 3 ? (struct rl_globs){0} : random_globs(ids, N(ids), room[4]),
        .limited = random() % 2 ? RL_EITHER : (enum rl_tristate)(random() % 3),
        .level = random() % 2 ? RL_LEVEL_ANY : (enum rl_level_kind)(random() % 4),
    };
}

static void test_match_covers(void **state)
{
    static const char *const names[] = {NULL, "web/a", "db/a"};
    size_t covered = 0;

    srandom(7);
    for (int round = 0; round < 100000; round++) {
        struct rl_cgroup_glob room[2][5][2];
        struct rl_match wide = random_match(room[0]), narrow = random_match(room[1]);

        if (!rl_match_covers(&wide, &narrow))
            continue;
        covered++;
        for (size_t i = 0; i < N(places) * N(names) * 2; i++) {
            struct rl_place place = {
                places[i / 2 / N(names)], .limited = i % 2, .pod_name = names[i / 2 % N(names)]};

            if (i / 2 / N(names) == 0)
                place.limited = false; /* the root has no limit */
            if (rl_match_cgroup(&narrow, &place) && !rl_match_cgroup(&wide, &place))
                fail_msg("round %d: %s", round, place.path);
        }
    }
    assert_true(covered > 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_shadows),
        TEST(test_shipped),
        TEST(test_allowed),
        TEST(test_panic_steps),
        TEST(test_programs),
        cmocka_unit_test(test_covers),
        cmocka_unit_test(test_match_covers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
