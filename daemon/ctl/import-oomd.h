/* What was read of oomd's rulesets; shared by the reader (import-oomd.c) and the writer
 * (import-oomd-write.c). */
#pragma once

#include "daemon/ctl/import.h"

#define RL_OOMD_TARGETS_MAX 32

/* What one detector group asks for. */
struct rl_oomd_trigger {
    const char *pressure, *swap, *usage; /* lines, NULL: none */
    struct rl_import_at pressure_at, swap_at, usage_at, for_at;
    uint64_t for_us;
    const char *cgroups; /* NULL: the machine */
    struct rl_import_at cgroups_at;
    bool lost; /* a detector has no equivalent, so the whole group has none */
};

/* What is done. */
struct rl_oomd_actions {
    bool kills;
    bool lost; /* the ruleset is for some cgroups only, in a way that policies are not */
    struct rl_import_at kill_at, targets_at, delay_at, dry_at, service_at;
    char *targets[RL_OOMD_TARGETS_MAX];
    size_t n_targets;
    uint64_t delay_us;
    bool dry, recursive;
    const char *service; /* systemd_restart; NULL: none */
};

struct rl_oomd_subject {
    const char *cgroups; /* as oomd lists them: "a.slice,b.slice"; NULL: the machine */
    struct rl_import_at at;
    struct rl_oomd_trigger *triggers;
    size_t n_triggers;
    const struct rl_oomd_actions *actions;
    unsigned group;
};

struct rl_oomd_rules {
    const char *path;
    const char *text, *at; /* where the reading of names stands, for line numbers */
    unsigned line;
    struct rl_oomd_subject *subjects;
    size_t n_subjects;
    struct rl_oomd_trigger *trigger; /* that is being read */
    struct rl_oomd_actions *actions;
    const json_t *args; /* of the plugin that is being read */
};

/* Write a policy for each list of cgroups. */
void rl_oomd_write(struct rl_import *import);
