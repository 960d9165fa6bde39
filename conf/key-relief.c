/* [Relief] */
#include "conf/sections.h"

#include <stdio.h>
#include <string.h>

#define TERMINATE_WAIT_US (5 * RL_US_PER_S) /* where no wait is given */
#define WAIT_MAX_US       (600 * RL_US_PER_S)

/* Signals that ask a process to leave or to shrink. Not SIGKILL, which is a step of its own, and
 * none that stops, goes on or says nothing. */
static const struct {
    const char *name;
    int number;
} signals[] = {
    {"TERM", SIGTERM},
    {"INT", SIGINT},
    {"HUP", SIGHUP},
    {"QUIT", SIGQUIT},
    {"ABRT", SIGABRT},
    {"ALRM", SIGALRM},
    {"USR1", SIGUSR1},
    {"USR2", SIGUSR2},
    {NULL, 0},
};

static const char *signal_at(size_t i)
{
    return signals[i].name;
}

static const char *step_at(size_t i)
{
    return rl_step_name((enum rl_step_kind)i);
}

static bool take_signal(
    struct rl_draft *draft, const struct rl_key *key, const char *word, int *ret_signal)
{
    const char *name = strncmp(word, "SIG", 3) == 0 ? word + 3 : word;
    int i;

    if (strcmp(name, "KILL") == 0) {
        rl_draft_refuse(draft, key, "bad-signal", "'terminate %s' is what 'kill' does", word);
        return false;
    }
    i = rl_take_word(draft, key, "signal", name, signal_at);
    if (i >= 0)
        *ret_signal = signals[i].number;
    return i >= 0;
}

/* [wait T], to the end of the text; word is the first one, NULL when there is none. */
static bool take_wait(struct rl_draft *draft, const struct rl_key *key, const char *word,
    const char *rest, struct rl_step *step)
{
    if (!word)
        return true;
    if (strcmp(word, "wait") != 0) {
        rl_draft_refuse(draft, key, "trailing-text", "'%s' is left over", word);
        return false;
    }
    if (!*rest) {
        rl_draft_refuse(draft, key, "bad-time", "no time follows 'wait'");
        return false;
    }
    return rl_take_time(draft, key, rest, 0, WAIT_MAX_US, &step->wait_us);
}

static bool parse_step(
    struct rl_draft *draft, const struct rl_key *key, char *rest, struct rl_step *step)
{
    char *word = rl_word(&rest);
    int kind = word ? rl_take_word(draft, key, "step", word, step_at) : -1;

    if (kind < 0)
        return false;
    step->kind = (enum rl_step_kind)kind;
    step->lineno = draft->place.line;
    word = rl_word(&rest);
    if (step->kind == RL_STEP_KILL) {
        step->signal = SIGKILL;
    } else {
        step->signal = SIGTERM;
        step->wait_us = TERMINATE_WAIT_US;
        if (word && strcmp(word, "wait") != 0) {
            if (!take_signal(draft, key, word, &step->signal))
                return false;
            word = rl_word(&rest);
        }
    }
    return take_wait(draft, key, word, rest, step);
}

void rl_key_parse_step(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    struct rl_relief *relief = &draft->policy->relief;
    struct rl_step step = {0};
    char *rest = rl_draft_copy(draft, value);

    if (!rest)
        return;
    if (!parse_step(draft, key, rest, &step)) {
        draft->steps_faulty = true;
        return;
    }
    if (relief->n == RL_STEPS_MAX) {
        rl_draft_say(draft, RL_ERROR, &draft->place, "too-many-steps",
            "one step too many; at most %d are possible", RL_STEPS_MAX);
        return;
    }
    draft->step_places[relief->n] = draft->place;
    relief->steps[relief->n++] = step;
}

void rl_reset_step(struct rl_draft *draft, const struct rl_key *key)
{
    draft->policy->relief.n = 0;
}

void rl_key_parse_limit(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    struct rl_relief *relief = &draft->policy->relief;
    char *rest = rl_draft_copy(draft, value);
    uint32_t limit;
    uint64_t us;

    if (rest && rl_take_rate(draft, key, rest, &limit, &us)) {
        relief->limit = limit;
        relief->limit_us = us;
    }
}
