/* The INI reader: libinih and the reader in front of it see the same sections, keys are within
 * their bounds, and lines only go up. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/ini.h"

struct seen {
    char section[RL_INI_NAME_MAX + 1];
    unsigned line;
};

static int take_section(void *userdata, unsigned line, const char *section)
{
    struct seen *seen = userdata;

    if (line <= seen->line || strlen(section) > RL_INI_NAME_MAX)
        abort();
    seen->line = line;
    snprintf(seen->section, sizeof(seen->section), "%s", section);
    return 0;
}

static int take_value(
    void *userdata, unsigned line, const char *section, const char *key, const char *value)
{
    struct seen *seen = userdata;

    if (line <= seen->line || strcmp(section, seen->section) != 0)
        abort();
    if (!*key || strlen(key) > RL_INI_NAME_MAX || strchr(key, ':') ||
        strlen(value) > RL_INI_LINE_MAX)
        abort();
    seen->line = line;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct rl_ini_calls calls = {take_section, take_value};
    struct rl_findings findings = {0};
    struct seen seen = {0};

    if (rl_ini_read("fuzz", (const char *)data, size, &calls, &seen, &findings) != 0)
        abort();
    for (size_t i = 0; i < findings.n; i++)
        if (findings.items[i].line == 0 || strcmp(findings.items[i].code, "not-ini") == 0)
            abort();
    rl_findings_free(&findings);
    return 0;
}
