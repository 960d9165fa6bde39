/* Filling an incident's record: copies of everything that was known when it was decided. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/engine-private.h"

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

/* A path too long is cut in front: the end tells more. */
static void copy_path(char *to, const char *path)
{
    size_t len = strlen(path);

    if (len < RL_PATH_MAX)
        memcpy(to, path, len + 1);
    else
        snprintf(to, RL_PATH_MAX, "...%s", path + len - (RL_PATH_MAX - 4));
}

static void copy_cgroup(char *to, const struct rl_cgroup *cgroup)
{
    if (cgroup)
        rl_cgroup_path(cgroup, to, RL_PATH_MAX);
    else
        copy_text(to, RL_PATH_MAX, "node");
}

/* Sortable by time and unique on this machine: the file's name is made of it. */
static void make_id(struct rl_engine *engine, uint64_t wall, char *id)
{
    time_t seconds = (time_t)(wall / RL_US_PER_S);
    struct tm tm;
    char text[32];

    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y%m%dT%H%M%S", &tm);
    snprintf(id, RL_RECORD_ID_MAX, "%s.%03uZ-%llu", text,
        (unsigned)(wall % RL_US_PER_S / RL_US_PER_MS), (unsigned long long)++engine->incidents);
}

static uint64_t longest_window(const struct rl_trigger *trigger)
{
    uint64_t longest = RL_US_PER_S;

    for (size_t i = 0; i < trigger->n; i++)
        if (trigger->lines[i].window_us > longest)
            longest = trigger->lines[i].window_us;
    return longest;
}

static uint64_t share(
    const struct rl_hot *hot, enum rl_counter counter, uint64_t now_us, uint64_t window_us)
{
    uint64_t from = now_us > window_us ? now_us - window_us : 0;

    return rl_history_growth(&hot->history, counter, from, now_us, 0) * RL_WHOLE / window_us;
}

void rl_fill_state(struct rl_record_state *state, const struct rl_hot *hot,
    const struct rl_trigger *trigger, uint64_t now_us, uint64_t since_us)
{
    uint64_t window = longest_window(trigger);

    /* After a step only the time since then tells anything. */
    if (since_us > 0 && now_us > since_us && now_us - since_us < window)
        window = now_us - since_us;
    *state = (struct rl_record_state){
        .sample = hot->cgroup->files->sample,
        .room = hot->room,
        .window_us = window,
        .some_share = share(hot, RL_COUNT_SOME, now_us, window),
        .full_share = share(hot, RL_COUNT_FULL, now_us, window),
    };
}

/* Where the path names none, what is known stays. */
static void fill_unit(struct rl_record *record, const char *path)
{
    char unit[RL_UNIT_NAME_MAX];

    if (rl_unit_of_path(path, unit, sizeof(unit)) == RL_UNIT_OURS)
        copy_text(record->unit, sizeof(record->unit), unit);
}

/* By the whole path: what is cut in front is what tells. */
static void fill_pod(struct rl_record *record, const struct rl_cgroup *cgroup)
{
    char path[4096];

    rl_cgroup_path(cgroup, path, sizeof(path));
    rl_pod_place(path, &record->pod);
}

void rl_fill_begin(struct rl_engine *engine, struct rl_record *record,
    const struct rl_cgroup *cgroup, const struct rl_policy *policy, uint64_t now_us)
{
    memset(record, 0, sizeof(*record));
    record->started_wall_us = rl_wall_us();
    make_id(engine, record->started_wall_us, record->id);
    copy_text(record->boot_id, sizeof(record->boot_id), engine->boot_id);
    record->page_size = engine->procs.page_size;
    record->started_us = now_us;
    copy_cgroup(record->subject, cgroup->subject ? cgroup->subject : cgroup);
    copy_cgroup(record->offender, cgroup);
    record->offender_id = cgroup->id;
    fill_unit(record, record->offender);
    fill_pod(record, cgroup);
    if (!policy)
        return;
    copy_text(record->policy, sizeof(record->policy), policy->name);
    copy_text(record->source, sizeof(record->source), policy->source);
    record->kill = policy->victim.kill;
    copy_text(record->model, sizeof(record->model), policy->victim.model->id);
}

void rl_fill_open(struct rl_engine *engine, struct rl_record *record, const struct rl_hot *hot,
    const struct rl_policy *policy, const struct rl_trigger *trigger, uint64_t now_us)
{
    size_t index = (size_t)(trigger - policy->triggers);

    rl_fill_begin(engine, record, hot->cgroup, policy, now_us);
    record->dry_run = rl_engine_dry(engine, policy);
    record->open = true;
    copy_cgroup(record->limited_by, hot->limited_by);
    copy_cgroup(record->tightest, hot->tightest);
    copy_text(record->trigger, sizeof(record->trigger), trigger->name);
    record->n_lines = trigger->n;
    memcpy(record->lines, trigger->lines, sizeof(record->lines));
    memcpy(record->readings, hot->verdict.readings[index], sizeof(record->readings));
    record->origin = hot->verdict.origin;
    rl_fill_state(&record->before, hot, trigger, now_us, 0);
}

static void fill_candidate(struct rl_record_candidate *to, const struct rl_candidate *from,
    const struct rl_scratch *scratch)
{
    *to = (struct rl_record_candidate){
        .process = from->process,
        .score = from->score,
        .spared = from->spared,
    };
    copy_text(to->by, sizeof(to->by), from->by ? from->by->text : "");
    copy_path(to->cgroup, scratch->groups[from->process.cgroup].path);
}

static struct rl_record_person person_of(const struct rl_candidate *candidate)
{
    struct rl_record_person person = {
        .pid = candidate->process.pid, .points = candidate->score.points};

    memcpy(person.comm, candidate->process.comm, sizeof(person.comm));
    return person;
}

/* Those that matter: highest first whether they may be chosen or not, but nobody whose memory or
 * existence plays no part. */
static void fill_candidates(struct rl_record *record, const struct rl_scratch *scratch)
{
    const struct rl_pool *pool = &scratch->pool;
    size_t chosen = scratch->choice.candidate >= 0 ? (size_t)scratch->choice.candidate : SIZE_MAX;

    record->n_seen = (uint32_t)pool->seen;
    record->n_candidates = 0; /* of an earlier try */
    for (size_t i = 0; i < pool->n; i++) {
        bool last = record->n_candidates == RL_RECORD_CANDIDATES - 1;

        if (record->n_candidates == RL_RECORD_CANDIDATES)
            break;
        if (last && chosen != SIZE_MAX && i < chosen)
            continue; /* the last place is the victim's */
        fill_candidate(&record->candidates[record->n_candidates++], &pool->items[i], scratch);
    }
}

static void fill_groups(struct rl_record *record, const struct rl_scratch *scratch)
{
    record->n_groups = 0;
    for (size_t i = 0; i < scratch->n_groups && record->n_groups < RL_RECORD_GROUPS; i++) {
        const struct rl_group *g = &scratch->groups[i];
        struct rl_record_group *to = &record->groups[record->n_groups];

        if (g->processes == 0 && (int32_t)i != scratch->choice.group)
            continue;
        *to = (struct rl_record_group){
            .anon = g->anon,
            .swap = g->swap,
            .kernel = g->kernel,
            .shmem = g->shmem,
            .points = g->points,
            .processes = g->processes,
            .spared = g->spared,
        };
        copy_path(to->cgroup, g->path);
        record->n_groups++;
    }
}

/* Who dies with the chosen process, and whom it dies for. */
static void fill_relatives(struct rl_record *record, const struct rl_scratch *scratch)
{
    const struct rl_choice *choice = &scratch->choice;
    const struct rl_candidate *items = scratch->pool.items;

    record->n_sharers = 0;
    for (size_t i = 0; choice->mm != 0 && i < scratch->pool.n; i++) {
        if (items[i].process.mm != choice->mm || (int32_t)i == choice->candidate)
            continue;
        if (record->n_sharers < RL_RECORD_SHARERS)
            record->sharers[record->n_sharers] = person_of(&items[i]);
        record->n_sharers++;
    }
    if (choice->instead_of >= 0)
        record->instead_of = person_of(&items[choice->instead_of]);
}

void rl_fill_choice(
    struct rl_engine *engine, struct rl_record *record, const struct rl_policy *policy)
{
    const struct rl_scratch *s = &engine->scratch;

    record->choice = s->choice;
    /* A hook may have vetoed somebody of another kind. */
    record->victim_pid = 0;
    record->victim_start_ticks = record->victim_cgroup_id = 0;
    record->victim_comm[0] = '\0';
    record->instead_of = (struct rl_record_person){0};
    fill_candidates(record, s);
    if (policy->victim.kill != RL_KILL_PROCESS || s->choice.scope != RL_KILL_PROCESS)
        fill_groups(record, s);
    if (!s->choice.found)
        return;
    copy_path(record->victim_cgroup, s->groups[s->choice.group].path);
    record->victim_cgroup_id = s->groups[s->choice.group].id;
    fill_unit(record, record->victim_cgroup);
    rl_pod_place(s->groups[s->choice.group].path, &record->pod);
    fill_relatives(record, s);
    if (s->choice.scope == RL_KILL_PROCESS) {
        const struct rl_process *p = &s->pool.items[s->choice.candidate].process;

        record->victim_pid = p->pid;
        record->victim_start_ticks = p->start_ticks;
        memcpy(record->victim_comm, p->comm, sizeof(record->victim_comm));
    }
}
