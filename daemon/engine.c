#include "daemon/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/engine-private.h"
#include "daemon/report/log.h"
#include "policy/match.h"

#define QUIET_LEAST_US (2 * RL_US_PER_S)

uint64_t rl_wall_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * RL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- cooldowns ---- */

uint64_t rl_cooldown_left(const struct rl_engine *engine, uint64_t id, uint64_t now_us)
{
    for (size_t i = 0; i < RL_COOLDOWNS_MAX; i++)
        if (engine->cooldowns[i].id == id && engine->cooldowns[i].until_us > now_us)
            return engine->cooldowns[i].until_us - now_us;
    return 0;
}

void rl_cooldown_set(struct rl_engine *engine, uint64_t id, uint64_t until_us)
{
    struct rl_cooldown *at = &engine->cooldowns[0];

    /* Its own entry, else the one that is over first. */
    for (size_t i = 0; i < RL_COOLDOWNS_MAX; i++) {
        struct rl_cooldown *c = &engine->cooldowns[i];

        if (c->id == id) {
            at = c;
            break;
        }
        if (c->until_us < at->until_us)
            at = c;
    }
    *at = (struct rl_cooldown){id, until_us};
}

/* ---- which policy is in force where ---- */

static bool has_timed_trigger(const struct rl_policy *policy)
{
    for (size_t i = 0; i < policy->n_triggers; i++)
        if (rl_trigger_timed(&policy->triggers[i]))
            return true;
    return false;
}

static bool inherits(const struct rl_cgroup *parent)
{
    return parent && parent->parent && parent->policy &&
           parent->policy->match.attach != RL_ATTACH_DEFAULT;
}

/* Its own file, else its nearest ancestor's, else the default. A file for the root is about the
 * machine and covers nobody below. */
static void attach(struct rl_engine *engine, struct rl_cgroup *cgroup)
{
    const struct rl_policy_set *set = engine->policies;
    char path[4096];

    rl_cgroup_path(cgroup, path, sizeof(path));
    cgroup->policy = rl_match_policy(set->policies, set->n, path, false);
    cgroup->subject = cgroup->policy ? cgroup : NULL;
    if (!cgroup->policy && inherits(cgroup->parent)) {
        cgroup->policy = cgroup->parent->policy;
        cgroup->subject = cgroup->parent->subject;
    } else if (!cgroup->policy && (!set->default_node_only || !cgroup->parent)) {
        cgroup->policy = rl_match_policy(set->policies, set->n, path, true);
        cgroup->subject = cgroup->policy ? cgroup : NULL;
    }
    if (cgroup->subject == cgroup && has_timed_trigger(cgroup->policy))
        engine->timed_pending = true;
}

static void attach_all(struct rl_engine *engine)
{
    struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));

    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c))
        attach(engine, c);
}

/* Levels announce themselves to nobody: subjects of timed triggers are always hot. */
static void heat_timed(struct rl_engine *engine)
{
    struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));

    engine->timed_pending = false;
    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c))
        if (c->subject == c && c->policy && has_timed_trigger(c->policy) && !c->hot &&
            c->policy->match.attach != RL_ATTACH_DEFAULT)
            rl_watch_heat(engine->watch, c);
    rl_watch_rearm(engine->watch);
}

static uint32_t smallest_share(const struct rl_policy_set *set)
{
    uint32_t least = 0;

    for (size_t p = 0; p < set->n; p++)
        for (size_t t = 0; t < set->policies[p].n_triggers; t++)
            for (size_t i = 0; i < set->policies[p].triggers[t].n; i++) {
                const struct rl_line *line = &set->policies[p].triggers[t].lines[i];

                if (line->kind == RL_LINE_PRESSURE && (least == 0 || line->share < least))
                    least = line->share;
            }
    return least;
}

/* ---- what the watch tells ---- */

static void on_new(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_engine *engine = userdata;

    attach(engine, cgroup);
    if (engine->timed_pending)
        rl_engine_later(engine);
}

static void on_gone(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_engine *engine = userdata;
    struct rl_running *running = rl_running_of(engine, cgroup);

    if (running)
        rl_course_offender_gone(running);
}

static enum rl_want wants(void *userdata, const struct rl_cgroup *cgroup)
{
    if (!cgroup->policy)
        return RL_WANT_NOT;
    if (!cgroup->parent)
        return RL_WANT;
    if (cgroup->subject == cgroup && cgroup->policy->match.attach != RL_ATTACH_DEFAULT)
        return RL_WANT;
    return RL_WANT_IF_LIMITED;
}

void rl_engine_judge(
    struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us, struct rl_verdict *ret)
{
    struct rl_case c = {
        .policy = hot->cgroup->policy,
        .history = &hot->history,
        .room = &hot->room,
        .level = hot->cgroup->parent ? &hot->level : NULL,
        .node = rl_watch_node(engine->watch, false),
        .have = hot->cgroup->files->sample.have,
        .now_us = now_us,
    };

    rl_judge(&c, ret);
}

static void on_look(void *userdata, struct rl_hot *hot, uint64_t now_us)
{
    struct rl_engine *engine = userdata;
    const struct rl_policy *policy = hot->cgroup->policy;

    if (rl_running_of(engine, hot->cgroup)) {
        hot->next_us = now_us + 250 * RL_US_PER_MS;
        return;
    }
    if (!policy) {
        hot->quiet_us = 0;
        hot->keep = false;
        return;
    }
    rl_engine_judge(engine, hot, now_us, &hot->verdict);
    hot->next_us = hot->verdict.next_us;
    hot->quiet_us = rl_policy_longest_window(policy);
    if (hot->quiet_us < QUIET_LEAST_US)
        hot->quiet_us = QUIET_LEAST_US;
    hot->keep = hot->cgroup->subject == hot->cgroup && has_timed_trigger(policy);
    if (hot->verdict.holds)
        rl_course_open(engine, hot, now_us);
}

/* ---- what can wait ---- */

static int on_later(sd_event_source *source, void *userdata)
{
    struct rl_engine *engine = userdata;

    rl_course_report(engine);
    if (engine->timed_pending)
        heat_timed(engine);
    return 0;
}

void rl_engine_later(struct rl_engine *engine)
{
    if (engine->later)
        sd_event_source_set_enabled(engine->later, SD_EVENT_ONESHOT);
}

/* ---- life ---- */

static void say_findings(const struct rl_policy_set *set)
{
    for (size_t i = 0; i < set->findings.n; i++) {
        const struct rl_finding *f = &set->findings.items[i];

        rl_log(f->severity == RL_ERROR ? LOG_ERR : LOG_WARNING, "%s:%u: %s: %s", f->path, f->line,
            f->severity == RL_ERROR ? "error" : "warning", f->message);
    }
    if (set->default_node_only)
        rl_error("a policy file is broken and never was in force: the default policy acts on the "
                 "machine as a whole only, until the file is repaired (reliefctl check)");
}

static int open_gate(struct rl_engine *engine)
{
    int r = rl_watch_open_gate(engine->watch, smallest_share(engine->policies));

    if (r < 0)
        rl_warning("no pressure trigger on the root (%s): shortage is noticed through "
                   "memory.events only, and a shortage of the whole machine not at all",
            strerror(-r));
    return 0;
}

static int open_parts(struct rl_engine *engine)
{
    const struct rl_engine_options *o = &engine->options;
    struct rl_killer_options killing = {
        .proc_fd = o->probe->proc_fd, .cgroup_root_fd = o->probe->cgroup_fd};
    struct rl_watch_client client = {.on_new = on_new,
        .on_gone = on_gone,
        .wants = wants,
        .on_look = on_look,
        .userdata = engine};
    int r = rl_self_find(o->probe->proc_fd, &engine->self);

    if (r < 0)
        return r;
    engine->procs = (struct rl_procs){
        .proc_fd = o->probe->proc_fd, .page_size = o->probe->page_size, .self = &engine->self};
    r = rl_scratch_init(&engine->scratch);
    if (r >= 0)
        r = rl_course_init(engine);
    if (r >= 0)
        r = rl_killer_new(engine->event, &killing, &engine->killer);
    if (r >= 0)
        r = rl_policy_set_load(&o->policies, NULL, &engine->policies);
    if (r >= 0)
        r = sd_event_add_defer(engine->event, &engine->later, on_later, engine);
    if (r >= 0)
        r = sd_event_source_set_priority(engine->later, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = rl_watch_new(engine->event, o->probe, &client, &engine->watch);
    return r;
}

int rl_engine_new(sd_event *event, const struct rl_engine_options *options, struct rl_engine **ret)
{
    struct rl_engine *engine = calloc(1, sizeof(*engine));
    int r;

    if (!engine)
        return -ENOMEM;
    engine->event = sd_event_ref(event);
    engine->options = *options;
    engine->started_wall_us = rl_wall_us();
    r = open_parts(engine);
    if (r < 0) {
        rl_error("cannot start: %s", strerror(-r));
        rl_engine_free(engine);
        return r;
    }
    say_findings(engine->policies);
    attach_all(engine);
    open_gate(engine);
    rl_engine_later(engine);
    *ret = engine;
    return 0;
}

struct rl_engine *rl_engine_free(struct rl_engine *engine)
{
    if (!engine)
        return NULL;
    rl_course_end(engine);
    engine->later = sd_event_source_disable_unref(engine->later);
    engine->watch = rl_watch_free(engine->watch);
    engine->killer = rl_killer_free(engine->killer);
    rl_course_free(engine);
    engine->policies = rl_policy_set_free(engine->policies);
    rl_scratch_free(&engine->scratch);
    sd_event_unref(engine->event);
    free(engine);
    return NULL;
}

int rl_engine_reload(struct rl_engine *engine)
{
    struct rl_policy_set *old = engine->policies;
    int r = rl_policy_set_load(&engine->options.policies, old, &engine->policies);

    if (r < 0)
        return r;
    say_findings(engine->policies);
    attach_all(engine);
    /* Verdicts of the old policies speak of triggers that may be gone. */
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        h->verdict = (struct rl_verdict){0};
    rl_policy_set_free(old);
    open_gate(engine);
    rl_engine_later(engine);
    rl_notice("policies reloaded: %zu in force", engine->policies->n);
    return 0;
}

size_t rl_engine_policies(const struct rl_engine *engine)
{
    return engine->policies->n;
}
