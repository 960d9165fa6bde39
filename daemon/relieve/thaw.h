/* The end of a freeze that nobody ends: a thread of its own thaws a cgroup when its time is up,
 * whatever the event loop is doing.
 *
 * Guarantees: an appointment is kept though the loop hangs; a cancelled one is not. A cgroup that
 * is not frozen by then is left alone. Setting and cancelling allocate nothing and wait for no
 * thread that writes.
 *
 * Never: this does not outlive the process, nor does it run while the process is stopped. What is
 * left frozen then is taken back by rl_guard_restore() (ExecStopPost=reliefctl restore).
 *
 * All functions belong to one thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define RL_THAW_SLOTS   16
#define RL_THAW_JOIN_US UINT64_C(1000000)

struct rl_thaw;

/* Start the thread, all signals blocked. Return: 0 or -errno. */
int rl_thaw_new(struct rl_thaw **ret);

/* Cancel all, end the thread. Where it hangs in the kernel, it is left to itself after
 * RL_THAW_JOIN_US. NULL is allowed. Always returns NULL. */
struct rl_thaw *rl_thaw_free(struct rl_thaw *thaw);

/**
 * rl_thaw_at() - an appointment
 * @slot:      below RL_THAW_SLOTS; one that it has already is cancelled
 * @cgroup_fd: directory of the cgroup; its cgroup.freeze is opened here and now
 * @at_us:     CLOCK_MONOTONIC
 *
 * Return: 0, or -errno when the file cannot be opened for writing; nothing is set then.
 */
int rl_thaw_at(struct rl_thaw *thaw, size_t slot, int cgroup_fd, uint64_t at_us);

void rl_thaw_cancel(struct rl_thaw *thaw, size_t slot);
