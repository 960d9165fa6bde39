/* Processes that share one address space (CLONE_VM without CLONE_THREAD, and a vfork() child until
 * it executes something): the memory is freed when the last of them dies, and each shows all of it
 * as its own. */
#pragma once

#include "choose.h"

/**
 * rl_sharers_settle() - make one of those that share an address space
 *
 * For candidates with the same rl_process.mm, not 0:
 * - where one of them may not be chosen (protected, oom_score_adj -1000, omitted, init, reliefd
 *   ...), killing the others frees nothing: they become RL_SPARED_SHARES_MEMORY. So do all of them
 *   where they live under different cgroups that die as a whole (memory.oom.group=1), or only some
 *   under one: to kill all would kill a part of such a cgroup. Those that are dying forbid nothing.
 *   A cgroup in which nobody else holds anything is no victim either;
 * - where one of them comes last (Avoid=), all do, since it would die with them;
 * - their memory counts once in each cgroup above them (members_points, members_pages): that of the
 *   first one there by rl_candidate_before(). Of processes every one counts.
 *
 * A sharer that is no candidate, because it lives outside the offender's subtree or the pool was
 * too small for it, is not seen: then its address space outlives the victim. Cgroups that die as a
 * whole die without looking at sharers elsewhere.
 */
void rl_sharers_settle(struct rl_choosing *choosing);
