/* A line taken apart from left to right: small steps over a span. A step that fails leaves the span
 * where it was. Numbers are decimal; one that does not fit is no number. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/observe/text.h"

bool rl_oom_is_blank(char c);
bool rl_oom_is_digit(char c);
bool rl_oom_is_alnum(char c);

struct rl_span rl_oom_trim(struct rl_span span);

/* The part from `begin` on, and the part from begin to end; both within the span. */
struct rl_span rl_oom_from(struct rl_span span, size_t begin);
struct rl_span rl_oom_part(struct rl_span span, size_t begin, size_t end);

/* Where the text stands in the span, first or last. Return: the offset, or -1. */
ssize_t rl_oom_find(struct rl_span span, const char *text);
ssize_t rl_oom_find_last(struct rl_span span, const char *text);

bool rl_oom_eat(struct rl_span *rest, const char *text);
void rl_oom_eat_blanks(struct rl_span *rest);
bool rl_oom_eat_u64(struct rl_span *rest, uint64_t *ret);
bool rl_oom_eat_i64(struct rl_span *rest, int64_t *ret);
bool rl_oom_eat_int(struct rl_span *rest, int *ret);
/* "123kB" */
bool rl_oom_eat_kb(struct rl_span *rest, uint64_t *ret);

/* Into a string of `size` bytes, cut at a whole UTF-8 character. */
void rl_oom_copy(char *ret, size_t size, struct rl_span span);
