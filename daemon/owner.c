/* Telling the owner of a container that was signalled: one line in the file from which its pod's
 * status takes its message (daemon/relieve/termination.h). After the signal, by a thread of its
 * own, so that a slow disk holds nobody up; and only where the kubelet's folder can be seen. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/relieve/termination.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

_Static_assert(sizeof(((struct rl_termination *)NULL)->uid) > RL_KUBE_ID_MAX, "a pod's id");
_Static_assert(
    sizeof(((struct rl_termination *)NULL)->container) >= RL_POD_CONTAINER_MAX, "a name");

/* In the thread. A job's own text is too short: this one stands in a file in memory. */
static int write_message(const struct rl_job *job)
{
    struct rl_termination what;
    ssize_t n = pread(job->fds[1], &what, sizeof(what), 0);

    if (n != (ssize_t)sizeof(what))
        return n < 0 ? -errno : -EIO;
    return rl_termination_write(job->fds[0], &what);
}

/* Said once of each kind: the next one would have the same cause. */
static void on_written(void *userdata, int result, uint64_t took_us)
{
    static const char *const answers[] = {
        [RL_TERMINATION_NO_FILE] = "there is none of that container that ran at the time, or the "
                                   "name of the container is not known",
        [RL_TERMINATION_FULL] = "it is full",
        [RL_TERMINATION_STRANGE] = "what is there is no plain file of a kubelet's",
    };
    struct rl_engine *engine = userdata;
    unsigned bit = result < 0 ? 1u : 1u << result;

    /* Mounted read only, as it is below a sandboxed service: that is a choice, and no failure. */
    if (result == RL_TERMINATION_DONE || result == -EROFS || engine->teller_said & bit)
        return;
    engine->teller_said |= bit;
    rl_notice("The owner of a container could not be told in its terminationMessagePath below "
              "%s: %s",
        RL_TERMINATION_DIR, result < 0 ? strerror(-result) : answers[result]);
}

static void describe(const struct rl_record *record, struct rl_termination *what)
{
    char sentence[RL_SENTENCE_MAX], time[RL_TEXT_MAX];
    struct rl_say say;

    *what = (struct rl_termination){.wall_us = record->started_wall_us};
    memcpy(what->uid, record->pod.uid, sizeof(record->pod.uid));
    memcpy(what->container, record->pod.container, sizeof(record->pod.container));
    rl_record_sentence(record, sentence, sizeof(sentence));
    rl_time_text(record->started_wall_us, time, sizeof(time));
    rl_say_begin(&say, what->text, sizeof(what->text));
    rl_say(&say, "reliefd, %s: ", time);
    rl_say_foreign(&say, sentence); /* which is harmless already */
}

/* Return: 0, on its way; -errno. */
static int submit(struct rl_engine *engine, int pods_fd, const struct rl_termination *what)
{
    struct rl_job job = {.run = write_message, .fds = {-1, -1}};
    int r = 0;

    if (!engine->teller)
        r = rl_worker_new(engine->event, &engine->teller);
    if (r < 0)
        return r;
    job.fds[0] = fcntl(pods_fd, F_DUPFD_CLOEXEC, 3);
    job.fds[1] = memfd_create("reliefd-message", MFD_CLOEXEC);
    if (job.fds[0] < 0 || job.fds[1] < 0)
        r = -errno;
    else if (write(job.fds[1], what, sizeof(*what)) != (ssize_t)sizeof(*what))
        r = -EIO;
    if (r >= 0)
        r = rl_worker_submit(engine->teller, &job, on_written, engine);
    for (size_t i = 0; r < 0 && i < sizeof(job.fds) / sizeof(job.fds[0]); i++)
        if (job.fds[i] >= 0)
            close(job.fds[i]);
    return r;
}

void rl_owner_tell(struct rl_running *running)
{
    const struct rl_record *record = &running->record;
    struct rl_engine *engine = running->engine;
    struct rl_termination what;
    char path[4096];
    int r;

    if (running->owner_told || running->incident.dry || !record->choice.found ||
        record->first_signal_us == 0 || !record->pod.uid[0] || !engine->options.host_root)
        return;
    running->owner_told = true;
    snprintf(path, sizeof(path), "%s%s", engine->options.host_root, RL_TERMINATION_DIR);
    rl_auto_fd int pods_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (pods_fd < 0)
        return;
    describe(record, &what);
    r = submit(engine, pods_fd, &what);
    if (r < 0)
        on_written(engine, r, 0);
}

void rl_owner_end(struct rl_engine *engine)
{
    engine->teller = rl_worker_free(engine->teller);
}
