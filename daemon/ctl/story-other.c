/* The parts of an incident's story that only some kinds of record have. */
#include <inttypes.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/show.h"
#include "daemon/ctl/story.h"
#include "daemon/report/say.h"

#define PARAGRAPH_MAX 4096

static void say_kills(struct rl_say *say, const json_t *record)
{
    uint64_t kills = rl_get_count(record, "kernel.kills");
    const char *cgroup = rl_get_text(record, "offender");

    rl_say(say, "The kernel's OOM killer has killed %" PRIu64 " process%s in ", kills,
        kills == 1 ? "" : "es");
    rl_show_place(say, rl_get(record, "pod"), *cgroup ? cgroup : "a cgroup");
    rl_say(say, ".");
}

static void say_foreseen(struct rl_say *say, const json_t *record)
{
    const char *policy = rl_get_text(record, "policy.name");
    const char *text = rl_get_text(record, "kernel.foreseen.text");
    const char *incident = rl_get_text(record, "kernel.incident");

    if (*policy) {
        rl_say(say, " Its policy is ");
        rl_say_foreign(say, policy);
        rl_say(say, ";");
    }
    if (*text)
        rl_say(say, " %s", text);
    if (*incident) {
        rl_say(say, " (");
        rl_say_foreign(say, incident);
        rl_say(say, ")");
    }
    rl_say(say, ".");
}

void rl_story_kernel(const json_t *record)
{
    char text[PARAGRAPH_MAX];
    const char *headline = rl_get_text(record, "kernel.report.headline");
    const char *missing = rl_get_text(record, "kernel.report_missing");
    struct rl_say say;

    rl_say_begin(&say, text, sizeof(text));
    say_kills(&say, record);
    say_foreseen(&say, record);
    rl_print_paragraph(0, text);
    rl_say_begin(&say, text, sizeof(text));
    if (*headline)
        rl_say_foreign(&say, headline);
    else
        rl_say(&say, "Why that one is not known: %s.", *missing ? missing : "there is no report");
    rl_print_paragraph(0, text);
    if (!*headline)
        return;
    rl_print_paragraph(0, "Its whole report stands in the record: explain --json, then "
                          "jq -r '.kernel.report.log[]' | reliefctl autopsy.");
}

void rl_story_interrupted(const json_t *record)
{
    char text[PARAGRAPH_MAX];
    const char *victim = rl_get_text(record, "interrupted.victim");
    struct rl_say say;

    if (!rl_get(record, "interrupted"))
        return;
    rl_say_begin(&say, text, sizeof(text));
    rl_say(&say, "%s before it was over, and when that was found ",
        rl_get_true(record, "interrupted.rebooted") ? "The machine went down"
                                                    : "That reliefd was ended");
    if (!*victim)
        rl_say(&say, "nobody had been chosen.");
    else if (strcmp(victim, "unknown") == 0)
        rl_say(&say, "it could not be told whether the victim lived.");
    else
        rl_say(&say, "the victim was %s.", strcmp(victim, "gone") == 0 ? "gone" : "still alive");
    rl_print_paragraph(0, text);
}
