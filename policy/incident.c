#include "incident.h"

void rl_incident_open(
    struct rl_incident *incident, const struct rl_trigger *trigger, bool dry, uint64_t now_us)
{
    *incident = (struct rl_incident){
        .phase = RL_PHASE_IDLE,
        .step = trigger->from,
        .dry = dry,
        .started_us = now_us,
    };
}

static struct rl_order end(struct rl_incident *incident, enum rl_reason outcome)
{
    incident->phase = RL_PHASE_ENDED;
    incident->outcome = outcome;
    return (struct rl_order){.what = RL_DO_END};
}

static struct rl_order wait_until(uint64_t wake_us)
{
    return (struct rl_order){.what = RL_DO_WAIT, .wake_us = wake_us};
}

static struct rl_order wait_here(
    struct rl_incident *incident, enum rl_phase phase, uint64_t until_us)
{
    incident->phase = phase;
    incident->until_us = until_us;
    return wait_until(until_us);
}

static const struct rl_step_traits *traits_of(const struct rl_relief *relief, uint8_t rung)
{
    return rl_step_traits(relief->steps[rung].kind);
}

bool rl_incident_holds(
    const struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    if (incident->frozen && !incident->gone)
        return true;
    if (incident->throttle > 0 && news->used_known)
        return !rl_step_fell(&relief->steps[incident->throttle - 1], incident->used, news->used);
    return news->holds;
}

static struct rl_order take_step(struct rl_incident *incident)
{
    incident->phase = RL_PHASE_STEP;
    return (struct rl_order){
        .what = RL_DO_STEP, .step = incident->step, .assuming = incident->dry && incident->acted};
}

/* How long a step has, once it is taken. */
static uint64_t patience(const struct rl_incident *incident, const struct rl_relief *relief)
{
    const struct rl_step *step = &relief->steps[incident->step];

    if (!incident->dry && rl_step_traits(step->kind)->strikes && step->wait_us < RL_DEATH_LIMIT_US)
        return RL_DEATH_LIMIT_US;
    return step->wait_us;
}

/* The trigger does not hold any more. */
static struct rl_order ease(struct rl_incident *incident)
{
    if (incident->dry)
        return end(incident, RL_OUTCOME_DRY_RUN);
    return end(incident, incident->struck ? RL_OUTCOME_STUCK : RL_OUTCOME_EASED);
}

static struct rl_order end_of_ladder(struct rl_incident *incident)
{
    if (incident->struck && !incident->dry)
        return end(incident, RL_OUTCOME_STUCK);
    if (incident->last != RL_REASON_NONE)
        return end(incident, incident->last);
    if (!incident->taken)
        return end(incident, RL_OUTCOME_NOTHING_DONE);
    return end(incident, incident->dry ? RL_OUTCOME_DRY_RUN : RL_OUTCOME_LADDER_END);
}

/* Up to the next rung that anything can be done on. */
static struct rl_order climb(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    uint8_t next = (uint8_t)(incident->step + 1);

    while (next < relief->n && incident->no_victim &&
           traits_of(relief, next)->victim == RL_VICTIM_NEEDED)
        next++;
    if (next >= relief->n)
        return end_of_ladder(incident);
    if (news->now_us < news->quiet_until_us && !traits_of(relief, next)->tells)
        return wait_here(incident, RL_PHASE_WAIT, news->quiet_until_us);
    incident->step = next;
    if (incident->struck && traits_of(relief, next)->signals) {
        incident->phase = RL_PHASE_STEP;
        return (struct rl_order){.what = RL_DO_SKIP, .step = next, .why = RL_SKIP_STRUCK};
    }
    return take_step(incident);
}

/* The time of a rung is up and the victim is still there. */
static struct rl_order next_rung(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    if (!rl_incident_holds(incident, relief, news))
        return ease(incident);
    return climb(incident, relief, news);
}

/* The hook says no: it is asked again about the next candidate. */
static struct rl_order spare(struct rl_incident *incident)
{
    struct rl_order order;

    if (++incident->vetoes >= RL_VETOES_MAX)
        return end(incident, RL_OUTCOME_VETOED);
    incident->struck = false;
    order = take_step(incident);
    order.exclude = true;
    return order;
}

/* A step has ended before its time. What it has brought shows in the windows only later. */
static struct rl_order cut_short(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    incident->over = true;
    if (news->gained == 0)
        return next_rung(incident, relief, news);
    incident->since_us = news->now_us;
    return wait_here(incident, RL_PHASE_WAIT, news->now_us + RL_SETTLE_US);
}

/* Only an empty cgroup can be removed: whoever was signalled in it is gone. Whoever was signalled
 * outside of it may still hold what the others are to get: it is waited for him. */
static struct rl_order without_offender(struct rl_incident *incident, const struct rl_news *news)
{
    bool killed = incident->killed && !incident->dry;

    if (killed && incident->beyond) {
        if (news->now_us < incident->until_us)
            return wait_until(incident->until_us);
        return end(incident, incident->struck ? RL_OUTCOME_STUCK : RL_OUTCOME_GONE);
    }
    incident->gone = killed;
    return end(incident, killed ? RL_OUTCOME_RELIEVED : RL_OUTCOME_GONE);
}

static struct rl_order while_waiting(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    if (news->gone) {
        incident->gone = true;
        incident->since_us = news->now_us;
        return wait_here(incident, RL_PHASE_SETTLE, news->now_us + RL_SETTLE_US);
    }
    if (news->offender_gone)
        return without_offender(incident, news);
    if (news->vetoed && !incident->over && traits_of(relief, incident->step)->vetoes)
        return spare(incident);
    if (news->step_done && !incident->over)
        return cut_short(incident, relief, news);
    if (news->now_us < incident->until_us)
        return wait_until(incident->until_us);
    return next_rung(incident, relief, news);
}

/* Who is on his way out may be relief enough: nobody is chosen for now. */
static struct rl_order yield(struct rl_incident *incident, const struct rl_news *news)
{
    if (incident->yield_us == 0)
        incident->yield_us = news->now_us;
    incident->phase = RL_PHASE_YIELD;
    incident->again_us = news->now_us + RL_YIELD_STEP_US;
    return wait_until(incident->again_us);
}

static struct rl_order while_yielding(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    if (news->offender_gone)
        return end(incident, RL_OUTCOME_GONE);
    if (news->now_us < incident->again_us)
        return wait_until(incident->again_us);
    if (!rl_incident_holds(incident, relief, news))
        return ease(incident);
    incident->waited_out = news->now_us - incident->yield_us >= RL_YIELD_LIMIT_US;
    return take_step(incident);
}

static struct rl_order after_failure(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    if (news->failed == RL_WAIT_EXITING && !incident->waited_out)
        return yield(incident, news);
    switch (news->failed) {
    case RL_WAIT_EXITING:
    case RL_OUTCOME_NO_VICTIM:
        incident->no_victim = true;
        incident->last = incident->vetoes > 0 ? RL_OUTCOME_VETOED : news->failed;
        return climb(incident, relief, news);
    case RL_OUTCOME_GONE:
    case RL_OUTCOME_ALARM:
    case RL_OUTCOME_HELD:
    case RL_OUTCOME_FUTILE:
    case RL_WAIT_PAUSED:
        return end(incident, news->failed);
    default:
        incident->last = news->failed;
        return climb(incident, relief, news);
    }
}

/* What the step that was just taken changes for all that comes after. */
static void note_taken(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    const struct rl_step_traits *traits = traits_of(relief, incident->step);

    incident->taken = true;
    incident->over = false;
    incident->last = RL_REASON_NONE;
    incident->acted = incident->acted || !traits->tells;
    incident->killed = incident->killed || traits->kills;
    incident->struck = incident->struck || traits->strikes;
    if (!incident->dry && traits->thaws)
        incident->frozen = false;
    if (!incident->dry && traits->trace == RL_TRACE_FROZEN)
        incident->frozen = true;
    if (!incident->dry && traits->trace == RL_TRACE_THROTTLED && news->used_known) {
        incident->throttle = (uint8_t)(incident->step + 1);
        incident->used = news->used;
    }
}

/* Are the windows to begin anew with it? Not for what only tells or asks, nor for reclaim, whose
 * end counts: a window that has just begun would say that all is well. */
static bool changes_much(const struct rl_step_traits *traits)
{
    return traits->kills || traits->trace != RL_TRACE_NONE;
}

static struct rl_order after_step(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    if (news->failed != RL_REASON_NONE)
        return after_failure(incident, relief, news);
    if (news->skipped != RL_REASON_NONE)
        return climb(incident, relief, news);
    note_taken(incident, relief, news);
    incident->step_us = news->now_us;
    if (changes_much(traits_of(relief, incident->step)))
        incident->since_us = news->now_us;
    wait_here(incident, RL_PHASE_WAIT, news->now_us + patience(incident, relief));
    /* It may have been quicker than the step. */
    if (news->gone || news->offender_gone || news->vetoed || news->step_done)
        return while_waiting(incident, relief, news);
    return wait_until(incident->until_us);
}

static struct rl_order while_settling(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    if (news->offender_gone)
        return end(incident, RL_OUTCOME_RELIEVED);
    if (news->now_us < incident->until_us)
        return wait_until(incident->until_us);
    return end(incident,
        rl_incident_holds(incident, relief, news) ? RL_OUTCOME_NOT_RELIEVED : RL_OUTCOME_RELIEVED);
}

void rl_incident_thawed(struct rl_incident *incident)
{
    incident->frozen = false;
}

void rl_incident_unthrottled(struct rl_incident *incident)
{
    incident->throttle = 0;
}

struct rl_order rl_incident_next(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    switch (incident->phase) {
    case RL_PHASE_IDLE:
        return take_step(incident);
    case RL_PHASE_STEP:
        return after_step(incident, relief, news);
    case RL_PHASE_YIELD:
        return while_yielding(incident, relief, news);
    case RL_PHASE_WAIT:
        return while_waiting(incident, relief, news);
    case RL_PHASE_SETTLE:
        return while_settling(incident, relief, news);
    case RL_PHASE_ENDED:
        break;
    }
    return (struct rl_order){.what = RL_DO_END};
}

bool rl_incident_asks(const struct rl_incident *incident)
{
    return incident->phase == RL_PHASE_WAIT || incident->phase == RL_PHASE_SETTLE ||
           incident->phase == RL_PHASE_YIELD;
}

bool rl_incident_goes_on(const struct rl_incident *incident, bool by_hand, bool holds)
{
    return holds || (by_hand && incident->phase != RL_PHASE_SETTLE);
}

enum rl_reason rl_without_victim(enum rl_step_victim asks, bool exclude, enum rl_reason why)
{
    if (asks == RL_VICTIM_NONE)
        return RL_REASON_NONE;
    return asks == RL_VICTIM_ASKED && !exclude && why != RL_OUTCOME_GONE ? RL_REASON_NONE : why;
}
