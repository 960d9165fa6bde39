/* What throttle and freeze have in common: a measure in the offender's cgroup. */
#include <errno.h>
#include <unistd.h>

#include "daemon/report/log.h"
#include "daemon/step/step.h"

/* Who is told of it after its rung knows the entry by this. */
static struct rl_record_step *entry_of(struct rl_running *running, enum rl_step_kind kind)
{
    struct rl_record *record = &running->record;

    for (uint8_t i = record->n_steps; i-- > 0;)
        if (record->steps[i].kind == kind)
            return &record->steps[i];
    return NULL;
}

/* It does not stand any more, and its rung need not be waited for. */
static void ended(struct rl_running *running, enum rl_step_kind kind, int news)
{
    struct rl_record_step *entry = entry_of(running, kind);

    if (entry && news < 0) {
        entry->result = RL_DONE_ERROR;
        entry->error = -news;
    } else if (entry && entry->result == RL_DONE_SENT) {
        entry->result = news == RL_MEASURE_FOREIGN ? RL_DONE_OVERRULED : RL_DONE_CUT_SHORT;
    }
    if (running->going_on > 0 && running->relief.steps[running->going_on - 1].kind == kind)
        rl_course_step_done(running, 0);
}

void rl_throttle_told(void *userdata, int news)
{
    struct rl_running *running = userdata;

    if (news == RL_MEASURE_TAKEN)
        return;
    running->throttle = rl_measure_release(running->throttle);
    rl_incident_unthrottled(&running->incident);
    rl_tracing_eased(running, false, true);
    ended(running, RL_STEP_THROTTLE, news);
}

void rl_freeze_told(void *userdata, int news)
{
    struct rl_running *running = userdata;

    if (news == RL_MEASURE_TAKEN)
        return;
    running->freeze = rl_measure_release(running->freeze);
    rl_incident_thawed(&running->incident);
    rl_tracing_eased(running, true, false);
    ended(running, RL_STEP_FREEZE, news);
}

enum rl_reason rl_measure_refuse(struct rl_running *running, const struct rl_step *step)
{
    if (!running->engine->measures && !running->incident.dry)
        return RL_SKIP_NOT_AVAILABLE;
    return running->hot && !running->hot->cgroup->parent ? RL_SKIP_NO_FILE : RL_REASON_NONE;
}

int rl_measure_place(struct rl_running *running, char *path, struct rl_guard_place *ret)
{
    const struct rl_cgroup *cgroup = running->hot ? running->hot->cgroup : NULL;
    int fd;

    if (!cgroup || rl_cgroup_path(cgroup, path, RL_PATH_MAX) == 0)
        return -ESTALE;
    fd = rl_cgroup_open(rl_watch_tree(running->engine->watch), cgroup);
    *ret = (struct rl_guard_place){.fd = fd, .id = cgroup->id, .path = path};
    return fd;
}

enum rl_reason rl_measure_answer(int r, struct rl_record_step *entry)
{
    static const struct {
        int answer;
        enum rl_reason means;
    } answers[] = {
        {0, RL_REASON_NONE},
        {RL_MEASURE_NEEDLESS, RL_SKIP_NEEDLESS},
        {-EPERM, RL_SKIP_HOLDS_SELF},
        {-EALREADY, RL_SKIP_NEEDLESS},
        {-EBUSY, RL_SKIP_BUSY},
        {-ENOENT, RL_SKIP_NO_FILE},
        {-ESTALE, RL_OUTCOME_GONE},
    };

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (answers[i].answer == r)
            return answers[i].means;
    entry->error = -r;
    return RL_OUTCOME_FAILED;
}
