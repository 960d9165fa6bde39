/* The chosen victim: kept until the incident ends, and signalled. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/report/log.h"
#include "daemon/step/step.h"

/* Keep a cgroup's path for the identity check, once for all its members. Return: NULL when there is
 * no room: then the start time alone has to tell. */
static const char *keep_path(struct rl_running *running, const char *path)
{
    size_t len = strlen(path) + 1;
    char *kept = running->paths, *end = running->paths + running->paths_used;

    for (; kept < end; kept += strlen(kept) + 1)
        if (strcmp(kept, path) == 0)
            return kept;
    if (len > RL_VICTIM_PATHS - running->paths_used)
        return NULL;
    memcpy(kept, path, len);
    running->paths_used += len;
    return kept;
}

static bool is_below(const struct rl_scratch *s, int32_t group, int32_t top)
{
    for (; group >= 0; group = s->groups[group].parent)
        if (group == top)
            return true;
    return false;
}

static void add_target(struct rl_running *running, const struct rl_candidate *candidate)
{
    const struct rl_scratch *s = &running->engine->scratch;
    uint32_t group = candidate->process.cgroup;

    if (running->n_targets == RL_TARGETS_MAX)
        return;
    running->targets[running->n_targets++] = (struct rl_target){
        .pid = candidate->process.pid,
        .start_ticks = candidate->process.start_ticks,
        /* Of a shared group it is not known which of its cgroups he lives in. */
        .cgroup = s->seats[group].shared ? NULL : keep_path(running, s->groups[group].path),
        .cgroup_id = s->groups[group].id,
    };
}

/* The members that a signal one by one would go to; highest score first, as the pool is sorted. */
static void add_members(struct rl_running *running, int32_t top)
{
    const struct rl_scratch *s = &running->engine->scratch;

    for (size_t i = 0; i < s->pool.n; i++) {
        const struct rl_candidate *k = &s->pool.items[i];
        if ((rl_candidate_may_go(k) || k->spared == RL_SPARED_NO_MEMORY) &&
            is_below(s, (int32_t)k->process.cgroup, top))
            add_target(running, k);
    }
}

/* One process, and who shares its address space: all of them, or nothing is freed. */
static void add_process(struct rl_running *running, const struct rl_choice *choice)
{
    const struct rl_scratch *s = &running->engine->scratch;

    add_target(running, &s->pool.items[choice->candidate]);
    for (size_t i = 0; choice->mm != 0 && i < s->pool.n; i++)
        if ((int32_t)i != choice->candidate && s->pool.items[i].process.mm == choice->mm)
            add_target(running, &s->pool.items[i]);
}

int rl_victim_take(struct rl_running *running)
{
    const struct rl_scratch *s = &running->engine->scratch;
    const struct rl_choice *choice = &s->choice;
    int fd;

    running->n_targets = 0;
    running->paths_used = 0;
    running->whole = false;
    running->group_id = s->groups[choice->group].id;
    if (choice->scope == RL_KILL_PROCESS) {
        add_process(running, choice);
        return 0;
    }
    add_members(running, choice->group);
    if (choice->one_by_one)
        return 0;
    fd = rl_cgroup_open(rl_watch_tree(running->engine->watch), s->seats[choice->group].cgroup);
    if (fd < 0)
        return fd;
    running->cgroup_fd = fd;
    running->cgroup_id = s->groups[choice->group].id;
    running->whole = true;
    return 0;
}

void rl_victim_drop(struct rl_running *running)
{
    running->watch = rl_victim_watch_free(running->watch);
    if (running->cgroup_fd >= 0)
        close(running->cgroup_fd);
    running->cgroup_fd = -1;
    running->n_targets = 0;
    running->whole = false;
}

static void on_victim_gone(void *userdata, uint64_t gone_us, int error)
{
    struct rl_running *running = userdata;

    rl_course_victim_gone(running, gone_us, error);
}

/* One signal to the victim, as a whole where it is SIGKILL and can be. */
static int send_signal(
    struct rl_running *running, int signal, struct rl_kill_result *ret, bool *ret_whole)
{
    struct rl_killer *killer = running->engine->killer;
    int r;

    *ret_whole = signal == SIGKILL && running->whole;
    if (*ret_whole) {
        r = rl_kill_cgroup(killer, running->cgroup_fd, running->cgroup_id, on_victim_gone, running,
            &running->watch, ret);
        if (r >= 0 && running->engine->options.settings->tell_systemd)
            rl_kill_tell(killer, running->cgroup_fd, (uint32_t)running->n_targets);
        return r;
    }
    return rl_kill_processes(killer, running->targets, running->n_targets, signal, on_victim_gone,
        running, &running->watch, ret);
}

void rl_victim_exclude(struct rl_running *running)
{
    struct rl_vetoed *vetoed;

    if (!running->chosen || running->n_vetoed == RL_VETOES_MAX)
        return;
    vetoed = &running->vetoed_ones[running->n_vetoed++];
    if (running->record.choice.scope == RL_KILL_PROCESS)
        *vetoed = (struct rl_vetoed){
            .pid = running->targets[0].pid, .start_ticks = running->targets[0].start_ticks};
    else
        *vetoed = (struct rl_vetoed){.group_id = running->group_id};
    rl_victim_drop(running);
    running->chosen = running->refused = false;
    running->gone = false;
}

enum rl_reason rl_victim_signal(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry)
{
    struct rl_record *record = &running->record;
    struct rl_kill_result result = {0};
    bool whole = false;
    int r = send_signal(running, step->signal, &result, &whole);

    entry->whole_cgroup = whole;
    entry->signalled = result.signalled;
    entry->error = whole ? 0 : result.error; /* a whole cgroup is looked at again */
    if (r == -ESRCH) {
        entry->result = RL_DONE_VICTIM_GONE;
        running->gone = true;
        record->gone_us = entry->at_us;
        return RL_REASON_NONE;
    }
    if (r < 0) {
        entry->error = -r;
        running->refused = true;
        return RL_OUTCOME_FAILED;
    }
    if (entry->error != 0)
        rl_warning("%s did not reach all of the victim of incident %s: %s",
            rl_step_name(step->kind), record->id, strerror(entry->error));
    if (record->first_signal_us == 0)
        record->first_signal_us = rl_now_us();
    return RL_REASON_NONE;
}
