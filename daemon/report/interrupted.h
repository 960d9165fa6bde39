/* Completing the record of an incident that nobody has ended. */
#pragma once

#include <jansson.h>

/**
 * rl_interrupted_complete() - end an open record as interrupted
 * @record: as it was at its last step; changed
 * @proc_fd, @cgroup_fd: directories of /proc and of the cgroup2 mount; -1: nothing is looked up
 *
 * "ended" becomes the present, "outcome" is interrupted, and "interrupted" says what is found now:
 * {"rebooted": the machine was started since, "victim": "gone", "alive", "unknown" or null where
 * none was chosen}. A process counts as the victim with the same pid and start time, a cgroup with
 * the same path and id.
 *
 * Return: 0, -EINVAL for what is no open record, -ENOMEM.
 */
int rl_interrupted_complete(json_t *record, int proc_fd, int cgroup_fd);
