#include "conf/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len > n && strcmp(text + len - n, end) == 0;
}

static bool is_unit(const char *name)
{
    static const char *const types[] = {
        ".service", ".scope", ".slice", ".socket", ".mount", ".swap"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (ends_with(name, types[i]))
            return true;
    return false;
}

enum rl_rank rl_policy_rank(const char *name)
{
    if (is_unit(name))
        return strstr(name, "@.") ? RL_RANK_TEMPLATE : RL_RANK_UNIT;
    if (strcmp(name, "default") == 0)
        return RL_RANK_DEFAULT;
    return strncmp(name, "default-", 8) == 0 ? RL_RANK_DEFAULT_ROW : RL_RANK_MATCH;
}

static int begin(struct rl_compiled *compiled, const char *name, const char *source)
{
    static const enum rl_attach attach[] = {
        [RL_RANK_UNIT] = RL_ATTACH_UNIT,
        [RL_RANK_TEMPLATE] = RL_ATTACH_UNIT,
        [RL_RANK_MATCH] = RL_ATTACH_MATCH,
        [RL_RANK_DEFAULT_ROW] = RL_ATTACH_DEFAULT,
        [RL_RANK_DEFAULT] = RL_ATTACH_DEFAULT,
    };
    struct rl_policy *policy = &compiled->policy;

    policy->name = rl_arena_strdup(&compiled->arena, name);
    policy->source = rl_arena_strdup(&compiled->arena, source);
    if (!policy->name || !policy->source)
        return -ENOMEM;
    policy->match.attach = attach[rl_policy_rank(name)];
    if (policy->match.attach == RL_ATTACH_UNIT)
        policy->match.unit = policy->name;
    return 0;
}

static struct rl_spot keep_spot(struct rl_draft *draft, const struct rl_written *place)
{
    if (!place->file)
        return (struct rl_spot){0};
    return (struct rl_spot){rl_draft_copy(draft, place->path), place->line};
}

/* What is not part of the policy itself, but of what is said about it later. */
static void keep_spots(struct rl_draft *draft, struct rl_compiled *compiled)
{
    compiled->match = keep_spot(draft, &draft->match_place);
    compiled->within = keep_spot(draft, rl_draft_given(draft, "Victim", "Within"));
    compiled->on_no_victim = keep_spot(draft, rl_draft_given(draft, "Relief", "OnNoVictim"));
    for (size_t i = 0; i < compiled->policy.relief.n; i++)
        compiled->steps[i] = keep_spot(draft, &draft->step_places[i]);
}

/* The texts themselves, for whoever writes down what was in force. */
static int keep_sources(struct rl_compiled *compiled, const struct rl_source *sources, size_t n)
{
    struct rl_source *kept = rl_arena_alloc(&compiled->arena, n * sizeof(*kept));

    if (!kept)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        kept[i] = sources[i];
        kept[i].path = rl_arena_strdup(&compiled->arena, sources[i].path);
        kept[i].text = rl_arena_strndup(&compiled->arena, sources[i].text, sources[i].len);
        if (!kept[i].path || !kept[i].text)
            return -ENOMEM;
    }
    compiled->sources = kept;
    compiled->n_sources = n;
    return 0;
}

/* Whose word Within= is: where it is not given, nobody reaches out, and the main file counts. */
static bool is_vendor(const struct rl_draft *draft, const struct rl_source *main)
{
    const struct rl_written *within = rl_draft_given(draft, "Victim", "Within");

    return within->file ? within->vendor : main->vendor;
}

/* FNV-1a, 64 bits: enough to see that somebody has edited a file. Each text ends in a byte that is
 * in none, so that a line that moves from one file to the next shows. */
static uint64_t hash_texts(const struct rl_source *sources, size_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at <= sources[i].len; at++) {
            hash ^= at < sources[i].len ? (unsigned char)sources[i].text[at] : 0xff;
            hash *= UINT64_C(0x100000001b3);
        }
    return hash;
}

int rl_compile(const char *name, const struct rl_source *sources, size_t n,
    struct rl_findings *findings, struct rl_compiled **ret)
{
    struct rl_compiled *compiled = calloc(1, sizeof(*compiled));
    size_t errors = findings->errors;
    struct rl_draft draft;

    if (!compiled)
        return -ENOMEM;
    compiled->holders = 1;
    draft = (struct rl_draft){
        .kind = RL_POLICY_FILE,
        .arena = &compiled->arena,
        .findings = findings,
        .errors_before = findings->errors,
        .policy = &compiled->policy,
        .error = begin(compiled, name, sources[0].path),
    };
    if (!draft.error)
        rl_draft_defaults(&draft);
    for (size_t i = 0; i < n && !draft.error; i++)
        rl_draft_read(&draft, sources[i].path, sources[i].text, sources[i].len, sources[i].vendor);
    if (!draft.error) {
        compiled->policy.text = hash_texts(sources, n);
        compiled->policy.vendor = is_vendor(&draft, &sources[0]);
        rl_draft_finish_policy(&draft);
        keep_spots(&draft, compiled);
    }
    if (!draft.error)
        draft.error = keep_sources(compiled, sources, n);
    if (draft.error || findings->errors > errors) {
        rl_compiled_release(compiled);
        compiled = NULL;
    }
    if (!draft.error)
        *ret = compiled;
    return draft.error;
}

struct rl_compiled *rl_compiled_hold(struct rl_compiled *compiled)
{
    compiled->holders++;
    return compiled;
}

void rl_compiled_release(struct rl_compiled *compiled)
{
    if (!compiled || --compiled->holders > 0)
        return;
    rl_arena_free(&compiled->arena);
    free(compiled);
}
