#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/judge-private.h"

#define ANY   0
#define NEWER UINT32_MAX

uint32_t rl_oom_version(const char *kernel)
{
    unsigned long part[3] = {0};
    const char *at = kernel;
    size_t n = 0;

    while (n < 3 && *at >= '0' && *at <= '9') {
        char *end;
        part[n] = strtoul(at, &end, 10);
        part[n] = part[n] > 255 ? 255 : part[n];
        n++;
        at = *end == '.' ? end + 1 : "";
    }
    /* A lone number is no version of a kernel. */
    return n > 1 ? RL_KERNEL(part[0], part[1], part[2]) : 0;
}

/* What a table of tasks looks like, and which generations print such a one. The first row that
 * fits counts. */
static const struct {
    uint32_t columns;     /* all of these */
    uint32_t from, below; /* RL_KERNEL; ANY and ANY: the version is not known or does not matter */
    const char *ids[2];
    bool guessed; /* such a kernel has no such table: a vendor has backported it */
} looks[] = {
    {RL_OOM_COL_RSS_PARTS, ANY, ANY, {"v59"}, false},
    {RL_OOM_COL_TABLES, RL_KERNEL(5, 9, 0), NEWER, {"v59"}, false},
    {RL_OOM_COL_TABLES, RL_KERNEL(4, 17, 0), RL_KERNEL(5, 9, 0), {"v417"}, false},
    {RL_OOM_COL_TABLES, RL_KERNEL(4, 15, 0), RL_KERNEL(4, 17, 0), {"v415"}, false},
    {RL_OOM_COL_TABLES, 1, RL_KERNEL(4, 15, 0), {"v417", "v415"}, true},
    {RL_OOM_COL_PMDS, ANY, ANY, {"v318"}, false},
    {RL_OOM_COL_PUDS, ANY, ANY, {"v318"}, false},
    {RL_OOM_COL_PTES, RL_KERNEL(3, 14, 0), NEWER, {"v318"}, false},
    /* The 3 % of 3.14 went into stable trees of 3.10 on, and into el7. */
    {RL_OOM_COL_PTES, RL_KERNEL(3, 10, 0), RL_KERNEL(3, 14, 0), {"v318", "v36"}, false},
    {RL_OOM_COL_PTES, RL_KERNEL(3, 6, 0), RL_KERNEL(3, 10, 0), {"v36", "v318"}, false},
    {RL_OOM_COL_PTES, ANY, ANY, {"v318", "v36"}, true},
    {RL_OOM_COL_OOM_ADJ | RL_OOM_COL_ADJ, RL_KERNEL(3, 6, 0), NEWER, {"v36"}, false},
    {RL_OOM_COL_OOM_ADJ | RL_OOM_COL_ADJ, RL_KERNEL(2, 6, 39), RL_KERNEL(3, 6, 0), {"v2639"},
        false},
    /* el6 calls itself 2.6.32 and rates as 2.6.36. */
    {RL_OOM_COL_OOM_ADJ | RL_OOM_COL_ADJ, 1, RL_KERNEL(2, 6, 39), {"v2636"}, false},
    {RL_OOM_COL_OOM_ADJ | RL_OOM_COL_ADJ, ANY, ANY, {"v2639", "v2636"}, true},
};

static const char *const last_classic = "v2632";

static void add(struct rl_oom_models *models, const struct rl_model *model)
{
    if (model && models->n < 2)
        models->models[models->n++] = model;
}

static bool by_look(const struct rl_oom_report *report, uint32_t version, struct rl_oom_models *ret)
{
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        bool any = looks[i].from == ANY && looks[i].below == ANY;

        if ((report->columns & looks[i].columns) != looks[i].columns)
            continue;
        if (!any && (version < looks[i].from || version >= looks[i].below))
            continue;
        add(ret, rl_model_find(looks[i].ids[0]));
        if (looks[i].ids[1])
            add(ret, rl_model_find(looks[i].ids[1]));
        ret->guessed = looks[i].guessed || version == 0;
        return true;
    }
    return false;
}

/* page tables in bytes and no version: up to 5.0 kernels print the score of their choice. */
static bool by_message(const struct rl_oom_report *report, struct rl_oom_models *ret)
{
    bool old = report->have & RL_OOM_SCORE;

    if (!(report->columns & RL_OOM_COL_TABLES) || (report->columns & RL_OOM_COL_RSS_PARTS))
        return false;
    add(ret, rl_model_find(old ? "v417" : "v59"));
    add(ret, rl_model_find(old ? "v415" : "v417"));
    ret->guessed = true;
    return true;
}

void rl_oom_models_of(const struct rl_oom_report *report, struct rl_oom_models *ret)
{
    uint32_t version = rl_oom_version(report->kernel);
    bool classic = (report->columns & RL_OOM_COL_OOM_ADJ) && !(report->columns & RL_OOM_COL_ADJ);

    *ret = (struct rl_oom_models){0};
    if (classic) {
        bool fits = version != 0 && version < RL_KERNEL(2, 6, 36);
        add(ret, fits ? rl_model_of_version(version) : rl_model_find(last_classic));
        ret->guessed = !fits;
        return;
    }
    if (version == 0 && by_message(report, ret))
        return;
    if (report->has_table && by_look(report, version, ret))
        return;
    if (version != 0)
        add(ret, rl_model_of_version(version));
    ret->guessed = true;
}
