/* A service manager that the test plays: enough of systemd's for units and hooks, on a socket that
 * stands for the system bus. */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>

#include "daemon/relieve/hook.h"
#include "daemon/relieve/unit.h"
#include "daemon/report/log.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

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

static inline void signal_from(struct world *world, sd_bus_message *message)
{
    assert_true(sd_bus_message_set_sender(message, world->sender) >= 0);
    assert_true(sd_bus_send(world->server, message, NULL) >= 0);
    sd_bus_message_unref(message);
}

static inline void send_removed(struct world *world, const char *job)
{
    sd_bus_message *message = NULL;

    assert_true(
        sd_bus_message_new_signal(world->server, &message, OBJECT, MANAGER, "JobRemoved") >= 0);
    assert_true(sd_bus_message_append(message, "uoss", 7, job, world->unit, world->result) >= 0);
    signal_from(world, message);
}

static inline void send_status(struct world *world)
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

static inline void hang_up(struct world *world)
{
    sd_bus_flush(world->server);
    sd_bus_detach_event(world->server);
    world->server = sd_bus_close_unref(world->server);
}

static inline int answer(struct world *world, sd_bus_message *call)
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

static inline int on_unit_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
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

static inline void enter_container(sd_bus_message *call, char type, const char *contents)
{
    assert_true(sd_bus_message_enter_container(call, type, contents) > 0);
}

static inline void exit_containers(sd_bus_message *call, int depth)
{
    while (depth-- > 0)
        assert_true(sd_bus_message_exit_container(call) > 0);
}

static inline void note_strings(struct world *world, sd_bus_message *call)
{
    const char *s;

    enter_container(call, 'a', "s");
    while (sd_bus_message_read(call, "s", &s) > 0)
        strcat(strcat(world->properties, s), ",");
    exit_containers(call, 1);
}

static inline void note_list(struct world *world, sd_bus_message *call)
{
    enter_container(call, 'v', "as");
    note_strings(world, call);
    exit_containers(call, 1);
    strcat(world->properties, ";");
}

static inline void note_exec(struct world *world, sd_bus_message *call, const char *type)
{
    const char *path;
    int ignored;

    assert_string_equal(type, "a(sasb)");
    enter_container(call, 'v', "a(sasb)");
    enter_container(call, 'a', "(sasb)");
    enter_container(call, 'r', "sasb");
    assert_true(sd_bus_message_read(call, "s", &path) > 0);
    strcat(strcat(world->properties, path), ":");
    note_strings(world, call);
    assert_true(sd_bus_message_read(call, "b", &ignored) > 0);
    strcat(world->properties, ignored ? "ignored;" : ";");
    exit_containers(call, 3);
}

/* One (sv), as text. */
static inline void note_property(struct world *world, sd_bus_message *call)
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
    else if (strcmp(type, "as") == 0)
        note_list(world, call);
    else
        note_exec(world, call, type);
}

static inline int on_transient(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct world *world = userdata;
    const char *unit, *mode;

    world->calls++;
    assert_true(sd_bus_message_read(call, "ss", &unit, &mode) >= 0);
    snprintf(world->unit, sizeof(world->unit), "%s", unit);
    snprintf(world->mode, sizeof(world->mode), "%s", mode);
    world->properties[0] = '\0';
    enter_container(call, 'a', "(sv)");
    while (sd_bus_message_enter_container(call, 'r', "sv") > 0) {
        note_property(world, call);
        assert_true(sd_bus_message_exit_container(call) > 0);
    }
    return answer(world, call);
}

static inline int on_subscribe(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
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

static inline int on_hello(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return sd_bus_reply_method_return(call, "s", ":1.1");
}

static inline int on_match(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
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

static inline int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
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

static inline bool get_ready(struct world *world)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (!(rl_units_ready(world->units) && world->subscribed > 0) && now_us() < deadline)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    return rl_units_ready(world->units);
}

static inline int set_up(void **state)
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

static inline int set_up_connected(void **state)
{
    struct world *world;

    set_up(state);
    world = *state;
    assert_int_equal(rl_units_open(world->units), 0);
    assert_true(get_ready(world));
    return 0;
}

static inline int tear_down(void **state)
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
