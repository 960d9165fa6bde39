/* reliefd's own protection, and who it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define RL_SELF_ANCESTORS 128

struct rl_self {
    pid_t pid;                          /* as that /proc numbers it; 0: not visible there */
    pid_t ancestors[RL_SELF_ANCESTORS]; /* parent processes up to PID 1 */
    size_t n_ancestors;
    bool own_pids;     /* that /proc numbers processes as kill(2) and pidfd_open(2) do here */
    char cgroup[4096]; /* own path below the cgroup2 mount, "/" for the root; "" unknown */
};

/* Put right what rl_self_find() has taken from /proc for the own cgroup: of what is outside of the
 * own cgroup namespace the mount may show more. Return: 0 or -errno. */
int rl_self_place(struct rl_self *self, int proc_fd, int cgroup_root_fd);

/**
 * rl_self_find() - find out
 * @proc_fd: directory fd of /proc, of another pid namespace's, or of a fixture
 *
 * A /proc in which reliefd is not visible is no error: pid is 0 and nothing else is known. The
 * chain of parents ends early where one is hidden (hidepid=) or exits meanwhile. A cgroup outside
 * the own cgroup namespace counts as unknown.
 *
 * Return: 0, -E2BIG when there are more parents than fit, or -errno of a read.
 */
int rl_self_find(int proc_fd, struct rl_self *ret);

/* Is path the cgroup that reliefd lives in, or an ancestor of it? Never for an unknown own cgroup:
 * rl_kill_cgroup() does not lean on paths. */
bool rl_self_within(const struct rl_self *self, const char *path);

/**
 * rl_self_protect() - oom_score_adj -1000, mlockall with MCL_ONFAULT, nofile limit raised, nice
 * -20, malloc with one arena that gives back what is freed
 *
 * Locked are the program itself, 64 KB of stack, and of all else what is used, from then on.
 *
 * Each is tried; what fails is logged with what works worse without it and what would allow it.
 * Children inherit oom_score_adj and the nofile limit.
 *
 * Return: 0 when all succeeded, else the number of failures. Never fatal.
 */
int rl_self_protect(void);
