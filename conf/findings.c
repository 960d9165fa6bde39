#include "conf/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rl_findings_free(struct rl_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        free(findings->items[i].path);
        free(findings->items[i].message);
    }
    free(findings->items);
    *findings = (struct rl_findings){0};
}

static int make_room(struct rl_findings *findings)
{
    size_t size = findings->size ? 2 * findings->size : 8;
    struct rl_finding *items;

    if (findings->n < findings->size)
        return 0;
    items = reallocarray(findings->items, size, sizeof(*items));
    if (!items)
        return -ENOMEM;
    findings->items = items;
    findings->size = size;
    return 0;
}

int rl_findings_add(struct rl_findings *findings, const char *path, unsigned line,
    enum rl_severity severity, const char *code, const char *format, ...)
{
    struct rl_finding finding = {.line = line, .severity = severity, .code = code};
    va_list args;
    int written;

    if (make_room(findings) < 0)
        return -ENOMEM;
    va_start(args, format);
    written = vasprintf(&finding.message, format, args);
    va_end(args);
    if (written < 0)
        return -ENOMEM;
    finding.path = strdup(path);
    if (!finding.path) {
        free(finding.message);
        return -ENOMEM;
    }
    findings->items[findings->n++] = finding;
    findings->errors += severity == RL_ERROR;
    return 0;
}
