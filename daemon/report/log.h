/* What the daemon says to its operator, one line at a time.
 *
 * Lines go to the journal over a non-blocking socket when there is one, else to stderr: with
 * "<N>" level prefixes when stderr is the journal's stream, plain otherwise. A reader that hangs
 * costs lines (they are counted), never time. */
#pragma once

#include <stdarg.h>
#include <syslog.h>

/* Open the sinks. level is LOG_ERR .. LOG_DEBUG; more detailed lines are dropped. */
void rl_log_open(int level);
void rl_log_close(void);
void rl_log_set_level(int level);

/* Return: the level of a name ("err", "warning", "notice", "info", "debug"), -EINVAL. */
int rl_log_level_from_name(const char *name);

__attribute__((format(printf, 2, 3))) void rl_log(int level, const char *format, ...);

#define rl_error(...)   rl_log(LOG_ERR, __VA_ARGS__)
#define rl_warning(...) rl_log(LOG_WARNING, __VA_ARGS__)
#define rl_notice(...)  rl_log(LOG_NOTICE, __VA_ARGS__)
#define rl_info(...)    rl_log(LOG_INFO, __VA_ARGS__)
#define rl_debug(...)   rl_log(LOG_DEBUG, __VA_ARGS__)
