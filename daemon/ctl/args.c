#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* -o is --output where the command has that. Return: its index, or -EINVAL after saying that it has
 * none. */
static int own_output(const struct rl_command *command)
{
    const struct rl_option *options = command ? command->options : NULL;

    for (int i = 0; options && options[i].name; i++)
        if (strcmp(options[i].name, "output") == 0)
            return RL_COMMON_OPTIONS + i;
    fprintf(stderr, "reliefctl%s%s: there is no option -o here\n", command ? " " : "",
        command ? command->name : "");
    return -EINVAL;
}

/* Parse options from optind up to the first word, common ones and the command's (NULL: none). */
static int parse_options(
    int argc, char **argv, const struct rl_command *command, struct rl_args *args)
{
    struct option all[RL_COMMON_OPTIONS + RL_OWN_OPTIONS_MAX + 1] = {0};
    int code;

    list_options(command, all);
    while (optind < argc && !is_no_option(argv[optind]) &&
           (code = getopt_long(argc, argv, "+ho:", all, NULL)) != -1) {
        int i = code == 'h' ? RL_OPT_HELP : code == 'o' ? own_output(command) : code - CODE_FIRST;
        if (i < 0)
            return -EINVAL; /* what is wrong has been said */
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
        fprintf(stderr, "reliefctl %s: too many arguments at '%s'\n", command->name,
            args->words[command->max_words]);
        return -EINVAL;
    }
    return 0;
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
            fprintf(stderr, "%s: unknown command '%s'; reliefctl --help lists them\n", argv[0],
                argv[optind]);
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
    printf("\nExit code: 0 done, 1 failed or errors found, 2 wrong usage, 3 reliefd is not "
           "running.\nMore in reliefctl(1).\n");
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
