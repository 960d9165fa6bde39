#include "daemon/ctl/find.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/get.h"
#include "daemon/report/report.h"
#include "daemon/report/store.h"

static int say_unreadable(const struct rl_args *args, const char *id, int error)
{
    fprintf(stderr, "reliefctl: %s/incidents%s%s%s: %s\n", rl_client_state_dir(args),
        *id ? "/" : "", id, *id ? ".json" : "", strerror(-error));
    return RL_EXIT_FAILURE;
}

static bool is_newer(const json_t *record, const json_t *than)
{
    return !than || strcmp(rl_get_text(record, "id"), rl_get_text(than, "id")) > 0;
}

/* One that still runs is the newest; reliefd lists those apart from the ended ones. */
static int ask_last(const struct rl_args *args, json_t **ret)
{
    json_auto_t *status = NULL, *ended = NULL;
    size_t i;
    json_t *record;
    int code = rl_client_ask(args, &status, "Status", "");

    json_array_foreach(json_object_get(status, "open_incidents"), i, record)
    {
        if (is_newer(record, *ret))
            *ret = record;
    }
    if (code == RL_EXIT_OK && !*ret)
        code = rl_client_ask(args, &ended, "Incidents", "u", 1u);
    if (!*ret)
        *ret = json_array_get(ended, 0);
    json_incref(*ret);
    return code;
}

int rl_find_last(const struct rl_args *args, json_t **ret)
{
    json_auto_t *records = NULL;
    sd_bus *bus = NULL;
    int code = RL_EXIT_OK, r = rl_client_open(args, &bus);

    sd_bus_close_unref(bus);
    *ret = NULL;
    if (r >= 0)
        code = ask_last(args, ret);
    else if ((r = rl_store_list(rl_client_state_dir(args), 1, &records)) < 0 && r != -ENOENT)
        return say_unreadable(args, "", r);
    else
        *ret = json_incref(json_array_get(records, 0));
    if (code == RL_EXIT_OK && !*ret) {
        fprintf(stderr, "reliefctl: there was no incident yet\n");
        code = RL_EXIT_FAILURE;
    }
    return code;
}

int rl_find_record(const struct rl_args *args, const char *id, json_t **ret)
{
    json_auto_t *records = NULL;
    size_t i;
    json_t *one;

    int r = rl_store_read(rl_client_state_dir(args), id, ret);
    if (r >= 0)
        return RL_EXIT_OK;
    sd_bus *bus = NULL;
    int up = rl_client_open(args, &bus);
    sd_bus_close_unref(bus);
    int code = up < 0 ? RL_EXIT_OK
                      : rl_client_ask(args, &records, "Incidents", "u", (unsigned)RL_REPORT_RECENT);
    json_array_foreach(records, i, one)
    {
        if (strcmp(rl_get_text(one, "id"), id) == 0)
            *ret = json_incref(one);
    }
    if (code != RL_EXIT_OK || *ret)
        return code;
    if (r != -ENOENT)
        return say_unreadable(args, id, r);
    fprintf(stderr, "reliefctl: there is no incident '%s'; 'reliefctl incidents' lists them\n", id);
    return RL_EXIT_FAILURE;
}
