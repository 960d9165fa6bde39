/* Decisions as they stand in a trace, taken once more and compared. What comes from outside of the
 * pure core (a victim's death, what a step came to) is taken from the trace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/replay/private.h"
#include "policy/step.h"

/* ---- comparing ---- */

static void differ_number(
    struct rl_replay *replay, uint64_t number, const char *what, int64_t was, int64_t is)
{
    char a[32], b[32];

    if (was == is)
        return;
    snprintf(a, sizeof(a), "%lld", (long long)was);
    snprintf(b, sizeof(b), "%lld", (long long)is);
    rl_replay_differ(replay, number, what, a, b);
}

static void differ_reason(struct rl_replay *replay, uint64_t number, const char *what,
    enum rl_reason was, enum rl_reason is)
{
    if (was != is)
        rl_replay_differ(replay, number, what, was == RL_REASON_NONE ? "none" : rl_reason_id(was),
            is == RL_REASON_NONE ? "none" : rl_reason_id(is));
}

static void differ_text(
    struct rl_replay *replay, uint64_t number, const char *what, const char *was, const char *is)
{
    if (strcmp(was, is) != 0)
        rl_replay_differ(replay, number, what, was, is);
}

/* ---- looks ---- */

static void follow_look(struct rl_replay *replay, const struct rl_note_look *note)
{
    struct rl_replay_cgroup *cgroup = rl_replay_cgroup_of(&replay->state, note->id);
    const struct rl_policy *policy = rl_replay_policy(&replay->state, note->policy, NULL);
    const struct rl_verdict *verdict;
    bool new;

    replay->counts.looks++;
    replay->now_us = note->now_us;
    if (!cgroup || !policy) {
        rl_replay_differ(replay, 0, cgroup ? "policy of a look" : "cgroup of a look",
            cgroup ? note->policy : "known", "not in the trace");
        return;
    }
    new = cgroup->policy != policy;
    cgroup->policy = policy;
    cgroup->subject = note->subject;
    cgroup->subject_up = note->subject_up;
    cgroup->sample.have = note->have;
    cgroup->paused = note->paused;
    rl_replay_judge(&replay->state, cgroup, note->asked, note->now_us);
    if (new)
        rl_replay_tell_watched(replay, cgroup);
    verdict = &cgroup->verdict;
    differ_number(replay, 0, "look: holds", note->holds, verdict->holds);
    differ_number(replay, 0, "look: trigger", note->trigger, verdict->trigger);
    differ_number(replay, 0, "look: number of triggers", note->n, policy->n_triggers);
    for (size_t i = 0; i < note->n && i < policy->n_triggers; i++)
        differ_reason(replay, 0, "look: why", note->why[i], verdict->why[i]);
    differ_reason(replay, 0, "look: origin", note->origin, verdict->origin.verdict);
    differ_number(replay, 0, "look: next at", (int64_t)note->next_us, (int64_t)verdict->next_us);
}

/* ---- incidents ---- */

static void open_incident(struct rl_replay *replay, const struct rl_note_open *note,
    const struct rl_replay_cgroup *cgroup, const struct rl_policy *policy, bool dry)
{
    struct rl_replay_state *s = &replay->state;
    struct rl_replay_running *running;
    uint64_t until;
    struct rl_told told = {.kind = RL_TOLD_OPENED,
        .number = note->incident,
        .id = note->name,
        .cgroup = cgroup->path,
        .policy = policy->name,
        .trigger = policy->triggers[note->trigger].name,
        .looked = cgroup,
        .dry = dry,
        .by_hand = note->by_hand};

    running = rl_replay_open(
        s, note->incident, cgroup, &policy->triggers[note->trigger], dry, note->now_us);
    if (!running)
        return;
    replay->counts.incidents++;
    running->by_hand = running->allowed = note->by_hand;
    running->tried = note->tried;
    if (note->by_hand) {
        until = rl_replay_cooldown(s, cgroup);
        if (until > note->now_us)
            running->hold_until_us = until;
        if (note->rungs == 1) {
            running->relief.steps[0] = note->step;
            running->relief.n = 1;
            running->incident.step = 0;
        }
    }
    rl_replay_tell(replay, &told);
}

static void follow_open(struct rl_replay *replay, const struct rl_note_open *note)
{
    struct rl_replay_cgroup *cgroup = rl_replay_cgroup_of(&replay->state, note->id);
    bool dry = false;
    const struct rl_policy *policy = rl_replay_policy(&replay->state, note->policy, &dry);
    struct rl_opening opening;
    enum rl_reason why;

    replay->now_us = note->now_us;
    if (!cgroup || !policy || note->trigger >= policy->n_triggers) {
        rl_replay_differ(replay, note->incident, "incident", "opened", "of nothing in the trace");
        return;
    }
    cgroup->policy = policy;
    cgroup->subject = note->subject;
    cgroup->subject_up = note->subject_up;
    rl_replay_opening(&replay->state, cgroup, note->now_us, &opening);
    opening.paused = note->why == RL_WAIT_PAUSED;
    opening.full = note->no_room;
    why = note->by_hand ? RL_REASON_NONE /* nothing but another incident stands in its way */
                        : rl_opening_why(&opening);
    differ_reason(replay, note->incident, "why no incident was opened", note->why, why);
    if (!note->by_hand) {
        differ_number(replay, note->incident, "incident: holds", 1, cgroup->verdict.holds);
        differ_number(
            replay, note->incident, "incident: trigger", note->trigger, cgroup->verdict.trigger);
    }
    if (note->incident == 0)
        return;
    /* When a policy of DryRun=until goes live is told by grades, which are no part of a trace. */
    if (policy && policy->relief.dry_run == RL_DRY_UNTIL)
        dry = note->dry;
    differ_number(replay, note->incident, "incident: dry run", note->dry, dry);
    open_incident(replay, note, cgroup, policy, dry);
}

/* What the trace has as news of the world, and what follows from what is known here. */
static void make_news(
    struct rl_replay *replay, struct rl_replay_running *running, struct rl_news *news)
{
    const struct rl_replay_cgroup *cgroup;

    if (news->offender_gone)
        running->there = false;
    cgroup = running->there ? rl_replay_cgroup_of(&replay->state, running->id) : NULL;
    /* Between two orders at once it is not asked again: the answer before stands. */
    if (rl_incident_asks(&running->incident))
        running->held = rl_incident_goes_on(&running->incident, running->by_hand,
            rl_replay_still_holds(&replay->state, running, news->now_us));
    else if (running->order.what != RL_DO_STEP && running->order.what != RL_DO_SKIP)
        running->held = false;
    news->holds = running->held;
    news->used_known = cgroup && cgroup->level.used_known;
    news->used = news->used_known ? cgroup->level.used : 0;
    news->skipped = news->failed = RL_REASON_NONE;
    if (rl_reason_skips(running->step))
        news->skipped = running->step;
    else
        news->failed = running->step;
    running->step = RL_REASON_NONE;
}

static void tell_order(struct rl_replay *replay, const struct rl_replay_running *running)
{
    const struct rl_order *order = &running->order;
    const struct rl_replay_cgroup *cgroup = rl_replay_cgroup_of(&replay->state, running->id);
    struct rl_told told = {.kind = RL_TOLD_STEP,
        .number = running->number,
        .cgroup = cgroup ? cgroup->path : NULL,
        .step = &running->relief.steps[order->step],
        .why = order->what == RL_DO_SKIP ? order->why : RL_REASON_NONE,
        .dry = running->incident.dry,
        .assuming = order->assuming};

    rl_replay_tell(replay, &told);
}

static void compare_orders(struct rl_replay *replay, uint64_t number, const struct rl_order *was,
    const struct rl_order *is)
{
    static const char *const names[] = {"wait", "step", "skip", "end"};

    differ_text(replay, number, "order", names[was->what], names[is->what]);
    differ_number(replay, number, "order: step", was->step, is->step);
    differ_number(replay, number, "order: exclude", was->exclude, is->exclude);
    differ_number(replay, number, "order: assuming no effect", was->assuming, is->assuming);
    differ_reason(replay, number, "order: why", was->why, is->why);
    differ_number(replay, number, "order: wake at", (int64_t)was->wake_us, (int64_t)is->wake_us);
}

static void follow_next(struct rl_replay *replay, const struct rl_note_next *note)
{
    struct rl_replay_running *running = rl_replay_running_of(&replay->state, note->incident);
    struct rl_news news = note->news;

    replay->now_us = news.now_us;
    if (!running) {
        rl_replay_differ(replay, note->incident, "incident", "running", "not running");
        return;
    }
    make_news(replay, running, &news);
    differ_number(replay, note->incident, "trigger still holds", note->news.holds, news.holds);
    differ_number(
        replay, note->incident, "memory in use", (int64_t)note->news.used, (int64_t)news.used);
    differ_reason(
        replay, note->incident, "why a step was passed over", note->news.skipped, news.skipped);
    differ_reason(
        replay, note->incident, "why a step could not be taken", note->news.failed, news.failed);
    running->order = rl_incident_next(&running->incident, &running->relief, &news);
    compare_orders(replay, note->incident, &note->order, &running->order);
    running->allowance = running->choice = RL_REASON_NONE;
    running->asked_allowance = running->asked_choice = false;
    if (running->order.what == RL_DO_SKIP)
        running->step = running->order.why;
    if (running->order.exclude)
        running->chosen = running->refused = false;
    if (running->order.what == RL_DO_STEP || running->order.what == RL_DO_SKIP)
        tell_order(replay, running);
}

static void follow_allow(struct rl_replay *replay, const struct rl_note_allow *note)
{
    struct rl_replay_running *running = rl_replay_running_of(&replay->state, note->incident);
    struct rl_allowance allowance;

    if (!running)
        return;
    replay->now_us = note->now_us;
    allowance = rl_replay_allowance(&replay->state, running, &note->now, note->now_us);
    differ_reason(replay, note->incident, "why no kill is allowed", note->why, allowance.why);
    differ_number(replay, note->incident, "a kill is allowed again at", (int64_t)note->until_us,
        (int64_t)allowance.until_us);
    running->asked_allowance = true;
    running->allowed = allowance.why == RL_REASON_NONE;
    if (running->allowed)
        return;
    running->hold_until_us = allowance.until_us;
    running->allowance = rl_allowance_outcome(&allowance);
}

/* ---- choices ---- */

/* A choice is known by its names: indices are those of other arrays. */
static void name_choice(
    const struct rl_replay_state *s, const struct rl_choice *choice, struct rl_note_choice *ret)
{
    *ret = (struct rl_note_choice){.found = choice->found, .why = choice->why};
    if (!choice->found)
        return;
    ret->scope = choice->scope;
    ret->points = choice->points;
    ret->widened = choice->widened;
    ret->one_by_one = choice->one_by_one;
    ret->fell_back = choice->fell_back;
    ret->mm = choice->mm;
    snprintf(ret->cgroup, sizeof(ret->cgroup), "%s", s->groups[choice->group].path);
    if (choice->scope == RL_KILL_PROCESS)
        ret->pid = s->pool.items[choice->candidate].process.pid;
    if (choice->instead_of >= 0)
        ret->instead_of = s->pool.items[choice->instead_of].process.pid;
}

static void compare_choices(
    struct rl_replay *replay, const struct rl_note_choice *was, const struct rl_note_choice *is)
{
    uint64_t number = was->incident;

    differ_number(replay, number, "victim: found", was->found, is->found);
    differ_reason(replay, number, "victim: why nobody", was->why, is->why);
    differ_number(replay, number, "victim: pid", was->pid, is->pid);
    differ_text(replay, number, "victim: cgroup", was->cgroup, is->cgroup);
    differ_text(
        replay, number, "victim: what dies", rl_kill_name(was->scope), rl_kill_name(is->scope));
    differ_number(replay, number, "victim: points", was->points, is->points);
    differ_number(replay, number, "victim: instead of", was->instead_of, is->instead_of);
    differ_number(replay, number, "victim: shares memory", was->mm, is->mm);
    differ_number(replay, number, "victim: whole group", was->widened, is->widened);
    differ_number(replay, number, "victim: one by one", was->one_by_one, is->one_by_one);
    differ_number(replay, number, "victim: fell back", was->fell_back, is->fell_back);
}

static int choose(struct rl_replay *replay, const struct rl_note_table *table,
    const struct rl_note_choice *note, bool *ret_found, enum rl_reason *ret_why)
{
    const struct rl_policy *policy = rl_replay_policy(&replay->state, table->policy, NULL);
    struct rl_note_choice is;
    int r;

    *ret_found = note->found;
    *ret_why = note->why;
    if (!policy && note->incident == 0)
        return 0; /* of a trace without policies: nobody was chosen, only read */
    if (table->homeless > 0 || !policy) {
        replay->counts.unheld++;
        return 0;
    }
    r = rl_replay_choose(&replay->state, table, policy, RL_REPLAY_NAMED, &replay->choice);
    if (r < 0)
        return r;
    name_choice(&replay->state, &replay->choice, &is);
    compare_choices(replay, note, &is);
    *ret_found = is.found;
    *ret_why = is.why;
    return 0;
}

static int follow_choice(struct rl_replay *replay, const struct rl_note_choice *note)
{
    const struct rl_note_table *table = replay->table ? (const void *)(replay->table + 1) : NULL;
    struct rl_replay_running *running = rl_replay_running_of(&replay->state, note->incident);
    struct rl_told told = {.kind = RL_TOLD_CHOSEN, .number = note->incident};
    enum rl_reason why;
    bool found;
    int r;

    if (!table || table->incident != note->incident) {
        rl_replay_differ(replay, note->incident, "choice", "made", "without processes");
        return 0;
    }
    replay->counts.choices++;
    replay->now_us = table->at_us;
    r = choose(replay, table, note, &found, &why);
    if (r < 0 || !running)
        return r;
    running->asked_choice = true;
    running->chosen = found;
    running->choice = found ? RL_REASON_NONE : why;
    told.choice = &replay->choice;
    told.why = running->choice;
    if (table->homeless == 0)
        rl_replay_tell(replay, &told);
    return 0;
}

/* ---- steps ---- */

static enum rl_reason want_of_victim(const struct rl_replay_running *running)
{
    const struct rl_order *order = &running->order;

    if (!running->asked_choice)
        return RL_REASON_NONE;
    return rl_without_victim(rl_step_traits(running->relief.steps[order->step].kind)->victim,
        order->exclude, running->choice);
}

static bool counts(const struct rl_replay_running *running, const struct rl_note_step *note)
{
    struct rl_ending ending = rl_replay_ending(running);

    return note->why == RL_REASON_NONE &&
           rl_step_counts(&ending, &running->relief.steps[running->order.step], note->signalled);
}

static void follow_step(struct rl_replay *replay, const struct rl_note_step *note)
{
    struct rl_replay_running *running = rl_replay_running_of(&replay->state, note->incident);
    const struct rl_step_traits *traits;
    enum rl_reason why;

    if (!running)
        return;
    replay->now_us = note->now_us;
    traits = rl_step_traits(running->relief.steps[running->order.step].kind);
    why = note->why == RL_WAIT_PAUSED ? note->why : running->allowance;
    if (why == RL_REASON_NONE && !running->allowed && traits->kills && !running->asked_allowance)
        rl_replay_differ(replay, note->incident, "allowance of a kill", "not asked", "asked");
    if (why == RL_REASON_NONE)
        why = want_of_victim(running);
    if (why == RL_REASON_NONE)
        why = note->why; /* what the world has made of it */
    differ_reason(replay, note->incident, "what a step came to", note->why, why);
    if (note->why == RL_OUTCOME_GONE)
        running->chosen = false;
    running->step = why;
    running->refused = note->refused;
    differ_number(
        replay, note->incident, "counted for the budget", note->counted, counts(running, note));
    if (counts(running, note)) {
        running->counted = true;
        rl_limit_note(&replay->state.budget, note->now_us);
    }
}

static void follow_end(struct rl_replay *replay, const struct rl_note_end *note)
{
    struct rl_replay_running *running = rl_replay_running_of(&replay->state, note->incident);
    struct rl_replay_past *past = rl_replay_past_of(&replay->state, note->id);
    struct rl_told told = {.kind = RL_TOLD_ENDED, .number = note->incident};
    uint64_t until;

    if (!running)
        return;
    replay->now_us = note->now_us;
    if (note->outcome == RL_OUTCOME_INTERRUPTED) {
        running->incident.phase = RL_PHASE_ENDED;
        running->incident.outcome = RL_OUTCOME_INTERRUPTED;
    }
    told.why = running->incident.outcome;
    differ_reason(replay, note->incident, "outcome", note->outcome, running->incident.outcome);
    until = rl_replay_finish(&replay->state, running, note->now_us);
    differ_number(
        replay, note->incident, "cooldown until", (int64_t)note->until_us, (int64_t)until);
    if (note->known && past)
        past->effect = note->effect;
    rl_replay_tell(replay, &told);
}

static void follow_ease(struct rl_replay *replay, const struct rl_note_ease *note)
{
    struct rl_replay_running *running = rl_replay_running_of(&replay->state, note->incident);

    if (running && note->thawed)
        rl_incident_thawed(&running->incident);
    if (running && note->unthrottled)
        rl_incident_unthrottled(&running->incident);
}

int rl_replay_follow_note(struct rl_replay *replay, struct rl_note **note)
{
    const void *fixed = *note + 1;

    switch ((*note)->kind) {
    case RL_NOTE_LOOK:
        follow_look(replay, fixed);
        return 0;
    case RL_NOTE_OPEN:
        follow_open(replay, fixed);
        return 0;
    case RL_NOTE_NEXT:
        follow_next(replay, fixed);
        return 0;
    case RL_NOTE_ALLOW:
        follow_allow(replay, fixed);
        return 0;
    case RL_NOTE_TABLE:
        free(replay->table);
        replay->table = *note;
        *note = NULL;
        return 0;
    case RL_NOTE_CHOICE:
        return follow_choice(replay, fixed);
    case RL_NOTE_STEP:
        follow_step(replay, fixed);
        return 0;
    case RL_NOTE_EASE:
        follow_ease(replay, fixed);
        return 0;
    case RL_NOTE_END:
        follow_end(replay, fixed);
        return 0;
    default:
        return 0;
    }
}
