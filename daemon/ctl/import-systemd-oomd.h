/* What was read of systemd-oomd's settings; shared by the parser (import-systemd-oomd.c) and the
 * search for files (import-units.c). */
#pragma once

#include "daemon/ctl/import.h"

#define RL_OOMD_RULES_MAX 16 /* of one unit */

struct rl_oomd_value {
    struct rl_import_at at; /* setting NULL: not given */
    uint64_t number;        /* hundredths of a percent, microseconds, 1 for kill and kill-all */
};

struct rl_oomd_unit {
    const char *name; /* "user@.service"; "slice", "a-.slice" for what is about several */
    struct rl_oomd_value swap, pressure, limit, duration;
    struct {
        struct rl_import_at at;
        const char *name;
    } rules[RL_OOMD_RULES_MAX];
    size_t n_rules;
    unsigned group;
    bool by_match; /* its policy cannot be found by its name */
};

struct rl_oomd_rule {
    const char *name, *path;
    struct rl_oomd_value pressure, swap, lasting, action;
};

struct rl_oomd {
    struct rl_oomd_value swap_limit, pressure_limit, duration;
    struct rl_oomd_unit *units;
    size_t n_units;
    struct rl_oomd_rule *rules;
    size_t n_rules;
    unsigned groups;
    struct rl_oomd_unit *unit; /* whose section is being read */
    struct rl_oomd_rule *rule;
};

static inline struct rl_oomd *rl_oomd_state(struct rl_import *import)
{
    return import->state;
}

/* The unit of that name, made where it is new. Valid until the next call. */
struct rl_oomd_unit *rl_oomd_unit(struct rl_import *import, const char *name);

/* Read oomd.conf, rulesets and units in the standard places, the more important ones later. */
void rl_oomd_find(struct rl_import *import);
