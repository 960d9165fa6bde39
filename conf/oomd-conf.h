/* oomd.conf, the settings of systemd-oomd: what a unit's ManagedOOM properties mean where the unit
 * does not say it. The meaning is that of oomd.conf(5) (manager_parse_config_file() in
 * src/oom/oomd-conf.c of systemd 258), the lines are those of conf/ini.h: what systemd would join
 * by a backslash is refused, and " ;" behind a value begins a comment. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/findings.h"

enum rl_oomd_key {
    RL_OOMD_SWAP_LIMIT, /* SwapUsedLimit=, hundredths of a percent */
    RL_OOMD_LIMIT,      /* DefaultMemoryPressureLimit=, likewise */
    RL_OOMD_DURATION,   /* DefaultMemoryPressureDurationSec=, microseconds */
    RL_OOMD_KEYS,
};

struct rl_oomd_setting {
    char *from; /* "PATH:LINE"; NULL: not given, so that systemd-oomd's own default counts */
    uint64_t number;
};

struct rl_oomd_conf {
    struct rl_oomd_setting of[RL_OOMD_KEYS];
};

/* "SwapUsedLimit" */
const char *rl_oomd_key_name(enum rl_oomd_key key);

/**
 * rl_oomd_conf_load() - read oomd.conf and oomd.conf.d/ *.conf
 * @dirs:     NULL-terminated, most important last; NULL: systemd's
 * @findings: all that is wrong is a warning. A value that is not understood is none: the one before
 *            stays, or the default
 * @ret:      to be freed with rl_oomd_conf_free()
 *
 * Return: 0; -ENOMEM.
 */
int rl_oomd_conf_load(
    const char *const *dirs, struct rl_findings *findings, struct rl_oomd_conf *ret);

/* One text; its values count more than those that are there. Return: 0; -ENOMEM. */
int rl_oomd_conf_read(struct rl_oomd_conf *conf, const char *path, const char *text, size_t len,
    struct rl_findings *findings);

void rl_oomd_conf_free(struct rl_oomd_conf *conf);

/**
 * rl_oomd_value() - one value of oomd.conf
 * @ret_given: false where it stands for the default: empty, or a duration of 0
 *
 * Return: NULL; or what is wrong, a phrase that follows the value: "is no share".
 */
const char *rl_oomd_value(
    enum rl_oomd_key key, const char *text, bool *ret_given, uint64_t *ret_number);

/* Shares as systemd writes them, in hundredths of a percent from 0 to 10000: 60%, 60.5%, 605‰,
 * 6050‱. Return: as above. */
const char *rl_oomd_share(const char *text, uint64_t *ret);

/* Times as systemd.time(7) has them, in microseconds: 30, 30s, 1min 30s, 1.5h; UINT64_MAX for
 * infinity. Return: as above. */
const char *rl_oomd_time(const char *text, uint64_t *ret);
