/* A policy from any text: it compiles within its bounds, or an error says why it does not. What
 * follows a line of three dashes is read as a drop-in; the first byte chooses the file's name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/check-set.h"
#include "conf/compile.h"
#include "conf/load.h"

static void check_patterns(const struct rl_pattern *patterns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (patterns[i].n == 0 || patterns[i].n > RL_TERMS_MAX || !patterns[i].text)
            abort();
}

static void check_line(const struct rl_line *line)
{
    bool windowed = line->kind == RL_LINE_PRESSURE || line->kind == RL_LINE_EVENTS ||
                    line->kind == RL_LINE_GROWTH || line->kind == RL_LINE_REFAULTS;

    if (line->share > RL_WHOLE || (line->window_us != 0) != windowed)
        abort();
}

static void check_triggers(const struct rl_policy *policy)
{
    if (policy->n_triggers == 0 || policy->n_triggers > RL_TRIGGERS_MAX)
        abort();
    for (size_t t = 0; t < policy->n_triggers; t++) {
        const struct rl_trigger *trigger = &policy->triggers[t];

        if (trigger->n == 0 || trigger->n > RL_LINES_MAX || trigger->from >= policy->relief.n)
            abort();
        for (size_t i = 0; i < trigger->n; i++)
            check_line(&trigger->lines[i]);
    }
}

static void check_victim(const struct rl_victim *victim)
{
    if (!victim->model || (victim->within == RL_WITHIN_GLOB) != (victim->within_glob != NULL))
        abort();
    check_patterns(victim->protect, victim->n_protect);
    check_patterns(victim->avoid, victim->n_avoid);
    check_patterns(victim->prefer, victim->n_prefer);
    for (size_t i = 0; i < victim->n_adjust; i++) {
        check_patterns(&victim->adjust[i].pattern, 1);
        if (abs(victim->adjust[i].points) > 1000)
            abort();
    }
}

static void check(const struct rl_policy *policy)
{
    const struct rl_guard *guard = &policy->guard;
    char *sentence = rl_policy_sentence(policy);

    if (!sentence || !*sentence)
        abort();
    free(sentence);
    if (policy->relief.n == 0 || policy->relief.n > RL_STEPS_MAX)
        abort();
    if ((policy->relief.limit == 0) != (policy->relief.limit_us == 0))
        abort();
    check_triggers(policy);
    check_victim(&policy->victim);
    for (size_t i = 0; i < guard->n_adj; i++) {
        check_patterns(&guard->adj[i].pattern, 1);
        if (abs(guard->adj[i].oom_score_adj) > 1000)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"x.service", "10-web", "default", "x@.service"};
    const char *text = (const char *)data, *cut = memmem(text, size, "---\n", 4);
    size_t len = cut ? (size_t)(cut - text) : size;
    struct rl_source sources[] = {{"fuzz", text, len, false},
        {"drop-in", cut ? cut + 4 : text, cut ? size - len - 4 : 0, true}};
    struct rl_findings findings = {0};
    struct rl_compiled *compiled;

    if (rl_compile(names[size ? data[0] % 4 : 0], sources, cut ? 2 : 1, &findings, &compiled) != 0)
        abort();
    if ((compiled == NULL) != (findings.errors > 0))
        abort();
    if (compiled) {
        check(&compiled->policy);
        if (!rl_match_covers(&compiled->policy.match, &compiled->policy.match) !=
            (compiled->policy.match.attach == RL_ATTACH_UNIT))
            abort();
    }
    rl_compiled_release(compiled);
    rl_findings_free(&findings);
    return 0;
}
