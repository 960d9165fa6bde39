/* warn: tells those who can help themselves. */
#include "daemon/step/step.h"
#include "policy/step.h"

static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    return running->engine->warner || running->incident.dry ? RL_REASON_NONE
                                                            : RL_SKIP_NOT_AVAILABLE;
}

/* Where it stands in its ladder: the record has the entry of this one, too. */
static struct rl_warn_place place_of(const struct rl_running *running)
{
    const struct rl_record *record = &running->record;
    struct rl_warn_place place = {.machine = record->offender[1] == '\0'};

    for (uint8_t i = 0; i + 1 < record->n_steps; i++)
        place.warned += record->steps[i].kind == RL_STEP_WARN && !record->steps[i].skipped;
    for (uint8_t i = running->going_on; i < running->relief.n; i++) {
        const struct rl_step_traits *next = rl_step_traits(running->relief.steps[i].kind);

        if (next->tells)
            continue;
        place.last_call = next->kills;
        break;
    }
    return place;
}

static enum rl_reason take(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry)
{
    struct rl_warn_place place = place_of(running);
    char sentence[RL_SENTENCE_MAX];

    rl_warner_warn(running->engine->warner,
        &(struct rl_warning){
            .incident = running->record.id,
            .policy = running->record.policy,
            .cgroup = running->record.offender,
            .sentence = rl_warning_sentence(&running->record, sentence, sizeof(sentence)),
            .level = (uint8_t)rl_warn_level((enum rl_warn_level)step->level, &place),
            .desktop = step->desktop,
        });
    entry->result = RL_DONE_DONE;
    running->warned = true;
    return RL_REASON_NONE;
}

static void undo(struct rl_running *running)
{
    if (running->warned)
        rl_warner_calm(running->engine->warner);
    running->warned = false;
}

const struct rl_step_ops rl_step_warn = {.refuse = refuse, .take = take, .undo = undo};
