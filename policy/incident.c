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

static struct rl_order take_step(struct rl_incident *incident)
{
    incident->phase = RL_PHASE_STEP;
    return (struct rl_order){.what = RL_DO_STEP, .step = incident->step};
}

/* How long the victim has, once the current rung is taken. */
static uint64_t patience(const struct rl_incident *incident, const struct rl_relief *relief)
{
    const struct rl_step *step = &relief->steps[incident->step];

    if (!incident->dry && step->kind == RL_STEP_KILL && step->wait_us < RL_DEATH_LIMIT_US)
        return RL_DEATH_LIMIT_US;
    return step->wait_us;
}

/* The time of a rung is up and the victim is still there. */
static struct rl_order next_rung(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    bool killed = relief->steps[incident->step].kind == RL_STEP_KILL;

    if (!news->holds && !killed)
        return end(incident, incident->dry ? RL_OUTCOME_DRY_RUN : RL_OUTCOME_EASED);
    if (incident->step + 1 < relief->n) {
        incident->step++;
        return take_step(incident);
    }
    if (incident->dry)
        return end(incident, RL_OUTCOME_DRY_RUN);
    return end(incident, killed ? RL_OUTCOME_STUCK : RL_OUTCOME_LADDER_END);
}

static struct rl_order while_waiting(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    uint64_t until = incident->step_us + patience(incident, relief);

    if (news->gone) {
        incident->gone = true;
        incident->phase = RL_PHASE_SETTLE;
        incident->since_us = news->now_us;
        return wait_until(news->now_us + RL_SETTLE_US);
    }
    if (news->offender_gone) {
        /* Only an empty cgroup can be removed: whoever was signalled in it is gone. */
        incident->gone = !incident->dry;
        return end(incident, incident->dry ? RL_OUTCOME_GONE : RL_OUTCOME_RELIEVED);
    }
    if (news->now_us < until)
        return wait_until(until);
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

static struct rl_order while_yielding(struct rl_incident *incident, const struct rl_news *news)
{
    if (news->offender_gone)
        return end(incident, RL_OUTCOME_GONE);
    if (news->now_us < incident->again_us)
        return wait_until(incident->again_us);
    if (!news->holds)
        return end(incident, incident->dry ? RL_OUTCOME_DRY_RUN : RL_OUTCOME_EASED);
    incident->waited_out = news->now_us - incident->yield_us >= RL_YIELD_LIMIT_US;
    return take_step(incident);
}

static struct rl_order after_step(
    struct rl_incident *incident, const struct rl_relief *relief, const struct rl_news *news)
{
    if (news->failed == RL_WAIT_EXITING && !incident->waited_out)
        return yield(incident, news);
    if (news->failed != RL_REASON_NONE)
        return end(incident, news->failed);
    incident->acted = true;
    incident->phase = RL_PHASE_WAIT;
    incident->step_us = news->now_us;
    incident->since_us = news->now_us;
    /* It may have been quicker than the step. */
    if (news->gone || news->offender_gone)
        return while_waiting(incident, relief, news);
    return wait_until(news->now_us + patience(incident, relief));
}

static struct rl_order while_settling(struct rl_incident *incident, const struct rl_news *news)
{
    if (news->offender_gone)
        return end(incident, RL_OUTCOME_RELIEVED);
    if (news->now_us < incident->since_us + RL_SETTLE_US)
        return wait_until(incident->since_us + RL_SETTLE_US);
    return end(incident, news->holds ? RL_OUTCOME_NOT_RELIEVED : RL_OUTCOME_RELIEVED);
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
        return while_yielding(incident, news);
    case RL_PHASE_WAIT:
        return while_waiting(incident, relief, news);
    case RL_PHASE_SETTLE:
        return while_settling(incident, news);
    case RL_PHASE_ENDED:
        break;
    }
    return (struct rl_order){.what = RL_DO_END};
}
