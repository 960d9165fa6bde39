/* The step `warn`: telling those who can help themselves, before anybody is signalled.
 *
 * Four channels, each by itself: an entry in the journal; the signal Warning of org.reliefd1, on
 * the private bus and on the system bus; the signal LowMemoryWarning of
 * org.freedesktop.LowMemoryMonitor, for programs that use GMemoryMonitor; a notification on the
 * desktop. One that is missing or hangs costs nothing but itself. A warning never blocks and never
 * fails: a ladder goes on after it in any case.
 *
 * Repeating a warning while the pressure holds, and dry runs, are the caller's matter. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/report/bus.h"
#include "daemon/report/desktop.h"
#include "daemon/report/record.h"
#include "policy/warn.h"

/* The journal's id for a warning; text for people is in contrib/systemd/reliefd.catalog. */
#define RL_MESSAGE_WARNING "ac11f9bfcc664a95a299bd6fc87a7f1a"

/* LowMemoryWarning and notifications go out once in this time, unless the level rises. */
#define RL_WARN_US UINT64_C(1000000)

struct rl_warning {
    const char *incident; /* id */
    const char *policy;
    const char *cgroup;   /* where the shortage is; "/" is the machine. Both as they are: escaped
                             here */
    const char *sentence; /* one line, safe to show (rl_warning_sentence()) */
    uint8_t level;        /* rl_warn_level(); RL_WARN_NONE: no LowMemoryWarning */
    bool desktop;
};

struct rl_warner_options {
    bool programs; /* false: no LowMemoryWarning */
    struct rl_desktop_options desktop;
};

struct rl_warner;

/**
 * rl_warner_new() - get ready to warn
 * Return: 0; -errno when memory or descriptors are out.
 */
int rl_warner_new(sd_event *event, const struct rl_warner_options *options, struct rl_warner **ret);
struct rl_warner *rl_warner_free(struct rl_warner *warner);

/* Where signals go, the system bus among it; NULL: nowhere. It must outlive the warner, or be taken
 * away before. */
void rl_warner_set_bus(struct rl_warner *warner, struct rl_bus *bus);

/* Be org.freedesktop.LowMemoryMonitor on the system bus, or leave it: a daemon none of whose
 * policies warns shall not look like one. */
void rl_warner_warn_programs(struct rl_warner *warner, bool wanted);

void rl_warner_warn(struct rl_warner *warner, const struct rl_warning *warning);

/* An incident with a warning has ended: time for what must not be done under pressure. */
void rl_warner_calm(struct rl_warner *warner);

/* One sentence for a warning: who is short of memory, by which lines of the trigger. Always
 * terminated, foreign names escaped, no line feed; RL_SENTENCE_MAX is enough. Return: buf. */
const char *rl_warning_sentence(const struct rl_record *record, char *buf, size_t size);
