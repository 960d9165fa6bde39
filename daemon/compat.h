/* Units that were written for systemd-oomd.
 *
 * Their ManagedOOMSwap= and ManagedOOMMemoryPressure= become policies (conf/managed.h), files in a
 * folder of the daemon's own that counts less than all others: whoever ships UNIT.conf has his way.
 * What a unit does not say itself stands in oomd.conf (conf/oomd-conf.h).
 * Units of the system's manager are asked for over D-Bus, which is the only way: systemd gives its
 * varlink list to systemd-oomd.service alone, and on the cgroup it leaves nothing but the
 * preference (daemon/observe/marks.h), which counts with and without all this. A user's own reliefd
 * asks that user's manager in the same way, over the user's bus; nobody else asks it.
 *
 * No signal tells of a changed property. So all units are asked at start and after systemd has read
 * its files again, one that is new when it comes, and once more when something is written into the
 * folder of its properties (systemctl set-property). One question at a time, none while `busy` says
 * so; what is not told within its time limit is left as it was.
 *
 * While systemd-oomd has its bus name there are no such policies, and what it would kill is left to
 * it: see rl_compat_leaves(). Where no policies are wanted and systemd-oomd does not run, nobody is
 * asked and no unit's coming wakes anybody. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <systemd/sd-event.h>

/* Units that ask for something: each is a policy, of some 6 KiB in force. Others are said and left
 * out. */
#define RL_COMPAT_UNITS_MAX 1024
#define RL_COMPAT_NAME_MAX  250
#define RL_COMPAT_FOLDER    "systemd-units" /* below the runtime folder */

struct rl_compat_unit {
    char name[RL_COMPAT_NAME_MAX];
    bool swap, pressure;
    uint32_t limit;
    uint64_t duration_us;
    bool seen; /* by the questions that are going on */
    bool gone; /* systemd has let go of it */
};

/* What systemd-oomd manages, as much room as there are such units. It changes only in the event
 * loop, and grows only while no incident runs. */
struct rl_compat_left {
    struct rl_compat_unit **units; /* by name */
    size_t n, size;
    bool held; /* systemd-oomd runs */
};

struct rl_compat_options {
    const char *address;      /* of the manager's bus; NULL: the system's or the user's, if systemd
                               * manages this machine */
    const char *oomd_address; /* of the bus where systemd-oomd is; NULL: the system's. For a user's
                               * instance only, others have it on the same bus */
    bool user;                /* ask the user's manager */
    const char *folder;       /* where policies are written; NULL: none are. Copied */
    const char *const *control;   /* folders of set-property; NULL: the standard ones. Copied */
    const char *const *oomd_conf; /* folders of oomd.conf; NULL: systemd's. Outlive it */
    bool (*busy)(void *userdata); /* an incident runs: ask later. NULL: never */
    void (*told)(void *userdata); /* systemd-oomd has come or gone. NULL: nobody asks */
    void *userdata;
};

struct rl_compat;

/* Makes the folder; begins to ask. Return: 0, also where nobody is there to be asked; -errno. */
int rl_compat_new(sd_event *event, const struct rl_compat_options *options, struct rl_compat **ret);
/* The policies stay for the next start. NULL is allowed. Always returns NULL. */
struct rl_compat *rl_compat_free(struct rl_compat *compat);

/* Read oomd.conf anew, and have the policies' files say so, before they are read. NULL is allowed.
 */
void rl_compat_reload(struct rl_compat *compat);

const struct rl_compat_left *rl_compat_left(const struct rl_compat *compat);

/* The unit of that name. ret_at: where it is, or would be; may be NULL. Return: NULL: none. */
static inline struct rl_compat_unit *rl_compat_find(
    const struct rl_compat_left *left, const char *name, size_t len, size_t *ret_at)
{
    size_t from = 0, to = left->n;
    struct rl_compat_unit *found = NULL;

    while (from < to && !found) {
        size_t at = from + (to - from) / 2;
        int order = strncmp(left->units[at]->name, name, len);

        if (order == 0 && left->units[at]->name[len] == '\0')
            found = left->units[from = at];
        else if (order < 0)
            from = at + 1;
        else
            to = at;
    }
    if (ret_at)
        *ret_at = from;
    return found;
}

/**
 * rl_compat_leaves() - is a cgroup left to systemd-oomd?
 * @left: NULL: nothing is
 * @path: of the cgroup
 *
 * So it is at and below each unit that systemd-oomd may kill in while it runs; but for the root
 * slice, which holds all there is (Debian has ManagedOOMSwap=kill there): nothing would be left to
 * reliefd, not even what systemd-oomd does not look at. Allocates nothing.
 */
static inline bool rl_compat_leaves(const struct rl_compat_left *left, const char *path)
{
    size_t len;

    if (!left || !left->held)
        return false;
    for (const char *level = path + strspn(path, "/"); *level; level += strspn(level, "/")) {
        len = strcspn(level, "/");
        if (strncmp(level, "-.slice", len) != 0 && rl_compat_find(left, level, len, NULL))
            return true;
        level += len;
    }
    return false;
}
