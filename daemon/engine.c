#include "daemon/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "daemon/autopsy/kmsg.h"
#include "daemon/engine-private.h"
#include "daemon/report/log.h"
#include "policy/match.h"
#include "policy/wake.h"

#define GUARD_AGAIN_US (5 * RL_US_PER_S)
#define QUIET_LEAST_US (2 * RL_US_PER_S)
#define PENDING_MOST   256 /* sources of the loop that have something to say at once */

uint64_t rl_wall_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * RL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

/* Levels announce themselves to nobody: subjects of timed triggers are always hot. */
static void heat_timed(struct rl_engine *engine)
{
    struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));

    engine->timed_pending = false;
    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c))
        if (c->subject == c && c->policy && rl_policy_timed(c->policy) && !c->hot &&
            c->policy->match.attach != RL_ATTACH_DEFAULT)
            rl_watch_heat(engine->watch, c);
    rl_watch_rearm(engine->watch);
}

/* ---- what the watch tells ---- */

static void on_new(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_engine *engine = userdata;

    cgroup->born_s = (uint32_t)(rl_now_us() / RL_US_PER_S);
    if (!engine->watch)
        return; /* the tree is being read: rl_attach_all() follows */
    rl_attach(engine, cgroup);
    rl_growth_consider(engine, rl_now_us());
    if (engine->timed_pending)
        rl_engine_later(engine);
}

static void on_gone(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_engine *engine = userdata;
    struct rl_running *running = rl_running_of(engine, cgroup);

    if (running)
        rl_course_offender_gone(running);
    rl_tried_forget(engine, cgroup->id);
    rl_grades_gone(engine, cgroup);
    rl_ooms_forget(engine->ooms, cgroup->id);
    if (engine->guardian)
        rl_guard_forget(engine->guardian, cgroup->id);
}

static void on_kernel_kill(void *userdata)
{
    rl_grades_kernel_kill(userdata);
}

static void on_events(void *userdata, struct rl_cgroup *cgroup)
{
    struct rl_engine *engine = userdata;

    rl_ooms_stir(engine->ooms, cgroup);
}

/* A write of ours must not be taken for a limit of the cgroup's owner. */
static void on_level(void *userdata, const struct rl_cgroup *cgroup, struct rl_level *level)
{
    struct rl_engine *engine = userdata;
    uint64_t before;

    if (engine->guardian && (engine->uses_guard || engine->measures) &&
        rl_guard_value_before(engine->guardian, cgroup->id, RL_GUARD_HIGH, &before))
        level->memory_high = before;
}

/* A cgroup that nobody has a policy for can still be to blame in the machine's place. It must not
 * take the room of those that have one. */
static bool wants_for_node(const struct rl_engine *engine)
{
    const struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));

    return (engine->uses_node_origin || root->policy) &&
           rl_watch_stats(engine->watch)->hot < RL_HOT_MAX / 2;
}

/* From which share of stall on the triggers of a policy could hold soon; never for one without
 * Pressure= lines, which is woken by events or looked at all the time. */
static uint32_t close_share(const struct rl_policy *policy)
{
    return rl_policy_has_line(policy, RL_LINE_PRESSURE) ? rl_wake_heat_share(policy) : UINT32_MAX;
}

static uint32_t least_close_share(const struct rl_policy_set *set)
{
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; i < set->n; i++)
        if (close_share(&set->policies[i]) < least)
            least = close_share(&set->policies[i]);
    return least;
}

static void on_hot(void *userdata, const struct rl_hot *hot)
{
    struct rl_engine *engine = userdata;

    if (engine->trace)
        rl_trace_hot(engine->trace, hot);
}

static void on_cold(void *userdata, const struct rl_hot *hot)
{
    struct rl_engine *engine = userdata;

    if (engine->trace)
        rl_trace_cold(engine->trace, hot);
}

static void on_sample(void *userdata, const struct rl_hot *hot, const struct rl_level *levels,
    size_t n, uint64_t now_us)
{
    struct rl_engine *engine = userdata;

    if (!engine->trace)
        return;
    rl_trace_node(engine->trace, rl_watch_node(engine->watch, false), now_us);
    rl_trace_sample(engine->trace, hot, levels, n, now_us);
    rl_engine_later(engine);
}

static void wants(void *userdata, struct rl_cgroup *cgroup, struct rl_wish *ret)
{
    struct rl_engine *engine = userdata;
    const struct rl_policy *policy;

    *ret = (struct rl_wish){0};
    /* Limits are set, and names of pods known, only after a cgroup was made. */
    if (engine->uses_limited || engine->uses_pods)
        rl_attach(engine, cgroup);
    policy = cgroup->policy;
    if (!policy) {
        ret->share = least_close_share(engine->policies);
        if (!cgroup->parent && engine->uses_node_origin)
            ret->want = RL_WANT;
        else if (cgroup->parent && wants_for_node(engine))
            ret->want = RL_WANT_IF_LIMITED;
        return;
    }
    /* A default's levels begin to be looked at when anything moves, see heat_timed(). */
    ret->share = rl_policy_timed(policy) ? 0 : close_share(policy);
    ret->events = rl_policy_has_line(policy, RL_LINE_EVENTS);
    ret->want = RL_WANT_IF_LIMITED;
    if (!cgroup->parent || (cgroup->subject == cgroup && policy->match.attach != RL_ATTACH_DEFAULT))
        ret->want = RL_WANT;
}

/* Is it looked at whether the machine is short? */
static bool asks_node(struct rl_engine *engine)
{
    return engine->uses_node_origin && rl_tree_root(rl_watch_tree(engine->watch))->hot;
}

void rl_engine_judge(struct rl_engine *engine, const struct rl_hot *hot, struct rl_memory *memory,
    uint64_t now_us, struct rl_verdict *ret)
{
    bool asked = asks_node(engine);
    struct rl_evidence node, own;
    struct rl_case c = {
        .policy = hot->cgroup->policy,
        .history = &hot->history,
        .room = &hot->room,
        .level = hot->cgroup->parent ? &hot->level : NULL,
        .node = rl_watch_node(engine->watch, false),
        .memory = memory,
        .node_origin = asked ? &node : NULL,
        .have = hot->cgroup->files->sample.have,
        .now_us = now_us,
    };

    if (asked)
        rl_blame_node(engine, now_us, RL_ORIGIN_NODE_WINDOW_US, &node);
    if (!hot->cgroup->parent)
        c.refaults_limited = rl_blame_node(
            engine, now_us, rl_policy_longest_window(hot->cgroup->policy), &own);
    rl_judge(&c, ret);
}

bool rl_engine_keeps(const struct rl_hot *hot)
{
    const struct rl_cgroup *cgroup = hot->cgroup;

    return cgroup->policy && cgroup->subject == cgroup && rl_policy_timed(cgroup->policy);
}

/* Who only looks never acts. */
static void act(struct rl_engine *engine, struct rl_hot *hot, uint64_t now_us)
{
    uint64_t next = rl_judge_again(hot->cgroup->policy, &hot->verdict, now_us, UINT64_MAX);

    if (hot->verdict.holds &&
        (engine->options.look_only || rl_course_open(engine, hot, now_us, &next) != RL_REASON_NONE))
        hot->next_us = next;
}

static void look(struct rl_engine *engine, struct rl_hot *hot, uint64_t now_us)
{
    const struct rl_policy *policy = hot->cgroup->policy;

    rl_growth_consider(engine, now_us);
    if (rl_running_of(engine, hot->cgroup)) {
        hot->next_us = now_us + 250 * RL_US_PER_MS;
        return;
    }
    if (rl_resumed_recently(&engine->suspend, now_us)) {
        /* Stall of a machine that wakes up is nobody's shortage: what was seen does not count. */
        hot->history.restart_us = now_us;
        rl_memory_clear(&hot->memory);
        if (engine->trace)
            rl_trace_restart(engine->trace, hot, now_us);
        hot->next_us = now_us + RL_US_PER_S;
        return;
    }
    if (!policy) {
        hot->quiet_us = RL_ORIGIN_NODE_WINDOW_US;
        hot->next_us = now_us + RL_ORIGIN_NODE_WINDOW_US / 4;
        hot->keep = false;
        return;
    }
    if (engine->uses_node_origin && hot->cgroup->parent)
        rl_watch_heat(engine->watch, rl_tree_root(rl_watch_tree(engine->watch)));
    rl_engine_judge(engine, hot, &hot->memory, now_us, &hot->verdict);
    hot->paused = hot->verdict.holds && rl_pause_for(engine, hot->cgroup);
    if (engine->trace)
        rl_trace_look(engine->trace, hot, asks_node(engine), hot->paused, now_us);
    hot->next_us = hot->verdict.next_us;
    hot->quiet_us = rl_policy_longest_window(policy);
    if (hot->quiet_us < QUIET_LEAST_US)
        hot->quiet_us = QUIET_LEAST_US;
    hot->keep = rl_engine_keeps(hot);
    act(engine, hot, now_us);
    if (engine->uses_guard && now_us - engine->guarded_us > GUARD_AGAIN_US) {
        engine->guard_pending = true;
        rl_engine_later(engine);
    }
}

static void on_look(void *userdata, struct rl_hot *hot, uint64_t now_us)
{
    struct rl_engine *engine = userdata;

    look(engine, hot, now_us);
    if (!engine->options.look_only)
        rl_recorder_look(engine, hot, now_us);
}

/* New processes come to light when their cgroup is looked at. */
static void guard_hot(struct rl_engine *engine)
{
    engine->guard_pending = false;
    engine->guarded_us = rl_now_us();
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        rl_attach_guard(engine, h->cgroup);
}

/* ---- what can wait ---- */

static int on_later(sd_event_source *source, void *userdata)
{
    struct rl_engine *engine = userdata;

    rl_course_report(engine);
    rl_grades_catch_up(engine);
    rl_tracing_calm(engine);
    if (engine->ooms)
        rl_ooms_look(engine->ooms);
    rl_steps_calm(engine);
    rl_course_grow(engine);
    if (rl_flight_grow(engine->flight) < 0)
        rl_debug("no memory to record what more cgroups went through");
    if (engine->growth.pending)
        rl_growth_catch_up(engine);
    if (engine->timed_pending)
        heat_timed(engine);
    if (engine->guard_pending)
        guard_hot(engine);
    return 0;
}

void rl_engine_later(struct rl_engine *engine)
{
    if (engine->later)
        sd_event_source_set_enabled(engine->later, SD_EVENT_ONESHOT);
}

static void on_struck(void *userdata)
{
    rl_engine_later(userdata);
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
    int r = rl_watch_open_gate(engine->watch, engine->policies->policies, engine->policies->n);

    if (r < 0)
        rl_warning("no pressure trigger on the root (%s): the cgroup tree is looked at once a "
                   "second instead, on an idle machine as well",
            strerror(-r));
    return 0;
}

bool rl_engine_dry(const struct rl_engine *engine, const struct rl_policy *policy)
{
    enum rl_dry all = engine->options.settings->dry_run;
    enum rl_dry own = policy ? policy->relief.dry_run : RL_DRY_NO;

    if (own == RL_DRY_UNTIL && !rl_grades_live(engine, policy))
        return true;
    if (engine->options.dry_run || all == RL_DRY_YES || own == RL_DRY_YES)
        return true;
    return engine->others.n > 0 && (all == RL_DRY_AUTO || own == RL_DRY_AUTO);
}

static void find_others(struct rl_engine *engine)
{
    char text[256];

    if (rl_others_find(engine->options.probe->proc_fd, engine->cmdline, &engine->others) < 0 ||
        engine->others.n == 0)
        return;
    rl_notice("%s: two daemons that kill under pressure act on what the other has begun; policies "
              "with DryRun=auto are dry meanwhile",
        rl_others_text(&engine->others, text, sizeof(text)));
}

/* What the engine can do without: each failure is said. */
/* Without memory no pod has a name. */
static void open_pods(struct rl_engine *engine)
{
    const char *root = engine->options.host_root;
    char logs[4096];

    if (!root || (size_t)snprintf(logs, sizeof(logs), "%s" RL_PODS_DIR, root) >= sizeof(logs))
        return;
    engine->pods = rl_pods_new(logs);
    engine->containers = rl_containers_new(root, logs);
}

static void open_helpers(struct rl_engine *engine)
{
    const struct rl_engine_options *o = &engine->options;
    struct rl_guard_options guarding = {
        .runtime_dir = o->runtime_dir,
        .proc_fd = o->probe->proc_fd,
        .cgroup_root_fd = o->probe->cgroup_fd,
        .page_size = o->probe->page_size,
        .self = &engine->self,
    };
    int r = rl_cmdline_new(
        o->probe->proc_fd, rl_extent_of(&engine->growth.census).processes, &engine->cmdline);

    if (r < 0)
        rl_warning(
            "command lines cannot be read, patterns of that kind never know: %s", strerror(-r));
    open_pods(engine);
    guarding.cmdline = engine->cmdline;
    if (o->probe->live && o->runtime_dir) {
        r = rl_guard_new(engine->event, &guarding, &engine->guardian);
        if (r < 0)
            rl_warning("[Guard] sections are not kept: %s", strerror(-r));
    }
    rl_suspend_init(&engine->suspend);
    find_others(engine);
    rl_past_load(engine);
    rl_pauses_begin(engine);
}

/* sd-event keeps what is to be dispatched in an array that grows with its length. It grows now. */
static int make_queue(struct rl_engine *engine)
{
    sd_event_source *pending[PENDING_MOST] = {0};
    int r = 0;

    for (size_t i = 0; i < PENDING_MOST && r >= 0; i++)
        r = sd_event_add_defer(engine->event, &pending[i], on_later, engine);
    for (size_t i = 0; i < PENDING_MOST; i++)
        sd_event_source_disable_unref(pending[i]);
    return r;
}

static int open_parts(struct rl_engine *engine)
{
    const struct rl_engine_options *o = &engine->options;
    struct rl_killer_options killing = {.proc_fd = o->probe->proc_fd,
        .cgroup_root_fd = o->probe->cgroup_fd,
        .struck = on_struck,
        .userdata = engine};
    struct rl_watch_client client = {.on_new = on_new,
        .on_gone = on_gone,
        .wants = wants,
        .on_level = on_level,
        .on_hot = on_hot,
        .on_cold = on_cold,
        .on_sample = on_sample,
        .on_events = on_events,
        .on_look = on_look,
        .on_kernel_kill = on_kernel_kill,
        .userdata = engine};
    int r = rl_self_find(o->probe->proc_fd, &engine->self);

    if (r >= 0)
        r = rl_self_place(&engine->self, o->probe->proc_fd, o->probe->cgroup_fd);
    if (r < 0)
        return r;
    engine->procs = (struct rl_procs){
        .proc_fd = o->probe->proc_fd, .page_size = o->probe->page_size, .self = &engine->self};
    rl_growth_begin(engine);
    open_helpers(engine);
    engine->flight = rl_flight_new();
    r = engine->flight ? make_queue(engine) : -ENOMEM;
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
    if (r >= 0)
        r = rl_growth_init(engine);
    return r;
}

/* Without these the rest works. */
static void open_records(struct rl_engine *engine)
{
    int r = rl_metrics_open(engine);

    if (r < 0)
        rl_warning("no metrics: %s", strerror(-r));
    r = rl_grades_open(engine);
    if (r < 0)
        rl_warning("dry runs are not graded: %s", strerror(-r));
}

/* A choice for nobody: what it needs of code, stack and files is there when it is needed in
 * earnest. */
static void rehearse(struct rl_engine *engine)
{
    struct rl_hot hot = {.cgroup = rl_tree_root(rl_watch_tree(engine->watch))};

    for (size_t i = 0; i < sizeof(hot.room.totals) / sizeof(hot.room.totals[0]); i++)
        hot.room.totals[i] = 1;
    for (size_t i = 0; i < engine->policies->n; i++) {
        if (engine->policies->policies[i].victim.within != RL_WITHIN_GLOB) {
            rl_decide(engine, &hot, &engine->policies->policies[i], true);
            break;
        }
    }
    engine->growth.pending = true; /* it has shown what is needed */
}

static void start_trace(struct rl_engine *engine)
{
    const char *file = engine->options.trace;
    int r = file ? rl_tracing_open(engine, file) : 0;

    if (r < 0)
        rl_error("--trace %s: %s; no trace is written", file, strerror(-r));
}

static void watch_kernel(struct rl_engine *engine)
{
    int r = rl_ooms_new(engine, engine->options.probe->live ? RL_KMSG : NULL, &engine->ooms);

    if (r < 0)
        rl_warning("kills of the kernel's OOM killer are not recorded: %s", strerror(-r));
}

int rl_engine_new(sd_event *event, const struct rl_engine_options *options, struct rl_engine **ret)
{
    struct rl_engine *engine = calloc(1, sizeof(*engine));
    sd_id128_t boot;
    int r;

    if (!engine)
        return -ENOMEM;
    engine->event = sd_event_ref(event);
    engine->options = *options;
    engine->hook_cgroup_fd = -1;
    engine->started_wall_us = rl_wall_us();
    if (sd_id128_get_boot(&boot) >= 0)
        sd_id128_to_string(boot, engine->boot_id);
    r = open_parts(engine);
    if (r < 0) {
        rl_error("cannot start: %s", strerror(-r));
        rl_engine_free(engine);
        return r;
    }
    say_findings(engine->policies);
    if (!options->look_only) {
        open_records(engine);
        rl_steps_prepare(engine);
    }
    rl_attach_all(engine);
    if (!options->look_only) {
        watch_kernel(engine);
        rehearse(engine);
        start_trace(engine);
        open_gate(engine);
    }
    rl_engine_later(engine);
    *ret = engine;
    return 0;
}

void rl_engine_set_bus(struct rl_engine *engine, struct rl_bus *bus)
{
    engine->bus = bus;
    if (engine->warner)
        rl_warner_set_bus(engine->warner, bus);
}

void rl_engine_set_left(struct rl_engine *engine, const struct rl_compat_left *left)
{
    engine->left = left;
}

bool rl_engine_busy(const struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX; i++)
        if (engine->running[i] && engine->running[i]->used)
            return true;
    return false;
}

struct rl_engine *rl_engine_free(struct rl_engine *engine)
{
    if (!engine)
        return NULL;
    rl_course_end(engine);
    engine->ooms = rl_ooms_free(engine->ooms);
    rl_tracing_end(engine);
    rl_grades_close(engine);
    rl_metrics_close(engine);
    rl_past_save(engine);
    rl_steps_close(engine);
    rl_owner_end(engine);
    rl_past_free(engine);
    engine->later = sd_event_source_disable_unref(engine->later);
    engine->pause_timer = sd_event_source_disable_unref(engine->pause_timer);
    /* Before the tree: its cgroups go with it, and what is forgotten is not restored. */
    engine->guardian = rl_guard_free(engine->guardian);
    engine->watch = rl_watch_free(engine->watch);
    engine->killer = rl_killer_free(engine->killer);
    rl_course_free(engine);
    engine->policies = rl_policy_set_free(engine->policies);
    engine->cmdline = rl_cmdline_free(engine->cmdline);
    engine->pods = rl_pods_free(engine->pods);
    engine->containers = rl_containers_free(engine->containers);
    rl_scratch_free(&engine->scratch);
    engine->flight = rl_flight_free(engine->flight);
    sd_event_unref(engine->event);
    free(engine);
    return NULL;
}

int rl_engine_reload(struct rl_engine *engine)
{
    struct rl_policy_set *old = engine->policies;
    int r;

    if (engine->options.reloading)
        engine->options.reloading(engine->options.userdata);
    r = rl_policy_set_load(&engine->options.policies, old, &engine->policies);
    if (r < 0)
        return r;
    say_findings(engine->policies);
    rl_steps_prepare(engine);
    rl_attach_all(engine);
    rl_reach_stir(engine, rl_now_us());
    /* Verdicts of the old policies speak of triggers that may be gone. */
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));) {
        h->verdict = (struct rl_verdict){0};
        rl_memory_clear(&h->memory);
    }
    for (size_t i = 0; i < RL_PASTS_MAX; i++) {
        rl_limit_restart(&engine->pasts[i].kills);
        if (engine->pasts[i].until_us == UINT64_MAX)
            engine->pasts[i].until_us = 0; /* OnRepeat=stop waits for this */
    }
    rl_policy_set_free(old);
    find_others(engine);
    rl_tracing_reloaded(engine);
    open_gate(engine);
    rl_engine_later(engine);
    rl_notice("policies reloaded: %zu in force", engine->policies->n);
    return 0;
}

size_t rl_engine_policies(const struct rl_engine *engine)
{
    return engine->policies->n;
}
