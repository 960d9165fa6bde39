#include "tests/unit/unit.h"

#include <errno.h>

#include "conf/ini.h"
#include "tests/unit/conf-text.h"

/* Everything that is told, a line each. */
static int log_section(void *out, unsigned line, const char *section)
{
    fprintf(out, "%u [%s]\n", line, section);
    return 0;
}

static int log_value(
    void *out, unsigned line, const char *section, const char *key, const char *value)
{
    fprintf(out, "%u %s|%s|%s\n", line, section, key, value);
    return 0;
}

static const struct rl_ini_calls log_calls = {log_section, log_value};

static char *read_text(const char *text, size_t len, struct rl_findings *findings)
{
    char *log = NULL;
    size_t size;
    FILE *out = open_memstream(&log, &size);

    assert_int_equal(rl_ini_read("f", text, len, &log_calls, out, findings), 0);
    fclose(out);
    return log;
}

static void check(const char *text, size_t len, const char *expected, const char *errors)
{
    struct rl_findings findings = {0};
    char *log = read_text(text, len, &findings);

    assert_string_equal(log, expected);
    expect_findings(&findings, "f", errors);
    free(log);
    rl_findings_free(&findings);
}

#define X10  "xxxxxxxxxx"
#define X48  X10 X10 X10 X10 "xxxxxxxx"
#define X49  X48 "x"
#define X186 X48 X48 X48 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define BIG  X186 X186

struct row {
    const char *text;
    const char *told;
    const char *errors;
};

static const struct row rows[] = {
    {"", "", ""},
    {"\n\n\n", "", ""},
    {"[a]\nk=v\n", "1 [a]\n2 a|k|v\n", ""},
    {"[a]\nk=v", "1 [a]\n2 a|k|v\n", ""},
    {"k=v\n", "1 |k|v\n", ""},
    /* empty sections are told, repeated ones each time */
    {"[a]\n[a]\n", "1 [a]\n2 [a]\n", ""},
    {"[a b]\n", "1 [a b]\n", ""},
    /* blanks, comments, ends of lines, byte order mark */
    {"  [a]  \n  k = v w  \n", "1 [a]\n2 a|k|v w\n", ""},
    {"[a]\nk=1\n  l=2\n\tm=3\n", "1 [a]\n2 a|k|1\n3 a|l|2\n4 a|m|3\n", ""},
    {"; c\n# c\n  ; c\n[a] ; c\nk=v ; c\n", "4 [a]\n5 a|k|v\n", ""},
    {"[a]\nk=1;c\nl=2 # c\nm= ; c\nn=;c\n", "1 [a]\n2 a|k|1;c\n3 a|l|2 # c\n4 a|m|\n5 a|n|;c\n",
        ""},
    {"[a]\nk=\"q ;r\"\n", "1 [a]\n2 a|k|\"q\n", ""},
    {"\r\n[a]\r\nk=v\r\n", "2 [a]\n3 a|k|v\n", ""},
    {"\xef\xbb\xbf[a]\nk=v\n", "1 [a]\n2 a|k|v\n", ""},
    {"\xef\xbb\xbf\xef\xbb\xbf==", "",
        "1: error [byte-order-mark] a byte order mark can stand only at the very beginning, "
        "once\n"},
    {" \xef\xbb\xbf==", "",
        "1: error [byte-order-mark] a byte order mark can stand only at the very beginning, "
        "once\n"},
    {"[a]\nk=\xc3\xa4=:\n", "1 [a]\n2 a|k|\xc3\xa4=:\n", ""},
    {"[a]\nk=a:b\n", "1 [a]\n2 a|k|a:b\n", ""},
    {"; \xc3\xa4" BIG "\n# " BIG "\n", "", ""},
    /* lines that are refused, and what follows goes on with the right number */
    {"[a]\nk\nl=1\n", "1 [a]\n3 a|l|1\n",
        "2: error [no-assignment] 'k' is neither a [section] nor key=value\n"},
    {"[a]\nk ;=1\n", "1 [a]\n",
        "2: error [no-assignment] 'k ;=1' is neither a [section] nor key=value\n"},
    {"[a]\n = x\n", "1 [a]\n", "2: error [no-key] no key stands before '='\n"},
    {"[a]\nk: v\nl=1\n", "1 [a]\n3 a|l|1\n",
        "2: error [colon] 'k:' has ':' where '=' is expected\n"},
    {"[a]\nk=v\n  more\n", "1 [a]\n2 a|k|v\n",
        "3: error [no-assignment] 'more' is neither a [section] nor key=value\n"},
    {"[a]\nk=v \\\n  l=w\n", "1 [a]\n3 a|l|w\n",
        "2: error [continuation] lines are not continued by '\\'; a list goes on by giving its key "
        "again\n"},
    {"[a]\nk=" X186 "xx\nl=1\n", "1 [a]\n2 a|k|" X186 "xx\n3 a|l|1\n", ""},
    {"[a]\nk=" X186 "xxx\nl=1\n", "1 [a]\n3 a|l|1\n",
        "2: error [long-line] the line has 191 bytes; at most 190 are possible; a list goes on by "
        "giving its key again\n"},
    {"[a]\nk=" BIG "l=1\nm=1\n", "1 [a]\n3 a|m|1\n",
        "2: error [long-line] the line has 377 bytes; at most 190 are possible; a list goes on by "
        "giving its key again\n"},
    {"[a]\n" X48 "=1\n", "1 [a]\n2 a|" X48 "|1\n", ""},
    {"[a]\n" X49 "=1\n", "1 [a]\n",
        "2: error [long-key] the key '" X49 "' has 49 bytes; at most 48 are possible\n"},
    {"[a]\nk=\x01\nl=\x7f\nm=a\tb\n", "1 [a]\n4 a|m|a\tb\n",
        "2: error [control-character] the line holds a control character\n"
        "3: error [control-character] the line holds a control character\n"},
    {"[a]\nk=\rv\n", "1 [a]\n",
        "2: error [control-character] the line holds a control character\n"},
    {"[a]\nk=\xff\nl=\xc0\x80\nm=\xed\xa0\x80\nn=\xf4\x90\x80\x80\no=\xe2\x82\n", "1 [a]\n",
        "2: error [not-utf8] the line is not valid UTF-8\n"
        "3: error [not-utf8] the line is not valid UTF-8\n"
        "4: error [not-utf8] the line is not valid UTF-8\n"
        "5: error [not-utf8] the line is not valid UTF-8\n"
        "6: error [not-utf8] the line is not valid UTF-8\n"},
    /* headers that are refused take their keys with them */
    {"[a]\nk=1\n[b\nl=2\n[c]\nm=3\n", "1 [a]\n2 a|k|1\n5 [c]\n6 c|m|3\n",
        "3: error [bad-section] '[b' has no closing ']'\n"},
    {"[a]\n[b ;c]\nl=2\n", "1 [a]\n", "2: error [bad-section] '[b ;c]' has no closing ']'\n"},
    {"[a[b]c]\nl=2\n", "", "1: error [bad-section] '[a[b]c]' has a '[' inside\n"},
    {"[a] junk\nl=2\n", "",
        "1: error [bad-section] 'junk' stands behind the section header; expected nothing, or a "
        "blank and a comment with ';'\n"},
    {"[a]; c\nl=2\n", "",
        "1: error [bad-section] '; c' stands behind the section header; expected nothing, or a "
        "blank and a comment with ';'\n"},
    {"[" X48 "]\nl=2\n", "1 [" X48 "]\n2 " X48 "|l|2\n", ""},
    {"[" X49 "]\nl=2\n[b]\nl=3\n", "3 [b]\n4 b|l|3\n",
        "1: error [long-section] the section name '" X49 "' has 49 bytes; at most 48 are "
        "possible\n"},
    {"[a]\n[" BIG "]\nl=2\n", "1 [a]\n",
        "2: error [long-line] the line has 374 bytes; at most 190 are possible; a list goes on by "
        "giving its key again\n"},
};

static void test_rows(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].text, strlen(rows[i].text), rows[i].told, rows[i].errors);
}

static void test_nul_bytes(void **state)
{
    static const char text[] = "[a]\nk=1\0l=2\n\0\nm=3\n[b\0]\nn=4";

    check(text, sizeof(text) - 1, "1 [a]\n4 a|m|3\n",
        "2: error [nul-byte] the line holds a NUL byte\n"
        "3: error [nul-byte] the line holds a NUL byte\n"
        "5: error [nul-byte] the line holds a NUL byte\n");
}

static int refuse_section(void *calls, unsigned line, const char *section)
{
    ++*(int *)calls;
    return strcmp(section, "stop") == 0 ? -EIO : 0;
}

static int refuse_value(
    void *calls, unsigned line, const char *section, const char *key, const char *value)
{
    ++*(int *)calls;
    return strcmp(key, "stop") == 0 ? -EIO : 0;
}

static void test_a_call_ends_the_reading(void **state)
{
    static const struct rl_ini_calls calls = {refuse_section, refuse_value};
    static const struct {
        const char *text;
        int calls;
    } texts[] = {{"[a]\nk=1\nstop=1\nl=1\n[b]\n", 3}, {"[a]\n[stop]\nl=1\n", 2}};

    for (size_t i = 0; i < 2; i++) {
        struct rl_findings findings = {0};
        int n = 0;

        assert_int_equal(
            rl_ini_read("f", texts[i].text, strlen(texts[i].text), &calls, &n, &findings), -EIO);
        assert_int_equal(n, texts[i].calls);
        assert_int_equal(findings.n, 0);
    }
}

/* What libinih says must agree with what the reader saw, for any bytes. */
struct agreement {
    char section[RL_INI_NAME_MAX + 1];
    unsigned line;
};

static int agree_section(void *userdata, unsigned line, const char *section)
{
    struct agreement *a = userdata;

    assert_true(line > a->line);
    a->line = line;
    snprintf(a->section, sizeof(a->section), "%s", section);
    return 0;
}

static int agree_value(
    void *userdata, unsigned line, const char *section, const char *key, const char *value)
{
    struct agreement *a = userdata;

    assert_string_equal(section, a->section);
    assert_true(line > a->line);
    assert_true(*key != '\0' && !strchr(key, ':') && strlen(key) <= RL_INI_NAME_MAX);
    assert_true(strlen(key) + strlen(value) < RL_INI_LINE_MAX);
    a->line = line;
    return 0;
}

static void test_any_bytes(void **state)
{
    static const struct rl_ini_calls calls = {agree_section, agree_value};
    static const char alphabet[] = "[]=:;# \t\n\n\r\\ab\"\xc3\xa4\0";

    srandom(1);
    for (int round = 0; round < 20000; round++) {
        char text[600];
        size_t len = (size_t)random() % sizeof(text);
        struct rl_findings findings = {0};
        struct agreement a = {0};
        unsigned lines = 1;

        for (size_t i = 0; i < len; i++) {
            text[i] = round % 3 ? alphabet[(size_t)random() % (sizeof(alphabet) - 1)]
                                : (char)random();
            lines += text[i] == '\n';
        }
        assert_int_equal(rl_ini_read("f", text, len, &calls, &a, &findings), 0);
        for (size_t i = 0; i < findings.n; i++) {
            assert_in_range(findings.items[i].line, 1, lines);
            assert_string_not_equal(findings.items[i].code, "not-ini");
        }
        rl_findings_free(&findings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_nul_bytes),
        cmocka_unit_test(test_a_call_ends_the_reading),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
