/* Parts of reliefctl autopsy: why did the kernel kill that? */
#pragma once

#include <jansson.h>

#include "conf/load.h"
#include "daemon/autopsy/words.h"
#include "daemon/report/say.h"

/* What a policy would have chosen among the rows of a report. */
struct rl_autopsy_choice {
    const struct rl_policy *policy; /* NULL: none is for that cgroup */
    const char *offender;           /* path of the cgroup that was short; "/" for the machine */
    bool rated;                     /* false: its Score= needs what no report shows */
    struct rl_choice choice;        /* choice.found: */
    struct rl_candidate *candidates;
    size_t n;
    bool unsure; /* a Protect= or Avoid= line about a program or command line, which no report
                    shows, may mean whom it chose */
};

/**
 * rl_autopsy_choose() - find the policy of the cgroup that was short, and let it choose
 *
 * As the daemon does: its own policy, else its nearest ancestor's below the root, else a default.
 * Patterns about programs and command lines are taken to mean nobody, since they would mean
 * everybody else.
 * Return: 0 (policy NULL where there is none or nothing to choose from), or -ENOMEM.
 */
int rl_autopsy_choose(const struct rl_policy_set *set, const struct rl_oom_finding *finding,
    struct rl_autopsy_choice *ret);
void rl_autopsy_choice_free(struct rl_autopsy_choice *choice);

/* One report as JSON; choice may be NULL. Return: a new reference, NULL when memory is out. */
json_t *rl_autopsy_json(
    const struct rl_oom_finding *finding, const struct rl_autopsy_choice *choice);

/* The same told in English, on stdout; the number counts reports from 1. */
void rl_autopsy_story(
    const struct rl_oom_finding *finding, const struct rl_autopsy_choice *choice, unsigned number);

/* Where memory was that the table of tasks does not show; nothing where it shows all of it. */
void rl_autopsy_elsewhere(struct rl_say *say, const struct rl_oom_finding *finding);
