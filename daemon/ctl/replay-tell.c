#include "daemon/ctl/replay-tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

#define DIFFERENCES_MAX 20 /* that are kept; all are counted */

/* ---- keeping ---- */

static json_t *incident_of(struct rl_tale *tale, uint64_t number)
{
    for (size_t i = json_array_size(tale->incidents); i-- > 0;) {
        json_t *incident = json_array_get(tale->incidents, i);

        if (json_integer_value(json_object_get(incident, "run")) == tale->run &&
            json_integer_value(json_object_get(incident, "number")) == (json_int_t)number)
            return incident;
    }
    return NULL;
}

static json_t *when(const struct rl_tale *tale, uint64_t at_us)
{
    return rl_json_ms(at_us > tale->first_us ? at_us - tale->first_us : 0);
}

static json_t *reason_json(enum rl_reason reason)
{
    return reason == RL_REASON_NONE ? json_null() : json_string(rl_reason_id(reason));
}

static void keep_opened(struct rl_tale *tale, const struct rl_told *told)
{
    json_t *incident = json_pack("{s:i, s:I, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:[], s:n, s:n}",
        "run", (int)tale->run, "number", (json_int_t)told->number, "at_ms", when(tale, told->at_us),
        "id", rl_json_string(told->id), "cgroup", rl_json_string(told->cgroup), "policy",
        rl_json_string(told->policy), "trigger", rl_json_string(told->trigger), "dry_run",
        told->dry, "by_hand", told->by_hand, "steps", "victim", "outcome");

    if (!incident || json_array_append_new(tale->incidents, incident) < 0)
        tale->no_memory = true;
}

static void keep_step(struct rl_tale *tale, const struct rl_told *told, json_t *incident)
{
    char args[RL_TEXT_MAX];

    rl_step_text(told->step, args, sizeof(args));
    json_array_append_new(json_object_get(incident, "steps"),
        json_pack("{s:o, s:s, s:s, s:o, s:b}", "at_ms", when(tale, told->at_us), "step",
            rl_step_name(told->step->kind), "arguments", args, "skipped", reason_json(told->why),
            "assuming_no_effect", told->assuming));
}

static json_t *victim_json(const struct rl_told *told)
{
    const struct rl_replay_state *s = told->state;
    const struct rl_choice *choice = told->choice;
    const struct rl_process *p;

    if (!choice->found)
        return NULL;
    if (choice->scope != RL_KILL_PROCESS)
        return json_pack("{s:n, s:n, s:o, s:s, s:I, s:o}", "pid", "comm", "cgroup",
            rl_json_string(s->groups[choice->group].path), "kill", rl_kill_name(choice->scope),
            "points", (json_int_t)choice->points, "table_age_ms", rl_json_ms(told->age_us));
    p = &s->pool.items[choice->candidate].process;
    return json_pack("{s:i, s:o, s:o, s:s, s:I, s:o}", "pid", (int)p->pid, "comm",
        rl_json_string(p->comm), "cgroup", rl_json_string(s->groups[choice->group].path), "kill",
        rl_kill_name(choice->scope), "points", (json_int_t)choice->points, "table_age_ms",
        rl_json_ms(told->age_us));
}

static void keep_chosen(const struct rl_told *told, json_t *incident)
{
    json_t *victim = victim_json(told);

    if (victim)
        json_object_set_new(incident, "victim", victim);
    else
        json_object_set_new(incident, "nobody", reason_json(told->why));
}

static void keep_different(struct rl_tale *tale, const struct rl_told *told)
{
    if (json_array_size(tale->differences) >= DIFFERENCES_MAX)
        return;
    json_array_append_new(tale->differences,
        json_pack("{s:I, s:o, s:I, s:s, s:o, s:o}", "line", (json_int_t)told->line, "at_ms",
            when(tale, told->at_us), "incident", (json_int_t)told->number, "what", told->what,
            "recorded", rl_json_string(told->was), "replayed", rl_json_string(told->is)));
}

void rl_tale_tell(void *userdata, const struct rl_told *told)
{
    struct rl_tale *tale = userdata;
    json_t *incident;

    if (!tale->incidents) {
        tale->incidents = json_array();
        tale->differences = json_array();
    }
    if (told->kind == RL_TOLD_RUN) {
        tale->run++;
        tale->first_us = told->at_us;
        return;
    }
    if (told->kind == RL_TOLD_OPENED)
        keep_opened(tale, told);
    if (told->kind == RL_TOLD_DIFFERENT)
        keep_different(tale, told);
    incident = incident_of(tale, told->number);
    if (!incident)
        return;
    if (told->kind == RL_TOLD_STEP)
        keep_step(tale, told, incident);
    else if (told->kind == RL_TOLD_CHOSEN)
        keep_chosen(told, incident);
    else if (told->kind == RL_TOLD_ENDED) {
        json_object_set_new(incident, "outcome", reason_json(told->why));
        json_object_set_new(incident, "ended_ms", when(tale, told->at_us));
    }
}

void rl_tale_end(struct rl_tale *tale, const struct rl_replay_counts *counts)
{
    tale->counts = *counts;
}

void rl_tale_free(struct rl_tale *tale)
{
    json_decref(tale->incidents);
    json_decref(tale->differences);
    tale->incidents = tale->differences = NULL;
}

/* ---- printing ---- */

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "?";
}

/* Foreign names are escaped. */
static void print_name(const json_t *json, const char *key)
{
    char text[RL_NOTE_PATH_MAX];

    fputs(rl_escape(text_of(json, key), text, sizeof(text)), stdout);
}

static void print_time(const json_t *json, const char *key)
{
    json_int_t ms = json_integer_value(json_object_get(json, key));

    printf("%6lld.%03lld s  ", (long long)(ms / 1000), (long long)(ms % 1000));
}

static void print_victim(const json_t *victim)
{
    const json_t *pid = json_object_get(victim, "pid");
    json_int_t age = json_integer_value(json_object_get(victim, "table_age_ms"));

    if (json_is_integer(pid)) {
        printf("%lld (", (long long)json_integer_value(pid));
        print_name(victim, "comm");
        printf(") in ");
    }
    print_name(victim, "cgroup");
    printf(", %lld points", (long long)json_integer_value(json_object_get(victim, "points")));
    if (age > 0)
        printf(
            ", as of %lld.%lld s before", (long long)(age / 1000), (long long)(age % 1000 / 100));
}

static void print_step(const json_t *step)
{
    const char *skipped = json_string_value(json_object_get(step, "skipped"));
    const char *args = text_of(step, "arguments");

    print_time(step, "at_ms");
    printf("  %s%s%s", text_of(step, "step"), *args ? " " : "", args);
    if (skipped)
        printf(": passed over (%s)", skipped);
    if (json_is_true(json_object_get(step, "assuming_no_effect")))
        printf(", assuming that nothing before had an effect");
    putchar('\n');
}

static void print_incident(const json_t *incident)
{
    const json_t *victim = json_object_get(incident, "victim");
    const char *nobody = json_string_value(json_object_get(incident, "nobody"));
    const char *outcome = json_string_value(json_object_get(incident, "outcome"));
    size_t i;
    json_t *step;

    print_time(incident, "at_ms");
    print_name(incident, "cgroup");
    printf(": policy ");
    print_name(incident, "policy");
    printf(", trigger ");
    print_name(incident, "trigger");
    printf("%s%s\n", json_is_true(json_object_get(incident, "by_hand")) ? ", by hand" : "",
        json_is_true(json_object_get(incident, "dry_run")) ? ", dry run" : "");
    if (json_is_object(victim)) {
        printf("                victim ");
        print_victim(victim);
        putchar('\n');
    } else if (nobody) {
        printf("                nobody is chosen (%s)\n", nobody);
    }
    json_array_foreach(json_object_get(incident, "steps"), i, step) print_step(step);
    if (outcome) {
        print_time(incident, "ended_ms");
        printf("  ends: %s\n", outcome);
    }
}

static void print_differences(const struct rl_tale *tale)
{
    char was[512], is[512];
    size_t i;
    json_t *one;

    json_array_foreach(tale->differences, i, one)
    {
        printf("line %lld: %s: recorded %s, replayed %s",
            (long long)json_integer_value(json_object_get(one, "line")), text_of(one, "what"),
            rl_escape(text_of(one, "recorded"), was, sizeof(was)),
            rl_escape(text_of(one, "replayed"), is, sizeof(is)));
        if (json_integer_value(json_object_get(one, "incident")) > 0)
            printf(" (incident %lld)",
                (long long)json_integer_value(json_object_get(one, "incident")));
        putchar('\n');
    }
}

static json_t *budget_json(const struct rl_replay_counts *c)
{
    return c->budget_known ? json_pack("{s:I, s:o}", "kills", (json_int_t)c->budget_kills, "per_ms",
                                 rl_json_ms(c->budget_us))
                           : json_null();
}

static json_t *counts_json(const struct rl_replay_counts *c)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:I, s:I}", "lines",
        (json_int_t)c->lines, "samples", (json_int_t)c->samples, "looks", (json_int_t)c->looks,
        "choices", (json_int_t)c->choices, "incidents", (json_int_t)c->incidents, "lost",
        (json_int_t)c->lost, "choices_not_replayed", (json_int_t)c->unheld, "differences",
        (json_int_t)c->differences, "cut", c->cut, "budget", budget_json(c), "pod_policies",
        (json_int_t)c->pod_policies, "limits_unknown", (json_int_t)c->limits_unknown);
}

static json_t *tale_json(const struct rl_tale *tale)
{
    return json_pack("{s:o, s:o, s:O?, s:O?}", "policies", rl_json_string(tale->policy), "counts",
        counts_json(&tale->counts), "incidents", tale->incidents, "differences", tale->differences);
}

static void print_json(json_t *json)
{
    rl_auto_free char *text = json ? rl_json_pretty(json) : NULL;

    puts(text ? text : "null");
    json_decref(json);
}

/* What stands behind decisions that were never taken, and what is missing there. */
static void print_unknown(const struct rl_replay_counts *c, const char *who)
{
    char per[64];

    rl_duration_text(c->budget_us, per, sizeof(per));
    if (!c->budget_known)
        printf("%sno budget of kills: the trace does not tell of one\n", who);
    else
        printf("%sbudget of all policies: %" PRIu32 " kill%s per %s\n", who, c->budget_kills,
            c->budget_kills == 1 ? "" : "s", per);
    if (c->pod_policies > 0)
        printf("%sPod= (%" PRIu64 " of the policies): names of pods are not in the trace, so that "
               "UIDs alone match\n",
            who, c->pod_policies);
    if (c->limits_unknown > 0)
        printf("%sLimited=: whether a candidate's cgroup has limits is not in the trace (%" PRIu64
               " times), and was taken for no\n",
            who, c->limits_unknown);
}

void rl_tale_print(const struct rl_tale *tale)
{
    const struct rl_replay_counts *c = &tale->counts;
    size_t i;
    json_t *incident;

    if (tale->json) {
        print_json(tale_json(tale));
        return;
    }
    if (!tale->verify)
        json_array_foreach(tale->incidents, i, incident) print_incident(incident);
    print_differences(tale);
    printf("%" PRIu64 " lines, %" PRIu64 " samples, %" PRIu64 " looks, %" PRIu64
           " choices, %" PRIu64 " incidents",
        c->lines, c->samples, c->looks, c->choices, c->incidents);
    if (tale->policy)
        puts("");
    else if (c->differences == 0)
        puts(": every decision is as recorded");
    else
        printf(": %" PRIu64 " differences from what was recorded\n", c->differences);
    if (c->unheld > 0)
        printf("%" PRIu64 " choices could not be taken again: there were more cgroups than the "
               "daemon had room for\n",
            c->unheld);
    if (tale->policy)
        print_unknown(c, "");
    if (c->cut)
        puts("The last line is cut.");
}

/* ---- side by side ---- */

static const char *victim_key(const json_t *incident, char *buf, size_t size)
{
    const json_t *victim = json_object_get(incident, "victim");
    const json_t *pid = json_object_get(victim, "pid");

    if (!json_is_object(victim))
        return NULL;
    if (json_is_integer(pid))
        snprintf(buf, size, "%lld %s", (long long)json_integer_value(pid), text_of(victim, "comm"));
    else
        snprintf(buf, size, "%s", text_of(victim, "cgroup"));
    return buf;
}

static const json_t *find_victim(const struct rl_tale *tale, json_int_t run, const char *key)
{
    char text[RL_NOTE_PATH_MAX];
    size_t i;
    json_t *incident;

    json_array_foreach(tale->incidents, i, incident)
    {
        const char *other = victim_key(incident, text, sizeof(text));

        if (other && strcmp(other, key) == 0 &&
            json_integer_value(json_object_get(incident, "run")) == run)
            return incident;
    }
    return NULL;
}

static json_t *compare_json(const struct rl_tale *a, const struct rl_tale *b)
{
    json_t *list = json_array();
    char key[RL_NOTE_PATH_MAX];
    size_t i;
    json_t *incident;

    json_array_foreach(a->incidents, i, incident)
    {
        json_int_t run = json_integer_value(json_object_get(incident, "run"));
        const char *victim = victim_key(incident, key, sizeof(key));
        const json_t *other = victim ? find_victim(b, run, victim) : NULL;

        if (!victim || find_victim(a, run, victim) != incident)
            continue;
        json_array_append_new(list, json_pack("{s:o, s:O, s:O?}", "victim", rl_json_string(victim),
                                        "first_ms", json_object_get(incident, "at_ms"), "second_ms",
                                        other ? json_object_get(other, "at_ms") : NULL));
    }
    json_array_foreach(b->incidents, i, incident)
    {
        json_int_t run = json_integer_value(json_object_get(incident, "run"));
        const char *victim = victim_key(incident, key, sizeof(key));

        if (victim && !find_victim(a, run, victim) && find_victim(b, run, victim) == incident)
            json_array_append_new(
                list, json_pack("{s:o, s:n, s:O}", "victim", rl_json_string(victim), "first_ms",
                          "second_ms", json_object_get(incident, "at_ms")));
    }
    return list;
}

static void print_instant(const json_t *ms)
{
    if (json_is_integer(ms))
        printf("%10.3f s  ", (double)json_integer_value(ms) / 1000);
    else
        printf("%10s    ", "lives");
}

void rl_tale_compare(const struct rl_tale *a, const struct rl_tale *b)
{
    json_t *list = compare_json(a, b), *one;
    char text[RL_NOTE_PATH_MAX];
    size_t i;

    if (a->json) {
        print_json(json_pack(
            "{s:o, s:o, s:o}", "first", tale_json(a), "second", tale_json(b), "victims", list));
        return;
    }
    printf("first:  %s, %" PRIu64 " incidents\nsecond: %s, %" PRIu64 " incidents\n\n",
        a->policy ? a->policy : "the policies in the trace", a->counts.incidents, b->policy,
        b->counts.incidents);
    printf("%10s    %10s    victim\n", "first", "second");
    json_array_foreach(list, i, one)
    {
        const json_t *first = json_object_get(one, "first_ms");
        const json_t *second = json_object_get(one, "second_ms");

        print_instant(first);
        print_instant(second);
        fputs(rl_escape(text_of(one, "victim"), text, sizeof(text)), stdout);
        if (!json_is_integer(first) || !json_is_integer(second))
            puts(json_is_integer(first) ? ": spared by the second" : ": spared by the first");
        else if (json_integer_value(first) == json_integer_value(second))
            puts("");
        else
            puts(json_integer_value(first) < json_integer_value(second)
                     ? ": earlier with the first"
                     : ": earlier with the second");
    }
    json_decref(list);
    putchar('\n');
    if (a->policy)
        print_unknown(&a->counts, "first:  ");
    print_unknown(&b->counts, "second: ");
}
