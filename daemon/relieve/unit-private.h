/* What hooks need of the connection to systemd beyond unit.h. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/relieve/unit.h"

#define RL_SYSTEMD          "org.freedesktop.systemd1"
#define RL_SYSTEMD_OBJECT   "/org/freedesktop/systemd1"
#define RL_SYSTEMD_MANAGER  "org.freedesktop.systemd1.Manager"
#define RL_SYSTEMD_REPLY_US UINT64_C(5000000)

/* NULL when nobody is there. Gone after any turn of the event loop. */
sd_bus *rl_units_bus(struct rl_units *units);

/**
 * rl_unit_call() - ask for a job and wait for its end
 * @call:     a method whose answer is the job's object path; stays the caller's
 * @reply_us: for that answer
 * Otherwise as rl_unit_restart().
 */
int rl_unit_call(struct rl_units *units, sd_bus_message *call, uint64_t reply_us, uint64_t limit_us,
    rl_unit_done done, void *userdata, struct rl_unit_job **ret_job);
