/* What was read of systemd-oomd's settings; shared by the parser (import-systemd-oomd.c) and the
 * search for files (import-units.c). */
#pragma once

#include "daemon/ctl/import.h"

#define RL_MANAGED_RULES_MAX 16 /* of one unit */

struct rl_managed_value {
    struct rl_import_at at; /* setting NULL: not given */
    uint64_t number;        /* hundredths of a percent, microseconds, 1 for kill and kill-all */
};

struct rl_managed_unit {
    const char *name; /* "user@.service"; "slice", "a-.slice" for what is about several */
    struct rl_managed_value swap, pressure, limit, duration;
    struct {
        struct rl_import_at at;
        const char *name;
    } rules[RL_MANAGED_RULES_MAX];
    size_t n_rules;
    unsigned group;
    bool by_match; /* its policy cannot be found by its name */
};

struct rl_managed_rule {
    const char *name, *path;
    struct rl_managed_value pressure, swap, lasting, action;
};

struct rl_managed {
    struct rl_managed_value swap_limit, pressure_limit, duration;
    struct rl_managed_unit *units;
    size_t n_units;
    struct rl_managed_rule *rules;
    size_t n_rules;
    unsigned groups;
    struct rl_managed_unit *unit; /* whose section is being read */
    struct rl_managed_rule *rule;
};

static inline struct rl_managed *rl_managed_state(struct rl_import *import)
{
    return import->state;
}

/* The unit of that name, made where it is new. Valid until the next call. */
struct rl_managed_unit *rl_managed_unit(struct rl_import *import, const char *name);

/* Read oomd.conf, rulesets and units in the standard places, the more important ones later. */
void rl_managed_find(struct rl_import *import);
