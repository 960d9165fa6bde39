/* Names of cgroups in less room: a container's is some eighty characters, most of them an id in
 * hexadecimal digits, and there are ten thousand of them in locked memory.
 *
 * A packed name is a string (no NUL inside) and the same for the same name, so that packed names
 * can be compared and hashed as they are. Any name packs and comes back unchanged. */
#pragma once

#include <limits.h>
#include <stddef.h>

#define RL_NAME_PACKED_MAX (2 * NAME_MAX + 1) /* with its NUL */

/* name: len characters, NAME_MAX at most, no NUL among them. Return: the length of *ret. */
size_t rl_name_pack(const char *name, size_t len, char ret[RL_NAME_PACKED_MAX]);

/* Return: the length of *ret. */
size_t rl_name_unpack(const char *packed, char ret[NAME_MAX + 1]);
