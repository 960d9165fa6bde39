warn [low|medium|critical] [desktop] |#include "tests/unit/unit.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include <sched.h>
warn [low|medium|critical] [desktop] |#include <sys/mount.h>
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include "conf/load.h"
warn [low|medium|critical] [desktop] |#include "policy/match.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-folders.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-text.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define N(array) (sizeof(array) / sizeof((array)[0]))
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* A policy that is well and has one number to know it by: its cooldown. */
warn [low|medium|critical] [desktop] |#define POLICY(seconds)                                                                            \
warn [low|medium|critical] [desktop] |    "[Trigger t]\nPressure=full 30% over 10s\n[Relief]\nStep=kill\nCooldown=" #seconds "s\n"
warn [low|medium|critical] [desktop] |#define MATCH(glob) "[Match]\nCgroup=" glob "\n"
warn [low|medium|critical] [desktop] |#define BROKEN      "[Trigger t]\nPresure=full 30% over 10s\n[Relief]\nStep=kill\n"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_policy_set *load_as(
warn [low|medium|critical] [desktop] |    const struct sandbox *box, const struct rl_policy_set *last, bool strict)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    char usr[PATH_MAX], run[PATH_MAX], etc[PATH_MAX];
warn [low|medium|critical] [desktop] |    const char *const dirs[] = {usr, run, etc, NULL};
warn [low|medium|critical] [desktop] |    struct rl_load_options options = {.dirs = dirs, .strict_owner = strict, .vendor_dir = usr};
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    snprintf(usr, sizeof(usr), "%s/usr", box->root);
warn [low|medium|critical] [desktop] |    snprintf(run, sizeof(run), "%s/run", box->root);
warn [low|medium|critical] [desktop] |    snprintf(etc, sizeof(etc), "%s/etc", box->root);
warn [low|medium|critical] [desktop] |    assert_int_equal(rl_policy_set_load(&options, last, &set), 0);
warn [low|medium|critical] [desktop] |    return set;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_policy_set *load(const struct sandbox *box)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    return load_as(box, NULL, false);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct rl_policy_file *file_of(const struct rl_policy_set *set, const char *name)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < set->n_files; i++)
warn [low|medium|critical] [desktop] |        if (strcmp(set->files[i].name, name) == 0)
warn [low|medium|critical] [desktop] |            return &set->files[i];
warn [low|medium|critical] [desktop] |    return NULL;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void expect_state(
warn [low|medium|critical] [desktop] |    const struct rl_policy_set *set, const char *name, enum rl_file_state state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    const struct rl_policy_file *file = file_of(set, name);
warn [low|medium|critical] [desktop] |    bool in_force = state == RL_FILE_LOADED || state == RL_FILE_LAST_GOOD;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_non_null(file);
warn [low|medium|critical] [desktop] |    assert_int_equal(file->state, state);
warn [low|medium|critical] [desktop] |    assert_int_equal(file->policy != NULL, in_force);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static unsigned cooldown_of(const struct rl_policy_set *set, const char *name)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    const struct rl_policy_file *file = file_of(set, name);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_non_null(file);
warn [low|medium|critical] [desktop] |    assert_non_null(file->policy);
warn [low|medium|critical] [desktop] |    return (unsigned)(file->policy->relief.cooldown_us / RL_US_PER_S);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* The codes of all findings. */
warn [low|medium|critical] [desktop] |static void expect_codes(const struct rl_policy_set *set, const char *expected)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    char codes[512] = "";
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < set->findings.n; i++) {
warn [low|medium|critical] [desktop] |        strcat(codes, i ? " " : "");
warn [low|medium|critical] [desktop] |        strcat(codes, set->findings.items[i].code);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    assert_string_equal(codes, expected);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* The names in force, in their order. */
warn [low|medium|critical] [desktop] |static void expect_order(const struct rl_policy_set *set, const char *expected)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    char names[512] = "";
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < set->n; i++) {
warn [low|medium|critical] [desktop] |        strcat(names, i ? " " : "");
warn [low|medium|critical] [desktop] |        strcat(names, set->policies[i].name);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    assert_string_equal(names, expected);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void expect_match(const struct rl_policy_set *set, const char *path, const char *expected)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_place place = {.path = path};
warn [low|medium|critical] [desktop] |    const struct rl_policy *policy = rl_match_policy(set->policies, set->n, &place, true);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_non_null(policy);
warn [low|medium|critical] [desktop] |    assert_string_equal(policy->name, expected);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define DEFAULTS "default-container default-node default"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_nothing_there(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set = load(*state);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    expect_order(set, DEFAULTS);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    assert_false(set->default_node_only);
warn [low|medium|critical] [desktop] |    assert_string_equal(file_of(set, "default")->path, "(built in)");
warn [low|medium|critical] [desktop] |    assert_string_equal(file_of(set, "default")->policy->source, "(built in)");
warn [low|medium|critical] [desktop] |    assert_ptr_equal(rl_policy_set_free(set), NULL);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_order(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const names[] = {"etc/20-b", "usr/30-a", "run/10-c", "etc/default-z",
warn [low|medium|critical] [desktop] |        "usr/default-a", "etc/x@.service", "etc/z.slice", "usr/a.scope", "etc/x@1.service",
warn [low|medium|critical] [desktop] |        "usr/default"};
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(names); i++) {
warn [low|medium|critical] [desktop] |        char name[64], text[256];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        snprintf(name, sizeof(name), "%s.conf", names[i]);
warn [low|medium|critical] [desktop] |        snprintf(text, sizeof(text), MATCH("/a%zu") "%s", i, POLICY(1));
warn [low|medium|critical] [desktop] |        put(*state, name, strchr(names[i], '.') ? POLICY(1) : text);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    expect_order(set, "a.scope x@1.service z.slice x@.service 10-c 20-b 30-a default-a "
warn [low|medium|critical] [desktop] |                      "default-container default-node default-z default");
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(set, "default"), 1);
warn [low|medium|critical] [desktop] |    expect_match(set, "/s/x@1.service", "x@1.service");
warn [low|medium|critical] [desktop] |    expect_match(set, "/s/x@2.service", "x@.service");
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_replace(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "usr/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put(*state, "run/a.service.conf", POLICY(2));
warn [low|medium|critical] [desktop] |    put(*state, "usr/b.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put(*state, "etc/b.service.conf", POLICY(3));
warn [low|medium|critical] [desktop] |    put(*state, "run/b.service.conf", BROKEN);
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(set, "a.service"), 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(set, "b.service"), 3);
warn [low|medium|critical] [desktop] |    assert_string_equal(file_of(set, "b.service")->path, in(*state, "etc/b.service.conf"));
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_what_is_passed_over(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/.a.service.conf", BROKEN);
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf~", BROKEN);
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service", BROKEN);
warn [low|medium|critical] [desktop] |    put(*state, "etc/.conf", BROKEN);
warn [low|medium|critical] [desktop] |    put(*state, "etc/README", BROKEN);
warn [low|medium|critical] [desktop] |    put(*state, "etc/sub/b.service.conf", BROKEN);
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    expect_order(set, DEFAULTS);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_mask(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "usr/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/a.service.conf", "/dev/null");
warn [low|medium|critical] [desktop] |    put(*state, "usr/b.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put(*state, "etc/b.service.conf", "");
warn [low|medium|critical] [desktop] |    put(*state, "etc/b.service.conf.d/x.conf", BROKEN);
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/default-node.conf", "/dev/null");
warn [low|medium|critical] [desktop] |    set = load_as(*state, NULL, true);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    expect_state(set, "a.service", RL_FILE_MASKED);
warn [low|medium|critical] [desktop] |    expect_state(set, "b.service", RL_FILE_MASKED);
warn [low|medium|critical] [desktop] |    expect_state(set, "default-node", RL_FILE_MASKED);
warn [low|medium|critical] [desktop] |    expect_order(set, "default-container default");
warn [low|medium|critical] [desktop] |    assert_false(set->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_mask_of_the_family(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/default-mine.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/default.conf", "/dev/null");
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    expect_order(set, "a.service");
warn [low|medium|critical] [desktop] |    expect_state(set, "default", RL_FILE_MASKED);
warn [low|medium|critical] [desktop] |    expect_state(set, "default-mine", RL_FILE_MASKED);
warn [low|medium|critical] [desktop] |    expect_state(set, "default-node", RL_FILE_MASKED);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/default-mine.conf", BROKEN);
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    expect_state(set, "default-mine", RL_FILE_MASKED);
warn [low|medium|critical] [desktop] |    assert_false(set->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_drop_ins(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "usr/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put(*state, "usr/a.service.conf.d/10-x.conf", "[Relief]\nCooldown=10s\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf.d/20-y.conf", "[Relief]\nCooldown=20s\n[Victim]\nKill=tree\n");
warn [low|medium|critical] [desktop] |    put(*state, "run/a.service.conf.d/30-z.conf", "[Relief]\nCooldown=30s\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf.d/30-z.conf", "[Victim]\nProtect=uid:0\n");
warn [low|medium|critical] [desktop] |    put(*state, "run/a.service.conf.d/.hidden.conf", BROKEN);
warn [low|medium|critical] [desktop] |    put(*state, "run/a.service.conf.d/40-masked.conf", BROKEN);
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/a.service.conf.d/40-masked.conf", "/dev/null");
warn [low|medium|critical] [desktop] |    put(*state, "etc/default-node.conf.d/x.conf", "[Relief]\nCooldown=50s\n");
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(set, "a.service"), 20);
warn [low|medium|critical] [desktop] |    assert_int_equal(file_of(set, "a.service")->policy->victim.kill, RL_KILL_TREE);
warn [low|medium|critical] [desktop] |    assert_int_equal(file_of(set, "a.service")->policy->victim.n_protect, 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(set, "default-node"), 50);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_orphans(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf.d/x.conf", "[Relief]\nCooldown=10s\n");
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    expect_findings(&set->findings, in(*state, "etc/a.service.conf.d/x.conf"),
warn [low|medium|critical] [desktop] |        "0: warning [orphan-drop-in] adds to a.service.conf, which does not exist\n");
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_one_bad_file(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", BROKEN);
warn [low|medium|critical] [desktop] |    put(*state, "etc/b.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    expect_findings(&set->findings, in(*state, "etc/a.service.conf"),
warn [low|medium|critical] [desktop] |        "2: error [unknown-key] unknown key 'Presure' in [Trigger t]; did you mean 'Pressure'?\n"
warn [low|medium|critical] [desktop] |        "1: error [empty-trigger] [Trigger t] has no line that could hold; expected Pressure=, "
warn [low|medium|critical] [desktop] |        "Usage=, Headroom=, Events=, Swap=, Growth= or Refaults=\n");
warn [low|medium|critical] [desktop] |    expect_state(set, "a.service", RL_FILE_BROKEN);
warn [low|medium|critical] [desktop] |    expect_state(set, "b.service", RL_FILE_LOADED);
warn [low|medium|critical] [desktop] |    assert_true(set->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_last_good(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *first, *second, *third, *fourth;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf.d/x.conf", "[Relief]\nCooldown=2s\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/b.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    first = load(*state);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf.d/x.conf", BROKEN);
warn [low|medium|critical] [desktop] |    unlink(in(*state, "etc/b.service.conf"));
warn [low|medium|critical] [desktop] |    second = load_as(*state, first, false);
warn [low|medium|critical] [desktop] |    expect_state(second, "a.service", RL_FILE_LAST_GOOD);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(second, "a.service"), 2);
warn [low|medium|critical] [desktop] |    assert_null(file_of(second, "b.service"));
warn [low|medium|critical] [desktop] |    assert_false(second->default_node_only);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(first, "b.service"), 1);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(first);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(second, "a.service"), 2);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    third = load_as(*state, second, false);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(second);
warn [low|medium|critical] [desktop] |    expect_state(third, "a.service", RL_FILE_LAST_GOOD);
warn [low|medium|critical] [desktop] |    assert_string_equal(file_of(third, "a.service")->policy->match.unit, "a.service");
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    unlink(in(*state, "etc/a.service.conf.d/x.conf"));
warn [low|medium|critical] [desktop] |    fourth = load_as(*state, third, false);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(third);
warn [low|medium|critical] [desktop] |    expect_state(fourth, "a.service", RL_FILE_LOADED);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(fourth, "a.service"), 1);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(fourth);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* A default that never was good: the built-in one acts, on the node only, until it is mended. */
warn [low|medium|critical] [desktop] |static void test_broken_default(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *first, *second, *third;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/default-node.conf", BROKEN);
warn [low|medium|critical] [desktop] |    first = load(*state);
warn [low|medium|critical] [desktop] |    expect_state(first, "default-node", RL_FILE_LAST_GOOD);
warn [low|medium|critical] [desktop] |    assert_string_equal(file_of(first, "default-node")->policy->source, "(built in)");
warn [low|medium|critical] [desktop] |    assert_true(first->default_node_only);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    second = load_as(*state, first, false);
warn [low|medium|critical] [desktop] |    assert_true(second->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(first);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/default-node.conf", MATCH("/") POLICY(4));
warn [low|medium|critical] [desktop] |    third = load_as(*state, second, false);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(second);
warn [low|medium|critical] [desktop] |    assert_false(third->default_node_only);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(third, "default-node"), 4);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(third);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* The same when it was there before the file came, and for its drop-ins. */
warn [low|medium|critical] [desktop] |static void test_default_broken_later(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *first = load(*state), *second;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/default.conf", BROKEN);
warn [low|medium|critical] [desktop] |    second = load_as(*state, first, false);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(first);
warn [low|medium|critical] [desktop] |    expect_state(second, "default", RL_FILE_LAST_GOOD);
warn [low|medium|critical] [desktop] |    assert_true(second->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(second);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    unlink(in(*state, "etc/default.conf"));
warn [low|medium|critical] [desktop] |    put(*state, "etc/default.conf.d/x.conf", BROKEN);
warn [low|medium|critical] [desktop] |    first = load(*state);
warn [low|medium|critical] [desktop] |    expect_state(first, "default", RL_FILE_LAST_GOOD);
warn [low|medium|critical] [desktop] |    assert_true(first->default_node_only);
warn [low|medium|critical] [desktop] |    second = load_as(*state, first, false);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(first);
warn [low|medium|critical] [desktop] |    assert_true(second->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(second);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_odd_files(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |    char *large = malloc(1024 * 1024 + 2);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_non_null(large);
warn [low|medium|critical] [desktop] |    memset(large, ';', 1024 * 1024 + 1);
warn [low|medium|critical] [desktop] |    large[1024 * 1024 + 1] = '\0';
warn [low|medium|critical] [desktop] |    put(*state, "etc/a-large.conf", large);
warn [low|medium|critical] [desktop] |    free(large);
warn [low|medium|critical] [desktop] |    put(*state, "etc/b-folder.conf/x", "");
warn [low|medium|critical] [desktop] |    assert_int_equal(mkfifo(in(*state, "etc/c-fifo.conf"), 0644), 0);
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/d-dangling.conf", "nowhere");
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/e-loop.conf", "e-loop.conf");
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/f-device.conf", "/dev/zero");
warn [low|medium|critical] [desktop] |    put(*state, "etc/g\n.conf", BROKEN);
warn [low|medium|critical] [desktop] |    put(*state, "etc/h\xff.conf", BROKEN);
warn [low|medium|critical] [desktop] |    set = load(*state);
warn [low|medium|critical] [desktop] |    expect_codes(set, "bad-file-name bad-file-name too-large not-a-file not-a-file unreadable "
warn [low|medium|critical] [desktop] |                      "unreadable not-a-file");
warn [low|medium|critical] [desktop] |    expect_state(set, "c-fifo", RL_FILE_BROKEN);
warn [low|medium|critical] [desktop] |    expect_order(set, DEFAULTS);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Kubernetes mounts a ConfigMap as links into a folder that is itself behind a link. */
warn [low|medium|critical] [desktop] |static void test_config_map(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/..2026_01/a.service.conf", POLICY(3));
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/..data", "..2026_01");
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/a.service.conf", "..data/a.service.conf");
warn [low|medium|critical] [desktop] |    set = load_as(*state, NULL, true);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    expect_order(set, "a.service " DEFAULTS);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(set, "a.service"), 3);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_folders_that_are_none(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *first, *second, *third;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", POLICY(3));
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/b.service.conf", "/dev/null");
warn [low|medium|critical] [desktop] |    put(*state, "usr/c.service.conf", POLICY(5));
warn [low|medium|critical] [desktop] |    first = load(*state);
warn [low|medium|critical] [desktop] |    assert_int_equal(rename(in(*state, "etc"), in(*state, "away")), 0);
warn [low|medium|critical] [desktop] |    put(*state, "etc", "a file");
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    second = load(*state);
warn [low|medium|critical] [desktop] |    expect_codes(second, "unreadable-folder");
warn [low|medium|critical] [desktop] |    assert_true(second->default_node_only);
warn [low|medium|critical] [desktop] |    assert_null(file_of(second, "a.service"));
warn [low|medium|critical] [desktop] |    third = load_as(*state, second, false);
warn [low|medium|critical] [desktop] |    assert_true(third->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(third);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(second);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    second = load_as(*state, first, false);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(first);
warn [low|medium|critical] [desktop] |    expect_codes(second, "unreadable-folder");
warn [low|medium|critical] [desktop] |    expect_state(second, "a.service", RL_FILE_LAST_GOOD);
warn [low|medium|critical] [desktop] |    expect_state(second, "b.service", RL_FILE_MASKED);
warn [low|medium|critical] [desktop] |    expect_state(second, "c.service", RL_FILE_LOADED);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(second, "a.service"), 3);
warn [low|medium|critical] [desktop] |    assert_false(second->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(second);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Drop-ins that nobody can list concern their own policy only. */
warn [low|medium|critical] [desktop] |static void test_drop_in_folder_that_is_none(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *first, *second;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put(*state, "etc/b.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    first = load(*state);
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf.d", "[Relief]\nCooldown=5s\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/b.service.conf", POLICY(2));
warn [low|medium|critical] [desktop] |    second = load_as(*state, first, false);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(first);
warn [low|medium|critical] [desktop] |    expect_codes(second, "unreadable-folder");
warn [low|medium|critical] [desktop] |    expect_state(second, "a.service", RL_FILE_LAST_GOOD);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(second, "a.service"), 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(second, "b.service"), 2);
warn [low|medium|critical] [desktop] |    assert_false(second->default_node_only);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(second);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* What each mode and owner leads to, where the daemon reads and where somebody only checks. */
warn [low|medium|critical] [desktop] |static void check_refusal(
warn [low|medium|critical] [desktop] |    struct sandbox *box, const char *name, mode_t mode, uid_t owner, const char *message)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |    const char *file = in(box, "etc/a.service.conf");
warn [low|medium|critical] [desktop] |    char expected[2 * PATH_MAX], where[PATH_MAX];
warn [low|medium|critical] [desktop] |    struct stat before;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_non_null(realpath(in(box, name), where));
warn [low|medium|critical] [desktop] |    assert_int_equal(stat(where, &before), 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(chmod(where, mode), 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(chown(where, owner, before.st_gid), 0);
warn [low|medium|critical] [desktop] |    for (int strict = 0; strict < 2; strict++) {
warn [low|medium|critical] [desktop] |        set = load_as(box, NULL, strict);
warn [low|medium|critical] [desktop] |        snprintf(expected, sizeof(expected), "0: %s [unsafe-owner] %s: %s %s\n",
warn [low|medium|critical] [desktop] |            strict ? "error" : "warning", strict ? "refused" : "the daemon refuses this file",
warn [low|medium|critical] [desktop] |            where, message ? message : "");
warn [low|medium|critical] [desktop] |        expect_findings(&set->findings, file, message ? expected : "");
warn [low|medium|critical] [desktop] |        expect_state(set, "a.service", message && strict ? RL_FILE_BROKEN : RL_FILE_LOADED);
warn [low|medium|critical] [desktop] |        assert_int_equal(set->default_node_only, message && strict);
warn [low|medium|critical] [desktop] |        rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    assert_int_equal(chown(where, before.st_uid, before.st_gid), 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(chmod(where, before.st_mode & 07777), 0);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_refusal(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *name;
warn [low|medium|critical] [desktop] |        mode_t mode;
warn [low|medium|critical] [desktop] |        uid_t owner; /* 0: unchanged */
warn [low|medium|critical] [desktop] |        const char *message;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"etc/a.service.conf", 0644, 0, NULL},
warn [low|medium|critical] [desktop] |        {"etc/a.service.conf", 0600, 0, NULL},
warn [low|medium|critical] [desktop] |        {"etc/a.service.conf", 0664, 0, "may be written by its group (mode 0664)"},
warn [low|medium|critical] [desktop] |        {"etc/a.service.conf", 0646, 0, "may be written by everybody (mode 0646)"},
warn [low|medium|critical] [desktop] |        {"etc/a.service.conf", 01666, 0, "may be written by everybody (mode 1666)"},
warn [low|medium|critical] [desktop] |        {"etc/a.service.conf", 0644, 7, "belongs to uid 7, neither root nor the own user"},
warn [low|medium|critical] [desktop] |        {"etc", 0775, 0, "may be written by its group (mode 0775)"},
warn [low|medium|critical] [desktop] |        {"etc", 0777, 0, "may be written by everybody (mode 0777)"},
warn [low|medium|critical] [desktop] |        {"etc", 01777, 0, NULL},
warn [low|medium|critical] [desktop] |        {"etc", 0755, 7, "belongs to uid 7, neither root nor the own user"},
warn [low|medium|critical] [desktop] |        {".", 0777, 0, "may be written by everybody (mode 0777)"},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        if (rows[i].owner && geteuid() != 0)
warn [low|medium|critical] [desktop] |            continue; /* nobody else can give a file away */
warn [low|medium|critical] [desktop] |        check_refusal(*state, rows[i].name, rows[i].mode, rows[i].owner ? rows[i].owner : geteuid(),
warn [low|medium|critical] [desktop] |            rows[i].message);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* What a link leads to is judged as well, with the folders on that way, and so is a link itself. */
warn [low|medium|critical] [desktop] |static void test_refusal_behind_links(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |    char expected[2 * PATH_MAX];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "other/open/a.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/a.service.conf", "../other/open/a.conf");
warn [low|medium|critical] [desktop] |    assert_int_equal(chmod(in(*state, "other/open"), 0777), 0);
warn [low|medium|critical] [desktop] |    set = load_as(*state, NULL, true);
warn [low|medium|critical] [desktop] |    snprintf(expected, sizeof(expected),
warn [low|medium|critical] [desktop] |        "0: error [unsafe-owner] refused: %s may be written by everybody (mode 0777)\n",
warn [low|medium|critical] [desktop] |        in(*state, "other/open"));
warn [low|medium|critical] [desktop] |    expect_findings(&set->findings, in(*state, "etc/a.service.conf"), expected);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(chmod(in(*state, "other/open"), 0755), 0);
warn [low|medium|critical] [desktop] |    set = load_as(*state, NULL, true);
warn [low|medium|critical] [desktop] |    assert_int_equal(set->findings.n, 0);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    if (geteuid() != 0)
warn [low|medium|critical] [desktop] |        return;
warn [low|medium|critical] [desktop] |    assert_int_equal(lchown(in(*state, "etc/a.service.conf"), 7, 7), 0);
warn [low|medium|critical] [desktop] |    set = load_as(*state, NULL, true);
warn [low|medium|critical] [desktop] |    expect_codes(set, "unsafe-owner");
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* A ConfigMap's files may have any mode: nobody can write to a read-only mount. */
warn [low|medium|critical] [desktop] |static void test_read_only_mount(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    const char *etc = in(*state, "etc");
warn [low|medium|critical] [desktop] |    struct rl_policy_set *set;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    assert_int_equal(chmod(in(*state, "etc/a.service.conf"), 0666), 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(chmod(etc, 0777), 0);
warn [low|medium|critical] [desktop] |    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
warn [low|medium|critical] [desktop] |        mount(etc, etc, NULL, MS_BIND, NULL) < 0)
warn [low|medium|critical] [desktop] |        skip();
warn [low|medium|critical] [desktop] |    set = load_as(*state, NULL, true);
warn [low|medium|critical] [desktop] |    expect_codes(set, "unsafe-owner");
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |    assert_int_equal(mount(NULL, etc, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
warn [low|medium|critical] [desktop] |    set = load_as(*state, NULL, true);
warn [low|medium|critical] [desktop] |    expect_codes(set, "");
warn [low|medium|critical] [desktop] |    expect_state(set, "a.service", RL_FILE_LOADED);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(set);
warn [low|medium|critical] [desktop] |    assert_int_equal(umount(etc), 0);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* A refused drop-in takes its policy with it; the version before stays. */
warn [low|medium|critical] [desktop] |static void test_refused_drop_in(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_policy_set *first, *second;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", POLICY(1));
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf.d/x.conf", "[Relief]\nCooldown=2s\n");
warn [low|medium|critical] [desktop] |    first = load_as(*state, NULL, true);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(first, "a.service"), 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(chmod(in(*state, "etc/a.service.conf.d/x.conf"), 0666), 0);
warn [low|medium|critical] [desktop] |    put(*state, "etc/a.service.conf", POLICY(9));
warn [low|medium|critical] [desktop] |    second = load_as(*state, first, true);
warn [low|medium|critical] [desktop] |    expect_codes(second, "unsafe-owner");
warn [low|medium|critical] [desktop] |    expect_state(second, "a.service", RL_FILE_LAST_GOOD);
warn [low|medium|critical] [desktop] |    assert_int_equal(cooldown_of(second, "a.service"), 2);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(first);
warn [low|medium|critical] [desktop] |    rl_policy_set_free(second);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |int main(void)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)
warn [low|medium|critical] [desktop] |    const struct CMUnitTest tests[] = {
warn [low|medium|critical] [desktop] |        TEST(test_nothing_there),
warn [low|medium|critical] [desktop] |        TEST(test_order),
warn [low|medium|critical] [desktop] |        TEST(test_replace),
warn [low|medium|critical] [desktop] |        TEST(test_what_is_passed_over),
warn [low|medium|critical] [desktop] |        TEST(test_mask),
warn [low|medium|critical] [desktop] |        TEST(test_mask_of_the_family),
warn [low|medium|critical] [desktop] |        TEST(test_drop_ins),
warn [low|medium|critical] [desktop] |        TEST(test_orphans),
warn [low|medium|critical] [desktop] |        TEST(test_one_bad_file),
warn [low|medium|critical] [desktop] |        TEST(test_last_good),
warn [low|medium|critical] [desktop] |        TEST(test_broken_default),
warn [low|medium|critical] [desktop] |        TEST(test_default_broken_later),
warn [low|medium|critical] [desktop] |        TEST(test_odd_files),
warn [low|medium|critical] [desktop] |        TEST(test_config_map),
warn [low|medium|critical] [desktop] |        TEST(test_folders_that_are_none),
warn [low|medium|critical] [desktop] |        TEST(test_refusal),
warn [low|medium|critical] [desktop] |        TEST(test_refusal_behind_links),
warn [low|medium|critical] [desktop] |        TEST(test_refused_drop_in),
warn [low|medium|critical] [desktop] |        TEST(test_drop_in_folder_that_is_none),
warn [low|medium|critical] [desktop] |        TEST(test_read_only_mount),
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return cmocka_run_group_tests(tests, NULL, NULL);
warn [low|medium|critical] [desktop] |}
