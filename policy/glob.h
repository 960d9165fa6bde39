/* Globs over cgroup paths and names, without allocation and in time linear in the text for each
 * star.
 *
 *   *      any run of characters within one level
 *   **     any run of characters, across levels; a whole level in front of others (** and /) is any
 *          number of levels, also none; as the last level it is everything below, not the cgroup
 *   ?      one character but not /
 *   [...]  a set or, with ! or ^, its complement; never /
 *   \      the next character as it is */
#pragma once

#include <stdbool.h>

/**
 * rl_glob_path() - does a cgroup path match
 * @glob: relative to the cgroup2 mount; a leading / is ignored; "/" alone is the root
 * @path: with a leading /; "/" is the root
 */
bool rl_glob_path(const char *glob, const char *path);

/* As rl_glob_path, but / has no special meaning: for comm, exe, cmdline, unit names. */
bool rl_glob_text(const char *glob, const char *text);
