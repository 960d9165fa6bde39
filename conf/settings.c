#include "conf/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/folder.h"
#include "conf/open.h"

#define FILE_NAME "reliefd.conf"

static const char *const standard_dirs[] = {RL_VENDOR_DIR, "/run/reliefd", "/etc/reliefd", NULL};

struct reading {
    struct rl_draft draft;
    bool strict;
};

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

/* Return: enum rl_conf; -ENOMEM. */
static int read_file(struct reading *r, const char *path)
{
    char *text;
    size_t len;
    int result = rl_read_conf(path, r->strict, r->draft.findings, &text, &len);

    if (result != RL_CONF_TEXT)
        return result;
    rl_draft_read(&r->draft, path, text, len, false);
    free(text);
    return r->draft.error < 0 ? r->draft.error : result;
}

static int read_named(struct reading *r, const char *path)
{
    int result = read_file(r, path);

    if (result == RL_CONF_GONE)
        result = rl_findings_add(
            r->draft.findings, path, 0, RL_ERROR, "no-such-file", "there is no such file");
    return result < 0 ? result : 0;
}

/* The main file is the one of the most important folder that has it. */
static int read_main(struct reading *r, const char *const *dirs)
{
    int result = RL_CONF_GONE;
    size_t n = 0;

    while (dirs[n])
        n++;
    while (n-- > 0 && result == RL_CONF_GONE) {
        char *path;

        if (asprintf(&path, "%s/" FILE_NAME, dirs[n]) < 0)
            return -ENOMEM;
        result = read_file(r, path);
        free(path);
    }
    return result < 0 ? result : 0;
}

static int list_drop_ins(
    const char *const *dirs, struct rl_findings *findings, struct rl_entries *entries)
{
    for (unsigned i = 0; dirs[i]; i++) {
        char *path;
        int result;

        if (asprintf(&path, "%s/" FILE_NAME ".d", dirs[i]) < 0)
            return -ENOMEM;
        result = rl_folder_list(path, i, FILE_NAME, findings, entries);
        free(path);
        if (result < 0)
            return result;
    }
    rl_entries_settle(entries);
    return 0;
}

static int read_drop_ins(struct reading *r, const char *const *dirs)
{
    struct rl_entries entries = {0};
    int result = list_drop_ins(dirs, r->draft.findings, &entries);

    for (size_t i = 0; i < entries.n && result >= 0; i++)
        result = read_file(r, entries.items[i].path);
    rl_entries_free(&entries);
    return result < 0 ? result : 0;
}

int rl_settings_load(const struct rl_settings_options *options, struct rl_findings *findings,
    struct rl_settings *ret)
{
    const char *const *dirs = options->dirs ? options->dirs : standard_dirs;
    struct rl_settings settings = {0};
    struct rl_arena arena = {0};
    struct reading r = {
        .draft = {.kind = RL_SETTINGS_FILE,
            .arena = &arena,
            .findings = findings,
            .settings = &settings},
        .strict = options->strict_owner,
    };
    int error;

    rl_draft_defaults(&r.draft);
    error = r.draft.error;
    if (!error && options->path) {
        error = read_named(&r, options->path);
    } else if (!error) {
        error = read_main(&r, dirs);
        if (!error)
            error = read_drop_ins(&r, dirs);
    }
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
