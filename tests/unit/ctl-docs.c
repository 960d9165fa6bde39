/* What is written about the programs against what they know: --help's table, bash completion,
 * manual pages, and the keys of the language. */
#include "tests/unit/unit.h"

#include <ctype.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"
#include "daemon/ctl/ctl.h"
#include "daemon/report/entry.h"
#include "daemon/report/warn.h"
#include "policy/reason.h"
#include "policy/score.h"

static char *read_source(const char *name)
{
    char path[4096], *text;
    size_t size = 0;

    snprintf(path, sizeof(path), "%s/%s", RL_SOURCE_ROOT, name);
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("%s is missing", path);
    text = calloc(1, 1 << 20);
    assert_non_null(text);
    size = fread(text, 1, (1 << 20) - 1, file);
    assert_true(size > 0);
    fclose(file);
    return text;
}

/* Does the word stand in the text, not as a part of a longer one? */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text; (at = strstr(at, word)); at++) {
        bool begins = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '-');
        bool ends = !(isalnum((unsigned char)at[length]) || at[length] == '-');
        if (begins && ends)
            return true;
    }
    return false;
}

static void expect_word(const char *where, const char *text, const char *word)
{
    if (!has_word(text, word))
        fail_msg("%s does not name %s", where, word);
}

static void expect_option(const char *where, const char *text, const char *name)
{
    char option[64];

    snprintf(option, sizeof(option), "--%s", name);
    expect_word(where, text, option);
}

/* Is that an option that reliefctl has anywhere? */
static bool ctl_option(const char *name)
{
    for (size_t i = 0; i < RL_COMMON_OPTIONS; i++) {
        if (strcmp(rl_common_options[i].name, name) == 0)
            return true;
    }
    for (const struct rl_command *c = rl_commands; c->name; c++) {
        for (const struct rl_option *o = c->options; o && o->name; o++) {
            if (strcmp(o->name, name) == 0)
                return true;
        }
    }
    return false;
}

/* Call fn for the first group of each match of an extended regular expression. */
static size_t each_match(const char *text, const char *pattern, void (*fn)(const char *match))
{
    regex_t regex;
    regmatch_t match[2];
    size_t n = 0;
    int flags = REG_NEWLINE;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | flags), 0);
    while (regexec(&regex, text, 2, match, 0) == 0) {
        char name[128];
        snprintf(name, sizeof(name), "%.*s", (int)(match[1].rm_eo - match[1].rm_so),
            text + match[1].rm_so);
        fn(name);
        text += match[0].rm_eo;
        n++;
    }
    regfree(&regex);
    return n;
}

static void known_ctl_option(const char *name)
{
    if (!ctl_option(name))
        fail_msg("--%s is invented", name);
}

static void test_reliefctl(void **state)
{
    static const char *const files[] = {
        "contrib/completion/reliefctl",
        "daemon/man/reliefctl.1.scd",
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *text = read_source(files[i]);
        for (size_t o = 0; o < RL_COMMON_OPTIONS; o++)
            expect_option(files[i], text, rl_common_options[o].name);
        for (const struct rl_command *c = rl_commands; c->name; c++) {
            expect_word(files[i], text, c->name);
            for (const struct rl_option *o = c->options; o && o->name; o++)
                expect_option(files[i], text, o->name);
        }
        assert_true(each_match(text, "--([a-z][a-z-]*)", known_ctl_option) > 10);
        free(text);
    }
}

/* The commands that completion offers are those of the table. */
static void known_command(const char *commands)
{
    char copy[256], *rest = copy;
    size_t n = 0;

    snprintf(copy, sizeof(copy), "%s", commands);
    for (char *word; (word = strsep(&rest, " ")); n++)
        assert_non_null(rl_command_find(word));
    while (rl_commands[n].name)
        fail_msg("completion does not offer %s", rl_commands[n].name);
}

static void test_commands(void **state)
{
    char *text = read_source("contrib/completion/reliefctl");

    assert_int_equal(each_match(text, "local commands='([^']*)'", known_command), 1);
    free(text);
    text = read_source("daemon/man/reliefctl.1.scd");
    for (const struct rl_command *c = rl_commands; c->name; c++) {
        char heading[64];
        snprintf(heading, sizeof(heading), "\n*%s*", c->name);
        if (!strstr(text, heading))
            fail_msg("reliefctl(1) has no paragraph on %s", c->name);
    }
    free(text);
}

/* The words of "local NAME='...'" are the options, no more and no fewer. */
static void expect_list(
    const char *text, const char *name, const struct rl_option *options, size_t most)
{
    char begin[64], list[1024] = "";

    snprintf(begin, sizeof(begin), "local %s='", name);
    const char *found = strstr(text, begin);
    if (!found)
        fail_msg("completion knows no options of %s", name);
    for (size_t i = 0; i < most && options[i].name; i++) {
        size_t n = strlen(list);
        snprintf(list + n, sizeof(list) - n, "%s--%s", i > 0 ? " " : "", options[i].name);
    }
    found += strlen(begin);
    if (strncmp(found, list, strlen(list)) != 0 || found[strlen(list)] != '\'')
        fail_msg("completion of %s should offer: %s", name, list);
}

static void test_completed_options(void **state)
{
    char *text = read_source("contrib/completion/reliefctl");

    expect_list(text, "common", rl_common_options, RL_COMMON_OPTIONS);
    for (const struct rl_command *c = rl_commands; c->name; c++) {
        if (c->options)
            expect_list(text, c->name, c->options, RL_OWN_OPTIONS_MAX);
    }
    free(text);
}

/* Every model, by its id and its other names. */
static void test_completed_models(void **state)
{
    char *text = read_source("contrib/completion/reliefctl");
    const char *list = strstr(text, "local models='");

    assert_non_null(list);
    list += strlen("local models='");
    char *models = strndup(list, strcspn(list, "'"));
    assert_non_null(models);
    for (size_t i = 0; i < rl_models_n; i++)
        expect_word("the completion of --model", models, rl_models[i].id);
    for (size_t i = 0; i < rl_model_aliases_n; i++)
        expect_word("the completion of --model", models, rl_model_aliases[i].alias);
    char *rest = models;
    for (char *word; (word = strsep(&rest, " "));)
        if (strcmp(word, "help") != 0 && !rl_model_find(word))
            fail_msg("the completion of --model offers %s, which is none", word);
    free(models);
    free(text);
}

static char *daemon_man, *daemon_completion, *daemon_options;

static void documented_option(const char *name)
{
    expect_option("reliefd(8)", daemon_man, name);
    expect_option("contrib/completion/reliefd", daemon_completion, name);
}

static void existing_option(const char *name)
{
    char row[64];

    snprintf(row, sizeof(row), "{\"%s\",", name);
    if (strcmp(name, "address") != 0 && !strstr(daemon_options, row)) /* busctl's */
        fail_msg("--%s is invented", name);
}

static void test_reliefd(void **state)
{
    daemon_man = read_source("daemon/man/reliefd.8.scd");
    daemon_completion = read_source("contrib/completion/reliefd");
    daemon_options = read_source("daemon/options.c");
    assert_true(each_match(daemon_options, "^    \\{\"([a-z-]+)\",", documented_option) > 8);
    assert_true(each_match(daemon_man, "--([a-z][a-z-]*)", existing_option) > 8);
    assert_true(each_match(daemon_completion, "--([a-z][a-z-]*)", existing_option) > 8);
    free(daemon_man);
    free(daemon_completion);
    free(daemon_options);
}

/* One page against the keys of its kind of file. */
static void check_keys(const char *page, enum rl_file_kind kind)
{
    char *text = read_source(page), section[64] = "", *rest = text;
    bool seen[RL_KEYS_MAX] = {0};
    size_t sections = 0;

    for (char *line; (line = strsep(&rest, "\n"));) {
        char name[64];
        if (sscanf(line, "# [%63[A-Za-z]", section) == 1) {
            if (!rl_section_find(kind, section))
                fail_msg("%s: [%s] is invented", page, section);
            sections++;
        } else if (strncmp(line, "# ", 2) == 0) {
            *section = '\0';
        } else if (*section && sscanf(line, "*%63[A-Za-z]=", name) == 1 &&
                   line[strlen(name) + 1] == '=') {
            const struct rl_key *key = rl_key_find(kind, section, name);
            if (!key)
                fail_msg("%s: %s= of [%s] is invented", page, name, section);
            else
                seen[key - rl_keys] = true;
        }
    }
    for (size_t i = 0; i < rl_keys_n; i++) {
        if (rl_keys[i].file == kind && !seen[i])
            fail_msg("%s does not name %s= of [%s]", page, rl_keys[i].name, rl_keys[i].section);
    }
    for (size_t i = 0; i < rl_sections_n; i++)
        sections -= rl_sections[i].file == kind;
    assert_int_equal(sections, 0);
    free(text);
}

/* Defaults that the pages state. */
static void test_fallbacks(void **state)
{
    static const char *const pages[] = {
        [RL_POLICY_FILE] = "daemon/man/policy.d.5.scd",
        [RL_SETTINGS_FILE] = "daemon/man/reliefd.conf.5.scd",
    };

    for (size_t i = 0; i < rl_keys_n; i++) {
        char *text = read_source(pages[rl_keys[i].file]), item[64];
        snprintf(item, sizeof(item), "\n*%s=", rl_keys[i].name);
        const char *from = strstr(text, item);
        assert_non_null(from);
        const char *end = strstr(from + 1, "\n*");
        if (rl_keys[i].fallback) {
            const char *value = strstr(from, rl_keys[i].fallback);
            if (!value || (end && value > end))
                fail_msg("%s=: the default %s is not told", rl_keys[i].name, rl_keys[i].fallback);
        }
        free(text);
    }
}

static void test_keys(void **state)
{
    check_keys("daemon/man/policy.d.5.scd", RL_POLICY_FILE);
    check_keys("daemon/man/reliefd.conf.5.scd", RL_SETTINGS_FILE);
}

/* Every model has a paragraph with its kernels, and every other name one. */
static void test_scores(void **state)
{
    char *page = read_source("daemon/man/reliefd-scores.7.scd"), item[64];

    for (size_t i = 0; i < rl_models_n; i++) {
        const char *kernels = rl_models[i].kernels;
        snprintf(item, sizeof(item), kernels ? "\n*%s* (Linux %s)\n\t" : "\n*%s*\n\t",
            rl_models[i].id, kernels);
        if (!strstr(page, item))
            fail_msg("reliefd-scores(7) has no paragraph:%s", item);
    }
    for (size_t i = 0; i < rl_model_aliases_n; i++) {
        snprintf(item, sizeof(item), "\n*%s*\n\t", rl_model_aliases[i].alias);
        const char *found = strstr(page, item);
        if (!found)
            fail_msg("reliefd-scores(7) has no paragraph:%s", item);
        else {
            char id[32];
            snprintf(id, sizeof(id), "*%s*\n", rl_model_aliases[i].id);
            const char *names = strstr(found + 1, id), *next = strstr(found + 1, "\n*");
            if (!names || names > next)
                fail_msg("reliefd-scores(7) does not say what %s is", rl_model_aliases[i].alias);
        }
    }
    free(page);
}

static void test_catalog(void **state)
{
    static const char *const ids[] = {
        RL_MESSAGE_STARTED,
        RL_MESSAGE_ENDED,
        RL_MESSAGE_NO_VICTIM,
        RL_MESSAGE_NOT_ACTED,
        RL_MESSAGE_REFUSED,
        RL_MESSAGE_KERNEL_OOM,
        RL_MESSAGE_INTERRUPTED,
        RL_MESSAGE_WARNING,
    };
    char *catalog = read_source("contrib/systemd/reliefd.catalog");
    char *page = read_source("daemon/man/reliefd.8.scd");

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        expect_word("the catalog", catalog, ids[i]);
        expect_word("reliefd(8)", page, ids[i]);
    }
    free(catalog);
    free(page);
}

/* The text with every run of blanks and line feeds made one blank. */
static void unwrap(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        bool blank = isspace((unsigned char)*from);

        if (!blank || (to > text && to[-1] != ' '))
            *to++ = blank ? ' ' : *from;
    }
    *to = '\0';
}

/* reliefctl(1) has all reasons, each with its text, and none that nobody gives. */
static void test_reasons(void **state)
{
    char *page = read_source("daemon/man/reliefctl.1.scd");
    char *found = strstr(page, "\n# REASONS\n"), *end;
    size_t listed = 0;

    assert_non_null(found);
    end = strstr(found + 1, "\n# ");
    assert_non_null(end);
    *end = '\0';
    for (const char *c = found; (c = strstr(c, "\n*")); c++)
        listed++;
    unwrap(found);
    for (int i = RL_REASON_NONE + 1; i < RL_REASONS; i++) {
        char entry[512];

        snprintf(entry, sizeof(entry), "*%s* %s", rl_reason_id((enum rl_reason)i),
            rl_reason_text((enum rl_reason)i));
        if (!strstr(found, entry))
            fail_msg("reliefctl(1) does not have: %s", entry);
        for (int k = RL_REASON_NONE; k < i; k++)
            assert_string_not_equal(
                rl_reason_id((enum rl_reason)i), rl_reason_id((enum rl_reason)k));
    }
    assert_int_equal(listed, RL_REASONS - 1);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reliefctl),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_completed_options),
        cmocka_unit_test(test_completed_models),
        cmocka_unit_test(test_reliefd),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_fallbacks),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_catalog),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
