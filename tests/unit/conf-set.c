warn [low|medium|critical] [desktop] |/* Policies side by side: files that never count, and what reliefd.conf does not allow. */
warn [low|medium|critical] [desktop] |#include "tests/unit/unit.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include "conf/check-set.h"
warn [low|medium|critical] [desktop] |#include "conf/load.h"
warn [low|medium|critical] [desktop] |#include "conf/program.h"
warn [low|medium|critical] [desktop] |#include "policy/glob.h"
warn [low|medium|critical] [desktop] |#include "policy/match.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-folders.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-text.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define N(array) (sizeof(array) / sizeof((array)[0]))
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define REST      "[Trigger t]\nPressure=full 30% over 10s\n[Relief]\nStep=kill\n"
warn [low|medium|critical] [desktop] |#define MATCH(of) "[Match]\n" of REST
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_policy_set *load(const struct sandbox *box, const struct rl_settings *settings)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    char usr[PATH_MAX], etc[PATH_MAX];
warn [low|medium|critical] [desktop] |    const char *const dirs[] = {usr, etc, NULL};
warn [low|medium|critical] [desktop] |    struct rl_load_options options = {.dirs = dirs, .vendor_dir = usr, .settings = settings};
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    snprintf(usr, sizeof(usr), "%s/usr", box->root);
warn [low|medium|critical] [desktop] |    snprintf(etc, sizeof(etc), "%s/etc", box->root);
warn [low|medium|critical] [desktop] |    assert_int_equal(rl_policy_set_load(&options, NULL, &set), 0);
warn [low|medium|critical] [desktop] |    return set;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct {
warn [low|medium|critical] [desktop] |    const char *first, *first_text, *second, *second_text;
warn [low|medium|critical] [desktop] |    unsigned line; /* of the finding in the second one; 0: there is none */
warn [low|medium|critical] [desktop] |} shadows[] = {
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/* !a/b\n"), "20-b", MATCH("Cgroup=a/* !a/b\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/*\n"), "20-b", MATCH("Cgroup=/a/*\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/*\n"), "20-b", MATCH("Cgroup=a/* b\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/* b\n"), "20-b", REST "[Match]\nCgroup=b\n", 5},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/* !a/b\n"), "20-b", MATCH("Cgroup=a/*\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/*\n"), "20-b", MATCH("Cgroup=a/* !a/b\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Cgroup=a/*\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Cgroup=/\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Cgroup=!a\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Level=pod\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Limited=yes\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=**\n"), "20-b", MATCH("Limited=no\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/**\n"), "20-b", MATCH("Cgroup=a/b*/c\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/**\n"), "20-b", MATCH("Cgroup=a*/b\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/**\n"), "20-b", MATCH("Cgroup=a\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a/b*\n"), "20-b", MATCH("Cgroup=a/bc a/bd\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a\nLimited=yes\n"), "20-b", MATCH("Cgroup=a\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a\n"), "20-b", MATCH("Cgroup=a\nLimited=yes\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=a\nLimited=yes\n"), "20-b", MATCH("Cgroup=a\nLimited=yes\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Unit=*\n"), "20-b", MATCH("Unit=a*\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Unit=a*\n"), "20-b", MATCH("Unit=ab\nCgroup=c/**\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Unit=a*\n"), "20-b", MATCH("Unit=ba\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Pod=a/*\n"), "20-b", MATCH("Pod=a/*\nLevel=container\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Pod=!a/*\n"), "20-b", MATCH("Level=container\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("QoS=burstable\n"), "20-b", MATCH("QoS=burstable besteffort\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("QoS=burstable besteffort\n"), "20-b", MATCH("QoS=besteffort\n"), 1},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Level=pod\n"), "20-b", MATCH("Level=container\n"), 0},
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Container=a\n"), "20-b", MATCH("Container=b\n"), 0},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    /* a unit's own file has every cgroup of that name */
warn [low|medium|critical] [desktop] |    {"a.service", REST, "20-b", MATCH("Unit=a.service\nCgroup=x/**\n"), 1},
warn [low|medium|critical] [desktop] |    {"a.service", REST, "20-b", MATCH("Unit=a.service b.service\n"), 0},
warn [low|medium|critical] [desktop] |    {"a.service", REST, "20-b", MATCH("Cgroup=a.service\n"), 0},
warn [low|medium|critical] [desktop] |    {"a@.service", REST, "a@1.service", REST, 0},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    /* defaults are for what is left; the shipped ones are nobody's mistake */
warn [low|medium|critical] [desktop] |    {"10-a", MATCH("Cgroup=**\n"), "default-b", MATCH("Cgroup=a\n"), 0},
warn [low|medium|critical] [desktop] |    {"default-a", REST, "default-b", MATCH("Cgroup=a\n"), 1},
warn [low|medium|critical] [desktop] |    {"default-a", REST, "x.service", REST, 0},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_shadows(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(shadows); i++) {
warn [low|medium|critical] [desktop] |        const char *names[] = {shadows[i].first, shadows[i].second};
warn [low|medium|critical] [desktop] |        const char *texts[] = {shadows[i].first_text, shadows[i].second_text};
warn [low|medium|critical] [desktop] |        char paths[2][PATH_MAX], expected[3 * PATH_MAX] = "";
warn [low|medium|critical] [desktop] |        struct rl_findings found = {0};
warn [low|medium|critical] [desktop] |        struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        for (int j = 0; j < 2; j++) {
warn [low|medium|critical] [desktop] |            char name[64];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |            snprintf(name, sizeof(name), "etc/%s.conf", names[j]);
warn [low|medium|critical] [desktop] |            put(*state, name, texts[j]);
warn [low|medium|critical] [desktop] |            snprintf(paths[j], PATH_MAX, "%s", in(*state, name));
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |        set = load(*state, NULL);
warn [low|medium|critical] [desktop] |        if (shadows[i].line)
warn [low|medium|critical] [desktop] |            snprintf(expected, sizeof(expected),
warn [low|medium|critical] [desktop] |                "%u: warning [shadowed] this never counts: %s (%s) comes first and takes all of "
warn [low|medium|critical] [desktop] |                "its cgroups\n",
warn [low|medium|critical] [desktop] |                shadows[i].line, names[0], paths[0]);
warn [low|medium|critical] [desktop] |        for (size_t f = 0; f < set->findings.n; f++)
warn [low|medium|critical] [desktop] |            if (strcmp(set->findings.items[f].code, "only-exclusions") != 0)
warn [low|medium|critical] [desktop] |                assert_int_equal(
warn [low|medium|critical] [desktop] |                    rl_findings_add(&found, set->findings.items[f].path,
warn [low|medium|critical] [desktop] |                        set->findings.items[f].line, set->findings.items[f].severity,
warn [low|medium|critical] [desktop] |                        set->findings.items[f].code, "%s", set->findings.items[f].message),
warn [low|medium|critical] [desktop] |                    0);
warn [low|medium|critical] [desktop] |        expect_findings(&found, paths[1], expected);
warn [low|medium|critical] [desktop] |        rl_findings_free(&found);
warn [low|medium|critical] [desktop] |        rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |        unlink(paths[0]);
warn [low|medium|critical] [desktop] |        unlink(paths[1]);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Nothing is said of the shipped files, whatever stands before them. */
warn [low|medium|critical] [desktop] |static void test_shipped(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "usr/default.conf", REST);
warn [low|medium|critical] [desktop] |    put(*state, "usr/default-container.conf", MATCH("Cgroup=b\n"));
warn [low|medium|critical] [desktop] |    put(*state, "etc/default-all.conf", REST);
warn [low|medium|critical] [desktop] |    set = load(*state, NULL);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_allowed(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static char *none[] = {NULL}, *some[] = {(char *)"/x", (char *)"/a/**", NULL};
warn [low|medium|critical] [desktop] |    const struct rl_settings nothing = {.allow_within = none};
warn [low|medium|critical] [desktop] |    const struct rl_settings all = {.allow_within = some, .n_allow_within = 2, .allow_panic = true};
warn [low|medium|critical] [desktop] |    /* what is below is allowed, too */
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *allowed;
warn [low|medium|critical] [desktop] |        size_t warnings;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"/", 0},
warn [low|medium|critical] [desktop] |        {"/**", 0},
warn [low|medium|critical] [desktop] |        {"/a", 1},
warn [low|medium|critical] [desktop] |        {"/a/b", 1},
warn [low|medium|critical] [desktop] |        {"a/*", 2}, /* that it is allowed cannot be told from the globs */
warn [low|medium|critical] [desktop] |        {"/a/b/*", 1},
warn [low|medium|critical] [desktop] |        {"/a/bc", 2},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    char expected[4 * PATH_MAX];
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "usr/v.service.conf", REST "OnNoVictim=panic\n[Victim]\nWithin=/a/b/*\n");
warn [low|medium|critical] [desktop] |    put(*state, "usr/w.service.conf", REST "[Victim]\nWithin=/**\n");
warn [low|medium|critical] [desktop] |    put(*state, "usr/s.service.conf", REST "[Victim]\nWithin=subject\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/u.service.conf", REST "[Victim]\nWithin=/**\n");
warn [low|medium|critical] [desktop] |    put(*state, "usr/u.service.conf.d/a.conf", "[Relief]\nCooldown=1s\n");
warn [low|medium|critical] [desktop] |    set = load(*state, NULL);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    set = load(*state, &nothing);
warn [low|medium|critical] [desktop] |    snprintf(expected, sizeof(expected),
warn [low|medium|critical] [desktop] |        "%s:7: warning [within-not-allowed] Within=/a/b/*: a vendor's file reaches outside its "
warn [low|medium|critical] [desktop] |        "subject only where AllowWithin= of reliefd.conf says so\n"
warn [low|medium|critical] [desktop] |        "%s:5: warning [panic-not-allowed] OnNoVictim=panic counts as log without AllowPanic=yes "
warn [low|medium|critical] [desktop] |        "in reliefd.conf\n"
warn [low|medium|critical] [desktop] |        "%s:6: warning [within-not-allowed] Within=/**: a vendor's file reaches outside its "
warn [low|medium|critical] [desktop] |        "subject only where AllowWithin= of reliefd.conf says so\n",
warn [low|medium|critical] [desktop] |        in(*state, "usr/v.service.conf"), in(*state, "usr/v.service.conf"),
warn [low|medium|critical] [desktop] |        in(*state, "usr/w.service.conf"));
warn [low|medium|critical] [desktop] |    expect_findings(&set->findings, NULL, expected);
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < set->n; i++)
warn [low|medium|critical] [desktop] |        assert_int_equal(set->policies[i].vendor, strcmp(set->policies[i].name, "u.service") != 0);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        static char *globs_allowed[] = {NULL, NULL};
warn [low|medium|critical] [desktop] |        const struct rl_settings one = {
warn [low|medium|critical] [desktop] |            .allow_within = globs_allowed, .n_allow_within = 1, .allow_panic = true};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        globs_allowed[0] = (char *)(uintptr_t)rows[i].allowed;
warn [low|medium|critical] [desktop] |        set = load(*state, &one);
warn [low|medium|critical] [desktop] |        assert_int_equal(set->findings.n, rows[i].warnings);
warn [low|medium|critical] [desktop] |        rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    set = load(*state, &all);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 1);
warn [low|medium|critical] [desktop] |    assert_string_equal(set->findings.items[0].path, in(*state, "usr/w.service.conf"));
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_panic_steps(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    const struct rl_settings nothing = {0}, all = {.allow_panic = true};
warn [low|medium|critical] [desktop] |    char expected[2 * PATH_MAX];
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/p.service.conf", REST "Step=panic\n");
warn [low|medium|critical] [desktop] |    snprintf(expected, sizeof(expected),
warn [low|medium|critical] [desktop] |        "%s:5: warning [panic-not-allowed] Step=panic is passed over without AllowPanic=yes in "
warn [low|medium|critical] [desktop] |        "reliefd.conf\n",
warn [low|medium|critical] [desktop] |        in(*state, "etc/p.service.conf"));
warn [low|medium|critical] [desktop] |    set = load(*state, &nothing);
warn [low|medium|critical] [desktop] |    expect_findings(&set->findings, NULL, expected);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |    set = load(*state, &all);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* A hook is run as root: who can change it? */
warn [low|medium|critical] [desktop] |static void test_programs(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        mode_t mode;
warn [low|medium|critical] [desktop] |        const char *why; /* NULL: it may be run */
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {0755, NULL},
warn [low|medium|critical] [desktop] |        {0711, NULL},
warn [low|medium|critical] [desktop] |        {0644, "is not executable (mode 0644)"},
warn [low|medium|critical] [desktop] |        {0775, "is not to be trusted: "},
warn [low|medium|critical] [desktop] |        {0757, "is not to be trusted: "},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    char program[PATH_MAX], text[2 * PATH_MAX];
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "usr/program", "#!/bin/sh\n");
warn [low|medium|critical] [desktop] |    strcpy(program, in(*state, "usr/program"));
warn [low|medium|critical] [desktop] |    snprintf(text, sizeof(text), "%sStep=hook %s wait 3s\n", REST, program);
warn [low|medium|critical] [desktop] |    put(*state, "etc/h.service.conf", text);
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        char why[600];
warn [low|medium|critical] [desktop] |        int r;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        assert_int_equal(chmod(program, rows[i].mode), 0);
warn [low|medium|critical] [desktop] |        r = rl_program_check(program, why, sizeof(why));
warn [low|medium|critical] [desktop] |        assert_int_equal(r, rows[i].why ? -EACCES : 0);
warn [low|medium|critical] [desktop] |        assert_int_equal(strncmp(why, rows[i].why ? rows[i].why : "", 9), 0);
warn [low|medium|critical] [desktop] |        set = load(*state, NULL);
warn [low|medium|critical] [desktop] |        assert_int_equal(set->findings.n, rows[i].why ? 1 : 0);
warn [low|medium|critical] [desktop] |        if (rows[i].why) {
warn [low|medium|critical] [desktop] |            assert_string_equal(set->findings.items[0].code, "hook-not-run");
warn [low|medium|critical] [desktop] |            assert_int_equal(set->findings.items[0].line, 5);
warn [low|medium|critical] [desktop] |            assert_int_equal(set->findings.items[0].severity, RL_WARNING);
warn [low|medium|critical] [desktop] |            assert_non_null(strstr(set->findings.items[0].message, why));
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |        rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    assert_int_equal(unlink(program), 0);
warn [low|medium|critical] [desktop] |    set = load(*state, NULL);
warn [low|medium|critical] [desktop] |    assert_non_null(
warn [low|medium|critical] [desktop] |        strstr(set->findings.items[0].message, "is not there; the step is passed over"));
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |    assert_int_equal(mkdir(program, 0755), 0);
warn [low|medium|critical] [desktop] |    set = load(*state, NULL);
warn [low|medium|critical] [desktop] |    assert_non_null(strstr(set->findings.items[0].message, "is no regular file"));
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |    assert_int_equal(rmdir(program), 0);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const char *const globs[] = {"/", "**", "*", "a", "/a", "a/*", "a/**", "a/b", "a/b*", "a*/b",
warn [low|medium|critical] [desktop] |    "a/b/**", "**/b", "a/**/b", "*/b", "a/[b]", "ab/**", "a?/**", "[a]/**", "a/**b", "a**"};
warn [low|medium|critical] [desktop] |static const char *const paths[] = {"/", "/a", "/b", "/ab", "/a/b", "/a/bc", "/ab/b", "/ab/c",
warn [low|medium|critical] [desktop] |    "/a/b/c", "/a/b/b", "/a/c/b", "/c/a/b", "/b/b", "/a/x/y/b", "/a/xb", "/axb"};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* A glob that covers another matches what that matches; what is plainly so is seen. */
warn [low|medium|critical] [desktop] |static void test_covers(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    size_t covered = 0;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(globs); i++)
warn [low|medium|critical] [desktop] |        for (size_t j = 0; j < N(globs); j++) {
warn [low|medium|critical] [desktop] |            if (!rl_glob_covers(globs[i], globs[j]))
warn [low|medium|critical] [desktop] |                continue;
warn [low|medium|critical] [desktop] |            covered++;
warn [low|medium|critical] [desktop] |            for (size_t k = 0; k < N(paths); k++)
warn [low|medium|critical] [desktop] |                if (rl_glob_path(globs[j], paths[k]) && !rl_glob_path(globs[i], paths[k]))
warn [low|medium|critical] [desktop] |                    fail_msg("%s does not cover %s: %s", globs[i], globs[j], paths[k]);
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |    assert_in_range(covered, 2 * N(globs), N(globs) * N(globs) / 2);
warn [low|medium|critical] [desktop] |    assert_false(rl_glob_covers("**", "/"));
warn [low|medium|critical] [desktop] |    assert_false(rl_glob_covers("/", "**"));
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* As above for whole [Match] sections, random ones, over cgroups of all kinds. */
warn [low|medium|critical] [desktop] |#define POD                                                                                        \
warn [low|medium|critical] [desktop] |    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"                              \
warn [low|medium|critical] [desktop] |    "0123456789abcdef0123456789abcdef.slice"
warn [low|medium|critical] [desktop] |static const char *const places[] = {"/", "/a", "/a/b", "/a/b.service", "/kubepods.slice",
warn [low|medium|critical] [desktop] |    "/kubepods.slice/kubepods-burstable.slice", POD, POD "/cri-containerd-0123456789ab.scope",
warn [low|medium|critical] [desktop] |    POD "/cri-containerd-0123456789ab.scope/a"};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_globs random_globs(const char *const *words, size_t n, struct rl_cgroup_glob *room)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_globs globs_made = {room, (size_t)random() % 3};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < globs_made.n; i++)
warn [low|medium|critical] [desktop] |        room[i] = (struct rl_cgroup_glob){words[(size_t)random() % n], random() % 3 == 0};
warn [low|medium|critical] [desktop] |    return globs_made;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_match random_match(struct rl_cgroup_glob room[5][2])
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const cgroups[] = {"/", "**", "a/**", "a/*", "a/b", "kubepods.slice/**"};
warn [low|medium|critical] [desktop] |    static const char *const units[] = {"*", "b*", "b", "b.service", "a"};
warn [low|medium|critical] [desktop] |    static const char *const pods[] = {"web/*", "web/a", "*"};
warn [low|medium|critical] [desktop] |    static const char *const qos[] = {"burstable", "guaranteed"};
warn [low|medium|critical] [desktop] |    static const char *const ids[] = {"*", "0123456789ab", "01*"};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return (struct rl_match){
warn [low|medium|critical] [desktop] |        .attach = RL_ATTACH_MATCH,
warn [low|medium|critical] [desktop] |        .cgroups = random_globs(cgroups, N(cgroups), room[0]),
warn [low|medium|critical] [desktop] |        .units = random() % 2 ? random_globs(units, N(units), room[1]) : (struct rl_globs){0},
warn [low|medium|critical] [desktop] |        .pods = random() % 3 ? (struct rl_globs){0} : random_globs(pods, N(pods), room[2]),
warn [low|medium|critical] [desktop] |        .qos = random() % 3 ? (struct rl_globs){0} : random_globs(qos, N(qos), room[3]),
warn [low|medium|critical] [desktop] |        .containers = random() % 3 ? (struct rl_globs){0} : random_globs(ids, N(ids), room[4]),
warn [low|medium|critical] [desktop] |        .limited = random() % 2 ? RL_EITHER : (enum rl_tristate)(random() % 3),
warn [low|medium|critical] [desktop] |        .level = random() % 2 ? RL_LEVEL_ANY : (enum rl_level_kind)(random() % 4),
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_match_covers(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const names[] = {NULL, "web/a", "db/a"};
warn [low|medium|critical] [desktop] |    size_t covered = 0;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    srandom(7);
warn [low|medium|critical] [desktop] |    for (int round = 0; round < 100000; round++) {
warn [low|medium|critical] [desktop] |        struct rl_cgroup_glob room[2][5][2];
warn [low|medium|critical] [desktop] |        struct rl_match wide = random_match(room[0]), narrow = random_match(room[1]);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        if (!rl_match_covers(&wide, &narrow))
warn [low|medium|critical] [desktop] |            continue;
warn [low|medium|critical] [desktop] |        covered++;
warn [low|medium|critical] [desktop] |        for (size_t i = 0; i < N(places) * N(names) * 2; i++) {
warn [low|medium|critical] [desktop] |            struct rl_place place = {
warn [low|medium|critical] [desktop] |                places[i / 2 / N(names)], .limited = i % 2, .pod_name = names[i / 2 % N(names)]};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |            if (i / 2 / N(names) == 0)
warn [low|medium|critical] [desktop] |                place.limited = false; /* the root has no limit */
warn [low|medium|critical] [desktop] |            if (rl_match_cgroup(&narrow, &place) && !rl_match_cgroup(&wide, &place))
warn [low|medium|critical] [desktop] |                fail_msg("round %d: %s", round, place.path);
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    assert_true(covered > 1000);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |int main(void)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)
warn [low|medium|critical] [desktop] |    const struct CMUnitTest tests[] = {
warn [low|medium|critical] [desktop] |        TEST(test_shadows),
warn [low|medium|critical] [desktop] |        TEST(test_shipped),
warn [low|medium|critical] [desktop] |        TEST(test_allowed),
warn [low|medium|critical] [desktop] |        TEST(test_panic_steps),
warn [low|medium|critical] [desktop] |        TEST(test_programs),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_covers),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_match_covers),
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return cmocka_run_group_tests(tests, NULL, NULL);
warn [low|medium|critical] [desktop] |}
