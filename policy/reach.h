/* How far an incident reaches: where its victims are sought, and which others must wait for it.
 *
 * With Within=offender that is the cgroup whose shortage it is. With Within=subject it is the
 * cgroup that the policy is for: whatever shortage began in it, the choice is made over all of it,
 * and whoever chose once more before the first victim's memory is back would take an innocent one.
 * With a glob it is whatever the glob can mean. So only one incident at a time reaches into the
 * same place, and the cooldown is of the place. Plain data and text in, an answer out. */
#pragma once

#include "policy.h"

#define RL_REACH_PATH_MAX 4096 /* as long as a path can be that a system call takes */

/* Whose shortage it is. */
struct rl_reacher {
    const struct rl_policy *policy; /* the one in force there; NULL: reaches its own cgroup */
    const char *path;               /* of the offender, absolute; "/" for the root */
    uint64_t id;                    /* of the offender */
    uint64_t subject_id;            /* 0: not known (older traces): reaches its own cgroup */
    uint32_t subject_up;            /* levels from the offender up to the subject; 0: itself */
};

struct rl_reach {
    char offender[RL_REACH_PATH_MAX];
    char place[RL_REACH_PATH_MAX]; /* of a glob: the levels in front of the first that is none */
    bool glob;
    uint64_t offender_id;
    uint64_t
        cooldown_id; /* whose cooldown it is: the offender's or subject's id. Of a glob a number
                      * that stands for policy and glob, the same in each run of the daemon */
};

void rl_reach_of(const struct rl_reacher *reacher, struct rl_reach *ret);

/* A number in place of the subject's id where only paths are known: the same for all below it. */
uint64_t rl_reach_subject(const struct rl_reacher *reacher);

/* Is everything the place of a glob of Within=, though it names less than that? Its first level has
 * a wildcard then, and there is more in it than wildcards. */
bool rl_reach_everywhere(const char *glob);

/* Can victims live outside of the offender? (rl_incident.beyond) */
bool rl_reach_beyond(const struct rl_reach *reach);

/* Does a path lie at or below another one? Both absolute. */
bool rl_path_holds(const char *above, const char *path);

/* May two incidents touch the same place? Then they do not run side by side. */
bool rl_reaches_meet(const struct rl_reach *a, const struct rl_reach *b);

/* Is the place of `other` (of the same place: its offender) strictly below? What is short there is
 * relieved first. Of any two at most one goes first, and nobody goes before himself by way of
 * others. */
bool rl_reach_first(const struct rl_reach *other, const struct rl_reach *than);

/* Is it one cooldown? Relief for the one was relief for the other. */
bool rl_reaches_share(const struct rl_reach *a, const struct rl_reach *b);

/* What may stand in the way of an incident. */
struct rl_opening {
    bool cooling; /* rl_reach.cooldown_id is in its cooldown, or the offender */
    bool busy;    /* one that runs meets it, or one that may be opened goes first */
    bool paused;  /* by a person */
    bool full;    /* as many incidents run as there is room for */
};

/* Return: RL_WAIT_*; RL_REASON_NONE: it may be opened. */
enum rl_reason rl_opening_why(const struct rl_opening *opening);
