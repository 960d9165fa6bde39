#include "daemon/ctl/top.h"

#include <errno.h>
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/sample.h"

#define BATCH_BUDGET_US (2 * RL_US_PER_S)
#define FILES_BUDGET_US ((uint64_t)INT64_MAX) /* files wait, and say the same on slow machines */
#define COUNT_MOST      1000000

enum {
    OPT_BATCH,
    OPT_COUNT,
    OPT_INTERVAL,
    OPT_SORT,
    OPT_FILTER,
    OPT_ALL,
    OPT_MODEL,
    OPT_POLICY_DIR,
};

const struct rl_option rl_top_options[] = {
    [OPT_BATCH] = {"batch", NULL, "print plain text, for programs and files; needs no terminal"},
    [OPT_COUNT] = {"count", "N", "with --batch: look N times (once); also -n N"},
    [OPT_INTERVAL] = {"interval", "SECONDS", "between two looks, 0.1 to 3600 (1)"},
    [OPT_SORT] = {"sort", "KEY", "by pressure, headroom, used, swap or name"},
    [OPT_FILTER] = {"filter", "TEXT", "only cgroups with this in their path"},
    [OPT_ALL] = {"all", NULL, "also cgroups where nothing happens"},
    [OPT_MODEL] = {"model", "MODEL", "choose by this score; else by that of each policy"},
    [OPT_POLICY_DIR] = RL_POLICY_DIR_OPTION,
    {0},
};

/* ---- looking ---- */

static void choose(struct rl_top *top, uint64_t id, bool force)
{
    size_t row = rl_top_row_of(&top->model, id);

    if (row != RL_TOP_NOBODY)
        rl_top_reader_choose(top->reader, &top->model, row, top->score, force);
}

/* The selected row first, then what stalls most, then what is on the screen. */
static void choose_victims(struct rl_top *top, uint64_t budget_us)
{
    uint64_t end = rl_now_us() + budget_us;

    if (top->model.n == 0)
        return;
    if (top->selected)
        choose(top, top->selected, false);
    if (rl_now_us() < end)
        choose(top, top->model.rows[rl_top_worst(&top->model)].id, false);
    for (size_t i = 0; i < top->n_shown && rl_now_us() < end; i++)
        choose(top, top->shown[i], false);
}

int rl_top_look(struct rl_top *top, uint64_t budget_us)
{
    struct rl_sign_counters now;
    time_t wall = time(NULL);
    struct tm tm;

    int r = rl_top_reader_look(top->reader, top->shown, top->n_shown, &top->model);
    if (r < 0)
        return r;
    if (top->asker)
        rl_top_ask(top->asker, rl_look_tree(top->observer.look), &top->model, &top->daemon);
    r = rl_signs_read(top->observer.probe.proc_fd, &now);
    if (r < 0)
        return r;
    rl_signs_between(top->before.at_us > 0 ? &top->before : NULL, &now,
        top->observer.probe.page_size, &top->signs);
    top->before = now;
    if (top->observer.probe.live && gmtime_r(&wall, &tm))
        strftime(top->clock, sizeof(top->clock), "%H:%M:%SZ", &tm);
    r = rl_top_arrange(&top->model);
    if (r >= 0)
        choose_victims(top, budget_us);
    return r;
}

void rl_top_frame(const struct rl_top *top, size_t width, struct rl_top_frame *ret)
{
    *ret = (struct rl_top_frame){
        .model = &top->model,
        .signs = &top->signs,
        .daemon = &top->daemon,
        .clock = top->clock,
        .score = top->score ? top->score->id : NULL,
        .selected = top->selected,
        .width = width,
        .utf8 = top->utf8,
        .frozen = top->frozen,
    };
}

/* ---- --batch ---- */

static void put_plain(void *userdata, enum rl_style style, const char *text)
{
    fputs(text, stdout);
}

static void end_plain(void *userdata)
{
    putchar('\n');
}

static void print_frame(const struct rl_top *top)
{
    const struct rl_top_out out = {.put = put_plain, .end = end_plain};
    struct rl_top_frame frame;

    rl_top_frame(top, 0, &frame);
    rl_top_draw_head(&frame, SIZE_MAX, &out);
    putchar('\n');
    rl_top_draw_titles(&frame, &out);
    for (size_t i = 0; i < top->model.n_order; i++)
        rl_top_draw_row(&frame, i, &out);
    if (top->model.hidden > 0)
        printf("\n%zu cgroups where nothing happens are left out (--all)\n", top->model.hidden);
}

static int print_json(const struct rl_top *top)
{
    struct rl_top_frame frame;

    rl_top_frame(top, 0, &frame);
    json_auto_t *json = rl_top_json(&frame);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text)
        puts(text);
    else
        fprintf(stderr, "reliefctl: out of memory\n");
    free(text);
    return text ? RL_EXIT_OK : RL_EXIT_FAILURE;
}

/* Everything that is to be printed gets its victim; and the row that stalls most is the one whose
 * victim is marked. */
static int look_for_batch(struct rl_top *top)
{
    int r = rl_top_look(top, 0);

    if (r < 0)
        return r;
    if (top->model.n == 0)
        return -ENODATA;
    top->n_shown = 0;
    for (size_t i = 0; i < top->model.n_order && i < RL_TOP_SHOWN; i++)
        top->shown[top->n_shown++] = top->model.rows[top->model.order[i]].id;
    top->selected = top->model.rows[rl_top_worst(&top->model)].id;
    choose_victims(top, top->observer.probe.live ? BATCH_BUDGET_US : FILES_BUDGET_US);
    return 0;
}

static int run_batch(struct rl_top *top, bool json, unsigned long count)
{
    int code = RL_EXIT_OK, r = 0;

    /* The first look alone has no rates: on a live machine there is one before. */
    if (top->observer.probe.live) {
        r = rl_top_look(top, 0);
        usleep((useconds_t)(top->interval_us < RL_US_PER_S ? top->interval_us : RL_US_PER_S));
    }
    for (unsigned long i = 0; i < count && r >= 0 && code == RL_EXIT_OK; i++) {
        if (i > 0) {
            usleep((useconds_t)top->interval_us);
            if (!json)
                putchar('\n');
        }
        r = look_for_batch(top);
        if (r >= 0 && json)
            code = print_json(top);
        else if (r >= 0)
            print_frame(top);
        if (fflush(stdout) != 0)
            break; /* main() says so */
    }
    if (r < 0)
        fprintf(stderr, "reliefctl top: %s\n", strerror(-r));
    return r < 0 ? RL_EXIT_FAILURE : code;
}

/* ---- options ---- */

static int wrong(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "reliefctl top: --%s: '%s' is not %s\n", option, value, expected);
    return -EINVAL;
}

static int parse_sort(const char *text, enum rl_top_sort *ret)
{
    for (int i = 0; i < RL_TOP_SORTS; i++) {
        if (strcmp(rl_top_sort_name((enum rl_top_sort)i), text) == 0) {
            *ret = (enum rl_top_sort)i;
            return 0;
        }
    }
    return wrong("sort", text, "one of pressure, headroom, used, swap, name");
}

static int parse_interval(const char *text, uint64_t *ret_us)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end || !isfinite(seconds) || seconds < 0.1 || seconds > 3600)
        return wrong("interval", text, "a number of seconds from 0.1 to 3600");
    *ret_us = (uint64_t)(seconds * 1e6);
    return 0;
}

static int parse(const struct rl_args *args, struct rl_top *top, unsigned long *ret_count)
{
    const char *const *own = args->own;

    *ret_count = 1;
    top->interval_us = RL_US_PER_S;
    top->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    top->model.show_idle = own[OPT_ALL] != NULL;
    if (own[OPT_COUNT] && !own[OPT_BATCH]) {
        fprintf(stderr, "reliefctl top: --count is about --batch, which is missing\n");
        return -EINVAL;
    }
    if (own[OPT_COUNT] && rl_args_number("--count", own[OPT_COUNT], COUNT_MOST, ret_count) < 0)
        return -EINVAL;
    if (own[OPT_SORT] && parse_sort(own[OPT_SORT], &top->model.sort) < 0)
        return -EINVAL;
    if (own[OPT_INTERVAL] && parse_interval(own[OPT_INTERVAL], &top->interval_us) < 0)
        return -EINVAL;
    if (own[OPT_FILTER] && strlen(own[OPT_FILTER]) >= sizeof(top->model.filter))
        return wrong("filter", own[OPT_FILTER], "shorter than 128 bytes");
    if (own[OPT_FILTER])
        strcpy(top->model.filter, own[OPT_FILTER]);
    if (own[OPT_MODEL] && !(top->score = rl_model_find(own[OPT_MODEL])))
        return wrong(
            "model", own[OPT_MODEL], "a score; 'reliefctl scores --model help' lists them");
    return 0;
}

static int run(const struct rl_args *args, struct rl_top *top, unsigned long count)
{
    int code;

    top->reader = rl_top_reader_new(&top->observer);
    if (!rl_observer_wanted(args, args->own[OPT_POLICY_DIR]))
        top->asker = rl_top_asker_new(args);
    if (!top->reader) {
        fprintf(stderr, "reliefctl top: what the machine has cannot be read\n");
        code = RL_EXIT_FAILURE;
    } else if (args->own[OPT_BATCH]) {
        code = run_batch(top, args->common[RL_OPT_JSON], count);
    } else {
        code = rl_top_screen(top);
    }
    rl_top_asker_free(top->asker);
    rl_top_reader_free(top->reader);
    rl_top_model_free(&top->model);
    return code;
}

int rl_ctl_top(const struct rl_args *args)
{
    struct rl_top *top;
    unsigned long count;
    int code = RL_EXIT_USAGE;

    if (!args->own[OPT_BATCH] && args->common[RL_OPT_JSON]) {
        fprintf(stderr, "reliefctl top: --json is about --batch, which is missing\n");
        return RL_EXIT_USAGE;
    }
    if (!args->own[OPT_BATCH] && !rl_top_has_screen) {
        fprintf(stderr, "reliefctl top: it was built without ncurses: --batch works\n");
        return RL_EXIT_FAILURE;
    }
    if (!args->own[OPT_BATCH] && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))) {
        fprintf(stderr, "reliefctl top: there is no terminal: --batch prints plain text\n");
        return RL_EXIT_USAGE;
    }
    top = calloc(1, sizeof(*top));
    if (!top) {
        fprintf(stderr, "reliefctl: out of memory\n");
        return RL_EXIT_FAILURE;
    }
    if (parse(args, top, &count) == 0) {
        code = rl_observer_open(args, args->own[OPT_POLICY_DIR], &top->observer);
        if (code == RL_EXIT_OK) {
            code = run(args, top, count);
            rl_observer_close(&top->observer);
        }
    }
    free(top);
    return code;
}
