/* One file of settings in its standard folders: NAME of the most important folder that has it, then
 * NAME.d/ *.conf of all of them by file name; of the same name the one in the most important folder
 * counts. An empty file and a link to /dev/null say nothing, but take the place of those that count
 * less. systemd's settings are found the same way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/findings.h"

struct rl_standard {
    const char *name;        /* "reliefd.conf" */
    const char *const *dirs; /* NULL-terminated, most important last */
    bool strict_owner; /* refuse what is not trusted (conf/open.h); otherwise it is a warning */
    /* One file that counts; later ones count more. A negative return ends it. */
    int (*take)(void *userdata, const char *path, const char *text, size_t len);
    void *userdata;
};

/* Hand over all files that count. Return: 0, also with findings; -ENOMEM; what take returned. */
int rl_standard_read(const struct rl_standard *standard, struct rl_findings *findings);

/* One file alone. Return: enum rl_conf (conf/open.h); -ENOMEM; what take returned. */
int rl_standard_read_file(
    const struct rl_standard *standard, const char *path, struct rl_findings *findings);
