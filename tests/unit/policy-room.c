#include "tests/unit/unit.h"

#include "policy/room.h"
#include "tests/unit/policy.h"

#define NO RL_NO_LIMIT

/* What a room is to be, but for swap; as in struct rl_room. */
struct want {
    uint64_t available;
    int limited_by;
    uint64_t usage, headroom, limit;
    int tightest;
    bool known;
};

/* high, max, swap_max, used; bytes. The first row is the cgroup, the last the topmost. */
struct row {
    const char *what;
    struct rl_level levels[3];
    size_t n;
    struct want want;
};

#define LEVEL(high, max, swap, use)                                                                \
    {                                                                                              \
        .memory_high = high, .memory_max = max, .swap_max = swap, .used = use, .used_known = true  \
    }
#define BLIND(high, max, swap)                                                                     \
    {                                                                                              \
        .memory_high = high, .memory_max = max, .swap_max = swap                                   \
    }

/* On a_node(): 8 GiB of memory, half available; 2 GiB of swap. */
static const struct row rows[] = {
    {"nothing limits", {LEVEL(NO, NO, NO, GIB)}, 1,
        {10 * GIB, RL_LEVEL_NODE, 5000, 4 * GIB, 8 * GIB, RL_LEVEL_NODE, true}},
    {"no levels: the root", {{0}}, 0,
        {10 * GIB, RL_LEVEL_NODE, 5000, 4 * GIB, 8 * GIB, RL_LEVEL_NODE, true}},
    {"its own limit", {LEVEL(NO, GIB, NO, GIB / 4)}, 1,
        {3 * GIB, 0, 5000, 3 * GIB / 4, GIB, 0, true}},
    {"the parent is smaller", {LEVEL(NO, 2 * GIB, NO, MIB), LEVEL(NO, GIB, NO, GIB / 2)}, 2,
        {3 * GIB, 1, 5000, GIB / 2, GIB, 1, true}},
    {"the child is smaller", {LEVEL(NO, GIB, NO, GIB / 2), LEVEL(NO, 2 * GIB, NO, GIB)}, 2,
        {3 * GIB, 0, 5000, GIB / 2, GIB, 0, true}},
    {"a tie goes to the nearest",
        {LEVEL(NO, NO, NO, 0), LEVEL(NO, GIB, NO, MIB), LEVEL(NO, GIB, NO, MIB)}, 3,
        {3 * GIB, 1, 5000, GIB - MIB, GIB, 1, true}},
    {"a limit of all there is counts for nothing", {LEVEL(NO, 8 * GIB, NO, 0)}, 1,
        {10 * GIB, RL_LEVEL_NODE, 5000, 4 * GIB, 8 * GIB, RL_LEVEL_NODE, true}},
    {"high is a limit of use, not of what is available", {LEVEL(GIB, 2 * GIB, NO, GIB - MIB)}, 1,
        {4 * GIB, 0, 9990, MIB, GIB, 0, true}},
    {"max under high", {LEVEL(2 * GIB, GIB, NO, GIB / 2)}, 1,
        {3 * GIB, 0, 5000, GIB / 2, GIB, 0, true}},
    {"the largest share and the smallest rest may be different levels",
        {LEVEL(NO, 100 * MIB, NO, 10 * MIB), LEVEL(NO, GIB, NO, GIB - 50 * MIB)}, 2,
        {2 * GIB + 100 * MIB, 0, 9511, 50 * MIB, GIB, 1, true}},
    {"swap.max", {LEVEL(NO, GIB, MIB, 0)}, 1, {GIB + MIB, 0, 5000, GIB, GIB, 0, true}},
    {"swap.max of the parent", {LEVEL(NO, GIB, 2 * MIB, 0), LEVEL(NO, NO, MIB, 0)}, 2,
        {GIB + MIB, 0, 5000, GIB, GIB, 0, true}},
    {"no swap", {LEVEL(NO, GIB, 0, 0)}, 1, {GIB, 0, 5000, GIB, GIB, 0, true}},
    {"swap.max alone", {LEVEL(NO, NO, 0, 0)}, 1,
        {8 * GIB, RL_LEVEL_NODE, 5000, 4 * GIB, 8 * GIB, RL_LEVEL_NODE, true}},
    {"over its limit", {LEVEL(GIB, NO, NO, 2 * GIB)}, 1,
        {10 * GIB, RL_LEVEL_NODE, 20000, 0, GIB, 0, true}},
    {"limit 0", {LEVEL(NO, 0, 0, 0)}, 1, {1, 0, 10000, 0, 0, 0, true}},
    {"unknown use under a limit", {BLIND(NO, GIB, NO)}, 1,
        {3 * GIB, 0, 5000, 4 * GIB, 8 * GIB, RL_LEVEL_NODE, false}},
    {"unknown use above", {LEVEL(NO, GIB, NO, GIB - 1), BLIND(4 * GIB, NO, NO)}, 2,
        {3 * GIB, 0, 9999, 1, GIB, 0, false}},
    {"unknown use without a limit", {BLIND(NO, NO, NO)}, 1,
        {10 * GIB, RL_LEVEL_NODE, 5000, 4 * GIB, 8 * GIB, RL_LEVEL_NODE, true}},
    {"giant use", {LEVEL(NO, GIB, NO, UINT64_MAX)}, 1,
        {3 * GIB, 0, UINT64_MAX / GIB *RL_WHOLE + 9999, 0, GIB, 0, true}},
    {"giant limits", {LEVEL(NO - 1, NO - 1, NO - 1, 1)}, 1,
        {10 * GIB, RL_LEVEL_NODE, 5000, 4 * GIB, 8 * GIB, RL_LEVEL_NODE, true}},
};

static void check(const char *what, const struct rl_room *got, const struct want *want)
{
    if (got->available != want->available || got->limited_by != want->limited_by ||
        got->usage != want->usage || got->headroom != want->headroom || got->limit != want->limit ||
        got->tightest != want->tightest || got->known != want->known)
        fail_msg("%s: available %lu by %d, usage %lu, headroom %lu of %lu at %d, known %d", what,
            (unsigned long)got->available, got->limited_by, (unsigned long)got->usage,
            (unsigned long)got->headroom, (unsigned long)got->limit, got->tightest, got->known);
}

static void limits_of_all_levels_count(void **state)
{
    const struct rl_node node = a_node();

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_room room;

        rl_room_of(rows[i].levels, rows[i].n, &node, &room);
        check(rows[i].what, &room, &rows[i].want);
    }
}

static void without_swappiness_a_limited_cgroup_has_no_swap(void **state)
{
    struct rl_level level = a_level(0);
    struct rl_node node = a_node();
    struct rl_room room;

    node.swappiness = 0;
    level.memory_max = GIB;
    rl_room_of(&level, 1, &node, &room);
    assert_int_equal(room.available, GIB);
    level.memory_max = RL_NO_LIMIT;
    rl_room_of(&level, 1, &node, &room);
    assert_int_equal(room.available, 10 * GIB);
    rl_room_of(NULL, 0, &node, &room);
    assert_int_equal(room.available, 10 * GIB);
}

static void numbers_that_cannot_be_do_not_overflow(void **state)
{
    struct rl_node node = {.mem_total = UINT64_MAX - 1,
        .mem_available = UINT64_MAX,
        .swap_total = UINT64_MAX - 1,
        .swappiness = 60};
    struct rl_room room;

    rl_room_of(NULL, 0, &node, &room);
    assert_int_equal(room.available, UINT64_MAX);
    assert_int_equal(room.usage, 0); /* more available than there is: nothing is used */
    assert_int_equal(room.headroom, UINT64_MAX - 1);

    node = (struct rl_node){0};
    rl_room_of(NULL, 0, &node, &room);
    assert_int_equal(room.available, 1); /* it is a denominator */
    assert_int_equal(room.headroom, 0);
}

/* Tightening a limit anywhere never makes more available, nor more headroom, nor less usage. */
static void a_smaller_limit_never_means_more_room(void **state)
{
    const struct rl_node node = a_node();
    struct dice dice = {5};

    for (int i = 0; i < 50000; i++) {
        struct rl_level levels[RL_DEPTH_MAX];
        size_t n = 1 + roll(&dice, 4), which;
        struct rl_room before, after;
        uint64_t *limit;

        for (size_t k = 0; k < n; k++) {
            levels[k] = a_level(roll(&dice, 4 * GIB));
            if (roll(&dice, 2))
                levels[k].memory_max = roll(&dice, 16 * GIB);
            if (roll(&dice, 3) == 0)
                levels[k].memory_high = roll(&dice, 16 * GIB);
            if (roll(&dice, 3) == 0)
                levels[k].swap_max = roll(&dice, 4 * GIB);
        }
        which = roll(&dice, n);
        limit = roll(&dice, 2)   ? &levels[which].memory_max
                : roll(&dice, 2) ? &levels[which].memory_high
                                 : &levels[which].swap_max;
        rl_room_of(levels, n, &node, &before);
        *limit = roll(&dice, *limit == RL_NO_LIMIT ? 16 * GIB : *limit + 1);
        rl_room_of(levels, n, &node, &after);
        assert_true(after.available <= before.available);
        assert_true(after.headroom <= before.headroom);
        assert_true(after.usage >= before.usage);
        assert_true(after.available <= node.mem_total + node.swap_total);
        assert_true(after.available <= after.totals[RL_TOTAL_LIMIT_AND_SWAP_MAX]);
        assert_true(
            after.totals[RL_TOTAL_LIMIT_AND_SWAP_MAX] <= after.totals[RL_TOTAL_LIMIT_AND_SWAP]);
        assert_true(after.limited_by == RL_LEVEL_NODE ||
                    levels[after.limited_by].memory_max < node.mem_total);
    }
}

/* --- what kernels took as the total --- */

static void kernels_take_the_limit_that_was_hit_alone(void **state)
{
    static const struct {
        const char *what;
        struct rl_level levels[3];
        size_t n;
        uint32_t swappiness;
        uint64_t swap_total;
        uint64_t totals[RL_TOTALS]; /* available, limit and swap, limit and swap.max */
    } totals[] = {
        {"the root", {{0}}, 0, 60, 2 * GIB, {10 * GIB, 10 * GIB, 10 * GIB}},
        {"nothing limits", {LEVEL(NO, NO, NO, 0)}, 1, 60, 2 * GIB, {10 * GIB, 10 * GIB, 10 * GIB}},
        {"its own limit", {LEVEL(NO, GIB, NO, 0)}, 1, 60, 2 * GIB, {3 * GIB, 3 * GIB, 3 * GIB}},
        {"with a swap limit", {LEVEL(NO, GIB, MIB, 0)}, 1, 60, 2 * GIB,
            {GIB + MIB, 3 * GIB, GIB + MIB}},
        {"with more swap than there is", {LEVEL(NO, GIB, 5 * GIB, 0)}, 1, 60, 2 * GIB,
            {3 * GIB, 3 * GIB, 3 * GIB}},
        {"without swap", {LEVEL(NO, GIB, 0, 0)}, 1, 60, 2 * GIB, {GIB, 3 * GIB, GIB}},
        {"an ancestor's swap limit counts for us only",
            {LEVEL(NO, GIB, NO, 0), LEVEL(NO, 2 * GIB, MIB, 0)}, 2, 60, 2 * GIB,
            {GIB + MIB, 3 * GIB, 3 * GIB}},
        {"so does a descendant's of the limiter",
            {LEVEL(NO, 2 * GIB, MIB, 0), LEVEL(NO, GIB, 9 * MIB, 0)}, 2, 60, 2 * GIB,
            {GIB + MIB, 3 * GIB, GIB + 9 * MIB}},
        {"the machine counts all of its own", {LEVEL(NO, NO, MIB, 0)}, 1, 60, 2 * GIB,
            {8 * GIB + MIB, 10 * GIB, 10 * GIB}},
        {"whatever its swappiness", {LEVEL(NO, NO, MIB, 0)}, 1, 0, 2 * GIB,
            {8 * GIB + MIB, 10 * GIB, 10 * GIB}},
        {"swappiness 0", {LEVEL(NO, GIB, MIB, 0)}, 1, 0, 2 * GIB, {GIB, GIB, GIB}},
        {"memory.high limits nothing", {LEVEL(GIB, NO, NO, 0)}, 1, 60, 2 * GIB,
            {10 * GIB, 10 * GIB, 10 * GIB}},
        {"no swap in the machine", {LEVEL(NO, GIB, MIB, 0)}, 1, 60, 0, {GIB, GIB, GIB}},
        {"limit 0", {LEVEL(NO, 0, 0, 0)}, 1, 60, 0, {1, 1, 1}},
        {"limit 0, but swap", {LEVEL(NO, 0, 0, 0)}, 1, 60, 2 * GIB, {1, 2 * GIB, 1}},
        {"swap that does not fit", {LEVEL(NO, GIB, NO - 1, 0)}, 1, 60, NO - 1,
            {UINT64_MAX, UINT64_MAX, UINT64_MAX}},
    };

    for (size_t i = 0; i < LENGTH(totals); i++) {
        struct rl_node node = a_node();
        struct rl_room room;

        node.swappiness = totals[i].swappiness;
        node.swap_total = totals[i].swap_total;
        rl_room_of(totals[i].levels, totals[i].n, &node, &room);
        for (size_t k = 0; k < RL_TOTALS; k++)
            if (room.totals[k] != totals[i].totals[k])
                fail_msg("%s: total %zu is %lu, not %lu", totals[i].what, k,
                    (unsigned long)room.totals[k], (unsigned long)totals[i].totals[k]);
        assert_int_equal(room.available, room.totals[RL_TOTAL_AVAILABLE]);
    }
}

/* --- swap --- */

#define SWAP(max, use)                                                                             \
    {                                                                                              \
        .memory_high = NO, .memory_max = NO, .swap_max = max, .swap_used = use, .swap_known = true \
    }
#define SWAP_BLIND(max)                                                                            \
    {                                                                                              \
        .memory_high = NO, .memory_max = NO, .swap_max = max                                       \
    }

static void swap_in_use_is_the_largest_part_of_all_levels(void **state)
{
    static const struct {
        const char *what;
        struct rl_level levels[3];
        size_t n;
        uint64_t total, free;
        bool has, known;
        uint64_t usage;
    } swaps[] = {
        {"the machine alone", {{0}}, 0, 2 * GIB, GIB, true, true, 5000},
        {"no limit", {SWAP(NO, GIB)}, 1, 2 * GIB, GIB / 2, true, true, 7500},
        {"its own limit", {SWAP(100 * MIB, 80 * MIB)}, 1, 2 * GIB, GIB, true, true, 8000},
        {"the machine is tighter", {SWAP(100 * MIB, 80 * MIB)}, 1, 2 * GIB, 0, true, true, 10000},
        {"an ancestor", {SWAP(NO, 1), SWAP(GIB, MIB), SWAP(10 * MIB, 9 * MIB)}, 3, 2 * GIB, GIB,
            true, true, 9000},
        {"over its limit", {SWAP(MIB, 2 * MIB)}, 1, 2 * GIB, GIB, true, true, 20000},
        {"no swap in the machine", {SWAP(NO, 0)}, 1, 0, 0, false, true, 0},
        {"none of its own", {SWAP(0, 0)}, 1, 2 * GIB, 0, false, true, 0},
        {"none above", {SWAP(MIB, MIB), SWAP(0, 0)}, 2, 2 * GIB, 0, false, true, 0},
        {"unknown under a limit", {SWAP_BLIND(MIB)}, 1, 2 * GIB, GIB, true, false, 5000},
        {"unknown without one", {SWAP_BLIND(NO)}, 1, 2 * GIB, GIB, true, true, 5000},
        {"unknown use of none", {SWAP_BLIND(0)}, 1, 2 * GIB, GIB, false, true, 0},
        {"more free than there is", {{0}}, 0, GIB, 2 * GIB, true, true, 0},
    };

    for (size_t i = 0; i < LENGTH(swaps); i++) {
        struct rl_node node = a_node();
        struct rl_room room;

        node.swap_total = swaps[i].total;
        node.swap_free = swaps[i].free;
        rl_room_of(swaps[i].levels, swaps[i].n, &node, &room);
        if (room.has_swap != swaps[i].has || room.swap_known != swaps[i].known ||
            room.swap_usage != swaps[i].usage)
            fail_msg("%s: has %d, known %d, %lu", swaps[i].what, room.has_swap, room.swap_known,
                (unsigned long)room.swap_usage);
    }
}

static void a_smaller_swap_limit_never_means_less_in_use(void **state)
{
    const struct rl_node node = a_node();
    struct dice dice = {71};

    for (int i = 0; i < 20000; i++) {
        struct rl_level levels[4];
        size_t n = 1 + roll(&dice, 4), which = roll(&dice, n);
        struct rl_room before, after;

        for (size_t k = 0; k < n; k++) {
            levels[k] = a_level(0);
            levels[k].swap_known = true;
            levels[k].swap_used = roll(&dice, 3 * GIB);
            if (roll(&dice, 2))
                levels[k].swap_max = 1 + roll(&dice, 4 * GIB);
        }
        rl_room_of(levels, n, &node, &before);
        levels[which].swap_max = 1 + roll(&dice, levels[which].swap_max == NO
                                                     ? 4 * GIB
                                                     : levels[which].swap_max);
        rl_room_of(levels, n, &node, &after);
        assert_true(before.has_swap && after.has_swap);
        assert_true(after.swap_usage >= before.swap_usage);
        assert_true(before.swap_usage >= 5000); /* that of the machine */
        levels[which].swap_max = 0;
        rl_room_of(levels, n, &node, &after);
        assert_false(after.has_swap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_of_all_levels_count),
        cmocka_unit_test(without_swappiness_a_limited_cgroup_has_no_swap),
        cmocka_unit_test(numbers_that_cannot_be_do_not_overflow),
        cmocka_unit_test(a_smaller_limit_never_means_more_room),
        cmocka_unit_test(kernels_take_the_limit_that_was_hit_alone),
        cmocka_unit_test(swap_in_use_is_the_largest_part_of_all_levels),
        cmocka_unit_test(a_smaller_swap_limit_never_means_less_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
