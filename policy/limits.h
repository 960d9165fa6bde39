/* Fixed bounds of the decision core. Everything in policy/ works in arrays of these sizes, so
 * that nothing is allocated once a policy is loaded. conf/ refuses a file that asks for more. */
#pragma once

#define RL_TRIGGERS_MAX 8  /* [Trigger] sections in one policy */
#define RL_LINES_MAX    8  /* lines in one trigger */
#define RL_STEPS_MAX    12 /* rungs of one ladder */
#define RL_ARGS_MAX     16 /* arguments of a hook, its path not counted */
#define RL_HISTORY_MAX  64 /* points kept for one cgroup's windows */
#define RL_DEPTH_MAX    32 /* levels between a cgroup and the root */
#define RL_KILLS_MAX    64 /* kills remembered of one offender, and of all: N of "N per T" */

#define RL_NO_LIMIT UINT64_MAX /* "max" in a limit file */

#define RL_US_PER_S  UINT64_C(1000000)
#define RL_US_PER_MS UINT64_C(1000)
#define RL_WHOLE     10000u /* 100 %: shares and usages are in hundredths of a percent */
