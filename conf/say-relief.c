#include "conf/say.h"

#include <signal.h>
#include <string.h>

#include "policy/warn.h"

/* What each kind does, to follow "Then: ". */
static void say_warn(FILE *out, const struct rl_step *step)
{
    fputs("warns those who can help themselves", out);
    if (step->level != RL_WARN_NONE)
        fprintf(out, ", level %s", rl_warn_level_name(step->level));
    if (step->desktop)
        fputs(" (on the desktop, too)", out);
}

static void say_hook(FILE *out, const struct rl_step *step)
{
    fprintf(out, "runs %s", step->command);
    for (const char *const *arg = step->args; *arg; arg++)
        fprintf(out, strpbrk(*arg, " \t") || !**arg ? " \"%s\"" : " %s", *arg);
    fputs(", which may spare the victim,", out);
}

static void say_reclaim(FILE *out, const struct rl_step *step)
{
    if (step->share)
        fprintf(out, "has the kernel reclaim %s of what is in use", RL_SAY(share, step->share));
    else
        fprintf(out, "has the kernel reclaim %s", RL_SAY(size, step->bytes));
}

static void say_throttle(FILE *out, const struct rl_step *step)
{
    fprintf(out, "throttles it at %s of the memory in use", RL_SAY(share, step->share));
    if (step->cpu_share)
        fprintf(out, " and at %s of a processor", RL_SAY(share, step->cpu_share));
}

static void say_freeze(FILE *out, const struct rl_step *step)
{
    fputs("freezes it", out);
}

static void say_signal(FILE *out, const struct rl_step *step)
{
    fprintf(out, "sends SIG%s", sigabbrev_np(step->signal));
}

static void say_restart(FILE *out, const struct rl_step *step)
{
    fprintf(out, "has systemd %s the victim's unit", step->stop ? "stop" : "restart");
}

static void say_panic(FILE *out, const struct rl_step *step)
{
    fputs("panics the kernel, if reliefd.conf allows it", out);
}

/* What the wait is for: "and waits 5 s", ", in 5 s at most". */
static const struct {
    void (*say)(FILE *out, const struct rl_step *step);
    const char *wait;
} steps[RL_STEP_KINDS] = {
    [RL_STEP_WARN] = {say_warn, " and waits %s"},
    [RL_STEP_HOOK] = {say_hook, " and gives it %s"},
    [RL_STEP_RECLAIM] = {say_reclaim, ", in %s at most"},
    [RL_STEP_THROTTLE] = {say_throttle, " and waits %s"},
    [RL_STEP_FREEZE] = {say_freeze, " for %s"},
    [RL_STEP_TERMINATE] = {say_signal, " and waits %s"},
    [RL_STEP_KILL] = {say_signal, " and waits %s"},
    [RL_STEP_RESTART] = {say_restart, " and waits %s at most"},
    [RL_STEP_PANIC] = {say_panic, " and waits %s"},
};

static void say_wait(FILE *out, const struct rl_step *step)
{
    const char *wait = steps[step->kind].wait, *at = strstr(wait, "%s");

    fprintf(out, "%.*s%s%s", (int)(at - wait), wait, RL_SAY(time, step->wait_us), at + 2);
}

void rl_say_steps(FILE *out, const struct rl_relief *relief)
{
    for (size_t i = 0; i < relief->n; i++) {
        steps[relief->steps[i].kind].say(out, &relief->steps[i]);
        if (relief->steps[i].wait_us)
            say_wait(out, &relief->steps[i]);
        fputs(", ", out);
        if (i + 1 < relief->n)
            fputs("if that was not enough ", out);
    }
}
