#include "reason.h"

#include <stddef.h>

static const struct {
    const char *id, *text;
} reasons[RL_REASONS] = {
    [RL_REASON_NONE] = {"none", "no reason"},

    [RL_READ_HOLDS] = {"holds", "the condition holds"},
    [RL_READ_BELOW] = {"not-reached", "the threshold is not reached"},
    [RL_READ_NO_PRESSURE] = {"no-pressure", "memory.pressure cannot be read"},
    [RL_READ_NO_MEMORY_FILES] = {"no-memory-files",
        "the cgroup has no memory controller files, or a limit above it cannot be read"},
    [RL_READ_NO_EVENTS] = {"no-events", "memory.events cannot be read"},
    [RL_READ_NO_SWAP] = {"no-swap", "there is no swap that the cgroup may use"},
    [RL_READ_FIRST_SAMPLE] = {"first-sample", "only one sample so far: nothing to compare with"},

    [RL_ORIGIN_OWN] = {"own", "the cgroup hits its own limit"},
    [RL_ORIGIN_NODE] = {"node", "the machine itself is short of memory"},
    [RL_ORIGIN_UNATTRIBUTED] = {"unattributed",
        "there is pressure, but no sign that it is caused here"},
    [RL_ORIGIN_CPU_THROTTLED] = {"cpu-throttled",
        "cpu.max throttles the cgroup, which keeps its tasks in reclaim: not a memory shortage"},

    [RL_SPARED_INIT] = {"init", "PID 1 is never a victim"},
    [RL_SPARED_KERNEL_THREAD] = {"kernel-thread", "kernel threads are never victims"},
    [RL_SPARED_SELF] = {"self", "it is reliefd"},
    [RL_SPARED_SELF_ANCESTOR] = {"self-ancestor", "it is a parent process of reliefd"},
    [RL_SPARED_ADJ_MINUS_1000] = {"adj-minus-1000", "its oom_score_adj is -1000"},
    [RL_SPARED_NO_MEMORY] = {"no-memory", "it holds no memory"},
    [RL_SPARED_PROTECTED] = {"protected", "a Protect= line names it"},
    [RL_SPARED_GROUP_PROTECTED] = {"group-protected",
        "it would die with its whole cgroup, and a member of that may not be chosen"},
    [RL_SPARED_GROUP_HOLDS_SELF] = {"group-holds-self", "reliefd lives in that cgroup"},
    [RL_SPARED_DYING] = {"dying", "it is dying already"},
    [RL_SPARED_OTHER_NAMESPACE] = {"other-namespace", "it lives in a foreign pid namespace"},
    [RL_SPARED_NOT_PERMITTED] = {"not-permitted", "reliefd may not signal it"},

    [RL_SPARED_AVOIDED] = {"avoided", "an Avoid= line names it, and somebody else could be chosen"},
    [RL_SPARED_OMITTED] = {"omitted",
        "its cgroup is marked to be left alone (user.oomd_omit), or left to systemd-oomd"},
    [RL_SPARED_TOO_SMALL] = {"too-small", "it is smaller than MinSize="},
    [RL_SPARED_FREES_LITTLE] = {"frees-little",
        "killing it would free less than a tenth of what its score counts: the rest is shared"},
    [RL_SPARED_OUTSIDE] = {"outside", "it lives where Within= does not reach"},
    [RL_SPARED_SHARES_MEMORY] = {"shares-memory",
        "it shares its address space with a process that may not be chosen"},
    [RL_SPARED_NO_POINTS] = {"no-points", "the score model never chooses who has no points"},
    [RL_SPARED_VETOED] = {"vetoed", "a hook has said that it must live"},
    [RL_SPARED_FAILED] = {"failed-before", "reliefd tried to kill it a moment ago and could not"},

    [RL_OUTCOME_RELIEVED] = {"relieved", "the victim is gone and the pressure is over"},
    [RL_OUTCOME_NOT_RELIEVED] = {"not-relieved", "the victim is gone, but the pressure goes on"},
    [RL_OUTCOME_EASED] = {"eased", "the pressure ended before anybody had to die"},
    [RL_OUTCOME_NO_VICTIM] = {"no-victim", "nobody there may be chosen"},
    [RL_OUTCOME_DRY_RUN] = {"dry-run", "dry run: nothing was done"},
    [RL_OUTCOME_FAILED] = {"failed", "the step could not be taken"},
    [RL_OUTCOME_GONE] = {"gone", "the cgroup was removed meanwhile"},
    [RL_OUTCOME_STUCK] = {"stuck", "the victim did not die in time"},
    [RL_OUTCOME_LADDER_END] = {"ladder-end", "the last step was taken and the shortage goes on"},
    [RL_OUTCOME_KERNEL_KILLED] = {"kernel-killed", "the kernel's OOM killer acted"},
    [RL_OUTCOME_INTERRUPTED] = {"interrupted", "reliefd ended before the outcome was known"},
    [RL_OUTCOME_ALARM] = {"alarm", "enough was killed here already: an alarm instead of a kill"},
    [RL_OUTCOME_HELD] = {"held",
        "enough was killed here already: left alone for the rest of the time"},
    [RL_OUTCOME_VETOED] = {"all-vetoed", "a hook has vetoed everybody who was to be chosen"},
    [RL_OUTCOME_NOTHING_DONE] = {"nothing-done", "none of the steps could be taken here"},

    [RL_OUTCOME_FUTILE] = {"futile",
        "the last kill here did not help, and most of the memory is tmpfs files or shared memory, "
        "which no kill gives back"},

    [RL_WAIT_COOLDOWN] = {"cooldown", "the cooldown after the last kill is not over"},
    [RL_WAIT_FOR] = {"not-long-enough", "its lines have not held for as long as For= asks"},
    [RL_WAIT_GATE] = {"gate", "Gate= does not let it pass yet"},
    [RL_WAIT_LIMIT] = {"limit", "Limit= is used up: so many kills are enough"},
    [RL_WAIT_BUDGET] = {"budget", "the budget of all kills in reliefd.conf is used up"},
    [RL_WAIT_FUTILE] = {"futile-kill", "the last kill here did not help: most of its memory is "
                                       "tmpfs files or shared memory, which "
                                       "no kill gives back"},
    [RL_WAIT_RESUMED] = {"resumed", "the machine has just woken from sleep"},
    [RL_WAIT_BUSY_DOMAIN] = {"busy-domain",
        "an incident above or below, or one that seeks victims in the same place, is not over yet"},
    [RL_WAIT_DEFAULT_NODE_ONLY] = {"default-node-only",
        "a policy file is broken, so the defaults act on the machine as a whole only"},
    [RL_WAIT_EXITING] = {"exiting",
        "somebody there is on his way out already, and the score model waits for that"},
    [RL_WAIT_PAUSED] = {"paused", "it is paused by hand (reliefctl pause)"},

    [RL_DONE_SENT] = {"sent", "done, and waiting"},
    [RL_DONE_VICTIM_GONE] = {"victim-gone", "the victim is gone"},
    [RL_DONE_TIME_UP] = {"time-up", "the time was up and the victim still there"},
    [RL_DONE_ERROR] = {"error", "an error kept it from being done"},
    [RL_DONE_WOULD_HAVE] = {"would-have", "it would have been done, but for the dry run"},
    [RL_DONE_DONE] = {"done", "it was done"},
    [RL_DONE_VETOED] = {"veto", "it has said that the victim must live"},
    [RL_DONE_CUT_SHORT] = {"cut-short",
        "its time was up, or the incident over, before it was done"},
    [RL_DONE_FAILED] = {"not-done", "it was tried and did not succeed"},
    [RL_DONE_OVERRULED] = {"overruled", "somebody else has changed what it had set"},

    [RL_SKIP_NOT_AVAILABLE] = {"not-available", "this reliefd cannot take that step"},
    [RL_SKIP_NO_FILE] = {"no-file", "this kernel or cgroup has no file for it"},
    [RL_SKIP_STRUCK] = {"struck", "the victim was sent SIGKILL already"},
    [RL_SKIP_FROZEN] = {"frozen", "the victim is frozen and cannot follow a signal"},
    [RL_SKIP_CONTAINER_INIT] = {"container-init",
        "the victim is PID 1 of a container and has no handler for that signal"},
    [RL_SKIP_NOT_ALLOWED] = {"not-allowed", "it needs AllowPanic=yes in reliefd.conf"},
    [RL_SKIP_NO_UNIT] = {"no-unit", "no manager of services is there that knows the unit"},
    [RL_SKIP_HOLDS_SELF] = {"holds-self", "reliefd lives in that cgroup"},
    [RL_SKIP_NEEDLESS] = {"needless", "it is held down or frozen as far already"},
    [RL_SKIP_BUSY] = {"busy", "too much of the kind is under way already"},
    [RL_SKIP_MANAGED] = {"managed",
        "the kubelet manages the limits of that cgroup, and the policy does not say "
        "Managed=override"},

    [RL_GRADED_KERNEL_KILL] = {"kernel-kill-followed",
        "the kernel's OOM killer acted there within two minutes"},
    [RL_GRADED_EVICTED] = {"evicted", "the pod was evicted: its cgroup was removed under pressure"},
    [RL_GRADED_STALLED] = {"stalled-on", "the stall stayed over the threshold for two minutes"},
    [RL_GRADED_EASED] = {"eased-by-itself", "the pressure was over within 30 seconds by itself"},
    [RL_GRADED_RELIEVED] = {"relieved-otherwise",
        "somebody there was killed in earnest meanwhile, by another policy or by hand"},
    [RL_GRADED_GONE] = {"cgroup-gone", "the cgroup was removed before it could be told"},
    [RL_GRADED_STOPPED] = {"reliefd-stopped", "reliefd ended before it could be told"},
    [RL_GRADED_UNDECIDED] = {"undecided",
        "the pressure neither ended within 30 seconds nor went on for two minutes"},
    [RL_GRADED_AGAIN] = {"followed-already",
        "an earlier decision of the same policy there is still being followed and stands for both"},
    [RL_GRADED_TOO_MANY] = {"too-many", "too many decisions are being followed already"},
    [RL_FORESEEN_ACTING] = {"acting", "an incident was running there"},
    [RL_FORESEEN_HELD] = {"foreseen", "a trigger of the policy held"},
    [RL_FORESEEN_NEAR] = {"near", "a trigger of the policy was near"},
    [RL_FORESEEN_NOT] = {"far", "no trigger of the policy was near"},
    [RL_FORESEEN_UNSEEN] = {"unseen",
        "nothing had stirred there so much that it was looked at closely"},
    [RL_FORESEEN_NO_POLICY] = {"no-policy", "no policy is for that cgroup"},
};

static int known(enum rl_reason reason)
{
    return (unsigned)reason < RL_REASONS && reasons[reason].id != NULL;
}

bool rl_reason_skips(enum rl_reason reason)
{
    return reason >= RL_SKIP_NOT_AVAILABLE && reason <= RL_SKIP_MANAGED;
}

const char *rl_reason_id(enum rl_reason reason)
{
    return known(reason) ? reasons[reason].id : "unknown";
}

const char *rl_reason_text(enum rl_reason reason)
{
    return known(reason) ? reasons[reason].text : "unknown reason";
}
