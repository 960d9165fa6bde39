/* What stands before a kernel message in somebody's log.
 *
 * No list of log formats: a message begins where something ends that only stands before messages of
 * the kernel (a stamp in brackets, a printk caller, "kernel:", a log level, a record's ";"), or
 * where the line has held nothing but indent, quoting marks, a line number or a time of day. So a
 * program that repeats the kernel's words within its own ("msg=\"Killed process ...\"") does not
 * count. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/observe/text.h"

/* Could a message begin at this offset of the line? */
bool rl_oom_starts_at(struct rl_span line, size_t at);

/* The same, and what stands before it is the kernel's own (not mere indent or quoting). */
bool rl_oom_marked_at(struct rl_span line, size_t at);

/* Does the line carry a kernel's mark before its text? Such a line does not continue another. */
bool rl_oom_is_marked(struct rl_span line);

/* How many bytes of quoting marks and indent the line begins with. */
size_t rl_oom_quoting(struct rl_span line);

/* The time that is written before the message at this offset: date and time of day where there is
 * one, else the seconds since boot; empty where there is none. */
struct rl_span rl_oom_stamp(struct rl_span line, size_t at);
