#include "daemon/relieve/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "daemon/relieve/hook-private.h"
#include "daemon/relieve/unit.h"
#include "daemon/report/log.h"
#include "daemon/report/text.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define WHY_MAX 600

struct rl_hook_run {
    struct rl_hooks *hooks; /* NULL: the place is free */
    sd_event_source *reports, *timer;
    struct rl_hook_service *service; /* where systemd runs it */
    struct rl_hook_packet packet;    /* until somebody runs it */
    rl_hook_done done;
    void *userdata;
    uint64_t begin_us, limit_us;
    char path[256]; /* for messages */
};

struct rl_hooks {
    sd_event *event;
    struct rl_units *units;
    int own_fd;    /* reliefd's cgroup, -1 without */
    int cgroup_fd; /* "hooks" in it */
    pid_t helper;  /* 0: dead */
    int requests;
    int pidfd;
    sd_event_source *death;
    struct rl_hook_run runs[RL_HOOKS_MAX];
};

static uint64_t now_us(struct rl_hooks *hooks)
{
    uint64_t now = 0;

    sd_event_now(hooks->event, CLOCK_MONOTONIC, &now);
    return now;
}

static void packet_free(struct rl_hook_packet *packet)
{
    free(packet->bytes);
    rl_hook_close(&packet->input);
    *packet = (struct rl_hook_packet){.input = -1};
}

/* Free the place. A minder sees its socket closed and kills. */
static void run_end(struct rl_hook_run *run)
{
    sd_event_source_disable_unref(run->reports);
    sd_event_source_disable_unref(run->timer);
    rl_hook_service_free(run->service);
    packet_free(&run->packet);
    *run = (struct rl_hook_run){.packet.input = -1};
}

static void say_end(const struct rl_hook_run *run, const struct rl_hook_result *result)
{
    char limit[RL_TEXT_MAX];

    switch (result->outcome) {
    case RL_HOOK_FAILED:
        rl_warning("the hook %s failed: %s", run->path, result->why);
        break;
    case RL_HOOK_TIME_UP:
        rl_span_text(run->limit_us, limit, sizeof(limit));
        rl_warning("the hook %s did not end within %s and was killed", run->path, limit);
        break;
    case RL_HOOK_VETO:
        rl_info("the hook %s protects the victim", run->path);
        break;
    case RL_HOOK_GO_ON:
        break;
    }
}

/* Tell whoever gave the order. The place is free before, for the next order. */
static void finish(
    struct rl_hook_run *run, enum rl_hook_outcome outcome, int status, const char *why)
{
    struct rl_hook_result result = {
        .outcome = outcome,
        .status = status,
        .took_us = now_us(run->hooks) - run->begin_us,
        .why = why,
    };
    rl_hook_done done = run->done;
    void *userdata = run->userdata;

    say_end(run, &result);
    run_end(run);
    done(userdata, &result);
}

static void finish_status(struct rl_hook_run *run, int status)
{
    char why[WHY_MAX];

    snprintf(why, sizeof(why), "exit status %d", status);
    if (status == 0)
        finish(run, RL_HOOK_GO_ON, status, "");
    else if (status == RL_HOOK_VETO_STATUS)
        finish(run, RL_HOOK_VETO, status, "");
    else
        finish(run, RL_HOOK_FAILED, status, why);
}

static void finish_failed(struct rl_hook_run *run, const char *what, const char *detail)
{
    char why[WHY_MAX];

    snprintf(why, sizeof(why), "%s%s", what, detail);
    finish(run, RL_HOOK_FAILED, -1, why);
}

static void finish_signal(struct rl_hook_run *run, int number)
{
    const char *name = sigabbrev_np(number);
    char why[WHY_MAX];

    snprintf(why, sizeof(why), "it died of signal %d (SIG%s)", number, name ? name : "?");
    finish(run, RL_HOOK_FAILED, -1, why);
}

static void run_by_systemd(struct rl_hook_run *run);

/* Return: whether more may come. */
static bool take_report(struct rl_hook_run *run, struct rl_hook_report *report)
{
    report->text[RL_HOOK_LINE_MAX] = '\0';
    if (report->word == RL_HOOK_SAYS) {
        rl_info("the hook %s says: %s", run->path, report->text);
        return true;
    }
    if (report->lost > 0)
        rl_info("the hook %s says %u lines more, which are left out", run->path, report->lost);
    switch ((enum rl_hook_word)report->word) {
    case RL_HOOK_MAY_RUN:
        run_by_systemd(run);
        break;
    case RL_HOOK_EXITED:
        finish_status(run, report->value);
        break;
    case RL_HOOK_SIGNALLED:
        finish_signal(run, report->value);
        break;
    case RL_HOOK_LATE:
        finish(run, RL_HOOK_TIME_UP, -1, "");
        break;
    case RL_HOOK_REFUSED:
        finish_failed(run, "refused: ", report->text);
        break;
    default:
        finish_failed(run, "it cannot be run: ", strerror(report->value));
        break;
    }
    return false;
}

static int on_report(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_hook_run *run = userdata;
    struct rl_hook_report report;
    ssize_t n;

    do {
        n = recv(fd, &report, sizeof(report), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n != sizeof(report)) {
            finish_failed(run, "who watched over it has died", "");
            return 0;
        }
    } while (take_report(run, &report));
    return 0;
}

static int on_time_up(sd_event_source *source, uint64_t usec, void *userdata)
{
    finish(userdata, RL_HOOK_TIME_UP, -1, "");
    return 0;
}

static int on_helper_death(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_hooks *hooks = userdata;
    int status = 0;

    waitpid(hooks->helper, &status, WNOHANG);
    hooks->helper = 0;
    hooks->death = sd_event_source_disable_unref(hooks->death);
    rl_hook_close(&hooks->pidfd);
    rl_hook_close(&hooks->requests);
    if (WIFSIGNALED(status))
        rl_error("the process that runs hooks was killed by signal %d; no hook can be run until "
                 "it is started again, when memory is no longer short",
            WTERMSIG(status));
    else
        rl_error("the process that runs hooks ended with status %d; no hook can be run until it "
                 "is started again, when memory is no longer short",
            WEXITSTATUS(status));
    return 0;
}

static int helper_start(struct rl_hooks *hooks)
{
    pid_t self = getpid();
    sigset_t all, old;
    int pair[2], r;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    /* Until the helper has seen to its own. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t pid = fork();
    if (pid == 0)
        rl_hook_helper(pair[1], hooks->cgroup_fd, self);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    r = pid < 0 ? -errno : 0;
    close(pair[1]);
    if (r < 0) {
        close(pair[0]);
        return r;
    }
    hooks->helper = pid;
    hooks->requests = pair[0];
    hooks->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (hooks->pidfd < 0)
        return -errno;
    return sd_event_add_io(
        hooks->event, &hooks->death, hooks->pidfd, EPOLLIN, on_helper_death, hooks);
}

/* It ends by itself when the socket is closed. */
static void helper_end(struct rl_hooks *hooks)
{
    struct pollfd ended = {.fd = hooks->pidfd, .events = POLLIN};

    hooks->death = sd_event_source_disable_unref(hooks->death);
    rl_hook_close(&hooks->requests);
    if (hooks->helper > 0) {
        if (hooks->pidfd >= 0)
            poll(&ended, 1, (int)(RL_HOOK_JOIN_US / 1000));
        waitpid(hooks->helper, NULL, WNOHANG);
    }
    hooks->helper = 0;
    rl_hook_close(&hooks->pidfd);
}

static void open_cgroup(struct rl_hooks *hooks, int own_fd)
{
    if (own_fd < 0)
        return;
    hooks->own_fd = fcntl(own_fd, F_DUPFD_CLOEXEC, 3);
    if (hooks->own_fd >= 0 && (mkdirat(hooks->own_fd, "hooks", 0755) == 0 || errno == EEXIST))
        hooks->cgroup_fd = openat(
            hooks->own_fd, "hooks", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (hooks->cgroup_fd < 0)
        rl_warning("no cgroup for hooks (%s): they run in reliefd's own", strerror(errno));
}

int rl_hooks_new(sd_event *event, const struct rl_hooks_options *options, struct rl_hooks **ret)
{
    struct rl_hooks *hooks = calloc(1, sizeof(*hooks));
    int r;

    if (!hooks)
        return -ENOMEM;
    hooks->event = sd_event_ref(event);
    hooks->units = options->units;
    hooks->own_fd = hooks->cgroup_fd = hooks->requests = hooks->pidfd = -1;
    for (size_t i = 0; i < RL_HOOKS_MAX; i++)
        hooks->runs[i].packet.input = -1;
    open_cgroup(hooks, options->cgroup_fd);
    r = helper_start(hooks);
    if (r < 0) {
        rl_hooks_free(hooks);
        return r;
    }
    *ret = hooks;
    return 0;
}

struct rl_hooks *rl_hooks_free(struct rl_hooks *hooks)
{
    if (!hooks)
        return NULL;
    for (size_t i = 0; i < RL_HOOKS_MAX; i++)
        run_end(&hooks->runs[i]);
    helper_end(hooks);
    if (hooks->own_fd >= 0)
        unlinkat(hooks->own_fd, "hooks", AT_REMOVEDIR);
    rl_hook_close(&hooks->cgroup_fd);
    rl_hook_close(&hooks->own_fd);
    sd_event_unref(hooks->event);
    free(hooks);
    return NULL;
}

int rl_hooks_mend(struct rl_hooks *hooks)
{
    int r;

    if (hooks->helper > 0)
        return 0;
    r = helper_start(hooks);
    if (r < 0)
        helper_end(hooks);
    else
        rl_notice("the process that runs hooks was started again");
    return r;
}

pid_t rl_hooks_helper(const struct rl_hooks *hooks)
{
    return hooks->helper;
}

/* Add a list of strings to the packet. Return: how many, -E2BIG. */
static int pack_list(struct rl_hook_packet *packet, const char *const *list)
{
    int n = 0;

    for (; list && list[n]; n++) {
        size_t size = strlen(list[n]) + 1;

        if (n == RL_HOOK_ARGS_MAX || size > RL_HOOK_ORDER_MAX - packet->size)
            return -E2BIG;
        memcpy(packet->bytes + packet->size, list[n], size);
        packet->size += size;
    }
    return n;
}

/* stdin: the whole text is there before the hook is, so that nobody waits for it to be read. */
static int pack_input(const struct rl_hook_order *order)
{
    const char *text = order->input;
    size_t left = order->input_size;
    int fd = memfd_create("reliefd-hook", MFD_CLOEXEC | MFD_NOEXEC_SEAL), r;

    if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
        fd = memfd_create("reliefd-hook", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n <= 0) {
            r = n < 0 ? -errno : -EIO;
            close(fd);
            return r;
        }
        text += n;
        left -= (size_t)n;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static int check_order(const struct rl_hook_order *order)
{
    if (order->path[0] != '/' || order->limit_us == 0 || order->limit_us > RL_HOOK_LIMIT_MAX_US)
        return -EINVAL;
    if (order->input_size > RL_HOOK_INPUT_MAX)
        return -E2BIG;
    for (const char *const *v = order->environment; v && *v; v++)
        if (strncmp(*v, "RELIEFD_", 8) != 0 || !strchr(*v, '='))
            return -EINVAL;
    return 0;
}

static int pack(const struct rl_hook_order *order, struct rl_hook_packet *packet)
{
    const char *const path[] = {order->path, NULL};
    struct rl_hook_head head = {.limit_us = order->limit_us};
    int r = check_order(order), n;

    if (r < 0)
        return r;
    packet->bytes = malloc(RL_HOOK_ORDER_MAX);
    if (!packet->bytes)
        return -ENOMEM;
    packet->size = sizeof(head);
    if ((n = pack_list(packet, path)) < 0)
        return n;
    if ((n = pack_list(packet, order->args)) < 0)
        return n;
    head.n_args = (uint32_t)n;
    if ((n = pack_list(packet, order->environment)) < 0)
        return n;
    head.n_variables = (uint32_t)n;
    memcpy(packet->bytes, &head, sizeof(head));
    r = packet->input = pack_input(order);
    return r < 0 ? r : 0;
}

static int send_packet(int socket, const struct rl_hook_packet *packet, int report)
{
    const int fds[2] = {packet->input, report};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(fds))];
    } control = {0};
    struct iovec iov = {.iov_base = packet->bytes, .iov_len = packet->size};
    struct msghdr message = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fds));
    memcpy(CMSG_DATA(header), fds, sizeof(fds));
    return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void set_only_check(struct rl_hook_packet *packet, bool only_check)
{
    struct rl_hook_head head;

    memcpy(&head, packet->bytes, sizeof(head));
    head.only_check = only_check;
    memcpy(packet->bytes, &head, sizeof(head));
}

/* Only the helper looks at files: the daemon might have to wait for a disk. */
static int give_to_helper(struct rl_hook_run *run, bool only_check)
{
    struct rl_hooks *hooks = run->hooks;
    int pair[2], r;

    if (hooks->helper == 0)
        return -ESRCH;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    set_only_check(&run->packet, only_check);
    r = send_packet(hooks->requests, &run->packet, pair[1]);
    close(pair[1]);
    if (r >= 0)
        r = sd_event_add_io(hooks->event, &run->reports, pair[0], EPOLLIN, on_report, run);
    if (r < 0) {
        close(pair[0]);
        return r;
    }
    sd_event_source_set_io_fd_own(run->reports, 1);
    if (!only_check)
        packet_free(&run->packet);
    return 0;
}

static void run_by_helper(struct rl_hook_run *run)
{
    int r = give_to_helper(run, false);

    if (r < 0)
        finish_failed(run, "it cannot be run: ", strerror(-r));
}

/* systemd has run it, or will not. */
static void on_service(void *userdata, enum rl_hook_word word, int value, const char *text)
{
    struct rl_hook_run *run = userdata;
    struct rl_hook_report report = {.word = word, .value = value};

    if (word != RL_HOOK_NOT_STARTED) {
        take_report(run, &report);
        return;
    }
    rl_debug("systemd does not run the hook %s (%s)", run->path, text);
    run->service = rl_hook_service_free(run->service);
    run_by_helper(run);
}

/* The file is one that may be run. */
static void run_by_systemd(struct rl_hook_run *run)
{
    struct rl_hook_task task = {.input = run->packet.input};
    int r = RL_HOOK_NO_SERVICE;

    run->reports = sd_event_source_disable_unref(run->reports);
    if (rl_hook_unpack(run->packet.bytes, run->packet.size, &task))
        r = rl_hook_service_new(run->hooks->units, &task, on_service, run, &run->service);
    if (r != 0)
        run_by_helper(run);
}

static struct rl_hook_run *free_place(struct rl_hooks *hooks)
{
    for (size_t i = 0; i < RL_HOOKS_MAX; i++)
        if (!hooks->runs[i].hooks)
            return &hooks->runs[i];
    return NULL;
}

static int run_start(struct rl_hook_run *run, const struct rl_hook_order *order)
{
    struct rl_hooks *hooks = run->hooks;
    int r = pack(order, &run->packet);

    if (r < 0)
        return r;
    r = sd_event_add_time_relative(
        hooks->event, &run->timer, CLOCK_MONOTONIC, order->limit_us, 1000, on_time_up, run);
    if (r < 0)
        return r;
    return give_to_helper(run, hooks->units && rl_units_ready(hooks->units));
}

int rl_hook_run(struct rl_hooks *hooks, const struct rl_hook_order *order, rl_hook_done done,
    void *userdata, struct rl_hook_run **ret_run)
{
    struct rl_hook_run *run = free_place(hooks);
    int r;

    if (!run)
        return -EBUSY;
    run->hooks = hooks;
    run->done = done;
    run->userdata = userdata;
    run->begin_us = now_us(hooks);
    run->limit_us = order->limit_us;
    snprintf(run->path, sizeof(run->path), "%s", order->path);
    r = run_start(run, order);
    if (r < 0) {
        run_end(run);
        return r;
    }
    if (ret_run)
        *ret_run = run;
    return 0;
}

struct rl_hook_run *rl_hook_cancel(struct rl_hook_run *run)
{
    if (run && run->hooks)
        run_end(run);
    return NULL;
}

int rl_hook_cgroup(int cgroup_root_fd, const char *own, bool booted)
{
    static const char *const marks[] = {"user.delegate", "trusted.delegate"};
    const char *path = own[0] == '/' && own[1] ? own + 1 : ".";
    bool delegated = !booted;
    int fd, r;

    if (own[0] == '\0')
        return -ENOENT;
    fd = openat(cgroup_root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (size_t i = 0; i < 2; i++) {
        char value = '0';

        delegated = delegated || (fgetxattr(fd, marks[i], &value, 1) == 1 && value == '1');
    }
    r = faccessat(fd, ".", W_OK, AT_EACCESS) < 0 ? -errno : delegated ? 0 : -EPERM;
    if (r >= 0)
        return fd;
    close(fd);
    return r;
}
