/* rl_policy_sentence(): a policy said back in English, so that whoever wrote it can see whether it
 * says what was meant. */
#include "conf/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/say.h"

static void say_limit(FILE *out, const struct rl_relief *relief)
{
    static const char *const then[] = {
        [RL_REPEAT_ALARM] = "raises an alarm instead",
        [RL_REPEAT_HOLD] = "leaves it alone until that time is over",
        [RL_REPEAT_STOP] = "leaves it alone until reliefd or the policy is restarted",
    };

    if (relief->limit)
        fprintf(out, "Kills there at most %u time%s within %s, then %s. ", (unsigned)relief->limit,
            relief->limit == 1 ? "" : "s", RL_SAY(time, relief->limit_us), then[relief->on_repeat]);
}

static void say_relief(FILE *out, const struct rl_relief *relief)
{
    fputs("Then: ", out);
    rl_say_steps(out, relief);
    fprintf(out, "and then leaves it alone for %s. ", RL_SAY(time, relief->cooldown_us));
    say_limit(out, relief);
    if (relief->on_no_victim == RL_NO_VICTIM_PANIC)
        fputs("Panics the kernel when nobody can be chosen, if reliefd.conf allows it. ", out);
    if (relief->dry_run == RL_DRY_YES)
        fputs("Does none of it, but says what it would do. ", out);
    if (relief->dry_run == RL_DRY_AUTO)
        fputs("While another such daemon runs, does none of it, but says what it would do. ", out);
    if (relief->dry_run == RL_DRY_UNTIL)
        fprintf(out,
            "Does none of it, but says what it would do, until %u decision%s to kill ha%s been "
            "confirmed and fewer than %s of those graded were in vain; then does it. ",
            (unsigned)relief->dry_until.confirmed, relief->dry_until.confirmed == 1 ? "" : "s",
            relief->dry_until.confirmed == 1 ? "s" : "ve", RL_SAY(share, relief->dry_until.regret));
}

static void say_guard(FILE *out, const struct rl_guard *guard)
{
    bool any = guard->high_share || guard->high_bytes || guard->oom_group != RL_EITHER ||
               guard->n_adj;

    if (guard->high_share || guard->high_bytes)
        fprintf(out, "Keeps memory.high %s below memory.max. ",
            guard->high_relative ? RL_SAY(share, guard->high_share)
                                 : RL_SAY(size, guard->high_bytes));
    if (guard->oom_group != RL_EITHER)
        fprintf(out, "Keeps memory.oom.group at %d. ", guard->oom_group == RL_YES);
    for (size_t i = 0; i < guard->n_adj; i++)
        fprintf(out, "%s%s at %d", i ? ", " : "Keeps oom_score_adj of ", guard->adj[i].pattern.text,
            guard->adj[i].oom_score_adj);
    fputs(guard->n_adj ? ". " : "", out);
    if (any && guard->managed_override)
        fputs("Does so where the kubelet manages it, too. ", out);
}

char *rl_policy_sentence(const struct rl_policy *policy)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool failed;

    if (!out)
        return NULL;
    rl_say_match(out, &policy->match);
    rl_say_triggers(out, policy);
    rl_say_victim(out, &policy->victim);
    say_relief(out, &policy->relief);
    say_guard(out, &policy->guard);
    rl_say_protect(out, &policy->victim);
    failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
