/* Room for one choice of a victim: made at the start, touched, and grown only while nothing is
 * urgent, so that a choice allocates nothing and meets no page that is not there.
 *
 * It is as large as what was counted on the machine asks for. Too little of it loses no process:
 * a full pool keeps the highest scores, and where no group is left for a cgroup its members are
 * rated all the same, as members of the nearest cgroup above it that has one. */
#pragma once

#include "daemon/observe/mm.h"
#include "daemon/observe/procs.h"
#include "daemon/sketch.h"
#include "policy/choose.h"
#include "policy/family.h"

#define RL_POOL_LEAST   256
#define RL_POOL_MOST    4096
#define RL_KIN_MOST     32768
#define RL_SHARERS_ALL  128
#define RL_GROUPS_LEAST 64
#define RL_PATHS_LEAST  8192 /* bytes; the longest path fits */

/* What is counted where the room is to be used. */
struct rl_census {
    size_t processes;
    size_t cgroups;
    size_t populated;  /* of these, those with processes in them or below */
    size_t path_bytes; /* of the paths of those, each with its NUL */
};

/* How much there is room for, or was needed. */
struct rl_extent {
    size_t processes; /* in the pool */
    size_t kin;       /* in the tables of relations */
    size_t groups;
    size_t path_bytes;
};

/* Who shares an address space with whom, and who is whose child: tables for one choice. */
struct rl_relations {
    struct rl_mm_user *users;
    struct rl_kin *kin; /* NULL while no policy's model asks for children */
    size_t size;        /* entries of both */
    size_t n_kin;
};

/* Who must live in this incident, because a hook has said so. */
struct rl_vetoed {
    pid_t pid; /* 0: all in a cgroup and below */
    uint64_t start_ticks;
    uint64_t group_id; /* the cgroup then */
};

/* A cgroup that has a group: seats[i] is that of groups[i]. */
struct rl_seat {
    struct rl_cgroup *cgroup;
    bool shared; /* members of cgroups below it are counted as its own */
};

struct rl_scratch {
    struct rl_pool pool;
    /* So many of the pool are looked at afterwards, from the first one on: where it makes no
     * difference to them and to the choice, others may be left out of the pool and of the sums of
     * groups, but for pool.seen. 0: all. At most RL_BEST_MOST. */
    size_t listed;
    const struct rl_vetoed *vetoed; /* of the incident that it is for; the caller's */
    size_t n_vetoed;
    struct rl_sketches sketches; /* room for as many as in the pool */
    struct rl_group *groups;
    struct rl_seat *seats;
    size_t n_groups;
    char *paths; /* of the groups, one behind the other */
    size_t paths_used;
    struct rl_extent room, needed; /* needed: by the last choice */
    size_t foreign;                /* processes of foreign pid namespaces met */
    size_t homeless; /* processes rated as members of a cgroup above theirs, for want of room */
    struct rl_relations relations;
    struct rl_choice choice;
};

/**
 * rl_extent_of() - the room that a machine asks for
 *
 * Twice its processes, from RL_POOL_LEAST to RL_POOL_MOST (kin: to RL_KIN_MOST). A group for each
 * cgroup that has members in it or below it, half as many again and some, but no more than there
 * are cgroups and a quarter; and bytes for as many paths of the middle length and a quarter.
 */
struct rl_extent rl_extent_of(const struct rl_census *census);

/* Is there less of anything in a than in b? */
bool rl_extent_short(const struct rl_extent *a, const struct rl_extent *b);

/* Memory that is touched now rather than when it is short: malloc() alone hands out the zero page.
 * Of any contents; NULL when memory is out. For free(). */
void *rl_touched_new(size_t n, size_t size);

/* Zeroed before. Return: 0, or -ENOMEM; to be freed in either case. */
int rl_scratch_init(struct rl_scratch *scratch, const struct rl_extent *extent);
void rl_scratch_free(struct rl_scratch *scratch);

/* Make room for at least that much; nothing shrinks. What the last choice left is gone when
 * something was to be done. Return: 0, or -ENOMEM: what could not grow is there as it was. */
int rl_scratch_grow(struct rl_scratch *scratch, const struct rl_extent *extent);

/* Is that process of that cgroup among the vetoed? */
bool rl_scratch_vetoed(const struct rl_scratch *scratch, const struct rl_process *process,
    const struct rl_cgroup *cgroup);

/* Forget the last choice, before the next one. */
void rl_scratch_clear(struct rl_scratch *scratch, const struct rl_model *model);

/* Take a group for a cgroup below the one of an earlier group (above; -1: the first). Return: its
 * index, -1 when there is no room. */
int32_t rl_scratch_seat(
    struct rl_scratch *scratch, struct rl_cgroup *cgroup, const char *path, int32_t above);

/* ---- relations.c: address spaces and children ---- */

void rl_relations_free(struct rl_relations *relations);
/* Room for so many processes at least; with a table of children where kin, which then stays. What
 * was in it is gone. Return: 0, or -ENOMEM: it stays as it was. */
int rl_relations_grow(struct rl_relations *relations, size_t size, bool kin);
/* Such models want a pass of its own over all processes that are to be rated, before the first one
 * is: n_kin = 0, rl_relations_add() for each, rl_relations_sum(). Children that live elsewhere, and
 * those that there is no room for, are not counted. */
void rl_relations_add(struct rl_relations *relations, const struct rl_process *process);
void rl_relations_sum(struct rl_relations *relations, const struct rl_self *self);
/* Does the first one of a sorted pool share its address space with anybody, in the pool or among
 * the processes that were not read? */
bool rl_relations_first_shares(
    const struct rl_pool *pool, const struct rl_sketches *left, rl_mm_compare_fn compare);
/* kcmp(2), where it can be asked about the pids of /proc; NULL elsewhere. */
rl_mm_compare_fn rl_relations_compare(const struct rl_self *self);
/* Set mm in a full and sorted pool, where no such pass has told it. first: only whom the first one
 * of them shares with counts (rl_mm_find_first()); up to RL_SHARERS_ALL of them all are told
 * nevertheless, since reports show them. */
void rl_relations_of_pool(
    struct rl_relations *relations, struct rl_pool *pool, const struct rl_self *self, bool first);
