/* Instants as people type them behind --since and --until.
 *
 * Taken are the forms that systemd's tools take, as in systemd.time(7), but for weekdays:
 *
 *   2026-01-02 03:04:05    also without seconds, with a fraction of one, or the day alone (00:00)
 *   03:04                  today
 *   2026-01-02T03:04:05Z   RFC 3339, as reliefctl itself prints times; also +01:00 or " UTC"
 *   now today yesterday tomorrow        but for now: their 00:00
 *   -2h    2h ago    +30min    30min left    1d 12h ago
 *   @1767323045            seconds since 1970
 *
 * What names no zone is local time (TZ). A month is 30.44 days, a year 365.25, as there. */
#pragma once

#include <stdint.h>

/* For messages about what was expected. */
#define RL_WHEN_FORMS                                                                              \
    "a time is like '2026-01-02 03:04:05' (local), 2026-01-02T03:04:05Z, today, yesterday, "       \
    "-2h or '2h ago'"

/**
 * rl_when_parse() - an instant
 * @now_us: CLOCK_REALTIME, microseconds, as the result
 *
 * Return: 0; -EINVAL where it is no instant, or one before 1970 or after 9999.
 */
int rl_when_parse(const char *text, uint64_t now_us, uint64_t *ret_us);

/**
 * rl_args_when() - an instant of an option, against the present
 * @what: "reliefctl incidents --since"
 *
 * Return: 0, or -EINVAL after saying on stderr what is wrong and what is expected.
 */
int rl_args_when(const char *what, const char *text, uint64_t *ret_us);
