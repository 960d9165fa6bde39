/* Pings to the service manager's watchdog.
 *
 * sd-event's own pings go through sd_notify(3), which waits when the manager's socket is full; the
 * manager of a machine that is short of memory may be slow to read it. Here a ping that cannot be
 * sent at once is tried again later: until the manager loses patience there is time for several. */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

struct rl_watchdog;

/**
 * rl_watchdog_new() - ping at half of WATCHDOG_USEC, as sd_watchdog_enabled(3) has it
 * @ret: NULL where no manager waits for pings
 *
 * Reads the environment; allocates here only. Return: 0, or -errno: no pings will be sent.
 */
int rl_watchdog_new(sd_event *event, struct rl_watchdog **ret);
struct rl_watchdog *rl_watchdog_free(struct rl_watchdog *watchdog);
