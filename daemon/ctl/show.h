/* Parts of records and explanations that more than one subcommand shows. */
#pragma once

#include <jansson.h>

#include "daemon/report/say.h"

/* Who was or would be the victim, in words: "postgres[4711] in /a/b"; "nobody". pod: what is known
 * of one that it may be in; NULL, null: nothing. */
void rl_show_victim(struct rl_say *say, const json_t *victim, const json_t *pod);

/* A cgroup by its path, or what it is of that pod: "container web of pod shop/web-1". */
void rl_show_place(struct rl_say *say, const json_t *pod, const char *cgroup);

/* A sentence on what happened, for a list: the outcome's text, or "still running". */
const char *rl_show_outcome(const json_t *record, char *buf, size_t size);

/* The text of a reason's id; safe to print, whatever the id is. */
const char *rl_show_reason(const char *id);

/* The pauses that stand, one a line: what, until when, by whom. Nothing for none. */
void rl_show_pauses(const json_t *pauses, unsigned indent);

/* Tables. Each prints nothing where there is nothing to show. */
void rl_show_lines(const json_t *lines, unsigned indent);
/* The same with how far each number is from its threshold. */
void rl_show_distances(const json_t *lines, unsigned indent);
void rl_show_candidates(const json_t *candidates);
void rl_show_groups(const json_t *groups);
void rl_show_incidents(const json_t *records, unsigned indent);
