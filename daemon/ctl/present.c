#include "daemon/ctl/present.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/top-read.h"
#include "daemon/observe/sample.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"

#define RATES_US (RL_US_PER_S / 2) /* what a person waits for rates */
#define STALLING 10

/* ---- from reliefd ---- */

/* Return: RL_EXIT_OK with the answer; RL_EXIT_DOWN when nobody listens, and nothing was said. */
static int ask(const struct rl_args *args, const char *method, const char *what, json_t **ret)
{
    sd_bus *bus = NULL;
    int code, r = rl_client_open(args, &bus);

    if (r == -ENOENT)
        return RL_EXIT_DOWN;
    if (r < 0)
        return rl_client_say(args, r);
    code = what ? rl_client_call(bus, ret, method, "s", what)
                : rl_client_call(bus, ret, method, "");
    sd_bus_close_unref(bus);
    return code;
}

/* ---- the machine ---- */

static int open_proc(const struct rl_args *args)
{
    const char *root = args->common[RL_OPT_ROOT], *proc = args->common[RL_OPT_PROC_ROOT];
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/proc", root ? root : "");
    return open(proc ? proc : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Rates take time, where anything moves by itself. */
static bool read_signs(const struct rl_args *args, struct rl_signs *ret)
{
    bool elsewhere = args->common[RL_OPT_ROOT] || args->common[RL_OPT_PROC_ROOT];
    struct rl_sign_counters before, now;
    rl_auto_fd int fd = open_proc(args);

    if (fd < 0 || rl_signs_read(fd, &before) < 0)
        return false;
    now = before;
    if (!elsewhere) {
        usleep((useconds_t)RATES_US);
        if (rl_signs_read(fd, &now) < 0)
            now = before;
    }
    rl_signs_between(&before, &now, (uint32_t)sysconf(_SC_PAGESIZE), ret);
    return true;
}

/* ---- from files ---- */

static json_t *stalling_json(const struct rl_top_model *model)
{
    json_t *list = json_array();
    char path[4096];

    for (size_t i = 0; i < model->n_order && json_array_size(list) < STALLING; i++) {
        const struct rl_top_row *row = &model->rows[model->order[i]];

        if (!row->stall_known || row->some == 0)
            continue;
        json_array_append_new(list,
            json_pack("{s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:i}", "cgroup",
                rl_json_string(rl_top_path(model, model->order[i], path, sizeof(path))), "policy",
                rl_json_string(row->policy), "some_percent", rl_json_percent(row->some),
                "full_percent", rl_json_percent(row->full), "window_ms", 10000, "usage_percent",
                row->room_known ? rl_json_percent(row->usage) : json_null(), "headroom_bytes",
                row->room_known ? rl_json_number(row->headroom) : json_null(), "age_ms", 0));
    }
    return list;
}

/* Nobody has watched: what the kernel's own means of 10 s say. */
static json_t *find_stalling(struct rl_observer *observer)
{
    struct rl_top_model model = {.flat = true, .show_idle = true};
    struct rl_top_reader *reader = rl_top_reader_new(observer);
    json_t *list = NULL;

    if (reader && rl_top_reader_look(reader, NULL, 0, &model) >= 0 && rl_top_arrange(&model) >= 0)
        list = stalling_json(&model);
    rl_top_model_free(&model);
    rl_top_reader_free(reader);
    return list ? list : json_array();
}

/* Takes text; error: where there is none. */
static int parse(char *text, const char *const *error, json_t **ret)
{
    rl_auto_free char *owned = text;

    *ret = owned ? json_loads(owned, JSON_DECODE_ANY, NULL) : NULL;
    if (*ret)
        return RL_EXIT_OK;
    fprintf(stderr, "reliefctl: %s\n", *error ? *error : "out of memory");
    return RL_EXIT_FAILURE;
}

static int status_from_files(const struct rl_args *args, const char *policy_dir, json_t **ret)
{
    struct rl_observer observer;
    const char *error = NULL;

    int code = rl_observer_open(args, policy_dir, &observer);
    if (code != RL_EXIT_OK)
        return code;
    code = parse(rl_look_status(observer.look, &error), &error, ret);
    if (code == RL_EXIT_OK) {
        json_object_set_new(*ret, "stalling", find_stalling(&observer));
        /* Of our own process, not of a reliefd. */
        json_object_set_new(*ret, "pid", json_null());
        json_object_set_new(*ret, "started", json_null());
        json_object_del(*ret, "gate");
    }
    rl_observer_close(&observer);
    return code;
}

/* Said first of all: the files may not tell much either. */
static void say_down(const struct rl_args *args, const struct rl_present_json *present)
{
    if (!present->down)
        return;
    rl_client_say(args, -ENOENT);
    fprintf(stderr, "What follows is read from files.\n");
}

int rl_present_status(const struct rl_args *args, const char *policy_dir,
    struct rl_present_json *ret, struct rl_signs *ret_signs)
{
    bool wanted = rl_observer_wanted(args, policy_dir);
    int code = RL_EXIT_DOWN;

    *ret = (struct rl_present_json){0};
    *ret_signs = (struct rl_signs){0};
    if (!wanted)
        code = ask(args, "Status", NULL, &ret->json);
    if (code == RL_EXIT_DOWN) {
        ret->from_files = true;
        ret->down = !wanted;
        say_down(args, ret);
        code = status_from_files(args, policy_dir, &ret->json);
    }
    if (code != RL_EXIT_OK)
        return ret->down ? RL_EXIT_DOWN : code;
    bool known = read_signs(args, ret_signs);
    json_object_set_new(ret->json, "running", json_boolean(!ret->from_files));
    json_object_set_new(ret->json, "signs", known ? rl_signs_json(ret_signs) : json_null());
    return RL_EXIT_OK;
}

static int explain_from_files(const struct rl_args *args, const char *policy_dir, const char *what,
    uint64_t for_us, json_t **ret)
{
    struct rl_observer observer;
    const char *error = NULL;

    int code = rl_observer_open(args, policy_dir, &observer);
    if (code != RL_EXIT_OK)
        return code;
    code = parse(rl_look_explain(observer.look, what, &error), &error, ret);
    if (code == RL_EXIT_OK && for_us > 0) {
        rl_look_run(observer.look, for_us);
        json_decref(*ret);
        code = parse(rl_look_explain(observer.look, what, &error), &error, ret);
    }
    rl_observer_close(&observer);
    return code;
}

int rl_present_explain(const struct rl_args *args, const char *policy_dir, const char *what,
    uint64_t for_us, struct rl_present_json *ret)
{
    bool wanted = rl_observer_wanted(args, policy_dir) || for_us > 0;
    int code = RL_EXIT_DOWN;

    *ret = (struct rl_present_json){0};
    if (!wanted)
        code = ask(args, "Explain", what, &ret->json);
    if (code != RL_EXIT_DOWN)
        return code;
    ret->from_files = true;
    ret->down = !wanted;
    say_down(args, ret);
    code = explain_from_files(args, policy_dir, what, for_us, &ret->json);
    return code != RL_EXIT_OK && ret->down ? RL_EXIT_DOWN : code;
}

int rl_present_exit(const struct rl_present_json *present)
{
    return present->down ? RL_EXIT_DOWN : RL_EXIT_OK;
}
