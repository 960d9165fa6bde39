/* The course of one incident: from the moment a trigger holds, through the rungs of the ladder,
 * until the relief has been measured. A state machine without I/O: facts go in, an order comes
 * out, and the daemon carries it out. Dry run takes the same path.
 *
 * A rung is taken, waits, and the next one is taken only while the trigger still holds. What cannot
 * be taken here (skipped) or fails makes place for the next rung at once. Where nobody may be
 * chosen, only rungs that need no victim are left. Nothing is sent to a victim after SIGKILL.
 *
 * Guarantee: each rung is ordered once at most, and once more for each veto (RL_VETOES_MAX); every
 * ladder ends, and nothing is ordered after that. */
#pragma once

#include "step.h"

enum rl_phase {
    RL_PHASE_IDLE,
    RL_PHASE_STEP,   /* an order to take or skip a step is out */
    RL_PHASE_YIELD,  /* somebody there is on his way out: the choice is put off */
    RL_PHASE_WAIT,   /* the step is taken: waiting for the victim, or for the time to be up */
    RL_PHASE_SETTLE, /* the victim is gone: the windows fill for a second */
    RL_PHASE_ENDED,
};

struct rl_incident {
    enum rl_phase phase;
    uint8_t step; /* index of the current rung */
    bool dry;
    bool taken;        /* any step was taken (or would have been) */
    bool acted;        /* of these, one that does more than tell */
    bool killed;       /* of these, one that may end processes: it counts for Limit= and budget */
    bool struck;       /* the present victim was sent SIGKILL */
    bool no_victim;    /* nobody may be chosen any more */
    bool gone;         /* the victim is dead and its memory returned */
    bool over;         /* the current step has ended before its time */
    bool frozen;       /* the offender is, by a step of ours */
    bool beyond;       /* victims may live outside of the offender: set after opening */
    uint8_t throttle;  /* 1 + the rung that throttles the offender; 0: none does */
    uint8_t vetoes;    /* victims that a hook has spared */
    uint64_t used;     /* bytes the offender had in use before it was throttled */
    uint64_t until_us; /* WAIT, SETTLE: how long */
    uint64_t started_us;
    uint64_t step_us;    /* when the current step was taken */
    uint64_t since_us;   /* windows count from here for "still holds" */
    uint64_t yield_us;   /* when the choice was put off first; 0: never */
    uint64_t again_us;   /* when it is tried again */
    bool waited_out;     /* it was put off for too long: choose, whoever is on his way out */
    enum rl_reason last; /* why the newest rung failed; RL_REASON_NONE: it did not */
    enum rl_reason outcome;
};

/* What happened since the last order. */
struct rl_news {
    uint64_t now_us;
    bool holds;              /* the verdict, with since_us of the incident */
    bool used_known;         /* used could be read: */
    uint64_t used;           /* bytes the offender has in use (rl_level.used) */
    bool gone;               /* every member of the victim is dead */
    bool offender_gone;      /* the offender's cgroup was removed */
    bool step_done;          /* the current step has ended early; once */
    uint64_t gained;         /* with step_done: bytes it has brought */
    bool vetoed;             /* the current step says that this victim must live; once */
    uint64_t quiet_until_us; /* until then nothing but telling, after a resume; 0: no such time */
    enum rl_reason skipped;  /* the step cannot be taken here: RL_SKIP_* */
    enum rl_reason failed;   /* the step was tried and could not be taken: RL_OUTCOME_FAILED;
                              * RL_OUTCOME_NO_VICTIM: nobody may be chosen; RL_OUTCOME_GONE,
                              * RL_OUTCOME_ALARM, RL_OUTCOME_HELD: the incident is over;
                              * RL_WAIT_EXITING: not now (only while nobody is chosen) */
};

enum rl_do {
    RL_DO_WAIT, /* come back at wake_us, or when something happens */
    RL_DO_STEP, /* take rung `step`; choose the victim first where it asks for one and there is
                 * none yet */
    RL_DO_SKIP, /* write down that rung `step` is passed over, for `why`, and come back at once with
                 * that in news.skipped */
    RL_DO_END,  /* incident.outcome is set */
};

struct rl_order {
    enum rl_do what;
    uint8_t step;
    bool exclude;  /* STEP: the present victim must live: choose among the others */
    bool assuming; /* STEP in a dry run: decided as if the steps before had no effect */
    enum rl_reason why;
    uint64_t wake_us;
};

/* How long after SIGKILL a victim may take to die before the incident is called stuck, and how
 * long the pressure is measured after its death, or after a step that has brought something. */
#define RL_DEATH_LIMIT_US (10 * RL_US_PER_S)
#define RL_SETTLE_US      (1 * RL_US_PER_S)

/* How often a choice is tried that a score model puts off while somebody is on his way out, and how
 * long at most. Kernels of such models waited without end, and hung on whoever never went. */
#define RL_YIELD_STEP_US  (100 * RL_US_PER_MS)
#define RL_YIELD_LIMIT_US (5 * RL_US_PER_S)

/* Who could not be killed has relieved nobody: a cooldown lasts so long at most then. */
#define RL_FAILED_AGAIN_US (2 * RL_US_PER_S)

/* So many victims may be vetoed in one incident; then it is over. */
#define RL_VETOES_MAX 8

/* Open an incident at the rung where its trigger enters. */
void rl_incident_open(
    struct rl_incident *incident, const struct rl_trigger *trigger, bool dry, uint64_t now_us);

/* What it had frozen runs again, or never was. */
void rl_incident_thawed(struct rl_incident *incident);
/* It is not throttled any more, or never was: the trigger alone says whether it holds. */
void rl_incident_unthrottled(struct rl_incident *incident);

/* The next order. Call it after opening, after each step taken or skipped, at wake_us, and on
 * news. */
struct rl_order rl_incident_next(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news);

/**
 * rl_incident_holds() - is there still a reason to act?
 *
 * The trigger's word, but for what our own steps make of it: while the offender is frozen it holds
 * (nobody stalls who is frozen), and once it is throttled the question is whether its memory fell
 * by the step's amount (the pressure is our own). A dry run has frozen and throttled nobody.
 */
bool rl_incident_holds(
    const struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news);

/* Does the next order depend on whether the trigger holds? Else the offender need not be read. */
bool rl_incident_asks(const struct rl_incident *incident);

/* What the news say of the trigger. by_hand: a person wants the incident, whatever the trigger
 * says; what it has brought is measured all the same. */
bool rl_incident_goes_on(const struct rl_incident *incident, bool by_hand, bool holds);

/**
 * rl_without_victim() - what it means for a step that nobody was chosen
 * @asks:    the step
 * @exclude: it has just had its victim spared
 * @why:     nobody was chosen; RL_REASON_NONE: somebody was
 *
 * Return: why it cannot be taken; RL_REASON_NONE: it can, what is told of a victim does without.
 */
enum rl_reason rl_without_victim(enum rl_step_victim asks, bool exclude, enum rl_reason why);
