/* Reading JSON that may lack anything: an older daemon, a file that somebody edited. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value at a path of keys joined by dots ("policy.name"); NULL where there is none or null. */
const json_t *rl_get(const json_t *json, const char *path);

/* A text, "" where there is none. */
const char *rl_get_text(const json_t *json, const char *path);

bool rl_get_true(const json_t *json, const char *path);

/* A number of any kind. Return: false where there is none. */
bool rl_get_number(const json_t *json, const char *path, double *ret);

/* A number as a count, 0 where there is none or it is negative. */
uint64_t rl_get_count(const json_t *json, const char *path);

/* Numbers in words, "-" where there is none; all return buf. */
const char *rl_get_size(const json_t *json, const char *path, char *buf, size_t size);
const char *rl_get_percent(const json_t *json, const char *path, char *buf, size_t size);
const char *rl_get_ms(const json_t *json, const char *path, char *buf, size_t size);
const char *rl_get_int(const json_t *json, const char *path, char *buf, size_t size);
/* A time without its milliseconds. */
const char *rl_get_time(const json_t *json, const char *path, char *buf, size_t size);
/* Foreign text, escaped; "-" where there is none. */
const char *rl_get_name(const json_t *json, const char *path, char *buf, size_t size);
