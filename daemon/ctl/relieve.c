#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/relieve.h"
#include "daemon/ctl/show.h"
#include "daemon/ctl/story.h"
#include "daemon/report/text.h"

#define TEXT_MAX 2048
#define WAIT_US  (UINT64_C(1) * 1000000)

enum {
    OPT_DRY_RUN,
    OPT_STEP,
    OPT_YES,
};

const struct rl_option rl_relieve_options[] = {
    [OPT_DRY_RUN] = {"dry-run", NULL, "show what would be done, and do nothing"},
    [OPT_STEP] = {"step", "STEP", "take this step of the policy only"},
    [OPT_YES] = {"yes", NULL, "do not ask"},
    {0},
};

/* ---- what would be done ---- */

void rl_show_steps(const json_t *steps)
{
    char text[TEXT_MAX], wait[RL_TEXT_MAX];
    struct rl_say say;
    size_t i;
    json_t *one;

    rl_say_begin(&say, text, sizeof(text));
    rl_say(&say, "Steps: ");
    json_array_foreach(steps, i, one)
    {
        rl_say(&say, i > 0 ? ", then " : "");
        rl_say_foreign(&say, rl_get_text(one, "step"));
        if (rl_get(one, "signal")) {
            rl_say(&say, " (");
            rl_say_foreign(&say, rl_get_text(one, "signal"));
            rl_say(&say, ")");
        }
        if (rl_get_count(one, "wait_ms") > 0)
            rl_say(&say, " and wait for %s", rl_get_ms(one, "wait_ms", wait, sizeof(wait)));
    }
    rl_say(&say, ".");
    rl_print_paragraph(0, text);
}

static void show_rule(const json_t *outlook, const char *key, const char *name)
{
    const json_t *rule = rl_get(outlook, key);
    char per[RL_TEXT_MAX];

    if (!rule || !rl_get_true(rule, "used_up"))
        return;
    printf("%s is used up: %" PRIu64 " kills, and %" PRIu64 " per %s are allowed. That hinders "
           "reliefd, not you.\n",
        name, rl_get_count(rule, "kills"), rl_get_count(rule, "most"),
        rl_get_ms(rule, "per_ms", per, sizeof(per)));
}

static void show_hindrances(const json_t *outlook)
{
    char text[RL_TEXT_MAX];

    if (rl_get(outlook, "paused"))
        puts("The policy is paused. That hinders reliefd, not you.");
    if (rl_get_count(outlook, "cooldown_ms") > 0)
        printf("The cooldown after the last kill has %s left. That hinders reliefd, not you.\n",
            rl_get_ms(outlook, "cooldown_ms", text, sizeof(text)));
    show_rule(outlook, "limit", "Limit=");
    show_rule(outlook, "budget", "The budget of all kills");
    if (rl_get_true(outlook, "dry_run"))
        rl_print(RL_STYLE_WARN, "Dry run: reliefd only pretends here, and so it will now.\n");
}

static void show_outlook(const json_t *outlook)
{
    char cgroup[TEXT_MAX], policy[TEXT_MAX], text[TEXT_MAX], score[RL_TEXT_MAX];
    struct rl_say say;

    rl_print(RL_STYLE_BOLD, "%s", rl_get_name(outlook, "cgroup", cgroup, sizeof(cgroup)));
    printf(
        " falls under policy %s.\n", rl_get_name(outlook, "policy.name", policy, sizeof(policy)));
    rl_say_begin(&say, text, sizeof(text));
    rl_show_victim(&say, rl_get(outlook, "choice"), rl_get(outlook, "pod"));
    printf("Chosen: %s", text);
    if (rl_get(outlook, "choice"))
        printf(" (score %s)", rl_get_int(outlook, "choice.score", score, sizeof(score)));
    else if (*rl_get_text(outlook, "no_choice"))
        printf(": %s", rl_show_reason(rl_get_text(outlook, "no_choice")));
    puts(".");
    rl_show_steps(rl_get(outlook, "steps"));
    show_hindrances(outlook);
    rl_show_candidates(rl_get(outlook, "candidates"));
    rl_show_groups(rl_get(outlook, "groups"));
}

/* ---- doing it ---- */

struct relief {
    char id[128];
    json_t *ended; /* the record */
};

static void on_record(void *userdata, const json_t *record)
{
    struct relief *relief = userdata;

    if (rl_get_true(record, "open") || strcmp(rl_get_text(record, "id"), relief->id) != 0 ||
        relief->ended)
        return;
    relief->ended = json_incref((json_t *)record);
}

bool rl_confirmed(FILE *from, const char *question)
{
    char answer[16];

    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (!fgets(answer, sizeof(answer), from))
        return false;
    return strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0;
}

void rl_expected_text(const json_t *outlook, char *buf, size_t size)
{
    const json_t *choice = rl_get(outlook, "choice");

    if (!choice)
        snprintf(buf, size, "%s", "");
    else if (strcmp(rl_get_text(choice, "scope"), "process") == 0)
        snprintf(buf, size, "pid:%" PRIu64, rl_get_count(choice, "pid"));
    else
        snprintf(buf, size, "%s", rl_get_text(choice, "cgroup"));
}

static int wait_for_end(sd_bus *bus, struct relief *relief)
{
    while (!relief->ended) {
        int r = rl_client_wait(bus, WAIT_US);

        if (r < 0 && r != -EINTR) {
            fprintf(stderr, "reliefd: %s; 'reliefctl explain %s' may tell more later\n",
                r == -ENOTCONN ? "it closed the connection" : strerror(-r), relief->id);
            return RL_EXIT_FAILURE;
        }
    }
    return RL_EXIT_OK;
}

int rl_relief_exit(const json_t *record)
{
    const char *outcome = rl_get_text(record, "outcome.id");

    return strcmp(outcome, "relieved") == 0 || strcmp(outcome, "eased") == 0 ||
                   strcmp(outcome, "dry-run") == 0
               ? RL_EXIT_OK
               : RL_EXIT_FAILURE;
}

static int act(const struct rl_args *args, sd_bus *bus, const char *cgroup, const char *expected)
{
    const char *step = args->own[OPT_STEP] ? args->own[OPT_STEP] : "";
    struct relief relief = {0};
    json_auto_t *answer = NULL;
    int code, r = rl_client_listen(bus, on_record, &relief);

    if (r < 0)
        return rl_client_say(args, r);
    code = rl_client_call(bus, &answer, "Relieve", "sssb", cgroup, step, expected, 0);
    if (code != RL_EXIT_OK)
        return code;
    snprintf(relief.id, sizeof(relief.id), "%s", rl_get_text(answer, "id"));
    code = wait_for_end(bus, &relief);
    if (code == RL_EXIT_OK) {
        if (args->common[RL_OPT_JSON])
            rl_print_json(relief.ended);
        else
            rl_story_print(relief.ended);
        code = rl_relief_exit(relief.ended);
    }
    json_decref(relief.ended);
    return code;
}

/* Shown and asked for. Return: RL_EXIT_OK to go on. */
static int ask(const struct rl_args *args, const json_t *outlook)
{
    if (!args->common[RL_OPT_JSON])
        show_outlook(outlook);
    if (!rl_get(outlook, "choice") && strcmp(rl_get_text(outlook, "no_choice"), "exiting") != 0) {
        fprintf(stderr, "reliefctl relieve: nobody there may be chosen\n");
        return RL_EXIT_FAILURE;
    }
    if (args->own[OPT_YES])
        return RL_EXIT_OK;
    if (args->common[RL_OPT_JSON] || !isatty(STDIN_FILENO)) {
        fprintf(stderr, "reliefctl relieve: there is nobody to ask: give --yes or --dry-run\n");
        return RL_EXIT_USAGE;
    }
    putchar('\n');
    fflush(stdout);
    if (rl_confirmed(stdin, "Do it?"))
        return RL_EXIT_OK;
    fprintf(stderr, "reliefctl relieve: nothing was done\n");
    return RL_EXIT_FAILURE;
}

static int relieve(const struct rl_args *args, sd_bus *bus, const char *cgroup)
{
    const char *step = args->own[OPT_STEP] ? args->own[OPT_STEP] : "";
    json_auto_t *outlook = NULL;
    char expected[4096] = "";
    int code = rl_client_call(bus, &outlook, "Relieve", "sssb", cgroup, step, "", 1);

    if (code != RL_EXIT_OK)
        return code;
    if (args->own[OPT_DRY_RUN]) {
        if (args->common[RL_OPT_JSON])
            return rl_print_json(outlook);
        show_outlook(outlook);
        return RL_EXIT_OK;
    }
    code = ask(args, outlook);
    /* Whoever was asked has agreed to this victim and no other. */
    if (!args->own[OPT_YES])
        rl_expected_text(outlook, expected, sizeof(expected));
    return code == RL_EXIT_OK ? act(args, bus, cgroup, expected) : code;
}

int rl_ctl_relieve(const struct rl_args *args)
{
    const char *cgroup = args->n_words > 0 ? args->words[0] : "";
    sd_bus *bus = NULL;
    int code, r;

    if (*cgroup != '/' && strncmp(cgroup, "pid:", 4) != 0) {
        fprintf(stderr,
            "reliefctl relieve: which cgroup? Give its path with the leading /, or pid:N\n");
        return RL_EXIT_USAGE;
    }
    r = rl_client_open(args, &bus);
    if (r < 0)
        return rl_client_say(args, r);
    code = relieve(args, bus, cgroup);
    sd_bus_close_unref(bus);
    return code;
}
