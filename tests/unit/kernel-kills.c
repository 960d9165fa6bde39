/* Kernel kills, told by memory.events of a tree of folders. */
#include "tests/unit/unit.h"

#include <string.h>

#include "daemon/kernel-kills.h"
#include "tests/unit/folder.h"
#include "tests/unit/policy.h"

struct world {
    struct folder folder;
    sd_event *event;
    struct rl_tree *tree;
    struct rl_kernel_kills kills;
    char told[512];
};

static void on_new(void *userdata, struct rl_cgroup *cgroup)
{
}

static void events(struct world *world, const char *cgroup, unsigned oom, unsigned kills)
{
    char name[128], text[128];

    snprintf(name, sizeof(name), "%s/memory.events", cgroup);
    snprintf(text, sizeof(text), "low 0\nhigh 0\nmax 9\noom %u\noom_kill %u\noom_group_kill 0\n",
        oom, kills);
    folder_write(&world->folder, name, text);
}

static int setup(void **state)
{
    static const char *const cgroups[] = {"a", "a/b", "a/b/c", "a/d", "e", "e/f"};
    struct world *world = calloc(1, sizeof(*world));
    struct rl_tree_listener listener = {.on_new = on_new, .on_gone = on_new};

    folder_new(&world->folder);
    for (size_t i = 0; i < LENGTH(cgroups); i++)
        events(world, cgroups[i], 0, 0);
    assert_int_equal(sd_event_new(&world->event), 0);
    assert_int_equal(
        rl_tree_new(world->event, world->folder.path, world->folder.fd, &listener, &world->tree),
        0);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    rl_kernel_kills_free(&world->kills);
    rl_tree_free(world->tree);
    sd_event_unref(world->event);
    folder_free(&world->folder);
    free(world);
    return 0;
}

static void on_kill(void *userdata, struct rl_cgroup *cgroup, const struct rl_kernel_kill *kill)
{
    struct world *world = userdata;
    char path[256];
    size_t len = strlen(world->told);

    rl_cgroup_path(cgroup, path, sizeof(path));
    snprintf(world->told + len, sizeof(world->told) - len, "%s %llu of %llu %s;", path,
        (unsigned long long)kill->n, (unsigned long long)kill->total,
        kill->limited ? "limit" : "machine");
}

static const char *look(struct world *world, bool local)
{
    world->told[0] = '\0';
    rl_kernel_kills_look(&world->kills, world->tree, world->folder.fd, local, on_kill, world);
    return world->told;
}

static void test_the_deepest(void **state)
{
    struct world *world = *state;

    events(world, "a", 5, 5);
    events(world, "a/b", 5, 3);
    assert_string_equal(look(world, false), "");
    assert_string_equal(look(world, false), "");
    events(world, "a", 6, 6);
    events(world, "a/b", 6, 4);
    events(world, "a/b/c", 1, 1);
    assert_string_equal(look(world, false), "/a/b/c 1 of 1 limit;");
    assert_string_equal(look(world, false), "");
    /* Of three there are two in two cgroups and one in neither. */
    events(world, "a", 7, 9);
    events(world, "a/b", 6, 5);
    events(world, "a/b/c", 1, 2);
    events(world, "a/d", 0, 1);
    /* Those side by side come in the order of the file system. */
    const char *told = look(world, false);
    if (strcmp(told, "/a/b/c 1 of 2 limit;/a/d 1 of 1 limit;/a 1 of 9 limit;") != 0)
        assert_string_equal(told, "/a/d 1 of 1 limit;/a/b/c 1 of 2 limit;/a 1 of 9 limit;");
}

static void test_machine(void **state)
{
    struct world *world = *state;

    events(world, "a", 5, 5);
    look(world, false);
    events(world, "a", 5, 6);
    events(world, "a/b", 0, 1);
    assert_string_equal(look(world, false), "/a/b 1 of 1 machine;");
    /* The limit of a cgroup above is one, too. */
    events(world, "a", 6, 7);
    events(world, "a/b", 0, 2);
    assert_string_equal(look(world, false), "/a/b 1 of 2 limit;");
    events(world, "e", 1, 1);
    events(world, "e/f", 1, 1);
    assert_string_equal(look(world, false), "/e/f 1 of 1 limit;");
}

/* The cgroup went with its victim: what is above it knows. */
static void test_gone(void **state)
{
    struct world *world = *state;

    look(world, false);
    events(world, "a", 1, 1);
    events(world, "a/b", 1, 1);
    assert_int_equal(unlinkat(world->folder.fd, "a/b/c/memory.events", 0), 0);
    assert_string_equal(look(world, false), "/a/b 1 of 1 limit;");
}

/* A number is given anew, and counters begin anew. */
static void test_forgotten(void **state)
{
    struct world *world = *state;

    events(world, "a", 5, 5);
    look(world, false);
    rl_kernel_kills_forget(&world->kills, rl_tree_find(world->tree, "/a")->id);
    rl_kernel_kills_forget(&world->kills, 4711);
    assert_int_equal(world->kills.n, 0);
    events(world, "a", 1, 1);
    assert_string_equal(look(world, false), "/a 1 of 1 limit;");
    events(world, "a", 0, 0);
    assert_string_equal(look(world, false), "");
    events(world, "a", 1, 1);
    assert_string_equal(look(world, false), "/a 1 of 1 limit;");
}

static void test_local(void **state)
{
    struct world *world = *state;

    events(world, "a/b", 5, 5);
    assert_string_equal(look(world, true), "");
    events(world, "a/b", 6, 6);
    events(world, "e", 0, 2);
    assert_non_null(strstr(look(world, true), "/a/b 1 of 6 limit;"));
    assert_non_null(strstr(world->told, "/e 2 of 2 machine;"));
    assert_string_equal(look(world, true), "");
}

static void test_many(void **state)
{
    struct world *world = *state;
    char name[32];

    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "many%u", i);
        events(world, name, 0, 0);
    }
    assert_int_equal(rl_tree_rescan(world->tree), 0);
    look(world, false);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "many%u", i);
        events(world, name, 1, 1);
    }
    look(world, false);
    assert_int_equal(world->kills.n, 100);
    assert_string_equal(look(world, false), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_deepest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_machine, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_local, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
