#include "daemon/ctl/top-daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/show.h"
#include "daemon/observe/sample.h"

#define ASK_US (2 * RL_US_PER_S)
/* On a machine that thrashes the picture goes on without an answer. */
#define ANSWER_US  (RL_US_PER_S / 2)
#define MARKED     256
#define POLICY_MAX 256

struct rl_top_asker {
    const struct rl_args *args;
    sd_bus *bus;
    uint64_t asked_us; /* 0: never */
    struct rl_top_daemon last;
    struct marked {
        uint64_t id;
        char policy[POLICY_MAX]; /* "": none */
    } hot[MARKED], incident[MARKED];
    size_t n_hot, n_incident;
};

struct rl_top_asker *rl_top_asker_new(const struct rl_args *args)
{
    struct rl_top_asker *asker = calloc(1, sizeof(*asker));

    if (asker)
        asker->args = args;
    return asker;
}

struct rl_top_asker *rl_top_asker_free(struct rl_top_asker *asker)
{
    if (!asker)
        return NULL;
    sd_bus_close_unref(asker->bus);
    free(asker);
    return NULL;
}

static json_t *ask(struct rl_top_asker *asker)
{
    sd_bus_message *answer = NULL;
    const char *text;
    json_t *status = NULL;

    if (!asker->bus && (rl_client_open(asker->args, &asker->bus) < 0 ||
                           sd_bus_set_method_call_timeout(asker->bus, ANSWER_US) < 0))
        asker->bus = sd_bus_close_unref(asker->bus);
    if (!asker->bus)
        return NULL;
    int r = sd_bus_call_method(
        asker->bus, NULL, "/org/reliefd1", "org.reliefd1", "Status", NULL, &answer, "");
    if (r >= 0 && sd_bus_message_read(answer, "s", &text) >= 0)
        status = json_loads(text, 0, NULL);
    else
        asker->bus = sd_bus_close_unref(asker->bus);
    sd_bus_message_unref(answer);
    return status;
}

static void take_marked(struct rl_tree *tree, const json_t *list, const char *key,
    const char *policy, struct marked *marked, size_t *n)
{
    size_t i;
    json_t *one;

    *n = 0;
    json_array_foreach(list, i, one)
    {
        const struct rl_cgroup *cgroup = rl_tree_find(tree, rl_get_text(one, key));

        if (!cgroup || *n == MARKED)
            continue;
        marked[*n].id = cgroup->id;
        snprintf(marked[*n].policy, sizeof(marked[*n].policy), "%s", rl_get_text(one, policy));
        ++*n;
    }
}

static void take_incidents(const json_t *list, struct rl_top_daemon *ret)
{
    size_t i;
    json_t *one;

    ret->n_incidents = json_array_size(list);
    json_array_foreach(list, i, one)
    {
        struct rl_say say;

        if (i == RL_TOP_INCIDENTS)
            break;
        rl_say_begin(&say, ret->incidents[i], sizeof(ret->incidents[i]));
        rl_say_foreign(&say, rl_get_text(one, "offender"));
        rl_say(&say, ": policy ");
        rl_say_foreign(&say, rl_get_text(one, "policy.name"));
        rl_say(&say, ", trigger ");
        rl_say_foreign(&say, rl_get_text(one, "trigger.name"));
        rl_say(&say, ", victim ");
        rl_show_victim(&say, rl_get(one, "victim"), rl_get(one, "pod"));
    }
}

static void take(struct rl_top_asker *asker, struct rl_tree *tree, const json_t *status)
{
    struct rl_top_daemon *last = &asker->last;

    *last = (struct rl_top_daemon){.asked = true, .running = status != NULL};
    take_marked(tree, rl_get(status, "hot"), "cgroup", "policy", asker->hot, &asker->n_hot);
    take_marked(tree, rl_get(status, "open_incidents"), "offender", "policy.name", asker->incident,
        &asker->n_incident);
    if (!status)
        return;
    last->dry_run = rl_get_true(status, "dry_run");
    last->hot = json_array_size(rl_get(status, "hot"));
    last->degraded = json_array_size(rl_get(status, "degraded"));
    rl_get_name(status, "version", last->version, sizeof(last->version));
    take_incidents(rl_get(status, "open_incidents"), last);
}

/* Where reliefd has another policy in force than its files would give now, it is right, and who
 * would die by the other one says nothing. */
static struct rl_top_row *mark(struct rl_top_model *model, const struct marked *marked)
{
    size_t at = rl_top_row_of(model, marked->id);
    struct rl_top_row *row = at == RL_TOP_NOBODY ? NULL : &model->rows[at];

    if (!row || strcmp(row->policy ? row->policy : "", marked->policy) == 0)
        return row;
    row->policy = *marked->policy ? marked->policy : NULL;
    row->elsewhere = true;
    return row;
}

static void mark_all(struct rl_top_model *model, const struct rl_top_asker *asker)
{
    for (size_t i = 0; i < asker->n_hot; i++) {
        struct rl_top_row *row = mark(model, &asker->hot[i]);
        if (row)
            row->hot = true;
    }
    for (size_t i = 0; i < asker->n_incident; i++) {
        struct rl_top_row *row = mark(model, &asker->incident[i]);
        if (row)
            row->incident = true;
    }
}

void rl_top_ask(struct rl_top_asker *asker, struct rl_tree *tree, struct rl_top_model *model,
    struct rl_top_daemon *ret)
{
    uint64_t now = rl_now_us();

    if (asker->asked_us == 0 || now - asker->asked_us >= ASK_US) {
        json_auto_t *status = ask(asker);

        take(asker, tree, status);
        asker->asked_us = rl_now_us();
    }
    mark_all(model, asker);
    *ret = asker->last;
}
