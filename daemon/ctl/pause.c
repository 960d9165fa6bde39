#include <stdio.h>
#include <string.h>

#include "conf/value.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/show.h"
#include "daemon/pause.h"

enum {
    OPT_CGROUP,
};

const struct rl_option rl_pause_options[] = {
    [OPT_CGROUP] = {"cgroup", "PATH", "every policy, for PATH and what is below it"},
    {0},
};

/* What is meant: a policy, a cgroup, or all of them ("" and ""). */
struct meant {
    const char *policy, *cgroup;
};

static int find_meant(
    const struct rl_args *args, const char *command, const char *policy, struct meant *ret)
{
    *ret = (struct meant){.policy = policy ? policy : "",
        .cgroup = args->own[OPT_CGROUP] ? args->own[OPT_CGROUP] : ""};
    if (policy && args->own[OPT_CGROUP]) {
        fprintf(stderr, "reliefctl %s: name a policy or --cgroup, not both\n", command);
        return RL_EXIT_USAGE;
    }
    if ((policy && !*policy) || (args->own[OPT_CGROUP] && *ret->cgroup != '/')) {
        fprintf(stderr, "reliefctl %s: '%s' is no %s\n", command,
            policy ? policy : args->own[OPT_CGROUP],
            policy ? "policy" : "cgroup: give its path with the leading /");
        return RL_EXIT_USAGE;
    }
    return RL_EXIT_OK;
}

static int parse_length(const char *text, uint64_t *ret)
{
    enum rl_value value = rl_value_time(text, ret);

    if (value != RL_VALUE_OK) {
        fprintf(stderr,
            "reliefctl pause: '%s' %s; a time is a number with one of " RL_TIME_UNITS
            ", for instance 30min\n",
            text, rl_value_problem(value));
        return RL_EXIT_USAGE;
    }
    if (*ret == 0 || *ret > RL_PAUSE_MOST_US) {
        fprintf(stderr, "reliefctl pause: a pause lasts 24h at most, and longer than no time\n");
        return RL_EXIT_USAGE;
    }
    return RL_EXIT_OK;
}

static int show(const struct rl_args *args, const json_t *answer)
{
    const json_t *pauses = rl_get(answer, "pauses");

    if (args->common[RL_OPT_JSON])
        return rl_print_json(answer);
    if (json_array_size(pauses) == 0)
        puts("Nothing is paused.");
    rl_show_pauses(pauses, 0);
    return RL_EXIT_OK;
}

int rl_ctl_pause(const struct rl_args *args)
{
    json_auto_t *answer = NULL;
    struct meant meant;
    uint64_t length;
    int code;

    if (args->n_words == 0) {
        fprintf(stderr, "reliefctl pause: for how long? For instance: reliefctl pause 30min\n");
        return RL_EXIT_USAGE;
    }
    code = find_meant(args, "pause", args->n_words > 1 ? args->words[0] : NULL, &meant);
    if (code == RL_EXIT_OK)
        code = parse_length(args->words[args->n_words - 1], &length);
    if (code == RL_EXIT_OK)
        code = rl_client_ask(args, &answer, "Pause", "sst", meant.policy, meant.cgroup, length);
    return code == RL_EXIT_OK ? show(args, answer) : code;
}

int rl_ctl_resume(const struct rl_args *args)
{
    json_auto_t *answer = NULL;
    struct meant meant;
    int code = find_meant(args, "resume", args->n_words > 0 ? args->words[0] : NULL, &meant);

    if (code == RL_EXIT_OK)
        code = rl_client_ask(args, &answer, "Resume", "ss", meant.policy, meant.cgroup);
    return code == RL_EXIT_OK ? show(args, answer) : code;
}
