/* oomd.conf from any text: what is wrong is a warning and nothing more, what counts is within its
 * bounds, and the policy of a unit that says nothing itself is one that reliefd accepts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/managed.h"
#include "conf/oomd-conf.h"

#define SECOND UINT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_policy(const struct rl_oomd_conf *conf)
{
    struct rl_managed_properties unit = {
        .unit = "a.service", .swap = true, .pressure = true, .defaults = conf};
    struct rl_arena arena = {0};
    struct rl_findings findings = {0};
    struct rl_policy policy = {.name = "a.service", .source = "fuzz"};
    struct rl_draft draft = {
        .kind = RL_POLICY_FILE, .arena = &arena, .findings = &findings, .policy = &policy};
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);

    if (!file || !rl_managed_write(&unit, file) || fclose(file) != 0)
        abort();
    rl_draft_defaults(&draft);
    rl_draft_read(&draft, "fuzz", text, len, false);
    rl_draft_finish_policy(&draft);
    if (draft.error || findings.n > 0)
        abort();
    free(text);
    rl_findings_free(&findings);
    rl_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rl_findings findings = {0};
    struct rl_oomd_conf conf = {0};

    if (rl_oomd_conf_read(&conf, "fuzz", (const char *)data, size, &findings) < 0)
        abort();
    for (size_t i = 0; i < findings.n; i++)
        if (findings.items[i].severity != RL_WARNING)
            abort();
    for (enum rl_oomd_key key = 0; key < RL_OOMD_KEYS; key++) {
        uint64_t number = conf.of[key].number;

        if (!conf.of[key].from)
            continue;
        if (key == RL_OOMD_DURATION ? number < SECOND || number == UINT64_MAX : number > 10000)
            abort();
    }
    if (findings.errors > 0)
        abort();
    check_policy(&conf);
    rl_oomd_conf_free(&conf);
    rl_findings_free(&findings);
    return 0;
}
