/* What was read of oomd's rulesets; shared by the reader (import-oomd.c), what it reads of plugins
 * (import-oomd-plugins.c) and the writer (import-oomd-write.c). */
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

/* What a plugin is. */
enum rl_oomd_kind {
    RL_OOMD_DETECTOR,
    RL_OOMD_KILL,
    RL_OOMD_RESTART,
    RL_OOMD_NOTHING, /* it changes nothing in what is decided */
    RL_OOMD_LOST,    /* a detector that has no equivalent */
    RL_OOMD_NONE,    /* an action that has none */
};

/* Said of a detector that has no equivalent. */
#define RL_OOMD_ALONG "what has no equivalent takes its whole detector group along"

struct rl_oomd_plugin {
    const char *name;
    enum rl_oomd_kind kind;
    enum rl_import_fate fate;
    const char *why;
    const struct rl_import_row *rows; /* of its arguments; NULL: any */
};

/* Return: the plugin of that name, NULL for none that is known. */
const struct rl_oomd_plugin *rl_oomd_plugin_of(const char *name);

/* What a ruleset says beside its plugins; ends with an empty row. */
extern const struct rl_import_row rl_oomd_ruleset_rows[];

/* Write a policy for each list of cgroups. */
void rl_oomd_write(struct rl_import *import);
