/* What a record is about: relief that was begun, relief that was refused, or a kill of the
 * kernel's; and whether a policy had seen the latter coming. Pure: verdicts go in, words come out.
 */
#pragma once

#include "incident.h"
#include "judge.h"

enum rl_kind {
    RL_KIND_RELIEF,     /* something was done about it, or would have been */
    RL_KIND_REFUSED,    /* a trigger held, and nothing could be done */
    RL_KIND_KERNEL_OOM, /* the kernel's OOM killer struck */
    RL_KINDS,
};

/* Return: the stable id ("relief", "refused", "kernel-oom"), never NULL. */
const char *rl_kind_id(enum rl_kind kind);

/**
 * rl_incident_kind() - what an incident that has ended comes to
 *
 * Refused is one in which nothing but telling was done, and which ended because nobody may be
 * chosen, Limit=, the budget or futility forbid it, no step can be taken here, or the step was not
 * permitted. A dry run is held to the same.
 */
enum rl_kind rl_incident_kind(const struct rl_incident *incident);

/* The last refusal of a cgroup. While one thing is refused again and again, that is one episode and
 * one record. Zero at the start. */
struct rl_refusal {
    enum rl_reason outcome;
    uint64_t until_us; /* the episode is over then, unless it is refused again */
    uint32_t repeats;  /* after the first one */
};

/* An episode ends when nothing was refused for so long after the next try was due. */
#define RL_REFUSAL_US (60 * RL_US_PER_S)

/**
 * rl_refusal_again() - note the end of an incident
 * @again_us: when the same cgroup may have its next incident
 *
 * Any other end than a refusal for the same reason ends the episode. Return: was it refused before,
 * so that it is no news?
 */
bool rl_refusal_again(struct rl_refusal *refusal, const struct rl_incident *incident,
    uint64_t now_us, uint64_t again_us);

/**
 * rl_foreseen() - did a policy see a kill of the kernel's coming?
 * @policy:  of the cgroup, or of one above it; NULL: none
 * @verdict: of the newest look at it; NULL: it is not looked at closely
 * @acting:  an incident runs there
 *
 * A trigger is near when each of its lines is: three quarters of a threshold from below, four
 * thirds of one from above. What could not be read is not near.
 * Return: RL_FORESEEN_*.
 */
enum rl_reason rl_foreseen(
    const struct rl_policy *policy, const struct rl_verdict *verdict, bool acting);
