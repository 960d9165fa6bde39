#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/complete.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/pager.h"
#include "daemon/ctl/user.h"

/* A full disk or a closed pipe behind stdout must not look like success. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    perror("reliefctl: writing the output");
    return RL_EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const struct rl_command *command;
    struct rl_args args;

    setlocale(LC_CTYPE, "");
    if (argc > 1 && strcmp(argv[1], "--complete") == 0) { /* by the shells' scripts */
        rl_complete(argv + 2);
        return RL_EXIT_OK;
    }
    if (rl_args_parse(argc, argv, &command, &args) < 0)
        return RL_EXIT_USAGE;
    if (args.common[RL_OPT_VERSION]) {
        printf("reliefctl %s\n", RL_VERSION);
        return RL_EXIT_OK;
    }
    if (args.common[RL_OPT_HELP]) {
        rl_pager_open(&args);
        rl_help_print(command);
        return rl_pager_close() ? RL_EXIT_OK : finish(RL_EXIT_OK);
    }
    if (!command) {
        fprintf(stderr, "reliefctl: a command is missing; 'reliefctl --help' lists them\n");
        return RL_EXIT_USAGE;
    }
    if (args.common[RL_OPT_USER] && rl_user_take(&args) < 0)
        return RL_EXIT_USAGE;
    int code = command->run(&args);
    return rl_pager_close() ? code : finish(code);
}
