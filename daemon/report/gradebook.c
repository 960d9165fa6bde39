#include "daemon/report/gradebook.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/json.h"
#include "daemon/report/store.h"
#include "daemon/report/text.h"

#define FILE_NAME "grades.json"

struct rl_graded *rl_gradebook_find(struct rl_gradebook *book, const char *policy, uint64_t text)
{
    for (size_t i = 0; i < RL_GRADED_MAX; i++) {
        struct rl_graded *item = &book->items[i];

        if (item->used != 0 && item->text == text && strcmp(item->policy, policy) == 0)
            return item;
    }
    return NULL;
}

/* A place for a policy: its own of another text, a free one, or the one used longest ago. */
static struct rl_graded *place_for(struct rl_gradebook *book, const char *policy)
{
    struct rl_graded *oldest = &book->items[0];

    for (size_t i = 0; i < RL_GRADED_MAX; i++) {
        struct rl_graded *item = &book->items[i];

        if (item->used != 0 && strcmp(item->policy, policy) == 0)
            return item;
        if (item->used < oldest->used)
            oldest = item;
    }
    return oldest;
}

struct rl_graded *rl_gradebook_of(
    struct rl_gradebook *book, const char *policy, uint64_t text, uint64_t wall_us)
{
    struct rl_graded *item = rl_gradebook_find(book, policy, text);

    if (!item) {
        item = place_for(book, policy);
        *item = (struct rl_graded){.text = text, .since_wall_us = wall_us};
        snprintf(item->policy, sizeof(item->policy), "%s", policy);
        book->changed = true;
    }
    item->used = ++book->uses;
    return item;
}

void rl_gradebook_miss(struct rl_gradebook *book, const char *policy, uint64_t text,
    const char *cgroup, uint64_t kills, uint64_t wall_us)
{
    struct rl_miss *miss = &book->misses[book->n_misses++ % RL_MISSES_MAX];

    *miss = (struct rl_miss){.wall_us = wall_us, .kills = kills};
    snprintf(miss->policy, sizeof(miss->policy), "%s", policy ? policy : "");
    snprintf(miss->cgroup, sizeof(miss->cgroup), "%s", cgroup);
    if (policy)
        rl_gradebook_of(book, policy, text, wall_us)->counts.unforeseen += kills;
    else
        book->unwatched += kills;
    book->changed = true;
}

typedef bool (*share_fn)(const struct rl_grade_counts *counts, uint32_t *ret);

static json_t *share_json(share_fn fn, const struct rl_grade_counts *counts)
{
    uint32_t share;

    return fn(counts, &share) ? rl_json_percent(share) : json_null();
}

json_t *rl_graded_json(const struct rl_graded *graded)
{
    const struct rl_grade_counts *c = &graded->counts;
    uint64_t known = c->confirmed + c->self_resolved + c->unknown;
    char text[32];

    snprintf(text, sizeof(text), "%016" PRIx64, graded->text);
    return json_pack("{s:o, s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "policy", rl_json_string(graded->policy), "text", text, "since",
        rl_json_time(graded->since_wall_us), "live", graded->live, "live_since",
        rl_json_time(graded->live_wall_us), "would_have_killed", rl_json_number(c->would_have),
        "confirmed", rl_json_number(c->confirmed), "confirmed_by_kernel",
        rl_json_number(c->confirmed_kernel), "self_resolved", rl_json_number(c->self_resolved),
        "unknown", rl_json_number(c->unknown), "pending",
        rl_json_number(c->would_have > known ? c->would_have - known : 0), "unforeseen",
        rl_json_number(c->unforeseen), "precision_percent", share_json(rl_grade_precision, c),
        "recall_percent", share_json(rl_grade_recall, c), "regret_percent",
        share_json(rl_grade_regret, c));
}

static json_t *miss_json(const struct rl_miss *miss)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "at", rl_json_time(miss->wall_us), "policy",
        rl_json_name(miss->policy), "cgroup", rl_json_string(miss->cgroup), "kills",
        rl_json_number(miss->kills));
}

json_t *rl_gradebook_json(const struct rl_gradebook *book)
{
    json_t *policies = json_array(), *misses = json_array();
    uint64_t first = book->n_misses > RL_MISSES_MAX ? book->n_misses - RL_MISSES_MAX : 0;

    for (size_t i = 0; i < RL_GRADED_MAX; i++)
        if (book->items[i].used != 0)
            json_array_append_new(policies, rl_graded_json(&book->items[i]));
    for (uint64_t i = first; i < book->n_misses; i++)
        json_array_append_new(misses, miss_json(&book->misses[i % RL_MISSES_MAX]));
    return json_pack("{s:i, s:n, s:o, s:o, s:o}", "version", 1, "since", "policies", policies,
        "misses", misses, "unwatched_kills", rl_json_number(book->unwatched));
}

static uint64_t number_of(const json_t *json, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(json, key));

    return n > 0 ? (uint64_t)n : 0;
}

static uint64_t time_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    uint64_t wall_us = 0;

    if (text)
        (void)rl_time_read(text, &wall_us); /* what is no time is none */
    return wall_us;
}

static void take_policy(struct rl_gradebook *book, const json_t *json)
{
    const char *name = json_string_value(json_object_get(json, "policy"));
    const char *text = json_string_value(json_object_get(json, "text"));
    struct rl_grade_counts *counts;
    struct rl_graded *item;
    uint64_t known;

    if (!name || !text)
        return;
    item = rl_gradebook_of(book, name, strtoull(text, NULL, 16), time_of(json, "since"));
    counts = &item->counts;
    *counts = (struct rl_grade_counts){
        .would_have = number_of(json, "would_have_killed"),
        .confirmed = number_of(json, "confirmed"),
        .confirmed_kernel = number_of(json, "confirmed_by_kernel"),
        .self_resolved = number_of(json, "self_resolved"),
        .unknown = number_of(json, "unknown"),
        .unforeseen = number_of(json, "unforeseen"),
    };
    item->live = json_is_true(json_object_get(json, "live"));
    item->live_wall_us = time_of(json, "live_since");
    /* Whoever followed these is gone. */
    known = counts->confirmed + counts->self_resolved;
    if (counts->would_have > known && counts->unknown < counts->would_have - known)
        counts->unknown = counts->would_have - known;
}

static void take_miss(struct rl_gradebook *book, const json_t *json)
{
    const char *policy = json_string_value(json_object_get(json, "policy"));
    const char *cgroup = json_string_value(json_object_get(json, "cgroup"));
    struct rl_miss *miss = &book->misses[book->n_misses++ % RL_MISSES_MAX];

    *miss = (struct rl_miss){.wall_us = time_of(json, "at"), .kills = number_of(json, "kills")};
    snprintf(miss->policy, sizeof(miss->policy), "%s", policy ? policy : "");
    snprintf(miss->cgroup, sizeof(miss->cgroup), "%s", cgroup ? cgroup : "");
}

int rl_gradebook_load(struct rl_gradebook *book, const char *state_dir)
{
    json_t *json = NULL, *one;
    size_t i;
    int r = rl_store_read_file(state_dir, FILE_NAME, &json);

    memset(book, 0, sizeof(*book));
    if (r < 0)
        return r;
    json_array_foreach(json_object_get(json, "policies"), i, one) take_policy(book, one);
    json_array_foreach(json_object_get(json, "misses"), i, one) take_miss(book, one);
    book->unwatched = number_of(json, "unwatched_kills");
    book->changed = false;
    json_decref(json);
    return 0;
}

int rl_gradebook_save(struct rl_gradebook *book, const char *state_dir)
{
    json_t *json = rl_gradebook_json(book);
    int r = json ? rl_store_write_file(state_dir, FILE_NAME, json) : -ENOMEM;

    json_decref(json);
    if (r >= 0)
        book->changed = false;
    return r;
}
