/* A finding in words and as JSON: the parts of reliefctl autopsy that records need too. */
#pragma once

#include <jansson.h>

#include "daemon/autopsy/judge.h"
#include "daemon/report/say.h"

/* A report of reliefctl autopsy --json but for "policy". Return: a new reference, NULL when memory
 * is out. */
json_t *rl_autopsy_finding_json(const struct rl_oom_finding *finding);

/* One sentence that answers "why did it kill that?". */
void rl_autopsy_headline(struct rl_say *say, const struct rl_oom_finding *finding);

/* Words of the parts above: "mysqld[2293]", a size in pages of the report's machine, "the machine"
 * or "the cgroup /a". */
void rl_autopsy_name(struct rl_say *say, const char *comm, int64_t pid);
void rl_autopsy_pages(struct rl_say *say, const struct rl_oom_finding *finding, uint64_t pages);
void rl_autopsy_bytes(struct rl_say *say, uint64_t bytes);
void rl_autopsy_domain(struct rl_say *say, const struct rl_oom_finding *finding);
/* Resident and swapped pages of a task. */
uint64_t rl_autopsy_held(const struct rl_oom_task *task);
/* Of all tasks in the table. */
uint64_t rl_autopsy_held_by_all(const struct rl_oom_report *report);
