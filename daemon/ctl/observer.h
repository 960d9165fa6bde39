/* Looking for ourselves, by the functions of the daemon: for top, and for status and explain where
 * no reliefd runs or another machine's files are looked at. */
#pragma once

#include "daemon/ctl/ctl.h"
#include "daemon/look.h"

#define RL_OBSERVER_DIRS_MAX 16

struct rl_observer {
    struct rl_probe probe;
    struct rl_look *look;
    char *folders; /* that policy_dirs point into */
    const char *policy_dirs[RL_OBSERVER_DIRS_MAX + 1];
};

/* What follows --policy-dir, and its help: folders joined by colons. */
#define RL_POLICY_DIR_OPTION                                                                       \
    {                                                                                              \
        "policy-dir", "DIR",                                                                       \
            "policies from there, or from DIR:DIR, the last most important, not the usual folders" \
    }

/* Is it the files that were asked for: by a root or policies that are not the daemon's, and no
 * --runtime-dir to find one that has them? */
bool rl_observer_wanted(const struct rl_args *args, const char *policy_dir);

/**
 * rl_observer_open() - read policies and tree
 * @policy_dir: as above; NULL: the standard folders, which with --root are empty, so that the
 *              built-in default counts
 * Return: an exit code; what is wrong is on stderr. To be closed after RL_EXIT_OK only.
 */
int rl_observer_open(const struct rl_args *args, const char *policy_dir, struct rl_observer *ret);
void rl_observer_close(struct rl_observer *observer);
