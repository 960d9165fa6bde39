#include "daemon/ctl/words.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/load.h"
#include "daemon/report/cleanup.h"
#include "policy/score.h"

#define SUFFIX ".json"

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Names of cgroups and processes are chosen by strangers: a line feed in one would be another
 * word, and a tab a description. */
static bool is_printable(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == '\177')
            return false;
    }
    return true;
}

void rl_offer(const struct rl_typed *typed, const char *word, const char *help)
{
    if (begins(word, typed->text) && is_printable(word))
        printf("%s%s\t%s\n", typed->prefix, word, help && is_printable(help) ? help : "");
}

/* ---- cgroups ---- */

/* Those one level below what was typed up to its last slash; and where there is only one, that with
 * a slash, too, if it has children: no shell then takes the word for complete. */
static void offer_cgroups(const struct rl_typed *typed)
{
    const char *end = strrchr(typed->text, '/');
    int length = end ? (int)(end - typed->text) : 0;
    char path[PATH_MAX], name[PATH_MAX], only[PATH_MAX] = "";
    size_t n = 0;

    if (*typed->text && *typed->text != '/')
        return;
    if (typed->cgroup_root)
        snprintf(path, sizeof(path), "%s%.*s", typed->cgroup_root, length, typed->text);
    else
        snprintf(path, sizeof(path), "%s/sys/fs/cgroup%.*s", typed->root ? typed->root : "", length,
            typed->text);
    rl_auto_dir DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        if ((size_t)snprintf(name, sizeof(name), "%.*s/%s", length, typed->text, entry->d_name) >=
                sizeof(name) ||
            !begins(name, typed->text))
            continue;
        rl_offer(typed, name, NULL);
        memcpy(only, name, sizeof(only));
        n++;
    }
    if (n == 1 && strcmp(only, typed->text) != 0 && strlen(only) + 1 < sizeof(only))
        rl_offer(typed, strcat(only, "/"), "what is below it");
}

/* ---- processes ---- */

static void offer_pids_as(const struct rl_typed *typed, const char *before)
{
    char path[PATH_MAX], word[300], comm[64];

    if (typed->proc_root)
        snprintf(path, sizeof(path), "%s", typed->proc_root);
    else
        snprintf(path, sizeof(path), "%s/proc", typed->root ? typed->root : "");
    rl_auto_dir DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name))
            continue;
        snprintf(word, sizeof(word), "%s%s", before, entry->d_name);
        if (!begins(word, typed->text))
            continue;
        snprintf(path, sizeof(path), "%s/comm", entry->d_name);
        rl_auto_fd int fd = openat(dirfd(dir), path, O_RDONLY | O_CLOEXEC);
        ssize_t size = fd < 0 ? 0 : read(fd, comm, sizeof(comm) - 1);
        comm[size > 0 ? size : 0] = '\0';
        comm[strcspn(comm, "\n")] = '\0';
        rl_offer(typed, word, comm);
    }
}

static void offer_pids(const struct rl_typed *typed)
{
    offer_pids_as(typed, "");
}

static void offer_prefixed_pids(const struct rl_typed *typed)
{
    if (begins(typed->text, "pid:"))
        offer_pids_as(typed, "pid:");
    else
        rl_offer(typed, "pid:", "the cgroup of a process");
}

/* ---- what reliefd knows ---- */

/* By names of files: no daemon has to answer for a completion. */
static void offer_incidents(const struct rl_typed *typed)
{
    char path[PATH_MAX], id[256];

    snprintf(path, sizeof(path), "%s/incidents",
        typed->state_dir ? typed->state_dir : "/var/lib/reliefd");
    rl_auto_dir DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        size_t length = strlen(entry->d_name), suffix = sizeof(SUFFIX) - 1;
        if (length <= suffix || *entry->d_name == '.' ||
            strcmp(entry->d_name + length - suffix, SUFFIX) != 0)
            continue;
        snprintf(id, sizeof(id), "%.*s", (int)(length - suffix), entry->d_name);
        rl_offer(typed, id, "incident");
    }
}

static void offer_policies(const struct rl_typed *typed)
{
    struct rl_load_options options = {0};
    struct rl_policy_set *set = NULL;

    if (rl_policy_set_load(&options, NULL, &set) < 0)
        return;
    for (size_t i = 0; i < set->n_files; i++)
        rl_offer(typed, set->files[i].name, set->files[i].path);
    rl_policy_set_free(set);
}

static void offer_models(const struct rl_typed *typed)
{
    char kernels[96];

    rl_offer(typed, "help", "list them");
    for (size_t i = 0; i < rl_models_n; i++) {
        const char *versions = rl_models[i].kernels;
        snprintf(kernels, sizeof(kernels), "%s%s", versions ? "Linux " : "reliefd's own",
            versions ? versions : "");
        rl_offer(typed, rl_models[i].id, kernels);
    }
    for (size_t i = 0; i < rl_model_aliases_n; i++) {
        snprintf(kernels, sizeof(kernels), "another name of %s", rl_model_aliases[i].id);
        rl_offer(typed, rl_model_aliases[i].alias, kernels);
    }
}

/* Those that may be taken by hand alone. */
static void offer_steps(const struct rl_typed *typed)
{
    for (int kind = 0; kind < RL_STEP_KINDS; kind++)
        rl_offer(typed, rl_step_name((enum rl_step_kind)kind), "step of a policy");
}

static void offer_patterns(const struct rl_typed *typed)
{
    char word[32];

    for (int fact = 0; fact < RL_FACTS; fact++) {
        snprintf(word, sizeof(word), "%s:", rl_fact_name((enum rl_fact)fact));
        if (strchr("cu", *word) || begins(word, "exe"))
            rl_offer(typed, word, "and a glob");
    }
    rl_offer(typed, "main", "the main process of a unit");
}

static void offer_times(const struct rl_typed *typed)
{
    rl_offer(typed, "today", "since 00:00, local time");
    rl_offer(typed, "yesterday", "00:00 of the day before, local time");
    rl_offer(typed, "-1h", "an hour ago");
    rl_offer(typed, "-1d", "a day ago");
}

static void offer_levels(const struct rl_typed *typed)
{
    static const char *const levels[] = {"err", "warning", "notice", "info", "debug"};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        rl_offer(typed, levels[i], "and what is more important");
}

/* ---- files: the shells know best ---- */

static void offer_files(const struct rl_typed *typed)
{
    printf("\tfiles\n");
}

static void offer_folders(const struct rl_typed *typed)
{
    printf("\tfolders\n");
}

const struct rl_word rl_words[] = {
    {"CGROUP", "a cgroup by its path, with a leading /", offer_cgroups},
    {"DIR", "a folder", offer_folders},
    {"FILE", "a file", offer_files},
    {"FOLDER", "a folder", offer_folders},
    {"FORMAT", "text or json", NULL},
    {"GLOB", "cgroups, by a glob as in Cgroup= of policy.d(5)", offer_cgroups},
    {"INCIDENT", "the id of an incident", offer_incidents},
    {"KEY", "what rows are sorted by", NULL},
    {"KIND:GLOB", "processes, as in Protect= of policy.d(5)", offer_patterns},
    {"LEVEL", "how important a line of the log must be", offer_levels},
    {"MODEL", "a score model", offer_models},
    {"N", "a number", NULL},
    {"OUT.tar", "a file that is written", offer_files},
    {"PATH", "a cgroup by its path, with a leading /", offer_cgroups},
    {"PID", "a process by its number", offer_pids},
    {"POLICY", "a policy by its name", offer_policies},
    {"SECONDS", "a number of seconds", NULL},
    {"SIZE", "bytes: 64M", NULL},
    {"STEP", "a step of a policy: terminate", offer_steps},
    {"T", "how long: 30min", NULL},
    {"TEXT", "a part of a name", NULL},
    {"TOOL", "systemd-oomd, earlyoom, oomd or nohang", NULL},
    {"TIME", "when: 2026-01-02 03:04:05, today, -2h", offer_times},
    {"TRACE", "a file that reliefctl record has written", offer_files},
    {"pid:N", "the cgroup of a process", offer_prefixed_pids},
    {0},
};

const struct rl_word *rl_word_find(const char *name, size_t length)
{
    for (const struct rl_word *word = rl_words; word->name; word++) {
        if (strlen(word->name) == length && memcmp(word->name, name, length) == 0)
            return word;
    }
    return NULL;
}

bool rl_word_fixed(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!((name[i] >= 'a' && name[i] <= 'z') || name[i] == '-'))
            return false;
    }
    return length > 0;
}
