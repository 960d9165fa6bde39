/* Every reason the daemon can give, once: a stable id for programs and one sentence for people.
 * Log, JSON, metrics and documentation use the same ids; ids are never reused or renamed. */
#pragma once

#include <stdbool.h>

enum rl_reason {
    RL_REASON_NONE = 0,

    /* why a trigger line does not or cannot hold */
    RL_READ_HOLDS,
    RL_READ_BELOW,
    RL_READ_NO_PRESSURE,
    RL_READ_NO_MEMORY_FILES,
    RL_READ_NO_EVENTS,
    RL_READ_NO_SWAP,
    RL_READ_FIRST_SAMPLE,

    /* whose shortage it is */
    RL_ORIGIN_OWN,
    RL_ORIGIN_NODE,
    RL_ORIGIN_UNATTRIBUTED,
    RL_ORIGIN_CPU_THROTTLED,

    /* why somebody is not a victim */
    RL_SPARED_INIT,
    RL_SPARED_KERNEL_THREAD,
    RL_SPARED_SELF,
    RL_SPARED_SELF_ANCESTOR,
    RL_SPARED_ADJ_MINUS_1000,
    RL_SPARED_NO_MEMORY,
    RL_SPARED_PROTECTED,
    RL_SPARED_GROUP_PROTECTED,
    RL_SPARED_GROUP_HOLDS_SELF,
    RL_SPARED_DYING,
    RL_SPARED_OTHER_NAMESPACE,
    RL_SPARED_NOT_PERMITTED,
    RL_SPARED_AVOIDED,
    RL_SPARED_OMITTED,
    RL_SPARED_TOO_SMALL,
    RL_SPARED_FREES_LITTLE,
    RL_SPARED_OUTSIDE,
    RL_SPARED_SHARES_MEMORY,
    RL_SPARED_NO_POINTS,
    RL_SPARED_VETOED,
    RL_SPARED_FAILED,

    /* how an incident ended, or why none was opened */
    RL_OUTCOME_RELIEVED,
    RL_OUTCOME_NOT_RELIEVED,
    RL_OUTCOME_EASED,
    RL_OUTCOME_NO_VICTIM,
    RL_OUTCOME_DRY_RUN,
    RL_OUTCOME_FAILED,
    RL_OUTCOME_GONE,
    RL_OUTCOME_STUCK,
    RL_OUTCOME_LADDER_END,
    RL_OUTCOME_KERNEL_KILLED,
    RL_OUTCOME_INTERRUPTED,
    RL_OUTCOME_ALARM,
    RL_OUTCOME_HELD,
    RL_OUTCOME_VETOED,
    RL_OUTCOME_NOTHING_DONE,
    RL_OUTCOME_FUTILE,
    RL_WAIT_COOLDOWN,
    RL_WAIT_FOR,
    RL_WAIT_GATE,
    RL_WAIT_LIMIT,
    RL_WAIT_BUDGET,
    RL_WAIT_FUTILE,
    RL_WAIT_RESUMED,
    RL_WAIT_BUSY_DOMAIN,
    RL_WAIT_DEFAULT_NODE_ONLY,
    RL_WAIT_EXITING,
    RL_WAIT_PAUSED,

    /* what became of a step */
    RL_DONE_SENT,
    RL_DONE_VICTIM_GONE,
    RL_DONE_TIME_UP,
    RL_DONE_ERROR,
    RL_DONE_WOULD_HAVE,
    RL_DONE_DONE,
    RL_DONE_VETOED,
    RL_DONE_CUT_SHORT,
    RL_DONE_FAILED,
    RL_DONE_OVERRULED,

    /* why a step was not taken, so that the next one came at once */
    RL_SKIP_NOT_AVAILABLE,
    RL_SKIP_NO_FILE,
    RL_SKIP_STRUCK,
    RL_SKIP_FROZEN,
    RL_SKIP_CONTAINER_INIT,
    RL_SKIP_NOT_ALLOWED,
    RL_SKIP_NO_UNIT,
    RL_SKIP_HOLDS_SELF,
    RL_SKIP_NEEDLESS,
    RL_SKIP_BUSY,
    RL_SKIP_MANAGED,

    /* what became of a decision that a dry run did not carry out, see grade.h */
    RL_GRADED_KERNEL_KILL,
    RL_GRADED_EVICTED,
    RL_GRADED_STALLED,
    RL_GRADED_EASED,
    RL_GRADED_RELIEVED,
    RL_GRADED_GONE,
    RL_GRADED_STOPPED,
    RL_GRADED_UNDECIDED,
    RL_GRADED_AGAIN,
    RL_GRADED_TOO_MANY,
    /* had a policy seen a kill of the kernel's coming? */
    RL_FORESEEN_ACTING,
    RL_FORESEEN_HELD,
    RL_FORESEEN_NEAR,
    RL_FORESEEN_NOT,
    RL_FORESEEN_UNSEEN,
    RL_FORESEEN_NO_POLICY,

    RL_REASONS,
};

/* Is it why a step was passed over (RL_SKIP_*)? */
bool rl_reason_skips(enum rl_reason reason);

/* Return: the stable id ("protected", "relieved" ...), never NULL. */
const char *rl_reason_id(enum rl_reason reason);

/* Return: one sentence in plain English without a full stop, never NULL. */
const char *rl_reason_text(enum rl_reason reason);
