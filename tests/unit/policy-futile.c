#include "tests/unit/unit.h"

#include "policy/futile.h"
#include "tests/unit/policy.h"

#define BOTH (RL_HAVE_CURRENT | RL_HAVE_STAT)

struct row {
    const char *what;
    struct rl_effect last;
    uint64_t current, shmem, anon;
    uint32_t have;
    bool futile;
};

static const struct row rows[] = {
    {"nobody was killed yet", {0, 20 * MIB, 0, 150 * MIB, 10 * MIB, false}, 200 * MIB, 160 * MIB,
        10 * MIB, BOTH, false},
    {"nothing came back", {1, 20 * MIB, 1 * MIB, 160 * MIB, 10 * MIB, true}, 200 * MIB, 160 * MIB,
        10 * MIB, BOTH, true},
    {"a tenth came back, and that was enough", {1, 20 * MIB, 2 * MIB, 160 * MIB, 10 * MIB, true},
        200 * MIB, 160 * MIB, 10 * MIB, BOTH, false},
    {"all came back, but the pressure went on", {1, 20 * MIB, 20 * MIB, 160 * MIB, 10 * MIB, false},
        200 * MIB, 160 * MIB, 10 * MIB, BOTH, true},
    {"half of the room was filled again", {1, 20 * MIB, 20 * MIB, 150 * MIB, 10 * MIB, true},
        200 * MIB, 160 * MIB, 10 * MIB, BOTH, true},
    {"less than half of it", {1, 20 * MIB, 20 * MIB, 150 * MIB + 1, 10 * MIB, true}, 200 * MIB,
        160 * MIB, 10 * MIB, BOTH, false},
    {"files in memory have shrunk", {1, 20 * MIB, 20 * MIB, 180 * MIB, 10 * MIB, true}, 200 * MIB,
        120 * MIB, 10 * MIB, BOTH, false},
    {"they are just half", {1, 20 * MIB, 0, 150 * MIB, 10 * MIB, false}, 200 * MIB, 100 * MIB,
        10 * MIB, BOTH, false},
    {"a little more than half", {1, 20 * MIB, 0, 150 * MIB, 10 * MIB, false}, 200 * MIB,
        100 * MIB + 1, 10 * MIB, BOTH, true},
    {"somebody leaks", {1, 20 * MIB, 0, 120 * MIB, 10 * MIB, false}, 200 * MIB, 120 * MIB,
        30 * MIB + 1, BOTH, false},
    {"somebody has leaked a little", {1, 20 * MIB, 0, 120 * MIB, 10 * MIB, false}, 200 * MIB,
        120 * MIB, 30 * MIB, BOTH, true},
    {"anonymous memory has shrunk", {1, 20 * MIB, 0, 120 * MIB, 50 * MIB, false}, 200 * MIB,
        120 * MIB, 30 * MIB, BOTH, true},
    {"memory.stat cannot be read", {1, 20 * MIB, 0, 150 * MIB, 10 * MIB, false}, 200 * MIB,
        160 * MIB, 10 * MIB, RL_HAVE_CURRENT, false},
    {"nor memory.current, as of the root", {1, 20 * MIB, 0, 150 * MIB, 10 * MIB, false}, 0,
        160 * MIB, 10 * MIB, RL_HAVE_STAT, false},
};

static void rows_hold(void **state)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct row *row = &rows[i];
        const struct rl_sample now = {
            .have = row->have, .current = row->current, .shmem = row->shmem, .anon = row->anon};

        if (rl_futile(&row->last, &now) != row->futile)
            fail_msg("%s", row->what);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(rows_hold)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
