/* Whom to choose. The caller gives all processes of the offender's subtree (or the best of them,
 * see rl_pool in daemon/observe) and all its cgroups; nothing is read here.
 *
 * Whoever must live is never chosen, by no scope, tier or adjustment: a cgroup dies whole only
 * where nobody in it must live, and a tree around him one by one. */
#pragma once

#include "policy.h"

/* Tiers are emptied in this order. */
enum rl_tier {
    RL_TIER_PREFERRED,
    RL_TIER_PLAIN,
    RL_TIER_AVOIDED,
};

/* A cgroup of the offender's subtree. groups[0] is the offender; a parent stands before its
 * children. */
struct rl_group {
    uint64_t id;      /* cgroup id (inode of the directory) */
    const char *path; /* absolute, leading / */
    int32_t parent;   /* index, -1 for the offender */
    bool omit;        /* user.oomd_omit, by systemd's ownership rule */
    bool avoid;       /* user.oomd_avoid */
    bool oom_group;   /* memory.oom.group=1 */
    bool container;   /* a container's own cgroup, or groups[0] in one: Kill=cgroup takes all that
                       * is nested in it, since half a container serves nobody */
    bool holds_self;  /* reliefd lives in it or below */
    /* Bytes that killing all of it would free: anonymous memory, swap, and of the kernel's memory
     * what goes with processes: kernel_stack (one for each thread), pagetables (of each address
     * space), sec_pagetables (of each virtual machine, whose owner holds it open) and sock (buffers
     * of sockets, which are closed). Slab is left out: most of it is dentries and inodes, which
     * stay as cache, and no file tells how much are task structs and the like. So are page cache,
     * for which nobody has to die, and percpu and vmalloc, which belong to cgroups and whoever. 0
     * where not known. */
    uint64_t anon, swap, kernel;
    /* Bytes of tmpfs files and shared memory. Files outlive all processes, and what they map
     * together goes with the last of them, wherever that one is: shown, but no points. */
    uint64_t shmem;
    /* filled by rl_group_member() and rl_choose(); zero before */
    uint32_t processes;     /* direct members */
    uint32_t members;       /* of it and of all below, but for those that are dying */
    uint32_t eligible;      /* of them, those that may die with it and hold something, not
                             * counting RL_SPARED_SHARES_MEMORY */
    uint32_t exiting;       /* of it and of all below: on their way out, their memory still held */
    int64_t members_points; /* what all members hold, where anon and swap are not known; from 0 to
                             * RL_POINTS_MOST */
    uint64_t members_pages; /* the same in pages */
    int64_t adj_points; /* of all members that may go with it, the least */
    bool has_preferred; /* of the direct members; of all where it is an oom group or a container */
    bool has_avoided;   /* of all */
    int adjust;         /* of all: the one furthest from 0 */
    enum rl_tier tier;
    enum rl_reason spared; /* why it may not die as a whole */
    int64_t points;
    uint32_t counted_mm; /* private to rl_choose() */
    /* For rl_choice_own() alone: the policy in force there, NULL: none; and the index of the cgroup
     * that it is attached to, -1: none of these. */
    const struct rl_policy *own;
    int32_t subject;
};

struct rl_candidate {
    struct rl_process process;
    enum rl_tier tier;
    int adjust; /* points of all Adjust= lines that mean it, part of score.points */
    struct rl_score score;
    enum rl_reason spared;       /* RL_REASON_NONE: may be chosen */
    const struct rl_pattern *by; /* the Protect= pattern that spared it, or NULL */
    uint32_t by_mm;              /* private to rl_choose() */
};

struct rl_choice {
    bool found;
    enum rl_reason why; /* where nothing was found: RL_OUTCOME_NO_VICTIM, or RL_WAIT_EXITING when
                         * there may be somebody, but not now */
    enum rl_kill scope; /* what dies: one process, a cgroup whole, or the tree */
    int32_t candidate;  /* index of the chosen process; -1 where a cgroup was chosen as such */
    int32_t group;      /* index of the cgroup that dies, or of the process's own */
    int64_t points;
    bool widened;       /* memory.oom.group=1 made one process into its group */
    bool one_by_one;    /* Kill=tree around members that must live: the others by pidfd */
    bool fell_back;     /* MaxProcesses= made one process (or its oom group) of a cgroup or tree */
    int32_t instead_of; /* index of the process that had the most points, where the model made its
                         * child die for it; -1 */
    uint32_t mm; /* all candidates of this rl_process.mm die together with the chosen process;
                  * 0: it dies alone, or a cgroup was chosen */
};

struct rl_choosing {
    const struct rl_victim *victim;
    bool waited_out; /* choose now, whoever is on his way out */
    struct rl_scale scale;
    struct rl_candidate *candidates;
    size_t n_candidates;
    struct rl_group *groups;
    size_t n_groups;
};

/**
 * rl_candidate_rate() - rate one process and say whether it may be chosen at all
 * @path: of its cgroup
 *
 * Fills all but process. Protect= and Avoid= mean a process whose facts are not known, Prefer= and
 * Adjust= do not; Avoid= is stronger than Prefer=. MinSize= is held against anonymous memory and
 * swap (the resident set, where anonymous memory is not known). A process of which less than a
 * tenth of what its score counts is its own is RL_SPARED_FREES_LITTLE. Where the model chooses from
 * zero (rl_picking.from_zero), one to whom it gives no points, or less, is RL_SPARED_NO_POINTS:
 * Adjust= shifts the order, and neither makes nor unmakes a victim; infinite points stay so.
 */
void rl_candidate_rate(const struct rl_victim *victim, const struct rl_scale *scale,
    const char *path, struct rl_candidate *candidate);

/* The same with the policy of the candidate's own cgroup, after the acting one's: its Protect= adds
 * to the other's, its Avoid=, Prefer= and Adjust= take their place. */
void rl_candidate_rate_own(
    const struct rl_victim *own, const char *path, struct rl_candidate *candidate);

/* What a process is held against of which only /proc/PID/stat, or statm, and oom_score_adj were
 * read. */
struct rl_bounds {
    uint64_t swap_pages; /* no process has more in swap */
    uint64_t rss_error;  /* pages by which rss_pages may be less than what it has, or more */
};

/* By how much the kernel's counter of resident pages may be less than their sum, or more: a batch
 * on each CPU, of each of three kinds (6.18: lib/percpu_counter.c, compute_batch_value). */
uint64_t rl_rss_error(unsigned cpus);

/* Is that error so little of a point that the sum (statm) will do in place of the counter (stat)?
 * Where it is much of one all equals would have to be read. */
bool rl_bounds_are_near(const struct rl_bounds *bounds, const struct rl_scale *scale);

/**
 * rl_candidate_bound() - the best that both of the former can come to, once all is known
 * @own: the policy of the candidate's own cgroup, NULL where it has none or is the acting one
 *
 * For models that are bounded, and policies of which rl_victim_asks_little() holds. The process has
 * what /proc/PID/stat says, oom_score_adj, and the flags that do not come from elsewhere. Fills
 * tier, adjust, score and spared: points are no less and the tier is no worse than they will be,
 * and whoever is spared here stays so, if for another reason.
 */
void rl_candidate_bound(const struct rl_victim *victim, const struct rl_victim *own,
    const struct rl_scale *scale, const struct rl_bounds *bounds, const char *path,
    struct rl_candidate *candidate);

/* Do Avoid=, Prefer= and Adjust= ask for nothing that takes another file of the process? */
bool rl_victim_asks_little(const struct rl_victim *victim);

/* Do they ask for what takes /proc/PID/stat? */
bool rl_victim_asks_stat(const struct rl_victim *victim);

/* Is a fact asked for anywhere, by Protect= too? */
bool rl_victim_has_fact(const struct rl_victim *victim, enum rl_fact fact);

/* Has it a say about the programs of processes in this cgroup? See rl_match_asks(). */
bool rl_victim_asks_exe(const struct rl_victim *victim, const char *path);

/* What killing it frees for certain: anonymous and swapped pages (resident ones, where anonymous
 * ones are not known). */
uint64_t rl_process_own_pages(const struct rl_process *process);

/* May it die with others, in its cgroup or tree? Those do that may be chosen, and those that are
 * passed over only because they would free too little by themselves (too small, shared, or without
 * points in a model that wants some). */
bool rl_candidate_may_go(const struct rl_candidate *candidate);

/* Is a chosen before b? Better tier first, then more points, then as rl_score_before() has it for
 * this model. */
bool rl_candidate_before(
    const struct rl_model *model, const struct rl_candidate *a, const struct rl_candidate *b);

/* Return: index of the topmost cgroup with memory.oom.group=1 from this one up to the offender, -1
 * when there is none. */
int32_t rl_oom_group_of(const struct rl_group *groups, int32_t group);

/* Return: index of what dies where a cgroup is to die whole: the topmost container or cgroup with
 * memory.oom.group=1 from this one up to the offender, else the cgroup itself. */
int32_t rl_unit_of(const struct rl_group *groups, int32_t group);

/**
 * rl_group_member() - enter a rated process into its cgroup and all above
 *
 * Call it for every process, also for those that a full pool drops, and before they enter the pool:
 * what is in or below an omitted cgroup becomes RL_SPARED_OMITTED, and what is in or below an
 * avoided one comes last. Members that may not die forbid killing their cgroups as a whole.
 */
void rl_group_member(struct rl_group *groups, struct rl_candidate *candidate);

/**
 * rl_choose() - pick the victim
 *
 * Call it once for one reading: sums of groups are put right in place.
 *
 * Where the model waits (rl_picking.waits) and somebody in the subtree is on his way out and still
 * holds memory, nobody is chosen: RL_WAIT_EXITING, unless waited_out.
 *
 * Where the model kills sharers (rl_picking.sharers), processes of the same rl_process.mm die
 * together or not at all, and their memory counts once: see policy/sharers.h. In other models the
 * chosen one dies alone, as it did under such kernels, which frees nothing of what it shares.
 *
 * Kill=process takes the first by rl_candidate_before(); where memory.oom.group=1 holds between it
 * and the offender, the topmost such group dies whole. Such a group is passed over as a whole when
 * it has a member that may not be chosen, or more members than MaxProcesses= allows; it comes last
 * when it is avoided. Where the model sacrifices children (rl_picking.sacrifice), a child of the
 * one taken dies in its place (instead_of): its oldest one, or that with the most points, more than
 * none. It has an address space of its own, may be chosen itself, and by itself (no oom group), and
 * is no avoided one that dies for one who is not; where there is no such child, and where a whole
 * group dies, all stays as it is.
 *
 * Kill=cgroup takes the cgroup of the best tier whose death frees most (1000 * (anon + swap +
 * kernel) / available; what its members hold, where nothing of that is known) among those that hold
 * processes themselves; one under memory.oom.group=1 stands for its group. A cgroup is avoided when
 * it is marked so (user.oomd_avoid, on it or above) or has an avoided member anywhere, preferred
 * when it is not avoided and has a preferred member of its own (an oom group: anywhere), so that
 * the cgroups above a preferred one do not die for it. Where the
 * model goes by requests (rl_model.by_request) the least score.adj_points of its members is added.
 * To its points is added the adjustment of that member whose is furthest from 0 (of two that are equally far the negative one), not the sum.
 * Cgroups under MinSize= are passed over.
 *
 * Kill=tree takes the offender with all below; where a member must live (or the offender is the
 * root) it is one_by_one: those that rl_candidate_may_go().
 *
 * A cgroup or tree of more processes than MaxProcesses= is not killed as such: the choice falls
 * back to one process of it, else of the offender. Equal points: the model's tie rule among
 * processes, the earlier one among cgroups.
 *
 * Marks candidates that only their group spares with that group's reason
 * (RL_SPARED_GROUP_PROTECTED, RL_SPARED_GROUP_HOLDS_SELF), and those that were not chosen because
 * they come last as RL_SPARED_AVOIDED (cgroups likewise).
 */
void rl_choose(struct rl_choosing *choosing, struct rl_choice *ret);

/**
 * rl_choice_own() - a chosen process dies as its own cgroup's policy has it
 * @acting: the policy of the incident
 *
 * Whoever owns the incident: the cgroup of a chosen process may have a policy that says it dies
 * whole (Kill=cgroup, tree). Where it must not, the process alone dies, as it would have. Not to be
 * asked where some processes are not in a group of their own cgroup.
 */
void rl_choice_own(
    const struct rl_choosing *choosing, const struct rl_policy *acting, struct rl_choice *choice);
