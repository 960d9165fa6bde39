#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/find.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/overcommit.h"
#include "daemon/ctl/pager.h"
#include "daemon/ctl/present.h"
#include "daemon/ctl/show.h"
#include "daemon/ctl/story.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/store.h"
#include "daemon/report/text.h"

#define TEXT_MAX 2048
#define FOR_MOST 600 /* seconds */

enum {
    OPT_FOR,
    OPT_POLICY_DIR,
};

const struct rl_option rl_explain_options[] = {
    [OPT_FOR] = {"for", "SECONDS",
        "look for so long before answering, from files: windows fill meanwhile"},
    [OPT_POLICY_DIR] = RL_POLICY_DIR_OPTION,
    {0},
};

/* Why it is this policy and no other. */
static const char *because(const json_t *now)
{
    static const struct {
        const char *id, *text;
    } reasons[] = {
        {"unit", ": its file is named after the unit"},
        {"match", ": its [Match] section names it, and no file before it does"},
        {"default", ": no other file is for this cgroup, so a default counts"},
    };
    const char *id = rl_get_text(now, "policy.because");

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (strcmp(reasons[i].id, id) == 0)
            return reasons[i].text;
    return "";
}

static void show_policy(const json_t *now)
{
    char name[TEXT_MAX], source[TEXT_MAX], at[TEXT_MAX];

    if (!rl_get(now, "policy")) {
        puts("No policy is in force here: reliefd leaves it alone.");
        return;
    }
    rl_get_name(now, "policy.source", source, sizeof(source));
    bool file = *source != '('; /* else "(built in)" */
    printf("Policy %s %s%s%s", rl_get_name(now, "policy.name", name, sizeof(name)), file ? "(" : "",
        source, file ? ")" : "");
    if (rl_get(now, "policy.attached_at") &&
        strcmp(rl_get_text(now, "policy.attached_at"), rl_get_text(now, "cgroup")) != 0)
        printf(", in force through %s", rl_get_name(now, "policy.attached_at", at, sizeof(at)));
    printf("%s.\n", because(now));
}

/* What a path of ids is about. */
static void show_pod(const json_t *now)
{
    const json_t *pod = rl_get(now, "pod");
    char text[TEXT_MAX];
    struct rl_say say;

    if (!pod || !rl_get(pod, "name"))
        return;
    rl_say_begin(&say, text, sizeof(text));
    rl_say(&say, "It belongs to pod ");
    rl_say_foreign(&say, rl_get_text(pod, "namespace"));
    rl_say(&say, "/");
    rl_say_foreign(&say, rl_get_text(pod, "name"));
    rl_say(&say, " (");
    rl_say_foreign(&say, rl_get_text(pod, "qos"));
    rl_say(&say, ")");
    if (rl_get(pod, "container")) {
        rl_say(&say, ", container ");
        rl_say_foreign(&say, rl_get_text(pod, "container"));
    }
    rl_say(&say, ".");
    puts(text);
}

static void show_room(const json_t *now)
{
    char available[RL_TEXT_MAX], usage[RL_TEXT_MAX], headroom[RL_TEXT_MAX], by[TEXT_MAX];
    const char *limited_by = rl_get_text(now, "available.limited_by");

    printf("It may use %s of memory and swap, ",
        rl_get_size(now, "available.bytes", available, sizeof(available)));
    if (!*limited_by || strcmp(limited_by, "node") == 0)
        printf("all that the machine has");
    else
        printf("limited by %s", rl_get_name(now, "available.limited_by", by, sizeof(by)));
    if (rl_get(now, "usage_percent"))
        printf("; the tightest limit is used to %s, %s are left",
            rl_get_percent(now, "usage_percent", usage, sizeof(usage)),
            rl_get_size(now, "headroom_bytes", headroom, sizeof(headroom)));
    printf(".\n");
}

static void show_triggers(const json_t *triggers)
{
    char name[TEXT_MAX];
    size_t i;
    json_t *one;

    json_array_foreach(triggers, i, one)
    {
        bool holds = rl_get_true(one, "holds");
        putchar('\n');
        rl_print(RL_STYLE_BOLD, "Trigger %s", rl_get_name(one, "name", name, sizeof(name)));
        rl_print(holds ? RL_STYLE_BAD : RL_STYLE_PLAIN, holds ? " holds\n" : " does not hold\n");
        rl_show_distances(rl_get(one, "lines"), 2);
    }
}

static void show_choice(const json_t *now)
{
    char text[TEXT_MAX], score[RL_TEXT_MAX];
    struct rl_say say;

    if (!rl_get(now, "policy"))
        return;
    rl_say_begin(&say, text, sizeof(text));
    rl_show_victim(&say, rl_get(now, "choice"), rl_get(now, "pod"));
    if (rl_get(now, "choice"))
        rl_say(&say, " (score %s)", rl_get_int(now, "choice.score", score, sizeof(score)));
    if (strcmp(rl_get_text(now, "no_choice"), "exiting") == 0)
        puts("If it had to act now, it would wait: somebody there is on his way out already.");
    else
        printf("If it had to act now, it would choose %s.\n", text);
    if (rl_get(now, "paused"))
        printf("It would do nothing: it is paused until %s, by uid %s.\n",
            rl_get_time(now, "paused.until", text, sizeof(text)),
            rl_get_int(now, "paused.uid", score, sizeof(score)));
    if (rl_get_count(now, "cooldown_ms") > 0)
        printf("It would wait first: the cooldown after the last kill has %s left.\n",
            rl_get_ms(now, "cooldown_ms", score, sizeof(score)));
}

static void show_origin(const json_t *now)
{
    char origin[TEXT_MAX];

    if (strcmp(rl_get_text(now, "origin.id"), "unattributed") == 0 && !rl_get_true(now, "hot")) {
        puts("It shows no shortage of its own.");
        return;
    }
    rl_story_origin(rl_get(now, "origin"), origin, sizeof(origin));
    if (*origin)
        rl_print_paragraph(0, origin);
}

static void show_present(const json_t *now)
{
    char cgroup[TEXT_MAX];

    rl_print(RL_STYLE_BOLD, "%s", rl_get_name(now, "cgroup", cgroup, sizeof(cgroup)));
    puts(rl_get_true(now, "hot") ? "  (under pressure)\n" : "\n");
    show_pod(now);
    show_policy(now);
    show_room(now);
    show_origin(now);
    show_choice(now);
    show_triggers(rl_get(now, "triggers"));
    rl_show_candidates(rl_get(now, "candidates"));
    rl_show_groups(rl_get(now, "groups"));
}

/* Could allocations have failed instead? Said of the machine that is looked at; nothing where it
 * cannot be read. */
static bool read_overcommit(const struct rl_args *args, struct rl_overcommit *ret)
{
    const char *root = args->common[RL_OPT_ROOT], *proc = args->common[RL_OPT_PROC_ROOT];
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/proc", root ? root : "");
    rl_auto_fd int fd = open(proc ? proc : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && rl_overcommit_read(fd, ret) == 0;
}

static void show_overcommit(const struct rl_overcommit *overcommit)
{
    char text[TEXT_MAX];
    struct rl_say say;

    rl_say_begin(&say, text, sizeof(text));
    rl_overcommit_say(&say, overcommit);
    putchar('\n');
    rl_print_paragraph(0, text);
}

static void show_all(const json_t *now)
{
    size_t i;
    json_t *one;

    if (json_array_size(now) == 0)
        puts("No cgroup is under pressure. To have one explained all the same, name it.");
    json_array_foreach(now, i, one)
    {
        if (i > 0)
            putchar('\n');
        show_present(one);
    }
}

/* Rates take two looks. */
static void say_young(const json_t *now, unsigned long seconds)
{
    if (json_is_array(now) || !rl_get(now, "policy"))
        return;
    puts("");
    if (seconds == 0)
        rl_print_paragraph(0,
            "Read from files, once: what counts over a time (pressure, events, growth, refaults) "
            "is not known at a first look and cannot hold yet. --for 10 looks for ten seconds "
            "first; a running reliefd knows it at once.");
    else
        printf("Read from files, for %lu s: windows longer than that are not full yet.\n", seconds);
}

/* On the present of a cgroup, of a process's cgroup, or of all that is under pressure. */
static int explain_present(const struct rl_args *args, const char *what)
{
    struct rl_present_json present;
    struct rl_overcommit overcommit;
    unsigned long seconds = 0;
    int code;

    if (args->own[OPT_FOR] &&
        rl_args_number("explain --for", args->own[OPT_FOR], FOR_MOST, &seconds) < 0)
        return RL_EXIT_USAGE;
    code = rl_present_explain(
        args, args->own[OPT_POLICY_DIR], what, seconds * RL_US_PER_S, &present);
    if (code != RL_EXIT_OK)
        return code;
    json_auto_t *now = present.json;
    rl_pager_open(args);
    bool known = read_overcommit(args, &overcommit);
    if (args->common[RL_OPT_JSON]) {
        if (known && json_is_object(now))
            json_object_set_new(now, "overcommit", rl_overcommit_json(&overcommit));
        code = rl_print_json(now);
        return code == RL_EXIT_OK ? rl_present_exit(&present) : code;
    }
    if (json_is_array(now)) {
        show_all(now);
        return rl_present_exit(&present);
    }
    show_present(now);
    if (present.from_files)
        say_young(now, seconds);
    if (known)
        show_overcommit(&overcommit);
    return rl_present_exit(&present);
}

static int explain_incident(const struct rl_args *args, const char *id)
{
    json_auto_t *record = NULL;
    int code = strcmp(id, "last") == 0 ? rl_find_last(args, &record)
                                       : rl_find_record(args, id, &record);

    if (code != RL_EXIT_OK)
        return code;
    rl_pager_open(args);
    if (args->common[RL_OPT_JSON])
        return rl_print_json(record);
    rl_story_print(record);
    return RL_EXIT_OK;
}

int rl_ctl_explain(const struct rl_args *args)
{
    const char *what = args->n_words > 0 ? args->words[0] : "";
    char path[TEXT_MAX];

    if (!*what || *what == '/' || strncmp(what, "pid:", 4) == 0)
        return explain_present(args, what);
    if (rl_store_id_valid(what))
        return explain_incident(args, what);
    if (strchr(what, '/') && strlen(what) + 2 < sizeof(path)) {
        snprintf(path, sizeof(path), "/%s", what); /* a cgroup without its leading slash */
        return explain_present(args, path);
    }
    fprintf(
        stderr, "reliefctl explain: '%s' is no cgroup (/a/b), process (pid:N) or incident\n", what);
    return RL_EXIT_USAGE;
}
