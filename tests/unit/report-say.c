/* Foreign text made harmless, and texts in buffers that are too small. */
#include "tests/unit/unit.h"

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "daemon/report/say.h"

static void test_escapes(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", ""},
        {"postgres", "postgres"},
        {"dev-disk-by\\x2duuid.swap", "dev-disk-by\\x2duuid.swap"},
        {"na\xc3\xafve \xe6\x97\xa5\xf0\x9f\x90\x98", "na\xc3\xafve \xe6\x97\xa5\xf0\x9f\x90\x98"},
        {"a\nb\tc\x1b[31m\x7f", "a\\x0ab\\x09c\\x1b[31m\\x7f"},
        {"\xff\xc3", "\\xff\\xc3"},
        {"\xc0\xaf", "\\xc0\\xaf"}, /* overlong / */
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
        {"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},
        {"\xe6\x97z", "\\xe6\\x97z"},
        {"\xc2\x9b"
         "31m",
            "\\xc2\\x9b"
            "31m"}, /* C1: CSI */
        {"\xe2\x80\xae"
         "abc",
            "\\xe2\\x80\\xae"
            "abc"},                            /* right-to-left override */
        {"\xe2\x80\xa8x", "\\xe2\\x80\\xa8x"}, /* line separator */
        {"\xef\xbb\xbfx", "\\xef\\xbb\\xbfx"},
    };
    char buf[128];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(rl_escape(rows[i].text, buf, sizeof(buf)), rows[i].expected);
}

/* Is this text what a terminal may be given? */
static bool harmless(const char *text)
{
    while (*text) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);
        if (length == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
            return false;
        text += length;
    }
    return true;
}

/* Any bytes, any size of buffer: terminated, within bounds, whole characters, nothing harmful. */
static void test_any_bytes(void **state)
{
    char text[64], buf[80];

    srand(7);
    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)rand() % (sizeof(text) - 1), size = 4 + (size_t)rand() % 60;
        for (size_t i = 0; i < length; i++)
            text[i] = (char)(rand() % 3 == 0 ? 'a' + rand() % 26 : 1 + rand() % 255);
        text[length] = '\0';
        memset(buf, '#', sizeof(buf));
        rl_escape(text, buf, size);
        assert_true(memchr(buf, '\0', size) != NULL);
        assert_int_equal(buf[size], '#');
        assert_true(harmless(buf));
    }
}

/* What we call well-formed is what the C library calls well-formed. */
static void test_utf8_against_libc(void **state)
{
    unsigned char bytes[5] = {0};

    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    srand(8);
    for (int round = 0; round < 200000; round++) {
        for (size_t i = 0; i < 4; i++)
            bytes[i] = (unsigned char)(i == 0       ? 1 + rand() % 255
                                       : rand() % 4 ? 0x80 | (rand() % 0x40)
                                                    : rand() % 256);
        mbstate_t shift = {0};
        wchar_t wide = 0;
        unsigned c = 0;
        size_t theirs = mbrtowc(&wide, (const char *)bytes, 4, &shift);
        size_t ours = rl_utf8_take((const char *)bytes, &c);
        /* glibc goes on to five and more bytes of the old UTF-8. */
        if (theirs == (size_t)-1 || theirs == (size_t)-2 || wide > 0x10ffff) {
            assert_int_equal(ours, 0);
        } else {
            assert_int_equal(ours, theirs);
            assert_int_equal(c, (unsigned)wide);
        }
    }
}

static void test_end_of_text_is_no_character(void **state)
{
    unsigned c;

    /* A lead byte at the very end: what stands behind the terminator must not be looked at. */
    assert_int_equal(rl_utf8_take("\xe6", &c), 0);
    assert_int_equal(rl_utf8_take("\xe6\x97", &c), 0);
    assert_int_equal(rl_utf8_take("\xf0\x9f\x90", &c), 0);
}

/* A character is in or out as a whole, and the mark always fits. */
static void test_cut(void **state)
{
    static const struct {
        size_t size;
        const char *foreign, *more;
    } rows[] = {
        {4, "...", "..."},
        {5, "a...", "a..."},
        {6, "a...", "a..."},
        {7, "a...", "a..."},
        {8,
            "a\xe6\x97\xa5"
            "b\xc3\xa9",
            "a\xe6\x97\xa5..."},
        {9,
            "a\xe6\x97\xa5"
            "b\xc3\xa9",
            "a\xe6\x97\xa5"
            "b..."},
        {12,
            "a\xe6\x97\xa5"
            "b\xc3\xa9",
            "a\xe6\x97\xa5"
            "b\xc3\xa9more"},
    };
    char buf[16];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_say say;
        rl_say_begin(&say, buf, rows[i].size);
        rl_say_foreign(&say, "a\xe6\x97\xa5"
                             "b\xc3\xa9");
        assert_string_equal(buf, rows[i].foreign);
        rl_say(&say, "more");
        assert_string_equal(buf, rows[i].more);
        assert_int_equal(say.n, strlen(buf));
    }
}

static void test_format_cut(void **state)
{
    char buf[10];
    struct rl_say say;

    rl_say_begin(&say, buf, sizeof(buf));
    rl_say(&say, "%d", 12345);
    assert_string_equal(buf, "12345");
    rl_say(&say, "%s", "67890");
    assert_string_equal(buf, "123456...");
    assert_int_equal(say.n, strlen(buf));
    rl_say_foreign(&say, "x");
    assert_string_equal(buf, "123456...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_utf8_against_libc),
        cmocka_unit_test(test_end_of_text_is_no_character),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_format_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
