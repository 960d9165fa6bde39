#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/name.h"

#define ID   "0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210"
#define SEED 77

static void there_and_back(const char *name, size_t len)
{
    char packed[RL_NAME_PACKED_MAX], again[NAME_MAX + 1];
    size_t n;

    memset(packed, 'x', sizeof(packed));
    n = rl_name_pack(name, len, packed);
    assert_true(n < sizeof(packed));
    assert_int_equal(strlen(packed), n);
    assert_int_equal(rl_name_unpack(packed, again), len);
    assert_memory_equal(again, name, len);
    assert_int_equal(again[len], '\0');
}

static void usual_names_take_less_room(void **state)
{
    static const struct {
        const char *name;
        size_t packed;
    } rows[] = {
        {"", 0},
        {"init.scope", 5},
        {"user@1000.service", 10},
        {"cri-containerd-" ID ".scope", 1 + 2 + 37 + 1},
        {"docker-" ID ".scope", 41},
        {"kubepods-burstable-pod5f3b1c2d_0001_4000_8000_000000000000.slice", 42},
        {ID, 39},
        {"0123456789abcdef", 2 + 10},
        {"0123456789abcde", 15},  /* too short to be worth it */
        {"0123456789ABCDEF", 16}, /* not what unpacking would make */
        {"\x01\x1f ", 5},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char packed[RL_NAME_PACKED_MAX];

        assert_int_equal(rl_name_pack(rows[i].name, strlen(rows[i].name), packed), rows[i].packed);
        there_and_back(rows[i].name, strlen(rows[i].name));
    }
}

static void the_longest_ones_fit(void **state)
{
    char name[NAME_MAX];

    for (int c = 1; c < 256; c++) {
        memset(name, c, sizeof(name));
        there_and_back(name, sizeof(name));
    }
}

/* Names of pieces that could be taken for one another. */
static size_t make_name(char *name)
{
    static const char *const pieces[] = {"cri-containerd-", ".scope", ".slice", "crio-",
        "kubepods-", ".service", "docker", "a", "f", "0123456789abcdef", "0", "\x01", "\x02",
        "\x03", "\x1f", "\x80", "\xff", "g", "-", "deadbeef"};
    size_t len = 0, n = (size_t)random() % 30;

    for (size_t i = 0; i < n; i++) {
        const char *piece = pieces[(size_t)random() % (sizeof(pieces) / sizeof(pieces[0]))];

        if (len + strlen(piece) > NAME_MAX)
            break;
        memcpy(name + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return len;
}

static void any_name_comes_back_and_no_two_are_one(void **state)
{
    char name[NAME_MAX], other[NAME_MAX], packed[RL_NAME_PACKED_MAX], second[RL_NAME_PACKED_MAX];

    print_message("seed %d\n", SEED);
    srandom(SEED);
    for (int i = 0; i < 100000; i++) {
        size_t len = make_name(name), n = make_name(other);
        bool same = len == n && memcmp(name, other, n) == 0;

        there_and_back(name, len);
        (void)rl_name_pack(name, len, packed);
        (void)rl_name_pack(other, n, second);
        assert_int_equal(strcmp(packed, second) == 0, same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_names_take_less_room),
        cmocka_unit_test(the_longest_ones_fit),
        cmocka_unit_test(any_name_comes_back_and_no_two_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
