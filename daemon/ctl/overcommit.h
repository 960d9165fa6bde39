/* How freely the kernel promises memory, and what it has promised: whoever asks why somebody had to
 * die sees whether allocations could have failed instead. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "daemon/report/say.h"

struct rl_overcommit {
    unsigned mode;                   /* vm.overcommit_memory: 0, 1, 2 */
    uint64_t commit_limit, promised; /* bytes: CommitLimit and Committed_AS of /proc/meminfo */
};

/* Return: 0, or -errno when a file cannot be read or is not understood. */
int rl_overcommit_read(int proc_fd, struct rl_overcommit *ret);

/* A sentence or two: the mode, what is promised against the limit, and what that means. */
void rl_overcommit_say(struct rl_say *say, const struct rl_overcommit *overcommit);

/* {"mode", "commit_limit_bytes", "committed_bytes"} */
json_t *rl_overcommit_json(const struct rl_overcommit *overcommit);
