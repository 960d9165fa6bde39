/* [Relief] */
#include "conf/sections.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/suggest.h"
#include "policy/step.h"
#include "policy/warn.h"

#define WAIT_MAX_US    (600 * RL_US_PER_S)
#define THROTTLE_LEAST 100u /* 1 %: less would stop it altogether */
#define CONFIRMED_MAX  10000
#define REGRET         500u /* 5 %: DryRun=until where nothing is said of it */

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

/* What is left of a line: the word that is looked at, NULL at the end, and the text behind it. */
struct words {
    char *word, *rest;
};

static void next_word(struct words *words)
{
    words->word = rl_word(&words->rest);
}

/* A word that nothing can be made of; known: the only one that could stand there but for "wait". */
static bool refuse_word(
    struct rl_draft *draft, const struct rl_key *key, const char *word, const char *known)
{
    struct rl_suggestion near = {.word = word};
    char buf[96];

    rl_suggest(&near, "wait");
    if (known)
        rl_suggest(&near, known);
    rl_draft_refuse(draft, key, "trailing-text", "'%s' is left over%s", word,
        rl_suggestion_text(&near, buf, sizeof(buf)));
    return false;
}

/* Is that word there? It is taken then. */
static bool take_flag(struct words *words, const char *flag)
{
    bool there = words->word && strcmp(words->word, flag) == 0;

    if (there)
        next_word(words);
    return there;
}

/* One parser for the arguments of each kind, up to "wait" or the end. */
typedef bool (*take_args_fn)(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step);

static bool take_warn(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    int level = words->word ? rl_warn_level_from_name(words->word) : -EINVAL;

    if (level > 0) {
        step->level = (uint8_t)level;
        next_word(words);
    }
    step->desktop = take_flag(words, "desktop");
    return true;
}

static bool take_restart(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    step->stop = take_flag(words, "stop");
    return true;
}

static bool take_terminate(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    step->signal = SIGTERM;
    if (!words->word || strcmp(words->word, "wait") == 0)
        return true;
    if (!take_signal(draft, key, words->word, &step->signal))
        return false;
    next_word(words);
    return true;
}

static bool take_kill(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    step->signal = SIGKILL;
    return true;
}

static bool refuse_missing(
    struct rl_draft *draft, const struct rl_key *key, const struct rl_step *step, const char *what)
{
    rl_draft_refuse(
        draft, key, "missing-argument", "'%s' has no %s", rl_step_name(step->kind), what);
    return false;
}

static bool is_missing(const struct words *words)
{
    return !words->word || strcmp(words->word, "wait") == 0;
}

static bool take_reclaim(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    if (is_missing(words))
        return refuse_missing(draft, key, step, "amount");
    if (strchr(words->word, '%') ? !rl_take_share(draft, key, words->word, &step->share)
                                 : !rl_take_size(draft, key, words->word, &step->bytes))
        return false;
    if (step->share == 0 && step->bytes == 0) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' reclaims nothing", words->word);
        return false;
    }
    next_word(words);
    return true;
}

static bool take_throttle_share(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, uint32_t *ret_share)
{
    if (!rl_take_share(draft, key, words->word, ret_share))
        return false;
    if (*ret_share < THROTTLE_LEAST) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is less than 1%%", words->word);
        return false;
    }
    next_word(words);
    return true;
}

static bool take_throttle(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    if (is_missing(words))
        return refuse_missing(draft, key, step, "N%");
    if (!take_throttle_share(draft, key, words, &step->share))
        return false;
    if (!take_flag(words, "cpu"))
        return true;
    if (is_missing(words))
        return refuse_missing(draft, key, step, "M% behind 'cpu'");
    return take_throttle_share(draft, key, words, &step->cpu_share);
}

/* Arguments up to an unquoted "wait". The array is for good, and so is the text it points into. */
static bool take_hook_args(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    const char **args = NULL;
    size_t n = 0;

    for (;;) {
        bool quoted = words->rest[strspn(words->rest, " \t")] == '"';
        char *item = rl_take_item(draft, key, &words->rest);
        bool end = !item || (!quoted && strcmp(item, "wait") == 0);

        args = rl_draft_grow(draft, args, n, sizeof(*args));
        if (!args)
            return false;
        args[n] = end ? NULL : item;
        if (end) {
            step->args = args;
            words->word = item;
            return draft->error == 0;
        }
        if (n++ == RL_ARGS_MAX) {
            rl_draft_refuse(draft, key, "too-many-arguments",
                "'%s' is one argument too much; at most %d are possible", item, RL_ARGS_MAX);
            return false;
        }
    }
}

/* The path was not cut off as a word: it may stand in quotes, too. */
static bool take_hook(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    const char *path = rl_take_item(draft, key, &words->rest);
    size_t len = path ? strlen(path) : 0;

    if (!path || strcmp(path, "wait") == 0)
        return refuse_missing(draft, key, step, "path");
    if (path[0] != '/' || path[len - 1] == '/') {
        rl_draft_refuse(draft, key, "bad-path",
            path[0] == '/' ? "'%s' is no file" : "'%s' does not begin with '/'", path);
        return false;
    }
    step->command = path;
    return take_hook_args(draft, key, words, step);
}

static bool take_none(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    return true;
}

static const struct {
    take_args_fn take;
    bool items;        /* it splits the text itself: its arguments may stand in quotes */
    const char *known; /* a word that may stand there, for suggestions */
} forms[RL_STEP_KINDS] = {
    [RL_STEP_WARN] = {take_warn, false, "desktop"},
    [RL_STEP_HOOK] = {take_hook, true, NULL},
    [RL_STEP_RECLAIM] = {take_reclaim, false, NULL},
    [RL_STEP_THROTTLE] = {take_throttle, false, "cpu"},
    [RL_STEP_FREEZE] = {take_none, false, NULL},
    [RL_STEP_TERMINATE] = {take_terminate, false, NULL},
    [RL_STEP_KILL] = {take_kill, false, NULL},
    [RL_STEP_RESTART] = {take_restart, false, "stop"},
    [RL_STEP_PANIC] = {take_none, false, NULL},
};

/* [wait T], to the end of the text. */
static bool take_wait(
    struct rl_draft *draft, const struct rl_key *key, struct words *words, struct rl_step *step)
{
    const struct rl_step_traits *traits = rl_step_traits(step->kind);

    step->wait_us = traits->wait_us;
    if (!words->word)
        return true;
    if (strcmp(words->word, "wait") != 0)
        return refuse_word(draft, key, words->word, forms[step->kind].known);
    if (!*words->rest) {
        rl_draft_refuse(draft, key, "bad-time", "no time follows 'wait'");
        return false;
    }
    if (!rl_take_time(draft, key, words->rest, 0, WAIT_MAX_US, &step->wait_us))
        return false;
    if (traits->timed && step->wait_us == 0) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is given no time at all", traits->name);
        return false;
    }
    return true;
}

static bool parse_step(
    struct rl_draft *draft, const struct rl_key *key, char *rest, struct rl_step *step)
{
    struct words words = {.rest = rest};
    int kind;

    next_word(&words);
    kind = words.word ? rl_take_word(draft, key, "step", words.word, step_at) : -1;
    if (kind < 0)
        return false;
    step->kind = (enum rl_step_kind)kind;
    step->lineno = draft->place.line;
    if (!forms[kind].items)
        next_word(&words);
    return forms[kind].take(draft, key, &words, step) && take_wait(draft, key, &words, step);
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

/* "regret<N%", where that is said. */
static bool take_regret(
    struct rl_draft *draft, const struct rl_key *key, const char *word, struct rl_dry_until *until)
{
    static const char name[] = "regret";
    size_t len = strcspn(word, "<");
    char known[sizeof(name)];

    snprintf(known, sizeof(known), "%.*s", (int)len, word);
    if (len != sizeof(name) - 1 || strcmp(known, name) != 0) {
        rl_draft_refuse(
            draft, key, "trailing-text", "'%s' stands where only regret<N%% can follow", word);
        return false;
    }
    if (word[len] != '<' || !word[len + 1]) {
        rl_draft_refuse(
            draft, key, "missing-argument", "'%s' has no '<N%%' (without blanks)", word);
        return false;
    }
    return rl_take_share(draft, key, word + len + 1, &until->regret);
}

/* What follows "until". */
static bool take_until(
    struct rl_draft *draft, const struct rl_key *key, char *rest, struct rl_dry_until *until)
{
    char *number = rl_word(&rest), *confirmed = rl_word(&rest), *regret = rl_word(&rest);
    uint64_t n;

    if (!number) {
        rl_draft_refuse(draft, key, "missing-argument", "no number follows 'until'");
        return false;
    }
    if (!rl_take_count(draft, key, number, 1, CONFIRMED_MAX, &n))
        return false;
    if (!confirmed || strcmp(confirmed, "confirmed") != 0) {
        rl_draft_refuse(draft, key, "missing-argument",
            confirmed ? "'%s' stands where 'confirmed' should" : "no 'confirmed' follows '%s'",
            confirmed ? confirmed : number);
        return false;
    }
    *until = (struct rl_dry_until){.confirmed = (uint32_t)n, .regret = REGRET};
    return (!regret || take_regret(draft, key, regret, until)) && rl_take_end(draft, key, rest);
}

void rl_key_parse_policy_dry(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    struct rl_relief *relief = &draft->policy->relief;
    char *rest = rl_draft_copy(draft, value), *word = rest ? rl_word(&rest) : NULL;

    if (!word)
        return;
    if (strcmp(word, "until") != 0)
        rl_key_parse_dry(draft, key, value);
    else if (take_until(draft, key, rest, &relief->dry_until))
        relief->dry_run = RL_DRY_UNTIL;
}
