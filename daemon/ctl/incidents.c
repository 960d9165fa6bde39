#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/pager.h"
#include "daemon/ctl/show.h"
#include "daemon/ctl/when.h"
#include "daemon/report/report.h"
#include "daemon/report/store.h"
#include "policy/glob.h"

#define DEFAULT_COUNT 20
#define MOST          100000 /* as many as [Records] Keep= may let there be */
#define GLOB_MAX      4096

enum {
    OPT_SINCE,
    OPT_UNTIL,
    OPT_POLICY,
    OPT_CGROUP,
    OPT_DRY_RUN,
};

const struct rl_option rl_incidents_options[] = {
    [OPT_SINCE] = {"since", "TIME", "those that began then or later: 2026-01-02, today, -2h"},
    [OPT_UNTIL] = {"until", "TIME", "those that began then or before"},
    [OPT_POLICY] = {"policy", "POLICY", "those of one policy"},
    [OPT_CGROUP] = {"cgroup", "GLOB", "those in matching cgroups and below them"},
    [OPT_DRY_RUN] = {"dry-run", "yes|no", "only dry runs, or none of them"},
    {0},
};

/* What is asked for. */
struct filter {
    uint64_t since_us, until_us;
    const char *policy, *cgroup; /* NULL: any */
    const char *dry_run;         /* "yes", "no", NULL: either */
    unsigned long most;
    bool any; /* there is more asked for than a number */
};

static int parse_time(
    const struct rl_args *args, int option, const char *what, uint64_t *ret, bool *any)
{
    if (!args->own[option])
        return 0;
    *any = true;
    return rl_args_when(what, args->own[option], ret);
}

static int parse_filter(const struct rl_args *args, struct filter *ret)
{
    struct filter f = {
        .until_us = UINT64_MAX,
        .policy = args->own[OPT_POLICY],
        .cgroup = args->own[OPT_CGROUP],
        .dry_run = args->own[OPT_DRY_RUN],
        .most = DEFAULT_COUNT,
        .any = args->own[OPT_POLICY] || args->own[OPT_CGROUP] || args->own[OPT_DRY_RUN],
    };

    if ((args->n_words > 0 &&
            rl_args_number("reliefctl incidents", args->words[0], MOST, &f.most) < 0) ||
        parse_time(args, OPT_SINCE, "reliefctl incidents --since", &f.since_us, &f.any) < 0 ||
        parse_time(args, OPT_UNTIL, "reliefctl incidents --until", &f.until_us, &f.any) < 0)
        return -EINVAL;
    if (f.since_us > f.until_us) {
        fprintf(stderr, "reliefctl incidents: --since is later than --until\n");
        return -EINVAL;
    }
    if (f.dry_run && strcmp(f.dry_run, "yes") != 0 && strcmp(f.dry_run, "no") != 0) {
        fprintf(stderr, "reliefctl incidents --dry-run: expected yes or no, not '%s'\n", f.dry_run);
        return -EINVAL;
    }
    if (args->n_words == 0 && f.any)
        f.most = MOST; /* who names a time or a place wants all of that */
    *ret = f;
    return 0;
}

/* Does the cgroup match, or one that it lies in? */
static bool lies_in(const char *glob, const char *cgroup)
{
    char path[GLOB_MAX];

    if (!*cgroup || strlen(cgroup) >= sizeof(path))
        return false;
    strcpy(path, cgroup);
    for (char *slash;; *slash = '\0') {
        if (rl_glob_path(glob, path))
            return true;
        slash = strrchr(path, '/');
        if (!slash || slash == path)
            return false;
    }
}

static bool is_wanted(const struct filter *filter, const json_t *record)
{
    static const char *const places[] = {"offender", "subject", "victim.cgroup"};
    uint64_t started;
    bool there = !filter->cgroup;

    /* A record without a time is not hidden by a filter of something else. */
    if ((filter->since_us > 0 || filter->until_us < UINT64_MAX) &&
        (rl_when_parse(rl_get_text(record, "started"), 0, &started) < 0 ||
            started < filter->since_us || started > filter->until_us))
        return false;
    if (filter->policy && strcmp(rl_get_text(record, "policy.name"), filter->policy) != 0)
        return false;
    if (filter->dry_run && rl_get_true(record, "dry_run") != (strcmp(filter->dry_run, "yes") == 0))
        return false;
    for (size_t i = 0; !there && i < sizeof(places) / sizeof(places[0]); i++)
        there = lies_in(filter->cgroup, rl_get_text(record, places[i]));
    return there;
}

/* Among the first n? */
static bool has_id(const json_t *records, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rl_get_text(json_array_get(records, i), "id"), id) == 0)
            return true;
    }
    return false;
}

/* What is on disk. Return: 0 (also where there never was an incident), or -errno. */
static int read_files(const struct rl_args *args, unsigned long most, json_t **ret)
{
    int r = rl_store_list(rl_client_state_dir(args), (unsigned)most, ret);

    if (r != -ENOENT)
        return r;
    *ret = json_array();
    return 0;
}

static int say_unreadable(const struct rl_args *args, int error)
{
    fprintf(stderr, "reliefctl: %s/incidents: %s%s\n", rl_client_state_dir(args), strerror(-error),
        error == -EACCES ? "; only root and its group may read them" : "");
    return RL_EXIT_FAILURE;
}

/* All there are, newest first. The files are read here rather than by the daemon, which has no
 * memory to spare for that; it is asked for the newest, which may have no file (a full disk). */
static int gather_all(const struct rl_args *args, bool up, json_t **ret)
{
    json_auto_t *files = NULL;
    json_t *records = NULL;
    size_t i;
    json_t *one;
    int code, r = read_files(args, MOST, &files);

    if (!up) {
        *ret = json_incref(files);
        return r < 0 ? say_unreadable(args, r) : RL_EXIT_OK;
    }
    code = rl_client_ask(args, &records, "Incidents", "u", (unsigned)RL_REPORT_RECENT);
    if (code != RL_EXIT_OK)
        return code;
    if (r < 0)
        fprintf(stderr, "reliefctl: only the newest %d incidents are looked at: %s/incidents: %s\n",
            RL_REPORT_RECENT, rl_client_state_dir(args), strerror(-r));
    size_t recent = json_array_size(records);
    json_array_foreach(files, i, one)
    {
        if (!has_id(records, recent, rl_get_text(one, "id")))
            json_array_append(records, one);
    }
    *ret = records;
    return RL_EXIT_OK;
}

static int gather(const struct rl_args *args, const struct filter *filter, bool up, json_t **ret)
{
    json_auto_t *all = NULL;
    size_t i;
    json_t *one;
    int code, r;

    if (!filter->any && up)
        return rl_client_ask(args, ret, "Incidents", "u", (unsigned)filter->most);
    if (!filter->any)
        return (r = read_files(args, filter->most, ret)) < 0 ? say_unreadable(args, r) : RL_EXIT_OK;
    code = gather_all(args, up, &all);
    if (code != RL_EXIT_OK)
        return code;
    *ret = json_array();
    json_array_foreach(all, i, one)
    {
        if (json_array_size(*ret) < filter->most && is_wanted(filter, one))
            json_array_append(*ret, one);
    }
    return RL_EXIT_OK;
}

int rl_ctl_incidents(const struct rl_args *args)
{
    json_auto_t *records = NULL;
    struct filter filter;
    sd_bus *bus = NULL;

    if (parse_filter(args, &filter) < 0)
        return RL_EXIT_USAGE;
    int r = rl_client_open(args, &bus);
    sd_bus_close_unref(bus);
    if (r < 0 && r != -ENOENT)
        return rl_client_say(args, r);
    int code = gather(args, &filter, r >= 0, &records);
    if (code != RL_EXIT_OK)
        return code;
    rl_pager_open(args);
    if (args->common[RL_OPT_JSON])
        return rl_print_json(records);
    if (r == -ENOENT)
        fprintf(stderr, "reliefd is not running; these are the incidents kept in %s/incidents\n",
            rl_client_state_dir(args));
    if (json_array_size(records) == 0)
        puts(filter.any ? "No such incidents." : "No incidents.");
    else
        rl_show_incidents(records, 0);
    return RL_EXIT_OK;
}
