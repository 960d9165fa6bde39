/* The course of one incident: from the moment a trigger holds, through the rungs of the ladder,
 * until the relief has been measured. A state machine without I/O: facts go in, an order comes
 * out, and the daemon carries it out. Dry run takes the same path. */
#pragma once

#include "policy.h"

enum rl_phase {
    RL_PHASE_IDLE,
    RL_PHASE_STEP,   /* an order to take a step is out */
    RL_PHASE_YIELD,  /* somebody there is on his way out: the choice is put off */
    RL_PHASE_WAIT,   /* the step is taken: waiting for the victim, or for the time to be up */
    RL_PHASE_SETTLE, /* the victim is gone: the windows fill for a second */
    RL_PHASE_ENDED,
};

struct rl_incident {
    enum rl_phase phase;
    uint8_t step; /* index of the current rung */
    bool dry;
    bool acted; /* a signal was sent (or would have been) */
    bool gone;  /* the victim is dead and its memory returned */
    uint64_t started_us;
    uint64_t step_us;  /* when the current step was taken */
    uint64_t since_us; /* windows count from here for "still holds" */
    uint64_t yield_us; /* when the choice was put off first; 0: never */
    uint64_t again_us; /* when it is tried again */
    bool waited_out;   /* it was put off for too long: choose, whoever is on his way out */
    enum rl_reason outcome;
};

/* What happened since the last order. */
struct rl_news {
    uint64_t now_us;
    bool holds;            /* the verdict, with since_us of the incident */
    bool gone;             /* every member of the victim is dead */
    bool offender_gone;    /* the offender's cgroup was removed */
    enum rl_reason failed; /* the step could not be taken at all: RL_OUTCOME_NO_VICTIM ...;
                            * RL_WAIT_EXITING: not now (only while nobody is chosen) */
};

enum rl_do {
    RL_DO_WAIT, /* come back at wake_us, or when something happens */
    RL_DO_STEP, /* take rung `step`; the first time, choose the victim */
    RL_DO_END,  /* incident.outcome is set */
};

struct rl_order {
    enum rl_do what;
    uint8_t step;
    uint64_t wake_us;
};

/* How long after SIGKILL a victim may take to die before the incident is called stuck, and how
 * long the pressure is measured after its death. */
#define RL_DEATH_LIMIT_US (10 * RL_US_PER_S)
#define RL_SETTLE_US      (1 * RL_US_PER_S)

/* How often a choice is tried that a score model puts off while somebody is on his way out, and how
 * long at most. Kernels of such models waited without end, and hung on whoever never went. */
#define RL_YIELD_STEP_US  (100 * RL_US_PER_MS)
#define RL_YIELD_LIMIT_US (5 * RL_US_PER_S)

/* Open an incident at the rung where its trigger enters. */
void rl_incident_open(
    struct rl_incident *incident, const struct rl_trigger *trigger, bool dry, uint64_t now_us);

/* The next order. Call it after opening, after each step taken, at wake_us, and on news. */
struct rl_order rl_incident_next(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news);
