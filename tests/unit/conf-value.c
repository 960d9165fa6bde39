#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/suggest.h"
#include "conf/value.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define NONE     UINT64_C(77) /* stays in the result on failure */

struct row {
    const char *text;
    enum rl_value result;
    uint64_t value;
};

static const struct row sizes[] = {
    {"0", RL_VALUE_OK, 0},
    {"4096", RL_VALUE_OK, 4096},
    {"1B", RL_VALUE_OK, 1},
    {"1K", RL_VALUE_OK, 1024},
    {"500M", RL_VALUE_OK, UINT64_C(500) << 20},
    {"500Mi", RL_VALUE_OK, UINT64_C(500) << 20},
    {"500MiB", RL_VALUE_OK, UINT64_C(500) << 20},
    {"1.5G", RL_VALUE_OK, UINT64_C(3) << 29},
    {"0.1K", RL_VALUE_OK, 102},
    {"2T", RL_VALUE_OK, UINT64_C(2) << 40},
    {"16777215T", RL_VALUE_OK, UINT64_C(16777215) << 40},
    {"16777215.999999999T", RL_VALUE_OK, (UINT64_C(16777215) << 40) + UINT64_C(1099511626676)},
    {"18446744073709551615", RL_VALUE_OK, UINT64_MAX},
    {"18446744073709551616", RL_VALUE_TOO_LARGE, NONE},
    {"16777216T", RL_VALUE_TOO_LARGE, NONE},
    {"99999999999999999999999999K", RL_VALUE_TOO_LARGE, NONE},
    {"", RL_VALUE_EMPTY, NONE},
    {"M", RL_VALUE_NO_NUMBER, NONE},
    {"-1", RL_VALUE_NO_NUMBER, NONE},
    {"+1", RL_VALUE_NO_NUMBER, NONE},
    {" 1", RL_VALUE_NO_NUMBER, NONE},
    {".5G", RL_VALUE_NO_NUMBER, NONE},
    {"1.G", RL_VALUE_NO_NUMBER, NONE},
    {"0x10", RL_VALUE_BAD_UNIT, NONE},
    {"1e9", RL_VALUE_BAD_UNIT, NONE},
    {"100m", RL_VALUE_BAD_UNIT, NONE},
    {"100MB", RL_VALUE_BAD_UNIT, NONE},
    {"1 M", RL_VALUE_BAD_UNIT, NONE},
    {"1M ", RL_VALUE_BAD_UNIT, NONE},
    {"1M1", RL_VALUE_BAD_UNIT, NONE},
    {"1,5G", RL_VALUE_BAD_UNIT, NONE},
    {"1.5", RL_VALUE_TOO_FINE, NONE},
    {"1.5B", RL_VALUE_TOO_FINE, NONE},
    {"1.0000000001T", RL_VALUE_TOO_FINE, NONE},
};

static const struct row shares[] = {
    {"0%", RL_VALUE_OK, 0},
    {"30%", RL_VALUE_OK, 3000},
    {"2.5%", RL_VALUE_OK, 250},
    {"0.01%", RL_VALUE_OK, 1},
    {"99.99%", RL_VALUE_OK, 9999},
    {"10000%", RL_VALUE_OK, 1000000},
    {"10000.01%", RL_VALUE_TOO_LARGE, NONE},
    {"99999999999999999999%", RL_VALUE_TOO_LARGE, NONE},
    {"184467440737095517%", RL_VALUE_TOO_LARGE, NONE},
    {"0.001%", RL_VALUE_TOO_FINE, NONE},
    {"12.345%", RL_VALUE_TOO_FINE, NONE},
    {"30", RL_VALUE_NO_UNIT, NONE},
    {"30 %", RL_VALUE_BAD_UNIT, NONE},
    {"30%%", RL_VALUE_BAD_UNIT, NONE},
    {"30pct", RL_VALUE_BAD_UNIT, NONE},
    {"%", RL_VALUE_NO_NUMBER, NONE},
    {"nan%", RL_VALUE_NO_NUMBER, NONE},
    {"-5%", RL_VALUE_NO_NUMBER, NONE},
    {"", RL_VALUE_EMPTY, NONE},
};

static const struct row times[] = {
    {"0", RL_VALUE_OK, 0},
    {"0s", RL_VALUE_OK, 0},
    {"1us", RL_VALUE_OK, 1},
    {"500ms", RL_VALUE_OK, 500000},
    {"0.5s", RL_VALUE_OK, 500000},
    {"10s", RL_VALUE_OK, 10000000},
    {"10 s", RL_VALUE_OK, 10000000},
    {"1min", RL_VALUE_OK, 60000000},
    {"1min 30s", RL_VALUE_OK, 90000000},
    {"1min30s", RL_VALUE_OK, 90000000},
    {"1h 1min 1s 1ms 1us", RL_VALUE_OK, UINT64_C(3661001001)},
    {"1s ", RL_VALUE_OK, 1000000},
    {"5124095576h", RL_VALUE_OK, UINT64_C(5124095576) * 3600 * 1000000},
    {"5124095577h", RL_VALUE_TOO_LARGE, NONE},
    {"5124095576h 99min", RL_VALUE_TOO_LARGE, NONE},
    {"18446744073709551615us", RL_VALUE_OK, UINT64_MAX},
    {"18446744073709551615us 1us", RL_VALUE_TOO_LARGE, NONE},
    {"18446744073709551616us", RL_VALUE_TOO_LARGE, NONE},
    {"30", RL_VALUE_NO_UNIT, NONE},
    {"1min 30", RL_VALUE_NO_UNIT, NONE},
    {"1 2s", RL_VALUE_NO_UNIT, NONE},
    {"10sec", RL_VALUE_BAD_UNIT, NONE},
    {"10S", RL_VALUE_BAD_UNIT, NONE},
    {"10m", RL_VALUE_BAD_UNIT, NONE},
    {"10%", RL_VALUE_BAD_UNIT, NONE},
    {"1s,2s", RL_VALUE_NO_NUMBER, NONE},
    {"s", RL_VALUE_NO_NUMBER, NONE},
    {"-1s", RL_VALUE_NO_NUMBER, NONE},
    {" 1s", RL_VALUE_NO_NUMBER, NONE},
    {"infinity", RL_VALUE_NO_NUMBER, NONE},
    {"0.5us", RL_VALUE_TOO_FINE, NONE},
    {"0.0000001s", RL_VALUE_TOO_FINE, NONE},
    {"", RL_VALUE_EMPTY, NONE},
};

static const struct row counts[] = {
    {"0", RL_VALUE_OK, 0},
    {"007", RL_VALUE_OK, 7},
    {"18446744073709551615", RL_VALUE_OK, UINT64_MAX},
    {"18446744073709551616", RL_VALUE_TOO_LARGE, NONE},
    {"1.5", RL_VALUE_TOO_FINE, NONE},
    {"1K", RL_VALUE_NO_NUMBER, NONE},
    {"-1", RL_VALUE_NO_NUMBER, NONE},
    {"", RL_VALUE_EMPTY, NONE},
};

static enum rl_value share_as_64(const char *text, uint64_t *ret)
{
    uint32_t share = (uint32_t)*ret;
    enum rl_value result = rl_value_share(text, &share);

    *ret = share;
    return result;
}

static void check(
    const struct row *rows, size_t n, enum rl_value (*parse)(const char *text, uint64_t *ret))
{
    for (size_t i = 0; i < n; i++) {
        uint64_t value = NONE;

        if (parse(rows[i].text, &value) != rows[i].result || value != rows[i].value)
            fail_msg("'%s': %d %" PRIu64, rows[i].text, parse(rows[i].text, &value), value);
    }
}

static enum rl_value time_or_none(const char *text, uint64_t *ret)
{
    return rl_value_time(text, ret);
}

static void test_rows(void **state)
{
    check(sizes, N(sizes), rl_value_size);
    check(shares, N(shares), share_as_64);
    check(times, N(times), time_or_none);
    check(counts, N(counts), rl_value_count);
}

static void test_yes_no(void **state)
{
    static const struct {
        const char *text;
        int answer; /* -1: neither */
    } rows[] = {{"yes", 1}, {"no", 0}, {"YES", 1}, {"true", 1}, {"off", 0}, {"1", 1}, {"0", 0},
        {"", -1}, {"y", -1}, {"yes ", -1}, {"2", -1}};

    for (size_t i = 0; i < N(rows); i++) {
        bool answer = rows[i].answer != 1;

        assert_int_equal(rl_value_yes_no(rows[i].text, &answer), rows[i].answer >= 0);
        if (rows[i].answer >= 0)
            assert_int_equal(answer, rows[i].answer);
    }
}

static uint64_t any_number(void)
{
    uint64_t number = ((uint64_t)random() << 42) ^ ((uint64_t)random() << 21) ^ (uint64_t)random();

    return number >> (random() % 64);
}

/* What is formatted is read again as the same number. */
static void test_there_and_back(void **state)
{
    srandom(2);
    for (int i = 0; i < 20000; i++) {
        uint64_t number = any_number(), back;
        char buf[96];

        assert_int_equal(rl_value_time(rl_format_time(number, buf, sizeof(buf)), &back), 0);
        assert_true(back == number);
        assert_int_equal(rl_value_size(rl_format_size(number, buf, sizeof(buf)), &back), 0);
        assert_true(back == number);
    }
}

static void test_format(void **state)
{
    char buf[96], tiny[4];

    assert_string_equal(rl_format_time(90000000, buf, sizeof(buf)), "1 min 30 s");
    assert_string_equal(rl_format_time(500000, buf, sizeof(buf)), "500 ms");
    assert_string_equal(rl_format_time(0, buf, sizeof(buf)), "0 s");
    assert_string_equal(rl_format_size(UINT64_C(100) << 20, buf, sizeof(buf)), "100M");
    assert_string_equal(rl_format_size(1000, buf, sizeof(buf)), "1000");
    assert_string_equal(rl_format_size(0, buf, sizeof(buf)), "0");
    assert_string_equal(rl_format_share(3000, buf, sizeof(buf)), "30 %");
    assert_string_equal(rl_format_share(250, buf, sizeof(buf)), "2.5 %");
    assert_string_equal(rl_format_share(5, buf, sizeof(buf)), "0.05 %");
    assert_string_equal(rl_format_time(90000000, tiny, sizeof(tiny)), "1 m");
}

static void test_lists(void **state)
{
    static const struct {
        const char *text;
        const char *items; /* joined by | */
        enum rl_item end;
    } rows[] = {
        {"", "", RL_ITEM_END},
        {"  \t ", "", RL_ITEM_END},
        {"a", "a|", RL_ITEM_END},
        {" a  b\tc ", "a|b|c|", RL_ITEM_END},
        {"\"a b\" c", "a b|c|", RL_ITEM_END},
        {"\"a b\"", "a b|", RL_ITEM_END},
        {"a \\\"b c", "a|\\\"b|c|", RL_ITEM_END},
        {"\"a \\\" b\" c", "a \\\" b|c|", RL_ITEM_END},
        {"\"a\\\\\" c", "a\\\\|c|", RL_ITEM_END},
        {"a\\ b", "a\\|b|", RL_ITEM_END},
        {"a \"b c", "a|", RL_ITEM_OPEN_QUOTE},
        {"\"", "", RL_ITEM_OPEN_QUOTE},
        {"\"a\\\"", "", RL_ITEM_OPEN_QUOTE},
        {"a b\"c\"", "a|", RL_ITEM_INNER_QUOTE},
        {"\"a\"b", "", RL_ITEM_INNER_QUOTE},
        {"a \"\" b", "a|", RL_ITEM_EMPTY},
    };

    for (size_t i = 0; i < N(rows); i++) {
        char text[64], joined[64] = "", *rest = text, *item;
        enum rl_item kind;

        snprintf(text, sizeof(text), "%s", rows[i].text);
        while ((kind = rl_item(&rest, &item)) == RL_ITEM) {
            strcat(joined, item);
            strcat(joined, "|");
        }
        assert_string_equal(joined, rows[i].items);
        assert_int_equal(kind, rows[i].end);
    }
}

static void test_distance(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } rows[] = {
        {"", "", 0},
        {"a", "", 1},
        {"abc", "abc", 0},
        {"ABC", "abc", 0},
        {"Presure", "Pressure", 1},
        {"Pressuer", "Pressure", 1},
        {"Pessuer", "Pressure", 2},
        {"kill", "sill", 1},
        {"ca", "abc", 3},
        {"Headrom", "Headroom", 1},
        {"Usage", "Cgroup", 6},
    };
    char longer[80];

    for (size_t i = 0; i < N(rows); i++) {
        assert_int_equal(rl_distance(rows[i].a, rows[i].b), rows[i].distance);
        assert_int_equal(rl_distance(rows[i].b, rows[i].a), rows[i].distance);
    }
    memset(longer, 'x', sizeof(longer));
    longer[64] = '\0';
    assert_true(rl_distance(longer, longer) > RL_SUGGEST_DISTANCE);
    longer[63] = '\0';
    assert_int_equal(rl_distance(longer, longer), 0);
}

static void test_suggestion(void **state)
{
    static const struct {
        const char *word, *text;
    } rows[] = {
        {"Presure", "; did you mean 'Pressure'?"}, {"Eventes", "; did you mean 'Events'?"},
        {"usage", "; did you mean 'Usage'?"}, {"Memory", ""}, {"", ""},
        {"qi", ""}, /* would come to "a" within two changes */
    };
    static const char *const known[] = {"Pressure", "Usage", "Headroom", "Events", "a"};
    char buf[64];

    for (size_t i = 0; i < N(rows); i++) {
        struct rl_suggestion near = {.word = rows[i].word};

        for (size_t j = 0; j < N(known); j++)
            rl_suggest(&near, known[j]);
        assert_string_equal(rl_suggestion_text(&near, buf, sizeof(buf)), rows[i].text);
    }
}

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"", true},
        {"ascii", true},
        {"\xc3\xa4", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xc3", false},
        {"\xc3(", false},
        {"\xc0\xaf", false},
        {"\xc1\xbf", false},
        {"\xe0\x80\x80", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xf0\x80\x80\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"\xff", false},
        {"\xe2\x82", false},
        {"\xf0\x9f\x98", false},
        {"\xe2\x28\xa1", false},
    };

    for (size_t i = 0; i < N(rows); i++)
        assert_int_equal(rl_text_is_utf8(rows[i].text, strlen(rows[i].text)), rows[i].valid);
}

/* Whatever stands there: no crash, and a result only with RL_VALUE_OK. */
static void test_any_bytes(void **state)
{
    static const char alphabet[] = "0123456789..%%KMGTiBusmhin \"\\x-";

    srandom(3);
    for (int round = 0; round < 50000; round++) {
        char text[40], copy[40], *rest = copy, *item;
        size_t len = (size_t)random() % sizeof(text);
        uint64_t value = NONE;

        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
        text[len ? len - 1 : 0] = '\0';
        if (rl_value_size(text, &value) != RL_VALUE_OK)
            assert_true(value == NONE);
        value = NONE;
        if (rl_value_time(text, &value) != RL_VALUE_OK)
            assert_true(value == NONE);
        value = NONE;
        if (share_as_64(text, &value) != RL_VALUE_OK)
            assert_true(value == NONE);
        strcpy(copy, text);
        while (rl_item(&rest, &item) == RL_ITEM)
            assert_true(*item != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_yes_no),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_suggestion),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
