/* What wakes the daemon: the root's PSI trigger, and memory.events of the top-level cgroups. */
#pragma once

#include "daemon/observe/probe.h"
#include "daemon/observe/tree.h"

struct rl_gate; /* one memory.events that is listened to */

typedef void (*rl_gate_fn)(void *userdata, struct rl_cgroup *cgroup);

/**
 * rl_gate_listen() - POLLPRI on memory.events of a cgroup
 *
 * After each event the file is muted for 250 ms: page cache at its limit raises events without
 * end and without harm. Return: 0; -ENOENT when the cgroup has no such file; other -errno.
 */
int rl_gate_listen(sd_event *event, const struct rl_tree *tree, struct rl_cgroup *cgroup,
    rl_gate_fn fn, void *userdata);
/* Did the newest event tell of kills by the kernel's OOM killer? */
bool rl_gate_killed(const struct rl_cgroup *cgroup);
/* Hear nothing of it, or hear of it again; what came meanwhile is told then. */
void rl_gate_mute(struct rl_cgroup *cgroup, bool mute);
/* Stop listening at a cgroup, if anybody does. */
void rl_gate_forget(struct rl_cgroup *cgroup);

/**
 * rl_gate_pressure() - arm a PSI trigger
 * @fd: the root's memory.pressure or /proc/pressure/memory, opened read-write; owned afterwards
 *
 * Return: 0 with *ret the event source, or -errno.
 */
int rl_gate_pressure(sd_event *event, int fd, uint64_t threshold_us, uint64_t window_us,
    sd_event_io_handler_t fn, void *userdata, sd_event_source **ret);
