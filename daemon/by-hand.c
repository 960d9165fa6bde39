/* What people do by hand: pause and resume, relieve a cgroup, try a policy. Answers are JSON, their
 * schemas are in reliefctl(1). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

#define TRY_PREFIX "reliefd-try-" /* of the cgroups that a policy may be tried in */

static const char no_memory[] = "out of memory";

static char *text_of(json_t *json, const char **ret_error)
{
    char *text = rl_json_text(json);

    json_decref(json);
    if (!text)
        *ret_error = no_memory;
    return text;
}

static const struct rl_policy *policy_named(const struct rl_engine *engine, const char *name)
{
    for (size_t i = 0; i < engine->policies->n; i++)
        if (strcmp(engine->policies->policies[i].name, name) == 0)
            return &engine->policies->policies[i];
    return NULL;
}

/* ---- pauses ---- */

static const char *escaped(const struct rl_pause *pause, char *buf, size_t size)
{
    char text[RL_PAUSE_PATH_MAX + 32];

    rl_escape(rl_pause_text(pause, text, sizeof(text)), buf, size);
    return buf;
}

static void save_pauses(const struct rl_engine *engine)
{
    char boot[SD_ID128_STRING_MAX];
    sd_id128_t id;
    int r;

    if (!engine->options.runtime_dir || sd_id128_get_boot(&id) < 0)
        return;
    r = rl_pauses_save(&engine->pauses, engine->options.runtime_dir, sd_id128_to_string(id, boot));
    if (r < 0)
        rl_warning("%s/" RL_PAUSE_FILE_NAME ": %s; a restart of reliefd would end the pauses",
            engine->options.runtime_dir, strerror(-r));
}

static void arm_pauses(struct rl_engine *engine)
{
    uint64_t next = rl_pause_next(&engine->pauses);

    if (!engine->pause_timer)
        return;
    sd_event_source_set_time(engine->pause_timer, next);
    sd_event_source_set_enabled(engine->pause_timer, next > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void drop_over(struct rl_engine *engine)
{
    char text[RL_PAUSE_PATH_MAX];
    struct rl_pause over;
    bool any = false;

    while (rl_pause_expire(&engine->pauses, rl_now_us(), &over)) {
        rl_notice("the pause of %s is over", escaped(&over, text, sizeof(text)));
        any = true;
    }
    if (any) {
        save_pauses(engine);
        rl_reach_stir(engine, rl_now_us());
    }
    arm_pauses(engine);
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
    drop_over(userdata);
    return 0;
}

void rl_pauses_begin(struct rl_engine *engine)
{
    const char *folder = engine->options.runtime_dir;
    char boot[SD_ID128_STRING_MAX], text[RL_PAUSE_PATH_MAX], left[RL_TEXT_MAX];
    uint64_t now = rl_now_us();
    sd_id128_t id;
    int r = sd_event_add_time(
        engine->event, &engine->pause_timer, CLOCK_MONOTONIC, 0, 1000, on_pause_over, engine);

    if (r < 0)
        rl_warning("the end of a pause is not told: %s", strerror(-r));
    if (folder && sd_id128_get_boot(&id) >= 0) {
        r = rl_pauses_load(&engine->pauses, folder, sd_id128_to_string(id, boot), now);
        if (r < 0 && r != -ENOENT)
            rl_warning("%s/" RL_PAUSE_FILE_NAME " cannot be read (%s): no policy is paused", folder,
                strerror(-r));
    }
    for (size_t i = 0; i < RL_PAUSES_MAX; i++) {
        const struct rl_pause *one = &engine->pauses.items[i];

        if (!one->used)
            continue;
        rl_duration_text(one->until_us - now, left, sizeof(left));
        rl_notice("still paused: %s, for another %s", escaped(one, text, sizeof(text)), left);
    }
    arm_pauses(engine);
}

struct rl_pause *rl_pause_for(struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    char path[RL_PAUSE_PATH_MAX];

    if (rl_pause_next(&engine->pauses) == 0)
        return NULL;
    rl_cgroup_path(cgroup, path, sizeof(path));
    return rl_pause_of(
        &engine->pauses, cgroup->policy ? cgroup->policy->name : NULL, path, rl_now_us());
}

bool rl_paused(struct rl_engine *engine, const struct rl_hot *hot)
{
    struct rl_pause *pause = hot ? rl_pause_for(engine, hot->cgroup) : NULL;
    char path[RL_PATH_MAX], text[RL_PATH_MAX];

    if (!pause)
        return false;
    if (!pause->said) {
        rl_cgroup_path(hot->cgroup, path, sizeof(path));
        rl_escape(path, text, sizeof(text));
        rl_warning("%s is short of memory, and nothing is done: it is paused by hand (uid %u)",
            text, (unsigned)pause->uid);
    }
    pause->said = true;
    return true;
}

static char *pauses_text(struct rl_engine *engine, json_int_t ended, const char **ret_error)
{
    return text_of(json_pack("{s:I, s:o}", "ended", ended, "pauses",
                       rl_pauses_json(&engine->pauses, rl_now_us(), rl_wall_us())),
        ret_error);
}

static char *api_pause(void *userdata, uid_t uid, const char *policy, const char *cgroup,
    uint64_t length_us, const char **ret_error)
{
    struct rl_engine *engine = userdata;
    const struct rl_cgroup *found = *cgroup ? rl_tree_find(rl_watch_tree(engine->watch), cgroup)
                                            : NULL;
    struct rl_pause said = {.used = true};
    char path[RL_PAUSE_PATH_MAX] = "", text[RL_PAUSE_PATH_MAX], length[RL_TEXT_MAX];
    int r = -ENOENT;

    if (found)
        rl_cgroup_path(found, path, sizeof(path));
    if (*policy && !policy_named(engine, policy))
        *ret_error = "no policy of that name is in force; 'reliefctl status' lists them";
    else if (*cgroup && !found)
        *ret_error = "no such cgroup";
    else
        r = rl_pause_add(&engine->pauses, policy, path, uid, rl_now_us(), length_us);
    if (r == -ERANGE)
        *ret_error = "a pause lasts 24 h at most, and longer than no time";
    else if (r == -ENOSPC)
        *ret_error = "too many pauses stand: end some of them with 'reliefctl resume'";
    else if (r == -EINVAL)
        *ret_error = "name a policy or a cgroup, not both";
    if (r < 0)
        return NULL;
    snprintf(said.policy, sizeof(said.policy), "%s", policy);
    snprintf(said.cgroup, sizeof(said.cgroup), "%s", path);
    rl_duration_text(length_us, length, sizeof(length));
    rl_notice("paused by hand for %s: %s (uid %u)", length, escaped(&said, text, sizeof(text)),
        (unsigned)uid);
    save_pauses(engine);
    arm_pauses(engine);
    rl_reach_stir(engine, rl_now_us());
    return pauses_text(engine, 0, ret_error);
}

static char *api_resume(
    void *userdata, uid_t uid, const char *policy, const char *cgroup, const char **ret_error)
{
    struct rl_engine *engine = userdata;
    size_t ended = rl_pause_end(&engine->pauses, policy, cgroup);

    if (ended == 0 && (*policy || *cgroup)) {
        *ret_error = "there is no such pause; 'reliefctl status' shows those that stand";
        return NULL;
    }
    if (ended > 0)
        rl_notice(
            "%zu pause%s ended by hand (uid %u)", ended, ended == 1 ? "" : "s", (unsigned)uid);
    save_pauses(engine);
    arm_pauses(engine);
    rl_reach_stir(engine, rl_now_us());
    return pauses_text(engine, (json_int_t)ended, ret_error);
}

/* ---- relief by hand ---- */

static json_t *steps_json(const struct rl_relief *relief, const struct rl_step *only)
{
    json_t *list = json_array();
    char signal[RL_TEXT_MAX];

    for (uint8_t i = 0; i < relief->n; i++) {
        const struct rl_step *step = &relief->steps[i];

        if (only && only != step)
            continue;
        rl_signal_text(step->signal, signal, sizeof(signal));
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o}", "step", rl_step_name(step->kind), "signal",
                      step->signal > 0 ? json_string(signal) : json_null(), "wait_ms",
                      rl_json_ms(step->wait_us)));
    }
    return list;
}

static json_t *rule_json(uint32_t most, uint64_t per_us, const struct rl_allowance *allowance)
{
    if (most == 0)
        return json_null();
    return json_pack("{s:I, s:o, s:I, s:b}", "most", (json_int_t)most, "per_ms", rl_json_ms(per_us),
        "kills", (json_int_t)allowance->kills, "used_up", allowance->why != RL_REASON_NONE);
}

/* How the policy's own rules stand; asking changes nothing. */
static void add_rules(struct rl_engine *engine, json_t *json, const struct rl_hot *hot)
{
    const struct rl_relief *relief = &hot->cgroup->policy->relief;
    const struct rl_settings *settings = engine->options.settings;
    uint64_t now = rl_now_us();
    struct rl_kills kills = {0};
    struct rl_allowance own, all;

    for (size_t i = 0; i < RL_PASTS_MAX; i++)
        if (engine->pasts[i].id == hot->cgroup->id)
            kills = engine->pasts[i].kills;
    own = rl_limit_allows(&kills, relief, now);
    all = rl_budget_allows(&engine->budget, settings->budget_kills, settings->budget_us, now);
    json_object_set_new(json, "limit", rule_json(relief->limit, relief->limit_us, &own));
    json_object_set_new(
        json, "budget", rule_json(settings->budget_kills, settings->budget_us, &all));
}

/* What would be done now: explain's answer, and the ladder. */
static json_t *outlook_json(
    struct rl_engine *engine, struct rl_hot *hot, bool was_hot, const struct rl_step *only)
{
    const struct rl_policy *policy = hot->cgroup->policy;
    json_t *json = rl_state_explain(engine, hot, was_hot);

    if (!json)
        return NULL;
    json_object_set_new(json, "steps", steps_json(&policy->relief, only));
    json_object_set_new(json, "dry_run", json_boolean(rl_engine_dry(engine, policy)));
    add_rules(engine, json, hot);
    return json;
}

/* Is it still the one that was shown to the person who asked? */
static bool is_expected(const struct rl_scratch *s, const char *expected)
{
    char now[RL_PAUSE_PATH_MAX];

    if (!*expected)
        return true;
    if (!s->choice.found)
        return false;
    if (s->choice.scope == RL_KILL_PROCESS)
        snprintf(now, sizeof(now), "pid:%d", (int)s->pool.items[s->choice.candidate].process.pid);
    else
        snprintf(now, sizeof(now), "%s", s->groups[s->choice.group].path);
    return strcmp(now, expected) == 0;
}

static char *open_by_hand(struct rl_engine *engine, struct rl_hot *hot, uid_t uid,
    const struct rl_step *only, const char *expected, const char **ret_error)
{
    struct rl_running *running = NULL;
    char path[RL_PATH_MAX], text[RL_PATH_MAX];
    enum rl_reason why;

    rl_state_judge(engine, hot, &hot->verdict);
    if (*expected) {
        rl_decide(engine, hot, hot->cgroup->policy, false);
        if (!is_expected(&engine->scratch, expected)) {
            *ret_error = "somebody else would be chosen by now than was shown: look again";
            return NULL;
        }
    }
    rl_cgroup_path(hot->cgroup, path, sizeof(path));
    rl_escape(path, text, sizeof(text));
    rl_notice("relief of %s by hand (uid %u)", text, (unsigned)uid);
    why = rl_course_open_by_hand(engine, hot, uid, only, rl_now_us(), &running);
    if (why != RL_REASON_NONE) {
        *ret_error = rl_reason_text(why);
        return NULL;
    }
    return text_of(json_pack("{s:o}", "id", rl_json_string(running->record.id)), ret_error);
}

static char *api_relieve(
    void *userdata, uid_t uid, const struct rl_bus_relief *relief, const char **ret_error)
{
    struct rl_engine *engine = userdata;
    const struct rl_policy *policy;
    const struct rl_step *only = NULL;
    bool was_hot;
    struct rl_hot *hot = rl_state_heat(engine, relief->cgroup, &was_hot, ret_error);

    if (!hot)
        return NULL;
    policy = hot->cgroup->policy;
    if (!policy) {
        *ret_error = "no policy is in force there: nothing says what may be done";
        return NULL;
    }
    for (uint8_t i = 0; *relief->step && !only && i < policy->relief.n; i++)
        if (strcmp(rl_step_name(policy->relief.steps[i].kind), relief->step) == 0)
            only = &policy->relief.steps[i];
    if (*relief->step && !only) {
        *ret_error = "the policy that is in force there has no such step";
        return NULL;
    }
    if (relief->look_only)
        return text_of(outlook_json(engine, hot, was_hot, only), ret_error);
    return open_by_hand(engine, hot, uid, only, relief->expected, ret_error);
}

/* ---- a policy on trial ---- */

static struct rl_tried *tried_of(struct rl_engine *engine, uint64_t id)
{
    for (size_t i = 0; i < RL_TRIES_MAX; i++)
        if (engine->tries[i].id == id)
            return &engine->tries[i];
    return NULL;
}

bool rl_tried(struct rl_engine *engine, uint64_t id)
{
    return id != 0 && tried_of(engine, id);
}

const struct rl_policy *rl_tried_policy(struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    const struct rl_tried *tried = cgroup->id ? tried_of(engine, cgroup->id) : NULL;

    return tried ? policy_named(engine, tried->policy) : NULL;
}

void rl_tried_forget(struct rl_engine *engine, uint64_t id)
{
    struct rl_tried *tried = id ? tried_of(engine, id) : NULL;

    if (tried)
        *tried = (struct rl_tried){0};
}

/* Would it stay within the cgroup that it is tried in? */
static const char *reaches_beyond(const struct rl_policy *policy)
{
    if (policy->victim.within == RL_WITHIN_GLOB)
        return "its Within= reaches beyond the cgroup: it cannot be tried without harm to others";
    for (uint8_t i = 0; i < policy->relief.n; i++) {
        const char *name = rl_step_name(policy->relief.steps[i].kind);

        if (strcmp(name, "restart") == 0 || strcmp(name, "panic") == 0)
            return "it has a step restart or panic, which reaches beyond the cgroup: it cannot be "
                   "tried without harm to others";
    }
    if (policy->relief.on_no_victim == RL_NO_VICTIM_PANIC)
        return "it has OnNoVictim=panic: it cannot be tried without harm to others";
    return NULL;
}

/* The scratch cgroup; it was made a moment ago and may not be known yet. */
static struct rl_cgroup *scratch_cgroup(
    struct rl_engine *engine, const char *path, const char **ret_error)
{
    struct rl_tree *tree = rl_watch_tree(engine->watch);
    const char *name = strrchr(path, '/');
    struct rl_cgroup *cgroup;

    if (!name || strncmp(name + 1, TRY_PREFIX, strlen(TRY_PREFIX)) != 0) {
        *ret_error = "a policy is tried in a cgroup made for it only: " TRY_PREFIX "...";
        return NULL;
    }
    cgroup = rl_tree_find(tree, path);
    if (!cgroup && rl_tree_rescan(tree) >= 0)
        cgroup = rl_tree_find(tree, path);
    if (!cgroup)
        *ret_error = "no such cgroup";
    return cgroup;
}

static char *api_try(
    void *userdata, uid_t uid, const char *policy, const char *path, const char **ret_error)
{
    struct rl_engine *engine = userdata;
    const struct rl_policy *tried = policy_named(engine, policy);
    struct rl_tried *place = tried_of(engine, 0);
    struct rl_cgroup *cgroup;
    struct rl_hot *hot;
    bool was_hot;

    if (!tried)
        *ret_error = "no policy of that name is in force; 'reliefctl status' lists them";
    else if (!(*ret_error = reaches_beyond(tried)) && !place)
        *ret_error = "too many policies are tried at once";
    if (*ret_error)
        return NULL;
    cgroup = scratch_cgroup(engine, path, ret_error);
    if (!cgroup)
        return NULL;
    if (rl_tried(engine, cgroup->id))
        place = tried_of(engine, cgroup->id);
    place->id = cgroup->id;
    snprintf(place->policy, sizeof(place->policy), "%s", tried->name);
    rl_attach(engine, cgroup);
    hot = rl_state_heat(engine, path, &was_hot, ret_error);
    if (!hot) {
        rl_tried_forget(engine, cgroup->id);
        rl_attach(engine, cgroup);
        return NULL;
    }
    rl_notice("policy %s is tried by hand (uid %u)", tried->name, (unsigned)uid);
    return text_of(outlook_json(engine, hot, was_hot, NULL), ret_error);
}

/* A FIFO of the caller's in our own folder, and nothing else. Return: fd, or -errno. */
static int open_fifo(const struct rl_engine *engine, const char *name)
{
    char path[4096];
    struct stat st;
    int fd;

    if (!engine->options.runtime_dir || strncmp(name, "trace-", 6) != 0 || strchr(name, '/') ||
        snprintf(path, sizeof(path), "%s/%s", engine->options.runtime_dir, name) >=
            (int)sizeof(path))
        return -EINVAL;
    fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
        return fd;
    close(fd);
    return -EINVAL;
}

static char *api_record(void *userdata, uid_t uid, const char *fifo, const char **ret_error)
{
    struct rl_engine *engine = userdata;
    int r = open_fifo(engine, fifo);

    if (r >= 0)
        r = rl_tracing_begin(engine, r);
    if (r == -EBUSY)
        *ret_error = "a trace is being written already, and there is only one at a time";
    else if (r < 0 && r != -EAGAIN)
        *ret_error = strerror(-r);
    if (r < 0 && r != -EAGAIN)
        return NULL;
    if (r >= 0)
        rl_notice("a trace is written for uid %u", (unsigned)uid);
    return text_of(
        json_pack("{s:i, s:b}", "version", RL_TRACE_VERSION, "wait", r == -EAGAIN), ret_error);
}

const struct rl_bus_hand rl_engine_hand = {
    .pause = api_pause,
    .resume = api_resume,
    .relieve = api_relieve,
    .try_policy = api_try,
    .record = api_record,
};
