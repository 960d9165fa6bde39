/* What is wrong with policies side by side, each of which is well by itself: files that can never
 * count, and those that ask for what reliefd.conf does not allow. Only warnings. */
#pragma once

#include "conf/compile.h"
#include "conf/settings.h"

/**
 * rl_check_set() - find them
 * @compiled: in order of precedence
 * @settings: NULL: what is allowed is not known, and nothing is said about it
 *
 * A file that can never count is told where that can be seen from the globs themselves; it is
 * never said of one that counts somewhere. Return: 0 or -ENOMEM.
 */
int rl_check_set(const struct rl_compiled *const *compiled, size_t n,
    const struct rl_settings *settings, struct rl_findings *findings);

/* Does one glob over paths match all that the other matches? False where it cannot be told. */
bool rl_glob_covers(const char *wide, const char *narrow);

/* Does one [Match] match every cgroup that the other matches? False where it cannot be told. */
bool rl_match_covers(const struct rl_match *wide, const struct rl_match *narrow);
