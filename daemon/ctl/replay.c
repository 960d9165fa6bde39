/* What was decided, decided once more from a trace; or what other policies would have done. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/replay-tell.h"
#include "daemon/ctl/trace-file.h"

enum own {
    OWN_POLICY,
    OWN_AGAINST,
    OWN_VERIFY,
};

const struct rl_option rl_replay_options[] = {
    [OWN_POLICY] = {"policy", "DIR", "run the policies of that folder instead"},
    [OWN_AGAINST] = {"against", "DIR", "and hold them against those of this folder"},
    [OWN_VERIFY] = {"verify", NULL, "fail unless every decision is what stands in the trace"},
    {0},
};

#define PROGRESS_EVERY 20000 /* lines */

static void show_progress(const struct rl_trace_file *file, uint64_t lines, bool last)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (last)
        fprintf(stderr, "\r\033[K");
    else if (file->size > 0)
        fprintf(
            stderr, "\r%" PRIu64 " lines, %" PRIu64 "%%", lines, 100 * file->bytes / file->size);
    else
        fprintf(stderr, "\r%" PRIu64 " lines", lines);
}

/* Return: 0, -errno after saying what is wrong. */
static int run(const char *path, struct rl_replay *replay)
{
    struct rl_trace_file file;
    const char *line, *wrong = NULL;
    uint64_t lines = 0;
    ssize_t len;
    bool last;
    int r = rl_trace_file_open(path, &file);

    if (r < 0) {
        fprintf(stderr, "reliefctl: %s: %s\n", path, strerror(-r));
        return r;
    }
    while (r >= 0 && (len = rl_trace_file_next(&file, &line, &last)) >= 0) {
        r = rl_replay_line(replay, line, (size_t)len, last, &wrong);
        if (++lines % PROGRESS_EVERY == 0)
            show_progress(&file, lines, false);
    }
    show_progress(&file, lines, true);
    if (r == -EBADMSG)
        fprintf(stderr, "reliefctl: %s:%" PRIu64 ": %s\n", path, lines, wrong);
    else if (r < 0)
        fprintf(stderr, "reliefctl: %s\n", strerror(-r));
    if (rl_trace_file_close(&file) < 0 && r >= 0) {
        fprintf(stderr, "reliefctl: %s: it cannot be unpacked\n", path);
        r = -EIO;
    }
    if (r >= 0 && lines == 0) {
        fprintf(stderr, "reliefctl: %s: it is empty\n", path);
        r = -EBADMSG;
    }
    return r;
}

static int load(const char *dir, struct rl_policy_set **ret)
{
    const char *dirs[] = {dir, NULL};
    struct rl_load_options options = {.dirs = dirs};
    int r;

    if (access(dir, R_OK | X_OK) < 0) {
        fprintf(stderr, "reliefctl: %s: %s\n", dir, strerror(errno));
        return -errno;
    }
    r = rl_policy_set_load(&options, NULL, ret);
    if (r < 0) {
        fprintf(stderr, "reliefctl: %s: %s\n", dir, strerror(-r));
        return r;
    }
    for (size_t i = 0; i < (*ret)->findings.n; i++) {
        const struct rl_finding *f = &(*ret)->findings.items[i];

        if (f->severity == RL_ERROR)
            fprintf(stderr, "%s:%u: error: %s\n", f->path, f->line, f->message);
    }
    if ((*ret)->findings.errors == 0)
        return 0;
    *ret = rl_policy_set_free(*ret);
    return -EBADMSG;
}

/* Replay it with the policies of a folder, or with its own (NULL). */
static int replay_with(const char *path, const char *dir, struct rl_tale *tale)
{
    struct rl_policy_set *set = NULL;
    struct rl_replay_options options = {.tell = rl_tale_tell, .userdata = tale};
    struct rl_replay *replay = NULL;
    int r = dir ? load(dir, &set) : 0;

    if (r < 0)
        return r;
    options.policies = set;
    r = rl_replay_new(&options, &replay);
    if (r >= 0)
        r = run(path, replay);
    if (r >= 0)
        rl_tale_end(tale, rl_replay_counts(replay));
    rl_replay_end(replay);
    rl_policy_set_free(set);
    return r;
}

/* Return: an exit code. */
static int judge(const struct rl_tale *tale, bool verify)
{
    const struct rl_replay_counts *counts = &tale->counts;

    if (!verify)
        return RL_EXIT_OK;
    if (counts->lost > 0)
        fprintf(
            stderr, "reliefctl: %" PRIu64 " lines were lost while it was recorded\n", counts->lost);
    if (counts->partial)
        fprintf(stderr, "reliefctl: the trace is about some cgroups only (record --cgroup); its "
                        "decisions cannot be compared\n");
    return counts->lost > 0 || counts->partial || counts->differences > 0 ? RL_EXIT_FAILURE
                                                                          : RL_EXIT_OK;
}

int rl_ctl_replay(const struct rl_args *args)
{
    const char *policy = args->own[OWN_POLICY], *against = args->own[OWN_AGAINST];
    struct rl_tale tale = {.json = args->common[RL_OPT_JSON], .verify = args->own[OWN_VERIFY]},
                   other = tale;
    int r;

    if (args->n_words != 1) {
        fprintf(stderr, "reliefctl replay: expected a trace, or - for stdin\n");
        return RL_EXIT_USAGE;
    }
    if (args->own[OWN_VERIFY] && (policy || against)) {
        fprintf(stderr, "reliefctl replay: --verify is about the policies in the trace; leave out "
                        "--policy and --against\n");
        return RL_EXIT_USAGE;
    }
    if (against && strcmp(args->words[0], "-") == 0) {
        fprintf(stderr, "reliefctl replay: --against reads the trace twice; give a file\n");
        return RL_EXIT_USAGE;
    }
    tale.quiet = other.quiet = against != NULL;
    tale.policy = policy;
    r = replay_with(args->words[0], policy, &tale);
    if (r >= 0 && against) {
        other.policy = against;
        r = replay_with(args->words[0], against, &other);
    }
    if (r >= 0 && against)
        rl_tale_compare(&tale, &other);
    else if (r >= 0)
        rl_tale_print(&tale);
    rl_tale_free(&tale);
    rl_tale_free(&other);
    return r < 0 ? RL_EXIT_FAILURE : judge(&tale, args->own[OWN_VERIFY]);
}
