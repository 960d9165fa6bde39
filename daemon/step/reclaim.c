/* reclaim: memory.reclaim of the offender, in pieces, by a thread of its own: the write reclaims in
 * the writer and can take long. Between two pieces the loop looks whether more is needed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/sample.h"
#include "daemon/step/step.h"

#define FILE_NAME  "memory.reclaim"
#define PIECE_MOST (UINT64_C(64) << 20)
#define PARTS      16 /* pieces are no larger than this part of what is wanted */

static int open_offender(const struct rl_running *running)
{
    if (!running->hot)
        return -ESTALE;
    return rl_cgroup_open(rl_watch_tree(running->engine->watch), running->hot->cgroup);
}

/* What the cgroup holds; of the root, which has no such file, what the machine cannot give away. */
static uint64_t in_use(const struct rl_running *running, int fd)
{
    const struct rl_node *node;

    if (running->hot->cgroup->parent)
        return rl_number_at(fd, "memory.current", 0);
    node = rl_watch_node(running->engine->watch, true);
    return node->mem_total > node->mem_available ? node->mem_total - node->mem_available : 0;
}

static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    enum rl_reason why = RL_REASON_NONE;
    int fd = open_offender(running);

    /* Where the cgroup is gone take() says so. */
    if (fd >= 0 && faccessat(fd, FILE_NAME, F_OK, 0) < 0 && errno == ENOENT)
        why = RL_SKIP_NO_FILE; /* before Linux 5.19 */
    else if (!running->engine->reclaimer && !running->incident.dry)
        why = RL_SKIP_NOT_AVAILABLE;
    if (fd >= 0)
        close(fd);
    return why;
}

static struct rl_record_step *entry_of(struct rl_running *running)
{
    return &running->record.steps[running->record.n_steps - 1];
}

static void on_piece(void *userdata, int result, uint64_t took_us);

static int write_piece(struct rl_running *running)
{
    struct rl_reclaiming *reclaiming = &running->reclaiming;
    char text[RL_JOB_TEXT_MAX];
    uint64_t left = reclaiming->wanted - reclaiming->gained;

    reclaiming->asked = left < reclaiming->piece ? left : reclaiming->piece;
    reclaiming->before = in_use(running, reclaiming->fd);
    snprintf(text, sizeof(text), "%" PRIu64, reclaiming->asked);
    return rl_worker_write(
        running->engine->reclaimer, reclaiming->fd, FILE_NAME, text, on_piece, running);
}

static void stop(struct rl_running *running)
{
    struct rl_reclaiming *reclaiming = &running->reclaiming;

    if (reclaiming->fd < 0)
        return;
    rl_worker_forget(running->engine->reclaimer, running);
    close(reclaiming->fd);
    reclaiming->fd = -1;
}

/* There is no more to be had, or to be wanted. */
static void end(struct rl_running *running, int error)
{
    uint64_t gained = running->reclaiming.gained;

    if (error < 0) {
        entry_of(running)->result = RL_DONE_ERROR;
        entry_of(running)->error = -error;
    }
    stop(running);
    rl_course_step_done(running, gained);
}

/* -EAGAIN: the kernel has found less than was asked for, perhaps nothing. */
static uint64_t gain_of(const struct rl_running *running, int result)
{
    const struct rl_reclaiming *reclaiming = &running->reclaiming;
    uint64_t now;

    if (result == 0)
        return reclaiming->asked;
    if (result != -EAGAIN)
        return 0;
    now = in_use(running, reclaiming->fd);
    return now < reclaiming->before ? reclaiming->before - now : 0;
}

static void on_piece(void *userdata, int result, uint64_t took_us)
{
    struct rl_running *running = userdata;
    struct rl_reclaiming *reclaiming = &running->reclaiming;
    uint64_t gain;
    int r;

    if (!running->hot) {
        end(running, 0);
        return;
    }
    gain = gain_of(running, result);
    reclaiming->gained += gain;
    entry_of(running)->gained = reclaiming->gained;
    if (result < 0 && result != -EAGAIN && result != -EINTR) {
        end(running, reclaiming->gained > 0 ? 0 : result);
        return;
    }
    if (gain == 0 || reclaiming->gained >= reclaiming->wanted || !rl_course_holds(running)) {
        end(running, 0);
        return;
    }
    r = write_piece(running);
    if (r < 0)
        end(running, r);
}

static enum rl_reason take(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry)
{
    struct rl_reclaiming *reclaiming = &running->reclaiming;
    long page = sysconf(_SC_PAGESIZE);
    int fd = open_offender(running), r;

    if (fd < 0)
        return RL_OUTCOME_GONE;
    *reclaiming = (struct rl_reclaiming){.fd = fd};
    reclaiming->wanted = rl_step_wanted(step, in_use(running, fd));
    reclaiming->piece = reclaiming->wanted / PARTS;
    if (reclaiming->piece > PIECE_MOST)
        reclaiming->piece = PIECE_MOST;
    if (reclaiming->piece < (uint64_t)page)
        reclaiming->piece = (uint64_t)page;
    r = write_piece(running);
    if (r >= 0)
        return RL_REASON_NONE;
    stop(running);
    if (r == -EAGAIN)
        return RL_SKIP_BUSY;
    entry->error = -r;
    return RL_OUTCOME_FAILED;
}

const struct rl_step_ops rl_step_reclaim = {.refuse = refuse, .take = take, .stop = stop};
