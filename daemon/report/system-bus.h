/* Names on the system bus that are ours as long as nobody else wants them: signals from them, and
 * calls to them.
 *
 * All of it is asynchronous: a bus that is absent, hangs or goes away costs the signals of that
 * time and never a wait. An absent bus is waited for by inotify. One that failed is tried again at
 * once when it had lasted for a minute, else after a minute, and then at longer and longer
 * intervals. No timer is left running once the connection stands, and nothing is subscribed to.
 * What strangers send by way of the bus comes through an inlet; messages beyond
 * RL_SYSTEM_BUS_BYTES are left out, and so get no answer.
 *
 * Names are requested without replacing their owner; a name that is taken is waited for in the
 * bus's queue, and comes to us when it is given up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define RL_SYSTEM_BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define RL_SYSTEM_NAMES_MAX   4
#define RL_SYSTEM_BUS_BYTES   65536

struct rl_system_name {
    const char *name;
    const char *object, *interface;
    const sd_bus_vtable *vtable;
    void *userdata; /* its methods' */
    /* Called with userdata before a connection ends; nothing of it may be kept. May be NULL. */
    void (*on_gone)(void *userdata);
    /* Somebody else's by right: it is not requested while the bus could start its service, and may
     * be taken away from us. */
    bool yields;
    bool later; /* only from rl_system_bus_want() on */
};

struct rl_system_bus_options {
    /* "unix:path=...", of several the first; NULL: $DBUS_SYSTEM_BUS_ADDRESS, else
     * RL_SYSTEM_BUS_ADDRESS */
    const char *address;
    uint64_t retry_us; /* least time between two attempts; 0: a minute */
};

struct rl_system_bus;

/**
 * rl_system_bus_new() - begin to connect
 * @names: at most RL_SYSTEM_NAMES_MAX; must outlive the result, as must the options' address
 * Return: 0, also where there is no bus; -EINVAL: an address of another kind; -errno when memory or
 * descriptors are out.
 */
int rl_system_bus_new(sd_event *event, const struct rl_system_bus_options *options,
    const struct rl_system_name *names, size_t n, struct rl_system_bus **ret);
struct rl_system_bus *rl_system_bus_free(struct rl_system_bus *bus);

/* From now on take the name with this index, or give it up. */
void rl_system_bus_want(struct rl_system_bus *bus, size_t name, bool wanted);

/* Is the name with this index ours now? */
bool rl_system_bus_owns(const struct rl_system_bus *bus, size_t name);

/* Send a signal from the name with this index, if it is ours; types and what follows as in
 * sd_bus_emit_signal(). A bus that does not read loses signals beyond 64.
 * Return: was it sent (or queued)? */
bool rl_system_bus_signal(
    struct rl_system_bus *bus, size_t name, const char *member, const char *types, ...);

/* The pressure is over: a time to connect again where that failed, and to see whether a name that
 * yields has got a service of its own. */
void rl_system_bus_calm(struct rl_system_bus *bus);
