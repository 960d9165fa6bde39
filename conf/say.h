/* The parts of a policy's English sentence, for sentence.c only: each is printed, none fails but
 * for the stream. */
#pragma once

#include <stdio.h>

#include "conf/value.h"
#include "policy/policy.h"

/* Room for one number as text. */
struct rl_say_text {
    char buf[64];
};

#define RL_SAY(format, number)                                                                     \
    rl_format_##format(number, (struct rl_say_text){0}.buf, sizeof(struct rl_say_text))

/* "Acts on cgroups that match X": whom the policy is for. */
void rl_say_match(FILE *out, const struct rl_match *match);

/* " when ...": all triggers, to the full stop. */
void rl_say_triggers(FILE *out, const struct rl_policy *policy);

/* "Chooses ...": who dies, up to those that are never touched. */
void rl_say_victim(FILE *out, const struct rl_victim *victim);

/* "Never touches: ..." */
void rl_say_protect(FILE *out, const struct rl_victim *victim);

/* "sends SIGTERM and waits 5 s, if that was not enough ...": the ladder, to the last comma. */
void rl_say_steps(FILE *out, const struct rl_relief *relief);
