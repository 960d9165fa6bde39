/* Opening configuration so that what is judged is what is read: paths are walked level by level on
 * kept descriptors, and the last one is looked at after it was opened.
 *
 * Whoever can write a policy can have any process killed. So a file counts as trusted only when it,
 * every folder on the way to it and every link are owned by root or by the daemon's own user, and
 * none of the files and folders may be written by group or others (a sticky folder like /tmp may:
 * no one can replace what is another's there). On a read-only mount nothing may be written. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "conf/findings.h"

/* Anything larger is no configuration. */
#define RL_CONF_SIZE_MAX (1024 * 1024)

struct rl_open_result {
    int fd;             /* owned by the caller, -1 on failure */
    struct stat stat;   /* of what was opened */
    char distrust[512]; /* why it is not trusted: the first reason on the way; "" when it is */
};

/* Open a file or folder for reading, without waiting for anybody. Links are followed.
 * Return: 0; -errno (-ENOENT: nothing is there). Ask for distrust only after 0. */
int rl_open(const char *path, struct rl_open_result *ret);

enum rl_conf {
    RL_CONF_TEXT,
    RL_CONF_MASK,    /* /dev/null or an empty file */
    RL_CONF_GONE,    /* removed since its folder was listed */
    RL_CONF_REFUSED, /* unreadable or not trusted: a finding says why */
};

/**
 * rl_read_conf() - the whole text of one file
 * @strict:   refuse what is not trusted; otherwise it is a warning
 * @ret_text: to be freed; need not end in NUL
 *
 * Return: enum rl_conf; -ENOMEM.
 */
int rl_read_conf(
    const char *path, bool strict, struct rl_findings *findings, char **ret_text, size_t *ret_len);
