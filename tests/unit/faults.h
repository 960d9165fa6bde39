/* Calls of the code under test that fail on demand, and a player of all cases.
 *
 * The program is linked with --wrap for the calls below (meson.build), so that those of the
 * libraries of this tree come here; libc's and libsystemd's own do not. A first run without a fault
 * writes down which thread makes which calls. Then each of them is made to fail with each errno
 * that it can give, once in a run, and a table says what becomes of the victim. A call without a
 * row in the table fails the test, as does a row that no case meets. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/poll.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "tests/unit/victims.h"

enum fault_thread { LOOP, WRITER, REAPER, FAULT_THREADS };

enum fault_call {
    ANY_CALL,
    PIDFD_OPEN,
    PIDFD_SEND,
    POLL,
    OPENAT,
    PREAD,
    READ,
    WRITE,
    WAKE,  /* write of an eventfd */
    DRAIN, /* read of an eventfd */
    CLOSE,
    DUP,
    FSTAT,
    FSTATAT,
    FSTATFS,
    GETDENTS,
    EPOLL_ADD, /* epoll_ctl; taking out cannot fail for what was put in */
    EPOLL_WAIT,
    SETPRIORITY,
    MRELEASE,
    EVENTFD,
    EPOLL_CREATE,
    EVENT_IO,   /* sd_event_add_io */
    EVENT_TIME, /* sd_event_add_time */
    THREAD,     /* pthread_create */
    FAULT_CALLS,
};

#define FAULT_ERRORS_MAX 10

/* Each with what the kernel, a security module or seccomp can make of it. */
static const struct {
    const char *name;
    int errors[FAULT_ERRORS_MAX];
} fault_calls[FAULT_CALLS] = {
    [ANY_CALL] = {"any call", {0}},
    [PIDFD_OPEN] = {"pidfd_open", {ESRCH, EMFILE, ENFILE, ENOMEM, ENODEV, EINVAL, EPERM, ENOSYS}},
    [PIDFD_SEND] = {"pidfd_send_signal", {ESRCH, EPERM, EACCES, EINVAL, EAGAIN, ENOSYS}},
    [POLL] = {"poll", {EINTR, ENOMEM, EINVAL}},
    [OPENAT] = {"openat", {ENOENT, ESRCH, ENODEV, EMFILE, ENFILE, ENOMEM, EACCES, EPERM, EINTR}},
    [PREAD] = {"pread", {EINTR, ESRCH, ENODEV, ENOMEM, EIO, EACCES, EPERM}},
    [READ] = {"read", {EINTR, ENODEV, ENOMEM, EIO, EACCES}},
    [WRITE] = {"write",
        {EINTR, EBUSY, EACCES, EPERM, ENOMEM, EIO, EINVAL, EAGAIN, EOPNOTSUPP, ENODEV}},
    [WAKE] = {"write of an eventfd", {EINTR, EAGAIN}},
    [DRAIN] = {"read of an eventfd", {EINTR, EAGAIN}},
    [CLOSE] = {"close", {EINTR, EIO}},
    [DUP] = {"fcntl", {EMFILE}},
    [FSTAT] = {"fstat", {ENOMEM, EACCES}},
    [FSTATAT] = {"fstatat", {ENOENT, ENOMEM, EACCES}},
    [FSTATFS] = {"fstatfs", {EINTR, ENOMEM, EIO, ENOSYS, EACCES}},
    [GETDENTS] = {"getdents64", {ENOENT, ENODEV, ENOMEM, EACCES, EIO}},
    [EPOLL_ADD] = {"epoll_ctl", {ENOMEM, ENOSPC}},
    [EPOLL_WAIT] = {"epoll_wait", {EINTR}},
    [SETPRIORITY] = {"setpriority", {ESRCH, EACCES, EPERM}},
    [MRELEASE] = {"process_mrelease", {EINVAL, ESRCH, EAGAIN, EINTR, EPERM, ENOSYS}},
    [EVENTFD] = {"eventfd", {EMFILE, ENFILE, ENOMEM, ENODEV}},
    [EPOLL_CREATE] = {"epoll_create1", {EMFILE, ENFILE, ENOMEM}},
    [EVENT_IO] = {"sd_event_add_io", {ENOMEM, ENOSPC}},
    [EVENT_TIME] = {"sd_event_add_time", {ENOMEM, EMFILE}},
    [THREAD] = {"pthread_create", {EAGAIN, EPERM}},
};

/* ---- the state of one run ---- */

#define FAULT_SEEN_MAX  256
#define FAULT_FILES_MAX 256

struct fault_seen {
    enum fault_call call;
    char what[32]; /* the file, as it was opened; "" for what is none */
};

static struct {
    /* The fault: that thread's call number nth of this kind; it strikes once. */
    enum fault_thread thread;
    enum fault_call call;
    unsigned nth;
    int error;
    atomic_bool struck;

    atomic_bool armed[FAULT_THREADS];
    unsigned counts[FAULT_THREADS][FAULT_CALLS]; /* each thread writes its own */
    struct fault_seen seen[FAULT_THREADS][FAULT_SEEN_MAX];
    size_t n_seen[FAULT_THREADS];
    char files[FAULT_FILES_MAX][32]; /* opened while armed, by descriptor */

    /* What the threads of the workers are at. */
    int n_threads, kick_fds[FAULT_THREADS];
    atomic_uint kicked[FAULT_THREADS], worked[FAULT_THREADS];
    atomic_bool waits[FAULT_THREADS];

    bool hold_signals; /* keep SIGKILL back until fault_let_go(): a victim that is slow to die */
    int held[8];
    size_t n_held;
    bool hurry; /* the timer of a wait comes at once; it does anyhow once a fault struck */
} fault;

static _Thread_local enum fault_thread fault_me = LOOP;

static inline void fault_reset(void)
{
    memset(&fault, 0, sizeof(fault));
    for (size_t i = 0; i < FAULT_THREADS; i++)
        fault.kick_fds[i] = -1;
}

static inline void fault_arm(bool armed)
{
    for (size_t i = 0; i < FAULT_THREADS; i++)
        atomic_store(&fault.armed[i], armed);
}

/* Count a call. Return: whether it is to fail, with errno set. */
static inline bool fault_strikes(enum fault_call call, const char *what)
{
    int saved = errno;

    if (!atomic_load(&fault.armed[fault_me]))
        return false;
    if (fault.n_seen[fault_me] < FAULT_SEEN_MAX) {
        struct fault_seen *seen = &fault.seen[fault_me][fault.n_seen[fault_me]++];

        seen->call = call;
        snprintf(seen->what, sizeof(seen->what), "%s", what);
    }
    errno = saved;
    if (++fault.counts[fault_me][call] != fault.nth || fault.call != call ||
        fault.thread != fault_me || atomic_exchange(&fault.struck, true))
        return false;
    errno = fault.error;
    return true;
}

static inline const char *fault_file(int fd)
{
    return fd >= 0 && fd < FAULT_FILES_MAX ? fault.files[fd] : "";
}

static inline int fault_opened(int fd, const char *path)
{
    if (fd >= 0 && fd < FAULT_FILES_MAX)
        snprintf(fault.files[fd], sizeof(fault.files[fd]), "%s", path);
    return fd;
}

/* ---- the calls ---- */

#define FAULT_WRAP(name, call, what, declared, passed)                                             \
    int __real_##name declared;                                                                    \
    int __wrap_##name declared;                                                                    \
    int __wrap_##name declared                                                                     \
    {                                                                                              \
        return fault_strikes(call, what) ? -1 : __real_##name passed;                              \
    }

FAULT_WRAP(pidfd_open, PIDFD_OPEN, "", (pid_t pid, unsigned flags), (pid, flags))
FAULT_WRAP(poll, POLL, "", (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout))
FAULT_WRAP(fstat, FSTAT, "", (int fd, struct stat *st), (fd, st))
FAULT_WRAP(fstat64, FSTAT, "", (int fd, struct stat *st), (fd, st))
FAULT_WRAP(fstatat, FSTATAT, name, (int fd, const char *name, struct stat *st, int flags),
    (fd, name, st, flags))
FAULT_WRAP(fstatat64, FSTATAT, name, (int fd, const char *name, struct stat *st, int flags),
    (fd, name, st, flags))
FAULT_WRAP(fstatfs, FSTATFS, "", (int fd, struct statfs *st), (fd, st))
FAULT_WRAP(fstatfs64, FSTATFS, "", (int fd, struct statfs *st), (fd, st))
FAULT_WRAP(epoll_wait, EPOLL_WAIT, "", (int fd, struct epoll_event *events, int n, int timeout),
    (fd, events, n, timeout))
FAULT_WRAP(setpriority, SETPRIORITY, "", (int which, id_t who, int value), (which, who, value))
FAULT_WRAP(process_mrelease, MRELEASE, "", (int pidfd, unsigned flags), (pidfd, flags))
FAULT_WRAP(eventfd, EVENTFD, "", (unsigned count, int flags), (count, flags))
FAULT_WRAP(epoll_create1, EPOLL_CREATE, "", (int flags), (flags))

/* These forward -errno instead. */
#define FAULT_WRAP_EVENT(name, call, declared, passed)                                             \
    int __real_##name declared;                                                                    \
    int __wrap_##name declared;                                                                    \
    int __wrap_##name declared                                                                     \
    {                                                                                              \
        return fault_strikes(call, "") ? -errno : __real_##name passed;                            \
    }

FAULT_WRAP_EVENT(sd_event_add_io, EVENT_IO,
    (sd_event * event, sd_event_source **ret, int fd, uint32_t events, sd_event_io_handler_t fn,
        void *userdata),
    (event, ret, fd, events, fn, userdata))
FAULT_WRAP_EVENT(sd_event_add_time, EVENT_TIME,
    (sd_event * event, sd_event_source **ret, clockid_t clock, uint64_t at, uint64_t accuracy,
        sd_event_time_handler_t fn, void *userdata),
    (event, ret, clock, at, accuracy, fn, userdata))

#define FAULT_WRAP_OPENAT(name)                                                                    \
    int __real_##name(int dirfd, const char *path, int flags, ...);                                \
    int __wrap_##name(int dirfd, const char *path, int flags, ...);                                \
    int __wrap_##name(int dirfd, const char *path, int flags, ...)                                 \
    {                                                                                              \
        if (fault_strikes(OPENAT, path))                                                           \
            return -1;                                                                             \
        return fault_opened(__real_##name(dirfd, path, flags, 0600), path);                        \
    }

FAULT_WRAP_OPENAT(openat)
FAULT_WRAP_OPENAT(openat64)

#define FAULT_WRAP_FCNTL(name)                                                                     \
    int __real_##name(int fd, int command, ...);                                                   \
    int __wrap_##name(int fd, int command, ...);                                                   \
    int __wrap_##name(int fd, int command, ...)                                                    \
    {                                                                                              \
        va_list list;                                                                              \
        long argument;                                                                             \
                                                                                                   \
        va_start(list, command);                                                                   \
        argument = va_arg(list, long);                                                             \
        va_end(list);                                                                              \
        return fault_strikes(DUP, "") ? -1 : __real_##name(fd, command, argument);                 \
    }

FAULT_WRAP_FCNTL(fcntl)
FAULT_WRAP_FCNTL(fcntl64)

#define FAULT_WRAP_PREAD(name)                                                                     \
    ssize_t __real_##name(int fd, void *buf, size_t size, off_t offset);                           \
    ssize_t __wrap_##name(int fd, void *buf, size_t size, off_t offset);                           \
    ssize_t __wrap_##name(int fd, void *buf, size_t size, off_t offset)                            \
    {                                                                                              \
        return fault_strikes(PREAD, fault_file(fd)) ? -1 : __real_##name(fd, buf, size, offset);   \
    }

FAULT_WRAP_PREAD(pread)
FAULT_WRAP_PREAD(pread64)

ssize_t __real_getdents64(int fd, void *buf, size_t size);
ssize_t __wrap_getdents64(int fd, void *buf, size_t size);
ssize_t __wrap_getdents64(int fd, void *buf, size_t size)
{
    return fault_strikes(GETDENTS, fault_file(fd)) ? -1 : __real_getdents64(fd, buf, size);
}

int __real_epoll_ctl(int epoll_fd, int command, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll_fd, int command, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll_fd, int command, int fd, struct epoll_event *event)
{
    if (command == EPOLL_CTL_ADD && fault_strikes(EPOLL_ADD, ""))
        return -1;
    return __real_epoll_ctl(epoll_fd, command, fd, event);
}

/* The descriptor is closed in any case, as Linux does. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool fails = fault_strikes(CLOSE, fault_file(fd));
    int error = errno, r;

    fault_opened(fd, "");
    r = __real_close(fd);

    if (!fails)
        return r;
    errno = error;
    return -1;
}

int __real_pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned flags);
int __wrap_pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned flags);
int __wrap_pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned flags)
{
    if (fault_strikes(PIDFD_SEND, ""))
        return -1;
    if (!fault.hold_signals || signal != SIGKILL || fault.n_held == 8)
        return __real_pidfd_send_signal(pidfd, signal, info, flags);
    fault.held[fault.n_held++] = dup(pidfd);
    return 0;
}

static inline void fault_let_go(void)
{
    for (size_t i = 0; i < fault.n_held; i++) {
        __real_pidfd_send_signal(fault.held[i], SIGKILL, NULL, 0);
        __real_close(fault.held[i]);
    }
    fault.n_held = 0;
    fault.hold_signals = false;
}

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    int r = __real_clock_gettime(clock, ret);

    if (r == 0 && (fault.hurry || atomic_load(&fault.struck)) && ret->tv_sec > 0)
        ret->tv_sec--;
    return r;
}

/* ---- the workers' threads ---- */

ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size)
{
    ssize_t n;

    if (fault_strikes(size == sizeof(uint64_t) ? DRAIN : READ, fault_file(fd)))
        return -1;
    if (fault_me == LOOP || size != sizeof(uint64_t))
        return __real_read(fd, buf, size);
    fault.kick_fds[fault_me] = fd;
    atomic_store(&fault.waits[fault_me], true);
    n = __real_read(fd, buf, size);
    atomic_store(&fault.waits[fault_me], false);
    return n;
}

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    bool wakes = size == sizeof(uint64_t);

    for (size_t i = 0; wakes && fault_me == LOOP && i < FAULT_THREADS; i++)
        if (fault.kick_fds[i] == fd)
            atomic_fetch_add(&fault.kicked[i], 1);
    if (wakes && fault_me != LOOP)
        atomic_fetch_add(&fault.worked[fault_me], 1);
    if (fault_strikes(wakes ? WAKE : WRITE, fault_file(fd)))
        return -1;
    return __real_write(fd, data, size);
}

struct fault_start {
    void *(*main)(void *);
    void *userdata;
    enum fault_thread me;
};

static inline void *fault_thread_main(void *userdata)
{
    struct fault_start start = *(struct fault_start *)userdata;

    fault_me = start.me;
    return start.main(start.userdata);
}

/* A killer starts its writer first, then its reaper. */
int __real_pthread_create(
    pthread_t *ret, const pthread_attr_t *attr, void *(*start)(void *), void *userdata);
int __wrap_pthread_create(
    pthread_t *ret, const pthread_attr_t *attr, void *(*start)(void *), void *userdata);
int __wrap_pthread_create(
    pthread_t *ret, const pthread_attr_t *attr, void *(*start)(void *), void *userdata)
{
    static struct fault_start starts[2];
    int i = fault.n_threads++ % 2;

    if (fault_strikes(THREAD, ""))
        return errno;
    starts[i] = (struct fault_start){start, userdata, i == 0 ? WRITER : REAPER};
    return __real_pthread_create(ret, attr, fault_thread_main, &starts[i]);
}

/* Nothing is left for the threads to do. They are given up on in a run in which one was not woken.
 */
static inline bool fault_wait_idle(void)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    for (enum fault_thread i = WRITER; i < FAULT_THREADS; i++)
        while (!atomic_load(&fault.waits[i]) ||
               atomic_load(&fault.worked[i]) < atomic_load(&fault.kicked[i])) {
            if (atomic_load(&fault.struck) && fault.call == WAKE)
                return true;
            if (now_us() > deadline)
                return false;
            usleep(50);
        }
    return true;
}

/* ---- all cases ---- */

/* The kernel says that only of what is removed or has exited: no case. */
#define FAULT_NEVER (-1)

/* What is to become of the victim; the meaning of the values is the scenario's own. The first row
 * that fits counts; 0 and NULL fit all. */
struct fault_row {
    enum fault_thread thread;
    enum fault_call call;
    const char *file; /* last part of its name */
    unsigned nth;     /* of the calls of this kind, with this file */
    int error;
    int outcome;
    int who; /* of several victims */
};

struct fault_scenario {
    const char *name;
    const struct fault_row *rows;
    size_t n_rows;
    int success; /* the outcome without a fault */
    /* Play it with the fault that is set: fault_arm() around what is under test. */
    void (*play)(
        const struct fault_scenario *scenario, const struct fault_row *expected, int error);
    int variant;      /* for play() */
    const char *from; /* calls of the loop before it opens this file are another scenario's */
    unsigned unsure;  /* bits of calls that the loop makes in some runs only: left out */
};

#define FAULT_ROWS(table) .rows = table, .n_rows = sizeof(table) / sizeof(table[0])

/* The case that is being played: printed when an assertion fails. */
static char fault_case[256];

static inline void fault_print_case(void)
{
    if (fault_case[0])
        fprintf(stderr, "in the case: %s\n", fault_case);
}

static inline bool fault_is_file(const struct fault_seen *seen, const char *file)
{
    const char *slash = strrchr(seen->what, '/');

    return !file || strcmp(slash ? slash + 1 : seen->what, file) == 0;
}

/* The calls of a thread, up to the one in question, that are of its kind and of that file. */
static inline unsigned fault_number(const struct fault_seen *seen, size_t i, const char *file)
{
    unsigned n = 0;

    for (size_t k = 0; k <= i; k++)
        n += seen[k].call == seen[i].call && fault_is_file(&seen[k], file);
    return n;
}

static inline const struct fault_row *fault_expected(
    const struct fault_scenario *scenario, const struct fault_seen *seen, size_t i, bool *used)
{
    for (size_t k = 0; k < scenario->n_rows; k++) {
        const struct fault_row *row = &scenario->rows[k];

        if (row->thread == fault.thread && (row->call == ANY_CALL || row->call == fault.call) &&
            fault_is_file(&seen[i], row->file) &&
            (row->nth == 0 || row->nth == fault_number(seen, i, row->file)) &&
            (row->error == 0 || row->error == fault.error)) {
            used[k] = true;
            return row;
        }
    }
    return NULL;
}

/* Which calls a fault was meant for, and which it struck. How often is looked depends on how quick
 * the dying are, so the last of many like calls may not be made again; one of them always is. */
struct fault_like {
    enum fault_thread thread;
    enum fault_call call;
    const char *file;
    size_t struck;
};

static struct fault_like fault_likes[256];
static size_t fault_n_likes;

static inline struct fault_like *fault_like(enum fault_thread thread, const struct fault_seen *seen)
{
    const char *slash = strrchr(seen->what, '/');
    const char *file = slash ? slash + 1 : seen->what;

    for (size_t i = 0; i < fault_n_likes; i++)
        if (fault_likes[i].thread == thread && fault_likes[i].call == seen->call &&
            strcmp(fault_likes[i].file, file) == 0)
            return &fault_likes[i];
    assert_true(fault_n_likes < sizeof(fault_likes) / sizeof(fault_likes[0]));
    fault_likes[fault_n_likes] = (struct fault_like){
        .thread = thread, .call = seen->call, .file = file};
    return &fault_likes[fault_n_likes++];
}

static const char *const fault_threads[] = {"loop", "writer", "reaper"};

/* The fault is call i of those that this thread makes. */
static inline void fault_play_one(const struct fault_scenario *scenario, enum fault_thread thread,
    const struct fault_seen *seen, size_t i, int error, bool *used)
{
    const struct fault_row *row;
    struct fault_like *like;

    fault_reset();
    fault.thread = thread;
    fault.call = seen[i].call;
    fault.nth = fault_number(seen, i, NULL);
    fault.error = error;
    snprintf(fault_case, sizeof(fault_case), "%s: %s, %s number %u (%s) gives %s", scenario->name,
        fault_threads[thread], fault_calls[fault.call].name, fault.nth, seen[i].what,
        strerrorname_np(error));
    row = fault_expected(scenario, seen, i, used);
    if (!row)
        fail_msg("%s: no row of the table tells what is expected", fault_case);
    if (row->outcome == FAULT_NEVER)
        return;
    like = fault_like(thread, &seen[i]);
    scenario->play(scenario, row, error);
    like->struck += atomic_load(&fault.struck) != 0;
}

/* A sanitizer makes each case ten times as long, and looks for what is the same in many of them. */
#ifdef __SANITIZE_ADDRESS__
#define FAULT_EVERY 8
#else
#define FAULT_EVERY 1
#endif

#define FAULT_RUNS 5

/* The calls without a fault: of several runs the one with the fewest, since a run that the machine
 * held up looks more often than any other will. */
static inline void fault_without(const struct fault_scenario *scenario,
    struct fault_seen seen[FAULT_THREADS][FAULT_SEEN_MAX], size_t n_seen[FAULT_THREADS])
{
    struct fault_row success = {.outcome = scenario->success, .who = -1};
    size_t fewest = SIZE_MAX;

    snprintf(fault_case, sizeof(fault_case), "%s: without a fault", scenario->name);
    for (int run = 0; run < FAULT_RUNS; run++) {
        size_t total = 0;

        fault_reset();
        scenario->play(scenario, &success, 0);
        for (enum fault_thread thread = LOOP; thread < FAULT_THREADS; thread++)
            total += fault.n_seen[thread];
        if (total >= fewest)
            continue;
        fewest = total;
        memcpy(seen, fault.seen, sizeof(fault.seen));
        memcpy(n_seen, fault.n_seen, sizeof(fault.n_seen));
    }
}

/* Return: how many cases there were. */
static inline size_t fault_play_all(const struct fault_scenario *scenario)
{
    static struct fault_seen seen[FAULT_THREADS][FAULT_SEEN_MAX];
    size_t n_seen[FAULT_THREADS], n = 0;
    bool used[64] = {0};

    fault_n_likes = 0;
    fault_without(scenario, seen, n_seen);

    for (enum fault_thread thread = LOOP; thread < FAULT_THREADS; thread++) {
        bool begun = thread != LOOP || !scenario->from;

        assert_true(n_seen[thread] < FAULT_SEEN_MAX);
        for (size_t i = 0; i < n_seen[thread]; i++) {
            enum fault_call call = seen[thread][i].call;
            const int *errors = fault_calls[call].errors;

            begun = begun || strcmp(seen[thread][i].what, scenario->from) == 0;
            if (!begun || (thread == LOOP && (scenario->unsure & 1u << call)))
                continue;
            /* How often a thread sleeps between two jobs depends on how quick it is. */
            if (thread != LOOP && call == DRAIN && fault_number(seen[thread], i, NULL) > 1)
                continue;
            for (size_t e = 0; e < FAULT_ERRORS_MAX && errors[e] != 0; e++, n++)
                if (n % FAULT_EVERY == 0)
                    fault_play_one(scenario, thread, seen[thread], i, errors[e], used);
        }
    }
    for (size_t i = 0; i < scenario->n_rows; i++)
        if (!used[i] && FAULT_EVERY == 1)
            fail_msg("%s: row %zu of the table fits no call", scenario->name, i);
    for (size_t i = 0; i < fault_n_likes; i++)
        if (fault_likes[i].struck == 0 && FAULT_EVERY == 1)
            fail_msg("%s: no fault struck %s (%s) of the %s", scenario->name,
                fault_calls[fault_likes[i].call].name, fault_likes[i].file,
                fault_threads[fault_likes[i].thread]);
    fault_case[0] = '\0';
    print_message("%s: %zu cases\n", scenario->name, n);
    return n;
}
