#include "tests/unit/unit.h"

#include "policy/glob.h"
#include "tests/unit/glob-reference.h"
#include "tests/unit/policy.h"

struct row {
    const char *glob, *text;
    bool matches;
};

static const struct row paths[] = {
    {"/", "/", true},
    {"/", "/a", false},
    {"*", "/", false},
    {"**", "/", false},
    {"a.slice", "/a.slice", true},
    {"/a.slice", "/a.slice", true},
    {"a", "/ab", false},
    {"ab", "/a", false},
    {"a", "/a/b", false},

    /* one star stays within its level */
    {"a/*", "/a/b", true},
    {"a/*", "/a", false},
    {"a/*", "/a/b/c", false},
    {"a/*/c", "/a/b/c", true},
    {"a/*/c", "/a/b/b/c", false},
    {"*.scope", "/x.scope", true},
    {"*.scope", "/y/x.scope", false},
    {"*a*b*c", "/xaxxbxxcxxc", true},
    {"*a*b*c", "/xaxxb/xxc", false},
    {"*/*b", "/a/bbab", true},
    {"a*", "/a", true},

    /* two cross levels */
    {"a/**", "/a/b", true},
    {"a/**", "/a/b/c/d", true},
    {"a/**", "/a", false},
    {"a/**", "/ab", false},
    {"/**", "/a/b", true},
    {"**", "/a", true},
    {"**.scope", "/a/b.scope", true},
    {"a**b", "/a/x/b", true},
    {"a**b", "/ab", true},
    {"a***b", "/a/x/b", true},
    {"**/*", "/a/b/c", true},
    {"**x*z", "/xa/xbz", true},
    {"**x*z", "/xa/yz", false},

    /* a whole level of two is any number of levels, also none */
    {"**/b", "/b", true},
    {"**/b", "/a/a/b", true},
    {"**/b", "/ab", false},
    {"**/b", "/a/ab", false},
    {"a/**/b", "/a/b", true},
    {"a/**/b", "/a/x/y/b", true},
    {"a/**/b", "/a/xb", false},
    {"a/**/b", "/a", false},
    {"**/a/**/b", "/x/a/y/b", true},
    {"**/a/**", "/x/a/y/b", true},
    {"**/a/**", "/x/a", false},
    {"x**/b", "/xb", false},
    {"x**/b", "/xy/b", true},

    /* one character, sets, escapes */
    {"?", "/a", true},
    {"?", "/ab", false},
    {"a?b", "/a/b", false},
    {"a[/]b", "/a/b", false},
    {"a[!x]b", "/a/b", false},
    {"a[^x]b", "/acb", true},
    {"a[^x]b", "/axb", false},
    {"[a-c]", "/b", true},
    {"[a-c]", "/d", false},
    {"[c-a]", "/b", false},
    {"[]]", "/]", true},
    {"[!]]", "/]", false},
    {"[a-]", "/-", true},
    {"[\\]]", "/]", true},
    {"[\\a-\\c]", "/b", true},
    {"[!-~]*", "/zz", true},
    {"[", "/[", true},
    {"[a", "/[a", true},
    {"[]", "/[]", true},
    {"[a-", "/[a-", true},
    {"[a-\\", "/[a-\\", true},
    {"\\*", "/*", true},
    {"\\*", "/a", false},
    {"\\\\", "/\\", true},
    {"a\\", "/a\\", true},
    {"\\[a]", "/[a]", true},
    {"[*]", "/*", true},
    {"[*]", "/a", false},
    {"[\x80-\xff]", "/\xc3", true},
};

static const struct row texts[] = {
    {"", "", true},
    {"*", "", true},
    {"", "a", false},
    {"/usr/*/sshd", "/usr/local/sbin/sshd", true},
    {"*", "a/b", true},
    {"a?b", "a/b", true},
    {"a[/]b", "a/b", true},
    {"[!x]*", "/x", true},
    {"**/sshd", "sshd", false},
    {"*a*a", "aaa", true},
    {"postgres: *checkpointer*", "postgres: main: checkpointer ", true},
};

static void run(const struct row *rows, size_t n, bool path)
{
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        bool got = path ? rl_glob_path(r->glob, r->text) : rl_glob_text(r->glob, r->text);

        if (got != r->matches)
            fail_msg("'%s' against '%s': %d", r->glob, r->text, got);
        if (reference_match(r->glob, r->text, path) != r->matches)
            fail_msg("the reference is wrong about '%s' against '%s'", r->glob, r->text);
    }
}

static void means_paths(void **state)
{
    run(paths, LENGTH(paths), true);
}

static void means_texts(void **state)
{
    run(texts, LENGTH(texts), false);
}

static void fill(struct dice *dice, const char *letters, size_t most, char *ret)
{
    size_t n = roll(dice, most + 1);

    for (size_t i = 0; i < n; i++)
        ret[i] = letters[roll(dice, strlen(letters))];
    ret[n] = '\0';
}

/* Few letters, so that chance meets matches and near misses, not only the obvious. */
static void agrees_with_the_reference(void **state)
{
    static const char *const letters[] = {"ab/*", "a/**?", "a-b/*[]!\\", "ab*/\\?"};
    struct dice dice = {1};
    size_t matched = 0;

    for (int i = 0; i < 400000; i++) {
        bool path = i & 1;
        char glob[16], text[16];

        fill(&dice, letters[roll(&dice, LENGTH(letters))], 10, glob);
        fill(&dice, i % 7 ? "ab/" : "ab/[]*-!\\", 12, text);
        bool want = reference_match(glob, text, path);
        bool got = path ? rl_glob_path(glob, text) : rl_glob_text(glob, text);

        matched += want;
        if (got != want)
            fail_msg("'%s' against '%s', path %d: %d", glob, text, path, got);
    }
    assert_true(matched > 10000);
}

/* Backtracking without a bound would not end within the life of the test. */
static void ends_on_hostile_patterns(void **state)
{
    static const char *const pieces[] = {"*a", "**a", "**/*a", "*a*", "?*a", "[a]*"};
    char glob[512], text[4096];

    memset(text, 'a', sizeof(text) - 1);
    text[0] = '/';
    text[sizeof(text) - 1] = '\0';
    for (int slashes = 0; slashes < 2; slashes++) {
        for (size_t i = 2; slashes && i < sizeof(text) - 2; i += 2)
            text[i] = '/';
        for (size_t p = 0; p < LENGTH(pieces); p++) {
            glob[0] = '\0';
            for (int n = 0; n < 60; n++)
                strcat(glob, pieces[p]);
            strcat(glob, "b");
            assert_false(rl_glob_path(glob, text));
            assert_false(rl_glob_text(glob, text));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_paths),
        cmocka_unit_test(means_texts),
        cmocka_unit_test(agrees_with_the_reference),
        cmocka_unit_test(ends_on_hostile_patterns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
