/* The link to systemd, and hooks as services. */
#include "tests/unit/unit.h"

#include "tests/unit/manager.h"

#define LONG_US (PATIENCE_S * UINT64_C(1000000))

/* What became of an order. */
struct end {
    bool over;
    unsigned calls;
    enum rl_unit_result result;
    char why[256];
};

static void on_end(void *userdata, enum rl_unit_result result, const char *why)
{
    struct end *end = userdata;

    end->over = true;
    end->calls++;
    end->result = result;
    snprintf(end->why, sizeof(end->why), "%s", why);
}

static void test_results(void **state)
{
    static const struct {
        enum manner manner;
        const char *job_result;
        enum rl_unit_result result;
        const char *why;
    } rows[] = {
        {WELL, "done", RL_UNIT_DONE, ""},
        {WELL, "failed", RL_UNIT_FAILED, "systemd's job ended as \"failed\""},
        {WELL, "timeout", RL_UNIT_FAILED, "systemd's job ended as \"timeout\""},
        {WELL, "canceled", RL_UNIT_FAILED, "systemd's job ended as \"canceled\""},
        {NO_SUCH, "", RL_UNIT_NO_SUCH, "Unit a.service not found."},
        {DENIED, "", RL_UNIT_FAILED, "not for you"},
        {WELL, "done", RL_UNIT_DONE, ""},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct end end = {0};

        world->manner = rows[i].manner;
        world->result = rows[i].job_result;
        assert_int_equal(
            rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL), 0);
        assert_false(end.over);
        assert_true(run_until(world->event, &end.over));
        run_idle(world->event);
        assert_int_equal(end.calls, 1);
        assert_int_equal(end.result, rows[i].result);
        assert_string_equal(end.why, rows[i].why);
    }
}

static void test_methods(void **state)
{
    struct world *world = *state;
    struct end end = {0};

    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL), 0);
    assert_true(run_until(world->event, &end.over));
    assert_string_equal(world->method, "TryRestartUnit");
    assert_string_equal(world->unit, "a.service");
    assert_string_equal(world->mode, "replace");
    end.over = false;
    assert_int_equal(rl_unit_stop(world->units, "b.scope", LONG_US, on_end, &end, NULL), 0);
    assert_true(run_until(world->event, &end.over));
    assert_string_equal(world->method, "StopUnit");
    assert_string_equal(world->unit, "b.scope");
    assert_int_equal(world->calls, 2);
    assert_int_equal(world->subscribed, 1);
}

static void test_bad_orders(void **state)
{
    static const char *const names[] = {"", "a", "a.slice", ".service", "a/b.service", "a.timer"};
    struct world *world = *state;
    struct end end = {0};
    char name[RL_UNIT_NAME_MAX + 16];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(
            rl_unit_stop(world->units, names[i], LONG_US, on_end, &end, NULL), -EINVAL);
    memset(name, 'x', sizeof(name));
    strcpy(name + RL_UNIT_NAME_MAX - 8, ".service");
    assert_int_equal(rl_unit_stop(world->units, name, LONG_US, on_end, &end, NULL), -EINVAL);
    assert_int_equal(rl_unit_stop(world->units, "a.service", 0, on_end, &end, NULL), -EINVAL);
    run_idle(world->event);
    assert_int_equal(world->calls, 0);
    assert_int_equal(end.calls, 0);
}

static void test_limit(void **state)
{
    struct world *world = *state;
    struct end end = {0};

    world->manner = ENDLESS;
    assert_int_equal(rl_unit_restart(world->units, "a.service", 50000, on_end, &end, NULL), 0);
    assert_true(run_until(world->event, &end.over));
    assert_int_equal(end.result, RL_UNIT_FAILED);
    assert_string_equal(end.why, "systemd's job takes longer than 50ms");
    send_removed(world, JOB);
    run_idle(world->event);
    assert_int_equal(end.calls, 1);
}

static void test_forget(void **state)
{
    struct world *world = *state;
    struct rl_unit_job *job = NULL;
    struct end end = {0}, next = {0};

    world->manner = ENDLESS;
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, &job), 0);
    assert_non_null(job);
    assert_null(rl_unit_forget(job));
    /* The same again, with the answer there and the end still to come. */
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, &job), 0);
    run_idle(world->event);
    assert_null(rl_unit_forget(job));
    send_removed(world, JOB);
    run_idle(world->event);
    assert_int_equal(end.calls, 0);
    assert_null(rl_unit_forget(NULL));
    world->manner = WELL;
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &next, NULL), 0);
    assert_true(run_until(world->event, &next.over));
}

static void test_many(void **state)
{
    struct world *world = *state;
    struct rl_unit_job *jobs[RL_UNIT_JOBS];
    struct end end = {0};

    world->manner = SILENT;
    for (int i = 0; i < RL_UNIT_JOBS; i++)
        assert_int_equal(
            rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, &jobs[i]), 0);
    assert_int_equal(
        rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL), -EBUSY);
    rl_unit_forget(jobs[3]);
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL), 0);
}

/* Signals of somebody who is not systemd. */
static void test_forged(void **state)
{
    struct world *world = *state;
    struct end end = {0};

    world->sender = ":1.66";
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL), 0);
    run_idle(world->event);
    assert_int_equal(world->calls, 1);
    assert_int_equal(end.calls, 0);
    world->sender = SYSTEMD;
    send_removed(world, JOB);
    assert_true(run_until(world->event, &end.over));
    assert_int_equal(end.result, RL_UNIT_DONE);
}

static void lose(struct world *world, enum manner manner)
{
    struct end end = {0};

    world->manner = manner;
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL), 0);
    assert_true(run_until(world->event, &end.over));
    assert_int_equal(end.result, RL_UNIT_NO_SYSTEMD);
    run_idle(world->event);
    assert_int_equal(end.calls, 1);
    assert_false(rl_units_ready(world->units));
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL),
        RL_UNIT_NO_SYSTEMD);

    /* And again. */
    world->manner = WELL;
    world->subscribed = 0;
    assert_int_equal(rl_units_open(world->units), 0);
    assert_true(get_ready(world));
    end = (struct end){0};
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL), 0);
    assert_true(run_until(world->event, &end.over));
    assert_int_equal(end.result, RL_UNIT_DONE);
}

static void test_lost(void **state)
{
    lose(*state, HANGS_UP);
    lose(*state, HANGS_LATE);
}

static void test_nobody(void **state)
{
    const struct rl_units_options nowhere = {.address = "unix:path=/nowhere/bus"};
    struct world *world = *state;
    struct rl_units *units = NULL;
    struct end end = {0};

    /* Not opened. */
    assert_false(rl_units_ready(world->units));
    assert_int_equal(rl_unit_restart(world->units, "a.service", LONG_US, on_end, &end, NULL),
        RL_UNIT_NO_SYSTEMD);
    /* A socket that is not there. */
    assert_int_equal(rl_units_new(world->event, &nowhere, &units), 0);
    assert_int_equal(rl_units_open(units), RL_UNIT_NO_SYSTEMD);
    assert_int_equal(rl_units_open(units), RL_UNIT_NO_SYSTEMD);
    assert_false(rl_units_ready(units));
    assert_int_equal(
        rl_unit_restart(units, "a.service", LONG_US, on_end, &end, NULL), RL_UNIT_NO_SYSTEMD);
    run_idle(world->event);
    assert_int_equal(end.calls, 0);
    assert_null(rl_units_free(units));
    assert_null(rl_units_free(NULL));
}

static void test_paths(void **state)
{
    static const struct {
        const char *path;
        enum rl_unit_owner owner;
        const char *unit;
    } rows[] = {
        {"/system.slice/nginx.service", RL_UNIT_OURS, "nginx.service"},
        {"system.slice/nginx.service/", RL_UNIT_OURS, "nginx.service"},
        {"/system.slice/a.slice/x@y.service/sub/deeper", RL_UNIT_OURS, "x@y.service"},
        {"/init.scope", RL_UNIT_OURS, "init.scope"},
        {"/user.slice/user-1000.slice/session-2.scope", RL_UNIT_OURS, "session-2.scope"},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
         "cri-containerd-ab.scope",
            RL_UNIT_OURS, "cri-containerd-ab.scope"},
        {"/system.slice/_cpu.service", RL_UNIT_OURS, "cpu.service"},
        {"/system.slice/__a.service", RL_UNIT_OURS, "_a.service"},
        {"/user.slice/user-1000.slice/user@1000.service", RL_UNIT_OURS, "user@1000.service"},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/vim.service", RL_UNIT_NOT_OURS,
            ""},
        {"/user.slice/user-1000.slice/user@1000.service/init.scope", RL_UNIT_NOT_OURS, ""},
        {"/machine.slice/machine-x.scope/payload/system.slice/db.service", RL_UNIT_NOT_OURS, ""},
        {"/system.slice/docker-ab.scope/kubelet.slice", RL_UNIT_NOT_OURS, ""},
        {"/", RL_UNIT_NONE, ""},
        {"", RL_UNIT_NONE, ""},
        {"/system.slice", RL_UNIT_NONE, ""},
        {"/docker/ab", RL_UNIT_NONE, ""},
        {"/docker/ab/system.slice/x.service", RL_UNIT_NONE, ""},
        {"/system.slice/.service", RL_UNIT_NONE, ""},
        {"/.slice/x.service", RL_UNIT_NONE, ""},
    };
    char unit[RL_UNIT_NAME_MAX], small[8];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit[0] = '\0';
        assert_int_equal(rl_unit_of_path(rows[i].path, unit, sizeof(unit)), rows[i].owner);
        assert_string_equal(unit, rows[i].unit);
    }
    assert_int_equal(rl_unit_of_path("/a.service", small, sizeof(small)), RL_UNIT_NONE);
}

/* Hooks as services. */
struct hook_end {
    bool over;
    unsigned calls;
    enum rl_hook_outcome outcome;
    int status;
    char why[256];
};

static void on_hook_end(void *userdata, const struct rl_hook_result *result)
{
    struct hook_end *end = userdata;

    end->over = true;
    end->calls++;
    end->outcome = result->outcome;
    end->status = result->status;
    snprintf(end->why, sizeof(end->why), "%s", result->why);
}

/* Exits with 30 when it is the helper that runs it. */
static struct rl_hook_order make_hooks(struct world *world, char *path, size_t size)
{
    const struct rl_hooks_options options = {.cgroup_fd = -1, .units = world->units};

    assert_int_equal(rl_hooks_new(world->event, &options, &world->hooks), 0);
    folder_write(&world->folder, "hook", "#!/bin/sh\nexit 30\n");
    assert_int_equal(fchmodat(world->folder.fd, "hook", 0755, 0), 0);
    snprintf(path, size, "%s/hook", world->folder.path);
    return (struct rl_hook_order){.path = path, .limit_us = LONG_US};
}

static void run_hook(struct world *world, const struct rl_hook_order *order, struct hook_end *end)
{
    *end = (struct hook_end){0};
    assert_int_equal(rl_hook_run(world->hooks, order, on_hook_end, end, NULL), 0);
    assert_true(run_until(world->event, &end->over));
    run_idle(world->event);
    assert_int_equal(end->calls, 1);
}

static void test_service(void **state)
{
    static const struct {
        const char *result;
        int32_t code, status;
        enum rl_hook_outcome outcome;
        const char *why;
    } rows[] = {
        {"done", CLD_EXITED, 0, RL_HOOK_GO_ON, ""},
        {"done", 0, 0, RL_HOOK_GO_ON, ""},
        {"failed", CLD_EXITED, 10, RL_HOOK_VETO, ""},
        {"failed", CLD_EXITED, 3, RL_HOOK_FAILED, "exit status 3"},
        {"failed", CLD_KILLED, 15, RL_HOOK_FAILED, "it died of signal 15 (SIGTERM)"},
        {"failed", CLD_DUMPED, 11, RL_HOOK_FAILED, "it died of signal 11 (SIGSEGV)"},
    };
    struct world *world = *state;
    const char *args[] = {"a b", "$X ${Y}$$", NULL}, *environment[] = {"RELIEFD_PID=7", NULL};
    char path[128], expected[1024];
    struct rl_hook_order order = make_hooks(world, path, sizeof(path));
    struct hook_end end;

    order.args = args;
    order.environment = environment;
    order.input = "{}";
    order.input_size = 2;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        world->result = rows[i].result;
        world->code = rows[i].code;
        world->status = rows[i].status;
        run_hook(world, &order, &end);
        assert_int_equal(end.outcome, rows[i].outcome);
        assert_string_equal(end.why, rows[i].why);
        assert_int_equal(world->calls, i + 1);
    }
    assert_int_equal(world->stops, 0);
    snprintf(expected, sizeof(expected),
        "Description=Hook of reliefd;Type=oneshot;CollectMode=inactive-or-failed;"
        "StandardInputFileDescriptor=1;TimeoutStartUSec=31000000;TimeoutStopUSec=1000000;"
        "KillSignal=9;UMask=63;ExecStart=%s:%s,a b,$$X $${Y}$$$$,;" /* systemd makes one of two */
        "Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin,"
        "LANG=C.UTF-8,RELIEFD_PID=7,;",
        path, path);
    assert_string_equal(world->properties, expected);
    assert_string_equal(world->input, "{}");
    assert_string_equal(world->mode, "fail");
    assert_non_null(strstr(world->unit, "reliefd-hook-"));
}

/* systemd would run anything: the file is looked at before. */
static void test_service_untrusted(void **state)
{
    struct world *world = *state;
    char path[128];
    struct rl_hook_order order = make_hooks(world, path, sizeof(path));
    struct hook_end end;

    assert_int_equal(chmod(path, 0777), 0);
    run_hook(world, &order, &end);
    assert_int_equal(end.outcome, RL_HOOK_FAILED);
    assert_non_null(strstr(end.why, "refused: "));
    assert_int_equal(world->calls, 0);
}

/* The helper takes over; should systemd have begun after all, it stops it. */
static void test_service_falls_back(void **state)
{
    static const enum manner manners[] = {SILENT, DENIED, NO_SUCH, HANGS_UP};
    struct world *world = *state;
    char path[128];
    struct rl_hook_order order = make_hooks(world, path, sizeof(path));
    struct hook_end end;

    for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
        world->manner = manners[i];
        run_hook(world, &order, &end);
        assert_int_equal(end.status, 30);
        assert_int_equal(world->calls, i + 1);
        assert_int_equal(world->stops, i < 3 ? i + 1 : i);
    }
    /* Nobody is connected any more. */
    assert_false(rl_units_ready(world->units));
    run_hook(world, &order, &end);
    assert_int_equal(end.status, 30);
}

static void test_service_time_up(void **state)
{
    struct world *world = *state;
    char path[128];
    struct rl_hook_order order = make_hooks(world, path, sizeof(path));
    struct rl_hook_run *run = NULL;
    struct hook_end end;

    world->manner = ENDLESS;
    order.limit_us = 500000;
    run_hook(world, &order, &end);
    assert_int_equal(end.outcome, RL_HOOK_TIME_UP);
    assert_int_equal(world->calls, 1);
    assert_int_equal(world->stops, 1);

    order.limit_us = LONG_US;
    end = (struct hook_end){0};
    assert_int_equal(rl_hook_run(world->hooks, &order, on_hook_end, &end, &run), 0);
    while (world->calls < 2)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    assert_null(rl_hook_cancel(run));
    run_idle(world->event);
    assert_int_equal(world->stops, 2);
    assert_int_equal(end.calls, 0);
}

#define CONNECTED(test) cmocka_unit_test_setup_teardown(test, set_up_connected, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONNECTED(test_results),
        CONNECTED(test_methods),
        CONNECTED(test_bad_orders),
        CONNECTED(test_limit),
        CONNECTED(test_forget),
        CONNECTED(test_many),
        CONNECTED(test_forged),
        CONNECTED(test_lost),
        cmocka_unit_test_setup_teardown(test_nobody, set_up, tear_down),
        cmocka_unit_test(test_paths),
        CONNECTED(test_service),
        CONNECTED(test_service_untrusted),
        CONNECTED(test_service_falls_back),
        CONNECTED(test_service_time_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
