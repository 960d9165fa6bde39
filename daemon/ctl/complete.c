#include "daemon/ctl/complete.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/words.h"

static const struct rl_option no_options[] = {{0}};

/* A command line as far as it stands. */
struct line {
    bool daemon;                     /* of reliefd, which has no commands */
    const struct rl_option *sets[2]; /* options that may stand here */
    size_t n_first;                  /* of the first set, which has no end mark */
    const struct rl_command *command;
    size_t n_words; /* behind the command */
    bool ended;     /* "--" was there: no more options */
    struct rl_typed typed;
};

static const struct rl_option *find_in(
    const struct rl_option *options, size_t most, const char *name, size_t length)
{
    for (size_t i = 0; i < most && options[i].name; i++) {
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    }
    return NULL;
}

/* The option that a word "--name" or "--name=value" is, NULL: none. */
static const struct rl_option *find_option(const struct line *line, const char *word)
{
    const struct rl_option *found;

    if (strncmp(word, "--", 2) != 0 || !word[2])
        return NULL;
    size_t length = strcspn(word + 2, "=");
    found = find_in(line->sets[0], line->n_first, word + 2, length);
    return found ? found : find_in(line->sets[1], SIZE_MAX, word + 2, length);
}

/* Options that say where to look for what is offered. */
static void remember(struct line *line, const struct rl_option *option, const char *value)
{
    const struct {
        const char *name, **to;
    } rows[] = {
        {"root", &line->typed.root},
        {"proc-root", &line->typed.proc_root},
        {"cgroup-root", &line->typed.cgroup_root},
        {"state-dir", &line->typed.state_dir},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(option->name, rows[i].name) == 0)
            *rows[i].to = value;
    }
}

static void take_word(struct line *line, const char *word)
{
    if (line->daemon || line->command) {
        line->n_words++;
        return;
    }
    line->command = rl_command_find(word);
    if (line->command && line->command->options)
        line->sets[1] = line->command->options;
}

/* Read all words but the last. Return: the option whose argument the last one is, or NULL. */
static const struct rl_option *read_words(struct line *line, char **words)
{
    for (; words[0] && words[1]; words++) {
        const struct rl_option *option = line->ended ? NULL : find_option(line, words[0]);

        if (!line->ended && strcmp(words[0], "--") == 0) {
            line->ended = true;
        } else if (option && option->arg) {
            const char *value = strchr(words[0], '=');
            if (!value && !words[2])
                return option;
            remember(line, option, value ? value + 1 : words[1]);
            words += !value;
        } else if (line->ended || words[0][0] != '-' || !words[0][1] ||
                   (words[0][1] >= '0' && words[0][1] <= '9')) {
            take_word(line, words[0]);
        }
    }
    line->typed.text = words[0] ? words[0] : "";
    return NULL;
}

/* Offer what "CGROUP|pid:N|last" stands for. */
static void offer_kinds(const struct rl_typed *typed, const char *kinds, size_t length)
{
    for (const char *end = kinds + length; kinds < end;) {
        size_t one = strcspn(kinds, "|");
        if (kinds + one > end)
            one = (size_t)(end - kinds);
        const struct rl_word *word = rl_word_find(kinds, one);
        if (word && word->offer)
            word->offer(typed);
        else if (!word && rl_word_fixed(kinds, one)) {
            char fixed[32];
            snprintf(fixed, sizeof(fixed), "%.*s", (int)one, kinds);
            rl_offer(typed, fixed, NULL);
        }
        kinds += one + 1;
    }
}

/* Offer what may be the nth word of "[POLICY] T": behind words in brackets, which may be absent,
 * those that follow, too; and the last one for ever where dots stand behind it. */
static void offer_nth(const struct rl_typed *typed, const char *args, size_t n)
{
    size_t at = 0, absent = 0;

    while (*(args += strspn(args, " "))) {
        bool optional = *args == '[';
        args += optional;
        size_t length = strcspn(args, " ]");
        const char *rest = args + length;
        bool repeats = strncmp(rest, " ...", 4) == 0;
        rest += repeats ? 4 : 0;
        if ((n <= at || repeats) && n + absent >= at)
            offer_kinds(typed, args, length);
        absent += optional;
        at++;
        args = rest + (*rest == ']');
    }
}

static void offer_options(const struct line *line)
{
    for (size_t set = 0; set < 2; set++) {
        const struct rl_option *options = line->sets[set];
        for (size_t i = 0; (set > 0 || i < line->n_first) && options[i].name; i++) {
            char word[64];
            snprintf(word, sizeof(word), "--%s", options[i].name);
            rl_offer(&line->typed, word, options[i].help);
        }
    }
}

static void offer_commands(const struct rl_typed *typed)
{
    for (const struct rl_command *command = rl_commands; command->name; command++)
        rl_offer(typed, command->name, command->help);
}

void rl_complete(char **words)
{
    bool daemon = words[0] && strcmp(words[0], "reliefd") == 0;
    struct line line = {
        .daemon = daemon,
        .sets = {daemon ? rl_daemon_options : rl_common_options, no_options},
        .n_first = daemon ? (size_t)RL_DAEMON_OPTIONS : (size_t)RL_COMMON_OPTIONS,
        .typed = {.prefix = ""},
    };
    char prefix[64];

    if (!words[0] || !words[1])
        return;
    const struct rl_option *option = read_words(&line, words + 1);
    if (option) {
        for (line.typed.text = ""; *words; words++)
            line.typed.text = *words;
        offer_kinds(&line.typed, option->arg, strlen(option->arg));
        return;
    }
    const char *value = strchr(line.typed.text, '=');
    option = line.ended ? NULL : find_option(&line, line.typed.text);
    if (option && option->arg && value) {
        snprintf(prefix, sizeof(prefix), "--%s=", option->name);
        line.typed.prefix = prefix;
        line.typed.text = value + 1;
        offer_kinds(&line.typed, option->arg, strlen(option->arg));
    } else if (*line.typed.text == '-' && !line.ended) {
        offer_options(&line);
    } else if (!line.command && !daemon) {
        offer_commands(&line.typed);
    } else if (line.command) {
        offer_nth(&line.typed, line.command->args, line.n_words);
    }
}
