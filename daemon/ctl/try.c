#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conf/value.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/leak.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/relieve.h"
#include "daemon/ctl/scratch-cgroup.h"
#include "daemon/ctl/show.h"
#include "daemon/ctl/story.h"
#include "daemon/ctl/table.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/text.h"

#define NOBODY     65534
#define FILE_BYTES (UINT64_C(16) << 20)
#define SIZE_LEAST (UINT64_C(8) << 20)
#define WAIT_US    (UINT64_C(200) * RL_US_PER_MS)
#define DEATH_US   (5 * RL_US_PER_S) /* between the record's end and the leaker's */
#define TEXT_MAX   2048

enum {
    OPT_CGROUP,
    OPT_SIZE,
    OPT_RATE,
    OPT_SEED,
    OPT_FOR,
    OPT_FILE_DIR,
};

const struct rl_option rl_try_options[] = {
    [OPT_CGROUP] = {"cgroup", "PATH", "make the leaker's cgroup below PATH"},
    [OPT_SIZE] = {"size", "SIZE", "its limit (64M)"},
    [OPT_RATE] = {"rate", "SIZE", "how much leaks in a second (16M)"},
    [OPT_SEED] = {"seed", "N", "of the noise in the leaker's pages (1)"},
    [OPT_FOR] = {"for", "T", "how long the policy has (2min)"},
    [OPT_FILE_DIR] = {"file-dir", "DIR", "where a file to read may be made (/var/tmp)"},
    {0},
};

struct trial {
    const struct rl_args *args;
    const char *policy;
    uint64_t size, rate, seed, most_us;
    struct rl_scratch_cgroup cgroup;
    pid_t leaker; /* 0: none, or it is dead and gone */
    int status;   /* of its end */
    int start;    /* a byte there sets it off */
    uint64_t started_us, held_us, ended_us;
    json_t *record; /* the newest of its incident */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    interrupted = 1;
}

/* What is waited for ends at a signal, so that everything is cleaned up. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    interrupted = 0;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * RL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

__attribute__((format(printf, 2, 3))) static void tell(
    const struct trial *trial, const char *format, ...)
{
    char span[RL_TEXT_MAX];
    va_list arguments;

    if (trial->args->common[RL_OPT_JSON])
        return;
    rl_duration_text(trial->started_us > 0 ? now_us() - trial->started_us : 0, span, sizeof(span));
    printf("%8s  ", span);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

/* ---- what was asked for ---- */

static bool bad_value(const char *option, const char *text, enum rl_value value, const char *units)
{
    if (value == RL_VALUE_OK)
        return false;
    fprintf(stderr, "reliefctl try: --%s: '%s' %s; units: %s\n", option, text,
        rl_value_problem(value), units);
    return true;
}

static int parse(const struct rl_args *args, struct trial *ret)
{
    const char *const *own = args->own;
    unsigned long seed = 1;

    *ret = (struct trial){.args = args,
        .policy = args->words[0],
        .size = UINT64_C(64) << 20,
        .rate = UINT64_C(16) << 20,
        .most_us = 120 * RL_US_PER_S,
        .start = -1};
    if ((own[OPT_SIZE] && bad_value("size", own[OPT_SIZE], rl_value_size(own[OPT_SIZE], &ret->size),
                              RL_SIZE_UNITS)) ||
        (own[OPT_RATE] && bad_value("rate", own[OPT_RATE], rl_value_size(own[OPT_RATE], &ret->rate),
                              RL_SIZE_UNITS)) ||
        (own[OPT_FOR] && bad_value("for", own[OPT_FOR], rl_value_time(own[OPT_FOR], &ret->most_us),
                             RL_TIME_UNITS)) ||
        (own[OPT_SEED] && rl_args_number("try --seed", own[OPT_SEED], UINT32_MAX, &seed) < 0))
        return -EINVAL;
    ret->seed = seed;
    if (ret->size < SIZE_LEAST || ret->rate < (UINT64_C(64) << 10) || ret->most_us == 0) {
        fprintf(stderr, "reliefctl try: --size is at least 8M, --rate at least 64K, and --for "
                        "longer than no time\n");
        return -EINVAL;
    }
    if (own[OPT_CGROUP] && *own[OPT_CGROUP] != '/') {
        fprintf(stderr, "reliefctl try: --cgroup: '%s' does not begin with /\n", own[OPT_CGROUP]);
        return -EINVAL;
    }
    return 0;
}

/* ---- the leaker ---- */

/* A file that has no name, on disk and not in memory. Return: a descriptor, -1 where none can be
 * had: the leaker does without. */
static int make_file(const struct trial *trial)
{
    const char *folder = trial->args->own[OPT_FILE_DIR];
    uint64_t noise = trial->seed | 1;
    uint64_t block[8192];
    char path[4096];

    snprintf(path, sizeof(path), "%s/reliefctl-try-XXXXXX", folder ? folder : "/var/tmp");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return -1;
    unlink(path);
    for (uint64_t at = 0; at < FILE_BYTES; at += sizeof(block)) {
        for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++)
            block[i] = rl_leak_noise(&noise);
        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block)) {
            close(fd);
            return -1;
        }
    }
    /* What is in memory by now would count for reliefctl. */
    if (fdatasync(fd) == 0)
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    return fd;
}

/* Neither safer nor more at risk than others, whatever shell reliefctl was called from. */
static void drop_adj(void)
{
    rl_auto_fd int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1)
        fprintf(stderr, "reliefctl try: the leaker keeps its oom_score_adj: %s\n", strerror(errno));
}

/* It shall not outlive reliefctl, and be nobody. */
static _Noreturn void be_leaker(const struct trial *trial, const struct rl_leak *leak, pid_t parent)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], SIG_DFL);
    setpgid(0, 0); /* ctrl-c is for reliefctl */
    drop_adj();
    if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
                              setresuid(NOBODY, NOBODY, NOBODY) < 0))
        _exit(1);
    /* After the change of user, which takes it away. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(1);
    close(trial->start);
    rl_leak_run(leak);
}

/* Start it; it waits. Return: 0 or -errno. */
static int start_leaker(struct trial *trial)
{
    rl_auto_fd int file = make_file(trial);
    int both[2], error;
    pid_t parent = getpid();

    if (pipe2(both, O_CLOEXEC) < 0)
        return -errno;
    struct rl_leak leak = {.size = trial->size,
        .rate = trial->rate,
        .seed = trial->seed,
        .file = file,
        .file_size = FILE_BYTES,
        .start = both[0]};
    trial->start = both[1];
    fflush(NULL);
    trial->leaker = fork();
    error = errno;
    if (trial->leaker == 0)
        be_leaker(trial, &leak, parent);
    close(both[0]);
    if (trial->leaker > 0)
        return 0;
    trial->leaker = 0;
    return -error;
}

/* Has it ended? */
static bool leaker_ended(struct trial *trial)
{
    if (trial->leaker > 0 && waitpid(trial->leaker, &trial->status, WNOHANG) == trial->leaker)
        trial->leaker = 0;
    return trial->leaker == 0;
}

static void clean_up(struct trial *trial)
{
    int r;

    if (trial->leaker > 0) {
        kill(trial->leaker, SIGKILL); /* ours, and not waited for: nobody else has its number */
        while (waitpid(trial->leaker, &trial->status, 0) < 0 && errno == EINTR)
            ;
    }
    if (trial->start >= 0)
        close(trial->start);
    r = rl_scratch_cgroup_remove(&trial->cgroup);
    if (r < 0)
        fprintf(stderr, "reliefctl try: %s cannot be removed: %s\n", trial->cgroup.folder,
            strerror(-r));
    json_decref(trial->record);
}

/* ---- the trial ---- */

static void on_record(void *userdata, const json_t *record)
{
    struct trial *trial = userdata;
    char text[TEXT_MAX];
    struct rl_say say;

    if (strcmp(rl_get_text(record, "offender"), trial->cgroup.path) != 0 || trial->ended_us > 0)
        return;
    if (trial->held_us == 0) {
        trial->held_us = now_us();
        tell(trial, "the trigger %s held, and the policy acts",
            rl_get_name(record, "trigger.name", text, sizeof(text)));
        rl_say_begin(&say, text, sizeof(text));
        rl_show_victim(&say, rl_get(record, "victim"), rl_get(record, "pod"));
        tell(trial, "chosen: %s", text);
    }
    json_decref(trial->record);
    trial->record = json_incref((json_t *)record);
    if (rl_get_true(record, "open"))
        return;
    trial->ended_us = now_us();
    tell(trial, "over: %s", rl_show_outcome(record, text, sizeof(text)));
}

/* Until the incident and the leaker have ended, or there is nothing left to wait for. */
static int watch(sd_bus *bus, struct trial *trial)
{
    uint64_t dead_us = 0;

    for (;;) {
        uint64_t now = now_us();
        int r;

        if (dead_us == 0 && leaker_ended(trial)) {
            dead_us = now;
            tell(trial, "the leaker is dead");
        }
        if (interrupted || (trial->ended_us > 0 && (dead_us || now > trial->ended_us + DEATH_US)))
            return 0;
        /* Dead without an incident: not the policy's work. One that runs has its time. */
        if (dead_us && !trial->record && now > dead_us + DEATH_US)
            return 0;
        if (!trial->record && now > trial->started_us + trial->most_us)
            return 0;
        r = rl_client_wait(bus, WAIT_US);
        if (r < 0 && r != -EINTR)
            return r;
    }
}

/* Why it did not act: the lines of its triggers as they stand. */
static void tell_why_not(const struct trial *trial, sd_bus *bus)
{
    json_auto_t *now = NULL;
    char name[TEXT_MAX];
    size_t i;
    json_t *one;

    if (rl_client_call(bus, &now, "Explain", "s", trial->cgroup.path) != RL_EXIT_OK)
        return;
    if (rl_get(now, "paused"))
        fprintf(stderr, "The policy is paused; 'reliefctl resume' ends that.\n");
    json_array_foreach(rl_get(now, "triggers"), i, one)
    {
        fprintf(stderr, "Trigger %s: %s.\n", rl_get_name(one, "name", name, sizeof(name)),
            rl_show_reason(rl_get_text(one, "reason")));
        if (!trial->args->common[RL_OPT_JSON])
            rl_show_lines(rl_get(one, "lines"), 2);
    }
}

static int conclude(const struct trial *trial, sd_bus *bus)
{
    if (trial->ended_us > 0) {
        if (trial->args->common[RL_OPT_JSON]) {
            json_auto_t *answer = json_pack("{s:s, s:s, s:I, s:O}", "policy", trial->policy,
                "cgroup", trial->cgroup.path, "held_after_ms",
                (json_int_t)((trial->held_us - trial->started_us) / RL_US_PER_MS), "record",
                trial->record);
            rl_print_json(answer);
        } else {
            putchar('\n');
            rl_story_print(trial->record);
        }
        return rl_relief_exit(trial->record);
    }
    if (interrupted)
        fprintf(stderr, "reliefctl try: interrupted\n");
    else if (trial->leaker == 0 && WIFSIGNALED(trial->status))
        fprintf(stderr,
            "The leaker died of signal %d without the policy: the kernel's OOM killer was faster, "
            "or somebody else. A larger --size or a lower --rate gives the policy more time.\n",
            WTERMSIG(trial->status));
    else if (trial->leaker == 0)
        fprintf(stderr, "The leaker ended by itself: it could not get its memory.\n");
    else
        fprintf(stderr, "The policy has not acted in the time that it had (--for).\n");
    if (!interrupted && trial->leaker > 0)
        tell_why_not(trial, bus);
    return RL_EXIT_FAILURE;
}

static int run(struct trial *trial, sd_bus *bus, const char *mount)
{
    json_auto_t *outlook = NULL;
    char size[RL_TEXT_MAX], rate[RL_TEXT_MAX];
    int code, r = start_leaker(trial);

    if (r < 0) {
        fprintf(stderr, "reliefctl try: the leaker cannot be started: %s\n", strerror(-r));
        return RL_EXIT_FAILURE;
    }
    r = rl_scratch_cgroup_make(mount, trial->args->own[OPT_CGROUP], trial->leaker, trial->size,
        rl_leak_high(trial->size), &trial->cgroup);
    if (r < 0) {
        fprintf(stderr, "reliefctl try: %s\n", trial->cgroup.error);
        return RL_EXIT_FAILURE;
    }
    r = rl_client_listen(bus, on_record, trial);
    if (r < 0)
        return rl_client_say(trial->args, r);
    code = rl_client_call(bus, &outlook, "Try", "ss", trial->policy, trial->cgroup.path);
    if (code != RL_EXIT_OK)
        return code;
    trial->started_us = now_us();
    rl_size_text(trial->size, size, sizeof(size));
    rl_size_text(trial->rate, rate, sizeof(rate));
    tell(trial, "process %d leaks %s a second in %s, which may have %s and no swap",
        (int)trial->leaker, rate, trial->cgroup.path, size);
    if (rl_get_true(outlook, "dry_run"))
        tell(trial, "dry run: reliefd will only say what it would do");
    if (rl_get(outlook, "paused"))
        tell(trial, "the policy is paused: it will do nothing until 'reliefctl resume'");
    if (write(trial->start, "", 1) != 1)
        return RL_EXIT_FAILURE;
    r = watch(bus, trial);
    return r < 0 ? rl_client_say(trial->args, r) : conclude(trial, bus);
}

int rl_ctl_try(const struct rl_args *args)
{
    struct rl_probe probe = {.cgroup_fd = -1, .proc_fd = -1};
    struct trial trial;
    sd_bus *bus = NULL;
    int code, r;

    if (args->n_words == 0) {
        fprintf(stderr, "reliefctl try: which policy? 'reliefctl status' lists them\n");
        return RL_EXIT_USAGE;
    }
    if (parse(args, &trial) < 0)
        return RL_EXIT_USAGE;
    r = rl_client_open(args, &bus);
    if (r < 0)
        return rl_client_say(args, r);
    code = rl_table_probe(args, false, &probe);
    if (code == RL_EXIT_OK) {
        catch_signals();
        code = run(&trial, bus, probe.cgroup_root);
        clean_up(&trial);
        rl_probe_close(&probe);
    }
    sd_bus_close_unref(bus);
    return code;
}
