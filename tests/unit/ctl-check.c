/* Which cgroups fall under which policy, and how reliefctl check says so. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "daemon/ctl/census.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define FIXTURE  RL_SOURCE_ROOT "/tests/fixtures/node-basic"
#define REST     "[Trigger t]\nPressure=full 30% over 10s\n[Relief]\nStep=kill\n"

static const struct rl_args node_basic = {.common = {[RL_OPT_ROOT] = FIXTURE}};

static const struct rl_census_cgroup *find(const struct rl_census *census, const char *path)
{
    for (size_t i = 0; i < census->n; i++)
        if (strcmp(census->cgroups[i].path, path) == 0)
            return &census->cgroups[i];
    fail_msg("no cgroup %s", path);
    return NULL;
}

static void test_tree(void **state)
{
    struct rl_census census;

    assert_int_equal(rl_census_read(&node_basic, &census), 0);
    assert_true(census.n > 4);
    assert_string_equal(census.cgroups[0].path, "/");
    assert_false(census.cgroups[0].limited);
    assert_true(find(&census, "/system.slice/small.service")->limited);
    assert_false(find(&census, "/system.slice")->limited);
    for (size_t i = 1; i < census.n; i++) {
        const struct rl_census_cgroup *cgroup = &census.cgroups[i];
        const char *parent = census.cgroups[cgroup->parent].path;
        size_t length = strlen(parent);

        assert_true(cgroup->parent < i);
        assert_memory_equal(cgroup->path, parent, length);
        assert_null(strchr(cgroup->path + length + (length > 1), '/'));
    }
    rl_census_free(&census);
    assert_int_equal(census.n, 0);
}

static void test_no_tree(void **state)
{
    struct rl_args args = {.common = {[RL_OPT_ROOT] = "/nonexistent"}};
    struct capture capture;
    struct rl_census census;
    int r;

    capture_begin(&capture);
    r = rl_census_read(&args, &census);
    assert_non_null(strstr(capture_end(&capture), "reliefctl check: "));
    assert_int_equal(r, -EINVAL);
}

static struct rl_policy_set *load(const struct folder *folder)
{
    const char *const dirs[] = {folder->path, NULL};
    struct rl_load_options options = {.dirs = dirs};
    struct rl_policy_set *set;

    assert_int_equal(rl_policy_set_load(&options, NULL, &set), 0);
    return set;
}

static void expect_policy(const struct rl_census *census, const struct rl_policy_set *set,
    const char *path, const char *policy, bool inherited)
{
    const struct rl_census_cgroup *cgroup = find(census, path);

    if (!policy) {
        assert_int_equal(cgroup->policy, RL_CENSUS_NOBODY);
        return;
    }
    assert_true(cgroup->policy < set->n);
    assert_string_equal(set->policies[cgroup->policy].name, policy);
    assert_int_equal(cgroup->inherited, inherited);
}

/* Its own file, else that of an ancestor below the root, else the default. */
static void test_share(void **state)
{
    struct rl_policy_set *set;
    struct rl_census census;
    struct folder folder;

    assert_int_equal(rl_census_read(&node_basic, &census), 0);
    folder_new(&folder);
    folder_write(&folder, "10-root.conf", "[Match]\nCgroup=/\n" REST);
    folder_write(&folder, "20-limited.conf", "[Match]\nLimited=yes\n" REST);
    set = load(&folder);
    rl_census_share(&census, set);
    expect_policy(&census, set, "/", "10-root", false);
    expect_policy(&census, set, "/system.slice", "default", false);
    expect_policy(&census, set, "/system.slice/small.service", "20-limited", false);
    rl_policy_set_free(set);

    folder_write(&folder, "system.slice.conf", REST);
    set = load(&folder);
    rl_census_share(&census, set);
    expect_policy(&census, set, "/system.slice", "system.slice", false);
    expect_policy(&census, set, "/system.slice/small.service", "20-limited", false);
    rl_policy_set_free(set);

    folder_write(&folder, "20-limited.conf", "[Match]\nCgroup=none\n" REST);
    set = load(&folder);
    rl_census_share(&census, set);
    expect_policy(&census, set, "/system.slice/small.service", "system.slice", true);
    rl_policy_set_free(set);

    /* somebody's will is not known: the defaults act on the machine only */
    folder_write(&folder, "10-root.conf", "broken");
    folder_write(&folder, "system.slice.conf", "broken");
    set = load(&folder);
    rl_census_share(&census, set);
    expect_policy(&census, set, "/", "default-node", false);
    expect_policy(&census, set, "/system.slice/small.service", NULL, false);
    rl_policy_set_free(set);
    folder_free(&folder);
    rl_census_free(&census);
}

static int run(const struct folder *folder, bool json, const char *root, const char **ret_output)
{
    char *words[] = {(char *)(uintptr_t)folder->path, NULL};
    struct rl_args args = {.words = words, .n_words = 1};
    struct capture capture;
    int code;

    args.common[RL_OPT_ROOT] = root;
    args.common[RL_OPT_JSON] = json ? "" : NULL;
    capture_begin(&capture);
    code = rl_ctl_check(&args);
    *ret_output = capture_end(&capture);
    return code;
}

static const json_t *policy_of(const json_t *json, const char *name)
{
    size_t i;
    json_t *policy;

    json_array_foreach(json_object_get(json, "policies"), i, policy)
    {
        if (strcmp(json_string_value(json_object_get(policy, "name")), name) == 0)
            return policy;
    }
    fail_msg("no policy %s", name);
    return NULL;
}

static bool has_text(const json_t *list, const char *key, const char *text)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        const json_t *value = key ? json_object_get(item, key) : item;

        if (strcmp(json_string_value(value), text) == 0)
            return true;
    }
    return false;
}

static void test_json(void **state)
{
    const char *output, *const small = "/system.slice/small.service";
    const json_t *first, *second;
    struct folder folder;
    json_t *json;

    folder_new(&folder);
    folder_write(&folder, "10-a.conf", "[Match]\nUnit=small.service\n" REST);
    folder_write(&folder, "20-b.conf", "[Match]\nCgroup=system.slice/*\nUnit=*\n" REST);
    assert_int_equal(run(&folder, true, FIXTURE, &output), RL_EXIT_OK);
    json = json_loads(output, 0, NULL);
    assert_non_null(json);
    first = policy_of(json, "10-a");
    second = policy_of(json, "20-b");
    assert_int_equal(json_array_size(json_object_get(first, "matches")), 1);
    assert_true(has_text(json_object_get(first, "matches"), NULL, small));
    assert_int_equal(json_array_size(json_object_get(first, "taken")), 0);
    assert_false(has_text(json_object_get(second, "matches"), NULL, small));
    assert_true(has_text(json_object_get(second, "matches"), NULL, "/system.slice/large.service"));
    assert_int_equal(json_array_size(json_object_get(second, "taken")), 1);
    assert_true(has_text(json_object_get(second, "taken"), "cgroup", small));
    assert_true(has_text(json_object_get(second, "taken"), "by", "10-a"));
    assert_true(has_text(json_object_get(policy_of(json, "default"), "taken"), "cgroup", small));
    assert_non_null(json_object_get(first, "sentence"));
    assert_non_null(json_object_get(first, "source"));
    json_decref(json);
    folder_free(&folder);
}

static void test_text(void **state)
{
    const char *output;
    struct folder folder;

    folder_new(&folder);
    folder_write(&folder, "10-a.conf", "[Match]\nUnit=small.service\n" REST);
    folder_write(&folder, "20-b.conf", "[Match]\nUnit=s*.service\n" REST);
    folder_write(&folder, "30-c.conf", "[Match]\nUnit=\x01none\n" REST);
    assert_int_equal(run(&folder, false, FIXTURE, &output), RL_EXIT_FAILURE);
    folder_write(&folder, "30-c.conf", "[Match]\nUnit=none\n" REST);
    assert_int_equal(run(&folder, false, FIXTURE, &output), RL_EXIT_OK);
    assert_non_null(strstr(output, "\n  Matches now: /system.slice/small.service.\n"));
    assert_non_null(strstr(output, "\n  Matches no cgroup now.\n"));
    /* the lines of a paragraph end where they are full */
    assert_non_null(strstr(output, "Would match, but falls under another policy:"));
    assert_non_null(strstr(output, "(10-a)."));
    assert_int_equal(run(&folder, false, "/nonexistent", &output), RL_EXIT_USAGE);
    folder_free(&folder);
}

/* Codes of findings and what is warned about reach the output. */
static void test_findings(void **state)
{
    const char *output;
    struct folder folder;
    json_t *json, *file;
    size_t i, warnings = 0;

    folder_new(&folder);
    folder_write(&folder, "10-a.conf", "[Match]\nCgroup=a\n" REST "OnNoVictim=panic\n");
    folder_write(&folder, "20-b.conf", "[Match]\nCgroup=a\n" REST);
    assert_int_equal(run(&folder, true, FIXTURE, &output), RL_EXIT_OK);
    json = json_loads(output, 0, NULL);
    json_array_foreach(json_object_get(json, "files"), i, file)
    {
        assert_true(json_is_true(json_object_get(file, "ok")));
        if (has_text(json_object_get(file, "findings"), "code", "shadowed"))
            warnings++;
        if (has_text(json_object_get(file, "findings"), "code", "panic-not-allowed"))
            warnings += 10;
    }
    assert_int_equal(warnings, 11);
    json_decref(json);
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_no_tree),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
