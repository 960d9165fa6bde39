/* Programs that a policy names: whoever can change one can have anything done as root. */
#pragma once

#include <stddef.h>

#include "conf/compile.h"

/**
 * rl_program_check() - may this program be run as root?
 * @buf: why not, to follow the path in a sentence ("is not there"); always terminated
 *
 * It is a regular file that somebody may execute, and nobody but root and the own user can change
 * it: see conf/open.h. Return: 0; -ENOENT, -EACCES (it is there, but must not be run), or another
 * -errno of looking.
 */
int rl_program_check(const char *path, char *buf, size_t size);

/* Warn about each Step=hook whose program is not to be run now. Return: 0 or -ENOMEM. */
int rl_check_programs(
    const struct rl_compiled *const *compiled, size_t n, struct rl_findings *findings);
