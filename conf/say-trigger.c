#include "conf/say.h"

static void say_pressure(FILE *out, const struct rl_line *line)
{
    fprintf(out, "%s stalled for at least %s of %s",
        line->counter == RL_COUNT_FULL ? "tasks were fully" : "some task was",
        RL_SAY(share, line->share), RL_SAY(time, line->window_us));
}

static void say_usage(FILE *out, const struct rl_line *line)
{
    fprintf(out, "at least %s of memory is used", RL_SAY(share, line->share));
}

static void say_headroom(FILE *out, const struct rl_line *line)
{
    bool low = line->min_bytes > 0, high = line->max_bytes != RL_NO_LIMIT;

    fprintf(out, "less than %s",
        line->relative ? RL_SAY(share, line->share) : RL_SAY(size, line->bytes));
    if (low || high) {
        fputs(" (", out);
        if (low)
            fprintf(out, "at least %s%s", RL_SAY(size, line->min_bytes), high ? ", " : "");
        if (high)
            fprintf(out, "at most %s", RL_SAY(size, line->max_bytes));
        fputc(')', out);
    }
    fputs(" of memory is left", out);
}

static void say_swap(FILE *out, const struct rl_line *line)
{
    fprintf(out, "at least %s of the swap that may be used is used", RL_SAY(share, line->share));
}

static void say_events(FILE *out, const struct rl_line *line)
{
    static const char *const names[RL_COUNTERS] = {
        [RL_COUNT_HIGH] = "high",
        [RL_COUNT_MAX] = "max",
        [RL_COUNT_OOM] = "oom",
        [RL_COUNT_OOM_KILL] = "oom_kill",
    };

    fprintf(out, "the kernel counted %s at least %ju time%s within %s", names[line->counter],
        (uintmax_t)line->count, line->count == 1 ? "" : "s", RL_SAY(time, line->window_us));
}

static void say_growth(FILE *out, const struct rl_line *line)
{
    fprintf(out, "the memory in use grew by at least %s within %s", RL_SAY(size, line->bytes),
        RL_SAY(time, line->window_us));
}

static void say_refaults(FILE *out, const struct rl_line *line)
{
    fprintf(out, "at least %ju page%s in use had to be read back each second for %s",
        (uintmax_t)line->count, line->count == 1 ? "" : "s", RL_SAY(time, line->window_us));
}

static void (*const say_line[RL_LINE_KINDS])(FILE *out, const struct rl_line *line) = {
    [RL_LINE_PRESSURE] = say_pressure,
    [RL_LINE_USAGE] = say_usage,
    [RL_LINE_HEADROOM] = say_headroom,
    [RL_LINE_EVENTS] = say_events,
    [RL_LINE_SWAP] = say_swap,
    [RL_LINE_GROWTH] = say_growth,
    [RL_LINE_REFAULTS] = say_refaults,
};

/* What the kernel counts is held against its cause; a line about limits is not, and an oom_kill
 * names its cgroup. */
static bool needs_origin(const struct rl_line *line)
{
    return line->kind == RL_LINE_PRESSURE || line->kind == RL_LINE_REFAULTS ||
           (line->kind == RL_LINE_EVENTS && line->counter != RL_COUNT_OOM_KILL);
}

static bool asks_origin(const struct rl_trigger *trigger)
{
    for (size_t i = 0; i < trigger->n; i++)
        if (needs_origin(&trigger->lines[i]))
            return true;
    return trigger->origin == RL_WANT_NODE;
}

static void say_trigger(FILE *out, const struct rl_trigger *trigger, const struct rl_relief *relief)
{
    static const char *const whose[] = {
        [RL_WANT_OWN] = ", for its own shortage,",
        [RL_WANT_NODE] = ", for a shortage of the machine,",
        [RL_WANT_ANY] = ", for a shortage of its own or of the machine,",
    };

    fprintf(out, " when%s ", asks_origin(trigger) ? whose[trigger->origin] : "");
    for (size_t i = 0; i < trigger->n; i++) {
        if (i)
            fputs(" and ", out);
        say_line[trigger->lines[i].kind](out, &trigger->lines[i]);
    }
    if (trigger->for_us)
        fprintf(out, ", %s for %s without a break", trigger->n > 1 ? "all of it" : "and this",
            RL_SAY(time, trigger->for_us));
    if (trigger->gate == RL_GATE_LINUX_24)
        fputs(", and Linux 2.4 would have killed", out);
    if (trigger->from)
        fprintf(out, " (then beginning with step %u, %s)", trigger->from + 1u,
            rl_step_name(relief->steps[trigger->from].kind));
}

void rl_say_triggers(FILE *out, const struct rl_policy *policy)
{
    for (size_t t = 0; t < policy->n_triggers; t++) {
        if (t)
            fputs("; or", out);
        say_trigger(out, &policy->triggers[t], &policy->relief);
    }
    fputs(". ", out);
}
