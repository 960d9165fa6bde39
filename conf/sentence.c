/* rl_policy_sentence(): a policy said back in English, so that whoever wrote it can see whether it
 * says what was meant. */
#include "conf/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"

static bool is_root(const char *glob)
{
    return glob[strspn(glob, "/")] == '\0';
}

/* "a", "a or b", "a, b or c" over the globs of one sort. */
static void say_globs(FILE *out, const struct rl_match *match, bool exclude)
{
    size_t left = 0;

    for (size_t i = 0; i < match->n_cgroups; i++)
        left += match->cgroups[i].exclude == exclude;
    for (size_t i = 0; i < match->n_cgroups; i++) {
        const struct rl_cgroup_glob *glob = &match->cgroups[i];

        if (glob->exclude != exclude)
            continue;
        left--;
        fprintf(out, "%s%s", is_root(glob->glob) ? "the root (the machine itself)" : glob->glob,
            left > 1    ? ", "
            : left == 1 ? " or "
                        : "");
    }
}

static size_t count_globs(const struct rl_match *match, bool exclude)
{
    size_t n = 0;

    for (size_t i = 0; i < match->n_cgroups; i++)
        n += match->cgroups[i].exclude == exclude;
    return n;
}

static void say_match(FILE *out, const struct rl_match *match)
{
    const char *rest = match->attach == RL_ATTACH_DEFAULT ? " that no other policy names" : "";

    if (match->attach == RL_ATTACH_UNIT) {
        const char *at = strstr(match->unit, "@.");

        fprintf(out, at ? "Acts on every instance of %s" : "Acts on %s", match->unit);
        return;
    }
    if (match->n_cgroups == 1 && !match->cgroups[0].exclude && is_root(match->cgroups[0].glob)) {
        fputs("Acts on the machine itself", out);
        return;
    }
    if (count_globs(match, false)) {
        fprintf(
            out, "Acts on cgroups%s that match ", *rest ? " that no other policy names and" : "");
        say_globs(out, match, false);
    } else {
        fprintf(out, "Acts on every cgroup%s", rest);
    }
    if (count_globs(match, true)) {
        fputs(", but not on ", out);
        say_globs(out, match, true);
    }
}

/* Room for one number as text. */
struct text {
    char buf[64];
};

#define TIME(us)     rl_format_time(us, (struct text){0}.buf, sizeof(struct text))
#define SIZE(bytes)  rl_format_size(bytes, (struct text){0}.buf, sizeof(struct text))
#define SHARE(share) rl_format_share(share, (struct text){0}.buf, sizeof(struct text))

static void say_pressure(FILE *out, const struct rl_line *line)
{
    fprintf(out, "%s stalled for at least %s of %s",
        line->counter == RL_COUNT_FULL ? "tasks were fully" : "some task was", SHARE(line->share),
        TIME(line->window_us));
}

static void say_usage(FILE *out, const struct rl_line *line)
{
    fprintf(out, "at least %s of memory is used", SHARE(line->share));
}

static void say_headroom(FILE *out, const struct rl_line *line)
{
    bool low = line->min_bytes > 0, high = line->max_bytes != RL_NO_LIMIT;

    fprintf(out, "less than %s", line->relative ? SHARE(line->share) : SIZE(line->bytes));
    if (low || high) {
        fputs(" (", out);
        if (low)
            fprintf(out, "at least %s%s", SIZE(line->min_bytes), high ? ", " : "");
        if (high)
            fprintf(out, "at most %s", SIZE(line->max_bytes));
        fputc(')', out);
    }
    fputs(" of memory is left", out);
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
        (uintmax_t)line->count, line->count == 1 ? "" : "s", TIME(line->window_us));
}

static void (*const say_line[RL_LINE_KINDS])(FILE *out, const struct rl_line *line) = {
    [RL_LINE_PRESSURE] = say_pressure,
    [RL_LINE_USAGE] = say_usage,
    [RL_LINE_HEADROOM] = say_headroom,
    [RL_LINE_EVENTS] = say_events,
};

/* Pressure is held against its cause; a line about limits alone is not. */
static bool needs_origin(const struct rl_trigger *trigger)
{
    for (size_t i = 0; i < trigger->n; i++)
        if (trigger->lines[i].kind == RL_LINE_PRESSURE)
            return true;
    return false;
}

static void say_triggers(FILE *out, const struct rl_policy *policy)
{
    for (size_t t = 0; t < policy->n_triggers; t++) {
        const struct rl_trigger *trigger = &policy->triggers[t];

        fprintf(out, "%s when%s ", t ? "; or" : "",
            needs_origin(trigger) ? ", for its own shortage," : "");
        for (size_t i = 0; i < trigger->n; i++) {
            if (i)
                fputs(" and ", out);
            say_line[trigger->lines[i].kind](out, &trigger->lines[i]);
        }
        if (trigger->from)
            fprintf(out, " (then beginning with step %u, %s)", trigger->from + 1u,
                rl_step_name(policy->relief.steps[trigger->from].kind));
    }
    fputs(". ", out);
}

static void say_victim(FILE *out, const struct rl_victim *victim)
{
    static const char *const whom[] = {
        [RL_KILL_PROCESS] = "Chooses the process with the highest score",
        [RL_KILL_CGROUP] =
            "Chooses the cgroup, of those that hold processes, whose death frees most",
        [RL_KILL_TREE] = "Chooses all of it, with every cgroup below",
    };

    fputs(whom[victim->kill], out);
    if (victim->kill == RL_KILL_PROCESS)
        fprintf(out, " (%s)", victim->model->id);
    fputs(". ", out);
}

static void say_relief(FILE *out, const struct rl_relief *relief)
{
    fputs("Then: ", out);
    for (size_t i = 0; i < relief->n; i++) {
        const struct rl_step *step = &relief->steps[i];

        fprintf(out, "sends SIG%s", sigabbrev_np(step->signal));
        if (step->wait_us)
            fprintf(out, " and waits %s", TIME(step->wait_us));
        fputs(", ", out);
        if (i + 1 < relief->n)
            fputs("if that was not enough ", out);
    }
    fprintf(out, "and then leaves it alone for %s. ", TIME(relief->cooldown_us));
}

/* The patterns of a built-in list are said as one: "@system (52 patterns)". */
static size_t say_list(FILE *out, const struct rl_pattern *patterns, size_t n)
{
    size_t head = strcspn(patterns[0].text, ":"), same = 1;

    while (same < n && strncmp(patterns[same].text, patterns[0].text, head + 1) == 0)
        same++;
    fprintf(out, "the built-in list %.*s (%zu patterns)", (int)head, patterns[0].text, same);
    return same;
}

static void say_protect(FILE *out, const struct rl_victim *victim)
{
    size_t i = 0;

    if (victim->n_protect == 0) {
        fputs("Protects nobody but init, kernel threads and reliefd.", out);
        return;
    }
    fputs("Never touches: ", out);
    while (i < victim->n_protect) {
        const struct rl_pattern *pattern = &victim->protect[i];

        if (i)
            fputs(", ", out);
        if (pattern->text[0] == '@') {
            i += say_list(out, pattern, victim->n_protect - i);
            continue;
        }
        fputs(pattern->text, out);
        i++;
    }
    fputc('.', out);
}

char *rl_policy_sentence(const struct rl_policy *policy)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool failed;

    if (!out)
        return NULL;
    say_match(out, &policy->match);
    say_triggers(out, policy);
    say_victim(out, &policy->victim);
    say_relief(out, &policy->relief);
    say_protect(out, &policy->victim);
    failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
