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

/* Parse options up to the first word (command NULL), or all that is left. */
static int parse_options(
    int argc, char **argv, const struct rl_command *command, struct rl_args *args)
{
    struct option all[RL_COMMON_OPTIONS + RL_OWN_OPTIONS_MAX + 1] = {0};
    size_t n = 0;
    int code;

    for (size_t i = 0; i < RL_COMMON_OPTIONS; i++)
        n = add_option(all, n, &rl_common_options[i]);
    for (const struct rl_option *o = command ? command->options : NULL; o && o->name; o++)
        n = add_option(all, n, o);

    while ((code = getopt_long(argc, argv, command ? "h" : "+h", all, NULL)) != -1) {
        size_t i = code == 'h' ? RL_OPT_HELP : (size_t)code - CODE_FIRST;
        if (code != 'h' && code < CODE_FIRST)
            return -EINVAL; /* getopt_long() has said what is wrong */
        if (i < RL_COMMON_OPTIONS)
            args->common[i] = optarg ? optarg : "";
        else
            args->own[i - RL_COMMON_OPTIONS] = optarg ? optarg : "";
    }
    return 0;
}

int rl_args_parse(int argc, char **argv, const struct rl_command **ret_command, struct rl_args *ret)
{
    struct rl_args args = {0};

    optind = 0; /* begin anew, with the modes of getopt_long() read again */
    if (parse_options(argc, argv, NULL, &args) < 0)
        return -EINVAL;
    *ret_command = NULL;
    if (optind < argc) {
        const struct rl_command *command = rl_command_find(argv[optind]);
        if (!command) {
            fprintf(stderr, "%s: unknown command '%s'; reliefctl --help lists them\n", argv[0],
                argv[optind]);
            return -EINVAL;
        }
        int first = optind;
        argv[first] = argv[0];
        optind = 0;
        if (parse_options(argc - first, argv + first, command, &args) < 0)
            return -EINVAL;
        args.words = argv + first + optind;
        args.n_words = (size_t)(argc - first - optind);
        *ret_command = command;
        if (args.n_words > command->max_words) {
            fprintf(stderr, "reliefctl %s: too many arguments at '%s'\n", command->name,
                args.words[command->max_words]);
            return -EINVAL;
        }
    }
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
