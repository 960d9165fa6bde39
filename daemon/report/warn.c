#include "daemon/report/warn.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

#define VALUE_MAX (2 * RL_PATH_MAX)

struct rl_warner {
    sd_event *event;
    struct rl_bus *bus; /* NULL: none */
    bool programs;
    struct rl_desktop *desktop;
    bool warned;      /* at all; the two below count then */
    uint64_t last_us; /* of the last one that went everywhere */
    uint8_t last_level;
};

int rl_warner_new(sd_event *event, const struct rl_warner_options *options, struct rl_warner **ret)
{
    struct rl_warner *warner = calloc(1, sizeof(*warner));
    int r;

    if (!warner)
        return -ENOMEM;
    warner->event = sd_event_ref(event);
    warner->programs = options->programs;
    r = rl_desktop_new(event, &options->desktop, &warner->desktop);
    if (r < 0) {
        rl_warner_free(warner);
        return r;
    }
    *ret = warner;
    return 0;
}

struct rl_warner *rl_warner_free(struct rl_warner *warner)
{
    if (!warner)
        return NULL;
    rl_desktop_free(warner->desktop);
    sd_event_unref(warner->event);
    free(warner);
    return NULL;
}

void rl_warner_set_bus(struct rl_warner *warner, struct rl_bus *bus)
{
    warner->bus = bus;
    if (bus)
        rl_bus_warn_programs(bus, warner->programs);
}

void rl_warner_warn_programs(struct rl_warner *warner, bool wanted)
{
    warner->programs = wanted;
    if (warner->bus)
        rl_bus_warn_programs(warner->bus, wanted);
}

static void log_warning(const struct rl_warning *warning)
{
    char policy[VALUE_MAX], cgroup[VALUE_MAX], level[16];
    const struct rl_field fields[] = {
        {"MESSAGE_ID", RL_MESSAGE_WARNING},
        {"RELIEFD_INCIDENT", warning->incident},
        {"RELIEFD_POLICY", rl_escape(warning->policy, policy, sizeof(policy))},
        {"RELIEFD_CGROUP", rl_escape(warning->cgroup, cgroup, sizeof(cgroup))},
        {"RELIEFD_LEVEL", level},
    };

    snprintf(level, sizeof(level), "%u", warning->level);
    rl_log_fields(LOG_WARNING, warning->sentence, fields, sizeof(fields) / sizeof(fields[0]));
}

static char *to_json(const struct rl_warning *warning)
{
    json_auto_t *json = json_pack("{s:s, s:o, s:o, s:i, s:s, s:o}", "id", warning->incident,
        "policy", rl_json_string(warning->policy), "cgroup", rl_json_string(warning->cgroup),
        "level", (int)warning->level, "level_name", rl_warn_level_name(warning->level), "message",
        rl_json_string(warning->sentence));

    return json ? rl_json_text(json) : NULL;
}

static void signal_warning(struct rl_warner *warner, const struct rl_warning *warning)
{
    rl_auto_free char *json = to_json(warning);

    if (!json) {
        rl_error(
            "No memory for a warning of incident %s: it is in the journal only", warning->incident);
        return;
    }
    if (warner->bus)
        rl_bus_warning(warner->bus, warning->incident, json);
}

/* In words for somebody who has never heard of a cgroup. */
static void notify(struct rl_warner *warner, const struct rl_warning *warning)
{
    bool urgent = warning->level == RL_WARN_CRITICAL;
    char body[VALUE_MAX];
    struct rl_say say;

    rl_say_begin(&say, body, sizeof(body));
    if (strcmp(warning->cgroup, "/") == 0) {
        rl_say(&say, "Programs are waiting for memory.");
    } else {
        rl_say(&say, "Programs in ");
        rl_say_foreign(&say, warning->cgroup);
        rl_say(&say, " are waiting for memory.");
    }
    rl_say(&say, "%s",
        urgent ? " One of them will be ended soon: save your work and close what you do not need."
               : " Closing what you do not need will help.");
    rl_desktop_notify(warner->desktop, urgent, "Memory is running short", body);
}

/* What makes programs act and people look up: once a second is enough. */
static bool is_due(struct rl_warner *warner, uint8_t level)
{
    uint64_t now = 0;

    sd_event_now(warner->event, CLOCK_MONOTONIC, &now);
    if (warner->warned && now - warner->last_us < RL_WARN_US && level <= warner->last_level)
        return false;
    warner->warned = true;
    warner->last_us = now;
    warner->last_level = level;
    return true;
}

void rl_warner_warn(struct rl_warner *warner, const struct rl_warning *warning)
{
    log_warning(warning);
    signal_warning(warner, warning);
    if (!is_due(warner, warning->level))
        return;
    if (warner->bus && warner->programs && warning->level != RL_WARN_NONE)
        rl_bus_low_memory(warner->bus, warning->level);
    if (warning->desktop)
        notify(warner, warning);
}

void rl_warner_calm(struct rl_warner *warner)
{
    if (warner->bus)
        rl_bus_calm(warner->bus);
}

const char *rl_warning_sentence(const struct rl_record *record, char *buf, size_t size)
{
    char amount[RL_TEXT_MAX], line[RL_TEXT_MAX];
    const char *sign = ":";
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    if (strcmp(record->offender, "/") == 0)
        rl_say(&say, "The machine");
    else
        rl_say_foreign(&say, record->offender);
    rl_say(&say, " is short of memory");
    for (uint8_t i = 0; i < record->n_lines && i < RL_LINES_MAX; i++) {
        const struct rl_reading *reading = &record->readings[i];
        if (!reading->known)
            continue;
        rl_amount_text(reading->unit, reading->value, amount, sizeof(amount));
        rl_line_text(&record->lines[i], line, sizeof(line));
        rl_say(&say, "%s %s %s (%s)", sign, rl_line_noun(record->lines[i].kind), amount, line);
        sign = ",";
    }
    return buf;
}
