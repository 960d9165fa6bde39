#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/keys.h"
#include "conf/load.h"
#include "conf/settings.h"
#include "daemon/ctl/census.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/pager.h"
#include "daemon/ctl/user.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"

#define TEXT_MAX   4096
#define LISTED_MAX 12 /* cgroups of one policy that are printed by name */

enum own {
    OWN_KEYS,
};

const struct rl_option rl_check_options[] = {
    [OWN_KEYS] = {"keys", NULL, "list the keys of the policy language instead"},
    {0},
};

/* What is checked and what came of it: the files with their findings, the policies. */
struct checking {
    json_t *files;
    json_t *policies;
    struct rl_census census;     /* the cgroups there are; none where there is no tree */
    struct rl_settings settings; /* what policies may */
    bool settings_known;
    bool errors;
    int failed; /* -errno that ended it */
};

/* The object of a file, made where it is new. */
static json_t *file_of(struct checking *checking, const char *path)
{
    size_t i;
    json_t *file;

    json_array_foreach(checking->files, i, file)
    {
        if (strcmp(json_string_value(json_object_get(file, "path")), path) == 0)
            return file;
    }
    file = json_pack("{s:o, s:b, s:[]}", "path", rl_json_string(path), "ok", true, "findings");
    if (file && json_array_append_new(checking->files, file) < 0)
        return NULL;
    return file;
}

static void add_finding(struct checking *checking, const struct rl_finding *finding)
{
    json_t *file = file_of(checking, finding->path ? finding->path : "");
    bool error = finding->severity == RL_ERROR;

    json_array_append_new(json_object_get(file, "findings"),
        json_pack("{s:i, s:s, s:s, s:o}", "line", (int)finding->line, "severity",
            error ? "error" : "warning", "code", finding->code, "message",
            rl_json_string(finding->message)));
    if (error) {
        checking->errors = true;
        json_object_set_new(file, "ok", json_false());
    }
}

/* The cgroups that fall under a policy because it names them. */
static json_t *matches_json(const struct rl_census *census, size_t policy)
{
    json_t *matches = json_array();

    for (size_t i = 0; i < census->n; i++)
        if (census->cgroups[i].policy == policy && !census->cgroups[i].inherited)
            json_array_append_new(matches, rl_json_string(census->cgroups[i].path));
    return matches;
}

/* Those that it names, too, but that fall under another one. */
static json_t *taken_json(
    const struct rl_census *census, const struct rl_policy_set *set, size_t policy)
{
    json_t *taken = json_array();

    for (size_t i = 0; i < census->n; i++) {
        const struct rl_census_cgroup *cgroup = &census->cgroups[i];
        bool free = cgroup->policy == RL_CENSUS_NOBODY;

        if (cgroup->policy == policy || !rl_census_names(&set->policies[policy], cgroup))
            continue;
        json_array_append_new(
            taken, json_pack("{s:o, s:o}", "cgroup", rl_json_string(cgroup->path), "by",
                       free ? json_null() : rl_json_string(set->policies[cgroup->policy].name)));
    }
    return taken;
}

static void add_policy(struct checking *checking, const struct rl_policy_set *set, size_t at)
{
    const struct rl_policy *policy = &set->policies[at];
    rl_auto_free char *sentence = rl_policy_sentence(policy);

    json_array_append_new(checking->policies,
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", rl_json_string(policy->name), "source",
            rl_json_string(policy->source), "sentence", rl_json_string(sentence), "matches",
            matches_json(&checking->census, at), "taken", taken_json(&checking->census, set, at)));
}

/* Does something that stands at path belong to what was asked for: the file itself or what adds
 * to it (FILE.d/X.conf); NULL: everything? */
static bool belongs(const char *path, const char *asked)
{
    size_t length = asked ? strlen(asked) : 0;

    if (!asked || !path)
        return true;
    return strncmp(path, asked, length) == 0 &&
           (path[length] == '\0' || strncmp(path + length, ".d/", 3) == 0);
}

/* Load folders; only: the one file of them that was asked for, or NULL. */
static void check_folders(struct checking *checking, const char *const *dirs, const char *only)
{
    struct rl_load_options options = {
        .dirs = dirs, .settings = checking->settings_known ? &checking->settings : NULL};
    struct rl_policy_set *set = NULL;

    int r = rl_policy_set_load(&options, NULL, &set);
    if (r < 0) {
        checking->failed = r;
        return;
    }
    for (size_t i = 0; i < set->n_files; i++) {
        if (set->files[i].path && belongs(set->files[i].path, only))
            file_of(checking, set->files[i].path);
    }
    for (size_t i = 0; i < set->findings.n; i++) {
        if (belongs(set->findings.items[i].path, only))
            add_finding(checking, &set->findings.items[i]);
    }
    rl_census_share(&checking->census, set);
    for (size_t i = 0; i < set->n; i++) {
        if (belongs(set->policies[i].source, only))
            add_policy(checking, set, i);
    }
    rl_policy_set_free(set);
}

/* reliefd.conf: path NULL for those in the folders, dirs NULL for the standard ones. */
static void check_settings(
    struct checking *checking, const char *path, const char *const *dirs, bool quiet)
{
    struct rl_settings_options options = {.path = path, .dirs = dirs};
    struct rl_findings findings = {0};
    struct rl_settings settings;

    int r = rl_settings_load(&options, &findings, &settings);
    if (r < 0) {
        checking->failed = r;
        return;
    }
    if (path)
        file_of(checking, path);
    for (size_t i = 0; i < findings.n && !quiet; i++)
        add_finding(checking, &findings.items[i]);
    if (checking->settings_known)
        rl_settings_free(&checking->settings);
    checking->settings = settings;
    checking->settings_known = true;
    rl_findings_free(&findings);
}

/* A policy file is read as what it is: one of its folder. */
static int check_file(struct checking *checking, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0, name = strlen(path);

    if (strcmp(slash ? slash + 1 : path, "reliefd.conf") == 0 || strstr(path, "reliefd.conf.d/")) {
        check_settings(checking, path, NULL, false);
        return 0;
    }
    if (name < 5 || strcmp(path + name - 5, ".conf") != 0) {
        fprintf(stderr, "reliefctl check: %s: a policy file's name ends in .conf\n", path);
        return -EINVAL;
    }
    if (length >= sizeof(folder))
        return -ENAMETOOLONG;
    snprintf(
        folder, sizeof(folder), "%.*s", slash && length == 0 ? 1 : (int)length, slash ? path : "");
    const char *const dirs[] = {slash ? folder : ".", NULL};
    char with_folder[PATH_MAX + 2];
    snprintf(with_folder, sizeof(with_folder), "%s%s", slash ? "" : "./", path);
    check_folders(checking, dirs, with_folder);
    return 0;
}

/* Return: 0, or -EINVAL after saying what is wrong with an argument. */
static int check_word(struct checking *checking, const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        fprintf(stderr, "reliefctl check: %s: %s\n", path, strerror(errno));
        return -EINVAL;
    }
    if (!S_ISDIR(st.st_mode))
        return check_file(checking, path);
    const char *const dirs[] = {path, NULL};
    check_folders(checking, dirs, NULL);
    return 0;
}

static void print_findings(const json_t *files)
{
    char path[TEXT_MAX], message[TEXT_MAX];
    size_t i, j;
    json_t *file, *finding;

    json_array_foreach(files, i, file)
    {
        rl_escape(json_string_value(json_object_get(file, "path")), path, sizeof(path));
        json_array_foreach(json_object_get(file, "findings"), j, finding)
        {
            json_int_t line = json_integer_value(json_object_get(finding, "line"));
            const char *severity = json_string_value(json_object_get(finding, "severity"));
            bool error = strcmp(severity, "error") == 0;
            if (line > 0)
                printf("%s:%" JSON_INTEGER_FORMAT ": ", path, line);
            else
                printf("%s: ", path);
            rl_print(error ? RL_STYLE_BAD : RL_STYLE_WARN, "%s", severity);
            printf(": %s\n", rl_escape(json_string_value(json_object_get(finding, "message")),
                                 message, sizeof(message)));
        }
    }
}

/* "INTRO /a, /b (by x) and 3 more." */
static void print_cgroups(const char *intro, const json_t *list)
{
    rl_auto_free char *text = NULL;
    size_t size, n = json_array_size(list);
    FILE *out = n ? open_memstream(&text, &size) : NULL;

    if (!out)
        return;
    fputs(intro, out);
    for (size_t i = 0; i < n && i < LISTED_MAX; i++) {
        const json_t *item = json_array_get(list, i), *by = json_object_get(item, "by");
        char path[TEXT_MAX], name[TEXT_MAX];

        item = json_is_object(item) ? json_object_get(item, "cgroup") : item;
        fprintf(
            out, "%s%s", i ? ", " : " ", rl_escape(json_string_value(item), path, sizeof(path)));
        if (json_is_string(by))
            fprintf(out, " (%s)", rl_escape(json_string_value(by), name, sizeof(name)));
    }
    if (n > LISTED_MAX)
        fprintf(out, " and %zu more", n - LISTED_MAX);
    fputc('.', out);
    if (fclose(out) == 0)
        rl_print_paragraph(2, text);
}

static void print_policies(const json_t *policies, bool gap, bool tree)
{
    char text[TEXT_MAX];
    size_t i;
    json_t *policy;

    json_array_foreach(policies, i, policy)
    {
        const char *sentence = json_string_value(json_object_get(policy, "sentence"));
        if (i > 0 || gap)
            putchar('\n');
        rl_print(RL_STYLE_BOLD, "%s",
            rl_escape(json_string_value(json_object_get(policy, "name")), text, sizeof(text)));
        printf("  %s\n",
            rl_escape(json_string_value(json_object_get(policy, "source")), text, sizeof(text)));
        rl_print_paragraph(2, rl_escape(sentence ? sentence : "", text, sizeof(text)));
        if (tree && json_array_size(json_object_get(policy, "matches")) == 0)
            rl_print_paragraph(2, "Matches no cgroup now.");
        print_cgroups("Matches now:", json_object_get(policy, "matches"));
        print_cgroups(
            "Would match, but falls under another policy:", json_object_get(policy, "taken"));
    }
}

static bool any_finding(const json_t *files)
{
    size_t i;
    json_t *file;

    json_array_foreach(files, i, file)
    {
        if (json_array_size(json_object_get(file, "findings")) > 0)
            return true;
    }
    return false;
}

static int print_checked(const struct rl_args *args, const struct checking *checking)
{
    int code = checking->errors ? RL_EXIT_FAILURE : RL_EXIT_OK;

    if (checking->failed < 0) {
        fprintf(stderr, "reliefctl check: %s\n", strerror(-checking->failed));
        return RL_EXIT_FAILURE;
    }
    if (args->common[RL_OPT_JSON]) {
        json_auto_t *json = json_pack(
            "{s:O, s:O}", "files", checking->files, "policies", checking->policies);
        return rl_print_json(json) == RL_EXIT_OK ? code : RL_EXIT_FAILURE;
    }
    print_findings(checking->files);
    print_policies(checking->policies, any_finding(checking->files), checking->census.n > 0);
    return code;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static json_t *key_json(const struct rl_key *key)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:b, s:s}", "file",
        key->file == RL_POLICY_FILE ? "policy" : "reliefd.conf", "section", key->section, "key",
        key->name, "form", key->form, "unit", key->unit, "range", key->range, "default",
        key->fallback, "absent", key->absent, "example", key->example, "repeats",
        rl_key_repeats(key), "help", key->help);
}

static void print_key(const struct rl_key *key)
{
    rl_print(RL_STYLE_BOLD, "  %s=", key->name);
    printf("%s\n", key->form);
    printf("      %s\n", key->help);
    if (key->range)
        printf("      %s\n", key->range);
    if (key->fallback || key->absent)
        printf("      default: %s\n", key->fallback ? key->fallback : or_empty(key->absent));
    printf("      example: %s=%s\n", key->name, or_empty(key->example));
}

/* The language as its table has it. */
static int print_keys(const struct rl_args *args)
{
    json_auto_t *json = json_array();

    for (size_t i = 0; i < rl_keys_n && args->common[RL_OPT_JSON]; i++)
        json_array_append_new(json, key_json(&rl_keys[i]));
    if (args->common[RL_OPT_JSON])
        return rl_print_json(json);
    for (size_t s = 0; s < rl_sections_n; s++) {
        const struct rl_section *section = &rl_sections[s];
        rl_print(RL_STYLE_BOLD, "%s[%s%s]", s > 0 ? "\n" : "", section->name,
            section->named ? " NAME" : "");
        printf(
            "  %s%s\n", section->help, section->file == RL_SETTINGS_FILE ? " (reliefd.conf)" : "");
        for (size_t i = 0; i < rl_keys_n; i++) {
            if (rl_keys[i].file == section->file && strcmp(rl_keys[i].section, section->name) == 0)
                print_key(&rl_keys[i]);
        }
    }
    return RL_EXIT_OK;
}

static void checking_free(struct checking *checking)
{
    json_decref(checking->files);
    json_decref(checking->policies);
    rl_census_free(&checking->census);
    if (checking->settings_known)
        rl_settings_free(&checking->settings);
}

int rl_ctl_check(const struct rl_args *args)
{
    struct checking checking = {0};

    rl_pager_open(args);
    if (args->own[OWN_KEYS])
        return print_keys(args);
    checking.files = json_array();
    checking.policies = json_array();
    int r = rl_census_read(args, &checking.census);
    if (r == -ENOMEM)
        checking.failed = r;
    if (r == -ENODATA || r == -ENOMEM)
        r = 0;
    char config[PATH_MAX], policies[PATH_MAX];
    const char *config_dirs[] = {NULL, NULL}, *policy_dirs[] = {NULL, NULL};
    if (args->common[RL_OPT_USER]) {
        config_dirs[0] = rl_user_config("", config, sizeof(config));
        policy_dirs[0] = rl_user_config("/policy.d", policies, sizeof(policies));
    }
    check_settings(&checking, NULL, config_dirs[0] ? config_dirs : NULL, args->n_words > 0);
    for (size_t i = 0; i < args->n_words && r >= 0; i++)
        r = check_word(&checking, args->words[i]);
    if (args->n_words == 0 && r >= 0)
        check_folders(&checking, policy_dirs[0] ? policy_dirs : NULL, NULL);
    int code = r < 0 ? RL_EXIT_USAGE : print_checked(args, &checking);
    checking_free(&checking);
    return code;
}
