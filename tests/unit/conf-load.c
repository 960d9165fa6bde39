#include "tests/unit/unit.h"

#include <sched.h>
#include <sys/mount.h>

#include "conf/load.h"
#include "policy/match.h"
#include "tests/unit/conf-folders.h"
#include "tests/unit/conf-text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* A policy that is well and has one number to know it by: its cooldown. */
#define POLICY(seconds)                                                                            \
    "[Trigger t]\nPressure=full 30% over 10s\n[Relief]\nStep=kill\nCooldown=" #seconds "s\n"
#define MATCH(glob) "[Match]\nCgroup=" glob "\n"
#define BROKEN      "[Trigger t]\nPresure=full 30% over 10s\n[Relief]\nStep=kill\n"

static struct rl_policy_set *load_as(
    const struct sandbox *box, const struct rl_policy_set *last, bool strict)
{
    char usr[PATH_MAX], run[PATH_MAX], etc[PATH_MAX];
    const char *const dirs[] = {usr, run, etc, NULL};
    struct rl_load_options options = {.dirs = dirs, .strict_owner = strict, .vendor_dir = usr};
    struct rl_policy_set *set;

    snprintf(usr, sizeof(usr), "%s/usr", box->root);
    snprintf(run, sizeof(run), "%s/run", box->root);
    snprintf(etc, sizeof(etc), "%s/etc", box->root);
    assert_int_equal(rl_policy_set_load(&options, last, &set), 0);
    return set;
}

static struct rl_policy_set *load(const struct sandbox *box)
{
    return load_as(box, NULL, false);
}

static const struct rl_policy_file *file_of(const struct rl_policy_set *set, const char *name)
{
    for (size_t i = 0; i < set->n_files; i++)
        if (strcmp(set->files[i].name, name) == 0)
            return &set->files[i];
    return NULL;
}

static void expect_state(
    const struct rl_policy_set *set, const char *name, enum rl_file_state state)
{
    const struct rl_policy_file *file = file_of(set, name);
    bool in_force = state == RL_FILE_LOADED || state == RL_FILE_LAST_GOOD;

    assert_non_null(file);
    assert_int_equal(file->state, state);
    assert_int_equal(file->policy != NULL, in_force);
}

static unsigned cooldown_of(const struct rl_policy_set *set, const char *name)
{
    const struct rl_policy_file *file = file_of(set, name);

    assert_non_null(file);
    assert_non_null(file->policy);
    return (unsigned)(file->policy->relief.cooldown_us / RL_US_PER_S);
}

/* The codes of all findings. */
static void expect_codes(const struct rl_policy_set *set, const char *expected)
{
    char codes[512] = "";

    for (size_t i = 0; i < set->findings.n; i++) {
        strcat(codes, i ? " " : "");
        strcat(codes, set->findings.items[i].code);
    }
    assert_string_equal(codes, expected);
}

/* The names in force, in their order. */
static void expect_order(const struct rl_policy_set *set, const char *expected)
{
    char names[512] = "";

    for (size_t i = 0; i < set->n; i++) {
        strcat(names, i ? " " : "");
        strcat(names, set->policies[i].name);
    }
    assert_string_equal(names, expected);
}

static void expect_match(const struct rl_policy_set *set, const char *path, const char *expected)
{
    struct rl_place place = {.path = path};
    const struct rl_policy *policy = rl_match_policy(set->policies, set->n, &place, true);

    assert_non_null(policy);
    assert_string_equal(policy->name, expected);
}

#define DEFAULTS "default-container default-node default"

static void test_nothing_there(void **state)
{
    struct rl_policy_set *set = load(*state);

    expect_order(set, DEFAULTS);
    assert_int_equal(set->findings.n, 0);
    assert_false(set->default_node_only);
    assert_string_equal(file_of(set, "default")->path, "(built in)");
    assert_string_equal(file_of(set, "default")->policy->source, "(built in)");
    assert_ptr_equal(rl_policy_set_free(set), NULL);
}

static void test_order(void **state)
{
    static const char *const names[] = {"etc/20-b", "usr/30-a", "run/10-c", "etc/default-z",
        "usr/default-a", "etc/x@.service", "etc/z.slice", "usr/a.scope", "etc/x@1.service",
        "usr/default"};
    struct rl_policy_set *set;

    for (size_t i = 0; i < N(names); i++) {
        char name[64], text[256];

        snprintf(name, sizeof(name), "%s.conf", names[i]);
        snprintf(text, sizeof(text), MATCH("/a%zu") "%s", i, POLICY(1));
        put(*state, name, strchr(names[i], '.') ? POLICY(1) : text);
    }
    set = load(*state);
    assert_int_equal(set->findings.n, 0);
    expect_order(set, "a.scope x@1.service z.slice x@.service 10-c 20-b 30-a default-a "
                      "default-container default-node default-z default");
    assert_int_equal(cooldown_of(set, "default"), 1);
    expect_match(set, "/s/x@1.service", "x@1.service");
    expect_match(set, "/s/x@2.service", "x@.service");
    rl_policy_set_free(set);
}

static void test_replace(void **state)
{
    struct rl_policy_set *set;

    put(*state, "usr/a.service.conf", POLICY(1));
    put(*state, "run/a.service.conf", POLICY(2));
    put(*state, "usr/b.service.conf", POLICY(1));
    put(*state, "etc/b.service.conf", POLICY(3));
    put(*state, "run/b.service.conf", BROKEN);
    set = load(*state);
    assert_int_equal(set->findings.n, 0);
    assert_int_equal(cooldown_of(set, "a.service"), 2);
    assert_int_equal(cooldown_of(set, "b.service"), 3);
    assert_string_equal(file_of(set, "b.service")->path, in(*state, "etc/b.service.conf"));
    rl_policy_set_free(set);
}

static void test_what_is_passed_over(void **state)
{
    struct rl_policy_set *set;

    put(*state, "etc/.a.service.conf", BROKEN);
    put(*state, "etc/a.service.conf~", BROKEN);
    put(*state, "etc/a.service", BROKEN);
    put(*state, "etc/.conf", BROKEN);
    put(*state, "etc/README", BROKEN);
    put(*state, "etc/sub/b.service.conf", BROKEN);
    set = load(*state);
    assert_int_equal(set->findings.n, 0);
    expect_order(set, DEFAULTS);
    rl_policy_set_free(set);
}

static void test_mask(void **state)
{
    struct rl_policy_set *set;

    put(*state, "usr/a.service.conf", POLICY(1));
    put_link(*state, "etc/a.service.conf", "/dev/null");
    put(*state, "usr/b.service.conf", POLICY(1));
    put(*state, "etc/b.service.conf", "");
    put(*state, "etc/b.service.conf.d/x.conf", BROKEN);
    put_link(*state, "etc/default-node.conf", "/dev/null");
    set = load_as(*state, NULL, true);
    assert_int_equal(set->findings.n, 0);
    expect_state(set, "a.service", RL_FILE_MASKED);
    expect_state(set, "b.service", RL_FILE_MASKED);
    expect_state(set, "default-node", RL_FILE_MASKED);
    expect_order(set, "default-container default");
    assert_false(set->default_node_only);
    rl_policy_set_free(set);
}

static void test_mask_of_the_family(void **state)
{
    struct rl_policy_set *set;

    put(*state, "etc/default-mine.conf", POLICY(1));
    put(*state, "etc/a.service.conf", POLICY(1));
    put_link(*state, "etc/default.conf", "/dev/null");
    set = load(*state);
    expect_order(set, "a.service");
    expect_state(set, "default", RL_FILE_MASKED);
    expect_state(set, "default-mine", RL_FILE_MASKED);
    expect_state(set, "default-node", RL_FILE_MASKED);
    rl_policy_set_free(set);

    put(*state, "etc/default-mine.conf", BROKEN);
    set = load(*state);
    expect_state(set, "default-mine", RL_FILE_MASKED);
    assert_false(set->default_node_only);
    rl_policy_set_free(set);
}

static void test_drop_ins(void **state)
{
    struct rl_policy_set *set;

    put(*state, "usr/a.service.conf", POLICY(1));
    put(*state, "usr/a.service.conf.d/10-x.conf", "[Relief]\nCooldown=10s\n");
    put(*state, "etc/a.service.conf.d/20-y.conf", "[Relief]\nCooldown=20s\n[Victim]\nKill=tree\n");
    put(*state, "run/a.service.conf.d/30-z.conf", "[Relief]\nCooldown=30s\n");
    put(*state, "etc/a.service.conf.d/30-z.conf", "[Victim]\nProtect=uid:0\n");
    put(*state, "run/a.service.conf.d/.hidden.conf", BROKEN);
    put(*state, "run/a.service.conf.d/40-masked.conf", BROKEN);
    put_link(*state, "etc/a.service.conf.d/40-masked.conf", "/dev/null");
    put(*state, "etc/default-node.conf.d/x.conf", "[Relief]\nCooldown=50s\n");
    set = load(*state);
    assert_int_equal(set->findings.n, 0);
    assert_int_equal(cooldown_of(set, "a.service"), 20);
    assert_int_equal(file_of(set, "a.service")->policy->victim.kill, RL_KILL_TREE);
    assert_int_equal(file_of(set, "a.service")->policy->victim.n_protect, 1);
    assert_int_equal(cooldown_of(set, "default-node"), 50);
    rl_policy_set_free(set);
}

static void test_orphans(void **state)
{
    struct rl_policy_set *set;

    put(*state, "etc/a.service.conf.d/x.conf", "[Relief]\nCooldown=10s\n");
    set = load(*state);
    expect_findings(&set->findings, in(*state, "etc/a.service.conf.d/x.conf"),
        "0: warning [orphan-drop-in] adds to a.service.conf, which does not exist\n");
    rl_policy_set_free(set);
}

static void test_one_bad_file(void **state)
{
    struct rl_policy_set *set;

    put(*state, "etc/a.service.conf", BROKEN);
    put(*state, "etc/b.service.conf", POLICY(1));
    set = load(*state);
    expect_findings(&set->findings, in(*state, "etc/a.service.conf"),
        "2: error [unknown-key] unknown key 'Presure' in [Trigger t]; did you mean 'Pressure'?\n"
        "1: error [empty-trigger] [Trigger t] has no line that could hold; expected Pressure=, "
        "Usage=, Headroom=, Events=, Swap=, Growth= or Refaults=\n");
    expect_state(set, "a.service", RL_FILE_BROKEN);
    expect_state(set, "b.service", RL_FILE_LOADED);
    assert_true(set->default_node_only);
    rl_policy_set_free(set);
}

static void test_last_good(void **state)
{
    struct rl_policy_set *first, *second, *third, *fourth;

    put(*state, "etc/a.service.conf", POLICY(1));
    put(*state, "etc/a.service.conf.d/x.conf", "[Relief]\nCooldown=2s\n");
    put(*state, "etc/b.service.conf", POLICY(1));
    first = load(*state);

    put(*state, "etc/a.service.conf.d/x.conf", BROKEN);
    unlink(in(*state, "etc/b.service.conf"));
    second = load_as(*state, first, false);
    expect_state(second, "a.service", RL_FILE_LAST_GOOD);
    assert_int_equal(cooldown_of(second, "a.service"), 2);
    assert_null(file_of(second, "b.service"));
    assert_false(second->default_node_only);
    assert_int_equal(cooldown_of(first, "b.service"), 1);
    rl_policy_set_free(first);
    assert_int_equal(cooldown_of(second, "a.service"), 2);

    third = load_as(*state, second, false);
    rl_policy_set_free(second);
    expect_state(third, "a.service", RL_FILE_LAST_GOOD);
    assert_string_equal(file_of(third, "a.service")->policy->match.unit, "a.service");

    unlink(in(*state, "etc/a.service.conf.d/x.conf"));
    fourth = load_as(*state, third, false);
    rl_policy_set_free(third);
    expect_state(fourth, "a.service", RL_FILE_LOADED);
    assert_int_equal(cooldown_of(fourth, "a.service"), 1);
    rl_policy_set_free(fourth);
}

/* A default that never was good: the built-in one acts, on the node only, until it is mended. */
static void test_broken_default(void **state)
{
    struct rl_policy_set *first, *second, *third;

    put(*state, "etc/default-node.conf", BROKEN);
    first = load(*state);
    expect_state(first, "default-node", RL_FILE_LAST_GOOD);
    assert_string_equal(file_of(first, "default-node")->policy->source, "(built in)");
    assert_true(first->default_node_only);

    second = load_as(*state, first, false);
    assert_true(second->default_node_only);
    rl_policy_set_free(first);

    put(*state, "etc/default-node.conf", MATCH("/") POLICY(4));
    third = load_as(*state, second, false);
    rl_policy_set_free(second);
    assert_false(third->default_node_only);
    assert_int_equal(cooldown_of(third, "default-node"), 4);
    rl_policy_set_free(third);
}

/* The same when it was there before the file came, and for its drop-ins. */
static void test_default_broken_later(void **state)
{
    struct rl_policy_set *first = load(*state), *second;

    put(*state, "etc/default.conf", BROKEN);
    second = load_as(*state, first, false);
    rl_policy_set_free(first);
    expect_state(second, "default", RL_FILE_LAST_GOOD);
    assert_true(second->default_node_only);
    rl_policy_set_free(second);

    unlink(in(*state, "etc/default.conf"));
    put(*state, "etc/default.conf.d/x.conf", BROKEN);
    first = load(*state);
    expect_state(first, "default", RL_FILE_LAST_GOOD);
    assert_true(first->default_node_only);
    second = load_as(*state, first, false);
    rl_policy_set_free(first);
    assert_true(second->default_node_only);
    rl_policy_set_free(second);
}

static void test_odd_files(void **state)
{
    struct rl_policy_set *set;
    char *large = malloc(1024 * 1024 + 2);

    assert_non_null(large);
    memset(large, ';', 1024 * 1024 + 1);
    large[1024 * 1024 + 1] = '\0';
    put(*state, "etc/a-large.conf", large);
    free(large);
    put(*state, "etc/b-folder.conf/x", "");
    assert_int_equal(mkfifo(in(*state, "etc/c-fifo.conf"), 0644), 0);
    put_link(*state, "etc/d-dangling.conf", "nowhere");
    put_link(*state, "etc/e-loop.conf", "e-loop.conf");
    put_link(*state, "etc/f-device.conf", "/dev/zero");
    put(*state, "etc/g\n.conf", BROKEN);
    put(*state, "etc/h\xff.conf", BROKEN);
    set = load(*state);
    expect_codes(set, "bad-file-name bad-file-name too-large not-a-file not-a-file unreadable "
                      "unreadable not-a-file");
    expect_state(set, "c-fifo", RL_FILE_BROKEN);
    expect_order(set, DEFAULTS);
    rl_policy_set_free(set);
}

/* Kubernetes mounts a ConfigMap as links into a folder that is itself behind a link. */
static void test_config_map(void **state)
{
    struct rl_policy_set *set;

    put(*state, "etc/..2026_01/a.service.conf", POLICY(3));
    put_link(*state, "etc/..data", "..2026_01");
    put_link(*state, "etc/a.service.conf", "..data/a.service.conf");
    set = load_as(*state, NULL, true);
    assert_int_equal(set->findings.n, 0);
    expect_order(set, "a.service " DEFAULTS);
    assert_int_equal(cooldown_of(set, "a.service"), 3);
    rl_policy_set_free(set);
}

static void test_folders_that_are_none(void **state)
{
    struct rl_policy_set *first, *second, *third;

    put(*state, "etc/a.service.conf", POLICY(3));
    put_link(*state, "etc/b.service.conf", "/dev/null");
    put(*state, "usr/c.service.conf", POLICY(5));
    first = load(*state);
    assert_int_equal(rename(in(*state, "etc"), in(*state, "away")), 0);
    put(*state, "etc", "a file");

    second = load(*state);
    expect_codes(second, "unreadable-folder");
    assert_true(second->default_node_only);
    assert_null(file_of(second, "a.service"));
    third = load_as(*state, second, false);
    assert_true(third->default_node_only);
    rl_policy_set_free(third);
    rl_policy_set_free(second);

    second = load_as(*state, first, false);
    rl_policy_set_free(first);
    expect_codes(second, "unreadable-folder");
    expect_state(second, "a.service", RL_FILE_LAST_GOOD);
    expect_state(second, "b.service", RL_FILE_MASKED);
    expect_state(second, "c.service", RL_FILE_LOADED);
    assert_int_equal(cooldown_of(second, "a.service"), 3);
    assert_false(second->default_node_only);
    rl_policy_set_free(second);
}

/* Drop-ins that nobody can list concern their own policy only. */
static void test_drop_in_folder_that_is_none(void **state)
{
    struct rl_policy_set *first, *second;

    put(*state, "etc/a.service.conf", POLICY(1));
    put(*state, "etc/b.service.conf", POLICY(1));
    first = load(*state);
    put(*state, "etc/a.service.conf.d", "[Relief]\nCooldown=5s\n");
    put(*state, "etc/b.service.conf", POLICY(2));
    second = load_as(*state, first, false);
    rl_policy_set_free(first);
    expect_codes(second, "unreadable-folder");
    expect_state(second, "a.service", RL_FILE_LAST_GOOD);
    assert_int_equal(cooldown_of(second, "a.service"), 1);
    assert_int_equal(cooldown_of(second, "b.service"), 2);
    assert_false(second->default_node_only);
    rl_policy_set_free(second);
}

/* What each mode and owner leads to, where the daemon reads and where somebody only checks. */
static void check_refusal(
    struct sandbox *box, const char *name, mode_t mode, uid_t owner, const char *message)
{
    struct rl_policy_set *set;
    const char *file = in(box, "etc/a.service.conf");
    char expected[2 * PATH_MAX], where[PATH_MAX];
    struct stat before;

    assert_non_null(realpath(in(box, name), where));
    assert_int_equal(stat(where, &before), 0);
    assert_int_equal(chmod(where, mode), 0);
    assert_int_equal(chown(where, owner, before.st_gid), 0);
    for (int strict = 0; strict < 2; strict++) {
        set = load_as(box, NULL, strict);
        snprintf(expected, sizeof(expected), "0: %s [unsafe-owner] %s: %s %s\n",
            strict ? "error" : "warning", strict ? "refused" : "the daemon refuses this file",
            where, message ? message : "");
        expect_findings(&set->findings, file, message ? expected : "");
        expect_state(set, "a.service", message && strict ? RL_FILE_BROKEN : RL_FILE_LOADED);
        assert_int_equal(set->default_node_only, message && strict);
        rl_policy_set_free(set);
    }
    assert_int_equal(chown(where, before.st_uid, before.st_gid), 0);
    assert_int_equal(chmod(where, before.st_mode & 07777), 0);
}

static void test_refusal(void **state)
{
    static const struct {
        const char *name;
        mode_t mode;
        uid_t owner; /* 0: unchanged */
        const char *message;
    } rows[] = {
        {"etc/a.service.conf", 0644, 0, NULL},
        {"etc/a.service.conf", 0600, 0, NULL},
        {"etc/a.service.conf", 0664, 0, "may be written by its group (mode 0664)"},
        {"etc/a.service.conf", 0646, 0, "may be written by everybody (mode 0646)"},
        {"etc/a.service.conf", 01666, 0, "may be written by everybody (mode 1666)"},
        {"etc/a.service.conf", 0644, 7, "belongs to uid 7, neither root nor the own user"},
        {"etc", 0775, 0, "may be written by its group (mode 0775)"},
        {"etc", 0777, 0, "may be written by everybody (mode 0777)"},
        {"etc", 01777, 0, NULL},
        {"etc", 0755, 7, "belongs to uid 7, neither root nor the own user"},
        {".", 0777, 0, "may be written by everybody (mode 0777)"},
    };

    put(*state, "etc/a.service.conf", POLICY(1));
    for (size_t i = 0; i < N(rows); i++) {
        if (rows[i].owner && geteuid() != 0)
            continue; /* nobody else can give a file away */
        check_refusal(*state, rows[i].name, rows[i].mode, rows[i].owner ? rows[i].owner : geteuid(),
            rows[i].message);
    }
}

/* What a link leads to is judged as well, with the folders on that way, and so is a link itself. */
static void test_refusal_behind_links(void **state)
{
    struct rl_policy_set *set;
    char expected[2 * PATH_MAX];

    put(*state, "other/open/a.conf", POLICY(1));
    put_link(*state, "etc/a.service.conf", "../other/open/a.conf");
    assert_int_equal(chmod(in(*state, "other/open"), 0777), 0);
    set = load_as(*state, NULL, true);
    snprintf(expected, sizeof(expected),
        "0: error [unsafe-owner] refused: %s may be written by everybody (mode 0777)\n",
        in(*state, "other/open"));
    expect_findings(&set->findings, in(*state, "etc/a.service.conf"), expected);
    rl_policy_set_free(set);

    assert_int_equal(chmod(in(*state, "other/open"), 0755), 0);
    set = load_as(*state, NULL, true);
    assert_int_equal(set->findings.n, 0);
    rl_policy_set_free(set);

    if (geteuid() != 0)
        return;
    assert_int_equal(lchown(in(*state, "etc/a.service.conf"), 7, 7), 0);
    set = load_as(*state, NULL, true);
    expect_codes(set, "unsafe-owner");
    rl_policy_set_free(set);
}

/* A ConfigMap's files may have any mode: nobody can write to a read-only mount. */
static void test_read_only_mount(void **state)
{
    const char *etc = in(*state, "etc");
    struct rl_policy_set *set;

    put(*state, "etc/a.service.conf", POLICY(1));
    assert_int_equal(chmod(in(*state, "etc/a.service.conf"), 0666), 0);
    assert_int_equal(chmod(etc, 0777), 0);
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount(etc, etc, NULL, MS_BIND, NULL) < 0)
        skip();
    set = load_as(*state, NULL, true);
    expect_codes(set, "unsafe-owner");
    rl_policy_set_free(set);
    assert_int_equal(mount(NULL, etc, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
    set = load_as(*state, NULL, true);
    expect_codes(set, "");
    expect_state(set, "a.service", RL_FILE_LOADED);
    rl_policy_set_free(set);
    assert_int_equal(umount(etc), 0);
}

/* A refused drop-in takes its policy with it; the version before stays. */
static void test_refused_drop_in(void **state)
{
    struct rl_policy_set *first, *second;

    put(*state, "etc/a.service.conf", POLICY(1));
    put(*state, "etc/a.service.conf.d/x.conf", "[Relief]\nCooldown=2s\n");
    first = load_as(*state, NULL, true);
    assert_int_equal(cooldown_of(first, "a.service"), 2);
    assert_int_equal(chmod(in(*state, "etc/a.service.conf.d/x.conf"), 0666), 0);
    put(*state, "etc/a.service.conf", POLICY(9));
    second = load_as(*state, first, true);
    expect_codes(second, "unsafe-owner");
    expect_state(second, "a.service", RL_FILE_LAST_GOOD);
    assert_int_equal(cooldown_of(second, "a.service"), 2);
    rl_policy_set_free(first);
    rl_policy_set_free(second);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_there),
        TEST(test_order),
        TEST(test_replace),
        TEST(test_what_is_passed_over),
        TEST(test_mask),
        TEST(test_mask_of_the_family),
        TEST(test_drop_ins),
        TEST(test_orphans),
        TEST(test_one_bad_file),
        TEST(test_last_good),
        TEST(test_broken_default),
        TEST(test_default_broken_later),
        TEST(test_odd_files),
        TEST(test_config_map),
        TEST(test_folders_that_are_none),
        TEST(test_refusal),
        TEST(test_refusal_behind_links),
        TEST(test_refused_drop_in),
        TEST(test_drop_in_folder_that_is_none),
        TEST(test_read_only_mount),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
