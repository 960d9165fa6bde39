/* Who may have what of org.reliefd1 over the system bus.
 *
 * Anyone may read; all who do so share a number of answers a second. To act is for root and for the
 * user that the daemon runs as, by what the bus says of the sender; anybody else is a matter for
 * polkit (contrib/polkit/org.reliefd1.policy), and is refused where that does not answer. All of it
 * is asynchronous, and so many may wait for a decision and no more. */
#pragma once

#include "daemon/report/bus-methods.h"

#define RL_DOOR_CALLS_PER_SECOND 50

/* Acts that wait for the bus or for polkit: at most so many, and of one sender one. */
#define RL_DOOR_WAITING 8

/* How long polkit may ask a person; without a person it has the bus's usual time. */
#define RL_DOOR_ASK_US UINT64_C(120000000)

struct rl_system_door;

/* api is copied. Return: 0 or -ENOMEM. */
int rl_system_door_new(sd_event *event, const struct rl_bus_api *api, struct rl_system_door **ret);
struct rl_system_door *rl_system_door_free(struct rl_system_door *door);

/* What rl_bus_vtable gets as userdata. */
struct rl_bus_door *rl_system_door_base(struct rl_system_door *door);

/* The connection is about to end: whoever waits gets no answer. */
void rl_system_door_forget(void *door);
