/* The link to systemd, and hooks as services: against a manager that this program plays, over a
 * socket pair. */
#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>

#include "daemon/relieve/hook.h"
#include "daemon/relieve/unit.h"
#include "daemon/report/log.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

#define LONG_US (PATIENCE_S * UINT64_C(1000000))
#define SYSTEMD "org.freedesktop.systemd1"
#define OBJECT  "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define JOB     "/org/freedesktop/systemd1/job/7"

/* How the manager behaves to the next call. */
enum manner {
    WELL,       /* a job that ends in `result` */
    ENDLESS,    /* a job that does not end */
    SILENT,     /* no answer */
    NO_SUCH,    /* it knows no such unit */
    DENIED,     /* the caller may not */
    HANGS_UP,   /* the connection is closed instead of an answer */
    HANGS_LATE, /* ... after it */
};

struct world {
    struct folder folder;
    sd_event *event;
    int listener;
    sd_event_source *listening;
    sd_bus *server; /* NULL: nobody has connected */
    struct rl_units *units;
    struct rl_hooks *hooks;
    int log_fd;
    size_t fds;

    enum manner manner;
    const char *result;   /* of the job */
    const char *sender;   /* of its signal */
    int32_t code, status; /* of a service's process; 0: not told */
    unsigned subscribed, calls, stops;
    char method[64], unit[256], mode[32];
    char properties[2048]; /* of a service, as far as they are read */
    char input[64];        /* what was in its stdin */
};

static void signal_from(struct world *world, sd_bus_message *message)
{
    assert_true(sd_bus_message_set_sender(message, world->sender) >= 0);
    assert_true(sd_bus_send(world->server, message, NULL) >= 0);
    sd_bus_message_unref(message);
}

static void send_removed(struct world *world, const char *job)
{
    sd_bus_message *message = NULL;

    assert_true(
        sd_bus_message_new_signal(world->server, &message, OBJECT, MANAGER, "JobRemoved") >= 0);
    assert_true(sd_bus_message_append(message, "uoss", 7, job, world->unit, world->result) >= 0);
    signal_from(world, message);
}

static void send_status(struct world *world)
{
    sd_bus_message *message = NULL;
    char *path = NULL;

    assert_true(sd_bus_path_encode(OBJECT "/unit", world->unit, &path) >= 0);
    assert_true(sd_bus_message_new_signal(world->server, &message, path,
                    "org.freedesktop.DBus.Properties", "PropertiesChanged") >= 0);
    assert_true(sd_bus_message_append(message, "sa{sv}as", SYSTEMD ".Service", 4, "Result", "s",
                    "exit-code", "ExecMainCode", "i", world->code, "ExecMainPID", "u", 1,
                    "ExecMainStatus", "i", world->status, 0) >= 0);
    signal_from(world, message);
    free(path);
}

static void hang_up(struct world *world)
{
    sd_bus_flush(world->server);
    sd_bus_detach_event(world->server);
    world->server = sd_bus_close_unref(world->server);
}

static int answer(struct world *world, sd_bus_message *call)
{
    switch (world->manner) {
    case SILENT:
        return 1;
    case NO_SUCH:
        return sd_bus_reply_method_errorf(
            call, SYSTEMD ".NoSuchUnit", "Unit %s not found.", world->unit);
    case DENIED:
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED, "not for you");
    case HANGS_UP:
        shutdown(sd_bus_get_fd(world->server), SHUT_RDWR);
        return 1;
    default:
        break;
    }
    assert_true(sd_bus_reply_method_return(call, "o", JOB) >= 0);
    if (world->manner == HANGS_LATE) {
        sd_bus_flush(world->server);
        shutdown(sd_bus_get_fd(world->server), SHUT_RDWR);
    }
    if (world->manner != WELL)
        return 1;
    send_removed(world, JOB "1"); /* somebody else's */
    if (world->code)
        send_status(world);
    send_removed(world, JOB);
    return 1;
}

static int on_unit_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct world *world = userdata;
    const char *unit, *mode;

    assert_true(sd_bus_message_read(call, "ss", &unit, &mode) >= 0);
    if (strcmp(sd_bus_message_get_member(call), "StopUnit") == 0 && world->hooks) {
        world->stops++; /* without an answer */
        return 1;
    }
    world->calls++;
    snprintf(world->method, sizeof(world->method), "%s", sd_bus_message_get_member(call));
    snprintf(world->unit, sizeof(world->unit), "%s", unit);
    snprintf(world->mode, sizeof(world->mode), "%s", mode);
    return answer(world, call);
}

/* One (sv), as text. */
static void note_property(struct world *world, sd_bus_message *call)
{
    size_t at = strlen(world->properties);
    char *to = world->properties + at;
    const char *name, *type, *s;
    size_t room = sizeof(world->properties) - at;
    uint64_t t;
    uint32_t u;
    int fd, n;

    assert_true(sd_bus_message_read(call, "s", &name) >= 0);
    assert_true(sd_bus_message_peek_type(call, NULL, &type) >= 0);
    n = snprintf(to, room, "%s=", name);
    to += n;
    room -= (size_t)n;
    if (strcmp(type, "s") == 0 && sd_bus_message_read(call, "v", "s", &s) > 0)
        snprintf(to, room, "%s;", s);
    else if (strcmp(type, "t") == 0 && sd_bus_message_read(call, "v", "t", &t) > 0)
        snprintf(to, room, "%llu;", (unsigned long long)t);
    else if (strcmp(type, "u") == 0 && sd_bus_message_read(call, "v", "u", &u) > 0)
        snprintf(to, room, "%u;", u);
    else if (strcmp(type, "i") == 0 && sd_bus_message_read(call, "v", "i", &u) > 0)
        snprintf(to, room, "%u;", u);
    else if (strcmp(type, "h") == 0 && sd_bus_message_read(call, "v", "h", &fd) > 0)
        snprintf(to, room, "%d;", pread(fd, world->input, sizeof(world->input) - 1, 0) > 0);
    else if (strcmp(type, "as") == 0) {
        assert_true(sd_bus_message_enter_container(call, 'v', "as") > 0);
        assert_true(sd_bus_message_enter_container(call, 'a', "s") > 0);
        while (sd_bus_message_read(call, "s", &s) > 0)
            strcat(strcat(world->properties, s), ",");
        strcat(world->properties, ";");
        assert_true(sd_bus_message_exit_container(call) > 0);
        assert_true(sd_bus_message_exit_container(call) > 0);
    } else {
        assert_string_equal(type, "a(sasb)");
        assert_true(sd_bus_message_enter_container(call, 'v', "a(sasb)") > 0);
        assert_true(sd_bus_message_enter_container(call, 'a', "(sasb)") > 0);
        assert_true(sd_bus_message_enter_container(call, 'r', "sasb") > 0);
        assert_true(sd_bus_message_read(call, "s", &s) > 0);
        strcat(strcat(world->properties, s), ":");
        assert_true(sd_bus_message_enter_container(call, 'a', "s") > 0);
        while (sd_bus_message_read(call, "s", &s) > 0)
            strcat(strcat(world->properties, s), ",");
        assert_true(sd_bus_message_exit_container(call) > 0);
        assert_true(sd_bus_message_read(call, "b", &n) > 0);
        strcat(world->properties, n ? "ignored;" : ";");
        for (int i = 0; i < 3; i++)
            assert_true(sd_bus_message_exit_container(call) > 0);
    }
}

static int on_transient(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct world *world = userdata;
    const char *unit, *mode;

    world->calls++;
    assert_true(sd_bus_message_read(call, "ss", &unit, &mode) >= 0);
    snprintf(world->unit, sizeof(world->unit), "%s", unit);
    snprintf(world->mode, sizeof(world->mode), "%s", mode);
    world->properties[0] = '\0';
    assert_true(sd_bus_message_enter_container(call, 'a', "(sv)") > 0);
    while (sd_bus_message_enter_container(call, 'r', "sv") > 0) {
        note_property(world, call);
        assert_true(sd_bus_message_exit_container(call) > 0);
    }
    return answer(world, call);
}

static int on_subscribe(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    ((struct world *)userdata)->subscribed++;
    return sd_bus_reply_method_return(call, "");
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Subscribe", "", "", on_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("TryRestartUnit", "ss", "o", on_unit_call, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StopUnit", "ss", "o", on_unit_call, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD(
        "StartTransientUnit", "ssa(sv)a(sa(sv))", "o", on_transient, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static int on_hello(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return sd_bus_reply_method_return(call, "s", ":1.1");
}

static int on_match(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return sd_bus_reply_method_return(call, "");
}

static const sd_bus_vtable driver[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Hello", "", "s", on_hello, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AddMatch", "s", "", on_match, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RemoveMatch", "s", "", on_match, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct world *world = userdata;
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    sd_id128_t id;

    assert_true(client >= 0);
    if (world->server)
        hang_up(world);
    assert_true(sd_bus_new(&world->server) >= 0);
    assert_true(sd_bus_set_fd(world->server, client, client) >= 0);
    assert_true(sd_id128_randomize(&id) >= 0);
    assert_true(sd_bus_set_server(world->server, 1, id) >= 0);
    assert_true(sd_bus_set_anonymous(world->server, 1) >= 0);
    assert_true(sd_bus_negotiate_fds(world->server, 1) >= 0);
    assert_true(sd_bus_add_object_vtable(world->server, NULL, OBJECT, MANAGER, vtable, world) >= 0);
    assert_true(sd_bus_add_object_vtable(world->server, NULL, "/org/freedesktop/DBus",
                    "org.freedesktop.DBus", driver, world) >= 0);
    assert_true(sd_bus_start(world->server) >= 0);
    assert_true(sd_bus_attach_event(world->server, world->event, 0) >= 0);
    return 0;
}

static bool get_ready(struct world *world)
{
    uint64_t deadline = now_us() + LONG_US;

    while (!(rl_units_ready(world->units) && world->subscribed > 0) && now_us() < deadline)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    return rl_units_ready(world->units);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct rl_units_options options;
    char text[256];

    world->fds = count_fds();
    folder_new(&world->folder);
    world->result = "done";
    world->sender = SYSTEMD;
    world->log_fd = openat(world->folder.fd, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    rl_log_open_to(LOG_INFO, "/nowhere", world->log_fd);
    assert_true(sd_event_new(&world->event) >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", world->folder.path);
    world->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(world->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(world->listener, 4), 0);
    assert_true(sd_event_add_io(world->event, &world->listening, world->listener, EPOLLIN,
                    on_connection, world) >= 0);
    snprintf(text, sizeof(text), "unix:path=%s", address.sun_path);
    options.address = text;
    assert_int_equal(rl_units_new(world->event, &options, &world->units), 0);
    *state = world;
    return 0;
}

static int set_up_connected(void **state)
{
    struct world *world;

    set_up(state);
    world = *state;
    assert_int_equal(rl_units_open(world->units), 0);
    assert_true(get_ready(world));
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    assert_null(rl_hooks_free(world->hooks));
    assert_null(rl_units_free(world->units));
    if (world->server)
        hang_up(world);
    sd_event_source_disable_unref(world->listening);
    close(world->listener);
    sd_event_unref(world->event);
    rl_log_close();
    close(world->log_fd);
    folder_free(&world->folder);
    assert_int_equal(count_fds(), world->fds);
    free(world);
    return 0;
}

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
    const char *args[] = {"a b", NULL}, *environment[] = {"RELIEFD_PID=7", NULL};
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
        "KillSignal=9;UMask=63;ExecStart=%s:%s,a b,;"
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
