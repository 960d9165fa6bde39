/* What was decided, decided once more from a trace; or what other policies would have done. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/settings.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/plot-out.h"
#include "daemon/ctl/replay-plot.h"
#include "daemon/ctl/replay-tell.h"
#include "daemon/ctl/trace-file.h"

enum own {
    OWN_POLICY,
    OWN_AGAINST,
    OWN_VERIFY,
    OWN_PLOT,
    OWN_OUTPUT,
    OWN_CGROUP,
    OWN_CONFIG,
};

const struct rl_option rl_replay_options[] = {
    [OWN_POLICY] = {"policy", "DIR", "run the policies of that folder instead"},
    [OWN_AGAINST] = {"against", "DIR", "and hold them against those of this folder"},
    [OWN_VERIFY] = {"verify", NULL, "fail unless every decision is what stands in the trace"},
    [OWN_PLOT] = {"plot", NULL, "draw it, rather than tell it"},
    [OWN_OUTPUT] = {"output", "FILE", "-o FILE, too: X.svg, X.png or - for SVG (TRACE-replay.svg)"},
    [OWN_CGROUP] = {"cgroup", "PATH", "draw that one (the one that was short of memory)"},
    [OWN_CONFIG] = {"config", "FILE", "with [Budget] of that reliefd.conf (as in the trace)"},
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

/* One replay, and where what it tells is kept. */
struct telling {
    struct rl_tale *tale;
    const struct rl_settings *settings; /* NULL: those of the trace */
    struct rl_replay_plot *plot;        /* NULL: nothing is drawn */
    unsigned side;                      /* of the picture */
};

static void tell(void *userdata, const struct rl_told *told)
{
    struct telling *telling = userdata;

    rl_tale_tell(telling->tale, told);
    if (telling->plot)
        rl_retold_tell(&telling->plot->retold[telling->side], told);
}

/* Return: 0, -errno after saying what is wrong. */
static int run(const char *path, struct rl_replay *replay, const struct telling *telling)
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
        if (r >= 0 && telling->plot && telling->side == 0)
            r = rl_replay_plot_line(telling->plot, line, (size_t)len);
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

static void print_errors(const struct rl_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct rl_finding *f = &findings->items[i];

        if (f->severity == RL_ERROR)
            fprintf(stderr, "%s:%u: error: %s\n", f->path, f->line, f->message);
    }
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
    print_errors(&(*ret)->findings);
    if ((*ret)->findings.errors == 0)
        return 0;
    *ret = rl_policy_set_free(*ret);
    return -EBADMSG;
}

/* Replay it with the policies of a folder, or with its own (NULL). */
static int replay_with(const char *path, const char *dir, struct telling *telling)
{
    struct rl_policy_set *set = NULL;
    struct rl_replay_options options = {.tell = tell, .userdata = telling};
    struct rl_replay *replay = NULL;
    int r = dir ? load(dir, &set) : 0;

    if (r < 0)
        return r;
    options.policies = set;
    if (telling->settings) {
        options.budget_kills = telling->settings->budget_kills;
        options.budget_us = telling->settings->budget_us;
    }
    r = rl_replay_new(&options, &replay);
    if (r >= 0)
        r = run(path, replay, telling);
    if (r >= 0)
        rl_tale_end(telling->tale, rl_replay_counts(replay));
    if (r >= 0 && telling->plot)
        r = rl_replay_plot_side(telling->plot, telling->side, dir);
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

static int refuse(const char *why)
{
    fprintf(stderr, "reliefctl replay: %s\n", why);
    return RL_EXIT_USAGE;
}

/* Return: an exit code. */
static int check(const struct rl_args *args)
{
    const char *const *own = args->own;
    bool others = own[OWN_POLICY] || own[OWN_AGAINST];

    if (args->n_words != 1)
        return refuse("expected a trace, or - for stdin");
    if (own[OWN_VERIFY] && others)
        return refuse("--verify is about the policies in the trace; leave out --policy and "
                      "--against");
    if (own[OWN_VERIFY] && own[OWN_PLOT])
        return refuse("--plot draws what --verify would tell; give one of them");
    if (own[OWN_CONFIG] && !others)
        return refuse("--config is about --policy and --against: what was recorded had its own");
    if (!own[OWN_PLOT] && (own[OWN_OUTPUT] || own[OWN_CGROUP]))
        return refuse("--output and --cgroup are about a picture; add --plot");
    if (own[OWN_AGAINST] && strcmp(args->words[0], "-") == 0)
        return refuse("--against reads the trace twice; give a file");
    if (own[OWN_OUTPUT] && !rl_plot_name_valid("replay", own[OWN_OUTPUT]))
        return RL_EXIT_USAGE;
    return RL_EXIT_OK;
}

/* Return: an exit code. */
static int read_settings(const char *path, struct rl_settings *ret)
{
    struct rl_settings_options options = {.path = path};
    struct rl_findings findings = {0};
    int code = RL_EXIT_OK;

    if (!path)
        return RL_EXIT_OK;
    if (rl_settings_load(&options, &findings, ret) < 0) {
        fprintf(stderr, "reliefctl replay: %s: %s\n", path, strerror(ENOMEM));
        code = RL_EXIT_FAILURE;
    }
    if (findings.errors > 0) {
        print_errors(&findings);
        code = RL_EXIT_FAILURE;
    }
    rl_findings_free(&findings);
    return code;
}

/* Return: an exit code. */
static int draw(const struct rl_args *args, struct rl_replay_plot *plot)
{
    const char *trace = args->words[0], *output = args->own[OWN_OUTPUT];
    char path[PATH_MAX];

    if (rl_replay_plot_end(plot) == -ENODATA) {
        fprintf(stderr, "reliefctl replay: %s: this trace holds no samples\n", plot->source.name);
        return RL_EXIT_FAILURE;
    }
    rl_plot_name(strcmp(trace, "-") == 0 ? "plot" : trace, "-replay.svg", path, sizeof(path));
    return rl_plot_write(
        args, "replay", &plot->source, args->own[OWN_CGROUP], output ? output : path);
}

/* Replay it once or twice, and tell or draw it. Return: an exit code. */
static int replay(const struct rl_args *args, const struct rl_settings *settings,
    struct rl_tale tales[2], struct rl_replay_plot *plot)
{
    const char *const dirs[] = {args->own[OWN_POLICY], args->own[OWN_AGAINST]};
    unsigned n = dirs[1] ? 2 : 1;

    for (unsigned i = 0; i < n; i++) {
        struct telling telling = {&tales[i], settings, plot, i};

        tales[i] = (struct rl_tale){.json = args->common[RL_OPT_JSON],
            .verify = args->own[OWN_VERIFY],
            .quiet = n > 1,
            .policy = dirs[i]};
        if (replay_with(args->words[0], dirs[i], &telling) < 0)
            return RL_EXIT_FAILURE;
    }
    if (plot)
        return draw(args, plot);
    if (n > 1)
        rl_tale_compare(&tales[0], &tales[1]);
    else
        rl_tale_print(&tales[0]);
    return judge(&tales[0], args->own[OWN_VERIFY]);
}

int rl_ctl_replay(const struct rl_args *args)
{
    struct rl_tale tales[2] = {0};
    struct rl_settings settings = {0};
    struct rl_replay_plot plot;
    int code = check(args);

    if (code != RL_EXIT_OK)
        return code;
    rl_replay_plot_begin(
        &plot, strcmp(args->words[0], "-") == 0 ? "standard input" : args->words[0]);
    code = read_settings(args->own[OWN_CONFIG], &settings);
    if (code == RL_EXIT_OK)
        code = replay(args, args->own[OWN_CONFIG] ? &settings : NULL, tales,
            args->own[OWN_PLOT] ? &plot : NULL);
    rl_settings_free(&settings);
    rl_replay_plot_free(&plot);
    rl_tale_free(&tales[0]);
    rl_tale_free(&tales[1]);
    return code;
}
