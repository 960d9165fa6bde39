/* Findings as text, to be compared whole. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/findings.h"

/* "PATH:LINE: error [code] message" a line each; with no path where it is the one expected. Owned
 * by the caller. */
static inline char *findings_text(const struct rl_findings *findings, const char *path)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; i < findings->n; i++) {
        const struct rl_finding *f = &findings->items[i];

        if (!path || strcmp(f->path, path) != 0)
            fprintf(out, "%s:", f->path);
        fprintf(out, "%u: %s [%s] %s\n", f->line, f->severity == RL_ERROR ? "error" : "warning",
            f->code, f->message);
    }
    fclose(out);
    return text;
}

static inline void expect_findings(
    const struct rl_findings *findings, const char *path, const char *expected)
{
    char *text = findings_text(findings, path);

    assert_string_equal(text, expected);
    free(text);
}
