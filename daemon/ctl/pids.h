/* The processes of a /proc, in an order that does not depend on the file system, and of which
 * cgroup they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * rl_pids_list() - all numbers that are names in a folder
 * @dir_fd: /proc, or task/ of a process
 * @ret:    ascending, malloc'ed; NULL where there are none
 *
 * Return: 0 or -errno.
 */
int rl_pids_list(int dir_fd, pid_t **ret, size_t *ret_n);

/* Is path (with leading /) the cgroup top, or below it? top may lack its leading / and end with
 * some. */
bool rl_path_within(const char *top, const char *path);
