/* The course of incidents: carrying out what policy/incident.c orders. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
    struct rl_running *running = rl_touched_new(1, sizeof(*running));
    int r = -ENOMEM;

    if (!running)
        return r;
    memset(running, 0, sizeof(*running));
    running->engine = engine;
    running->cgroup_fd = -1;
    running->reclaiming.fd = -1;
    running->targets = rl_touched_new(RL_TARGETS_MAX, sizeof(*running->targets));
    running->paths = rl_touched_new(RL_VICTIM_PATHS, 1);
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

            rl_killer_ready(engine->killer, i + 1);
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

    if (incident->yield_us == 0 || running->chosen)
        return;
    running->record.waited_us = now_us - incident->yield_us;
    running->record.waited_out = incident->waited_out;
}

/* The first step that asks for a victim chooses; every later one acts on the same. */
static enum rl_reason choose(struct rl_running *running)
{
    struct rl_engine *engine = running->engine;
    const struct rl_policy *policy = running->hot ? running->hot->cgroup->policy : NULL;
    int r;

    if (!policy)
        return RL_OUTCOME_GONE;
    engine->scratch.vetoed = running->vetoed_ones;
    engine->scratch.n_vetoed = running->n_vetoed;
    if (engine->trace)
        engine->trace->incident = running->number;
    rl_decide(engine, running->hot, policy, running->incident.waited_out);
    if (engine->trace)
        engine->trace->incident = 0;
    engine->scratch.n_vetoed = 0;
    note_waiting(running, rl_now_us());
    rl_fill_choice(engine, &running->record, policy);
    engine->growth.pending = true; /* it may have been short of room */
    rl_engine_later(engine);
    if (!engine->scratch.choice.found)
        return engine->scratch.choice.why;
    rl_effect_begin(running);
    r = rl_victim_take(running);
    running->chosen = r >= 0;
    return r < 0 ? RL_OUTCOME_GONE : RL_REASON_NONE;
}

/* A victim for a step that asks for one. What is told of him and does without goes on alone, but
 * not where it has just vetoed one. */
static enum rl_reason provide_victim(struct rl_running *running, const struct rl_order *order)
{
    enum rl_step_victim asks = rl_step_traits(running->relief.steps[order->step].kind)->victim;

    if (order->exclude)
        rl_victim_exclude(running);
    if (asks == RL_VICTIM_NONE || running->chosen)
        return RL_REASON_NONE;
    return rl_without_victim(asks, order->exclude, choose(running));
}

static struct rl_allowance allowance_of(struct rl_running *running, uint64_t now_us)
{
    struct rl_engine *engine = running->engine;
    const struct rl_settings *settings = engine->options.settings;
    struct rl_past *past = rl_past_of(engine, running->record.offender_id);
    struct rl_asking asking = {
        .kills = &past->kills,
        .relief = &running->relief,
        .effect = &past->effect,
        .now = running->hot ? &running->hot->cgroup->files->sample : NULL,
        .budget = &engine->budget,
        .budget_kills = settings->budget_kills,
        .budget_us = settings->budget_us,
    };

    return rl_kill_allowed(&asking, now_us);
}

static struct rl_ending ending_of(const struct rl_running *running)
{
    return (struct rl_ending){
        .incident = &running->incident,
        .relief = &running->relief,
        .refused = running->refused,
        .counted = running->counted,
        .tried = rl_tried(running->engine, running->record.offender_id),
        .hold_until_us = running->hold_until_us,
    };
}

/* May this incident kill? It is asked when the first rung is due that may; the answer counts for
 * all of the incident. Return: RL_REASON_NONE, or how the incident ends instead; then nothing is
 * done for as long as nothing may be done. */
static enum rl_reason ask_allowance(struct rl_running *running, uint8_t rung)
{
    struct rl_allowance allowance;
    uint64_t now_us;

    if (running->allowed || !rl_step_traits(running->relief.steps[rung].kind)->kills)
        return RL_REASON_NONE;
    now_us = rl_now_us();
    allowance = allowance_of(running, now_us);
    rl_tracing_allowance(running, &allowance, now_us);
    running->allowed = allowance.why == RL_REASON_NONE;
    if (running->allowed)
        return RL_REASON_NONE;
    running->hold_until_us = allowance.until_us;
    rl_log(allowance.instead == RL_REPEAT_HOLD ? LOG_WARNING : LOG_CRIT,
        "%s is short of memory, but %s (%u kills)", running->record.offender,
        rl_reason_text(allowance.why), (unsigned)allowance.kills);
    return rl_allowance_outcome(&allowance);
}

/* The budget counts at once, for incidents that run beside this one. */
static void count_kill(struct rl_running *running, const struct rl_step *step, uint64_t now_us)
{
    struct rl_ending ending = ending_of(running);

    if (!rl_step_counts(&ending, step, running->record.first_signal_us != 0))
        return;
    running->counted = true;
    rl_limit_note(&running->engine->budget, now_us);
}

/* The first step is told everybody; what follows is in the file as soon as there is time. */
static void announce(struct rl_running *running)
{
    if (running->announced)
        running->to_update = true;
    else
        running->to_announce = true;
    running->announced = true;
    rl_engine_later(running->engine);
}

/* What an order to take or to skip a step comes to is news for the next one. */
static void take_step(
    struct rl_running *running, const struct rl_order *order, struct rl_news *news)
{
    enum rl_reason why = RL_REASON_NONE;
    bool was_counted = running->counted;
    uint64_t now_us;

    if (order->what == RL_DO_SKIP) {
        rl_step_skip(running, order, rl_now_us());
        news->skipped = order->why;
        return;
    }
    if (!running->record.by_hand && rl_paused(running->engine, running->hot))
        why = RL_WAIT_PAUSED;
    if (why == RL_REASON_NONE)
        why = ask_allowance(running, order->step);
    if (why == RL_REASON_NONE)
        why = provide_victim(running, order);
    if (why == RL_REASON_NONE)
        why = rl_step_take(running, order, rl_now_us());
    now_us = rl_now_us();
    if (why == RL_REASON_NONE)
        count_kill(running, &running->relief.steps[order->step], now_us);
    rl_tracing_step(running, order->step, why, running->counted && !was_counted, now_us);
    if (rl_reason_skips(why))
        news->skipped = why;
    else
        news->failed = why;
    if (why != RL_WAIT_EXITING && why != RL_OUTCOME_ALARM && why != RL_OUTCOME_HELD &&
        why != RL_OUTCOME_FUTILE)
        announce(running);
}

static bool still_holds(struct rl_running *running, uint64_t now_us)
{
    const struct rl_hot *hot = running->hot;

    return hot && rl_watch_sample(running->engine->watch, running->hot, now_us) >= 0 &&
           rl_still_holds(&running->incident, &running->trigger, &hot->history, &hot->room,
               hot->cgroup->files->sample.have, now_us);
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

/* What became of a step that has not said so itself. */
static enum rl_reason result_of(const struct rl_running *running, const struct rl_record_step *step)
{
    const struct rl_step_traits *traits = rl_step_traits(step->kind);

    if (running->incident.gone)
        return RL_DONE_VICTIM_GONE;
    if (traits->signals)
        return RL_DONE_TIME_UP;
    return traits->timed && traits->trace == RL_TRACE_NONE ? RL_DONE_CUT_SHORT : RL_DONE_DONE;
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
        step->result = result_of(running, step);
}

/* What it came to, and whether that is news. */
static void classify(struct rl_running *running, uint64_t now_us)
{
    struct rl_past *past = rl_past_of(running->engine, running->record.offender_id);

    running->record.kind = rl_incident_kind(&running->incident);
    running->stale = rl_refusal_again(&past->refusal, &running->incident, now_us, past->until_us) &&
                     !running->told && !running->record.by_hand;
}

/* OnNoVictim=panic */
static void panic(struct rl_running *running)
{
    struct rl_engine *engine = running->engine;
    int r;

    if (!running->panic || running->incident.dry || !engine->options.settings->allow_panic)
        return;
    r = rl_panic(engine, "OnNoVictim=panic, and nobody may be chosen", running->record.offender);
    if (r < 0)
        rl_error("/proc/sysrq-trigger: %s", strerror(-r));
}

static void finish(struct rl_running *running, uint64_t now_us)
{
    struct rl_record *record = &running->record;
    struct rl_engine *engine = running->engine;
    struct rl_ending ending = ending_of(running);

    close_step(running, now_us);
    note_waiting(running, now_us);
    if (running->incident.gone && record->gone_us == 0)
        record->gone_us = now_us;
    if (running->incident.gone)
        measure_freed(running, now_us);
    else if (running->hot)
        rl_fill_state(
            &record->after, running->hot, &running->trigger, now_us, running->incident.since_us);
    rl_recorder_last(running, now_us);
    record->open = false;
    record->ended_us = now_us;
    record->ended_wall_us = rl_wall_us();
    record->outcome = running->incident.outcome;
    sd_event_source_set_enabled(running->timer, SD_EVENT_OFF);
    rl_steps_undo(running);
    rl_failed_note(running, &ending, now_us);
    rl_effect_end(running, now_us);
    rl_victim_drop(running);
    rl_reach_end(running, &ending, now_us);
    rl_tracing_ended(running, rl_past_of(engine, record->offender_id), now_us);
    classify(running, now_us);
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

/* All that has happened, and what the offender looks like now where that is asked. */
static void gather(struct rl_running *running, struct rl_news *news)
{
    struct rl_engine *engine = running->engine;

    news->now_us = rl_now_us();
    news->gone = running->gone;
    news->offender_gone = !running->hot;
    news->step_done = running->done;
    news->gained = running->gained;
    news->vetoed = running->vetoed;
    if (rl_incident_asks(&running->incident))
        news->holds = rl_incident_goes_on(
            &running->incident, running->record.by_hand, still_holds(running, news->now_us));
    news->used_known = running->hot && running->hot->level.used_known;
    news->used = news->used_known ? running->hot->level.used : 0;
    news->quiet_until_us = rl_resumed_recently(&engine->suspend, news->now_us)
                               ? engine->suspend.resumed_us + RL_RESUME_US
                               : 0;
}

static void advance(struct rl_running *running)
{
    struct rl_news news = {0};
    struct rl_order order;
    bool step;

    /* Ended, and only waiting to be reported. */
    if (!running->used || running->incident.phase == RL_PHASE_ENDED)
        return;
    do {
        bool was_gone = running->incident.gone;

        gather(running, &news);
        running->done = running->vetoed = false;
        order = rl_incident_next(&running->incident, &running->relief, &news);
        rl_tracing_next(running, &news, &order);
        if (running->incident.gone && !was_gone) {
            measure_freed(running, news.now_us);
            rl_steps_thaw(running); /* the survivors' pressure is measured now */
        }
        news.failed = news.skipped = RL_REASON_NONE;
        step = order.what == RL_DO_STEP || order.what == RL_DO_SKIP;
        if (step) {
            rl_step_stop(running);
            close_step(running, news.now_us);
            take_step(running, &order, &news);
        }
        /* A victim that was gone before its signal is news of its own. */
    } while (step || (running->gone && !running->incident.gone && order.what == RL_DO_WAIT));
    if (order.what == RL_DO_END)
        finish(running, news.now_us);
    else
        arm(running, order.wake_us);
}

bool rl_course_holds(struct rl_running *running)
{
    struct rl_news news = {0};

    gather(running, &news);
    return rl_incident_holds(&running->incident, &running->relief, &news);
}

void rl_course_step_done(struct rl_running *running, uint64_t gained)
{
    struct rl_record_step *step = &running->record.steps[running->record.n_steps - 1];

    if (step->result == RL_DONE_SENT)
        step->result = RL_DONE_DONE;
    step->took_us = rl_now_us() - step->at_us;
    running->done = true;
    running->gained = gained;
    advance(running);
}

void rl_course_vetoed(struct rl_running *running)
{
    running->record.steps[running->record.n_steps - 1].result = RL_DONE_VETOED;
    running->vetoed = true;
    advance(running);
}

/* The step that the victim's death was waited for since. */
static struct rl_record_step *last_signal(struct rl_record *record)
{
    uint8_t i = (uint8_t)(record->n_steps - 1);

    while (i > 0 && (record->steps[i].skipped || !rl_step_traits(record->steps[i].kind)->signals))
        i--;
    return &record->steps[i];
}

void rl_course_victim_gone(struct rl_running *running, uint64_t gone_us, int error)
{
    struct rl_record *record = &running->record;

    if (error != 0) {
        struct rl_record_step *step = last_signal(record);

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

/* Fill a free slot for the policy of a hot cgroup. */
static void begin(struct rl_running *running, struct rl_hot *hot, const struct rl_trigger *trigger,
    uint64_t now_us)
{
    struct rl_engine *engine = running->engine;
    const struct rl_policy *policy = hot->cgroup->policy;

    running->used = true;
    rl_engine_later(engine); /* room for the next one */
    running->hot = hot;
    running->announced = running->chosen = running->allowed = false;
    running->counted = running->refused = false;
    running->gone = running->done = running->vetoed = false;
    running->gained = 0;
    running->going_on = 0;
    running->n_vetoed = 0;
    running->owner_told = false;
    running->whole = running->told = running->stale = running->to_update = false;
    running->hold_until_us = 0;
    running->trigger = *trigger;
    running->relief = policy->relief;
    running->policy_text = policy->text;
    rl_steps_keep(running);
    running->panic = policy->relief.on_no_victim == RL_NO_VICTIM_PANIC;
    running->managed_override = policy->guard.managed_override;
    hot->keep = true;
    rl_reach_of_hot(hot, &running->reach);
    rl_incident_open(&running->incident, trigger, rl_engine_dry(engine, policy), now_us);
    running->incident.beyond = rl_reach_beyond(&running->reach);
    rl_fill_open(engine, &running->record, hot, policy, trigger, now_us);
    running->number = engine->incidents;
    rl_recorder_begin(running, now_us);
}

/* What stands in the way of an incident, with the end of that (UINT64_MAX: who waits will be
 * stirred, 0: it may be any time); RL_REASON_NONE with *ret, where it may begin. */
static enum rl_reason find_slot(struct rl_engine *engine, struct rl_hot *hot, uint64_t now_us,
    struct rl_running **ret, uint64_t *ret_until_us)
{
    uint64_t left = rl_reach_left(engine, hot, now_us);
    struct rl_opening opening = {.cooling = left > 0};
    struct rl_running *running = free_slot(engine);
    enum rl_busy busy = opening.cooling ? RL_BUSY_NOT : rl_reach_busy(engine, hot, now_us);
    enum rl_reason why;

    opening.busy = busy != RL_BUSY_NOT;
    /* Only where it would act otherwise: it is said once. */
    opening.paused = !opening.cooling && !opening.busy && rl_paused(engine, hot);
    opening.full = !running;
    why = rl_opening_why(&opening);
    if (why == RL_REASON_NONE)
        *ret = running;
    *ret_until_us = busy == RL_BUSY_RUNS || opening.paused ? UINT64_MAX : 0;
    if (opening.cooling)
        *ret_until_us = now_us + left;
    return why;
}

enum rl_reason rl_course_open(
    struct rl_engine *engine, struct rl_hot *hot, uint64_t now_us, uint64_t *ret_next_us)
{
    const struct rl_policy *policy = hot->cgroup->policy;
    struct rl_running *running = NULL;
    uint64_t until;
    enum rl_reason why = find_slot(engine, hot, now_us, &running, &until);

    *ret_next_us = hot->verdict.next_us;
    if (until > 0)
        *ret_next_us = rl_judge_again(policy, &hot->verdict, now_us, until);
    if (running)
        begin(running, hot, &policy->triggers[hot->verdict.trigger], now_us);
    rl_tracing_opened(engine, hot, running, why, now_us);
    if (running)
        advance(running);
    return why;
}

enum rl_reason rl_course_open_by_hand(struct rl_engine *engine, struct rl_hot *hot, uid_t uid,
    const struct rl_step *only, uint64_t now_us, struct rl_running **ret)
{
    const struct rl_policy *policy = hot->cgroup->policy;
    struct rl_running *running = rl_reach_busy(engine, hot, now_us) ? NULL : free_slot(engine);
    uint64_t left = rl_reach_left(engine, hot, now_us);

    if (!running)
        return RL_WAIT_BUSY_DOMAIN;
    begin(running, hot, &policy->triggers[hot->verdict.holds ? hot->verdict.trigger : 0], now_us);
    running->record.by_hand = true;
    running->record.by_uid = uid;
    running->panic = false;
    running->allowed = true;
    /* What holds the policy back holds it back afterwards, too. */
    running->hold_until_us = left > 0 ? now_us + left : 0;
    if (only) {
        running->relief.steps[0] = *only;
        running->relief.n = 1;
        running->incident.step = 0;
        rl_steps_keep(running);
    }
    *ret = running;
    rl_tracing_opened(engine, hot, running, RL_REASON_NONE, now_us);
    advance(running);
    return RL_REASON_NONE;
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
