/* Does another daemon that kills under memory pressure run here? DryRun=auto asks: two of them act
 * on what the other has begun.
 *
 * Asked at start and at a reload, off the hot path. A process counts by its comm or by the name of
 * its executable; a script also by the first arguments of its interpreter, when root runs it. An
 * executable that does not belong to root does not count: else any user could keep reliefd in dry
 * run by a process of that name. Where the executable cannot be looked at, the name counts. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "daemon/observe/cmdline.h"

#define RL_OTHERS_MAX 4

struct rl_other {
    const char *name; /* "systemd-oomd" */
    pid_t pid;        /* the first one met */
};

struct rl_others {
    struct rl_other items[RL_OTHERS_MAX]; /* one for each name, in the order of the names */
    size_t n;
};

/**
 * rl_others_find() - look through all processes
 * @proc_fd: directory fd of /proc
 * @cmdline: reads command lines of interpreters without being held up by them; NULL: scripts are
 *           seen by comm alone
 *
 * Processes that vanish or cannot be looked at are passed over. Return: 0, or -errno when /proc
 * cannot be listed.
 */
int rl_others_find(int proc_fd, struct rl_cmdline *cmdline, struct rl_others *ret);

/* "systemd-oomd (pid 5) and earlyoom (pid 7)"; "" for none. Return: buf. */
const char *rl_others_text(const struct rl_others *others, char *buf, size_t size);
