#include "conf/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/builtin.h"
#include "conf/check-set.h"
#include "conf/compile.h"
#include "conf/folder.h"
#include "conf/open.h"
#include "conf/program.h"

#define BUILT_IN "(built in)"

static const char *const standard_dirs[] = {
    RL_POLICY_DIR, "/run/reliefd/policy.d", "/etc/reliefd/policy.d", NULL};

/* What stands behind one file of a set. */
struct backing {
    struct rl_compiled *compiled; /* held; NULL for BROKEN and MASKED */
    bool stopgap;                 /* a built-in default in place of a file that never loaded */
};

struct set {
    struct rl_policy_set public; /* first: the two are cast into each other */
    struct backing *backing;     /* one for each file */
    bool blind;                  /* a folder could not be read, neither now nor ever before */
};

/* One name to be loaded. */
struct job {
    char *name;                       /* without .conf */
    const struct rl_entry *main;      /* NULL: only built in, or in a folder that cannot be read */
    const struct rl_builtin *builtin; /* NULL: there is none of that name */
};

struct loading {
    const char *const *dirs;
    bool strict;
    const char *vendor_dir;
    const struct rl_settings *settings;
    const struct set *last;
    struct set *set;
    struct rl_findings *findings;
    struct rl_entries entries;
    bool *unreadable; /* one for each folder */
    struct job *jobs;
    size_t n_jobs;
};

/* The texts that make up one policy. */
struct texts {
    struct rl_source *sources;
    size_t n;
    bool masked, gone, refused;
};

static const struct rl_builtin *find_builtin(const char *name)
{
    for (size_t i = 0; i < rl_builtins_n; i++)
        if (strcmp(rl_builtins[i].name, name) == 0)
            return &rl_builtins[i];
    return NULL;
}

static size_t count_dirs(const char *const *dirs)
{
    size_t n = 0;

    while (dirs[n])
        n++;
    return n;
}

/* The index of a name among the files of the set before, -1 when it was not there. */
static ssize_t find_last(const struct loading *load, const char *name)
{
    const struct rl_policy_set *last = load->last ? &load->last->public : NULL;

    for (size_t i = 0; last && i < last->n_files; i++)
        if (strcmp(last->files[i].name, name) == 0)
            return (ssize_t)i;
    return -1;
}

static bool lies_in(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

/* Does the path lie in a folder that cannot be read now? */
static bool is_out_of_sight(const struct loading *load, const char *path)
{
    for (size_t i = 0; load->dirs[i]; i++)
        if (load->unreadable[i] && lies_in(path, load->dirs[i]))
            return true;
    return false;
}

static int list_folders(struct loading *load)
{
    load->unreadable = calloc(count_dirs(load->dirs) + 1, sizeof(*load->unreadable));
    if (!load->unreadable)
        return -ENOMEM;
    for (unsigned i = 0; load->dirs[i]; i++) {
        int result = rl_folder_list(load->dirs[i], i, NULL, load->findings, &load->entries);

        if (result < 0)
            return result;
        load->unreadable[i] = result == RL_FOLDER_UNREADABLE;
    }
    rl_entries_settle(&load->entries);
    return 0;
}

static bool has_job(const struct loading *load, const char *name)
{
    for (size_t i = 0; i < load->n_jobs; i++)
        if (strcmp(load->jobs[i].name, name) == 0)
            return true;
    return false;
}

static int add_job(
    struct loading *load, const char *name, size_t len, const struct rl_entry *main_file)
{
    struct job *job = &load->jobs[load->n_jobs];

    job->name = strndup(name, len);
    if (!job->name)
        return -ENOMEM;
    job->main = main_file;
    job->builtin = find_builtin(job->name);
    load->n_jobs++;
    return 0;
}

static int by_precedence(const void *x, const void *y)
{
    const struct job *a = x, *b = y;
    int rank_a = (int)rl_policy_rank(a->name), rank_b = (int)rl_policy_rank(b->name);

    return rank_a != rank_b ? rank_a - rank_b : strcmp(a->name, b->name);
}

/* Every name there is: files, built-in ones, and those last seen where nobody can look now. */
static int collect_jobs(struct loading *load)
{
    const struct rl_policy_set *last = load->last ? &load->last->public : NULL;
    size_t most = load->entries.n + rl_builtins_n + (last ? last->n_files : 0);
    int error = 0;

    load->jobs = calloc(most, sizeof(*load->jobs));
    if (!load->jobs)
        return -ENOMEM;
    for (size_t i = 0; i < load->entries.n && !error; i++) {
        const struct rl_entry *entry = &load->entries.items[i];

        if (!entry->parent)
            error = add_job(load, entry->name, strlen(entry->name) - strlen(".conf"), entry);
    }
    for (size_t i = 0; i < rl_builtins_n && !error; i++)
        if (!has_job(load, rl_builtins[i].name))
            error = add_job(load, rl_builtins[i].name, strlen(rl_builtins[i].name), NULL);
    for (size_t i = 0; last && i < last->n_files && !error; i++)
        if (is_out_of_sight(load, last->files[i].path) && !has_job(load, last->files[i].name))
            error = add_job(load, last->files[i].name, strlen(last->files[i].name), NULL);
    if (!error)
        qsort(load->jobs, load->n_jobs, sizeof(*load->jobs), by_precedence);
    return error;
}

static bool adds_to(const struct rl_entry *drop_in, const char *name)
{
    size_t len = strlen(name);

    return drop_in->parent && strncmp(drop_in->parent, name, len) == 0 &&
           strcmp(drop_in->parent + len, ".conf") == 0;
}

static int warn_of_orphans(struct loading *load)
{
    for (size_t i = 0; i < load->entries.n; i++) {
        const struct rl_entry *entry = &load->entries.items[i];
        bool found = !entry->parent;

        for (size_t j = 0; j < load->n_jobs && !found; j++)
            found = adds_to(entry, load->jobs[j].name);
        if (!found && rl_findings_add(load->findings, entry->path, 0, RL_WARNING, "orphan-drop-in",
                          "adds to %s, which does not exist", entry->parent) < 0)
            return -ENOMEM;
    }
    return 0;
}

static void texts_free(struct texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free((char *)texts->sources[i].text);
    free(texts->sources);
}

static int add_builtin_text(struct texts *texts, const struct rl_builtin *builtin)
{
    char *copy = malloc(builtin->len + 1);

    if (!copy)
        return -ENOMEM;
    memcpy(copy, builtin->text, builtin->len + 1);
    texts->sources[texts->n++] = (struct rl_source){BUILT_IN, copy, builtin->len, true};
    return 0;
}

static int add_file_text(struct loading *load, struct texts *texts, const struct rl_entry *entry)
{
    char *text;
    size_t len;
    int result;

    if (entry->unknown)
        return RL_CONF_REFUSED; /* said when it was listed */
    result = rl_read_conf(entry->path, load->strict, load->findings, &text, &len);
    if (result == RL_CONF_TEXT)
        texts->sources[texts->n++] = (struct rl_source){
            entry->path, text, len, lies_in(entry->path, load->vendor_dir)};
    return result;
}

static int gather_main(struct loading *load, const struct job *job, struct texts *texts)
{
    int result = job->main ? add_file_text(load, texts, job->main) : RL_CONF_GONE;

    if (result == RL_CONF_GONE && job->builtin)
        return add_builtin_text(texts, job->builtin);
    texts->masked = result == RL_CONF_MASK;
    texts->gone = result == RL_CONF_GONE;
    texts->refused = result == RL_CONF_REFUSED;
    return result < 0 ? result : 0;
}

static int gather(struct loading *load, const struct job *job, struct texts *texts)
{
    int error;

    texts->sources = calloc(load->entries.n + 1, sizeof(*texts->sources));
    if (!texts->sources)
        return -ENOMEM;
    error = gather_main(load, job, texts);
    for (size_t i = 0; i < load->entries.n && !error && texts->n; i++) {
        int result;

        if (!adds_to(&load->entries.items[i], job->name))
            continue;
        result = add_file_text(load, texts, &load->entries.items[i]);
        texts->refused = texts->refused || result == RL_CONF_REFUSED;
        error = result < 0 ? result : 0;
    }
    return error;
}

/* Compile what was gathered, to the end even when it cannot count, so that all mistakes are told.
 */
static int compile(struct loading *load, const struct job *job, const struct texts *texts,
    struct rl_compiled **ret)
{
    int error;

    if (texts->n == 0)
        return 0;
    error = rl_compile(job->name, texts->sources, texts->n, load->findings, ret);
    if (!error && texts->refused) {
        rl_compiled_release(*ret);
        *ret = NULL;
    }
    return error;
}

/* What stands in for a file that is broken: its last good version; for a default the built-in
 * one, which then is a stopgap. */
static int stand_in(struct loading *load, const struct job *job, struct backing *ret)
{
    ssize_t i = find_last(load, job->name);
    struct rl_source source;

    if (i >= 0 && load->last->backing[i].compiled) {
        *ret = load->last->backing[i];
        rl_compiled_hold(ret->compiled);
        if (job->main && strcmp(ret->compiled->policy.source, BUILT_IN) == 0)
            ret->stopgap = true;
        return 0;
    }
    if (!job->builtin)
        return 0;
    ret->stopgap = true;
    source = (struct rl_source){BUILT_IN, job->builtin->text, job->builtin->len, true};
    return rl_compile(job->name, &source, 1, load->findings, &ret->compiled);
}

static int keep(struct loading *load, const struct job *job, enum rl_file_state state,
    const char *path, struct backing backing)
{
    struct rl_policy_set *set = &load->set->public;
    struct rl_policy_file *file = &set->files[set->n_files];

    file->name = strdup(job->name);
    file->path = strdup(path);
    file->state = state;
    load->set->backing[set->n_files++] = backing;
    return file->name && file->path ? 0 : -ENOMEM;
}

/* A name whose folder cannot be read stays what it was. */
static int keep_out_of_sight(struct loading *load, const struct job *job, ssize_t i)
{
    const struct rl_policy_file *file = &load->last->public.files[i];
    struct backing backing = load->last->backing[i];
    enum rl_file_state state = file->state;

    if (backing.compiled)
        rl_compiled_hold(backing.compiled);
    if (state == RL_FILE_LOADED)
        state = RL_FILE_LAST_GOOD;
    return keep(load, job, state, file->path, backing);
}

static int do_gathered(struct loading *load, const struct job *job, const struct texts *texts)
{
    const char *path = job->main ? job->main->path : BUILT_IN;
    struct backing backing = {0};
    enum rl_file_state state = RL_FILE_LOADED;
    int error;

    if (texts->masked)
        return keep(load, job, RL_FILE_MASKED, path, backing);
    if (texts->gone)
        return 0;
    error = compile(load, job, texts, &backing.compiled);
    if (!error && !backing.compiled) {
        error = stand_in(load, job, &backing);
        state = backing.compiled ? RL_FILE_LAST_GOOD : RL_FILE_BROKEN;
    }
    if (error < 0)
        return error;
    return keep(load, job, state, path, backing);
}

static int do_job(struct loading *load, const struct job *job)
{
    ssize_t i = find_last(load, job->name);
    struct texts texts = {0};
    int error;

    if (i >= 0 && is_out_of_sight(load, load->last->public.files[i].path))
        return keep_out_of_sight(load, job, i);
    error = gather(load, job, &texts);
    if (!error)
        error = do_gathered(load, job, &texts);
    texts_free(&texts);
    return error;
}

/* A masked default.conf turns off the whole family. */
static void mask_family(struct set *set)
{
    struct rl_policy_set *public = &set->public;
    bool masked = false;

    for (size_t i = 0; i < public->n_files; i++)
        if (strcmp(public->files[i].name, "default") == 0)
            masked = public->files[i].state == RL_FILE_MASKED;
    for (size_t i = 0; masked && i < public->n_files; i++) {
        if (rl_policy_rank(public->files[i].name) != RL_RANK_DEFAULT_ROW)
            continue;
        rl_compiled_release(set->backing[i].compiled);
        set->backing[i] = (struct backing){0};
        public->files[i].state = RL_FILE_MASKED;
    }
}

/* Put the policies in force side by side, and see whether somebody's will is unknown. */
static int assemble(struct loading *load)
{
    struct rl_policy_set *public = &load->set->public;
    struct rl_policy *policies = calloc(public->n_files + 1, sizeof(*policies));

    if (!policies)
        return -ENOMEM;
    public->policies = policies;
    for (size_t i = 0; i < public->n_files; i++) {
        const struct backing *backing = &load->set->backing[i];

        if (public->files[i].state == RL_FILE_BROKEN || backing->stopgap)
        public->default_node_only = true;
        if (!backing->compiled)
            continue;
        policies[public->n] = backing->compiled->policy;
        public->files[i].policy = &policies[public->n++];
    }
    for (size_t i = 0; load->dirs[i]; i++)
        if (load->unreadable[i] && (!load->last || load->last->blind))
            load->set->blind = true;
    public->default_node_only = public->default_node_only || load->set->blind;
    return 0;
}

/* What is wrong with policies side by side. */
static int check_together(struct loading *load)
{
    const struct rl_policy_set *public = &load->set->public;
    const struct rl_compiled **compiled = calloc(public->n + 1, sizeof(*compiled));
    size_t n = 0;
    int error;

    if (!compiled)
        return -ENOMEM;
    for (size_t i = 0; i < public->n_files; i++)
        if (load->set->backing[i].compiled)
            compiled[n++] = load->set->backing[i].compiled;
    error = rl_check_set(compiled, n, load->settings, load->findings);
    if (!error)
        error = rl_check_programs(compiled, n, load->findings);
    free(compiled);
    return error;
}

static int make_set(struct loading *load)
{
    struct set *set = load->set;

    set->public.files = calloc(load->n_jobs + 1, sizeof(*set->public.files));
    set->backing = calloc(load->n_jobs + 1, sizeof(*set->backing));
    return set->public.files && set->backing ? 0 : -ENOMEM;
}

static int load_all(struct loading *load)
{
    int error = list_folders(load);

    if (!error)
        error = collect_jobs(load);
    if (!error)
        error = warn_of_orphans(load);
    if (!error)
        error = make_set(load);
    for (size_t i = 0; i < load->n_jobs && !error; i++)
        error = do_job(load, &load->jobs[i]);
    if (error)
        return error;
    mask_family(load->set);
    error = assemble(load);
    return error ? error : check_together(load);
}

int rl_policy_set_load(const struct rl_load_options *options, const struct rl_policy_set *last,
    struct rl_policy_set **ret)
{
    struct set *set = calloc(1, sizeof(*set));
    struct loading load = {
        .dirs = options->dirs ? options->dirs : standard_dirs,
        .strict = options->strict_owner,
        .vendor_dir = options->vendor_dir ? options->vendor_dir : RL_POLICY_DIR,
        .settings = options->settings,
        .last = (const struct set *)last,
        .set = set,
    };
    int error;

    if (!set)
        return -ENOMEM;
    load.findings = &set->public.findings;
    error = load_all(&load);
    for (size_t i = 0; i < load.n_jobs; i++)
        free(load.jobs[i].name);
    free(load.jobs);
    free(load.unreadable);
    rl_entries_free(&load.entries);
    if (error) {
        rl_policy_set_free(&set->public);
        return error;
    }
    *ret = &set->public;
    return 0;
}

size_t rl_policy_set_texts(
    const struct rl_policy_set *public, size_t file, const struct rl_source **ret)
{
    const struct rl_compiled *compiled = ((const struct set *)public)->backing[file].compiled;

    *ret = compiled ? compiled->sources : NULL;
    return compiled ? compiled->n_sources : 0;
}

struct rl_policy_set *rl_policy_set_free(struct rl_policy_set *public)
{
    struct set *set = (struct set *)public;

    if (!set)
        return NULL;
    for (size_t i = 0; i < public->n_files; i++) {
        rl_compiled_release(set->backing[i].compiled);
        free(public->files[i].name);
        free(public->files[i].path);
    }
    free(set->backing);
    free(public->files);
    free((struct rl_policy *)public->policies);
    rl_findings_free(&public->findings);
    free(set);
    return NULL;
}
