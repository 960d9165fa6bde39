/* Replaying a trace that the daemon has written: each decision is the one in the trace, and one
 * that is not is named; other policies decide otherwise. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/replay/replay.h"
#include "tests/unit/folder.h"

#define TRACES RL_SOURCE_ROOT "/tests/fixtures/traces/"

static char *trace; /* the fixture */
static size_t trace_len;

static int read_fixture(const char *name)
{
    FILE *file = fopen(name, "r");

    trace = calloc(1, 1024 * 1024);
    if (!file || !trace)
        return -1;
    trace_len = fread(trace, 1, 1024 * 1024 - 1, file);
    fclose(file);
    return trace_len > 0 ? 0 : -1;
}

/* It says nothing of subjects: one that an older reliefd has written. */
static int read_trace(void **state)
{
    return read_fixture(TRACES "decisions.jsonl");
}

/* Several offenders below one subject, and a glob that reaches into it. */
static int read_within(void **state)
{
    return read_fixture(TRACES "within.jsonl");
}

static int free_trace(void **state)
{
    free(trace);
    return 0;
}

/* ---- replaying ---- */

struct seen {
    struct rl_replay_counts counts;
    char first[256]; /* difference */
    char story[4096];
    size_t n;
    uint64_t line; /* the last one */
    int result;
    char wrong[256];
};

static void say(struct seen *seen, const char *what, const char *who)
{
    seen->n += (size_t)snprintf(
        seen->story + seen->n, sizeof(seen->story) - seen->n, "%s %s\n", what, who);
    assert_true(seen->n < sizeof(seen->story));
}

static void say_choice(struct seen *seen, const struct rl_told *told)
{
    const struct rl_choice *c = told->choice;
    char pid[16];

    if (!c->found) {
        say(seen, "nobody", rl_reason_id(told->why));
        return;
    }
    snprintf(pid, sizeof(pid), "%d",
        c->scope == RL_KILL_PROCESS ? told->state->pool.items[c->candidate].process.pid : 0);
    say(seen, "victim", c->scope == RL_KILL_PROCESS ? pid : told->state->groups[c->group].path);
}

static void tell(void *userdata, const struct rl_told *told)
{
    struct seen *seen = userdata;

    switch (told->kind) {
    case RL_TOLD_OPENED:
        say(seen, "opened", told->cgroup);
        break;
    case RL_TOLD_CHOSEN:
        say_choice(seen, told);
        break;
    case RL_TOLD_STEP:
        say(seen, "step", rl_step_name(told->step->kind));
        break;
    case RL_TOLD_ENDED:
        say(seen, "ended", rl_reason_id(told->why));
        break;
    case RL_TOLD_DIFFERENT:
        if (!*seen->first)
            snprintf(
                seen->first, sizeof(seen->first), "%s: %s, %s", told->what, told->was, told->is);
        break;
    default:
        break;
    }
}

static void replay(const char *text, size_t len, const struct rl_policy_set *policies,
    uint32_t budget_kills, struct seen *seen)
{
    struct rl_replay_options options = {.policies = policies,
        .budget_kills = budget_kills,
        .budget_us = budget_kills > 0 ? 600 * RL_US_PER_S : 0,
        .tell = tell,
        .userdata = seen};
    const char *end = text + len, *wrong = "";
    struct rl_replay *r;

    *seen = (struct seen){0};
    assert_int_equal(rl_replay_new(&options, &r), 0);
    while (text < end && seen->result >= 0) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n = newline ? (size_t)(newline - text) : (size_t)(end - text);

        seen->line++;
        seen->result = rl_replay_line(r, text, n, text + n + 1 >= end, &wrong);
        text += n + 1;
    }
    if (seen->result < 0)
        snprintf(seen->wrong, sizeof(seen->wrong), "%s", wrong);
    seen->counts = *rl_replay_counts(r);
    rl_replay_end(r);
}

static const char story[] = "opened /user.slice\n"
                            "step terminate\n"
                            "victim 510\n"
                            "step kill\n"
                            "opened /system.slice/small.service\n"
                            "step kill\n"
                            "victim /system.slice/small.service\n"
                            "ended dry-run\n"
                            "ended dry-run\n"
                            "opened /system.slice/small.service\n"
                            "step kill\n"
                            "ended alarm\n"
                            "opened /user.slice\n"
                            "step terminate\n"
                            "victim 510\n"
                            "step kill\n"
                            "ended dry-run\n";

static void test_same(void **state)
{
    struct seen seen;

    replay(trace, trace_len, NULL, 0, &seen);
    assert_int_equal(seen.result, 0);
    assert_string_equal(seen.first, "");
    assert_string_equal(seen.story, story);
    assert_int_equal(seen.counts.differences, 0);
    assert_int_equal(seen.counts.incidents, 4);
    assert_int_equal(seen.counts.lost, 0);
    assert_int_equal(seen.counts.unknown, 0);
    assert_false(seen.counts.cut);
    assert_true(seen.counts.looks > 20 && seen.counts.choices > 5);
}

/* The daemon was started once more: nothing of the first run counts for the second. */
static void test_two_runs(void **state)
{
    char *twice = malloc(2 * trace_len + 8);
    struct seen seen;

    assert_non_null(twice);
    memcpy(twice, trace, trace_len);
    twice[trace_len] = '\n';
    memcpy(twice + trace_len + 1, trace, trace_len);
    replay(twice, 2 * trace_len + 1, NULL, 0, &seen);
    assert_int_equal(seen.result, 0);
    assert_string_equal(seen.first, "");
    assert_int_equal(seen.counts.incidents, 8);
    free(twice);
}

/* ---- what is not the same is seen ---- */

/* Replace the n-th place where a text stands, on lines of a type. Return: a new text. */
static char *change(const char *type, const char *from, const char *to, size_t *ret_len)
{
    char start[64], *changed = malloc(trace_len + strlen(to) + 1);
    const char *line = trace, *at = NULL;

    assert_non_null(changed);
    snprintf(start, sizeof(start), "{\"type\":\"%s\"", type);
    while (line && !at) {
        const char *end = strchrnul(line, '\n');

        if (strncmp(line, start, strlen(start)) == 0) {
            at = strstr(line, from);
            if (at && at > end)
                at = NULL;
        }
        line = *end ? end + 1 : NULL;
    }
    if (!at)
        fail_msg("no %s in a line of type %s", from, type);
    memcpy(changed, trace, (size_t)(at - trace));
    strcpy(changed + (at - trace), to);
    strcat(changed, at + strlen(from));
    *ret_len = strlen(changed);
    return changed;
}

struct changed {
    const char *type, *from, *to, *what;
};

static void expect_changed(const struct changed *row)
{
    size_t len;
    char *changed = change(row->type, row->from, row->to, &len);
    struct seen seen;

    replay(changed, len, NULL, 0, &seen);
    if (seen.result < 0)
        fail_msg("%s -> %s: %s", row->from, row->to, seen.wrong);
    if (seen.counts.differences == 0 || strncmp(seen.first, row->what, strlen(row->what)) != 0)
        fail_msg("%s: %s -> %s: found '%s'", row->type, row->from, row->to, seen.first);
    free(changed);
}

static void test_changed(void **state)
{
    static const struct changed rows[] = {
        /* decisions */
        {"look", "\"holds\":true", "\"holds\":false", "look: holds"},
        {"look", "\"trigger\":0", "\"trigger\":1", "look: trigger"},
        {"look", "\"next_us\":", "\"next_us\":1", "look: next at"},
        {"look", "\"why\":[\"holds\"]", "\"why\":[\"not-reached\"]", "look: why"},
        {"look", "\"origin\":\"unattributed\"", "\"origin\":\"own\"", "look: origin"},
        {"open", "\"why\":\"cooldown\"", "\"why\":\"busy-domain\"", "why no incident was opened"},
        {"open", "\"dry\":true", "\"dry\":false", "incident: dry run"},
        {"open", "\"trigger\":0", "\"trigger\":5", "incident"},
        {"next", "\"what\":\"step\"", "\"what\":\"wait\"", "order"},
        {"next", "\"wake_us\":", "\"wake_us\":1", "order: wake at"},
        {"next", "\"holds\":true", "\"holds\":false", "trigger still holds"},
        {"next", "\"assuming\":true", "\"assuming\":false", "order: assuming no effect"},
        {"next", "\"failed\":\"alarm\"", "\"failed\":\"held\"", "why a step could not be taken"},
        {"allow", "\"why\":\"limit\"", "\"why\":\"budget\"", "why no kill is allowed"},
        {"choice", "\"pid\":510", "\"pid\":511", "victim: pid"},
        {"choice", "\"points\":1010", "\"points\":1011", "victim: points"},
        {"choice", "app.scope", "app.scopes", "victim: cgroup"},
        {"choice", "\"scope\":\"cgroup\"", "\"scope\":\"tree\"", "victim: what dies"},
        {"choice", "\"found\":true", "\"found\":false", "victim: found"},
        {"step", "\"why\":\"alarm\"", "\"why\":\"held\"", "what a step came to"},
        {"end", "\"outcome\":\"dry-run\"", "\"outcome\":\"eased\"", "outcome"},
        {"end", "\"until_us\":", "\"until_us\":1", "cooldown until"},
        /* and what they are made of */
        {"node", "\"mem_available\":1", "\"mem_available\":4", "look: holds"},
        {"sample", "\"used\":235929600", "\"used\":235929601", "memory in use"},
        {"table", "\"oom_score_adj\":1000", "\"oom_score_adj\":10", "victim: pid"},
        {"table", "\"pid\":510,\"ppid\":1", "\"pid\":510,\"failed\":true,\"ppid\":1",
            "victim: pid"},
        {"policies", "Headroom=below 90%", "Headroom=below 10%", "look: holds"},
        {"policies", "Cooldown=2s", "Cooldown=3s", "cooldown until"},
        {"policies", "Avoid=comm:nobody", "Avoid=comm:browser", "victim: pid"},
        {"policies", "Limit=1 per", "Limit=2 per", "why no kill is allowed"},
        {"policies", "For=1s", "For=2s", "look: next at"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_changed(&rows[i]);
}

/* ---- several that reach into the same place ---- */

static const char within_story[] = "opened /user.slice\n"
                                   "step terminate\n"
                                   "victim 400\n"
                                   "step kill\n"
                                   "ended dry-run\n"
                                   "opened /system.slice/large.service\n"
                                   "step terminate\n"
                                   "victim 400\n"
                                   "step kill\n"
                                   "ended dry-run\n"
                                   "opened /user.slice\n"
                                   "step terminate\n"
                                   "victim 400\n"
                                   "step kill\n"
                                   "ended dry-run\n";

static void test_within(void **state)
{
    struct seen seen;

    replay(trace, trace_len, NULL, 0, &seen);
    assert_int_equal(seen.result, 0);
    assert_string_equal(seen.first, "");
    assert_string_equal(seen.story, within_story);
}

static void test_within_changed(void **state)
{
    static const struct changed rows[] = {
        /* not one subject any more, or not the same place */
        {"policies", "Within=subject", "Within=offender", "why no incident was opened"},
        {"policies", "Within=system.slice/backup.service", "Within=elsewhere.slice/backup",
            "why no incident was opened"},
        {"open", "\"incident\":0,\"policy\":\"slice\",\"subject\"",
            "\"incident\":0,\"policy\":\"slice\",\"x\"", "why no incident was opened"},
        {"open", "\"why\":\"busy-domain\"", "\"why\":\"cooldown\"", "why no incident was opened"},
        {"open", "\"why\":\"cooldown\"", "\"why\":\"busy-domain\"", "why no incident was opened"},
        {"end", "\"until_us\":", "\"until_us\":1", "cooldown until"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_changed(&rows[i]);
}

/* ---- broken traces ---- */

static void test_cut(void **state)
{
    struct seen seen;

    for (size_t less = 2; less < 200; less += 7) {
        replay(trace, trace_len - less, NULL, 0, &seen);
        assert_int_equal(seen.result, 0);
    }
    assert_true(seen.counts.cut);
}

static void test_broken(void **state)
{
    static const struct {
        const char *text;
        uint64_t line;
        const char *wrong;
    } rows[] = {
        {"{\"type\":\"cold\",\"id\":1}\n", 1, "the first line"},
        {"{\"type\":\"policies\"}\n", 1, "the first line"},
        {"{\"type\":\"trace\",\"version\":2}\n", 1, "version 2"},
        {"{\"type\":\"trace\"}\n", 1, "version 0"},
        {"{\"type\":\"trace\",\"version\":1}\n{\"type\":\"cold\",\n{\"type\":\"trace\"}\n", 2, ""},
        {"{\"type\":\"trace\",\"version\":1}\n{\"type\":\"policies\",\"policies\":[{}]}\n", 2,
            "a policy has no name"},
        {"{\"type\":\"trace\",\"version\":1}\n{\"type\":\"policies\",\"policies\":[{\"name\":\"x\","
         "\"sources\":[{\"path\":\"x.conf\",\"text\":\"[Trigger\"}]}]}\n",
            2, "policy 'x' is not understood"},
    };
    struct seen seen;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        replay(rows[i].text, strlen(rows[i].text), NULL, 0, &seen);
        if (seen.result != -EBADMSG || seen.line != rows[i].line ||
            !strstr(seen.wrong, rows[i].wrong))
            fail_msg("%s: %d, line %llu: %s", rows[i].text, seen.result,
                (unsigned long long)seen.line, seen.wrong);
    }
}

/* Any line may be missing, of a trace that somebody has cut out of another one: what it says is not
 * the same then, but nothing worse happens. */
static void test_lines_missing(void **state)
{
    char *some = malloc(trace_len + 1);
    struct seen seen;
    size_t lines = 0;

    assert_non_null(some);
    for (const char *p = trace; (p = strchr(p, '\n')); p++)
        lines++;
    for (size_t missing = 1; missing < lines; missing++) {
        size_t n = 0, line = 0;

        for (const char *p = trace, *end; *p; p = end) {
            end = strchr(p, '\n') + 1;
            if (line++ == missing)
                continue;
            memcpy(some + n, p, (size_t)(end - p));
            n += (size_t)(end - p);
        }
        replay(some, n, NULL, 0, &seen);
        assert_int_equal(seen.result, 0);
    }
    free(some);
}

/* ---- other policies ---- */

static struct rl_policy_set *load(struct folder *folder, const char *text)
{
    const char *dirs[] = {NULL, NULL};
    struct rl_load_options options = {.dirs = dirs};
    struct rl_policy_set *set = NULL;
    char path[128];

    folder_new(folder);
    snprintf(path, sizeof(path), "%s", folder->path);
    dirs[0] = path;
    folder_write(folder, "default.conf", "");
    folder_write(folder, "app.conf", text);
    assert_int_equal(rl_policy_set_load(&options, NULL, &set), 0);
    for (size_t i = 0; i < set->findings.n; i++)
        if (set->findings.items[i].severity == RL_ERROR)
            fail_msg("%s", set->findings.items[i].message);
    return set;
}

static void test_others(void **state)
{
    static const struct {
        const char *text;
        uint32_t budget;
        const char *story; /* its beginning */
    } rows[] = {
        /* the same one, which finds no processes before the first choice was written down */
        {"[Match]\nCgroup=user.slice\n[Trigger t]\nHeadroom=below 90%\n[Relief]\nStep=kill\n"
         "Cooldown=2s\n",
            10, "opened /user.slice\nstep kill\nended no-victim\nopened /user.slice\nvictim 510\n"},
        {"[Match]\nCgroup=user.slice\n[Trigger t]\nHeadroom=below 90%\n[Victim]\n"
         "Protect=comm:browser\n[Relief]\nStep=kill\nCooldown=2s\n",
            10, "opened /user.slice\nstep kill\nended no-victim\nopened /user.slice\nvictim 530\n"},
        {"[Match]\nCgroup=user.slice\n[Trigger t]\nHeadroom=below 1%\n[Relief]\nStep=kill\n", 10,
            ""},
        {"[Match]\nCgroup=system.slice/*\n[Trigger "
         "t]\nUsage=80%\n[Victim]\nKill=process\n[Relief]\n"
         "Step=kill\nCooldown=1s\n",
            10,
            "opened /system.slice/small.service\nstep kill\nended no-victim\n"
            "opened /system.slice/small.service\nstep kill\nended no-victim\n"
            "opened /system.slice/small.service\nvictim 200\nstep kill\nended dry-run\n"},
        {"[Match]\nCgroup=system.slice/small.service\n[Trigger t]\nUsage=80%\nFor=100s\n[Relief]\n"
         "Step=kill\n",
            10, ""},
    };
    struct seen seen;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct folder folder;
        struct rl_policy_set *set = load(&folder, rows[i].text);

        replay(trace, trace_len, set, rows[i].budget, &seen);
        assert_int_equal(seen.result, 0);
        if (strncmp(seen.story, rows[i].story, strlen(rows[i].story)) != 0 ||
            (!*rows[i].story && *seen.story))
            fail_msg("%s:\n%s", rows[i].text, seen.story);
        rl_policy_set_free(set);
        folder_free(&folder);
    }
}

/* The same rules where other policies are tried, of which the trace has no subjects. */
static void test_within_others(void **state)
{
    static const struct {
        const char *within, *story;
    } rows[] = {
        {"offender", "opened /system.slice/large.service\nnobody no-victim\nstep kill\n"
                     "ended no-victim\nopened /system.slice/small.service\nnobody no-victim\n"
                     "step kill\nended no-victim\n"},
        {"subject", "opened /system.slice/large.service\nvictim 400\nstep kill\nended dry-run\n"},
    };
    struct seen seen;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];
        struct folder folder;
        struct rl_policy_set *set;

        snprintf(text, sizeof(text),
            "[Match]\nCgroup=system.slice\n[Trigger t]\nUsage=80%%\n[Victim]\nWithin=%s\n"
            "[Relief]\nStep=kill\nCooldown=1min\n",
            rows[i].within);
        set = load(&folder, text);
        replay(trace, trace_len, set, 10, &seen);
        assert_int_equal(seen.result, 0);
        if (strcmp(seen.story, rows[i].story) != 0)
            fail_msg("Within=%s:\n%s", rows[i].within, seen.story);
        rl_policy_set_free(set);
        folder_free(&folder);
    }
}

/* It would kill whenever it may: after a cooldown of a second. */
#define EAGER                                                                                      \
    "[Match]\nCgroup=user.slice\n[Trigger t]\nHeadroom=below 90%\n[Relief]\nStep=terminate "       \
    "wait 500ms\nStep=kill\nCooldown=1s\n"

static const char never_spent[] = "opened /user.slice\nstep terminate\nended no-victim\n"
                                  "opened /user.slice\nvictim 510\nstep terminate\nstep kill\n"
                                  "ended dry-run\n"
                                  "opened /user.slice\nvictim 510\nstep terminate\nstep kill\n"
                                  "ended dry-run\n"
                                  "opened /user.slice\nvictim 510\nstep terminate\nstep kill\n"
                                  "ended dry-run\n";
static const char spent[] = "opened /user.slice\nstep terminate\nended no-victim\n"
                            "opened /user.slice\nvictim 510\nstep terminate\nstep kill\n"
                            "ended dry-run\n"
                            "opened /user.slice\nstep terminate\nended alarm\n";

static const char spent_twice[] = "opened /user.slice\nstep terminate\nended no-victim\n"
                                  "opened /user.slice\nvictim 510\nstep terminate\nstep kill\n"
                                  "ended dry-run\n"
                                  "opened /user.slice\nvictim 510\nstep terminate\nstep kill\n"
                                  "ended dry-run\n"
                                  "opened /user.slice\nstep terminate\nended alarm\n";

static void expect_budget(const struct seen *seen, bool known, uint32_t kills)
{
    assert_true(seen->counts.budget_known == known);
    assert_int_equal(seen->counts.budget_kills, kills);
    assert_true(!known || seen->counts.budget_us == 600 * RL_US_PER_S);
}

/* The trace's own, unless another one is given; a kill counts once, whatever its rungs. */
static void test_budget(void **state)
{
    struct folder folder;
    struct rl_policy_set *set = load(&folder, EAGER);
    struct seen seen;
    char *changed = strdup(trace), *at;

    replay(trace, trace_len, set, 0, &seen);
    assert_string_equal(seen.story, never_spent);
    expect_budget(&seen, true, 10);
    replay(trace, trace_len, set, 1, &seen);
    assert_memory_equal(seen.story, spent, sizeof(spent) - 1);
    expect_budget(&seen, true, 1);
    replay(trace, trace_len, set, 2, &seen);
    assert_memory_equal(seen.story, spent_twice, sizeof(spent_twice) - 1);

    assert_non_null(changed);
    at = strstr(changed, "\"budget_kills\":10");
    assert_non_null(at);
    memcpy(at, "\"budget_kills\":1 ", strlen("\"budget_kills\":10"));
    replay(changed, trace_len, set, 0, &seen);
    assert_memory_equal(seen.story, spent, sizeof(spent) - 1);
    expect_budget(&seen, true, 1);
    replay(changed, trace_len, set, 10, &seen);
    assert_string_equal(seen.story, never_spent);
    expect_budget(&seen, true, 10);

    /* A trace that tells of none. */
    at = strstr(changed, "\"budget_us\"");
    assert_non_null(at);
    at[1] = 'x';
    replay(changed, trace_len, set, 0, &seen);
    assert_string_equal(seen.story, never_spent);
    expect_budget(&seen, false, 0);
    free(changed);
    rl_policy_set_free(set);
    folder_free(&folder);
}

/* What the trace does not tell of is counted. */
static void test_unknown(void **state)
{
    static const struct {
        const char *text;
        uint64_t pods, limits;
    } rows[] = {
        {EAGER, 0, 0},
        {"[Match]\nPod=shop/*\n[Trigger t]\nHeadroom=below 90%\n[Relief]\nStep=kill\n", 1, 0},
        {"[Match]\nLimited=no\nCgroup=user.slice\n[Trigger t]\nHeadroom=below 90%\n[Relief]\n"
         "Step=kill\nCooldown=3s\n",
            0, 2}, /* app.scope and the slice above it were never looked at */
    };
    struct seen seen;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct folder folder;
        struct rl_policy_set *set = load(&folder, rows[i].text);

        replay(trace, trace_len, set, 0, &seen);
        if (seen.counts.pod_policies != rows[i].pods ||
            seen.counts.limits_unknown != rows[i].limits)
            fail_msg(
                "%s: %lu, %lu", rows[i].text, seen.counts.pod_policies, seen.counts.limits_unknown);
        rl_policy_set_free(set);
        folder_free(&folder);
    }
    replay(trace, trace_len, NULL, 0, &seen);
    assert_false(seen.counts.budget_known);
}

/* ---- the policy of a path ---- */

static void test_match(void **state)
{
    static const struct rl_cgroup_glob app = {"a/app", false}, root = {"/", false};
    static const struct rl_policy policies[] = {
        {.name = "limited",
            .match = {.attach = RL_ATTACH_MATCH, .cgroups = {&app, 1}, .limited = RL_YES}},
        {.name = "unit", .match = {.attach = RL_ATTACH_UNIT, .unit = "x.slice"}},
        {.name = "root", .match = {.attach = RL_ATTACH_MATCH, .cgroups = {&root, 1}}},
        {.name = "default", .match = {.attach = RL_ATTACH_DEFAULT}},
    };
    static const struct {
        const char *path;
        bool limited, node_only;
        const char *policy;
        uint32_t up;
    } rows[] = {
        {"/", false, false, "root", 0}, {"/", false, true, "root", 0},
        {"/a", false, false, "default", 0}, {"/a", false, true, NULL, 0},
        {"/x.slice", false, false, "unit", 0}, {"/a/x.slice", false, true, "unit", 0},
        {"/a/x.slice/b", false, true, "unit", 1}, {"/a/x.slice/b/c", true, false, "unit", 2},
        {"/a/app", true, false, "limited", 0}, {"/a/app", false, false, "default", 0},
        {"/a/app/b", true, false, "default", 0}, /* of those above it is not known */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_policy_set set = {.policies = policies,
            .n = sizeof(policies) / sizeof(policies[0]),
            .default_node_only = rows[i].node_only};
        struct rl_replay_state replayed = {0};
        const struct rl_policy *policy;
        uint32_t up = 99;

        assert_int_equal(rl_replay_use(&replayed, &set, 0, 0), 0);
        policy = rl_replay_match(&replayed, rows[i].path, rows[i].limited, &up);
        if (strcmp(policy ? policy->name : "none", rows[i].policy ? rows[i].policy : "none") != 0 ||
            up != rows[i].up)
            fail_msg("%s: %s, %u up", rows[i].path, policy ? policy->name : "none", up);
        assert_ptr_equal(rl_replay_match(&replayed, rows[i].path, rows[i].limited, NULL), policy);
        rl_replay_free(&replayed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_two_runs),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_lines_missing),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_match),
    };

    const struct CMUnitTest within[] = {
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_within_changed),
        cmocka_unit_test(test_within_others),
    };
    int failed = cmocka_run_group_tests(tests, read_trace, free_trace);

    return failed + cmocka_run_group_tests(within, read_within, free_trace);
}
