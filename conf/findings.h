/* What is wrong with the files that were read: collected, never printed here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum rl_severity {
    RL_WARNING,
    RL_ERROR,
};

struct rl_finding {
    char *path;
    unsigned line; /* 0: the file as a whole */
    enum rl_severity severity;
    const char *code; /* stable id: "unknown-key", "bad-unit" ... */
    char *message;    /* what was found; what was expected; did you mean X */
};

struct rl_findings {
    struct rl_finding *items;
    size_t n, size;
    size_t errors;
};

void rl_findings_free(struct rl_findings *findings);

/* Return: 0 or -ENOMEM. */
__attribute__((format(printf, 6, 7))) int rl_findings_add(struct rl_findings *findings,
    const char *path, unsigned line, enum rl_severity severity, const char *code,
    const char *format, ...);
