/* A policy from any text: it compiles within its bounds, or an error says why it does not. What
 * follows a line of three dashes is read as a drop-in; the first byte chooses the file's name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/compile.h"
#include "conf/load.h"

static void check(const struct rl_policy *policy)
{
    char *sentence = rl_policy_sentence(policy);

    if (!sentence || !*sentence)
        abort();
    free(sentence);
    if (policy->n_triggers == 0 || policy->n_triggers > RL_TRIGGERS_MAX)
        abort();
    if (policy->relief.n == 0 || policy->relief.n > RL_STEPS_MAX || !policy->victim.model)
        abort();
    for (size_t t = 0; t < policy->n_triggers; t++) {
        const struct rl_trigger *trigger = &policy->triggers[t];

        if (trigger->n == 0 || trigger->n > RL_LINES_MAX || trigger->from >= policy->relief.n)
            abort();
        for (size_t i = 0; i < trigger->n; i++)
            if (trigger->lines[i].share > RL_WHOLE)
                abort();
    }
    for (size_t i = 0; i < policy->victim.n_protect; i++)
        if (policy->victim.protect[i].n == 0 || policy->victim.protect[i].n > RL_TERMS_MAX)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"x.service", "10-web", "default", "x@.service"};
    const char *text = (const char *)data, *cut = memmem(text, size, "---\n", 4);
    size_t len = cut ? (size_t)(cut - text) : size;
    struct rl_source sources[] = {
        {"fuzz", text, len}, {"drop-in", cut ? cut + 4 : text, cut ? size - len - 4 : 0}};
    struct rl_findings findings = {0};
    struct rl_compiled *compiled;

    if (rl_compile(names[size ? data[0] % 4 : 0], sources, cut ? 2 : 1, &findings, &compiled) != 0)
        abort();
    if ((compiled == NULL) != (findings.errors > 0))
        abort();
    if (compiled)
        check(&compiled->policy);
    rl_compiled_release(compiled);
    rl_findings_free(&findings);
    return 0;
}
