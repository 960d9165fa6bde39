/* The checks behind rl_probe_run(), one per feature. */
#pragma once

#include "daemon/observe/probe.h"

/* Fill in probe->has, but for CGROUP2 and MEMORY, and local_events_mount. */
void rl_features_check(struct rl_probe *probe);

/* Is word one of the words of a file ("memory" of cgroup.controllers)? Return: 1, 0 or -errno. */
int rl_features_file_has_word(int dirfd, const char *name, const char *word);
