/* What is written about the programs against what they know: the manual pages against the tables of
 * commands, options, words, exit codes and reasons, and the keys of the language. */
#include "tests/unit/unit.h"

#include <ctype.h>
#include <ftw.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/words.h"
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
    char *text = read_source("daemon/man/reliefctl.1.scd");

    for (size_t o = 0; o < RL_COMMON_OPTIONS; o++)
        expect_option("reliefctl(1)", text, rl_common_options[o].name);
    for (const struct rl_command *c = rl_commands; c->name; c++) {
        char heading[64], synopsis[64];

        snprintf(heading, sizeof(heading), "\n*%s*", c->name);
        snprintf(synopsis, sizeof(synopsis), "\n*reliefctl* *%s*", c->name);
        if (!strstr(text, heading) || !strstr(text, synopsis))
            fail_msg("reliefctl(1) has no paragraph and synopsis of %s", c->name);
        for (const struct rl_option *o = c->options; o && o->name; o++)
            expect_option("reliefctl(1)", text, o->name);
    }
    assert_true(each_match(text, "--([a-z][a-z-]*)", known_ctl_option) > 10);
    free(text);
}

static void check_word(const char *where, const char *name, size_t length)
{
    if (!rl_word_find(name, length) && !rl_word_fixed(name, length))
        fail_msg("%s: '%.*s' is in no row of words.c: completion does not know what it is", where,
            (int)length, name);
}

/* Every "[CGROUP|pid:N] T" is made of words that are known. */
static void check_words(const char *where, const char *args)
{
    for (args += strspn(args, " []|."); *args; args += strspn(args, " []|.")) {
        size_t length = strcspn(args, " []|");
        check_word(where, args, length);
        args += length;
    }
}

static void test_words(void **state)
{
    for (const struct rl_command *c = rl_commands; c->name; c++) {
        check_words(c->name, c->args);
        for (const struct rl_option *o = c->options; o && o->name; o++)
            check_words(o->name, o->arg ? o->arg : "");
    }
    for (size_t i = 0; i < RL_COMMON_OPTIONS; i++)
        check_words(
            rl_common_options[i].name, rl_common_options[i].arg ? rl_common_options[i].arg : "");
    for (const struct rl_option *o = rl_daemon_options; o->name; o++)
        check_words(o->name, o->arg ? o->arg : "");
    for (const struct rl_word *word = rl_words; word->name; word++) {
        assert_ptr_equal(rl_word_find(word->name, strlen(word->name)), word);
        assert_false(rl_word_fixed(word->name, strlen(word->name)));
    }
}

static void test_exit_codes(void **state)
{
    char *text = read_source("daemon/man/reliefctl.1.scd");
    const char *section = strstr(text, "\n# EXIT STATUS\n");

    assert_non_null(section);
    for (size_t i = 0; i < RL_EXITS; i++) {
        char item[128];
        snprintf(item, sizeof(item), "\n*%zu*\n\t%s", i, rl_exit_texts[i]);
        if (!strstr(section, item))
            fail_msg("reliefctl(1) does not say:%s", item);
    }
    free(text);
}

static void existing_option(const char *name)
{
    for (const struct rl_option *o = rl_daemon_options; o->name; o++) {
        if (strcmp(o->name, name) == 0)
            return;
    }
    if (strcmp(name, "address") != 0) /* busctl's */
        fail_msg("--%s is invented", name);
}

static void test_reliefd(void **state)
{
    char *page = read_source("daemon/man/reliefd.8.scd");

    for (const struct rl_option *o = rl_daemon_options; o->name; o++) {
        char item[64];
        snprintf(item, sizeof(item), "\n*--%s*", o->name);
        if (!strstr(page, item))
            fail_msg("reliefd(8) does not explain --%s", o->name);
    }
    assert_true(each_match(page, "--([a-z][a-z-]*)", existing_option) > 8);
    free(page);
}

static char *environment; /* what the pages say of it */

static void documented_variable(const char *name)
{
    char item[64];

    snprintf(item, sizeof(item), "\n*%s*", name);
    if (!strstr(environment, item))
        fail_msg("$%s is read, but neither reliefctl(1) nor reliefd(8) tells of it", name);
}

static size_t variables;

static int read_variables(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    size_t length = strlen(path);

    if (type == FTW_F && length > 2 && strcmp(path + length - 2, ".c") == 0) {
        char *text = read_source(path + sizeof(RL_SOURCE_ROOT));
        variables += each_match(text, "getenv\\(\"([A-Z_]+)\"", documented_variable);
        variables += each_match(text, "= folder\\(\"([A-Z_]+)\"", documented_variable);
        free(text);
    }
    return 0;
}

/* Every variable that a program reads is in the ENVIRONMENT of a page. */
static void test_environment(void **state)
{
    static const char *const pages[] = {"daemon/man/reliefctl.1.scd", "daemon/man/reliefd.8.scd"};

    environment = calloc(2, 1 << 20);
    assert_non_null(environment);
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        char *text = read_source(pages[i]);
        const char *section = strstr(text, "\n# ENVIRONMENT\n");
        if (!section)
            fail_msg("%s has no section ENVIRONMENT", pages[i]);
        const char *end = strstr(section + 1, "\n# ");
        strncat(environment, section, end ? (size_t)(end - section) : strlen(section));
        free(text);
    }
    assert_int_equal(nftw(RL_SOURCE_ROOT "/daemon", read_variables, 16, FTW_PHYS), 0);
    assert_true(variables > 5);
    free(environment);
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
        RL_MESSAGE_WENT_LIVE,
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

/* reliefctl-json(7) has all reasons, each with its text, and none that nobody gives. */
static void test_reasons(void **state)
{
    char *page = read_source("daemon/man/reliefctl-json.7.scd");
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
        for (char *c = entry; (c = strchr(c, '_')); c += 2) { /* as scdoc wants it */
            memmove(c + 1, c, strlen(c) + 1);
            *c = '\\';
        }
        if (!strstr(found, entry))
            fail_msg("reliefctl-json(7) does not have: %s", entry);
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
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_reliefd),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_fallbacks),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_catalog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
