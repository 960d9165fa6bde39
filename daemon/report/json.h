/* Values for JSON texts: each returns a new reference, or NULL when memory is out, so that they can
 * stand inside json_pack("{s:o}"). */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* Foreign text: bytes that are not UTF-8 become U+FFFD; NULL becomes null. */
json_t *rl_json_string(const char *text);

/* As rl_json_string, but "" becomes null. */
json_t *rl_json_name(const char *text);

/* Bytes or a count; RL_NO_LIMIT and what does not fit becomes null. */
json_t *rl_json_number(uint64_t value);

/* Microseconds as whole milliseconds. */
json_t *rl_json_ms(uint64_t us);

/* Hundredths of a percent as percent: 4217 -> 42.17. */
json_t *rl_json_percent(uint64_t hundredths);

/* CLOCK_REALTIME microseconds as ISO 8601 in UTC; 0 becomes null. */
json_t *rl_json_time(uint64_t wall_us);

/* A JSON text on one line, malloc'ed; NULL when memory is out or json is NULL. */
char *rl_json_text(const json_t *json);

/* The same spread over lines, for people and files. */
char *rl_json_pretty(const json_t *json);
