#include "conf/say.h"

#include <string.h>

/* The patterns of a built-in list are said as one: "@system (52 patterns)". */
static size_t say_named_list(FILE *out, const struct rl_pattern *patterns, size_t n)
{
    size_t head = strcspn(patterns[0].text, ":"), same = 1;

    while (same < n && strncmp(patterns[same].text, patterns[0].text, head + 1) == 0)
        same++;
    fprintf(out, "the built-in list %.*s (%zu patterns)", (int)head, patterns[0].text, same);
    return same;
}

/* "INTRO: a, b, c" and a full stop; nothing for an empty list. */
static void say_patterns(FILE *out, const char *intro, const struct rl_pattern *patterns, size_t n)
{
    for (size_t i = 0; i < n;) {
        fputs(i ? ", " : intro, out);
        if (patterns[i].text[0] == '@')
            i += say_named_list(out, &patterns[i], n - i);
        else
            fputs(patterns[i++].text, out);
    }
    if (n)
        fputc('.', out);
}

static void say_adjust(FILE *out, const struct rl_victim *victim)
{
    for (size_t i = 0; i < victim->n_adjust; i++)
        fprintf(out, "%s%s by %+d", i ? ", " : "Shifts the score of ",
            victim->adjust[i].pattern.text, victim->adjust[i].points);
    if (victim->n_adjust)
        fputs(". ", out);
}

static void say_within(FILE *out, const struct rl_victim *victim)
{
    if (victim->within == RL_WITHIN_SUBJECT)
        fputs(", anywhere in the cgroup that the policy is for,", out);
    else if (victim->within == RL_WITHIN_GLOB)
        fprintf(out, ", in or below cgroups that match %s,", victim->within_glob);
}

/* "(private)", "(v318, that of Linux 3.14 to 4.14)" */
static void say_model(FILE *out, const struct rl_model *model)
{
    fprintf(out, " (%s", model->id);
    if (model->kernels)
        fprintf(out, ", that of Linux %s", model->kernels);
    fputc(')', out);
}

void rl_say_victim(FILE *out, const struct rl_victim *victim)
{
    static const char *const whom[] = {
        [RL_KILL_PROCESS] = " the process with the highest score",
        [RL_KILL_CGROUP] = " the cgroup, of those that hold processes, whose death frees most",
        [RL_KILL_TREE] = " all of it, with every cgroup below",
    };

    fputs("Chooses", out);
    say_within(out, victim);
    if (victim->kill == RL_KILL_CGROUP && victim->model->by_request)
        fputs(" the cgroup, of those that hold processes, that uses most beyond its request", out);
    else
        fputs(whom[victim->kill], out);
    if (victim->kill == RL_KILL_PROCESS)
        say_model(out, victim->model);
    fputs(". ", out);
    say_patterns(out, "Chooses before all others: ", victim->prefer, victim->n_prefer);
    fputs(victim->n_prefer ? " " : "", out);
    say_patterns(out, "Chooses only when nobody else is left: ", victim->avoid, victim->n_avoid);
    fputs(victim->n_avoid ? " " : "", out);
    say_adjust(out, victim);
    if (victim->min_bytes)
        fprintf(out, "Passes over what would free less than %s. ", RL_SAY(size, victim->min_bytes));
    if (victim->max_processes && victim->kill != RL_KILL_PROCESS)
        fprintf(out, "Where that would end more than %u processes, chooses one of them instead. ",
            (unsigned)victim->max_processes);
}

void rl_say_protect(FILE *out, const struct rl_victim *victim)
{
    if (victim->n_protect == 0)
        fputs("Protects nobody but init, kernel threads and reliefd.", out);
    say_patterns(out, "Never touches: ", victim->protect, victim->n_protect);
}
