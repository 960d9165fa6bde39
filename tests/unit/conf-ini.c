warn [low|medium|critical] [desktop] |#include "tests/unit/unit.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include <errno.h>
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include "conf/ini.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-text.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Everything that is told, a line each. */
warn [low|medium|critical] [desktop] |static int log_section(void *out, unsigned line, const char *section)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    fprintf(out, "%u [%s]\n", line, section);
warn [low|medium|critical] [desktop] |    return 0;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static int log_value(
warn [low|medium|critical] [desktop] |    void *out, unsigned line, const char *section, const char *key, const char *value)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    fprintf(out, "%u %s|%s|%s\n", line, section, key, value);
warn [low|medium|critical] [desktop] |    return 0;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct rl_ini_calls log_calls = {log_section, log_value};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static char *read_text(const char *text, size_t len, struct rl_findings *findings)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    char *log = NULL;
warn [low|medium|critical] [desktop] |    size_t size;
warn [low|medium|critical] [desktop] |    FILE *out = open_memstream(&log, &size);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(rl_ini_read("f", text, len, &log_calls, out, findings), 0);
warn [low|medium|critical] [desktop] |    fclose(out);
warn [low|medium|critical] [desktop] |    return log;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void check(const char *text, size_t len, const char *expected, const char *errors)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    char *log = read_text(text, len, &findings);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_string_equal(log, expected);
warn [low|medium|critical] [desktop] |    expect_findings(&findings, "f", errors);
warn [low|medium|critical] [desktop] |    free(log);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define X10  "xxxxxxxxxx"
warn [low|medium|critical] [desktop] |#define X48  X10 X10 X10 X10 "xxxxxxxx"
warn [low|medium|critical] [desktop] |#define X49  X48 "x"
warn [low|medium|critical] [desktop] |#define X186 X48 X48 X48 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
warn [low|medium|critical] [desktop] |#define BIG  X186 X186
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |struct row {
warn [low|medium|critical] [desktop] |    const char *text;
warn [low|medium|critical] [desktop] |    const char *told;
warn [low|medium|critical] [desktop] |    const char *errors;
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct row rows[] = {
warn [low|medium|critical] [desktop] |    {"", "", ""},
warn [low|medium|critical] [desktop] |    {"\n\n\n", "", ""},
warn [low|medium|critical] [desktop] |    {"[a]\nk=v\n", "1 [a]\n2 a|k|v\n", ""},
warn [low|medium|critical] [desktop] |    {"[a]\nk=v", "1 [a]\n2 a|k|v\n", ""},
warn [low|medium|critical] [desktop] |    {"k=v\n", "1 |k|v\n", ""},
warn [low|medium|critical] [desktop] |    /* empty sections are told, repeated ones each time */
warn [low|medium|critical] [desktop] |    {"[a]\n[a]\n", "1 [a]\n2 [a]\n", ""},
warn [low|medium|critical] [desktop] |    {"[a b]\n", "1 [a b]\n", ""},
warn [low|medium|critical] [desktop] |    /* blanks, comments, ends of lines, byte order mark */
warn [low|medium|critical] [desktop] |    {"  [a]  \n  k = v w  \n", "1 [a]\n2 a|k|v w\n", ""},
warn [low|medium|critical] [desktop] |    {"[a]\nk=1\n  l=2\n\tm=3\n", "1 [a]\n2 a|k|1\n3 a|l|2\n4 a|m|3\n", ""},
warn [low|medium|critical] [desktop] |    {"; c\n# c\n  ; c\n[a] ; c\nk=v ; c\n", "4 [a]\n5 a|k|v\n", ""},
warn [low|medium|critical] [desktop] |    {"[a]\nk=1;c\nl=2 # c\nm= ; c\nn=;c\n", "1 [a]\n2 a|k|1;c\n3 a|l|2 # c\n4 a|m|\n5 a|n|;c\n",
warn [low|medium|critical] [desktop] |        ""},
warn [low|medium|critical] [desktop] |    {"[a]\nk=\"q ;r\"\n", "1 [a]\n2 a|k|\"q\n", ""},
warn [low|medium|critical] [desktop] |    {"\r\n[a]\r\nk=v\r\n", "2 [a]\n3 a|k|v\n", ""},
warn [low|medium|critical] [desktop] |    {"\xef\xbb\xbf[a]\nk=v\n", "1 [a]\n2 a|k|v\n", ""},
warn [low|medium|critical] [desktop] |    {"\xef\xbb\xbf\xef\xbb\xbf==", "",
warn [low|medium|critical] [desktop] |        "1: error [byte-order-mark] a byte order mark can stand only at the very beginning, "
warn [low|medium|critical] [desktop] |        "once\n"},
warn [low|medium|critical] [desktop] |    {" \xef\xbb\xbf==", "",
warn [low|medium|critical] [desktop] |        "1: error [byte-order-mark] a byte order mark can stand only at the very beginning, "
warn [low|medium|critical] [desktop] |        "once\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk=\xc3\xa4=:\n", "1 [a]\n2 a|k|\xc3\xa4=:\n", ""},
warn [low|medium|critical] [desktop] |    {"[a]\nk=a:b\n", "1 [a]\n2 a|k|a:b\n", ""},
warn [low|medium|critical] [desktop] |    {"; \xc3\xa4" BIG "\n# " BIG "\n", "", ""},
warn [low|medium|critical] [desktop] |    /* lines that are refused, and what follows goes on with the right number */
warn [low|medium|critical] [desktop] |    {"[a]\nk\nl=1\n", "1 [a]\n3 a|l|1\n",
warn [low|medium|critical] [desktop] |        "2: error [no-assignment] 'k' is neither a [section] nor key=value\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk ;=1\n", "1 [a]\n",
warn [low|medium|critical] [desktop] |        "2: error [no-assignment] 'k ;=1' is neither a [section] nor key=value\n"},
warn [low|medium|critical] [desktop] |    {"[a]\n = x\n", "1 [a]\n", "2: error [no-key] no key stands before '='\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk: v\nl=1\n", "1 [a]\n3 a|l|1\n",
warn [low|medium|critical] [desktop] |        "2: error [colon] 'k:' has ':' where '=' is expected\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk=v\n  more\n", "1 [a]\n2 a|k|v\n",
warn [low|medium|critical] [desktop] |        "3: error [no-assignment] 'more' is neither a [section] nor key=value\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk=v \\\n  l=w\n", "1 [a]\n3 a|l|w\n",
warn [low|medium|critical] [desktop] |        "2: error [continuation] lines are not continued by '\\'; a list goes on by giving its key "
warn [low|medium|critical] [desktop] |        "again\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk=" X186 "xx\nl=1\n", "1 [a]\n2 a|k|" X186 "xx\n3 a|l|1\n", ""},
warn [low|medium|critical] [desktop] |    {"[a]\nk=" X186 "xxx\nl=1\n", "1 [a]\n3 a|l|1\n",
warn [low|medium|critical] [desktop] |        "2: error [long-line] the line has 191 bytes; at most 190 are possible; a list goes on by "
warn [low|medium|critical] [desktop] |        "giving its key again\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk=" BIG "l=1\nm=1\n", "1 [a]\n3 a|m|1\n",
warn [low|medium|critical] [desktop] |        "2: error [long-line] the line has 377 bytes; at most 190 are possible; a list goes on by "
warn [low|medium|critical] [desktop] |        "giving its key again\n"},
warn [low|medium|critical] [desktop] |    {"[a]\n" X48 "=1\n", "1 [a]\n2 a|" X48 "|1\n", ""},
warn [low|medium|critical] [desktop] |    {"[a]\n" X49 "=1\n", "1 [a]\n",
warn [low|medium|critical] [desktop] |        "2: error [long-key] the key '" X49 "' has 49 bytes; at most 48 are possible\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk=\x01\nl=\x7f\nm=a\tb\n", "1 [a]\n4 a|m|a\tb\n",
warn [low|medium|critical] [desktop] |        "2: error [control-character] the line holds a control character\n"
warn [low|medium|critical] [desktop] |        "3: error [control-character] the line holds a control character\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk=\rv\n", "1 [a]\n",
warn [low|medium|critical] [desktop] |        "2: error [control-character] the line holds a control character\n"},
warn [low|medium|critical] [desktop] |    {"[a]\nk=\xff\nl=\xc0\x80\nm=\xed\xa0\x80\nn=\xf4\x90\x80\x80\no=\xe2\x82\n", "1 [a]\n",
warn [low|medium|critical] [desktop] |        "2: error [not-utf8] the line is not valid UTF-8\n"
warn [low|medium|critical] [desktop] |        "3: error [not-utf8] the line is not valid UTF-8\n"
warn [low|medium|critical] [desktop] |        "4: error [not-utf8] the line is not valid UTF-8\n"
warn [low|medium|critical] [desktop] |        "5: error [not-utf8] the line is not valid UTF-8\n"
warn [low|medium|critical] [desktop] |        "6: error [not-utf8] the line is not valid UTF-8\n"},
warn [low|medium|critical] [desktop] |    /* headers that are refused take their keys with them */
warn [low|medium|critical] [desktop] |    {"[a]\nk=1\n[b\nl=2\n[c]\nm=3\n", "1 [a]\n2 a|k|1\n5 [c]\n6 c|m|3\n",
warn [low|medium|critical] [desktop] |        "3: error [bad-section] '[b' has no closing ']'\n"},
warn [low|medium|critical] [desktop] |    {"[a]\n[b ;c]\nl=2\n", "1 [a]\n", "2: error [bad-section] '[b ;c]' has no closing ']'\n"},
warn [low|medium|critical] [desktop] |    {"[a[b]c]\nl=2\n", "", "1: error [bad-section] '[a[b]c]' has a '[' inside\n"},
warn [low|medium|critical] [desktop] |    {"[a] junk\nl=2\n", "",
warn [low|medium|critical] [desktop] |        "1: error [bad-section] 'junk' stands behind the section header; expected nothing, or a "
warn [low|medium|critical] [desktop] |        "blank and a comment with ';'\n"},
warn [low|medium|critical] [desktop] |    {"[a]; c\nl=2\n", "",
warn [low|medium|critical] [desktop] |        "1: error [bad-section] '; c' stands behind the section header; expected nothing, or a "
warn [low|medium|critical] [desktop] |        "blank and a comment with ';'\n"},
warn [low|medium|critical] [desktop] |    {"[" X48 "]\nl=2\n", "1 [" X48 "]\n2 " X48 "|l|2\n", ""},
warn [low|medium|critical] [desktop] |    {"[" X49 "]\nl=2\n[b]\nl=3\n", "3 [b]\n4 b|l|3\n",
warn [low|medium|critical] [desktop] |        "1: error [long-section] the section name '" X49 "' has 49 bytes; at most 48 are "
warn [low|medium|critical] [desktop] |        "possible\n"},
warn [low|medium|critical] [desktop] |    {"[a]\n[" BIG "]\nl=2\n", "1 [a]\n",
warn [low|medium|critical] [desktop] |        "2: error [long-line] the line has 374 bytes; at most 190 are possible; a list goes on by "
warn [low|medium|critical] [desktop] |        "giving its key again\n"},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_rows(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
warn [low|medium|critical] [desktop] |        check(rows[i].text, strlen(rows[i].text), rows[i].told, rows[i].errors);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_nul_bytes(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char text[] = "[a]\nk=1\0l=2\n\0\nm=3\n[b\0]\nn=4";
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    check(text, sizeof(text) - 1, "1 [a]\n4 a|m|3\n",
warn [low|medium|critical] [desktop] |        "2: error [nul-byte] the line holds a NUL byte\n"
warn [low|medium|critical] [desktop] |        "3: error [nul-byte] the line holds a NUL byte\n"
warn [low|medium|critical] [desktop] |        "5: error [nul-byte] the line holds a NUL byte\n");
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static int refuse_section(void *calls, unsigned line, const char *section)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    ++*(int *)calls;
warn [low|medium|critical] [desktop] |    return strcmp(section, "stop") == 0 ? -EIO : 0;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static int refuse_value(
warn [low|medium|critical] [desktop] |    void *calls, unsigned line, const char *section, const char *key, const char *value)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    ++*(int *)calls;
warn [low|medium|critical] [desktop] |    return strcmp(key, "stop") == 0 ? -EIO : 0;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_a_call_ends_the_reading(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct rl_ini_calls calls = {refuse_section, refuse_value};
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *text;
warn [low|medium|critical] [desktop] |        int calls;
warn [low|medium|critical] [desktop] |    } texts[] = {{"[a]\nk=1\nstop=1\nl=1\n[b]\n", 3}, {"[a]\n[stop]\nl=1\n", 2}};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < 2; i++) {
warn [low|medium|critical] [desktop] |        struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |        int n = 0;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        assert_int_equal(
warn [low|medium|critical] [desktop] |            rl_ini_read("f", texts[i].text, strlen(texts[i].text), &calls, &n, &findings), -EIO);
warn [low|medium|critical] [desktop] |        assert_int_equal(n, texts[i].calls);
warn [low|medium|critical] [desktop] |        assert_int_equal(findings.n, 0);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* What libinih says must agree with what the reader saw, for any bytes. */
warn [low|medium|critical] [desktop] |struct agreement {
warn [low|medium|critical] [desktop] |    char section[RL_INI_NAME_MAX + 1];
warn [low|medium|critical] [desktop] |    unsigned line;
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static int agree_section(void *userdata, unsigned line, const char *section)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct agreement *a = userdata;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_true(line > a->line);
warn [low|medium|critical] [desktop] |    a->line = line;
warn [low|medium|critical] [desktop] |    snprintf(a->section, sizeof(a->section), "%s", section);
warn [low|medium|critical] [desktop] |    return 0;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static int agree_value(
warn [low|medium|critical] [desktop] |    void *userdata, unsigned line, const char *section, const char *key, const char *value)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct agreement *a = userdata;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_string_equal(section, a->section);
warn [low|medium|critical] [desktop] |    assert_true(line > a->line);
warn [low|medium|critical] [desktop] |    assert_true(*key != '\0' && !strchr(key, ':') && strlen(key) <= RL_INI_NAME_MAX);
warn [low|medium|critical] [desktop] |    assert_true(strlen(key) + strlen(value) < RL_INI_LINE_MAX);
warn [low|medium|critical] [desktop] |    a->line = line;
warn [low|medium|critical] [desktop] |    return 0;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_any_bytes(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct rl_ini_calls calls = {agree_section, agree_value};
warn [low|medium|critical] [desktop] |    static const char alphabet[] = "[]=:;# \t\n\n\r\\ab\"\xc3\xa4\0";
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    srandom(1);
warn [low|medium|critical] [desktop] |    for (int round = 0; round < 20000; round++) {
warn [low|medium|critical] [desktop] |        char text[600];
warn [low|medium|critical] [desktop] |        size_t len = (size_t)random() % sizeof(text);
warn [low|medium|critical] [desktop] |        struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |        struct agreement a = {0};
warn [low|medium|critical] [desktop] |        unsigned lines = 1;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        for (size_t i = 0; i < len; i++) {
warn [low|medium|critical] [desktop] |            text[i] = round % 3 ? alphabet[(size_t)random() % (sizeof(alphabet) - 1)]
warn [low|medium|critical] [desktop] |                                : (char)random();
warn [low|medium|critical] [desktop] |            lines += text[i] == '\n';
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_ini_read("f", text, len, &calls, &a, &findings), 0);
warn [low|medium|critical] [desktop] |        for (size_t i = 0; i < findings.n; i++) {
warn [low|medium|critical] [desktop] |            assert_in_range(findings.items[i].line, 1, lines);
warn [low|medium|critical] [desktop] |            assert_string_not_equal(findings.items[i].code, "not-ini");
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |        rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |int main(void)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    const struct CMUnitTest tests[] = {
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_rows),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_nul_bytes),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_a_call_ends_the_reading),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_any_bytes),
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return cmocka_run_group_tests(tests, NULL, NULL);
warn [low|medium|critical] [desktop] |}
