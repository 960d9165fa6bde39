/* Whole cgroups. The usual way is one write to cgroup.kill; the other one, for kernels before 5.14
 * and for when that write fails, hangs in its worker or does not do, is a sweep over all members,
 * with the cgroup frozen where that can be, so that forks cannot run ahead of it.
 *
 * Sweeps end as soon as nobody can have been passed over: once cgroup.kill has done its work, or
 * one of them found all frozen that can be. Whoever is still there has his SIGKILL and will not die
 * sooner for another one, and whoever enters the cgroup later (a manager starts the service again
 * while a member hangs in the kernel) was never part of the victim. Where neither can be had,
 * sweeps are repeated, at distances that double.
 *
 * A freeze is undone as soon as everybody in the frozen cgroup has his SIGKILL, in any case before
 * the wait is given to somebody else: frozen processes die of SIGKILL, but whoever enters the
 * cgroup later must not find it frozen. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/relieve/members.h"
#include "daemon/relieve/told.h"
#include "daemon/relieve/watch.h"

#define LATE_LOOKS   5  /* a cgroup.kill that has not emptied the cgroup by then is helped */
#define FREEZE_LOOKS 10 /* a member in an unkillable sleep never freezes: thaw anyway */
#define BLIND_LOOKS  10 /* that often in a row cgroup.events may be unreadable */
#define BARRED_LOOKS 3  /* that often in a row it may look as if nobody can be killed */
#define THAW_TRIES   3

static bool vanished(int r)
{
    return r == -ENOENT || r == -ENODEV;
}

/* Return: 1 populated, 0 empty or removed, -errno. */
static int read_events(int fd, bool *ret_frozen)
{
    char text[256];
    bool populated;
    ssize_t n = rl_read_fd(fd, text, sizeof(text));
    int r;

    if (n == -ENODEV)
        return 0;
    if (n < 0)
        return (int)n;
    r = rl_parse_populated(text, &populated);
    if (r < 0)
        return r;
    *ret_frozen = strstr(text, "frozen 1") != NULL;
    return populated;
}

/* Can nothing more be done for this victim? Return: an errno, 0 to go on. */
static int hopeless(const struct rl_victim_watch *watch, const struct rl_sweep *sweep, int r)
{
    if (sweep->signalled > 0 || watch->queued || watch->struck)
        return 0;
    if (sweep->error == EPERM)
        return EPERM;
    if (r == -EACCES || r == -EPERM || r == -E2BIG)
        return -r;
    if (sweep->seen == 0 && sweep->refused > 0)
        return EPERM;
    return sweep->seen == 0 && sweep->foreign > 0 ? EXDEV : 0;
}

/* cgroup.kill of 6.1 (__cgroup_kill() signals the main thread alone) passes over a process whose
 * main thread has ended while others live. Such a one has no working directory. Everybody else got
 * his SIGKILL, or came later. No stat of the dying is read: the reader may end up freeing them. */
static bool spares_led(pid_t pid, const void *userdata)
{
    const struct rl_killer *killer = userdata;
    char name[32], buf[1];

    if (rl_kill_spares(pid, killer) || !killer->self.own_pids)
        return true;
    snprintf(name, sizeof(name), "%d/cwd", (int)pid);
    return readlinkat(killer->proc_fd, name, buf, sizeof(buf)) >= 0 || errno != ENOENT;
}

static int sweep_members(struct rl_victim_watch *watch, bool frozen, struct rl_kill_result *ret)
{
    struct rl_sweep sweep = {
        .spares = watch->struck ? spares_led : rl_kill_spares, .userdata = watch->killer};
    int r = rl_members_kill(watch->cgroup_fd, &sweep);

    /* Who is not frozen by then sleeps in the kernel, and forks no more with a SIGKILL pending. */
    frozen = frozen || (watch->held_still && watch->looks >= FREEZE_LOOKS);
    if ((watch->struck || frozen) && r == 0 && sweep.error == 0)
        watch->sweeping = false;
    if (ret) {
        ret->signalled = sweep.signalled;
        ret->refused = sweep.refused;
        ret->error = sweep.error != 0 ? sweep.error : r < 0 && !vanished(r) ? -r : 0;
    }
    return hopeless(watch, &sweep, r);
}

static void on_frozen(void *userdata, int result, uint64_t took_us)
{
    struct rl_victim_watch *watch = userdata;

    if (result < 0)
        watch->frozen = false; /* nothing was done, nothing is owed */
    watch->held_still = watch->frozen;
    rl_watch_cgroup_look(watch, false);
}

/* From now on members are signalled one by one. */
static void start_sweeping(struct rl_victim_watch *watch)
{
    char text[16];

    watch->sweeping = true;
    watch->held_still = false;
    watch->next_sweep = 0;
    /* Without such a file sweeps have to do; a freeze of somebody else's is not ours to undo. */
    if (rl_read_at(watch->cgroup_fd, "cgroup.freeze", text, sizeof(text)) <= 0 || text[0] != '0')
        return;
    watch->frozen = rl_worker_write(watch->killer->writer, watch->cgroup_fd, "cgroup.freeze", "1",
                        on_frozen, watch) == 0;
}

bool rl_kill_on_way(const struct rl_victim_watch *watch)
{
    return watch && watch->queued && watch->looks == 0;
}

static void tell_struck(const struct rl_killer *killer)
{
    if (killer->struck)
        killer->struck(killer->userdata);
}

static void on_written(void *userdata, int result, uint64_t took_us)
{
    struct rl_victim_watch *watch = userdata;

    watch->queued = false;
    tell_struck(watch->killer);
    if (result == -EOPNOTSUPP) {
        rl_watch_finish(watch, EOPNOTSUPP); /* threaded: its members are not its own */
        return;
    }
    watch->struck = result == 0;
    if (watch->struck)
        watch->sweeping = false;
    else
        start_sweeping(watch);
    rl_watch_cgroup_look(watch, false);
}

/* Is a sweep due, and when will the next one be? */
static bool is_due(struct rl_victim_watch *watch, bool timer)
{
    /* The order hangs in the worker (no freeze: that would wait behind it), or passed somebody
     * over. */
    if (timer && watch->looks == LATE_LOOKS && (watch->queued || watch->struck))
        watch->sweeping = true;
    if (!watch->sweeping || watch->looks < watch->next_sweep)
        return false;
    if (watch->looks >= FREEZE_LOOKS)
        watch->next_sweep = watch->looks * 2;
    return true;
}

void rl_watch_cgroup_look(struct rl_victim_watch *watch, bool timer)
{
    bool frozen = false;
    int error, r = read_events(watch->events_fd, &frozen);

    watch->blind = r < 0 ? watch->blind + 1 : 0;
    if (r == 0 || watch->blind > BLIND_LOOKS) {
        rl_watch_finish(watch, -r);
        return;
    }
    watch->looks += timer;
    if (timer && watch->queued && watch->looks == 1)
        tell_struck(watch->killer);
    if (is_due(watch, timer)) {
        error = sweep_members(watch, frozen, NULL);
        watch->barred = error != 0 ? watch->barred + 1 : 0;
        if (watch->barred >= BARRED_LOOKS) {
            rl_watch_finish(watch, error);
            return;
        }
    }
    if (!watch->sweeping || watch->looks >= FREEZE_LOOKS)
        rl_watch_cgroup_thaw(watch);
    if (timer)
        rl_watch_look_later(watch);
}

/* Nobody waits for how it ends, so that it is tried again where it is done. */
static int run_thaw(const struct rl_job *job)
{
    int r = rl_job_write(job);

    for (int i = 1; i < THAW_TRIES && r < 0; i++)
        r = rl_job_write(job);
    return r;
}

/* A wait that is over gives its descriptor away: none has to be had for the thaw then. */
static int submit_thaw(struct rl_victim_watch *watch)
{
    struct rl_job job = {
        .run = run_thaw, .fds = {watch->cgroup_fd, -1}, .name = "cgroup.freeze", .text = "0"};
    bool over = watch->events_fd < 0;
    int r;

    if (!over)
        job.fds[0] = fcntl(watch->cgroup_fd, F_DUPFD_CLOEXEC, 3);
    if (job.fds[0] < 0)
        return -errno;
    r = rl_worker_submit(watch->killer->writer, &job, NULL, NULL);
    if (r < 0 && !over)
        close(job.fds[0]);
    if (r >= 0 && over)
        watch->cgroup_fd = -1;
    return r;
}

void rl_watch_cgroup_thaw(struct rl_victim_watch *watch)
{
    if (watch->frozen && submit_thaw(watch) == 0)
        watch->frozen = watch->held_still = false;
    if (watch->events_fd >= 0)
        return; /* the look comes back by itself */
    if (watch->frozen) {
        rl_watch_look_later(watch);
    } else if (watch->cgroup_fd >= 0) {
        close(watch->cgroup_fd);
        watch->cgroup_fd = -1;
    }
}

void rl_watch_cgroup_leave(struct rl_victim_watch *watch)
{
    if (watch->events_fd < 0)
        return;
    epoll_ctl(watch->epoll_fd, EPOLL_CTL_DEL, watch->events_fd, NULL);
    close(watch->events_fd);
    watch->events_fd = -1;
    rl_worker_forget(watch->killer->writer, watch);
    watch->queued = watch->struck = watch->sweeping = watch->held_still = false;
    sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
    rl_watch_cgroup_thaw(watch);
}

/* May this cgroup be killed, and is there anybody to kill? On success *ret_fd is its
 * cgroup.events, read once: else the first wake-up would come at once and mean nothing. */
static int examine(struct rl_killer *killer, int cgroup_fd, uint64_t cgroup_id,
    struct rl_kill_result *result, int *ret_fd)
{
    struct statfs fs;
    struct stat st;
    bool frozen;
    int fd, r;

    if (fstatfs(cgroup_fd, &fs) < 0 || fstat(cgroup_fd, &st) < 0)
        return -errno;
    if (fs.f_type != CGROUP2_SUPER_MAGIC)
        return -EINVAL;
    if (st.st_ino != cgroup_id)
        return -ESTALE;
    r = rl_lineage_lives_in(&killer->lineage, cgroup_fd, cgroup_id);
    if (r > 0) {
        result->refused = 1;
        return -EPERM;
    }
    if (r < 0)
        return vanished(r) ? -ESRCH : r;

    fd = rl_open_at(cgroup_fd, "cgroup.events");
    if (fd < 0)
        return vanished(fd) ? -ESRCH : fd;
    r = read_events(fd, &frozen);
    if (r <= 0) {
        close(fd);
        return r < 0 ? r : -ESRCH;
    }
    *ret_fd = fd;
    return 0;
}

/* Give the order. Members that cannot be signalled are for the next look to report. */
static void strike(struct rl_victim_watch *watch, struct rl_kill_result *result)
{
    struct rl_killer *killer = watch->killer;

    if (!killer->no_cgroup_kill && rl_worker_write(killer->writer, watch->cgroup_fd, "cgroup.kill",
                                       "1", on_written, watch) == 0) {
        watch->queued = true;
        return;
    }
    start_sweeping(watch);
    (void)sweep_members(watch, false, result);
}

/* Turn a wait to a cgroup. Return: 0; -errno with events_fd still the caller's. */
static int turn(struct rl_victim_watch *watch, int cgroup_fd, int events_fd)
{
    int fd;

    /* A freeze that we could not undo yet needs its descriptor. */
    if (watch->frozen)
        rl_watch_cgroup_thaw(watch);
    if (watch->frozen)
        return -EAGAIN;
    fd = fcntl(cgroup_fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return -errno;
    rl_watch_drop_all(watch);
    rl_watch_cgroup_leave(watch);
    watch->cgroup_fd = fd;
    watch->events_fd = events_fd;
    watch->looks = watch->next_sweep = watch->blind = watch->barred = 0;
    return 0;
}

int rl_kill_cgroup(struct rl_killer *killer, int cgroup_fd, uint64_t cgroup_id, rl_gone_fn gone,
    void *userdata, struct rl_victim_watch **watch, struct rl_kill_result *ret)
{
    struct rl_victim_watch *mine = *watch ? *watch : rl_watch_find(killer);
    int events_fd = -1, r;

    *ret = (struct rl_kill_result){0};
    if (!mine)
        return -EBUSY;
    r = examine(killer, cgroup_fd, cgroup_id, ret, &events_fd);
    if (r < 0)
        return r;
    r = turn(mine, cgroup_fd, events_fd);
    if (r < 0) {
        close(events_fd);
        return r;
    }
    strike(mine, ret);
    rl_watch_start(mine, gone, userdata);
    /* Should that fail for want of kernel memory, the timer still looks. */
    (void)rl_watch_nest(mine, events_fd, EPOLLPRI, RL_NEST_CGROUP);
    rl_watch_look_later(mine);
    *watch = mine;
    return 0;
}

/* Of the number there is no room but in the text. */
static int run_tell(const struct rl_job *job)
{
    return rl_told_kill(job->fds[0], strtoull(job->text, NULL, 10));
}

void rl_kill_tell(struct rl_killer *killer, int cgroup_fd, uint32_t processes)
{
    struct rl_job job = {.run = run_tell, .fds = {-1, -1}};

    snprintf(job.text, sizeof(job.text), "%u", processes);
    job.fds[0] = fcntl(cgroup_fd, F_DUPFD_CLOEXEC, 3);
    if (job.fds[0] >= 0 && rl_worker_submit(killer->writer, &job, NULL, NULL) < 0)
        close(job.fds[0]);
}
