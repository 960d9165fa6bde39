/* The course of incidents: carrying out what policy/incident.c orders. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/report/log.h"

/* How often the offender is sampled while its incident runs: for the record, and so that "still
 * holds" is answered from recent numbers. */
#define RUNNING_LOOK_US (250 * RL_US_PER_MS)

static void advance(struct rl_running *running);

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    advance(userdata);
    return 0;
}

static struct rl_running *running_free(struct rl_running *running)
{
    if (!running)
        return NULL;
    sd_event_source_disable_unref(running->timer);
    free(running->targets);
    free(running->paths);
    free(running);
    return NULL;
}

/* Room for one more incident, touched. Return: 0, or -errno. */
static int running_new(struct rl_engine *engine, struct rl_running **ret)
{
    struct rl_running *running = rl_table_new(1, sizeof(*running));
    int r = -ENOMEM;

    if (!running)
        return r;
    memset(running, 0, sizeof(*running));
    running->engine = engine;
    running->cgroup_fd = -1;
    running->targets = rl_table_new(RL_TARGETS_MAX, sizeof(*running->targets));
    running->paths = rl_table_new(RL_VICTIM_PATHS, 1);
    if (running->targets && running->paths)
        r = sd_event_add_time(
            engine->event, &running->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, running);
    if (r >= 0)
        r = sd_event_source_set_enabled(running->timer, SD_EVENT_OFF);
    if (r < 0)
        running_free(running);
    else
        *ret = running;
    return r;
}

int rl_course_init(struct rl_engine *engine)
{
    int r = 0;

    /* gmtime_r(), of which an incident's id is made, would read the time zone's file when it is
     * called first. */
    tzset();
    for (size_t i = 0; i < RL_RUNNING_READY && r >= 0; i++)
        r = running_new(engine, &engine->running[i]);
    return r;
}

void rl_course_grow(struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX; i++) {
        if (!engine->running[i]) {
            int r = running_new(engine, &engine->running[i]);

            if (r < 0)
                rl_warning(
                    "%zu incidents run, and there is no room for another one: %s", i, strerror(-r));
            return;
        }
        if (!engine->running[i]->used)
            return;
    }
}

struct rl_running *rl_running_of(struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++) {
        struct rl_running *running = engine->running[i];

        if (running->used && running->hot && running->hot->cgroup == cgroup)
            return running;
    }
    return NULL;
}

/* Is somebody above or below still being served, or a deeper origin waiting to be? */
static bool domain_busy(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++) {
        const struct rl_running *running = engine->running[i];

        if (running->used && running->hot &&
            (rl_cgroup_holds(running->hot->cgroup, hot->cgroup) ||
                rl_cgroup_holds(hot->cgroup, running->hot->cgroup)))
            return true;
    }
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        if (h != hot && h->verdict.holds && rl_cgroup_holds(hot->cgroup, h->cgroup) &&
            rl_cooldown_left(engine, h->cgroup->id, now_us) == 0)
            return true;
    return false;
}

static struct rl_running *free_slot(struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        if (!engine->running[i]->used)
            return engine->running[i];
    return NULL;
}

/* For how long the choice was put off. */
static void note_waiting(struct rl_running *running, uint64_t now_us)
{
    const struct rl_incident *incident = &running->incident;

    if (incident->yield_us == 0 || incident->acted)
        return;
    running->record.waited_us = now_us - incident->yield_us;
    running->record.waited_out = incident->waited_out;
}

/* The first step chooses; every later one acts on the same victim. */
static enum rl_reason choose(struct rl_running *running)
{
    struct rl_engine *engine = running->engine;
    const struct rl_policy *policy = running->hot->cgroup->policy;
    int r;

    rl_decide(engine, running->hot, policy, running->incident.waited_out);
    note_waiting(running, rl_now_us());
    rl_fill_choice(engine, &running->record, policy);
    engine->growth.pending = true; /* it may have been short of room */
    rl_engine_later(engine);
    if (!engine->scratch.choice.found)
        return engine->scratch.choice.why;
    r = rl_victim_take(running);
    return r < 0 ? RL_OUTCOME_GONE : RL_REASON_NONE;
}

static enum rl_reason take_step(struct rl_running *running, uint8_t step)
{
    enum rl_reason failed = RL_REASON_NONE;
    bool first = !running->incident.acted;

    if (first && !running->hot)
        return RL_OUTCOME_GONE;
    if (first)
        failed = choose(running);
    if (failed == RL_REASON_NONE)
        failed = rl_step_take(running, &running->relief.steps[step], rl_now_us());
    if (first && failed != RL_WAIT_EXITING) {
        running->to_announce = true;
        rl_engine_later(running->engine);
    }
    return failed;
}

/* Does its trigger still hold, counted from the last step? */
static bool still_holds(struct rl_running *running, uint64_t now_us)
{
    struct rl_reading readings[RL_LINES_MAX];
    struct rl_present present;

    if (!running->hot || rl_watch_sample(running->engine->watch, running->hot, now_us) < 0)
        return false;
    present = (struct rl_present){
        .history = &running->hot->history,
        .room = &running->hot->room,
        .have = running->hot->cgroup->files->sample.have,
        .now_us = now_us,
        .since_us = running->incident.since_us,
    };
    return rl_trigger_read(&running->trigger, &present, readings);
}

static uint64_t held(const struct rl_record_state *state)
{
    return state->sample.current + state->sample.swap_current;
}

/* The fall of the offender's memory, as far as it shows: what comes after may grow again. */
static void measure_freed(struct rl_running *running, uint64_t now_us)
{
    struct rl_record *record = &running->record;
    struct rl_record_state state;

    if (!running->hot) {
        /* The cgroup is gone with all it held; its page cache may live on above it. */
        record->freed_bytes = record->before.sample.anon + record->before.sample.swap_current;
        return;
    }
    rl_fill_state(&state, running->hot, &running->trigger, now_us, running->incident.since_us);
    if (!running->hot->cgroup->parent) {
        /* The root has no memory.current: what is available now and was not before. */
        uint64_t was = record->before.room.headroom, is = state.room.headroom;

        if (is > was && is - was > record->freed_bytes)
            record->freed_bytes = is - was;
    } else if (held(&record->before) > held(&state) &&
               held(&record->before) - held(&state) > record->freed_bytes) {
        record->freed_bytes = held(&record->before) - held(&state);
    }
    record->after = state;
}

static void close_step(struct rl_running *running, uint64_t now_us)
{
    struct rl_record *record = &running->record;
    struct rl_record_step *step;

    if (record->n_steps == 0)
        return;
    step = &record->steps[record->n_steps - 1];
    if (step->took_us == 0)
        step->took_us = (record->gone_us > step->at_us ? record->gone_us : now_us) - step->at_us;
    if (step->result == RL_DONE_SENT)
        step->result = running->incident.gone ? RL_DONE_VICTIM_GONE : RL_DONE_TIME_UP;
}

/* Cooldown, and the kill that it comes from: what a dry run would have killed counts too. */
static void remember(struct rl_running *running, uint64_t now_us)
{
    struct rl_engine *engine = running->engine;
    struct rl_past *past = rl_past_of(engine, running->record.offender_id);

    past->until_us = now_us + running->relief.cooldown_us;
    if (running->hold_until_us > past->until_us)
        past->until_us = running->hold_until_us;
    if (!running->incident.acted)
        return;
    rl_limit_note(&past->kills, now_us);
    rl_limit_note(&engine->budget, now_us);
}

/* vm.panic_on_oom's way, for those who asked for it twice. */
static void panic(struct rl_running *running)
{
    struct rl_engine *engine = running->engine;
    int fd;

    if (!running->panic || running->incident.dry || !engine->options.settings->allow_panic)
        return;
    rl_log(LOG_EMERG, "nobody may be chosen in %s, and OnNoVictim=panic: the machine panics",
        running->record.offender);
    fd = openat(engine->options.probe->proc_fd, "sysrq-trigger", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "c", 1) < 0)
        rl_error("/proc/sysrq-trigger: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
}

static void finish(struct rl_running *running, uint64_t now_us)
{
    struct rl_record *record = &running->record;
    struct rl_engine *engine = running->engine;

    close_step(running, now_us);
    note_waiting(running, now_us);
    if (running->incident.gone && record->gone_us == 0)
        record->gone_us = now_us;
    if (running->incident.gone)
        measure_freed(running, now_us);
    else if (running->hot)
        rl_fill_state(
            &record->after, running->hot, &running->trigger, now_us, running->incident.since_us);
    record->open = false;
    record->ended_us = now_us;
    record->ended_wall_us = rl_wall_us();
    record->outcome = running->incident.outcome;
    sd_event_source_set_enabled(running->timer, SD_EVENT_OFF);
    rl_victim_drop(running);
    remember(running, now_us);
    if (running->hot) {
        running->hot->keep = rl_engine_keeps(running->hot);
        running->hot->history.restart_us = now_us;
        rl_memory_clear(&running->hot->memory);
        running->hot->verdict.holds = false;
        running->hot->next_us = now_us + RUNNING_LOOK_US;
        running->hot = NULL;
        rl_watch_rearm(engine->watch);
    }
    running->to_end = true;
    rl_engine_later(engine);
    if (running->incident.outcome == RL_OUTCOME_NO_VICTIM)
        panic(running);
}

static void arm(struct rl_running *running, uint64_t wake_us)
{
    sd_event_source_set_time(running->timer, wake_us);
    sd_event_source_set_enabled(running->timer, SD_EVENT_ONESHOT);
}

static void advance(struct rl_running *running)
{
    struct rl_news news = {0};
    struct rl_order order;

    /* Ended, and only waiting to be reported. */
    if (!running->used || running->incident.phase == RL_PHASE_ENDED)
        return;
    do {
        bool was_gone = running->incident.gone;

        news.now_us = rl_now_us();
        news.gone = running->gone;
        news.offender_gone = !running->hot;
        if (running->incident.phase == RL_PHASE_WAIT ||
            running->incident.phase == RL_PHASE_SETTLE || running->incident.phase == RL_PHASE_YIELD)
            news.holds = still_holds(running, news.now_us);
        order = rl_incident_next(&running->incident, &running->relief, &news);
        if (running->incident.gone && !was_gone)
            measure_freed(running, news.now_us);
        news.failed = RL_REASON_NONE;
        if (order.what == RL_DO_STEP) {
            close_step(running, news.now_us);
            news.failed = take_step(running, order.step);
        }
        /* A victim that was gone before its signal is news of its own. */
    } while (order.what == RL_DO_STEP ||
             (running->gone && !running->incident.gone && order.what == RL_DO_WAIT));
    if (order.what == RL_DO_END)
        finish(running, news.now_us);
    else
        arm(running, order.wake_us);
}

void rl_course_victim_gone(struct rl_running *running, uint64_t gone_us, int error)
{
    struct rl_record *record = &running->record;

    if (error != 0) {
        struct rl_record_step *step = &record->steps[record->n_steps - 1];

        step->result = RL_DONE_ERROR;
        step->error = error;
        rl_error("the victim of incident %s cannot be killed: %s", record->id, strerror(error));
        return; /* its time runs out, and the incident ends as stuck */
    }
    running->gone = true;
    record->gone_us = gone_us;
    rl_engine_later(running->engine);
    advance(running);
}

void rl_course_offender_gone(struct rl_running *running)
{
    running->hot = NULL;
    advance(running);
}

/* How an incident ends that is one kill too many. */
static enum rl_reason instead_of_kill(const struct rl_allowance *allowance)
{
    if (allowance->why == RL_WAIT_BUDGET || allowance->instead == RL_REPEAT_ALARM)
        return RL_OUTCOME_ALARM;
    return RL_OUTCOME_HELD;
}

/* Record that nothing was done, once for all the time that nothing may be done. */
static void refuse(struct rl_running *running, const struct rl_allowance *allowance)
{
    running->hold_until_us = allowance->until_us;
    running->incident.phase = RL_PHASE_ENDED;
    running->incident.outcome = instead_of_kill(allowance);
    rl_log(allowance->instead == RL_REPEAT_HOLD ? LOG_WARNING : LOG_CRIT,
        "%s is short of memory, but %s (%u kills)", running->record.offender,
        rl_reason_text(allowance->why), (unsigned)allowance->kills);
    finish(running, rl_now_us());
}

static struct rl_allowance allowance_of(
    struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us)
{
    const struct rl_settings *settings = engine->options.settings;
    struct rl_allowance allowance = rl_limit_allows(
        &rl_past_of(engine, hot->cgroup->id)->kills, &hot->cgroup->policy->relief, now_us);

    if (allowance.why != RL_REASON_NONE)
        return allowance;
    return rl_budget_allows(&engine->budget, settings->budget_kills, settings->budget_us, now_us);
}

enum rl_reason rl_course_open(struct rl_engine *engine, struct rl_hot *hot, uint64_t now_us)
{
    const struct rl_policy *policy = hot->cgroup->policy;
    const struct rl_trigger *trigger = &policy->triggers[hot->verdict.trigger];
    struct rl_allowance allowance;
    struct rl_running *running;

    if (rl_cooldown_left(engine, hot->cgroup->id, now_us) > 0)
        return RL_WAIT_COOLDOWN;
    if (domain_busy(engine, hot, now_us))
        return RL_WAIT_BUSY_DOMAIN;
    running = free_slot(engine);
    if (!running)
        return RL_WAIT_BUSY_DOMAIN;
    allowance = allowance_of(engine, hot, now_us);
    running->used = true;
    rl_engine_later(engine); /* room for the next one */
    running->hot = hot;
    running->gone = false;
    running->whole = false;
    running->hold_until_us = 0;
    running->trigger = *trigger;
    running->relief = policy->relief;
    running->panic = policy->relief.on_no_victim == RL_NO_VICTIM_PANIC;
    hot->keep = true;
    rl_incident_open(&running->incident, trigger, rl_engine_dry(engine, policy), now_us);
    rl_fill_open(engine, &running->record, hot, policy, trigger, now_us);
    if (allowance.why != RL_REASON_NONE)
        refuse(running, &allowance);
    else
        advance(running);
    return allowance.why;
}

void rl_course_report(struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++) {
        struct rl_running *running = engine->running[i];

        /* Writing it down costs the processor that the thread with the order waits for. */
        if (running->to_announce && !running->to_end && rl_kill_on_way(running->watch))
            continue;
        if (running->to_announce && !running->to_end)
            rl_report_started(engine->options.report, &running->record);
        running->to_announce = false;
        if (!running->to_end)
            continue;
        running->to_end = false;
        rl_report_ended(engine->options.report, &running->record);
        running->used = false;
        rl_past_name(engine, running->record.offender_id, running->record.offender);
        rl_past_save(engine);
    }
}

/* What still runs is written down as it stands; nothing is undone. */
void rl_course_end(struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++) {
        struct rl_running *running = engine->running[i];

        if (!running->used || running->incident.phase == RL_PHASE_ENDED)
            continue;
        running->incident.phase = RL_PHASE_ENDED;
        running->incident.outcome = RL_OUTCOME_INTERRUPTED;
        finish(running, rl_now_us());
    }
    rl_course_report(engine);
}

void rl_course_free(struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX; i++)
        engine->running[i] = running_free(engine->running[i]);
}
