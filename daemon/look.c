#include "daemon/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/load.h"
#include "conf/settings.h"
#include "daemon/engine-private.h"
#include "daemon/report/log.h"

/* Without watches changes are found by reading all of the tree. */
#define RESCAN_US (5 * RL_US_PER_S)

struct rl_look {
    sd_event *event;
    struct rl_settings settings;
    struct rl_findings findings; /* of reliefd.conf */
    struct rl_report *report;
    struct rl_engine *engine;
    uint64_t rescanned_us; /* the tree, for want of watches */
};

static int open_engine(struct rl_look *look, const struct rl_look_options *options)
{
    struct rl_report_options reporting = {.state_dir = options->state_dir};
    struct rl_settings_options settings = {.dirs = options->settings_dirs};
    struct rl_engine_options engine = {
        .probe = options->probe,
        .policies = {.dirs = options->policy_dirs, .settings = &look->settings},
        .settings = &look->settings,
        .host_root = options->probe->live ? "" : NULL,
        .look_only = true,
    };
    int r = sd_event_new(&look->event);

    if (r >= 0)
        r = rl_settings_load(&settings, &look->findings, &look->settings);
    if (r >= 0)
        r = rl_report_new(&reporting, &look->report);
    engine.report = look->report;
    return r < 0 ? r : rl_engine_new(look->event, &engine, &look->engine);
}

int rl_look_new(const struct rl_look_options *options, struct rl_look **ret)
{
    struct rl_look *look = calloc(1, sizeof(*look));
    int r;

    if (!look)
        return -ENOMEM;
    rl_log_set_level(-1); /* what the engine would say is in its answers */
    r = open_engine(look, options);
    if (r < 0)
        look = rl_look_free(look);
    *ret = look;
    return r < 0 ? r : 0;
}

struct rl_look *rl_look_free(struct rl_look *look)
{
    if (!look)
        return NULL;
    rl_engine_free(look->engine);
    if (look->report)
        rl_report_free(look->report);
    rl_settings_free(&look->settings);
    rl_findings_free(&look->findings);
    sd_event_unref(look->event);
    free(look);
    return NULL;
}

char *rl_look_status(struct rl_look *look, const char **ret_error)
{
    return rl_engine_api.status(look->engine, ret_error);
}

char *rl_look_explain(struct rl_look *look, const char *what, const char **ret_error)
{
    return rl_engine_api.explain(look->engine, what, ret_error);
}

int rl_look_run(struct rl_look *look, uint64_t us)
{
    uint64_t until = rl_now_us() + us, now;
    int r;

    do {
        now = rl_now_us();
        r = sd_event_run(look->event, until > now ? until - now : 0);
    } while (r > 0 || (r == 0 && rl_now_us() < until));
    if (r >= 0 && rl_tree_blind(rl_look_tree(look)) &&
        rl_now_us() - look->rescanned_us >= RESCAN_US) {
        rl_tree_rescan(rl_look_tree(look)); /* what was not reached is as it was */
        look->rescanned_us = rl_now_us();
    }
    return r < 0 ? r : 0;
}

struct rl_tree *rl_look_tree(struct rl_look *look)
{
    return rl_watch_tree(look->engine->watch);
}

void rl_look_policy(struct rl_look *look, struct rl_cgroup *cgroup)
{
    rl_attach(look->engine, cgroup);
}

const char *rl_look_policy_name(const struct rl_cgroup *cgroup)
{
    return cgroup->policy ? cgroup->policy->name : NULL;
}

const struct rl_model *rl_look_model(const struct rl_cgroup *cgroup)
{
    return cgroup->policy ? cgroup->policy->victim.model : NULL;
}

/* What the choice says, in names that outlive it. */
static void take_choice(const struct rl_scratch *scratch, struct rl_look_victim *ret)
{
    const struct rl_choice *choice = &scratch->choice;

    if (!choice->found) {
        ret->why_nobody = rl_reason_text(choice->why);
        return;
    }
    ret->score = choice->points;
    if (choice->scope == RL_KILL_PROCESS) {
        const struct rl_process *process = &scratch->pool.items[choice->candidate].process;

        ret->scope = RL_LOOK_PROCESS;
        ret->pid = process->pid;
        memcpy(ret->comm, process->comm, sizeof(ret->comm));
        ret->cgroup = scratch->seats[process->cgroup].cgroup;
    } else {
        ret->scope = RL_LOOK_CGROUP;
        ret->cgroup = scratch->seats[choice->group].cgroup;
    }
}

void rl_look_choose(struct rl_look *look, struct rl_cgroup *cgroup, const struct rl_room *room,
    const struct rl_model *model, struct rl_look_victim *ret)
{
    struct rl_hot hot = {.cgroup = cgroup, .room = *room};
    struct rl_policy policy;

    *ret = (struct rl_look_victim){.scope = RL_LOOK_NOBODY};
    if (!cgroup->policy) {
        ret->why_nobody = "no policy is in force here";
        return;
    }
    policy = *cgroup->policy;
    if (model)
        policy.victim.model = model;
    rl_decide(look->engine, &hot, &policy, true);
    take_choice(&look->engine->scratch, ret);
}
