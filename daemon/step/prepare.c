/* What steps need is there before it is needed, and only where a policy has such a step. */
#include <errno.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/report/log.h"
#include "daemon/step/step.h"

static int open_reclaimer(struct rl_engine *engine)
{
    return engine->reclaimer ? 0 : rl_worker_new(engine->event, &engine->reclaimer);
}

static int open_measures(struct rl_engine *engine)
{
    if (engine->measures)
        return 0;
    return engine->guardian ? rl_measures_new(engine->guardian, &engine->measures) : -ENOLCK;
}

static int open_units(struct rl_engine *engine)
{
    int r = 0;

    if (!engine->units)
        r = rl_units_new(engine->event, &(struct rl_units_options){0}, &engine->units);
    if (r >= 0)
        r = rl_units_open(engine->units); /* that nobody answers now is no failure */
    return r < 0 ? r : 0;
}

static int open_hooks(struct rl_engine *engine)
{
    struct rl_hooks_options options = {.cgroup_fd = -1};

    if (engine->hooks)
        return rl_hooks_mend(engine->hooks);
    /* Without systemd's leave the hooks stay in our own cgroup. */
    if (engine->hook_cgroup_fd < 0)
        engine->hook_cgroup_fd = rl_hook_cgroup(
            engine->options.probe->cgroup_fd, engine->self.cgroup, sd_booted() > 0);
    if (engine->hook_cgroup_fd >= 0)
        options.cgroup_fd = engine->hook_cgroup_fd;
    options.units = engine->units;
    return rl_hooks_new(engine->event, &options, &engine->hooks);
}

static int open_warner(struct rl_engine *engine)
{
    int r = 0;

    if (!engine->warner)
        r = rl_warner_new(
            engine->event, &(struct rl_warner_options){.programs = true}, &engine->warner);
    if (r >= 0) {
        rl_warner_set_bus(engine->warner, engine->bus);
        rl_warner_warn_programs(engine->warner, true);
    }
    return r;
}

/* In this order: hooks are run by way of units where these can be had. */
static const struct {
    enum rl_step_kind kinds[2];
    int (*open)(struct rl_engine *engine); /* does nothing when that is done */
} parts[] = {
    {{RL_STEP_RECLAIM, RL_STEP_RECLAIM}, open_reclaimer},
    {{RL_STEP_THROTTLE, RL_STEP_FREEZE}, open_measures},
    {{RL_STEP_RESTART, RL_STEP_HOOK}, open_units},
    {{RL_STEP_HOOK, RL_STEP_HOOK}, open_hooks},
    {{RL_STEP_WARN, RL_STEP_WARN}, open_warner},
};

static bool has_step(const struct rl_policy_set *set, enum rl_step_kind kind)
{
    for (size_t i = 0; i < set->n; i++)
        for (uint8_t s = 0; s < set->policies[i].relief.n; s++)
            if (set->policies[i].relief.steps[s].kind == kind)
                return true;
    return false;
}

void rl_steps_prepare(struct rl_engine *engine)
{
    if (!engine->options.probe->live)
        return;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const enum rl_step_kind *kinds = parts[i].kinds;
        int r;

        if (!has_step(engine->policies, kinds[0]) && !has_step(engine->policies, kinds[1]))
            continue;
        r = parts[i].open(engine);
        if (r < 0)
            rl_warning("steps %s and %s cannot be taken: %s", rl_step_name(kinds[0]),
                rl_step_name(kinds[1]), strerror(-r));
    }
    if (engine->warner && !has_step(engine->policies, RL_STEP_WARN))
        rl_warner_warn_programs(engine->warner, false);
}

void rl_steps_calm(struct rl_engine *engine)
{
    int r = 0;

    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        if (engine->running[i]->used)
            return;
    if (engine->hooks)
        r = rl_hooks_mend(engine->hooks);
    if (r < 0)
        rl_warning("the helper that runs hooks cannot be started again: %s", strerror(-r));
}

void rl_steps_close(struct rl_engine *engine)
{
    engine->reclaimer = rl_worker_free(engine->reclaimer);
    engine->measures = rl_measures_free(engine->measures);
    engine->hooks = rl_hooks_free(engine->hooks);
    engine->units = rl_units_free(engine->units);
    engine->warner = rl_warner_free(engine->warner);
    if (engine->hook_cgroup_fd >= 0)
        close(engine->hook_cgroup_fd);
    engine->hook_cgroup_fd = -1;
}
