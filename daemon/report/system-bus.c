#include "daemon/report/system-bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/log.h"

#define DRIVER        "org.freedesktop.DBus"
#define DRIVER_OBJECT "/org/freedesktop/DBus"

/* As on the private bus: pressure comes first. */
#define PRIORITY 100

#define QUEUE_MAX 64
#define RETRY_US  UINT64_C(60000000)

struct name {
    struct rl_system_bus *owner;
    const struct rl_system_name *is;
    bool asked; /* requested of this connection: ours, or waited for */
    bool ours;
    bool refused; /* said already */
};

struct rl_system_bus {
    sd_event *event;
    sd_event_source *sweep; /* ends a connection outside of its own callbacks */
    const char *address;
    uint64_t retry_us;
    sd_bus *connection;  /* NULL: none, and none under way */
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

static void disconnect(struct rl_system_bus *bus)
{
    if (bus->connection) {
        sd_bus_detach_event(bus->connection);
        bus->connection = sd_bus_close_unref(bus->connection);
    }
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
        rl_info("the system bus does not let reliefd be %s (%s): warnings are not sent from there; "
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
    bool wanted = !(name->is->yields && has_service);

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

/* sd_bus_open_system() would wait for the bus; these do not. */
static int begin(struct rl_system_bus *bus)
{
    sd_bus *connection;
    int r = sd_bus_new(&bus->connection);

    if (r < 0)
        return r;
    connection = bus->connection;
    if ((r = sd_bus_set_address(connection, bus->address)) < 0 ||
        (r = sd_bus_set_bus_client(connection, 1)) < 0 ||
        (r = sd_bus_set_watch_bind(connection, 1)) < 0 ||
        /* At the end nobody waits until the bus has read. */
        (r = sd_bus_set_close_on_exit(connection, 0)) < 0 ||
        (r = sd_bus_negotiate_fds(connection, 0)) < 0 ||
        (r = sd_bus_add_filter(connection, NULL, on_message, bus)) < 0)
        return r;
    for (size_t i = 0; i < bus->n; i++) {
        const struct rl_system_name *is = bus->names[i].is;
        r = sd_bus_add_object_vtable(
            connection, NULL, is->object, is->interface, is->vtable, &bus->names[i]);
        if (r < 0)
            return r;
    }
    if ((r = sd_bus_start(connection)) < 0 ||
        (r = sd_bus_attach_event(connection, bus->event, PRIORITY)) < 0)
        return r;
    return ask_services(bus);
}

static void start(struct rl_system_bus *bus)
{
    int r;

    bus->started_us = now_us(bus);
    r = begin(bus);
    if (r < 0) {
        rl_debug("No connection to %s: %s", bus->address, strerror(-r));
        disconnect(bus);
    }
}

/* A bus that was restarted is met again at once, one that throws us out is not. */
static int on_sweep(sd_event_source *source, void *userdata)
{
    struct rl_system_bus *bus = userdata;
    bool lasted = now_us(bus) - bus->started_us >= bus->retry_us;

    disconnect(bus);
    if (lasted)
        start(bus);
    return 0;
}

int rl_system_bus_new(sd_event *event, const struct rl_system_bus_options *options,
    const struct rl_system_name *names, size_t n, struct rl_system_bus **ret)
{
    struct rl_system_bus *bus;
    const char *address = options->address;
    int r;

    if (n > RL_SYSTEM_NAMES_MAX)
        return -E2BIG;
    bus = calloc(1, sizeof(*bus));
    if (!bus)
        return -ENOMEM;
    if (!address)
        address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
    bus->address = address ? address : RL_SYSTEM_BUS_ADDRESS;
    bus->retry_us = options->retry_us ? options->retry_us : RETRY_US;
    bus->event = sd_event_ref(event);
    bus->n = n;
    for (size_t i = 0; i < n; i++)
        bus->names[i] = (struct name){.owner = bus, .is = &names[i]};
    if ((r = sd_event_add_defer(event, &bus->sweep, on_sweep, bus)) < 0 ||
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
    sd_event_source_disable_unref(bus->sweep);
    sd_event_unref(bus->event);
    free(bus);
    return NULL;
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

    if (!bus->connection || sd_bus_is_ready(bus->connection) <= 0) {
        if (!bus->said_absent)
            rl_info("%s cannot be reached: warnings go without it", bus->address);
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

    if (!bus->connection) {
        if (now - bus->started_us >= bus->retry_us)
            start(bus);
    } else if (sd_bus_is_ready(bus->connection) > 0 && now - bus->looked_us >= bus->retry_us) {
        ask_services(bus);
    }
}
