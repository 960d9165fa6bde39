/* Room for choices follows what there is: processes, cgroups, and what the last choice lacked. */
#include "tests/unit/unit.h"

#include "daemon/engine-private.h"
#include "tests/unit/folder.h"
#include "tests/unit/policy.h"

struct fixture {
    struct folder folder;
    sd_event *event;
    struct rl_probe probe;
    struct rl_engine engine;
};

static int put_off; /* how often something was */

void rl_engine_later(struct rl_engine *engine)
{
    put_off++;
}

static void ignore(void *userdata, struct rl_cgroup *cgroup)
{
}

static void put_threads(const struct fixture *f, unsigned n)
{
    char text[64];

    snprintf(text, sizeof(text), "0.20 0.18 0.12 1/%u 11206\n", n);
    folder_write(&f->folder, "proc/loadavg", text);
}

/* So many processes, with one thread each. */
static void put_processes(const struct fixture *f, unsigned n)
{
    char name[32];

    for (unsigned i = 1; i <= n; i++) {
        snprintf(name, sizeof(name), "proc/%u", i);
        if (mkdirat(f->folder.fd, name, 0755) < 0)
            assert_int_equal(errno, EEXIST);
    }
    put_threads(f, n);
}

static void put_cgroups(const struct fixture *f, unsigned n)
{
    char name[64];

    for (unsigned i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "cgroup/a/c%u", i);
        if (mkdirat(f->folder.fd, name, 0755) < 0)
            assert_int_equal(errno, EEXIST);
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct rl_watch_client client = {.on_new = ignore, .on_gone = ignore};

    assert_non_null(f);
    folder_new(&f->folder);
    folder_write(&f->folder, "proc/meminfo",
        "MemTotal: 4096000 kB\nMemFree: 100 kB\nMemAvailable: 100 kB\nSwapTotal: 0 kB\n"
        "SwapFree: 0 kB\n");
    folder_write(&f->folder, "cgroup/a/cgroup.procs", "");
    put_processes(f, 5);
    assert_int_equal(sd_event_new(&f->event), 0);
    f->probe = (struct rl_probe){.page_size = 4096, .cpus = 1};
    snprintf(f->probe.cgroup_root, sizeof(f->probe.cgroup_root), "%s/cgroup", f->folder.path);
    f->probe.cgroup_fd = openat(f->folder.fd, "cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->probe.proc_fd = openat(f->folder.fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->engine.options.probe = &f->probe;
    assert_int_equal(rl_watch_new(f->event, &f->probe, &client, &f->engine.watch), 0);
    rl_growth_begin(&f->engine);
    assert_int_equal(f->engine.growth.census.processes, 5);
    assert_int_equal(rl_growth_init(&f->engine), 0);
    put_off = 0;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    rl_scratch_free(&f->engine.scratch);
    rl_cmdline_free(f->engine.cmdline);
    rl_watch_free(f->engine.watch);
    sd_event_unref(f->event);
    close(f->probe.cgroup_fd);
    close(f->probe.proc_fd);
    folder_free(&f->folder);
    free(f);
    return 0;
}

static void test_census(void **state)
{
    struct fixture *f = *state;
    const struct rl_census *census = &f->engine.growth.census;

    assert_int_equal(census->processes, 5);
    assert_int_equal(census->cgroups, 2);
    assert_int_equal(census->populated, 2);
    assert_int_equal(census->path_bytes, 2 + 3);
    assert_int_equal(f->engine.scratch.room.processes, RL_POOL_LEAST);
    assert_int_equal(f->engine.scratch.room.groups, RL_GROUPS_LEAST);
}

/* Awake again and again, it is compared now and then only, and never at once. */
static void test_consider(void **state)
{
    struct fixture *f = *state;
    struct rl_growth *growth = &f->engine.growth;
    uint64_t begin = growth->looked_us;

    put_processes(f, 400);
    for (uint64_t t = begin; t < begin + 9 * SEC; t += SEC)
        rl_growth_consider(&f->engine, t);
    assert_false(growth->pending);
    assert_int_equal(put_off, 0);
    for (uint64_t t = begin + 10 * SEC; t < begin + 20 * SEC; t += SEC)
        rl_growth_consider(&f->engine, t);
    assert_true(growth->pending);
    assert_int_equal(put_off, 1);
    assert_int_equal(f->engine.scratch.room.processes, RL_POOL_LEAST);
    rl_growth_catch_up(&f->engine);
    assert_false(growth->pending);
    assert_int_equal(f->engine.scratch.room.processes, 800);
}

/* A few more are what the headroom is for; many threads need not be many processes. */
static void test_processes(void **state)
{
    struct fixture *f = *state;
    const struct rl_extent *room = &f->engine.scratch.room;

    put_processes(f, 200);
    rl_growth_catch_up(&f->engine);
    assert_int_equal(room->processes, 400);
    put_processes(f, 250);
    rl_growth_catch_up(&f->engine);
    assert_int_equal(room->processes, 400);
    put_processes(f, 320);
    rl_growth_catch_up(&f->engine);
    assert_int_equal(room->processes, 640);
    put_threads(f, 9000);
    rl_growth_catch_up(&f->engine);
    assert_int_equal(room->processes, 640);
    put_processes(f, 10);
    rl_growth_catch_up(&f->engine);
    assert_int_equal(room->processes, 640);
}

static void test_cgroups(void **state)
{
    struct fixture *f = *state;
    const struct rl_extent *room = &f->engine.scratch.room;

    put_cgroups(f, 500);
    folder_write(&f->folder, "cgroup/a/cgroup.events", "populated 0\nfrozen 0\n");
    assert_int_equal(rl_tree_rescan(rl_watch_tree(f->engine.watch)), 0);
    rl_growth_catch_up(&f->engine);
    assert_int_equal(f->engine.growth.census.cgroups, 502);
    assert_int_equal(f->engine.growth.census.populated, 1);
    assert_int_equal(room->groups, RL_GROUPS_LEAST + 1); /* nobody is in them */
    folder_write(&f->folder, "cgroup/a/cgroup.events", "populated 1\nfrozen 0\n");
    put_processes(f, 100);
    rl_growth_catch_up(&f->engine);
    assert_int_equal(room->groups, 502 + 502 / 4);
    put_cgroups(f, 1000);
    assert_int_equal(rl_tree_rescan(rl_watch_tree(f->engine.watch)), 0);
    put_threads(f, 5);
    rl_growth_catch_up(&f->engine);
    assert_int_equal(f->engine.growth.census.cgroups, 1002);
}

/* Whatever was counted: what the last choice lacked is there the next time. */
static void test_needed(void **state)
{
    struct fixture *f = *state;
    struct rl_scratch *s = &f->engine.scratch;
    struct rl_extent before = s->room;

    s->needed = (struct rl_extent){.groups = before.groups + 40};
    rl_growth_catch_up(&f->engine);
    assert_true(s->room.groups >= before.groups + 40);
    s->needed = (struct rl_extent){.path_bytes = before.path_bytes + 1000};
    rl_growth_catch_up(&f->engine);
    assert_true(s->room.path_bytes >= before.path_bytes + 1000);
    /* One that the bounds do not allow asks for nothing, again and again. */
    put_processes(f, 300);
    put_threads(f, 5);
    s->needed = (struct rl_extent){.kin = RL_KIN_MOST};
    rl_growth_catch_up(&f->engine);
    assert_int_equal(s->room.processes, RL_POOL_LEAST);
    s->needed = (struct rl_extent){.processes = RL_POOL_LEAST + 1};
    rl_growth_catch_up(&f->engine);
    assert_int_equal(s->room.processes, 600);
}

/* The cache of command lines grows along. */
static void test_cmdline(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(rl_cmdline_new(f->probe.proc_fd, 0, &f->engine.cmdline), 0);
    put_processes(f, 400);
    rl_growth_catch_up(&f->engine);
    assert_false(f->engine.growth.failed);
    assert_int_equal(f->engine.scratch.room.processes, 800);
    assert_int_equal(rl_cmdline_size(f->engine.cmdline), 800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_census, setup, teardown),
        cmocka_unit_test_setup_teardown(test_consider, setup, teardown),
        cmocka_unit_test_setup_teardown(test_processes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cgroups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cmdline, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
