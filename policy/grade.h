/* What became of a decision that a dry run did not carry out: was the shortage one that had to be
 * ended, or one that ended by itself? Facts go in, a grade comes out; no I/O, no clock.
 *
 * A would-have-killed is
 *   confirmed      the kernel's OOM killer acted in the offender (or below; for the machine:
 * anywhere) within two minutes, the kubelet evicted the pod, or the stall went on for two minutes
 * without a break: whoever waits longer than that has given up; self-resolved  after 30 s the
 * trigger does not hold and some stall is below half of its threshold, and nothing of the above
 * follows: a kill would have been in vain; unknown        anything else: it eased later, the cgroup
 * is gone, somebody else acted there, reliefd was stopped.
 *
 * Of an eviction nothing but its effect shows in a cgroup: the kubelet ends the processes and
 * removes the pod's cgroup. So a cgroup of a pod that vanishes counts as evicted where its trigger
 * held, or its stall was over the threshold, when it was looked at last, or where the machine is
 * short. A pod that is deleted by hand at that very time looks the same. Any other cgroup that
 * vanishes may have ended for reasons of its own: unknown. */
#pragma once

#include "trigger.h"

/* After so long a shortage that ends by itself has ended: a victim's death and the return of its
 * memory take seconds, so what is over within 30 s was over about when a kill would have been. */
#define RL_GRADE_EASE_US (30 * RL_US_PER_S)
/* Stall of so long is an outage: health checks, clients and watchdogs give up well before. */
#define RL_GRADE_STALL_US (120 * RL_US_PER_S)
/* A kernel kill within so long after a decision was foreseen by it. */
#define RL_GRADE_FORESEEN_US (120 * RL_US_PER_S)
/* The stall may begin to count until the shortage could have ended by itself. */
#define RL_GRADE_END_US (RL_GRADE_EASE_US + RL_GRADE_STALL_US)
/* Between two looks. The stall of each such time must be over the threshold by itself, so that one
 * burst does not make up for minutes of peace. */
#define RL_GRADE_LOOK_US (10 * RL_US_PER_S)
/* What counts as a trigger's threshold of some stall where it has no Pressure= line: a tenth of the
 * time lost is what people begin to notice. */
#define RL_GRADE_SOME (RL_WHOLE / 10)

enum rl_grade {
    RL_GRADE_PENDING,
    RL_GRADE_CONFIRMED,
    RL_GRADE_SELF_RESOLVED,
    RL_GRADE_UNKNOWN,
    RL_GRADES,
};

struct rl_grading {
    enum rl_grade grade;
    enum rl_reason evidence;         /* RL_GRADED_*; RL_REASON_NONE while pending */
    uint64_t from_us;                /* when somebody would have been killed */
    uint64_t decided_us;             /* when the grade was known; 0 while pending */
    uint64_t looked_us;              /* the last look at its numbers */
    uint64_t some_us, full_us;       /* total= then */
    bool known;                      /* these could be read */
    uint32_t some_share, full_share; /* what each stall is held against; 0: no such line */
    uint64_t over_us;                /* over all of these since then, without a break; 0: not */
    bool pressed;                    /* over them, or the trigger held, at the last look */
    bool eased;                      /* it was over by itself when that is asked */
    bool asked;                      /* which was so already */
};

/* What is seen at one look. */
struct rl_sight {
    uint64_t now_us;
    bool killed;     /* the kernel's OOM killer acted there since from_us */
    bool gone;       /* the offender's cgroup was removed */
    bool pod;        /* it is one of a kubelet's */
    bool node_short; /* the machine is */
    bool relieved;   /* somebody there was killed in earnest: by another policy, by hand */
    bool again;      /* the same policy would have killed there once more */
    bool stopped;    /* reliefd ends */
    bool known;      /* the numbers below could be read */
    bool holds;      /* the trigger, now */
    uint64_t some_us, full_us; /* total= of memory.pressure */
};

/**
 * rl_grade_begin() - begin to follow what became of a decision
 * @from_us: when somebody would have been killed
 * @first:   the first look; only now_us, known, some_us and full_us are read
 */
void rl_grade_begin(struct rl_grading *grading, const struct rl_trigger *trigger, uint64_t from_us,
    const struct rl_sight *first);

/**
 * rl_grade_look() - one more look
 *
 * Once the grade is known nothing changes it any more. Return: when to look again, 0 when it is
 * known.
 */
uint64_t rl_grade_look(struct rl_grading *grading, const struct rl_sight *sight);

/* The stable name ("confirmed", "self-resolved", "unknown", "pending"), never NULL. */
const char *rl_grade_name(enum rl_grade grade);

/* Of one policy. would_have is at least the sum of the grades; what is left is pending. */
struct rl_grade_counts {
    uint64_t would_have;
    uint64_t confirmed;
    uint64_t confirmed_kernel; /* of these, by a kernel kill */
    uint64_t self_resolved;
    uint64_t unknown;
    uint64_t unforeseen; /* kernel kills that nothing of it came before */
};

/* Count a grade that is known. */
void rl_grade_count(struct rl_grade_counts *counts, const struct rl_grading *grading);

/* Shares in hundredths of a percent. Return: false where there is nothing to divide by.
 *   precision  confirmed / (confirmed + self-resolved): how often a kill would have been right
 *   regret     self-resolved / (confirmed + self-resolved): the rest of it
 *   recall     confirmed by a kernel kill / (those + unforeseen): how often it comes first */
bool rl_grade_precision(const struct rl_grade_counts *counts, uint32_t *ret);
bool rl_grade_regret(const struct rl_grade_counts *counts, uint32_t *ret);
bool rl_grade_recall(const struct rl_grade_counts *counts, uint32_t *ret);

/* Is the record good enough: at least so many confirmed, and regret below a share (exactly, not as
 * rounded)? */
bool rl_grade_good(const struct rl_grade_counts *counts, uint32_t confirmed, uint32_t regret);
