#include "conf/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/open.h"

static int judge(const struct rl_open_result *opened, char *buf, size_t size)
{
    const struct stat *st = &opened->stat;

    if (!S_ISREG(st->st_mode))
        snprintf(buf, size, "is no regular file");
    else if (!(st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
        snprintf(buf, size, "is not executable (mode %04o)", st->st_mode & 07777u);
    else if (opened->distrust[0])
        snprintf(buf, size, "is not to be trusted: %s", opened->distrust);
    else
        return 0;
    return -EACCES;
}

int rl_program_check(const char *path, char *buf, size_t size)
{
    struct rl_open_result opened;
    int r = rl_open(path, &opened);

    snprintf(buf, size, "%s", "");
    if (r == -ENOENT)
        snprintf(buf, size, "is not there");
    else if (r < 0)
        snprintf(buf, size, "cannot be looked at: %s", strerror(-r));
    if (r < 0)
        return r;
    r = judge(&opened, buf, size);
    close(opened.fd);
    return r;
}

static int check_step(const struct rl_step *step, const struct rl_spot *spot,
    const struct rl_policy *policy, struct rl_findings *findings)
{
    char why[600];
    int r;

    if (step->kind != RL_STEP_HOOK)
        return 0;
    r = rl_program_check(step->command, why, sizeof(why));
    if (r == -ENOMEM)
        return r;
    if (r == 0)
        return 0;
    return rl_findings_add(findings, spot->path ? spot->path : policy->source, spot->line,
        RL_WARNING, "hook-not-run", "Step=hook: %s %s; the step is passed over", step->command,
        why);
}

int rl_check_programs(
    const struct rl_compiled *const *compiled, size_t n, struct rl_findings *findings)
{
    int error = 0;

    for (size_t i = 0; i < n && !error; i++) {
        const struct rl_relief *relief = &compiled[i]->policy.relief;

        for (size_t s = 0; s < relief->n && !error; s++)
            error = check_step(
                &relief->steps[s], &compiled[i]->steps[s], &compiled[i]->policy, findings);
    }
    return error;
}
