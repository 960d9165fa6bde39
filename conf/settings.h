/* reliefd.conf: what concerns the daemon itself. Read from /usr/lib/reliefd, /run/reliefd and
 * /etc/reliefd (the most important one that has it counts), then reliefd.conf.d/ *.conf of all
 * three by file name: the last value given counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/findings.h"
#include "policy/policy.h"

enum rl_log_format {
    RL_LOG_TEXT,
    RL_LOG_JSON, /* one object a line */
};

struct rl_settings {
    enum rl_dry dry_run; /* for all policies; theirs may ask for more, never for less */
    int log_level;       /* LOG_ERR .. LOG_DEBUG */
    char *cgroup_root;   /* NULL: look for the cgroup2 mount */
    char *metrics_file;  /* for node_exporter; NULL: none is written */
    enum rl_log_format log_format;

    char **allow_within; /* cgroup globs: where vendors' files may reach outside their subject */
    size_t n_allow_within;
    bool allow_panic; /* OnNoVictim=panic counts */

    uint32_t budget_kills; /* of all policies together within budget_us */
    uint64_t budget_us;

    bool systemd_oomd; /* ManagedOOM properties of units count as policies */
    bool tell_systemd; /* a unit that is killed whole ends with Result=oom-kill */

    uint64_t keep;       /* incident files */
    uint64_t keep_bytes; /* and their total size */
};

struct rl_settings_options {
    const char *path;        /* --config: this file alone; NULL: the standard ones */
    const char *const *dirs; /* NULL-terminated, most important last; NULL: the standard ones */
    bool strict_owner;       /* as in struct rl_load_options */
};

/**
 * rl_settings_load() - read the daemon's own settings
 * @ret: to be freed with rl_settings_free(); every key that was not given or not understood has its
 *       default
 *
 * Without any file the defaults count; a file that was named and is not there is an error in the
 * findings. Return: 0, also with findings; -ENOMEM.
 */
int rl_settings_load(const struct rl_settings_options *options, struct rl_findings *findings,
    struct rl_settings *ret);

void rl_settings_free(struct rl_settings *settings);
