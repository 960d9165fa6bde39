/* Levels of a warning, as programs that use GMemoryMonitor know them: GLib's
 * GMemoryMonitorWarningLevel (gio/gioenums.h, 2.64). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum rl_warn_level {
    RL_WARN_NONE = 0,      /* not a matter of the whole machine: no such signal */
    RL_WARN_LOW = 50,      /* give back what is not needed */
    RL_WARN_MEDIUM = 100,  /* try harder; end if there is no need to run */
    RL_WARN_CRITICAL = 255 /* processes are about to be ended */
};

/* Where a warning stands in its ladder. */
struct rl_warn_place {
    unsigned warned; /* steps `warn` taken before it in this incident */
    bool last_call;  /* the next rung that is no warning ends somebody (terminate, kill, restart,
                        panic) */
    bool machine;    /* the machine itself is short, not one cgroup against its own limit */
};

/**
 * rl_warn_level() - the level that the signal carries
 * @asked: what the policy says (`warn medium`), RL_WARN_NONE where it says nothing
 *
 * What is asked for is taken. Else a cgroup that is short within its own limit gets RL_WARN_NONE:
 * programs elsewhere could free nothing that helps it. Else the last warning before somebody is
 * ended is critical, the first of others low, later ones medium.
 */
enum rl_warn_level rl_warn_level(enum rl_warn_level asked, const struct rl_warn_place *place);

/* "low", "medium", "critical", "none"; a number in between goes by the name below it. */
const char *rl_warn_level_name(unsigned level);

/* Return: the level of "low", "medium" or "critical", -EINVAL for anything else. */
int rl_warn_level_from_name(const char *name);
