/* From the texts of one policy's files to the policy. No I/O: what is read from where, and which
 * files count, is conf/load's matter. */
#pragma once

#include "conf/arena.h"
#include "conf/findings.h"
#include "policy/policy.h"

/* Where a policy stands among others; lower comes first. */
enum rl_rank {
    RL_RANK_UNIT,     /* postgresql.service */
    RL_RANK_TEMPLATE, /* postgresql@.service */
    RL_RANK_MATCH,
    RL_RANK_DEFAULT_ROW, /* default-NAME */
    RL_RANK_DEFAULT,     /* default */
};

/* By the name alone (without .conf). */
enum rl_rank rl_policy_rank(const char *name);

/* Where something stands in a policy's files; path NULL: nowhere. */
struct rl_spot {
    const char *path;
    unsigned line;
};

struct rl_source {
    const char *path;
    const char *text; /* need not end in NUL */
    size_t len;
    bool vendor; /* from the vendor's folder, or built in */
};

/* One policy with all it points to. Held by every set that has it in force. */
struct rl_compiled {
    unsigned holders;
    struct rl_arena arena;
    struct rl_policy policy;
    struct rl_spot match, within, on_no_victim; /* for findings about the set it is in */
    struct rl_spot steps[RL_STEPS_MAX];         /* as above, of each rung */
    struct rl_source *sources;                  /* what it was made of */
    size_t n_sources;
};

/**
 * rl_compile() - one policy from its main file and its drop-ins
 * @name:    of the policy: the file name without .conf
 * @sources: the main file first; they need to live only as long as this call
 * @n:       at least 1
 * @ret:     held once, to be given to rl_compiled_release(); NULL when there were errors
 *
 * Return: 0, also with findings; -ENOMEM.
 */
int rl_compile(const char *name, const struct rl_source *sources, size_t n,
    struct rl_findings *findings, struct rl_compiled **ret);

struct rl_compiled *rl_compiled_hold(struct rl_compiled *compiled);
void rl_compiled_release(struct rl_compiled *compiled); /* NULL is well */
