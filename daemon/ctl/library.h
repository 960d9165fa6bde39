/* Libraries that are loaded when they are asked for: what only few commands need is no dependency
 * of the package. */
#pragma once

#include <stddef.h>

/* Of a struct of function pointers, each by its own name and type, for the compiler to check the
 * calls: "RL_CALL(strlen);" in it, and "RL_SYMBOL(struct calls, strlen)" in the table. */
#define RL_CALL(name) __typeof__(name) *name
#define RL_SYMBOL(type, name)                                                                      \
    {                                                                                              \
#name, offsetof(type, name)                                                                \
    }
#define RL_SYMBOLS_COMPLETE(type, symbols)                                                         \
    _Static_assert(sizeof(type) == sizeof(symbols) / sizeof(symbols[0]) * sizeof(void *),          \
        "each call has its symbol")

struct rl_symbol {
    const char *name;
    size_t offset;
};

/* Fill the struct. The library stays loaded: some that others bring along cannot be unloaded.
 * Return: NULL, or what is missing. */
const char *rl_library_load(
    const char *library, const struct rl_symbol *symbols, size_t n, void *calls);
