#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/show.h"
#include "daemon/report/store.h"

#define DEFAULT_COUNT 20
#define MOST          10000

/* What is on disk, for when the daemon is down. */
static int from_files(const struct rl_args *args, unsigned max, json_t **ret)
{
    const char *dir = rl_client_state_dir(args);
    int r = rl_store_list(dir, max, ret);

    if (r == -ENOENT) {
        *ret = json_array();
        return RL_EXIT_OK;
    }
    if (r < 0) {
        fprintf(stderr, "reliefctl: %s/incidents: %s\n", dir, strerror(-r));
        return RL_EXIT_FAILURE;
    }
    return RL_EXIT_OK;
}

int rl_ctl_incidents(const struct rl_args *args)
{
    json_auto_t *records = NULL;
    unsigned long max = DEFAULT_COUNT;
    sd_bus *bus = NULL;
    int code;

    if (args->n_words > 0 && rl_args_number("incidents", args->words[0], MOST, &max) < 0)
        return RL_EXIT_USAGE;
    int r = rl_client_open(args, &bus);
    sd_bus_close_unref(bus);
    if (r == -ENOENT)
        code = from_files(args, (unsigned)max, &records);
    else
        code = rl_client_ask(args, &records, "Incidents", "u", (unsigned)max);
    if (code != RL_EXIT_OK)
        return code;
    if (args->common[RL_OPT_JSON])
        return rl_print_json(records);
    if (r == -ENOENT)
        fprintf(stderr, "reliefd is not running; these are the incidents kept in %s/incidents\n",
            rl_client_state_dir(args));
    if (json_array_size(records) == 0)
        puts("No incidents.");
    else
        rl_show_incidents(records, 0);
    return RL_EXIT_OK;
}
