#include "daemon/report/system-bus.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/inlet.h"
#include "daemon/report/log.h"

#define DRIVER        "org.freedesktop.DBus"
#define DRIVER_OBJECT "/org/freedesktop/DBus"

/* As on the private bus: pressure comes first. */
#define PRIORITY 100

#define QUEUE_MAX 64

/* Strangers who send without end wait for the next second, in the bus. */
#define READS_PER_SECOND 2000

#define RETRY_US UINT64_C(60000000)

/* Each failure doubles the time to the next attempt, so many times: an hour. */
#define FAILURES_MAX 6

struct name {
    struct rl_system_bus *owner;
    const struct rl_system_name *is;
    bool wanted;
    bool asked; /* requested of this connection: ours, or waited for */
    bool ours;
    bool refused; /* said already */
};

struct rl_system_bus {
    sd_event *event;
    sd_event_source *retry; /* after a failure */
    sd_event_source *sweep; /* ends a connection outside of its own callbacks */
    struct sockaddr_un address;
    uint64_t retry_us;
    unsigned failures;  /* since a name was ours */
    sd_bus *connection; /* NULL: none, and none under way */
    bool scout;         /* it is there to wait until somebody listens, and for nothing else */
    bool found;         /* and now somebody does */
    struct rl_inlet inlet;
    struct rl_frames frames;
    uint64_t skipped;    /* messages that were too large, said already */
    uint64_t started_us; /* when it was begun, or the last attempt failed */
    uint64_t looked_us;  /* when services were last asked for */
    bool said_absent;    /* until the bus is there again */
    struct name names[RL_SYSTEM_NAMES_MAX];
    size_t n;
};

static uint64_t now_us(const struct rl_system_bus *bus)
{
    uint64_t now = 0;

    sd_event_now(bus->event, CLOCK_MONOTONIC, &now);
    return now;
}

static void drop(struct rl_system_bus *bus)
{
    sd_event_source_set_enabled(bus->sweep, SD_EVENT_ONESHOT);
}

static bool is_up(const struct rl_system_bus *bus)
{
    return bus->connection && !bus->scout && sd_bus_is_ready(bus->connection) > 0;
}

static void disconnect(struct rl_system_bus *bus)
{
    for (size_t i = 0; i < bus->n; i++) {
        if (bus->names[i].is->on_gone)
            bus->names[i].is->on_gone(bus->names[i].is->userdata);
    }
    rl_inlet_close(&bus->inlet);
    if (bus->connection) {
        sd_bus_detach_event(bus->connection);
        bus->connection = sd_bus_close_unref(bus->connection);
    }
    bus->scout = false;
    for (size_t i = 0; i < bus->n; i++) {
        bus->names[i].asked = false;
        bus->names[i].ours = false;
    }
}

static bool wants_any(const struct rl_system_bus *bus)
{
    for (size_t i = 0; i < bus->n; i++) {
        if (bus->names[i].asked)
            return true;
    }
    return false;
}

static int on_requested(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    struct name *name = userdata;
    const sd_bus_error *error = sd_bus_message_get_error(answer);

    if (!error || !name->owner->connection)
        return 1; /* ours or waited for: NameAcquired tells which */
    name->asked = false;
    if (!name->refused)
        rl_info("the system bus does not let reliefd be %s (%s): nothing is sent from there; "
                "reliefd's file in dbus-1/system.d allows it",
            name->is->name, error->message ? error->message : error->name);
    name->refused = true;
    /* Without a name no rule of the bus keeps strangers' messages from us, either. */
    if (!wants_any(name->owner))
        drop(name->owner);
    return 1;
}

static int on_released(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    return 1;
}

/* Take the name or leave it, as its service is there or not. */
static void settle_name(struct name *name, bool has_service)
{
    sd_bus *connection = name->owner->connection;
    bool left = name->is->yields && has_service, wanted = name->wanted && !left;

    if (wanted == name->asked)
        return;
    if (wanted) {
        uint64_t flags = SD_BUS_NAME_QUEUE;
        if (name->is->yields)
            flags |= SD_BUS_NAME_ALLOW_REPLACEMENT;
        name->asked = sd_bus_request_name_async(
                          connection, NULL, name->is->name, flags, on_requested, name) >= 0;
        return;
    }
    if (left)
        rl_info("%s is left to the service that this machine has for it", name->is->name);
    name->asked = false;
    name->ours = false;
    sd_bus_release_name_async(connection, NULL, name->is->name, on_released, NULL);
}

static int on_services(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    struct rl_system_bus *bus = userdata;
    bool has_service[RL_SYSTEM_NAMES_MAX] = {0};
    const char *service;
    int r = sd_bus_message_is_method_error(answer, NULL) ? -EIO : 0;

    if (!bus->connection)
        return 1;
    if (r >= 0)
        r = sd_bus_message_enter_container(answer, 'a', "s");
    while (r >= 0 && (r = sd_bus_message_read(answer, "s", &service)) > 0) {
        for (size_t i = 0; i < bus->n; i++) {
            if (strcmp(service, bus->names[i].is->name) == 0)
                has_service[i] = true;
        }
    }
    if (r < 0) { /* it answers nothing, or what makes no sense */
        drop(bus);
        return 1;
    }
    bus->said_absent = false;
    for (size_t i = 0; i < bus->n; i++)
        settle_name(&bus->names[i], has_service[i]);
    return 1;
}

static int ask_services(struct rl_system_bus *bus)
{
    bus->looked_us = now_us(bus);
    return sd_bus_call_method_async(bus->connection, NULL, DRIVER, DRIVER_OBJECT, DRIVER,
        "ListActivatableNames", on_services, bus, "");
}

static void set_owner(struct rl_system_bus *bus, sd_bus_message *message, bool ours)
{
    const char *sender = sd_bus_message_get_sender(message), *which;

    if (!sender || strcmp(sender, DRIVER) != 0 || sd_bus_message_read(message, "s", &which) <= 0)
        return;
    for (size_t i = 0; i < bus->n; i++) {
        struct name *name = &bus->names[i];
        if (name->asked && strcmp(which, name->is->name) == 0) {
            name->ours = ours;
            name->refused = false;
            bus->failures = 0;
            rl_debug("%s is %s", which, ours ? "ours" : "somebody else's");
        }
    }
}

/* These come to us without being subscribed to. */
static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct rl_system_bus *bus = userdata;

    if (sd_bus_message_is_signal(message, "org.freedesktop.DBus.Local", "Disconnected"))
        drop(bus);
    else if (sd_bus_message_is_signal(message, DRIVER, "NameAcquired"))
        set_owner(bus, message, true);
    else if (sd_bus_message_is_signal(message, DRIVER, "NameLost"))
        set_owner(bus, message, false);
    return 0;
}

/* Return: a descriptor, or -errno; never waits. */
static int connect_to(const struct rl_system_bus *bus)
{
    rl_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (const struct sockaddr *)&bus->address, sizeof(bus->address)) < 0)
        return -errno;
    int connected = fd;
    fd = -1;
    return connected;
}

static void on_inlet_end(void *userdata)
{
    drop(userdata);
}

/* Give the connection its descriptors: what comes passes through our hands. */
static int set_stream(struct rl_system_bus *bus, int connected)
{
    int in,
        r = rl_inlet_open(&bus->inlet, bus->event, PRIORITY, connected, 0, on_inlet_end, bus, &in);

    if (r >= 0) {
        rl_frames_begin(&bus->frames, RL_SYSTEM_BUS_BYTES);
        bus->inlet.frames = &bus->frames;
        r = sd_event_source_set_ratelimit(bus->inlet.source, 1000000, READS_PER_SECOND);
        if (r >= 0 && (r = sd_bus_set_fd(bus->connection, in, connected)) >= 0)
            return 0;
        close(in);
    }
    close(connected);
    return r;
}

static int add_objects(struct rl_system_bus *bus)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < bus->n; i++) {
        const struct rl_system_name *is = bus->names[i].is;
        r = sd_bus_add_object_vtable(
            bus->connection, NULL, is->object, is->interface, is->vtable, is->userdata);
    }
    return r;
}

/* sd_bus_open_system() would wait for the bus; these do not. Takes the descriptor. */
static int begin(struct rl_system_bus *bus, int connected)
{
    int r = sd_bus_new(&bus->connection);

    if (r < 0) {
        close(connected);
        return r;
    }
    if ((r = set_stream(bus, connected)) < 0)
        return r;
    sd_bus *connection = bus->connection;
    if ((r = sd_bus_set_bus_client(connection, 1)) < 0 ||
        /* At the end nobody waits until the bus has read. */
        (r = sd_bus_set_close_on_exit(connection, 0)) < 0 ||
        (r = sd_bus_negotiate_fds(connection, 0)) < 0 ||
        (r = sd_bus_add_filter(connection, NULL, on_message, bus)) < 0 ||
        (r = add_objects(bus)) < 0 || (r = sd_bus_start(connection)) < 0 ||
        (r = sd_bus_attach_event(connection, bus->event, PRIORITY)) < 0)
        return r;
    return ask_services(bus);
}

static int on_scouted(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct rl_system_bus *bus = userdata;

    bus->found = sd_bus_message_is_signal(message, "org.freedesktop.DBus.Local", "Connected");
    drop(bus);
    return 1;
}

/* Nobody listens: sd-bus knows how to wait for it with inotify, but not how to read through an
 * inlet then. So a connection of its own waits, and ends when it has succeeded. */
static int begin_scout(struct rl_system_bus *bus)
{
    char address[sizeof("unix:path=") + sizeof(bus->address.sun_path)];
    int r = sd_bus_new(&bus->connection);

    if (r < 0)
        return r;
    snprintf(address, sizeof(address), "unix:path=%s", bus->address.sun_path);
    bus->scout = true;
    if ((r = sd_bus_set_address(bus->connection, address)) < 0 ||
        (r = sd_bus_set_watch_bind(bus->connection, 1)) < 0 ||
        (r = sd_bus_set_connected_signal(bus->connection, 1)) < 0 ||
        (r = sd_bus_set_close_on_exit(bus->connection, 0)) < 0 ||
        (r = sd_bus_add_filter(bus->connection, NULL, on_scouted, bus)) < 0 ||
        (r = sd_bus_start(bus->connection)) < 0)
        return r;
    return sd_bus_attach_event(bus->connection, bus->event, PRIORITY);
}

static void start_later(struct rl_system_bus *bus)
{
    if (sd_event_source_set_time_relative(bus->retry, bus->retry_us << bus->failures) >= 0)
        sd_event_source_set_enabled(bus->retry, SD_EVENT_ONESHOT);
    if (bus->failures < FAILURES_MAX)
        bus->failures++;
}

static void start(struct rl_system_bus *bus)
{
    int r;

    bus->started_us = now_us(bus);
    r = connect_to(bus);
    if (r >= 0)
        r = begin(bus, r);
    else if (r == -ENOENT || r == -ECONNREFUSED)
        r = begin_scout(bus);
    if (r < 0) {
        rl_debug("No connection to %s: %s", bus->address.sun_path, strerror(-r));
        disconnect(bus);
        start_later(bus);
    }
}

static int on_retry(sd_event_source *source, uint64_t time_us, void *userdata)
{
    struct rl_system_bus *bus = userdata;

    if (!bus->connection)
        start(bus);
    return 0;
}

static void say_skipped(struct rl_system_bus *bus)
{
    if (bus->frames.skipped > 0 && bus->skipped == 0)
        rl_info("a message of more than %u bytes over the system bus was left out",
            RL_SYSTEM_BUS_BYTES);
    bus->skipped += bus->frames.skipped;
    bus->frames.skipped = 0;
}

/* A bus that was restarted is met again at once, one that throws us out is not. */
static int on_sweep(sd_event_source *source, void *userdata)
{
    struct rl_system_bus *bus = userdata;
    bool again = bus->found || now_us(bus) - bus->started_us >= bus->retry_us;

    bus->found = false;
    disconnect(bus);
    if (again)
        start(bus);
    else
        start_later(bus);
    return 0;
}

static int set_address(struct rl_system_bus *bus, const char *address)
{
    static const char start[] = "unix:path=";

    if (!address)
        address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
    if (!address)
        address = RL_SYSTEM_BUS_ADDRESS;
    size_t len = strcspn(address, ",;");
    if (strncmp(address, start, strlen(start)) != 0 || memchr(address, '%', len) ||
        len - strlen(start) >= sizeof(bus->address.sun_path)) {
        rl_warning(
            "reliefd does not speak to a system bus at '%s': only unix:path=FILE will do", address);
        return -EINVAL;
    }
    bus->address.sun_family = AF_UNIX;
    memcpy(bus->address.sun_path, address + strlen(start), len - strlen(start));
    return 0;
}

int rl_system_bus_new(sd_event *event, const struct rl_system_bus_options *options,
    const struct rl_system_name *names, size_t n, struct rl_system_bus **ret)
{
    struct rl_system_bus *bus;
    int r;

    if (n > RL_SYSTEM_NAMES_MAX)
        return -E2BIG;
    bus = calloc(1, sizeof(*bus));
    if (!bus)
        return -ENOMEM;
    r = set_address(bus, options->address);
    if (r < 0) {
        free(bus);
        return r;
    }
    bus->retry_us = options->retry_us ? options->retry_us : RETRY_US;
    bus->event = sd_event_ref(event);
    bus->n = n;
    for (size_t i = 0; i < n; i++)
        bus->names[i] = (struct name){.owner = bus, .is = &names[i], .wanted = !names[i].later};
    if ((r = sd_event_add_time_relative(
             event, &bus->retry, CLOCK_MONOTONIC, bus->retry_us, 0, on_retry, bus)) < 0 ||
        (r = sd_event_source_set_priority(bus->retry, PRIORITY)) < 0 ||
        (r = sd_event_source_set_enabled(bus->retry, SD_EVENT_OFF)) < 0 ||
        (r = sd_event_add_defer(event, &bus->sweep, on_sweep, bus)) < 0 ||
        (r = sd_event_source_set_priority(bus->sweep, PRIORITY - 2)) < 0 ||
        (r = sd_event_source_set_enabled(bus->sweep, SD_EVENT_OFF)) < 0) {
        rl_system_bus_free(bus);
        return r;
    }
    start(bus);
    *ret = bus;
    return 0;
}

struct rl_system_bus *rl_system_bus_free(struct rl_system_bus *bus)
{
    if (!bus)
        return NULL;
    disconnect(bus);
    sd_event_source_disable_unref(bus->retry);
    sd_event_source_disable_unref(bus->sweep);
    sd_event_unref(bus->event);
    free(bus);
    return NULL;
}

void rl_system_bus_want(struct rl_system_bus *bus, size_t name, bool wanted)
{
    if (bus->names[name].wanted == wanted)
        return;
    bus->names[name].wanted = wanted;
    /* Else it is asked for once the connection stands. */
    if (is_up(bus) && ask_services(bus) < 0)
        drop(bus);
}

bool rl_system_bus_owns(const struct rl_system_bus *bus, size_t name)
{
    return bus->names[name].ours;
}

bool rl_system_bus_signal(
    struct rl_system_bus *bus, size_t name, const char *member, const char *types, ...)
{
    const struct rl_system_name *is = bus->names[name].is;
    uint64_t waiting = 0;
    va_list args;
    int r;

    if (!is_up(bus)) {
        if (!bus->said_absent)
            rl_info("%s cannot be reached: warnings go without it", bus->address.sun_path);
        bus->said_absent = true;
        return false;
    }
    if (!bus->names[name].ours || sd_bus_get_n_queued_write(bus->connection, &waiting) < 0 ||
        waiting > QUEUE_MAX)
        return false;
    va_start(args, types);
    r = sd_bus_emit_signalv(bus->connection, is->object, is->interface, member, types, args);
    va_end(args);
    return r >= 0;
}

void rl_system_bus_calm(struct rl_system_bus *bus)
{
    uint64_t now = now_us(bus);

    say_skipped(bus);
    if (!bus->connection) {
        if (now - bus->started_us >= bus->retry_us)
            start(bus);
    } else if (is_up(bus) && now - bus->looked_us >= bus->retry_us) {
        ask_services(bus);
    }
}
