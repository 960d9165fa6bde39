/* The methods of org.reliefd1, the same over each connection. What differs is who may have what,
 * and that is for the door to say through which a call has come. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/report/bus.h"

#define RL_BUS_OBJECT    "/org/reliefd1"
#define RL_BUS_INTERFACE "org.reliefd1"

struct rl_bus_door;

/* What not everybody may do. */
struct rl_bus_deed {
    const char *action; /* polkit's name for it, NULL: never over the system bus */
    const char *refusal;
    /* Do it for a user, and answer. Return: as of a method's handler. */
    int (*run)(struct rl_bus_door *door, sd_bus_message *call, uid_t user);
};

struct rl_bus_door {
    const struct rl_bus_api *api;
    /* May a call have an answer now? If not, the door has seen to it. */
    bool (*may_ask)(struct rl_bus_door *door, sd_bus_message *call);
    /* May it have what is read from files? */
    bool (*may_read_files)(struct rl_bus_door *door);
    /* Run a deed now, later, or refuse it. Return: as of a method's handler. */
    int (*act)(struct rl_bus_door *door, sd_bus_message *call, const struct rl_bus_deed *deed);
};

/* For an object whose userdata is a struct rl_bus_door. */
extern const sd_bus_vtable rl_bus_vtable[];
