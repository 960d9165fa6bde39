/* One line of the log as a JSON object, for those who collect what containers print. */
#pragma once

#include <stdint.h>

#include "daemon/report/journal.h"

/**
 * rl_log_json() - {"time", "level", "message", and the fields}
 * @message: safe to show, as are the values
 * @wall_us: CLOCK_REALTIME
 *
 * Fields have their names in small letters, without the prefix RELIEFD_; all values are strings.
 * What has no room is left out: a field as a whole, of the message its end; the object is always
 * complete, on one line and without a line feed. size: at least 128. Allocates nothing. Return: its
 * length.
 */
size_t rl_log_json(char *buf, size_t size, int level, const char *message,
    const struct rl_field *fields, size_t n, uint64_t wall_us);
