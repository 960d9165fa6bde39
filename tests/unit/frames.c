/* Messages in a stream, in pieces of every size, and what is none. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "daemon/report/frames.h"

#define HELLO "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n"

/* Add a message whose fields and body have these lengths, each byte the letter. */
static size_t add(char *buf, size_t at, bool big, uint32_t fields, uint32_t body, char letter)
{
    size_t padded = (fields + 7) / 8 * 8;
    uint8_t *head = (uint8_t *)buf + at;

    memset(head, 0, RL_FRAMES_HEAD);
    head[0] = big ? 'B' : 'l';
    head[1] = 1;
    head[3] = 1;
    for (size_t i = 0; i < 4; i++) {
        head[4 + (big ? 3 - i : i)] = (uint8_t)(body >> (8 * i));
        head[12 + (big ? 3 - i : i)] = (uint8_t)(fields >> (8 * i));
    }
    memset(buf + at + RL_FRAMES_HEAD, letter, padded + body);
    return at + RL_FRAMES_HEAD + padded + body;
}

static void test_pieces(void **state)
{
    static char in[8192], expected[8192], out[8192];
    size_t n, n_expected;

    strcpy(in, HELLO);
    n = n_expected = strlen(in);
    strcpy(expected, in);
    static const struct {
        bool big;
        uint32_t fields, body;
        bool passes;
    } rows[] = {
        {false, 8, 0, true},
        {false, 0, 0, true},
        {false, 9, 100 - 16 - 16, true},
        {false, 9, 100 - 16 - 16 + 1, false},
        {true, 16, 3, true},
        {true, 300, 0, false},
        {false, 0, 3000, false},
        {false, 5, 7, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char letter = (char)('a' + i);
        n = add(in, n, rows[i].big, rows[i].fields, rows[i].body, letter);
        if (rows[i].passes)
            n_expected = add(
                expected, n_expected, rows[i].big, rows[i].fields, rows[i].body, letter);
    }
    for (size_t piece = 1; piece <= n; piece = piece < 64 ? piece + 1 : piece * 2) {
        struct rl_frames frames;
        size_t used = 0;
        rl_frames_begin(&frames, 100);
        for (size_t at = 0; at < n; at += piece) {
            int64_t r = rl_frames_pass(
                &frames, in + at, n - at < piece ? n - at : piece, out + used);
            assert_true(r >= 0);
            used += (size_t)r;
        }
        assert_int_equal(used, n_expected);
        assert_memory_equal(out, expected, used);
        assert_int_equal(frames.skipped, 3);
    }
}

/* Lengths that overflow 32 bits are large, not small. */
static void test_lengths_without_end(void **state)
{
    char in[RL_FRAMES_HEAD], out[64];
    struct rl_frames frames;

    rl_frames_begin(&frames, 100);
    frames.begun = true;
    memset(in, 0xff, sizeof(in));
    in[0] = 'l';
    in[3] = 1;
    assert_int_equal(rl_frames_pass(&frames, in, sizeof(in), out), 0);
    assert_true(frames.left == UINT64_C(0x1ffffffff));
    assert_int_equal(rl_frames_pass(&frames, in, sizeof(in), out), 0);
}

static void test_no_message_bus(void **state)
{
    static const char *const texts[] = {
        HELLO "x23\1"
              "567812345678",
        HELLO "l23\2"
              "567812345678",
        HELLO "\0\0\0\1"
              "567812345678",
    };
    static char lines[RL_FRAMES_LINES_MAX + 1], out[2 * RL_FRAMES_LINES_MAX];
    struct rl_frames frames;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rl_frames_begin(&frames, 100);
        assert_int_equal(
            rl_frames_pass(&frames, texts[i], strlen(HELLO) + RL_FRAMES_HEAD, out), -EPROTO);
    }
    rl_frames_begin(&frames, 100);
    memset(lines, '\n', sizeof(lines));
    assert_int_equal(rl_frames_pass(&frames, lines, sizeof(lines), out), -EPROTO);
    /* Who lets nobody in has no messages. */
    rl_frames_begin(&frames, 100);
    assert_int_equal(rl_frames_pass(&frames, "REJECTED OK \r\nxxxxxxxxxxxxxxxxxx", 32, out), 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_lengths_without_end),
        cmocka_unit_test(test_no_message_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
