#include <stdio.h>

#include "daemon/ctl/client.h"

int rl_ctl_reload(const struct rl_args *args)
{
    json_auto_t *answer = NULL;
    int code = rl_client_ask(args, &answer, "Reload", "");

    if (code == RL_EXIT_OK && args->common[RL_OPT_JSON])
        puts("{}");
    else if (code == RL_EXIT_OK)
        puts("Policies were read again; 'reliefctl status' shows their state.");
    return code;
}
