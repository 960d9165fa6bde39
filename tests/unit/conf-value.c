warn [low|medium|critical] [desktop] |#include "tests/unit/unit.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include <inttypes.h>
warn [low|medium|critical] [desktop] |#include <stdio.h>
warn [low|medium|critical] [desktop] |#include <stdlib.h>
warn [low|medium|critical] [desktop] |#include <string.h>
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include "conf/suggest.h"
warn [low|medium|critical] [desktop] |#include "conf/value.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define N(array) (sizeof(array) / sizeof((array)[0]))
warn [low|medium|critical] [desktop] |#define NONE     UINT64_C(77) /* stays in the result on failure */
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |struct row {
warn [low|medium|critical] [desktop] |    const char *text;
warn [low|medium|critical] [desktop] |    enum rl_value result;
warn [low|medium|critical] [desktop] |    uint64_t value;
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct row sizes[] = {
warn [low|medium|critical] [desktop] |    {"0", RL_VALUE_OK, 0},
warn [low|medium|critical] [desktop] |    {"4096", RL_VALUE_OK, 4096},
warn [low|medium|critical] [desktop] |    {"1B", RL_VALUE_OK, 1},
warn [low|medium|critical] [desktop] |    {"1K", RL_VALUE_OK, 1024},
warn [low|medium|critical] [desktop] |    {"500M", RL_VALUE_OK, UINT64_C(500) << 20},
warn [low|medium|critical] [desktop] |    {"500Mi", RL_VALUE_OK, UINT64_C(500) << 20},
warn [low|medium|critical] [desktop] |    {"500MiB", RL_VALUE_OK, UINT64_C(500) << 20},
warn [low|medium|critical] [desktop] |    {"1.5G", RL_VALUE_OK, UINT64_C(3) << 29},
warn [low|medium|critical] [desktop] |    {"0.1K", RL_VALUE_OK, 102},
warn [low|medium|critical] [desktop] |    {"2T", RL_VALUE_OK, UINT64_C(2) << 40},
warn [low|medium|critical] [desktop] |    {"16777215T", RL_VALUE_OK, UINT64_C(16777215) << 40},
warn [low|medium|critical] [desktop] |    {"16777215.999999999T", RL_VALUE_OK, (UINT64_C(16777215) << 40) + UINT64_C(1099511626676)},
warn [low|medium|critical] [desktop] |    {"18446744073709551615", RL_VALUE_OK, UINT64_MAX},
warn [low|medium|critical] [desktop] |    {"18446744073709551616", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"16777216T", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"99999999999999999999999999K", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"", RL_VALUE_EMPTY, NONE},
warn [low|medium|critical] [desktop] |    {"M", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"-1", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"+1", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {" 1", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {".5G", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"1.G", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"0x10", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1e9", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"100m", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"100MB", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1 M", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1M ", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1M1", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1,5G", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1.5", RL_VALUE_TOO_FINE, NONE},
warn [low|medium|critical] [desktop] |    {"1.5B", RL_VALUE_TOO_FINE, NONE},
warn [low|medium|critical] [desktop] |    {"1.0000000001T", RL_VALUE_TOO_FINE, NONE},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct row shares[] = {
warn [low|medium|critical] [desktop] |    {"0%", RL_VALUE_OK, 0},
warn [low|medium|critical] [desktop] |    {"30%", RL_VALUE_OK, 3000},
warn [low|medium|critical] [desktop] |    {"2.5%", RL_VALUE_OK, 250},
warn [low|medium|critical] [desktop] |    {"0.01%", RL_VALUE_OK, 1},
warn [low|medium|critical] [desktop] |    {"99.99%", RL_VALUE_OK, 9999},
warn [low|medium|critical] [desktop] |    {"10000%", RL_VALUE_OK, 1000000},
warn [low|medium|critical] [desktop] |    {"10000.01%", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"99999999999999999999%", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"184467440737095517%", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"0.001%", RL_VALUE_TOO_FINE, NONE},
warn [low|medium|critical] [desktop] |    {"12.345%", RL_VALUE_TOO_FINE, NONE},
warn [low|medium|critical] [desktop] |    {"30", RL_VALUE_NO_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"30 %", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"30%%", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"30pct", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"%", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"nan%", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"-5%", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"", RL_VALUE_EMPTY, NONE},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct row times[] = {
warn [low|medium|critical] [desktop] |    {"0", RL_VALUE_OK, 0},
warn [low|medium|critical] [desktop] |    {"0s", RL_VALUE_OK, 0},
warn [low|medium|critical] [desktop] |    {"1us", RL_VALUE_OK, 1},
warn [low|medium|critical] [desktop] |    {"500ms", RL_VALUE_OK, 500000},
warn [low|medium|critical] [desktop] |    {"0.5s", RL_VALUE_OK, 500000},
warn [low|medium|critical] [desktop] |    {"10s", RL_VALUE_OK, 10000000},
warn [low|medium|critical] [desktop] |    {"10 s", RL_VALUE_OK, 10000000},
warn [low|medium|critical] [desktop] |    {"1min", RL_VALUE_OK, 60000000},
warn [low|medium|critical] [desktop] |    {"1min 30s", RL_VALUE_OK, 90000000},
warn [low|medium|critical] [desktop] |    {"1min30s", RL_VALUE_OK, 90000000},
warn [low|medium|critical] [desktop] |    {"1h 1min 1s 1ms 1us", RL_VALUE_OK, UINT64_C(3661001001)},
warn [low|medium|critical] [desktop] |    {"1s ", RL_VALUE_OK, 1000000},
warn [low|medium|critical] [desktop] |    {"5124095576h", RL_VALUE_OK, UINT64_C(5124095576) * 3600 * 1000000},
warn [low|medium|critical] [desktop] |    {"5124095577h", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"5124095576h 99min", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"18446744073709551615us", RL_VALUE_OK, UINT64_MAX},
warn [low|medium|critical] [desktop] |    {"18446744073709551615us 1us", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"18446744073709551616us", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"30", RL_VALUE_NO_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1min 30", RL_VALUE_NO_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1 2s", RL_VALUE_NO_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"10sec", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"10S", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"10m", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"10%", RL_VALUE_BAD_UNIT, NONE},
warn [low|medium|critical] [desktop] |    {"1s,2s", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"s", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"-1s", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {" 1s", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"infinity", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"0.5us", RL_VALUE_TOO_FINE, NONE},
warn [low|medium|critical] [desktop] |    {"0.0000001s", RL_VALUE_TOO_FINE, NONE},
warn [low|medium|critical] [desktop] |    {"", RL_VALUE_EMPTY, NONE},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct row counts[] = {
warn [low|medium|critical] [desktop] |    {"0", RL_VALUE_OK, 0},
warn [low|medium|critical] [desktop] |    {"007", RL_VALUE_OK, 7},
warn [low|medium|critical] [desktop] |    {"18446744073709551615", RL_VALUE_OK, UINT64_MAX},
warn [low|medium|critical] [desktop] |    {"18446744073709551616", RL_VALUE_TOO_LARGE, NONE},
warn [low|medium|critical] [desktop] |    {"1.5", RL_VALUE_TOO_FINE, NONE},
warn [low|medium|critical] [desktop] |    {"1K", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"-1", RL_VALUE_NO_NUMBER, NONE},
warn [low|medium|critical] [desktop] |    {"", RL_VALUE_EMPTY, NONE},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static enum rl_value share_as_64(const char *text, uint64_t *ret)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    uint32_t share = (uint32_t)*ret;
warn [low|medium|critical] [desktop] |    enum rl_value result = rl_value_share(text, &share);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    *ret = share;
warn [low|medium|critical] [desktop] |    return result;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void check(
warn [low|medium|critical] [desktop] |    const struct row *rows, size_t n, enum rl_value (*parse)(const char *text, uint64_t *ret))
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < n; i++) {
warn [low|medium|critical] [desktop] |        uint64_t value = NONE;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        if (parse(rows[i].text, &value) != rows[i].result || value != rows[i].value)
warn [low|medium|critical] [desktop] |            fail_msg("'%s': %d %" PRIu64, rows[i].text, parse(rows[i].text, &value), value);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static enum rl_value time_or_none(const char *text, uint64_t *ret)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    return rl_value_time(text, ret);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_rows(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    check(sizes, N(sizes), rl_value_size);
warn [low|medium|critical] [desktop] |    check(shares, N(shares), share_as_64);
warn [low|medium|critical] [desktop] |    check(times, N(times), time_or_none);
warn [low|medium|critical] [desktop] |    check(counts, N(counts), rl_value_count);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_yes_no(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *text;
warn [low|medium|critical] [desktop] |        int answer; /* -1: neither */
warn [low|medium|critical] [desktop] |    } rows[] = {{"yes", 1}, {"no", 0}, {"YES", 1}, {"true", 1}, {"off", 0}, {"1", 1}, {"0", 0},
warn [low|medium|critical] [desktop] |        {"", -1}, {"y", -1}, {"yes ", -1}, {"2", -1}};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        bool answer = rows[i].answer != 1;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_value_yes_no(rows[i].text, &answer), rows[i].answer >= 0);
warn [low|medium|critical] [desktop] |        if (rows[i].answer >= 0)
warn [low|medium|critical] [desktop] |            assert_int_equal(answer, rows[i].answer);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static uint64_t any_number(void)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    uint64_t number = ((uint64_t)random() << 42) ^ ((uint64_t)random() << 21) ^ (uint64_t)random();
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return number >> (random() % 64);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* What is formatted is read again as the same number. */
warn [low|medium|critical] [desktop] |static void test_there_and_back(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    srandom(2);
warn [low|medium|critical] [desktop] |    for (int i = 0; i < 20000; i++) {
warn [low|medium|critical] [desktop] |        uint64_t number = any_number(), back;
warn [low|medium|critical] [desktop] |        char buf[96];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_value_time(rl_format_time(number, buf, sizeof(buf)), &back), 0);
warn [low|medium|critical] [desktop] |        assert_true(back == number);
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_value_size(rl_format_size(number, buf, sizeof(buf)), &back), 0);
warn [low|medium|critical] [desktop] |        assert_true(back == number);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_format(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    char buf[96], tiny[4];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_time(90000000, buf, sizeof(buf)), "1 min 30 s");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_time(500000, buf, sizeof(buf)), "500 ms");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_time(0, buf, sizeof(buf)), "0 s");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_size(UINT64_C(100) << 20, buf, sizeof(buf)), "100M");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_size(1000, buf, sizeof(buf)), "1000");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_size(0, buf, sizeof(buf)), "0");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_share(3000, buf, sizeof(buf)), "30 %");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_share(250, buf, sizeof(buf)), "2.5 %");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_share(5, buf, sizeof(buf)), "0.05 %");
warn [low|medium|critical] [desktop] |    assert_string_equal(rl_format_time(90000000, tiny, sizeof(tiny)), "1 m");
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_lists(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *text;
warn [low|medium|critical] [desktop] |        const char *items; /* joined by | */
warn [low|medium|critical] [desktop] |        enum rl_item end;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"", "", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"  \t ", "", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"a", "a|", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {" a  b\tc ", "a|b|c|", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"\"a b\" c", "a b|c|", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"\"a b\"", "a b|", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"a \\\"b c", "a|\\\"b|c|", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"\"a \\\" b\" c", "a \\\" b|c|", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"\"a\\\\\" c", "a\\\\|c|", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"a\\ b", "a\\|b|", RL_ITEM_END},
warn [low|medium|critical] [desktop] |        {"a \"b c", "a|", RL_ITEM_OPEN_QUOTE},
warn [low|medium|critical] [desktop] |        {"\"", "", RL_ITEM_OPEN_QUOTE},
warn [low|medium|critical] [desktop] |        {"\"a\\\"", "", RL_ITEM_OPEN_QUOTE},
warn [low|medium|critical] [desktop] |        {"a b\"c\"", "a|", RL_ITEM_INNER_QUOTE},
warn [low|medium|critical] [desktop] |        {"\"a\"b", "", RL_ITEM_INNER_QUOTE},
warn [low|medium|critical] [desktop] |        {"a \"\" b", "a|", RL_ITEM_EMPTY},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        char text[64], joined[64] = "", *rest = text, *item;
warn [low|medium|critical] [desktop] |        enum rl_item kind;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        snprintf(text, sizeof(text), "%s", rows[i].text);
warn [low|medium|critical] [desktop] |        while ((kind = rl_item(&rest, &item)) == RL_ITEM) {
warn [low|medium|critical] [desktop] |            strcat(joined, item);
warn [low|medium|critical] [desktop] |            strcat(joined, "|");
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |        assert_string_equal(joined, rows[i].items);
warn [low|medium|critical] [desktop] |        assert_int_equal(kind, rows[i].end);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_distance(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *a, *b;
warn [low|medium|critical] [desktop] |        unsigned distance;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"", "", 0},
warn [low|medium|critical] [desktop] |        {"a", "", 1},
warn [low|medium|critical] [desktop] |        {"abc", "abc", 0},
warn [low|medium|critical] [desktop] |        {"ABC", "abc", 0},
warn [low|medium|critical] [desktop] |        {"Presure", "Pressure", 1},
warn [low|medium|critical] [desktop] |        {"Pressuer", "Pressure", 1},
warn [low|medium|critical] [desktop] |        {"Pessuer", "Pressure", 2},
warn [low|medium|critical] [desktop] |        {"kill", "sill", 1},
warn [low|medium|critical] [desktop] |        {"ca", "abc", 3},
warn [low|medium|critical] [desktop] |        {"Headrom", "Headroom", 1},
warn [low|medium|critical] [desktop] |        {"Usage", "Cgroup", 6},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    char longer[80];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_distance(rows[i].a, rows[i].b), rows[i].distance);
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_distance(rows[i].b, rows[i].a), rows[i].distance);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    memset(longer, 'x', sizeof(longer));
warn [low|medium|critical] [desktop] |    longer[64] = '\0';
warn [low|medium|critical] [desktop] |    assert_true(rl_distance(longer, longer) > RL_SUGGEST_DISTANCE);
warn [low|medium|critical] [desktop] |    longer[63] = '\0';
warn [low|medium|critical] [desktop] |    assert_int_equal(rl_distance(longer, longer), 0);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_suggestion(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *word, *text;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"Presure", "; did you mean 'Pressure'?"}, {"Eventes", "; did you mean 'Events'?"},
warn [low|medium|critical] [desktop] |        {"usage", "; did you mean 'Usage'?"}, {"Memory", ""}, {"", ""},
warn [low|medium|critical] [desktop] |        {"qi", ""}, /* would come to "a" within two changes */
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    static const char *const known[] = {"Pressure", "Usage", "Headroom", "Events", "a"};
warn [low|medium|critical] [desktop] |    char buf[64];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        struct rl_suggestion near = {.word = rows[i].word};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        for (size_t j = 0; j < N(known); j++)
warn [low|medium|critical] [desktop] |            rl_suggest(&near, known[j]);
warn [low|medium|critical] [desktop] |        assert_string_equal(rl_suggestion_text(&near, buf, sizeof(buf)), rows[i].text);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_utf8(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *text;
warn [low|medium|critical] [desktop] |        bool valid;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"", true},
warn [low|medium|critical] [desktop] |        {"ascii", true},
warn [low|medium|critical] [desktop] |        {"\xc3\xa4", true},
warn [low|medium|critical] [desktop] |        {"\xe2\x82\xac", true},
warn [low|medium|critical] [desktop] |        {"\xf0\x9f\x98\x80", true},
warn [low|medium|critical] [desktop] |        {"\xef\xbf\xbf", true},
warn [low|medium|critical] [desktop] |        {"\xf4\x8f\xbf\xbf", true},
warn [low|medium|critical] [desktop] |        {"\x80", false},
warn [low|medium|critical] [desktop] |        {"\xc3", false},
warn [low|medium|critical] [desktop] |        {"\xc3(", false},
warn [low|medium|critical] [desktop] |        {"\xc0\xaf", false},
warn [low|medium|critical] [desktop] |        {"\xc1\xbf", false},
warn [low|medium|critical] [desktop] |        {"\xe0\x80\x80", false},
warn [low|medium|critical] [desktop] |        {"\xe0\x9f\xbf", false},
warn [low|medium|critical] [desktop] |        {"\xed\xa0\x80", false},
warn [low|medium|critical] [desktop] |        {"\xf0\x80\x80\x80", false},
warn [low|medium|critical] [desktop] |        {"\xf4\x90\x80\x80", false},
warn [low|medium|critical] [desktop] |        {"\xf5\x80\x80\x80", false},
warn [low|medium|critical] [desktop] |        {"\xf8\x88\x80\x80\x80", false},
warn [low|medium|critical] [desktop] |        {"\xff", false},
warn [low|medium|critical] [desktop] |        {"\xe2\x82", false},
warn [low|medium|critical] [desktop] |        {"\xf0\x9f\x98", false},
warn [low|medium|critical] [desktop] |        {"\xe2\x28\xa1", false},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++)
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_text_is_utf8(rows[i].text, strlen(rows[i].text)), rows[i].valid);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Whatever stands there: no crash, and a result only with RL_VALUE_OK. */
warn [low|medium|critical] [desktop] |static void test_any_bytes(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char alphabet[] = "0123456789..%%KMGTiBusmhin \"\\x-";
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    srandom(3);
warn [low|medium|critical] [desktop] |    for (int round = 0; round < 50000; round++) {
warn [low|medium|critical] [desktop] |        char text[40], copy[40], *rest = copy, *item;
warn [low|medium|critical] [desktop] |        size_t len = (size_t)random() % sizeof(text);
warn [low|medium|critical] [desktop] |        uint64_t value = NONE;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        for (size_t i = 0; i < len; i++)
warn [low|medium|critical] [desktop] |            text[i] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
warn [low|medium|critical] [desktop] |        text[len ? len - 1 : 0] = '\0';
warn [low|medium|critical] [desktop] |        if (rl_value_size(text, &value) != RL_VALUE_OK)
warn [low|medium|critical] [desktop] |            assert_true(value == NONE);
warn [low|medium|critical] [desktop] |        value = NONE;
warn [low|medium|critical] [desktop] |        if (rl_value_time(text, &value) != RL_VALUE_OK)
warn [low|medium|critical] [desktop] |            assert_true(value == NONE);
warn [low|medium|critical] [desktop] |        value = NONE;
warn [low|medium|critical] [desktop] |        if (share_as_64(text, &value) != RL_VALUE_OK)
warn [low|medium|critical] [desktop] |            assert_true(value == NONE);
warn [low|medium|critical] [desktop] |        strcpy(copy, text);
warn [low|medium|critical] [desktop] |        while (rl_item(&rest, &item) == RL_ITEM)
warn [low|medium|critical] [desktop] |            assert_true(*item != '\0');
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |int main(void)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    const struct CMUnitTest tests[] = {
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_rows),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_yes_no),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_there_and_back),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_format),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_lists),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_distance),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_suggestion),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_utf8),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_any_bytes),
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return cmocka_run_group_tests(tests, NULL, NULL);
warn [low|medium|critical] [desktop] |}
