/* The record as one sentence: what was done to whom, because of what, and what came of it. */
#include <inttypes.h>
#include <string.h>

#include "daemon/report/report.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

/* How each kind is told: done, in a dry run, failed. Behind it stands whom it was about: the victim
 * where it needs one, else the offender. */
static const struct deed {
    const char *done, *would, *failed;
} deeds[RL_STEP_KINDS] = {
    [RL_STEP_WARN] = {"Warned of ", "Would have warned of ", "Could not warn of "},
    [RL_STEP_HOOK] = {"Ran a hook for ", "Would have run a hook for ", "Could not run a hook for "},
    [RL_STEP_RECLAIM] = {"Reclaimed memory of ", "Would have reclaimed memory of ",
        "Could not reclaim memory of "},
    [RL_STEP_THROTTLE] = {"Throttled ", "Would have throttled ", "Could not throttle "},
    [RL_STEP_FREEZE] = {"Froze ", "Would have frozen ", "Could not freeze "},
    [RL_STEP_TERMINATE] = {"Terminated ", "Would have sent %s to ", "Could not terminate "},
    [RL_STEP_KILL] = {"Killed ", "Would have killed ", "Could not kill "},
    [RL_STEP_RESTART] = {"Restarted the unit of ", "Would have restarted the unit of ",
        "Could not restart the unit of "},
    [RL_STEP_PANIC] = {"Made the kernel panic for ", "Would have made the kernel panic for ",
        "Could not make the kernel panic for "},
};

/* The step that counts most: of those that were taken the hardest one, and of these the last. */
static const struct rl_record_step *decisive_step(const struct rl_record *record)
{
    const struct rl_record_step *best = NULL;

    for (uint8_t i = 0; i < record->n_steps && i < RL_RECORD_STEPS; i++) {
        const struct rl_record_step *step = &record->steps[i];
        if (!step->skipped && (unsigned)step->kind < RL_STEP_KINDS &&
            (!best || step->kind >= best->kind))
            best = step;
    }
    return best;
}

static bool is_about_victim(const struct rl_record *record, const struct rl_record_step *step)
{
    return record->choice.found &&
           (!step || rl_step_traits(step->kind)->victim == RL_VICTIM_NEEDED);
}

static void say_signal(struct rl_say *say, const char *format, const struct rl_record_step *step)
{
    char signal[RL_TEXT_MAX];
    const char *at = strstr(format, "%s");

    rl_signal_text(step->signal, signal, sizeof(signal));
    rl_say(say, "%.*s%s%s", (int)(at - format), format, signal, at + 2);
}

static void say_gain(struct rl_say *say, const struct rl_record_step *step)
{
    char amount[RL_TEXT_MAX];

    rl_size_text(step->gained, amount, sizeof(amount));
    rl_say(say, "Reclaimed %s of ", amount);
}

static void say_deed(
    struct rl_say *say, const struct rl_record *record, const struct rl_record_step *step)
{
    const struct deed *deed = step ? &deeds[step->kind] : NULL;

    if (!deed)
        rl_say(say, record->choice.found ? "Chose " : "Nobody was chosen in ");
    else if (record->dry_run && step->kind == RL_STEP_TERMINATE)
        say_signal(say, deed->would, step);
    else if (record->dry_run)
        rl_say(say, "%s", deed->would);
    else if (step->result == RL_DONE_ERROR)
        rl_say(say, "%s", deed->failed);
    else if (step->signal > 0 && record->gone_us == 0)
        say_signal(say, "Sent %s to ", step);
    else if (step->kind == RL_STEP_RECLAIM && step->result != RL_DONE_SENT)
        say_gain(say, step);
    else
        rl_say(say, "%s", deed->done);
}

static void say_victim(struct rl_say *say, const struct rl_record *record)
{
    if (record->choice.scope == RL_KILL_PROCESS) {
        rl_say_foreign(say, record->victim_comm);
        rl_say(say, "[%d] in ", (int)record->victim_pid);
    } else if (record->choice.scope == RL_KILL_TREE) {
        rl_say(say, record->choice.one_by_one ? "one by one all that may die in and below "
                                              : "everything in and below ");
    } else {
        rl_say(say, rl_place_is_pod(&record->pod, record->victim_cgroup) ? "the whole "
                                                                         : "the whole cgroup ");
    }
    rl_say_place(say, &record->pod, record->victim_cgroup);
    rl_say(say, " (score %" PRId64 ")", record->choice.points);
}

/* "/" alone would not be understood. */
static void say_offender(struct rl_say *say, const struct rl_record *record, bool nobody)
{
    if (!nobody && strcmp(record->offender, "/") == 0)
        rl_say(say, "the machine");
    else
        rl_say_place(say, &record->pod, record->offender);
}

static void say_relatives(struct rl_say *say, const struct rl_record *record)
{
    if (record->n_sharers > 0)
        rl_say(say, " with %" PRIu32 " more that share%s its memory", record->n_sharers,
            record->n_sharers == 1 ? "s" : "");
    if (record->instead_of.pid == 0)
        return;
    rl_say(say, ", child of ");
    rl_say_foreign(say, record->instead_of.comm);
    rl_say(say, "[%d], which had the most points (%" PRId64 "),", (int)record->instead_of.pid,
        record->instead_of.points);
}

static void say_cause(struct rl_say *say, const struct rl_record *record, bool about_victim)
{
    char amount[RL_TEXT_MAX], line[RL_TEXT_MAX];

    if (record->by_hand) {
        rl_say(say, " by hand, as uid %u asked", (unsigned)record->by_uid);
        return;
    }
    rl_say(say, " because ");
    if (about_victim && strcmp(record->offender, record->victim_cgroup) == 0 &&
        strcmp(record->offender, "/") != 0)
        rl_say(say, "that cgroup");
    else if (!about_victim && strcmp(record->offender, "/") != 0)
        rl_say(say, "it");
    else
        say_offender(say, record, false);
    rl_say(say, " was short of memory");

    for (uint8_t i = 0; i < record->n_lines && i < RL_LINES_MAX; i++) {
        const struct rl_reading *reading = &record->readings[i];
        if (!reading->known)
            continue;
        rl_amount_text(reading->unit, reading->value, amount, sizeof(amount));
        rl_line_text(&record->lines[i], line, sizeof(line));
        rl_say(say, "%s %s %s (%s)", i == 0 ? ":" : ",", rl_line_noun(record->lines[i].kind),
            amount, line);
    }
}

static void say_effect(struct rl_say *say, const struct rl_record *record)
{
    char amount[RL_TEXT_MAX], span[RL_TEXT_MAX];

    if (record->open)
        return;
    if (record->gone_us > 0 && record->first_signal_us > 0 && !record->dry_run) {
        rl_size_text(record->freed_bytes, amount, sizeof(amount));
        rl_duration_text(record->gone_us > record->first_signal_us
                             ? record->gone_us - record->first_signal_us
                             : 0,
            span, sizeof(span));
        rl_say(say, "; freed %s in %s", amount, span);
    }
    if (record->waited_us > 0) {
        rl_duration_text(record->waited_us, span, sizeof(span));
        rl_say(say, "; %s %s for somebody on his way out",
            record->waited_out ? "had waited in vain" : "had waited", span);
    }
    if (record->outcome != RL_REASON_NONE)
        rl_say(say, "; %s", rl_reason_text(record->outcome));
}

void rl_record_sentence(const struct rl_record *record, char *buf, size_t size)
{
    const struct rl_record_step *step = decisive_step(record);
    bool about_victim = is_about_victim(record, step);
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    say_deed(&say, record, step);
    if (about_victim) {
        say_victim(&say, record);
        say_relatives(&say, record);
    } else {
        say_offender(&say, record, !step);
    }
    say_cause(&say, record, about_victim);
    say_effect(&say, record);
}
