/* What became of dry runs: each decision to kill that was not carried out is followed until its
 * grade is known (policy/grade.h), and kernel kills that nothing came before are counted.
 *
 * One timer serves all that is followed; it runs while something is, every 10 s. Grades are written
 * down and kernel kills looked for when nothing is urgent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine-private.h"
#include "daemon/report/gradebook.h"
#include "daemon/kernel-kills.h"
#include "daemon/report/entry.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"
#include "daemon/report/metrics.h"
#include "daemon/report/say.h"
#include "policy/kube.h"

#define FOLLOWED_MAX   16
#define FORESIGHTS_MAX 32
#define STRIKES_MAX    8
#define ACCURACY_US    RL_US_PER_S
#define SHORT_WINDOW   (10 * RL_US_PER_S)
/* A machine with less than this available is short, as far as evictions go: a kubelet's own
 * threshold is 100 MiB where nobody has set another one, and a few percent where somebody has. */
#define SHORT_SHARE 500u

/* A decision of a dry run whose grade is not known, or not written down yet. */
struct followed {
    bool used;
    struct rl_grading grading;
    struct rl_trigger trigger; /* its name is another one's */
    char id[RL_RECORD_ID_MAX];
    char policy[RL_NAME_MAX];
    uint64_t text; /* of the policy */
    char path[RL_PATH_MAX];
    struct rl_cgroup *cgroup; /* the offender; NULL once it is gone */
    struct rl_sight sight;    /* what is known before the next look: killed, gone, pod ... */
    uint64_t next_us;
};

/* An incident that would have killed, or has: a kernel kill soon after was foreseen. */
struct foresight {
    uint64_t at_us; /* 0: free */
    char path[RL_PATH_MAX];
};

/* A kill by the kernel, for decisions that are followed only afterwards. */
struct strike {
    uint64_t at_us; /* when it was seen; 0: free */
    char path[RL_PATH_MAX];
    bool limited;
};

struct rl_grader {
    struct rl_gradebook book;
    struct rl_kernel_kills kills;
    struct followed followed[FOLLOWED_MAX];
    struct foresight foresights[FORESIGHTS_MAX]; /* a ring */
    size_t n_foresights;
    struct strike strikes[STRIKES_MAX]; /* a ring */
    size_t n_strikes;
    sd_event_source *timer;
    bool kills_pending;
    bool save_failed; /* and was said */
};

/* ---- paths ---- */

/* Is a the same as b, or above it? */
static bool holds(const char *a, const char *b)
{
    size_t len = strlen(a);

    return strcmp(a, "/") == 0 || (strncmp(a, b, len) == 0 && (b[len] == '\0' || b[len] == '/'));
}

static bool is_root(const char *path)
{
    return strcmp(path, "/") == 0;
}

/* Was a kernel kill what this offender's shortage came to? The machine's is no limit of a cgroup.
 * Where the offender's cgroup is gone its kills are told of the cgroup above. */
static bool concerns(const char *offender, bool gone, const char *killed, bool limited)
{
    if (is_root(offender))
        return !limited;
    return holds(offender, killed) || (gone && !is_root(killed) && holds(killed, offender));
}

/* ---- looking ---- */

static bool machine_is_short(struct rl_engine *engine, uint64_t now_us)
{
    struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));
    const struct rl_node *node = rl_watch_node(engine->watch, false);
    struct rl_evidence evidence;

    if (node->mem_available < node->mem_total / RL_WHOLE * SHORT_SHARE)
        return true;
    if (!root->hot)
        return false;
    rl_blame_node(engine, now_us, SHORT_WINDOW, &evidence);
    return evidence.verdict == RL_ORIGIN_NODE;
}

/* What the offender looks like now. */
static void see(struct rl_engine *engine, struct followed *f, uint64_t now_us)
{
    struct rl_reading readings[RL_LINES_MAX];
    struct rl_hot *hot = f->cgroup ? rl_watch_heat(engine->watch, f->cgroup) : NULL;
    const struct rl_sample *sample;

    f->sight.now_us = now_us;
    f->sight.known = f->sight.holds = false;
    if (f->sight.pod)
        f->sight.node_short = machine_is_short(engine, now_us);
    if (!hot || rl_watch_sample(engine->watch, hot, now_us) < 0)
        return;
    sample = &hot->cgroup->files->sample;
    f->sight.known = sample->have & RL_HAVE_PRESSURE;
    f->sight.some_us = sample->some_us;
    f->sight.full_us = sample->full_us;
    f->sight.holds = rl_trigger_read(&f->trigger,
        &(struct rl_present){
            .history = &hot->history, .room = &hot->room, .have = sample->have, .now_us = now_us},
        readings);
}

static void arm(struct rl_grader *grader)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        if (grader->followed[i].used && grader->followed[i].next_us > 0 &&
            grader->followed[i].next_us < next)
            next = grader->followed[i].next_us;
    if (next == UINT64_MAX) {
        sd_event_source_set_enabled(grader->timer, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(grader->timer, next);
    sd_event_source_set_enabled(grader->timer, SD_EVENT_ONESHOT);
}

/* Hold what is known of it against its grade; once that is known it waits to be written down. */
static void weigh(struct rl_engine *engine, struct followed *f)
{
    f->next_us = rl_grade_look(&f->grading, &f->sight);
    if (f->next_us == 0)
        rl_engine_later(engine);
}

static void look_at(struct rl_engine *engine, struct followed *f, uint64_t now_us)
{
    if (f->grading.grade != RL_GRADE_PENDING)
        return;
    see(engine, f, now_us);
    weigh(engine, f);
}

/* Something has happened to it between two looks. When reliefd ends nothing is looked at any more:
 * a look may begin an incident. */
static void learn(struct rl_engine *engine, struct followed *f)
{
    if (!f->sight.stopped) {
        look_at(engine, f, rl_now_us());
    } else if (f->grading.grade == RL_GRADE_PENDING) {
        f->sight.now_us = rl_now_us();
        weigh(engine, f);
    }
}

/* ---- kernel kills ---- */

static bool foreseen(struct rl_engine *engine, const char *path, bool limited, uint64_t now_us)
{
    struct rl_grader *grader = engine->grader;
    struct rl_tree *tree = rl_watch_tree(engine->watch);

    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        if (engine->running[i]->used &&
            concerns(engine->running[i]->record.offender, !engine->running[i]->hot, path, limited))
            return true;
    for (size_t i = 0; i < FORESIGHTS_MAX; i++) {
        const struct foresight *f = &grader->foresights[i];

        if (f->at_us != 0 && f->at_us + RL_GRADE_FORESEEN_US >= now_us &&
            concerns(f->path, !rl_tree_find(tree, f->path), path, limited))
            return true;
    }
    return false;
}

/* Whose policy should have seen it coming: where the machine had run out, the machine's. */
static const struct rl_policy *blamed(
    struct rl_engine *engine, const struct rl_cgroup *cgroup, bool limited)
{
    const struct rl_policy *machine = rl_tree_root(rl_watch_tree(engine->watch))->policy;

    return !limited && machine ? machine : cgroup->policy;
}

static void note_strike(struct rl_grader *grader, const char *path, bool limited, uint64_t at_us)
{
    struct strike *strike = &grader->strikes[grader->n_strikes++ % STRIKES_MAX];

    strike->at_us = at_us;
    strike->limited = limited;
    snprintf(strike->path, sizeof(strike->path), "%s", path);
}

static bool struck_since(const struct rl_grader *grader, const struct followed *f, uint64_t from_us)
{
    for (size_t i = 0; i < STRIKES_MAX; i++) {
        const struct strike *strike = &grader->strikes[i];

        if (strike->at_us != 0 && strike->at_us >= from_us &&
            concerns(f->path, !f->cgroup, strike->path, strike->limited))
            return true;
    }
    return false;
}

static void on_kernel_kill(
    void *userdata, struct rl_cgroup *cgroup, const struct rl_kernel_kill *kill)
{
    struct rl_engine *engine = userdata;
    struct rl_grader *grader = engine->grader;
    const struct rl_policy *policy = blamed(engine, cgroup, kill->limited);
    uint64_t now = rl_now_us();
    char path[RL_PATH_MAX];
    bool expected;

    rl_cgroup_path(cgroup, path, sizeof(path));
    note_strike(grader, path, kill->limited, now);
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        struct followed *f = &grader->followed[i];

        if (f->used && concerns(f->path, !f->cgroup, path, kill->limited))
            f->sight.killed = true;
    }
    expected = foreseen(engine, path, kill->limited, now);
    if (engine->metrics)
        rl_metrics_kernel_kills(engine->metrics, policy ? policy->name : "", expected, kill->n);
    if (expected)
        return;
    rl_gradebook_miss(&grader->book, policy ? policy->name : NULL, policy ? policy->text : 0, path,
        kill->n, rl_wall_us());
    rl_info("the kernel's OOM killer has struck in %s, and no policy acted or would have acted "
            "there within two minutes before",
        path);
}

static void look_for_kills(struct rl_engine *engine)
{
    struct rl_grader *grader = engine->grader;

    grader->kills_pending = false;
    rl_kernel_kills_look(&grader->kills, rl_watch_tree(engine->watch),
        engine->options.probe->cgroup_fd, engine->options.probe->local_events_mount, on_kernel_kill,
        engine);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_engine *engine = userdata;
    struct rl_grader *grader = engine->grader;
    uint64_t now = rl_now_us();

    look_for_kills(engine);
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        struct followed *f = &grader->followed[i];

        if (f->used && f->next_us > 0 && f->next_us <= now + ACCURACY_US)
            look_at(engine, f, now);
    }
    rl_watch_rearm(engine->watch);
    arm(grader);
    return 0;
}

void rl_grades_kernel_kill(struct rl_engine *engine)
{
    if (!engine->grader)
        return;
    engine->grader->kills_pending = true;
    rl_engine_later(engine);
}

void rl_grades_gone(struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    struct rl_grader *grader = engine->grader;

    if (!grader)
        return;
    rl_kernel_kills_forget(&grader->kills, cgroup->id);
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        struct followed *f = &grader->followed[i];

        if (!f->used || f->cgroup != cgroup)
            continue;
        f->cgroup = NULL;
        f->sight.gone = true;
        rl_engine_later(engine); /* the kernel may have killed it: that is looked for first */
    }
}

/* ---- grades ---- */

static json_t *grade_json(const struct rl_grading *grading, bool went_live)
{
    uint64_t after = grading->decided_us > grading->from_us ? grading->decided_us - grading->from_us
                                                            : 0;

    return json_pack("{s:s, s:s, s:o, s:b}", "verdict", rl_grade_name(grading->grade), "evidence",
        rl_reason_id(grading->evidence), "after_ms", rl_json_ms(after), "went_live", went_live);
}

static const struct rl_policy *in_force(
    const struct rl_engine *engine, const char *name, uint64_t text)
{
    for (size_t i = 0; i < engine->policies->n; i++) {
        const struct rl_policy *policy = &engine->policies->policies[i];

        if (policy->text == text && strcmp(policy->name, name) == 0)
            return policy;
    }
    return NULL;
}

static void say_live(const struct rl_policy *policy, const struct rl_graded *graded)
{
    char name[4 * RL_NAME_MAX], confirmed[32], vain[32], message[4 * RL_NAME_MAX + 256];
    struct rl_field fields[] = {
        {"MESSAGE_ID", RL_MESSAGE_WENT_LIVE},
        {"RELIEFD_POLICY", rl_escape(policy->name, name, sizeof(name))},
        {"RELIEFD_CONFIRMED", confirmed},
        {"RELIEFD_SELF_RESOLVED", vain},
    };

    snprintf(confirmed, sizeof(confirmed), "%llu", (unsigned long long)graded->counts.confirmed);
    snprintf(vain, sizeof(vain), "%llu", (unsigned long long)graded->counts.self_resolved);
    snprintf(message, sizeof(message),
        "The policy %s goes live: of the kills that it did without %s would have been right and %s "
        "in vain; from now on it acts",
        name, confirmed, vain);
    rl_log_fields(LOG_WARNING, message, fields, sizeof(fields) / sizeof(fields[0]));
}

/* Return: whether the policy's record has just become good enough. */
static bool goes_live(struct rl_engine *engine, struct rl_graded *graded)
{
    const struct rl_policy *policy = in_force(engine, graded->policy, graded->text);

    if (graded->live || !policy || policy->relief.dry_run != RL_DRY_UNTIL ||
        !rl_grade_good(
            &graded->counts, policy->relief.dry_until.confirmed, policy->relief.dry_until.regret))
        return false;
    graded->live = true;
    graded->live_wall_us = rl_wall_us();
    say_live(policy, graded);
    return true;
}

/* Write a grade down. Return: did its policy go live by it? */
static bool write_down(struct rl_engine *engine, const char *id, const char *policy, uint64_t text,
    const struct rl_grading *grading)
{
    struct rl_gradebook *book = &engine->grader->book;
    struct rl_graded *graded = rl_gradebook_of(book, policy, text, rl_wall_us());
    bool live;

    rl_grade_count(&graded->counts, grading);
    book->changed = true;
    if (engine->metrics)
        rl_metrics_touch(engine->metrics);
    live = goes_live(engine, graded);
    rl_info("the dry run of incident %s is graded %s: %s", id, rl_grade_name(grading->grade),
        rl_reason_text(grading->evidence));
    rl_report_amend(engine->options.report, id, "grade", grade_json(grading, live));
    return live;
}

static void save(struct rl_engine *engine)
{
    struct rl_grader *grader = engine->grader;
    const char *dir = engine->options.state_dir;
    int r;

    if (!grader->book.changed || !dir)
        return;
    r = rl_gradebook_save(&grader->book, dir);
    if (r < 0 && !grader->save_failed)
        rl_warning(
            "%s/grades.json: %s; grades of dry runs are forgotten at a restart", dir, strerror(-r));
    grader->save_failed = r < 0;
}

void rl_grades_catch_up(struct rl_engine *engine)
{
    struct rl_grader *grader = engine->grader;
    bool live = false;

    if (!grader)
        return;
    if (grader->kills_pending)
        look_for_kills(engine);
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        struct followed *f = &grader->followed[i];

        if (!f->used)
            continue;
        if (f->sight.gone || f->sight.killed || f->sight.relieved || f->sight.stopped) {
            if (f->sight.gone && !f->sight.killed)
                look_for_kills(engine);
            learn(engine, f);
        }
        if (f->grading.grade == RL_GRADE_PENDING)
            continue;
        live |= write_down(engine, f->id, f->policy, f->text, &f->grading);
        f->used = false;
    }
    arm(grader);
    save(engine);
    if (live)
        rl_attach_all(engine); /* its [Guard] counts now */
}

bool rl_grades_live(const struct rl_engine *engine, const struct rl_policy *policy)
{
    const struct rl_graded *graded = engine->grader ? rl_gradebook_find(&engine->grader->book,
                                                          policy->name, policy->text)
                                                    : NULL;

    return graded && graded->live;
}

/* ---- from incidents ---- */

/* When somebody was killed, or would have been; 0: nobody. */
static uint64_t killed_at(const struct rl_record *record)
{
    for (size_t i = 0; i < record->n_steps && i < RL_RECORD_STEPS; i++)
        if (rl_step_traits(record->steps[i].kind)->kills && !record->steps[i].skipped &&
            record->steps[i].result != RL_DONE_ERROR)
            return record->steps[i].at_us;
    return 0;
}

static void note_foresight(struct rl_grader *grader, const char *path, uint64_t at_us)
{
    struct foresight *f = &grader->foresights[grader->n_foresights++ % FORESIGHTS_MAX];

    f->at_us = at_us;
    snprintf(f->path, sizeof(f->path), "%s", path);
}

/* Who was killed in earnest has relieved more than his own cgroup. */
static void note_relieved(struct rl_engine *engine, const char *path)
{
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        struct followed *f = &engine->grader->followed[i];

        if (f->used && (holds(f->path, path) || holds(path, f->path)))
            f->sight.relieved = true;
    }
    rl_engine_later(engine);
}

/* The same policy would have killed there before. Return: the decision that stands for both, NULL
 * where the one before is over. */
static struct followed *followed_already(struct rl_engine *engine, const struct rl_running *running)
{
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        struct followed *f = &engine->grader->followed[i];

        if (!f->used || f->text != running->policy_text ||
            strcmp(f->path, running->record.offender) != 0 ||
            strcmp(f->policy, running->record.policy) != 0)
            continue;
        f->sight.again = true;
        look_at(engine, f, rl_now_us());
        f->sight.again = false;
        if (f->grading.grade == RL_GRADE_PENDING)
            return f;
    }
    return NULL;
}

static struct followed *free_place(struct rl_grader *grader)
{
    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        if (!grader->followed[i].used)
            return &grader->followed[i];
    return NULL;
}

/* The cgroup of a record, if it is still the same one. */
static struct rl_cgroup *offender_of(struct rl_engine *engine, const struct rl_record *record)
{
    struct rl_cgroup *cgroup = rl_tree_find(rl_watch_tree(engine->watch), record->offender);

    return cgroup && cgroup->id == record->offender_id ? cgroup : NULL;
}

static void follow(struct rl_engine *engine, const struct rl_running *running, struct followed *f,
    uint64_t from_us)
{
    const struct rl_record *record = &running->record;
    struct rl_kube kube;

    *f = (struct followed){.used = true, .trigger = running->trigger, .text = running->policy_text};
    snprintf(f->id, sizeof(f->id), "%s", record->id);
    snprintf(f->policy, sizeof(f->policy), "%s", record->policy);
    snprintf(f->path, sizeof(f->path), "%s", record->offender);
    f->trigger.name = NULL;
    f->cgroup = offender_of(engine, record);
    f->sight.gone = !f->cgroup;
    rl_kube_parse(f->path, &kube);
    f->sight.pod = *kube.pod;
    look_for_kills(engine);
    f->sight.killed = struck_since(engine->grader, f, from_us);
    see(engine, f, rl_now_us());
    rl_grade_begin(&f->grading, &f->trigger, from_us, &f->sight);
    f->next_us = f->sight.now_us + RL_GRADE_LOOK_US;
    rl_watch_rearm(engine->watch);
}

/* One that is not followed has its grade at once. */
static void leave(struct rl_engine *engine, const struct rl_running *running,
    enum rl_reason evidence, uint64_t from_us)
{
    struct rl_grading grading = {.grade = RL_GRADE_UNKNOWN,
        .evidence = evidence,
        .from_us = from_us,
        .decided_us = rl_now_us()};

    write_down(engine, running->record.id, running->record.policy, running->policy_text, &grading);
}

void rl_grades_note(struct rl_engine *engine, const struct rl_running *running)
{
    struct rl_grader *grader = engine->grader;
    const struct rl_record *record = &running->record;
    uint64_t at = killed_at(record);
    struct followed *place;

    if (!grader || at == 0 || rl_tried(engine, record->offender_id))
        return;
    note_foresight(grader, record->offender, at);
    if (!record->dry_run)
        note_relieved(engine, record->offender);
    if (!record->dry_run || record->by_hand)
        return;
    rl_gradebook_of(&grader->book, record->policy, running->policy_text, rl_wall_us())
        ->counts.would_have++;
    grader->book.changed = true;
    place = free_place(grader);
    if (record->outcome == RL_OUTCOME_INTERRUPTED)
        leave(engine, running, RL_GRADED_STOPPED, at);
    else if (followed_already(engine, running))
        leave(engine, running, RL_GRADED_AGAIN, at);
    else if (!place)
        leave(engine, running, RL_GRADED_TOO_MANY, at);
    else
        follow(engine, running, place, at);
    rl_engine_later(engine);
}

/* ---- life ---- */

int rl_grades_open(struct rl_engine *engine)
{
    /* Not touched: nothing here stands between a wake-up and a signal. */
    struct rl_grader *grader = calloc(1, sizeof(*grader));
    int r;

    if (!grader)
        return -ENOMEM;
    engine->grader = grader;
    r = sd_event_add_time(
        engine->event, &grader->timer, CLOCK_MONOTONIC, 0, ACCURACY_US, on_timer, engine);
    if (r >= 0)
        r = sd_event_source_set_enabled(grader->timer, SD_EVENT_OFF);
    if (r < 0) {
        rl_grades_close(engine);
        return r;
    }
    if (engine->options.state_dir)
        r = rl_gradebook_load(&grader->book, engine->options.state_dir);
    if (r < 0 && r != -ENOENT)
        rl_warning("%s/grades.json: %s; the grades of dry runs begin anew",
            engine->options.state_dir, strerror(-r));
    look_for_kills(engine);
    return 0;
}

void rl_grades_close(struct rl_engine *engine)
{
    struct rl_grader *grader = engine->grader;

    if (!grader)
        return;
    for (size_t i = 0; i < FOLLOWED_MAX; i++)
        grader->followed[i].sight.stopped = true;
    if (engine->watch && engine->policies)
        rl_grades_catch_up(engine);
    sd_event_source_disable_unref(grader->timer);
    rl_kernel_kills_free(&grader->kills);
    free(grader);
    engine->grader = NULL;
}

json_t *rl_grades_json(const struct rl_engine *engine)
{
    return engine->grader ? rl_gradebook_json(&engine->grader->book) : json_null();
}

json_t *rl_grades_policy_json(const struct rl_engine *engine, const struct rl_policy *policy)
{
    const struct rl_graded *graded = engine->grader ? rl_gradebook_find(&engine->grader->book,
                                                          policy->name, policy->text)
                                                    : NULL;

    return graded ? rl_graded_json(graded) : json_null();
}

const struct rl_gradebook *rl_grades_book(const struct rl_engine *engine)
{
    return engine->grader ? &engine->grader->book : NULL;
}
