#include "daemon/relieve/kill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/relieve/watch.h"

/* Descriptors given back when none is left: the daemon has to read on while it waits. */
#define SPARE_FDS 8

/* One call of rl_kill_processes(). */
struct volley {
    struct rl_killer *killer;
    struct rl_victim_watch *watch;
    int signal;
    struct rl_kill_result result;
    bool full; /* hold no more pidfds */
};

/* What a look at a target says, besides -errno. */
enum { SAME, GONE, REFUSED };

int rl_killer_new(sd_event *event, const struct rl_killer_options *options, struct rl_killer **ret)
{
    struct rl_killer *killer = calloc(1, sizeof(*killer));
    int r;

    if (!killer)
        return -ENOMEM;
    memset(killer->buf, ' ', sizeof(killer->buf)); /* touched: no page is missing under pressure */
    killer->event = sd_event_ref(event);
    killer->proc_fd = options->proc_fd;
    killer->no_cgroup_kill = options->no_cgroup_kill;
    killer->struck = options->struck;
    killer->userdata = options->userdata;

    r = rl_self_find(options->proc_fd, &killer->self);
    if (r >= 0)
        r = rl_lineage_init(
            &killer->lineage, options->proc_fd, options->cgroup_root_fd, &killer->self);
    if (r >= 0)
        r = rl_worker_new(event, &killer->writer);
    if (r >= 0)
        r = rl_worker_new(event, &killer->reaper);
    for (size_t i = 0; r >= 0 && i < RL_VICTIMS_MAX; i++)
        r = rl_watch_init(&killer->watches[i], killer);
    if (r < 0) {
        rl_killer_free(killer);
        return r;
    }
    rl_killer_ready(killer, RL_VICTIMS_READY);
    *ret = killer;
    return 0;
}

void rl_killer_ready(struct rl_killer *killer, size_t victims)
{
    for (; killer->ready < victims && killer->ready < RL_VICTIMS_MAX; killer->ready++)
        rl_watch_touch(&killer->watches[killer->ready]);
}

struct rl_killer *rl_killer_free(struct rl_killer *killer)
{
    if (!killer)
        return NULL;
    for (size_t i = 0; i < RL_VICTIMS_MAX; i++)
        rl_watch_deinit(&killer->watches[i]);
    killer->writer = rl_worker_free(killer->writer); /* carries out the thaws */
    killer->reaper = rl_worker_free(killer->reaper);
    sd_event_unref(killer->event);
    free(killer);
    return NULL;
}

bool rl_kill_spares(pid_t pid, const void *userdata)
{
    const struct rl_killer *killer = userdata;

    if (pid <= 1 || pid == getpid() || pid == getppid())
        return true;
    for (size_t i = 0; killer->self.own_pids && i < killer->self.n_ancestors; i++)
        if (pid == killer->self.ancestors[i])
            return true;
    return false;
}

static bool has_exited(int pidfd)
{
    return poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, 0) == 1;
}

/* A file of /proc/PID into killer->buf. */
static int read_proc(struct rl_killer *killer, pid_t pid, const char *file)
{
    char name[32];
    ssize_t n;

    snprintf(name, sizeof(name), "%d/%s", (int)pid, file);
    n = rl_read_at(killer->proc_fd, name, killer->buf, sizeof(killer->buf));
    if (n == -ENOENT || n == -ESRCH)
        return GONE;
    return n < 0 ? (int)n : SAME;
}

static int check_start(struct rl_killer *killer, const struct rl_target *target)
{
    struct rl_process process = {0};
    char state;
    int r = read_proc(killer, target->pid, "stat");

    if (r != SAME)
        return r;
    r = rl_parse_stat(killer->buf, &process, &state);
    if (r < 0)
        return r;
    if (process.flags & RL_PROCESS_KERNEL_THREAD)
        return REFUSED;
    return process.start_ticks == target->start_ticks ? SAME : GONE;
}

/* Is it still the same directory, and not one made anew under the old path? */
static int check_cgroup_id(const struct rl_killer *killer, const struct rl_target *target)
{
    struct stat st;

    if (target->cgroup_id == 0 || killer->lineage.root_fd < 0)
        return SAME;
    if (fstatat(killer->lineage.root_fd, target->cgroup[1] ? target->cgroup + 1 : ".", &st,
            AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || errno == ENODEV ? GONE : -errno;
    return st.st_ino == target->cgroup_id ? SAME : GONE;
}

/* cgroup.procs lists a process in its domain, /proc/PID/cgroup shows where its main thread is: that
 * may be a threaded cgroup of the domain. path is changed. */
static bool has_domain(const struct rl_killer *killer, char *path, const char *domain)
{
    size_t len = strlen(domain);
    char name[PATH_MAX], type[32];

    if (killer->lineage.root_fd < 0)
        return false;
    while (strlen(path) > len && strncmp(path, domain, len) == 0) {
        if (snprintf(name, sizeof(name), "%s/cgroup.type", path + 1) >= (int)sizeof(name) ||
            rl_read_at(killer->lineage.root_fd, name, type, sizeof(type)) < 0 ||
            strncmp(type, "threaded", strlen("threaded")) != 0)
            return false;
        *strrchr(path, '/') = '\0';
    }
    return strcmp(path[0] ? path : "/", domain) == 0;
}

static int check_cgroup(struct rl_killer *killer, const struct rl_target *target)
{
    char buf[PATH_MAX];
    const char *path;
    int r;

    if (!target->cgroup)
        return SAME;
    r = read_proc(killer, target->pid, "cgroup");
    if (r != SAME)
        return r;
    r = rl_parse_proc_cgroup(killer->buf, &path);
    if (r < 0)
        return r;
    path = rl_cgroup_view_path(&killer->lineage.view, path, buf, sizeof(buf));
    if (!path)
        return GONE;
    if (strcmp(path, target->cgroup) != 0 && !has_domain(killer, (char *)path, target->cgroup))
        return GONE;
    return check_cgroup_id(killer, target);
}

/* Is the process behind the pidfd still the target? The pidfd is open already, so that the answer
 * stays true for it. */
static int check(struct rl_killer *killer, const struct rl_target *target, int pidfd)
{
    int r;

    if (has_exited(pidfd))
        return GONE;
    r = check_start(killer, target);
    return r == SAME ? check_cgroup(killer, target) : r;
}

static void note_error(struct volley *volley, int error)
{
    if (volley->result.error == 0)
        volley->result.error = error;
}

static bool send_signal(struct volley *volley, int pidfd)
{
    if (pidfd_send_signal(pidfd, volley->signal, NULL, 0) == 0) {
        volley->result.signalled++;
        return true;
    }
    if (errno == ESRCH)
        volley->result.gone++;
    else
        note_error(volley, errno);
    return false;
}

/* The slot of this very process, dead or alive. Lists come in the same order each time. */
static struct rl_held *find_held(
    struct rl_victim_watch *watch, const struct rl_target *target, size_t hint)
{
    for (size_t i = 0; i < watch->n_held; i++) {
        struct rl_held *held = &watch->held[(hint + i) % watch->n_held];

        if (held->pid == target->pid && held->start_ticks == target->start_ticks)
            return held;
    }
    return NULL;
}

static struct rl_held *free_slot(struct rl_victim_watch *watch)
{
    if (watch->n_held < RL_TARGETS_MAX)
        return &watch->held[watch->n_held++];
    for (size_t i = 0; i < watch->n_held; i++)
        if (watch->held[i].fd < 0)
            return &watch->held[i];
    return NULL;
}

/* Keep the pidfd of a process that was signalled, or close it. */
static void hold(struct volley *volley, const struct rl_target *target, int pidfd)
{
    struct rl_victim_watch *watch = volley->watch;
    struct rl_held *held = volley->full ? NULL : free_slot(watch);

    if (!held) {
        volley->result.unwatched++;
        close(pidfd);
        return;
    }
    *held = (struct rl_held){
        .start_ticks = target->start_ticks, .pid = target->pid, .fd = pidfd, .round = watch->round};
    watch->alive++;
}

/* Open, check, signal. Return: 0, or -errno when the signal was not tried. */
static int attempt(struct volley *volley, const struct rl_target *target)
{
    int fd = pidfd_open(target->pid, 0), r;

    if (fd < 0 && errno != ESRCH)
        return -errno;
    r = fd < 0 ? GONE : check(volley->killer, target, fd);
    if (r == SAME && send_signal(volley, fd)) {
        hold(volley, target, fd);
        return 0;
    }
    if (fd >= 0)
        close(fd);
    if (r < 0)
        return r;
    volley->result.gone += r == GONE;
    volley->result.refused += r == REFUSED;
    return 0;
}

/* No descriptor is left: wait for some fewer of those just signalled, rather than signal fewer. */
static bool make_room(struct volley *volley)
{
    struct rl_victim_watch *watch = volley->watch;
    unsigned room = 0;

    for (size_t i = watch->n_held; i-- > 0 && room < SPARE_FDS && watch->alive > 1;) {
        if (watch->held[i].fd < 0 || watch->held[i].round != watch->round)
            continue;
        rl_watch_drop(watch, &watch->held[i]);
        volley->result.unwatched++;
        room++;
    }
    volley->full |= room > 0;
    return room > 0;
}

/* A process whose pidfd an earlier signal left us. target is NULL where the caller names it no
 * more. */
static void signal_held(struct volley *volley, struct rl_held *held, const struct rl_target *target)
{
    int r = SAME;

    if (held->round == volley->watch->round)
        return; /* named twice */
    held->round = volley->watch->round;
    if (held->fd < 0 || has_exited(held->fd)) {
        volley->result.gone++;
        return;
    }
    if (target)
        r = check_cgroup(volley->killer, target);
    if (r == SAME) {
        send_signal(volley, held->fd);
    } else if (r == GONE) {
        volley->result.gone++;
        rl_watch_drop(volley->watch, held);
    } else {
        note_error(volley, -r);
    }
}

static void signal_target(struct volley *volley, const struct rl_target *target, size_t hint)
{
    struct rl_held *held;
    int r;

    if (rl_kill_spares(target->pid, volley->killer)) {
        volley->result.refused++;
        return;
    }
    held = find_held(volley->watch, target, hint);
    if (held) {
        signal_held(volley, held, target);
        return;
    }
    r = attempt(volley, target);
    if ((r == -EMFILE || r == -ENFILE) && make_room(volley))
        r = attempt(volley, target);
    if (r < 0)
        note_error(volley, -r);
}

/* After the signals: what is not urgent any more. */
static void nest_new(struct rl_victim_watch *watch)
{
    for (size_t i = 0; i < watch->n_held; i++) {
        struct rl_held *held = &watch->held[i];

        if (held->fd < 0 || held->nested)
            continue;
        held->nested = rl_watch_nest(watch, held->fd, EPOLLIN, (uint32_t)i) == 0;
        if (!held->nested)
            rl_watch_look_later(watch); /* no kernel memory for it: looked at by the timer */
    }
}

static void hasten_all(struct volley *volley)
{
    struct rl_victim_watch *watch = volley->watch;

    for (size_t i = 0; i < watch->n_held; i++) {
        const struct rl_held *held = &watch->held[i];

        if (held->fd >= 0 && held->round == watch->round &&
            rl_hasten(volley->killer->reaper, volley->killer->proc_fd, held->pid, held->fd) < 0)
            break;
    }
}

static int verdict(const struct rl_kill_result *result)
{
    if (result->signalled > 0)
        return 0;
    if (result->error != 0)
        return -result->error;
    return result->refused > 0 ? -EPERM : -ESRCH;
}

int rl_kill_processes(struct rl_killer *killer, const struct rl_target *targets, size_t n,
    int signal, rl_gone_fn gone, void *userdata, struct rl_victim_watch **watch,
    struct rl_kill_result *ret)
{
    struct volley volley = {.killer = killer, .signal = signal};
    size_t n_before;
    int r;

    *ret = volley.result;
    if (signal <= 0 || signal > SIGRTMAX)
        return -EINVAL;
    if (!killer->self.own_pids)
        return -EXDEV;
    volley.watch = *watch ? *watch : rl_watch_find(killer);
    if (!volley.watch)
        return -EBUSY;

    volley.watch->round++;
    n_before = volley.watch->n_held;
    for (size_t i = 0; i < n; i++)
        signal_target(&volley, &targets[i], i);
    for (size_t i = 0; i < n_before; i++)
        signal_held(&volley, &volley.watch->held[i], NULL);

    *ret = volley.result;
    r = verdict(ret);
    if (r >= 0) {
        rl_watch_cgroup_leave(volley.watch);
        rl_watch_start(volley.watch, gone, userdata);
        nest_new(volley.watch);
        if (signal == SIGKILL)
            hasten_all(&volley);
        *watch = volley.watch;
    }
    /* Everyone who was left may have moved away and been let go. */
    if (volley.watch->waiting && volley.watch->alive == 0 && volley.watch->events_fd < 0)
        rl_watch_look_now(volley.watch);
    return r;
}
