/* What a replay tells, kept as records of incidents: as much of them as a picture shows.
 *
 * A record has the keys that reliefctl-json(7) lists, but only id, kind, dry_run, by_hand,
 * offender, policy, trigger, before, steps, victim, outcome and duration_ms; its steps have `whom`,
 * too: who a step that signals would have met. */
#pragma once

#include <jansson.h>

#include "daemon/replay/replay.h"

struct rl_retold {
    json_t *incidents; /* {run, number, at_us, record}, in order of their beginning; owned */
    json_t *watched;   /* of each cgroup {policy, trigger}: its first one with Pressure=; owned */
    unsigned run;
    bool no_memory; /* something is missing */
};

/* Take in what is told; userdata is a struct rl_retold. */
void rl_retold_tell(void *userdata, const struct rl_told *told);
void rl_retold_free(struct rl_retold *retold);
