/* What can only be said of a policy once all of its files are read: names are resolved here, the
 * parts are put together, and contradictions between them are told. */
#include "conf/draft.h"

#include <stdio.h>
#include <string.h>

#include "conf/suggest.h"

static struct rl_place whole(const struct rl_draft *draft)
{
    return (struct rl_place){.path = draft->policy->source};
}

static void check_match(struct rl_draft *draft)
{
    struct rl_match *match = &draft->policy->match;
    struct rl_place file = whole(draft);
    size_t named = 0;

    match->cgroups = draft->cgroups;
    match->n_cgroups = draft->n_cgroups;
    for (size_t i = 0; i < draft->n_cgroups; i++)
        named += !draft->cgroups[i].exclude;
    if (match->attach == RL_ATTACH_UNIT && draft->match_place.file)
        rl_draft_say(draft, RL_ERROR, &draft->match_place, "match-and-unit",
            "[Match] contradicts the file's name, by which it is for %s", match->unit);
    else if (match->attach == RL_ATTACH_MATCH && draft->n_cgroups == 0)
        rl_draft_say(draft, RL_ERROR, draft->match_place.file ? &draft->match_place : &file,
            "no-match",
            "nothing says which cgroups this is for; expected [Match] with Cgroup=, or a file "
            "named after a unit");
    else if (draft->n_cgroups && named == 0)
        rl_draft_say(draft, RL_WARNING, &draft->match_place, "only-exclusions",
            "Cgroup= has exclusions only, so the policy is for every other cgroup");
}

/* The rungs that exist, as "terminate, kill". */
static void list_steps(const struct rl_relief *relief, char *buf, size_t size)
{
    size_t used = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < relief->n && used < size; i++)
        used += (size_t)snprintf(
            buf + used, size - used, "%s%s", i ? ", " : "", rl_step_name(relief->steps[i].kind));
}

/* The first rung of that name. */
static uint8_t resolve_from(struct rl_draft *draft, const struct rl_draft_trigger *trigger)
{
    const struct rl_relief *relief = &draft->policy->relief;
    struct rl_suggestion near = {.word = trigger->from ? trigger->from : ""};
    char steps[256], buf[96];

    if (!trigger->from || draft->steps_faulty || relief->n == 0)
        return 0;
    for (uint8_t i = 0; i < relief->n; i++) {
        const char *name = rl_step_name(relief->steps[i].kind);

        if (strcmp(name, trigger->from) == 0)
            return i;
        rl_suggest(&near, name);
    }
    list_steps(relief, steps, sizeof(steps));
    rl_draft_say(draft, RL_ERROR, &trigger->from_place, "no-such-step",
        "From=: no step is called '%s'%s; the steps are: %s", trigger->from,
        rl_suggestion_text(&near, buf, sizeof(buf)), steps);
    return 0;
}

static bool counts_limit_hits(const struct rl_line *line)
{
    return line->kind == RL_LINE_EVENTS &&
           (line->counter == RL_COUNT_HIGH || line->counter == RL_COUNT_MAX);
}

/* Every step there is sends a signal. */
static void check_events(struct rl_draft *draft, const struct rl_draft_trigger *trigger)
{
    const struct rl_relief *relief = &draft->policy->relief;
    size_t hits = 0;
    bool kills = false;

    for (size_t i = 0; i < relief->n; i++)
        kills = kills || relief->steps[i].kind == RL_STEP_KILL;
    for (size_t i = 0; i < trigger->n; i++) {
        hits += counts_limit_hits(&trigger->lines[i]);
        if (kills && trigger->lines[i].kind == RL_LINE_EVENTS &&
            trigger->lines[i].counter == RL_COUNT_OOM_KILL)
            rl_draft_say(draft, RL_WARNING, &trigger->places[i], "kill-after-kill",
                "Events=oom_kill with Step=kill: the kernel has killed already when this holds");
    }
    if (relief->n && trigger->n && hits == trigger->n)
        rl_draft_say(draft, RL_ERROR, &trigger->places[0], "events-alone",
            "[Trigger %s] has only Events=high or max, which page cache alone moves, and leads to "
            "'%s'; add Pressure= or Headroom=",
            trigger->name, rl_step_name(relief->steps[0].kind));
}

static void take_trigger(struct rl_draft *draft, const struct rl_draft_trigger *from)
{
    struct rl_policy *policy = draft->policy;
    struct rl_trigger *to = &policy->triggers[policy->n_triggers++];

    to->name = from->name;
    to->lineno = from->place.line;
    memcpy(to->lines, from->lines, from->n * sizeof(from->lines[0]));
    to->n = from->n;
    to->from = resolve_from(draft, from);
    for (size_t i = 0; i < from->n; i++)
        policy->needs |= rl_line_needs(&from->lines[i]);
}

static void check_triggers(struct rl_draft *draft)
{
    struct rl_place file = whole(draft);
    bool said = draft->too_many_triggers;

    for (size_t i = 0; i < draft->n_triggers; i++) {
        const struct rl_draft_trigger *trigger = &draft->triggers[i];

        said = said || trigger->faulty;
        if (trigger->n) {
            check_events(draft, trigger);
            take_trigger(draft, trigger);
        } else if (!trigger->emptied && !trigger->faulty) {
            said = true;
            rl_draft_say(draft, RL_ERROR, &trigger->place, "empty-trigger",
                "[Trigger %s] has no line that could hold; expected Pressure=, Usage=, Headroom= "
                "or Events=",
                trigger->name);
        }
    }
    if (draft->policy->n_triggers == 0 && !said)
        rl_draft_say(draft, RL_ERROR, &file, "no-trigger",
            "nothing says when to act; expected a [Trigger NAME] section");
}

static void check_relief(struct rl_draft *draft)
{
    const struct rl_relief *relief = &draft->policy->relief;
    struct rl_place file = whole(draft);

    if (relief->n == 0 && !draft->steps_faulty)
        rl_draft_say(draft, RL_ERROR, &file, "no-step",
            "nothing says what to do; expected Step= in [Relief]");
    for (size_t i = 1; i < relief->n; i++)
        if (relief->steps[i - 1].kind == RL_STEP_KILL)
            rl_draft_say(draft, RL_WARNING, &draft->step_places[i], "step-after-kill",
                "Step=%s stands behind Step=kill, which leaves it nobody to act on",
                rl_step_name(relief->steps[i].kind));
}

void rl_draft_finish_policy(struct rl_draft *draft)
{
    draft->policy->victim.protect = draft->protect;
    draft->policy->victim.n_protect = draft->n_protect;
    check_match(draft);
    check_relief(draft);
    check_triggers(draft);
}
