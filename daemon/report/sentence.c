/* The record as one sentence: what was done to whom, because of what, and what came of it. */
#include <inttypes.h>
#include <string.h>

#include "daemon/report/report.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

/* The step that counts most: the last one, kill being above terminate. */
static const struct rl_record_step *decisive_step(const struct rl_record *record)
{
    const struct rl_record_step *best = NULL;

    for (uint8_t i = 0; i < record->n_steps && i < RL_STEPS_MAX; i++) {
        const struct rl_record_step *step = &record->steps[i];
        if (!best || step->kind >= best->kind)
            best = step;
    }
    return best;
}

static bool step_failed(const struct rl_record_step *step)
{
    return step && step->result == RL_DONE_ERROR;
}

static void say_deed(struct rl_say *say, const struct rl_record *record)
{
    const struct rl_record_step *step = decisive_step(record);
    bool kill = !step || step->kind == RL_STEP_KILL;
    char signal[RL_TEXT_MAX];

    if (!record->choice.found) {
        rl_say(say, "Nobody was chosen");
        return;
    }
    rl_signal_text(step ? step->signal : SIGKILL, signal, sizeof(signal));
    if (record->dry_run && kill)
        rl_say(say, "Would have killed ");
    else if (record->dry_run)
        rl_say(say, "Would have sent %s to ", signal);
    else if (!step)
        rl_say(say, "Chose ");
    else if (step_failed(step))
        rl_say(say, "Could not %s ", kill ? "kill" : "terminate");
    else if (record->gone_us > 0)
        rl_say(say, "%s ", kill ? "Killed" : "Terminated");
    else
        rl_say(say, "Sent %s to ", signal);
}

static void say_victim(struct rl_say *say, const struct rl_record *record)
{
    if (!record->choice.found) {
        rl_say(say, " in ");
        rl_say_foreign(say, record->offender);
        return;
    }
    if (record->choice.scope == RL_KILL_PROCESS) {
        rl_say_foreign(say, record->victim_comm);
        rl_say(say, "[%d] in ", (int)record->victim_pid);
    } else if (record->choice.scope == RL_KILL_TREE) {
        rl_say(say, record->choice.one_by_one ? "one by one all that may die in and below "
                                              : "everything in and below ");
    } else {
        rl_say(say, "the whole cgroup ");
    }
    rl_say_foreign(say, record->victim_cgroup);
    rl_say(say, " (score %" PRId64 ")", record->choice.points);
}

static void say_relatives(struct rl_say *say, const struct rl_record *record)
{
    if (!record->choice.found)
        return;
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

static void say_cause(struct rl_say *say, const struct rl_record *record)
{
    char amount[RL_TEXT_MAX], line[RL_TEXT_MAX];

    rl_say(say, " because ");
    if (strcmp(record->offender, "/") == 0)
        rl_say(say, "the machine");
    else if (record->choice.found && strcmp(record->offender, record->victim_cgroup) == 0)
        rl_say(say, "that cgroup");
    else if (!record->choice.found)
        rl_say(say, "it");
    else
        rl_say_foreign(say, record->offender);
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
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    say_deed(&say, record);
    say_victim(&say, record);
    say_relatives(&say, record);
    say_cause(&say, record);
    say_effect(&say, record);
}
