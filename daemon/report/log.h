/* What the daemon says to its operator, one line at a time.
 *
 * Lines go to the journal over a non-blocking socket when there is one, and to stderr when there
 * is none or when stderr leads elsewhere (a terminal, a file, a container's log): with "<N>" level
 * prefixes where stderr is the journal's stream, plain otherwise. Where stderr is the journal's
 * stream and the socket works, only the socket is used.
 *
 * A reader that hangs costs lines (they are counted, and the number is said once it reads again),
 * never time. Nothing is allocated. Every line is escaped as a whole (daemon/report/say.h), so a
 * process name cannot forge a second one. May be called from any thread. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

#include "daemon/report/journal.h"

/* Open the sinks. level is LOG_ERR .. LOG_DEBUG; more detailed lines are dropped. Ignores SIGPIPE:
 * a log reader that goes away must not end the daemon. Before it is called, and after
 * rl_log_close(), lines go to stderr from LOG_WARNING on. */
void rl_log_open(int level);

/* The same with the sinks named: tests put a journald of their own there. The descriptor stays the
 * caller's. */
void rl_log_open_to(int level, const char *journal_socket, int stderr_fd);

void rl_log_close(void);
void rl_log_set_level(int level);

/* Lines on stderr are JSON objects, see daemon/report/log-json.h; but not where stderr is the
 * journal's stream, which would not read them. */
void rl_log_set_json(bool json);

/* Return: the level of a name ("err", "warning", "notice", "info", "debug"), -EINVAL. */
int rl_log_level_from_name(const char *name);

__attribute__((format(printf, 2, 3))) void rl_log(int level, const char *format, ...);

/**
 * rl_log_fields() - one entry with structured fields
 * @message: one line, already safe to show
 * @fields:  beside MESSAGE, PRIORITY and SYSLOG_IDENTIFIER, which are added here; values are
 *           safe to show, too
 *
 * On stderr it is still one line: the message and then, as name=value, those fields whose names
 * begin with RELIEFD_ (in small letters, without that). Not subject to the level.
 */
void rl_log_fields(int level, const char *message, const struct rl_field *fields, size_t n);

#define rl_error(...)   rl_log(LOG_ERR, __VA_ARGS__)
#define rl_warning(...) rl_log(LOG_WARNING, __VA_ARGS__)
#define rl_notice(...)  rl_log(LOG_NOTICE, __VA_ARGS__)
#define rl_info(...)    rl_log(LOG_INFO, __VA_ARGS__)
#define rl_debug(...)   rl_log(LOG_DEBUG, __VA_ARGS__)
