#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/suggest.h"
#include "daemon/ctl/ctl.h"

/* getopt_long() tells options apart by number: common ones, then the command's own. */
#define CODE_FIRST 256

static size_t add_option(struct option *all, size_t n, const struct rl_option *option)
{
    all[n] = (struct option){
        .name = option->name,
        .has_arg = option->arg ? required_argument : no_argument,
        .val = CODE_FIRST + (int)n,
    };
    return n + 1;
}

static void list_options(const struct rl_command *command, struct option *all)
{
    size_t n = 0;

    for (size_t i = 0; i < RL_COMMON_OPTIONS; i++)
        n = add_option(all, n, &rl_common_options[i]);
    for (const struct rl_option *o = command ? command->options : NULL; o && o->name; o++)
        n = add_option(all, n, o);
}

/* Does it end the options, or stand between them as a word? "-5" is a number: no option has a digit
 * for its name. */
static bool is_no_option(const char *text)
{
    return strcmp(text, "--") == 0 || (text[0] == '-' && text[1] >= '0' && text[1] <= '9');
}

/* "reliefctl scores" for messages. */
static const char *whose(const struct rl_command *command, char *buf, size_t size)
{
    snprintf(buf, size, "reliefctl%s%s", command ? " " : "", command ? command->name : "");
    return buf;
}

/* The first command that has an option of its own by that name, NULL: none has. */
static const char *owner_of(const char *option)
{
    for (const struct rl_command *c = rl_commands; c->name; c++) {
        for (const struct rl_option *o = c->options; o && o->name; o++) {
            if (strcmp(o->name, option) == 0)
                return c->name;
        }
    }
    return NULL;
}

/* With the nearest option, or what else there is to do. */
static void say_unknown_option(const struct rl_command *command, const char *text)
{
    char word[64], name[64], hint[96];
    struct rl_suggestion suggestion = {.word = word};

    snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, "="), text);
    const char *bare = word + strspn(word, "-");
    suggestion.word = bare;
    for (size_t i = 0; i < RL_COMMON_OPTIONS; i++)
        rl_suggest(&suggestion, rl_common_options[i].name);
    for (const struct rl_option *o = command ? command->options : NULL; o && o->name; o++)
        rl_suggest(&suggestion, o->name);
    if (!command && owner_of(bare))
        snprintf(hint, sizeof(hint), "it belongs to '%s' and stands behind it", owner_of(bare));
    else if (suggestion.best)
        snprintf(hint, sizeof(hint), "did you mean '--%s'?", suggestion.best);
    else
        snprintf(hint, sizeof(hint), "'%s --help' lists them", whose(command, name, sizeof(name)));
    fprintf(
        stderr, "%s: unknown option '%s'; %s\n", whose(command, name, sizeof(name)), word, hint);
}

/* What other programs call by a letter, too: of a command that has the option. */
static const struct {
    char letter;
    const char *name;
} short_options[] = {{'n', "count"}, {'o', "output"}};

/* Return: the code of the command's own option for that letter, -1: it has none. */
static int code_of_letter(const struct rl_command *command, int letter)
{
    for (size_t s = 0; s < sizeof(short_options) / sizeof(short_options[0]); s++) {
        if (short_options[s].letter != letter)
            continue;
        for (size_t i = 0; command && command->options && command->options[i].name; i++)
            if (strcmp(command->options[i].name, short_options[s].name) == 0)
                return CODE_FIRST + (int)(RL_COMMON_OPTIONS + i);
    }
    return -1;
}

/* Why getopt_long() has refused what stands before optind. */
static void say_refused(
    const struct rl_command *command, const struct option *all, int code, const char *text)
{
    char name[64];

    int refused = optopt >= CODE_FIRST ? optopt : code_of_letter(command, optopt);

    if (code == ':' && refused >= 0) {
        const struct rl_option *o = NULL;
        size_t i = (size_t)refused - CODE_FIRST;
        o = i < RL_COMMON_OPTIONS ? &rl_common_options[i]
                                  : &command->options[i - RL_COMMON_OPTIONS];
        fprintf(stderr, "%s: --%s needs %s behind it: %s\n", whose(command, name, sizeof(name)),
            o->name, o->arg, o->help);
    } else if (optopt >= CODE_FIRST) {
        fprintf(stderr, "%s: --%s takes no value\n", whose(command, name, sizeof(name)),
            all[optopt - CODE_FIRST].name);
    } else {
        say_unknown_option(command, text);
    }
}

/* Parse options from optind up to the first word, common ones and the command's (NULL: none). */
static int parse_options(
    int argc, char **argv, const struct rl_command *command, struct rl_args *args)
{
    struct option all[RL_COMMON_OPTIONS + RL_OWN_OPTIONS_MAX + 1] = {0};
    int code;

    list_options(command, all);
    opterr = 0;
    while (optind < argc && !is_no_option(argv[optind])) {
        const char *text = argv[optind > 0 ? optind : 1];
        if ((code = getopt_long(argc, argv, "+:hn:o:", all, NULL)) == -1)
            break;
        if (code == 'n' || code == 'o') {
            code = code_of_letter(command, code);
            if (code < 0) {
                say_unknown_option(command, text);
                return -EINVAL;
            }
        }
        size_t i = code == 'h' ? RL_OPT_HELP : (size_t)code - CODE_FIRST;
        if (code != 'h' && code < CODE_FIRST) {
            say_refused(command, all, code, text);
            return -EINVAL;
        }
        if (i < RL_COMMON_OPTIONS)
            args->common[i] = optarg ? optarg : "";
        else
            args->own[i - RL_COMMON_OPTIONS] = optarg ? optarg : "";
    }
    return 0;
}

/* Parse what stands behind the subcommand. Words are moved to where it stood. */
static int parse_rest(int argc, char **argv, const struct rl_command *command, struct rl_args *args)
{
    bool options = true;

    args->words = argv + optind++;
    while (optind < argc) {
        if (options && parse_options(argc, argv, command, args) < 0)
            return -EINVAL;
        if (optind == argc)
            break;
        if (options && strcmp(argv[optind], "--") == 0) {
            options = false;
            optind++;
            continue;
        }
        args->words[args->n_words++] = argv[optind++];
    }
    args->words[args->n_words] = NULL;
    if (args->n_words > command->max_words) {
        fprintf(stderr, "reliefctl %s: too many arguments at '%s'; %s%s\n", command->name,
            args->words[command->max_words], *command->args ? "it takes " : "it takes none",
            command->args);
        return -EINVAL;
    }
    return 0;
}

static void say_unknown_command(const char *word)
{
    struct rl_suggestion suggestion = {.word = word};
    char hint[96];

    for (const struct rl_command *c = rl_commands; c->name; c++)
        rl_suggest(&suggestion, c->name);
    fprintf(stderr, "reliefctl: unknown command '%s'%s\n", word,
        suggestion.best ? rl_suggestion_text(&suggestion, hint, sizeof(hint))
                        : "; 'reliefctl --help' lists them");
}

int rl_args_parse(int argc, char **argv, const struct rl_command **ret_command, struct rl_args *ret)
{
    const struct rl_command *command = NULL;
    struct rl_args args = {0};

    optind = 0; /* begin anew, with the modes of getopt_long() read again */
    if (parse_options(argc, argv, NULL, &args) < 0)
        return -EINVAL;
    if (optind < argc && strcmp(argv[optind], "--") == 0)
        optind++;
    if (optind < argc) {
        command = rl_command_find(argv[optind]);
        if (!command) {
            say_unknown_command(argv[optind]);
            return -EINVAL;
        }
        if (parse_rest(argc, argv, command, &args) < 0)
            return -EINVAL;
    }
    *ret_command = command;
    *ret = args;
    return 0;
}

static void print_options(const struct rl_option *options, size_t n)
{
    char left[48];

    for (size_t i = 0; i < n && options[i].name; i++) {
        snprintf(left, sizeof(left), "--%s%s%s", options[i].name, options[i].arg ? " " : "",
            options[i].arg ? options[i].arg : "");
        printf("  %-22s  %s\n", left, options[i].help);
    }
}

void rl_help_print(const struct rl_command *command)
{
    if (command) {
        printf("reliefctl %s%s%s%s: %s\n", command->name, command->options ? " [OPTIONS]" : "",
            *command->args ? " " : "", command->args, command->help);
        if (command->options) {
            printf("\nOptions:\n");
            print_options(command->options, RL_OWN_OPTIONS_MAX);
        }
    } else {
        printf("reliefctl COMMAND [OPTIONS] [ARGUMENTS]: see what reliefd sees, what it would do "
               "and what it did\n\nCommands:\n");
        for (const struct rl_command *c = rl_commands; c->name; c++) {
            printf("  %s%s%s\n      %s\n", c->name, *c->args ? " " : "", c->args, c->help);
        }
    }
    printf("\nOptions of every command:\n");
    print_options(rl_common_options, RL_COMMON_OPTIONS);
    printf("\nExit codes:\n");
    for (size_t i = 0; i < RL_EXITS; i++)
        printf("  %zu  %s\n", i, rl_exit_texts[i]);
    printf("\nMore in reliefctl(1).\n");
}

int rl_args_number(const char *what, const char *text, unsigned long max, unsigned long *ret)
{
    char *end;

    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end || *text == '-' || value > max) {
        fprintf(stderr, "reliefctl: %s: '%s' is not a number from 0 to %lu\n", what, text, max);
        return -EINVAL;
    }
    *ret = value;
    return 0;
}
