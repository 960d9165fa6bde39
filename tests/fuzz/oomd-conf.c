/* oomd.conf from any text: what is wrong is a warning and nothing more, what counts is within its
 * bounds, and the policy of a unit that says nothing itself is one that reliefd accepts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/compile.h"
#include "conf/managed.h"
#include "conf/oomd-conf.h"

#define SECOND UINT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_policy(const struct rl_oomd_conf *conf)
{
    struct rl_managed_properties unit = {
        .unit = "a.service", .swap = true, .pressure = true, .defaults = conf};
    struct rl_findings findings = {0};
    struct rl_source source = {.path = "fuzz"};
    struct rl_compiled *compiled;
    char *text = NULL;
    FILE *file = open_memstream(&text, &source.len);

    if (!file || !rl_managed_write(&unit, file) || fclose(file) != 0)
        abort();
    source.text = text;
    if (rl_compile("a.service", &source, 1, &findings, &compiled) != 0 || !compiled)
        abort();
    rl_compiled_release(compiled);
    rl_findings_free(&findings); /* a trigger of levels alone is warned about */
    free(text);
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
