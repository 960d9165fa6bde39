/* --user: the user's own reliefd in place of the system's. */
#pragma once

#include "daemon/ctl/ctl.h"

/**
 * rl_user_take() - put the user's folders and part of the tree where none are named
 *
 * They are where reliefd --user has them: reliefd(8). The part of the tree is left alone where
 * systemd has not made it, and with --root. Return: 0, or -EINVAL after saying what is missing.
 */
int rl_user_take(struct rl_args *args);

/* Write the user's $XDG_CONFIG_HOME/reliefd[/REST] ("" for none). Return: buf, NULL where neither
 * the variable nor HOME is set, or it is too long. */
const char *rl_user_config(const char *rest, char *buf, size_t size);
