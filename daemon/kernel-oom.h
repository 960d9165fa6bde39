/* Records of the kernel's OOM kills in cgroups that reliefd watches.
 *
 * memory.events of the top-level cgroups say that somebody was killed; what grew below is found by
 * going down where it grew. A second later, when the report is complete, a thread reads it from
 * /dev/kmsg; then the record is told. Nothing of this runs between a wake-up and a signal, and
 * without /dev/kmsg records have the rest.
 *
 * Bounded: one record a cgroup and minute; what is killed there meanwhile is told together. */
#pragma once

#include "daemon/observe/tree.h"

struct rl_engine;
struct rl_ooms;

/* kmsg: path of the kernel's log, NULL: without. Return: 0 or -errno. */
int rl_ooms_new(struct rl_engine *engine, const char *kmsg, struct rl_ooms **ret);
struct rl_ooms *rl_ooms_free(struct rl_ooms *ooms);

/* Can the kernel's own reports be read? ooms may be NULL. */
bool rl_ooms_have_log(const struct rl_ooms *ooms);

/* memory.events of a top-level cgroup moved: look when nothing is urgent. Cheap. */
void rl_ooms_stir(struct rl_ooms *ooms, const struct rl_cgroup *top);

/* Look at all that has moved; the first time at everything, to know what was before. */
void rl_ooms_look(struct rl_ooms *ooms);

/* The cgroup is gone. */
void rl_ooms_forget(struct rl_ooms *ooms, uint64_t id);
