/* The default policies, as they stand in conf/default*.conf, made part of the program when it is
 * built: they count where no file of their name is. */
#pragma once

#include <stddef.h>

struct rl_builtin {
    const char *name; /* without .conf */
    const char *text;
    size_t len;
};

extern const struct rl_builtin rl_builtins[];
extern const size_t rl_builtins_n;
