/* Telling systemd who ended a unit: the attributes that systemd-oomd leaves on a cgroup it kills.
 *
 * When a unit's cgroup becomes empty, systemd (v251 and later: unit_check_oomd_kill() in
 * src/core/unit.c) compares user.oomd_ooms with what it saw last. Where it has grown, the unit gets
 * Result=oom-kill, its OOMPolicy= counts, and user.oomd_kill is told as the number of processes.
 * v248 to v250 know user.oomd_kill alone and log it. Both are decimal and only ever grow; they go
 * with the cgroup (oomd_cgroup_kill_mark() and increment_oomd_xattr() in src/oom/oomd-util.c). */
#pragma once

#include <stdint.h>

#define RL_TOLD_OOMS "user.oomd_ooms"
#define RL_TOLD_KILL "user.oomd_kill"

/**
 * rl_told_kill() - count one kill of a cgroup, and the processes that died of it
 * @dir_fd:    its directory, not opened with O_PATH
 * @processes: at least 1 is counted
 *
 * May wait for memory in the kernel: not for the event loop. A value that is no number counts as 0.
 * Return: 0, or the first -errno (-EOPNOTSUPP: kernels before 5.7 have no such attributes).
 */
int rl_told_kill(int dir_fd, uint64_t processes);
