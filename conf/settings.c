#include "conf/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/open.h"
#include "conf/standard.h"

static const char *const standard_dirs[] = {RL_VENDOR_DIR, "/run/reliefd", "/etc/reliefd", NULL};

/* The settings with strings of their own: what was read is in the arena, which ends. */
static int own_strings(const struct rl_settings *from, struct rl_settings *ret)
{
    struct rl_settings to = *from;
    bool well;

    to.cgroup_root = from->cgroup_root ? strdup(from->cgroup_root) : NULL;
    to.metrics_file = from->metrics_file ? strdup(from->metrics_file) : NULL;
    to.allow_within = calloc(from->n_allow_within + 1, sizeof(*to.allow_within));
    well = to.allow_within && (to.cgroup_root || !from->cgroup_root) &&
           (to.metrics_file || !from->metrics_file);
    for (size_t i = 0; i < from->n_allow_within && well; i++) {
        to.allow_within[i] = strdup(from->allow_within[i]);
        well = to.allow_within[i] != NULL;
    }
    if (well) {
        *ret = to;
        return 0;
    }
    if (!to.allow_within)
        to.n_allow_within = 0;
    rl_settings_free(&to);
    return -ENOMEM;
}

static int take_file(void *userdata, const char *path, const char *text, size_t len)
{
    struct rl_draft *draft = userdata;

    rl_draft_read(draft, path, text, len, false);
    return draft->error;
}

static int read_named(
    const struct rl_standard *standard, const char *path, struct rl_findings *findings)
{
    int result = rl_standard_read_file(standard, path, findings);

    if (result == RL_CONF_GONE)
        result = rl_findings_add(
            findings, path, 0, RL_ERROR, "no-such-file", "there is no such file");
    return result < 0 ? result : 0;
}

int rl_settings_load(const struct rl_settings_options *options, struct rl_findings *findings,
    struct rl_settings *ret)
{
    struct rl_settings settings = {0};
    struct rl_arena arena = {0};
    struct rl_draft draft = {
        .kind = RL_SETTINGS_FILE, .arena = &arena, .findings = findings, .settings = &settings};
    struct rl_standard standard = {
        .name = "reliefd.conf",
        .dirs = options->dirs ? options->dirs : standard_dirs,
        .strict_owner = options->strict_owner,
        .take = take_file,
        .userdata = &draft,
    };
    int error;

    rl_draft_defaults(&draft);
    error = draft.error;
    if (!error)
        error = options->path ? read_named(&standard, options->path, findings)
                              : rl_standard_read(&standard, findings);
    if (!error)
        error = own_strings(&settings, ret);
    rl_arena_free(&arena);
    return error;
}

void rl_settings_free(struct rl_settings *settings)
{
    for (size_t i = 0; i < settings->n_allow_within; i++)
        free(settings->allow_within[i]);
    free(settings->allow_within);
    free(settings->cgroup_root);
    free(settings->metrics_file);
    *settings = (struct rl_settings){0};
}
