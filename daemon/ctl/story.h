/* An incident told in plain English, from its record. */
#pragma once

#include <jansson.h>

/* Print it: a dozen lines of prose, then the tables that back them. */
void rl_story_print(const json_t *record);

/* ---- story-other.c ---- */
/* Of kind kernel-oom: what the kernel did, and why. */
void rl_story_kernel(const json_t *record);
/* What was found of an incident that nobody has ended; nothing of others. */
void rl_story_interrupted(const json_t *record);

/* The sentence on whose shortage it is, with its numbers; "" where no evidence was sought. */
void rl_story_origin(const json_t *origin, char *buf, size_t size);
