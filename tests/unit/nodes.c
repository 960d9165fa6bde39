/* Memory nodes: lists, their memory, and what binds a process to some of them. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/observe/nodes.h"
#include "tests/unit/folder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define M        (UINT64_C(1) << 20)

static void test_lists(void **state)
{
    static const struct {
        const char *list;
        int r;
        uint64_t first, last; /* the words of the first and last 64 nodes */
    } rows[] = {
        {"", 0, 0, 0},
        {"\n", 0, 0, 0},
        {"0\n", 0, 1, 0},
        {"0", 0, 1, 0},
        {"0-1\n", 0, 3, 0},
        {"1,3-4\n", 0, 0x1a, 0},
        {"3,1,3\n", 0, 0xa, 0},
        {"0-63,960-1023\n", 0, UINT64_MAX, UINT64_MAX},
        {"1023\n", 0, 0, UINT64_C(1) << 63},
        {"1024\n", -EINVAL, 0, 0},
        {"0-1024\n", -EINVAL, 0, 0},
        {"3-1\n", -EINVAL, 0, 0},
        {"0-\n", -EINVAL, 0, 0},
        {"-1\n", -EINVAL, 0, 0},
        {"0,\n", -EINVAL, 0, 0},
        {",0\n", -EINVAL, 0, 0},
        {"0 1\n", -EINVAL, 0, 0},
        {"x\n", -EINVAL, 0, 0},
        {"0-1-2\n", -EINVAL, 0, 0},
        {"18446744073709551616\n", -EINVAL, 0, 0},
        {"0-18446744073709551615\n", -EINVAL, 0, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_node_set set = {.bits = {77}};
        int r = rl_nodes_parse(rows[i].list, &set);

        if (r != rows[i].r)
            fail_msg("'%s' gives %d", rows[i].list, r);
        assert_int_equal(set.bits[0], r < 0 ? 77 : rows[i].first);
        assert_int_equal(set.bits[RL_NODES_MAX / 64 - 1], r < 0 ? 0 : rows[i].last);
    }
}

/* Three nodes: 0 with 1000M, 1 without memory, 2 with 3000M. */
static void three_nodes(struct folder *folder, struct rl_nodes *nodes)
{
    folder_new(folder);
    folder_write(folder, "has_memory", "0,2\n");
    folder_write(folder, "node0/meminfo",
        "\nNode 0 MemTotal:        1024000 kB\nNode 0 MemFree:          100 kB\n");
    folder_write(folder, "node1/meminfo", "\nNode 1 MemTotal:        7 kB\n");
    folder_write(folder, "node2/meminfo", "Node 2 MemTotal:  3072000 kB\n");
    rl_nodes_read(folder->path, nodes);
}

static void test_nodes(void **state)
{
    static const struct {
        const char *list;
        uint64_t total;
        size_t n;
    } rows[] = {
        {"0", 1000 * M, 1},
        {"1", 0, 0},
        {"2", 3000 * M, 1},
        {"0-63", 4000 * M, 2},
        {"", 0, 0},
    };
    struct rl_nodes nodes;
    struct folder folder;

    three_nodes(&folder, &nodes);
    assert_int_equal(nodes.n, 2);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_node_set set;
        size_t n = 77;

        assert_int_equal(rl_nodes_parse(rows[i].list, &set), 0);
        assert_int_equal(rl_nodes_total(&nodes, &set, &n), rows[i].total);
        assert_int_equal(n, rows[i].n);
        assert_int_equal(rl_nodes_total(&nodes, &set, NULL), rows[i].total);
    }
    folder_free(&folder);
}

/* Where not all is known nothing is compared. */
static void test_unknown_nodes(void **state)
{
    static const char *const wrong[] = {
        "", "Node 2 MemFree: 5 kB\n", "Node 2 MemTotal: x kB\n", "Node 2 MemTotal:\n",
        "Node 2 MemTotal: 18446744073709551615 kB\n", "Node 2 MemTotal: 5 kB" /* cut off */
    };
    struct rl_nodes nodes;
    struct folder folder;

    three_nodes(&folder, &nodes);
    rl_nodes_read("/nonexistent", &nodes);
    assert_int_equal(nodes.n, 0);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        folder_write(&folder, "node2/meminfo", wrong[i]);
        rl_nodes_read(folder.path, &nodes);
        assert_int_equal(nodes.n, 0);
    }
    folder_write(&folder, "node2/meminfo", "Node 2 MemTotal: 5 kB\n");
    folder_write(&folder, "has_memory", "0,2,x\n");
    rl_nodes_read(folder.path, &nodes);
    assert_int_equal(nodes.n, 0);
    folder_write(&folder, "has_memory", "0,2,3\n"); /* node3 is not there */
    rl_nodes_read(folder.path, &nodes);
    assert_int_equal(nodes.n, 0);
    folder_free(&folder);
}

#define MAPPED "5555 %s file=/usr/bin/x mapped=2 N0=2\n7fff bind:0 anon=1\n"

static void test_bindings(void **state)
{
    static const struct {
        const char *allowed, *policy; /* NULL: not there */
        const char *text;             /* NULL: bound by nothing */
        uint64_t total;
    } rows[] = {
        {NULL, NULL, NULL, 0}, {"0-2", "default", NULL, 0},
        {"0,2", "default", NULL, 0}, /* all that have memory */
        {"0-63", NULL, NULL, 0}, {"0", "default", "cpuset:0", 1000},
        {"0-1", NULL, "cpuset:0-1", 1000}, {"2", NULL, "cpuset:2", 3000},
        {"1", NULL, NULL, 0}, /* no memory at all: nothing to reckon with */
        {"x", NULL, NULL, 0}, {"0-2", "bind:0", "mempolicy:0", 1000},
        {NULL, "bind:2", "mempolicy:2", 3000}, {"0-2", "bind=static:0", "mempolicy:0", 1000},
        {"0-2", "bind=relative:0", "mempolicy:0", 1000}, {"0-2", "bind:0,2", NULL, 0},
        {"0-2", "bind", NULL, 0}, {"0-2", "bind:", NULL, 0}, {"0-2", "binding:0", NULL, 0},
        {"0-2", "prefer:0", NULL, 0}, {"0-2", "prefer (many):0", NULL, 0},
        {"0-2", "interleave:0", NULL, 0}, {"0-2", "local", NULL, 0},
        {"2", "bind:0", "mempolicy:0", 1000},  /* the smaller one counts */
        {"0", "bind:2", "cpuset:0", 1000},     /* likewise */
        {"0", "bind:0", "cpuset:0", 1000},     /* equal: the cpuset */
        {"0-1", "bind:0", "cpuset:0-1", 1000}, /* equal in memory */
    };
    struct rl_nodes nodes;
    struct folder machine;

    three_nodes(&machine, &nodes);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_binding binding;
        struct folder folder;
        char text[512];

        folder_new(&folder);
        if (rows[i].allowed) {
            snprintf(text, sizeof(text),
                "Name:\tx\nMems_allowed:\t3\nMems_allowed_list:\t%s\nThreads:\t1\n",
                rows[i].allowed);
            folder_write(&folder, "status", text);
        }
        if (rows[i].policy) {
            snprintf(text, sizeof(text), MAPPED, rows[i].policy);
            folder_write(&folder, "numa_maps", text);
        }
        rl_binding_read(&nodes, folder.fd, &binding);
        if ((binding.kind != RL_BINDING_NONE) != (rows[i].text != NULL))
            fail_msg("row %zu", i);
        if (rows[i].text) {
            assert_string_equal(rl_binding_text(&binding, text, sizeof(text)), rows[i].text);
            assert_int_equal(binding.total, rows[i].total * M);
        }
        folder_free(&folder);
    }
    folder_free(&machine);
}

/* numa_maps takes the mmap_lock: a machine with one node never pays for it. */
static void test_one_node(void **state)
{
    struct rl_nodes nodes;
    struct rl_binding binding;
    struct folder folder;

    three_nodes(&folder, &nodes);
    folder_write(&folder, "has_memory", "2\n");
    rl_nodes_read(folder.path, &nodes);
    assert_int_equal(nodes.n, 1);
    folder_write(&folder, "status", "Mems_allowed_list:\t0\n");
    folder_write(&folder, "numa_maps", "5555 bind:0 mapped=2\n");
    rl_binding_read(&nodes, folder.fd, &binding);
    assert_int_equal(binding.kind, RL_BINDING_NONE);
    folder_free(&folder);
}

/* A list of many nodes stands on a long line, and is cut only where it is shown. */
static void test_many_nodes(void **state)
{
    struct rl_nodes nodes;
    struct rl_binding binding;
    struct folder folder;
    char list[400] = "", status[512], text[RL_LIST_MAX + 16];

    three_nodes(&folder, &nodes);
    for (int i = 4; strlen(list) < 370; i += 2)
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%d,", i);
    strcat(list, "2");
    snprintf(status, sizeof(status), "Mems_allowed_list:\t%s\n", list);
    folder_write(&folder, "status", status);
    rl_binding_read(&nodes, folder.fd, &binding);
    assert_int_equal(binding.kind, RL_BINDING_CPUSET);
    assert_int_equal(binding.total, 3000 * M);
    rl_binding_text(&binding, text, sizeof(text));
    assert_int_equal(strlen(text), strlen("cpuset:") + RL_LIST_MAX - 1);
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_unknown_nodes),
        cmocka_unit_test(test_bindings),
        cmocka_unit_test(test_one_node),
        cmocka_unit_test(test_many_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
