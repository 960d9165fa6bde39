/* The journal's entry for an incident: one sentence, and fields to search by. */
#pragma once

#include <jansson.h>

#include "daemon/report/record.h"

/* One stable id per kind of entry; texts for people are in contrib/systemd/reliefd.catalog. */
#define RL_MESSAGE_STARTED     "585656ee448b4832ac0a894f56b671e3"
#define RL_MESSAGE_ENDED       "7d68bd80ceae49f5984e31d07ddb0071"
#define RL_MESSAGE_NO_VICTIM   "56ce3c6dfc7048cd8682314f7b1ed3ff"
#define RL_MESSAGE_NOT_ACTED   "44e8af36570143149b94e0d28b07596b"
#define RL_MESSAGE_REFUSED     "01c46d69337e48bc941628e63013702d"
#define RL_MESSAGE_KERNEL_OOM  "e655a0f8126a4864b2d9a35c2aa90fee"
#define RL_MESSAGE_INTERRUPTED "adc50cdeabb34176a8a97621ffd71709"
#define RL_MESSAGE_WENT_LIVE   "114e740354654d16bf5d9bd4aa3aa83b"

/* Log the incident as it is now: an open record is one that has started. */
void rl_entry_log(const struct rl_record *record);

/* Log a kill of the kernel's; kernel: the record's "kernel". */
void rl_entry_kernel_oom(const struct rl_record *record, const json_t *kernel);

/* Log a record that rl_interrupted_complete() has completed. */
void rl_entry_interrupted(const json_t *record);
