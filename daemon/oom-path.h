/* Whether a cgroup of a kernel's report is one of ours: its paths begin at the root of the
 * hierarchy, ours at that of the mount. */
#pragma once

#include <stdbool.h>

/**
 * rl_oom_path_matches() - does the kernel mean this cgroup?
 * @kernel: a path as the kernel's report has it, from the root of its hierarchy
 * @ours:   from the root of the mount, which may lie deeper (in a container)
 */
bool rl_oom_path_matches(const char *kernel, const char *ours);

/* Is the one that the kernel means below this one? Then *ret_rest is what follows, with its slash.
 */
bool rl_oom_path_below(const char *kernel, const char *ours, const char **ret_rest);
