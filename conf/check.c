/* What can only be said of a policy once all of its files are read: names are resolved here, the
 * parts are put together, and contradictions between them are told. */
#include "conf/draft.h"

#include <stdio.h>
#include <string.h>

#include "conf/suggest.h"
#include "policy/step.h"

static struct rl_written whole(const struct rl_draft *draft)
{
    return (struct rl_written){.path = draft->policy->source};
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

/* The first rung from that one on that may end processes; NULL: none. */
static const struct rl_step *first_kill(const struct rl_relief *relief, uint8_t from)
{
    for (size_t i = from; i < relief->n; i++)
        if (rl_step_traits(relief->steps[i].kind)->kills)
            return &relief->steps[i];
    return NULL;
}

static void check_events(
    struct rl_draft *draft, const struct rl_draft_trigger *trigger, uint8_t from)
{
    const struct rl_relief *relief = &draft->policy->relief;
    const struct rl_step *deadly = first_kill(relief, from);
    size_t hits = 0;
    bool kills = false;

    for (size_t i = from; i < relief->n; i++)
        kills = kills || relief->steps[i].kind == RL_STEP_KILL;
    for (size_t i = 0; i < trigger->n; i++) {
        hits += counts_limit_hits(&trigger->lines[i]);
        if (kills && trigger->lines[i].kind == RL_LINE_EVENTS &&
            trigger->lines[i].counter == RL_COUNT_OOM_KILL)
            rl_draft_say(draft, RL_WARNING, &trigger->places[i], "kill-after-kill",
                "Events=oom_kill with Step=kill: the kernel has killed already when this holds");
    }
    if (deadly && trigger->n && hits == trigger->n)
        rl_draft_say(draft, RL_ERROR, &trigger->places[0], "events-alone",
            "[Trigger %s] has only Events=high or max, which page cache alone moves, and leads to "
            "'%s'; add Pressure= or Headroom=",
            trigger->name, rl_step_name(deadly->kind));
}

#define REFAULTS_WINDOW_US (10 * RL_US_PER_S) /* of Refaults= without another window */

/* Refaults= counts over the longest window of the lines beside it. */
static void fill_windows(struct rl_trigger *trigger)
{
    uint64_t longest = 0;

    for (size_t i = 0; i < trigger->n; i++)
        if (trigger->lines[i].kind != RL_LINE_REFAULTS && trigger->lines[i].window_us > longest)
            longest = trigger->lines[i].window_us;
    for (size_t i = 0; i < trigger->n; i++)
        if (trigger->lines[i].kind == RL_LINE_REFAULTS)
            trigger->lines[i].window_us = longest ? longest : REFAULTS_WINDOW_US;
}

static void take_trigger(
    struct rl_draft *draft, const struct rl_draft_trigger *from, uint8_t first_step)
{
    struct rl_policy *policy = draft->policy;
    struct rl_trigger *to = &policy->triggers[policy->n_triggers++];

    *to = (struct rl_trigger){
        .name = from->name,
        .lineno = from->place.line,
        .n = from->n,
        .from = first_step,
        .for_us = from->for_us,
        .origin = from->origin,
        .gate = from->gate,
    };
    memcpy(to->lines, from->lines, from->n * sizeof(from->lines[0]));
    fill_windows(to);
    for (size_t i = 0; i < to->n; i++)
        policy->needs |= rl_line_needs(&to->lines[i]);
}

/* Where a line is missing that was not understood, this may not be what is meant. */
static void check_timed(struct rl_draft *draft, const struct rl_draft_trigger *trigger)
{
    const struct rl_policy *policy = draft->policy;

    if (draft->findings->errors == draft->errors_before &&
        rl_trigger_timed(&policy->triggers[policy->n_triggers - 1]))
        rl_draft_say(draft, RL_WARNING, &trigger->place, "timed",
            "[Trigger %s] has neither Pressure= nor Events=: nothing in the kernel announces this, "
            "so it is looked at every 1 to 30 s",
            trigger->name);
}

/* The keys of lines, as "Pressure=, Usage= or Events=". */
static void list_lines(char *buf, size_t size)
{
    size_t used = 0;

    buf[0] = '\0';
    for (int kind = 0; kind < RL_LINE_KINDS && used < size; kind++)
        used += (size_t)snprintf(buf + used, size - used, "%s%s=",
            kind == 0                   ? ""
            : kind + 1 == RL_LINE_KINDS ? " or "
                                        : ", ",
            rl_line_key((enum rl_line_kind)kind));
}

static void say_empty(struct rl_draft *draft, const struct rl_draft_trigger *trigger)
{
    char keys[256];

    list_lines(keys, sizeof(keys));
    rl_draft_say(draft, RL_ERROR, &trigger->place, "empty-trigger",
        "[Trigger %s] has no line that could hold; expected %s", trigger->name, keys);
}

static void check_triggers(struct rl_draft *draft)
{
    struct rl_written file = whole(draft);
    bool said = draft->too_many_triggers;

    for (size_t i = 0; i < draft->n_triggers; i++) {
        const struct rl_draft_trigger *trigger = &draft->triggers[i];

        said = said || trigger->faulty;
        if (trigger->n) {
            uint8_t from = resolve_from(draft, trigger);

            check_events(draft, trigger, from);
            take_trigger(draft, trigger, from);
            check_timed(draft, trigger);
        } else if (!trigger->emptied && !trigger->faulty) {
            said = true;
            say_empty(draft, trigger);
        }
    }
    if (draft->policy->n_triggers == 0 && !said)
        rl_draft_say(draft, RL_ERROR, &file, "no-trigger",
            "nothing says when to act; expected a [Trigger NAME] section");
}

/* What a rung can still do behind the ones before it. */
static void check_behind(struct rl_draft *draft, uint8_t rung)
{
    const struct rl_relief *relief = &draft->policy->relief;
    const struct rl_step *step = &relief->steps[rung];
    bool struck = false;

    for (uint8_t i = 0; i < rung; i++)
        struck = struck || rl_step_traits(relief->steps[i].kind)->strikes;
    if (relief->steps[rung - 1].kind == RL_STEP_PANIC)
        rl_draft_say(draft, RL_WARNING, &draft->step_places[rung], "step-after-panic",
            "Step=%s stands behind Step=panic, which leaves nothing to act on",
            rl_step_name(step->kind));
    else if (struck && rl_step_traits(step->kind)->signals)
        rl_draft_say(draft, RL_WARNING, &draft->step_places[rung], "step-after-kill",
            "Step=%s stands behind Step=kill, which leaves it nobody to act on",
            rl_step_name(step->kind));
}

static void check_relief(struct rl_draft *draft)
{
    const struct rl_relief *relief = &draft->policy->relief;
    struct rl_written file = whole(draft);

    if (relief->n == 0 && !draft->steps_faulty)
        rl_draft_say(draft, RL_ERROR, &file, "no-step",
            "nothing says what to do; expected Step= in [Relief]");
    for (size_t i = 1; i < relief->n; i++)
        check_behind(draft, (uint8_t)i);
}

static void warn_without(
    struct rl_draft *draft, const char *section, const char *key, bool idle, const char *why)
{
    const struct rl_written *place = rl_draft_given(draft, section, key);

    if (place->file && idle)
        rl_draft_say(draft, RL_WARNING, place, "no-effect", "%s= %s", key, why);
}

/* What stands in two lists that exclude each other. */
static void check_lists(struct rl_draft *draft, enum rl_draft_list more, const char *more_key,
    enum rl_draft_list less, const char *less_key)
{
    const struct rl_draft_patterns *a = &draft->patterns[more], *b = &draft->patterns[less];

    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < a->n; j++)
            if (strcmp(a->items[j].text, b->items[i].text) == 0) {
                rl_draft_say(draft, RL_WARNING, rl_draft_given(draft, "Victim", less_key),
                    "named-twice", "%s=: '%s' is named by %s=, too, which counts", less_key,
                    b->items[i].text, more_key);
                break;
            }
}

static void check_victim(struct rl_draft *draft)
{
    const struct rl_victim *victim = &draft->policy->victim;
    const struct rl_relief *relief = &draft->policy->relief;

    warn_without(draft, "Victim", "MaxProcesses",
        victim->max_processes && victim->kill == RL_KILL_PROCESS,
        "has no effect: Kill=process kills one at a time anyway");
    warn_without(draft, "Relief", "OnRepeat", relief->limit == 0, "has no effect without Limit=");
    check_lists(draft, RL_LIST_PROTECT, "Protect", RL_LIST_AVOID, "Avoid");
    check_lists(draft, RL_LIST_PROTECT, "Protect", RL_LIST_PREFER, "Prefer");
    check_lists(draft, RL_LIST_AVOID, "Avoid", RL_LIST_PREFER, "Prefer");
}

static void take_lists(struct rl_draft *draft)
{
    struct rl_victim *victim = &draft->policy->victim;

    victim->protect = draft->patterns[RL_LIST_PROTECT].items;
    victim->n_protect = draft->patterns[RL_LIST_PROTECT].n;
    victim->avoid = draft->patterns[RL_LIST_AVOID].items;
    victim->n_avoid = draft->patterns[RL_LIST_AVOID].n;
    victim->prefer = draft->patterns[RL_LIST_PREFER].items;
    victim->n_prefer = draft->patterns[RL_LIST_PREFER].n;
    victim->adjust = draft->numbers[RL_NUMBERS_ADJUST].items;
    victim->n_adjust = draft->numbers[RL_NUMBERS_ADJUST].n;
}

void rl_draft_finish_policy(struct rl_draft *draft)
{
    take_lists(draft);
    rl_check_match(draft);
    check_relief(draft);
    check_triggers(draft);
    check_victim(draft);
    rl_check_guard(draft);
}
