/* Numbers and trigger lines in words: one way to write a size, a share, a span of time or a line
 * of a policy, used by log, sentence, explain and status alike.
 *
 * All functions write a terminated text into a caller's buffer of RL_TEXT_MAX bytes or less and
 * never allocate. Sizes as a policy file would write them: rl_format_size() of conf/value.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "policy/step.h"

#define RL_TEXT_MAX 128

/* Hundredths of a percent: 1234 -> "12.34%", 3000 -> "30%". */
void rl_share_text(uint64_t hundredths, char *buf, size_t size);

/* Bytes for reading: at most three digits before the unit ("812", "64K", "1.4G"), and "max" for
 * RL_NO_LIMIT. */
void rl_size_text(uint64_t bytes, char *buf, size_t size);

/* Microseconds for writing into a policy ("10s", "500ms", "2min"). */
void rl_span_text(uint64_t us, char *buf, size_t size);

/* Microseconds for reading ("0ms", "420ms", "1.2s", "3min 5s", "2h 4min", "3d 1h"). */
void rl_duration_text(uint64_t us, char *buf, size_t size);

/* CLOCK_REALTIME microseconds as UTC, ISO 8601: "2024-05-01T12:00:00.123Z". */
void rl_time_text(uint64_t wall_us, char *buf, size_t size);

/* Read what rl_time_text() writes, or the beginning of it: a date alone, without seconds or their
 * fraction, with or without the Z. Return: 0 or -EINVAL. */
int rl_time_read(const char *text, uint64_t *ret_wall_us);

/* Name of a signal as people type it ("SIGTERM", "SIGRTMIN+3", "signal 77"). */
void rl_signal_text(int signal, char *buf, size_t size);

/* The arguments of a step but for signal and wait, as a policy has them ("64M", "50% cpu 20%"); ""
 * for none. */
void rl_step_text(const struct rl_step *step, char *buf, size_t size);

/* Stable name of a unit: "percent", "bytes", "count". */
const char *rl_unit_name(enum rl_unit unit);

/* A number in its unit ("42.17%", "1.4G", "17"). */
void rl_amount_text(enum rl_unit unit, uint64_t value, char *buf, size_t size);

/* What a line is about, for prose: "pressure", "usage", "headroom", "events". */
const char *rl_line_noun(enum rl_line_kind kind);

/* A line said back in the language, without its key: "full 30% over 10s", "below 5% min 100M". */
void rl_line_text(const struct rl_line *line, char *buf, size_t size);

/* What was read against what was asked: "42.17%, threshold 30%"; where the number could not be
 * had, the reason. */
void rl_reading_text(const struct rl_reading *reading, char *buf, size_t size);
