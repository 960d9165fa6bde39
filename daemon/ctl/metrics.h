/* Prometheus' text format, as far as reliefd writes it, as JSON. */
#pragma once

#include <jansson.h>

/**
 * rl_metrics_parse() - read metrics text
 * @ret_line: the number of the line that is wrong
 *
 * Strict: each family has HELP, TYPE and then its samples together, names and labels are
 * well-formed, no sample stands twice, counters end in _total, histograms have their buckets
 * ascending up to +Inf with a _sum and a _count that fits.
 *
 * Return: {"families": [{"name", "type", "help", "samples": [{"name", "labels": {}, "value"}]}]};
 * NULL with *ret_line set, 0 when memory is out.
 */
json_t *rl_metrics_parse(const char *text, unsigned *ret_line);
