/* reliefd's own protection, and who it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define RL_SELF_ANCESTORS 32

struct rl_self {
    pid_t pid;
    pid_t ancestors[RL_SELF_ANCESTORS]; /* parent processes up to PID 1 */
    size_t n_ancestors;
    char cgroup[4096]; /* own path below the cgroup2 mount, "/" for the root; "" unknown */
};

/* Find out. proc_fd: directory fd of /proc. Return: 0 or -errno. */
int rl_self_find(int proc_fd, struct rl_self *ret);

/* Is path the cgroup that reliefd lives in, or an ancestor of it? */
bool rl_self_within(const struct rl_self *self, const char *path);

/**
 * rl_self_protect() - oom_score_adj -1000, mlockall with MCL_ONFAULT, nofile limit raised
 *
 * Each is tried; what fails is logged with what works worse without it and what would allow it.
 * Return: 0 when all succeeded, else the number of failures.
 */
int rl_self_protect(void);
