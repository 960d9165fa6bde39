/* The walk and what becomes hot, on a tree of plain files: no trigger can be set there, so that the
 * tree is walked once a second; mostly the tests do not wait for that. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "daemon/observe/watch-private.h"
#include "daemon/report/log.h"
#include "tests/unit/folder.h"
#include "tests/unit/policy.h"
#include "tests/unit/victims.h"

#define LOOKED_MAX 4096

struct world {
    struct folder folder;
    sd_event *event;
    struct rl_probe probe;
    struct rl_watch *watch;
    struct rl_policy policy;
    struct rl_wish wish; /* of every cgroup but the root */
    uint64_t next_in_us; /* what on_look() answers */
    size_t asked;        /* calls of wants() */
    size_t looked;
    bool cools;     /* a look makes another one cold */
    char last[256]; /* the path that was looked at last */
};

static void stall(struct world *w, const char *cgroup, uint64_t some_us)
{
    char file[512], text[256];

    snprintf(file, sizeof(file), "cg/%s%smemory.pressure", cgroup, *cgroup ? "/" : "");
    snprintf(text, sizeof(text),
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=%llu\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=%llu\n",
        (unsigned long long)some_us, (unsigned long long)some_us / 2);
    folder_write(&w->folder, file, text);
}

static void hit(struct world *w, const char *cgroup, unsigned max)
{
    char file[512], text[256];

    snprintf(file, sizeof(file), "cg/%s/memory.events", cgroup);
    snprintf(text, sizeof(text), "low 0\nhigh 0\nmax %u\noom 0\noom_kill 0\n", max);
    folder_write(&w->folder, file, text);
}

static void make(struct world *w, const char *cgroup)
{
    stall(w, cgroup, 0);
    if (*cgroup)
        hit(w, cgroup, 0);
}

static void on_new(void *userdata, struct rl_cgroup *cgroup)
{
}

static void on_level(void *userdata, const struct rl_cgroup *cgroup, struct rl_level *level)
{
}

static void wants(void *userdata, struct rl_cgroup *cgroup, struct rl_wish *ret)
{
    struct world *w = userdata;

    w->asked++;
    *ret = cgroup->parent ? w->wish : (struct rl_wish){0};
}

static void on_look(void *userdata, struct rl_hot *hot, uint64_t now_us)
{
    struct world *w = userdata;

    w->looked++;
    rl_cgroup_path(hot->cgroup, w->last, sizeof(w->last));
    hot->next_us = now_us + w->next_in_us;
    hot->quiet_us = 10 * SEC;
    for (struct rl_hot *h = NULL; w->cools && (h = rl_watch_next_hot(w->watch, h));)
        if (h != hot)
            rl_hot_cool(w->watch, h);
}

static void open_gate(struct world *w, uint32_t share, uint64_t window_us)
{
    w->policy.n_triggers = 1;
    w->policy.triggers[0].n = 1;
    w->policy.triggers[0].lines[0] = (struct rl_line){
        .kind = RL_LINE_PRESSURE, .counter = RL_COUNT_SOME, .share = share, .window_us = window_us};
    assert_int_equal(rl_watch_open_gate(w->watch, &w->policy, 1), -EOPNOTSUPP);
}

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    folder_new(&w->folder);
    folder_write(&w->folder, "proc/meminfo",
        "MemTotal: 1000 kB\nMemAvailable: 500 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    make(w, "");
    w->wish = (struct rl_wish){.want = RL_WANT, .share = 500};
    w->next_in_us = 100 * SEC;
    assert_int_equal(sd_event_new(&w->event), 0);
    *state = w;
    return 0;
}

static void start(struct world *w)
{
    const struct rl_watch_client client = {.on_new = on_new,
        .on_gone = on_new,
        .wants = wants,
        .on_level = on_level,
        .on_look = on_look,
        .userdata = w};

    snprintf(w->probe.cgroup_root, sizeof(w->probe.cgroup_root), "%s/cg", w->folder.path);
    w->probe.cgroup_fd = openat(w->folder.fd, "cg", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    w->probe.proc_fd = openat(w->folder.fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    w->probe.cpus = 1;
    w->probe.page_size = 4096;
    assert_int_equal(rl_watch_new(w->event, &w->probe, &client, &w->watch), 0);
    /* What can wait: everything is seen once. */
    assert_true(sd_event_run(w->event, 0) >= 0);
    open_gate(w, 4000, SEC);
}

static int close_world(void **state)
{
    struct world *w = *state;

    rl_watch_free(w->watch);
    sd_event_unref(w->event);
    if (w->probe.cgroup_fd > 0)
        close(w->probe.cgroup_fd);
    if (w->probe.proc_fd > 0)
        close(w->probe.proc_fd);
    folder_free(&w->folder);
    free(w);
    return 0;
}

/* Walk now, and do what can wait. */
static void walk(struct world *w)
{
    w->watch->walk_at_us = 1;
    rl_walk_due(w->watch, rl_now_us());
    rl_watch_rearm(w->watch);
    for (int i = 0; i < 4; i++)
        assert_true(sd_event_run(w->event, 0) >= 0);
}

/* Walk as if it were that time, and do nothing else: for what depends on how much has passed. */
static void walk_at(struct world *w, uint64_t now_us)
{
    w->watch->walk_at_us = 1;
    rl_walk_due(w->watch, now_us);
}

/* Wait for the next walk. */
static void wait_for_walk(struct world *w)
{
    uint64_t until = rl_watch_stats(w->watch)->walks + 1;

    for (int i = 0; i < 200 && rl_watch_stats(w->watch)->walks < until; i++)
        assert_true(sd_event_run(w->event, 100 * MS) >= 0);
    assert_int_equal(rl_watch_stats(w->watch)->walks, until);
}

static bool is_hot(struct world *w, const char *path)
{
    struct rl_cgroup *cgroup = rl_tree_find(rl_watch_tree(w->watch), path);

    assert_non_null(cgroup);
    return cgroup->hot;
}

static void what_stalls_becomes_hot_and_nobody_else(void **state)
{
    struct world *w = *state;

    make(w, "a");
    make(w, "a/b");
    make(w, "a/c");
    make(w, "d");
    make(w, "d/e");
    start(w);
    walk(w);
    assert_int_equal(w->looked, 0);
    stall(w, "", 900 * MS);
    stall(w, "a", 900 * MS);
    stall(w, "a/b", 900 * MS);
    walk(w);
    assert_true(is_hot(w, "/a/b"));
    assert_true(is_hot(w, "/a"));
    assert_false(is_hot(w, "/a/c"));
    assert_false(is_hot(w, "/d"));
    assert_false(is_hot(w, "/d/e"));
    assert_false(is_hot(w, "/"));
}

static void a_little_stall_is_not_worth_the_files(void **state)
{
    struct world *w = *state;

    make(w, "a");
    make(w, "a/b");
    start(w);
    wait_for_walk(w);
    /* 5 % of the 200 ms that count would be enough. */
    stall(w, "", 4 * MS);
    stall(w, "a", 4 * MS);
    stall(w, "a/b", 4 * MS);
    wait_for_walk(w);
    assert_int_equal(w->looked, 0);
    assert_int_equal(w->asked, 0);
}

static void only_what_moved_is_looked_below(void **state)
{
    struct world *w = *state;
    uint64_t before;

    make(w, "a");
    make(w, "d");
    for (int i = 0; i < 10; i++) {
        char name[16];

        snprintf(name, sizeof(name), "a/%d", i);
        make(w, name);
        snprintf(name, sizeof(name), "d/%d", i);
        make(w, name);
    }
    start(w);
    walk(w);
    before = rl_watch_stats(w->watch)->glances;
    walk(w);
    assert_int_equal(rl_watch_stats(w->watch)->glances - before, 1);
    stall(w, "", SEC);
    stall(w, "a", SEC);
    before = rl_watch_stats(w->watch)->glances;
    walk(w);
    assert_int_equal(rl_watch_stats(w->watch)->glances - before, 1 + 2 + 10);
}

/* One CPU: a child cannot have stalled longer than the root. */
static void a_walk_ends_at_the_root_where_nobody_can_be_near(void **state)
{
    struct world *w = *state;
    uint64_t before, now;

    make(w, "a");
    make(w, "b");
    start(w);
    stall(w, "", 1 * SEC);
    now = rl_now_us();
    walk_at(w, now);
    before = rl_watch_stats(w->watch)->glances;
    for (int i = 1; i < 4; i++) {
        /* above what is worth descending for, and three times are below 200 ms, half of what
         * crosses the line */
        stall(w, "", 1 * SEC + (uint64_t)i * 50 * MS);
        walk_at(w, now += 50 * MS);
        assert_int_equal(rl_watch_stats(w->watch)->glances - before, i);
    }
    stall(w, "", 1 * SEC + 260 * MS);
    stall(w, "b", 260 * MS);
    walk_at(w, now + 50 * MS);
    assert_int_equal(rl_watch_stats(w->watch)->glances - before, 4 + 2);
    assert_true(is_hot(w, "/b"));
}

/* ... and what has been read again and again is open only as long as that goes on. */
static void what_is_passed_again_and_again_stays_open(void **state)
{
    struct world *w = *state;
    size_t before;

    for (int i = 0; i < 2 * RL_WARM_MAX; i++) {
        char name[16];

        snprintf(name, sizeof(name), "c%03d", i);
        make(w, name);
    }
    start(w);
    before = count_fds();
    for (int i = 1; i < 4; i++) {
        stall(w, "", (uint64_t)i * SEC);
        walk(w);
        assert_true(count_fds() > before + RL_WARM_MAX / 2);
        assert_true(count_fds() <= before + RL_WARM_MAX);
    }
    /* Walks end, but who is hot may stall again. */
    stall(w, "c000", 3 * SEC);
    walk(w);
    stall(w, "", 5 * SEC);
    walk(w);
    assert_true(is_hot(w, "/c000"));
    w->watch->moved_us = 0;
    w->watch->wants_pressure = false;
    walk(w);
    assert_true(count_fds() > before + RL_WARM_MAX / 2);
    while (rl_watch_next_hot(w->watch, NULL))
        rl_hot_cool(w->watch, rl_watch_next_hot(w->watch, NULL));
    assert_true(count_fds() <= before);
}

static void events_lead_down_as_well(void **state)
{
    struct world *w = *state;

    w->wish.events = true;
    make(w, "a");
    make(w, "a/b");
    start(w);
    w->policy.n_triggers = 2;
    w->policy.triggers[1].n = 1;
    w->policy.triggers[1].lines[0] = (struct rl_line){
        .kind = RL_LINE_EVENTS, .counter = RL_COUNT_MAX, .window_us = SEC};
    assert_int_equal(rl_watch_open_gate(w->watch, &w->policy, 1), -EOPNOTSUPP);
    walk(w);
    stall(w, "", 1);
    hit(w, "a", 3);
    hit(w, "a/b", 3);
    stall(w, "", 900 * MS);
    walk(w);
    assert_true(is_hot(w, "/a/b"));
    assert_true(is_hot(w, "/a"));
}

/* Cgroups whose events count in all above them as well. */
struct heard {
    char name[16];
    int above;    /* index, -1: the root */
    unsigned max; /* of its memory.events */
};

enum { SLICES = 5, PODS = 4, HEARD = 1 + SLICES * (1 + PODS) };

static void make_heard(struct world *w, struct heard *all)
{
    int n = 0;

    all[n++] = (struct heard){.name = "t", .above = -1};
    for (int s = 0; s < SLICES; s++) {
        int slice = n;

        all[n].above = 0;
        snprintf(all[n++].name, sizeof(all[0].name), "t/%d", s);
        for (int p = 0; p < PODS; p++) {
            all[n].above = slice;
            snprintf(all[n++].name, sizeof(all[0].name), "t/%d/%d", s, p);
        }
    }
    for (int i = 0; i < HEARD; i++)
        make(w, all[i].name);
    start(w);
    w->policy.n_triggers = 2;
    w->policy.triggers[1].n = 1;
    w->policy.triggers[1].lines[0] = (struct rl_line){
        .kind = RL_LINE_EVENTS, .counter = RL_COUNT_MAX, .window_us = SEC};
    assert_int_equal(rl_watch_open_gate(w->watch, &w->policy, 1), -EOPNOTSUPP);
}

static void raise_events(struct world *w, struct heard *all, int who, unsigned by)
{
    for (int i = who; i >= 0; i = all[i].above) {
        all[i].max += by;
        hit(w, all[i].name, all[i].max);
    }
}

static struct rl_cgroup *cgroup_of(struct world *w, const struct heard *heard)
{
    char path[1 + sizeof(heard->name)] = "/";

    strcpy(path + 1, heard->name);
    return rl_tree_find(rl_watch_tree(w->watch), path);
}

/* Whoever is hot, becomes so or gives way: after a walk nobody's events are behind. If they were,
 * the sums of the next one would be wrong. */
static void nobody_whose_events_moved_is_passed_over(void **state)
{
    struct world *w = *state;
    struct heard all[HEARD] = {0};
    struct dice dice = {7};
    uint64_t at = 0;

    make_heard(w, all);
    for (int round = 0; round < 400; round++) {
        int favourite = (int)roll(&dice, HEARD);
        struct rl_hot *hot = rl_watch_next_hot(w->watch, NULL);

        if (roll(&dice, 3) == 0)
            rl_watch_heat(w->watch, cgroup_of(w, &all[favourite]));
        else if (hot && roll(&dice, 4) == 0)
            rl_hot_cool(w->watch, hot);
        w->cools = roll(&dice, 2);
        stall(w, "", at += 900 * MS);
        if (roll(&dice, 2))
            stall(w, all[roll(&dice, HEARD)].name, at);
        for (uint64_t n = roll(&dice, 3); n > 0; n--)
            raise_events(w, all, (int)roll(&dice, HEARD), 1 + (unsigned)roll(&dice, 2));
        if (roll(&dice, 2))
            raise_events(w, all, favourite, 1);
        walk(w);
        for (int i = 0; i < HEARD; i++)
            assert_int_equal(cgroup_of(w, &all[i])->seen.events, all[i].max);
    }
}

static void where_hot_ones_raised_all_events_nobody_else_is_read(void **state)
{
    enum { HOT = 8, COLD = 9, COLD_SLICE = 16, BELOW_IT = 17 };
    struct world *w = *state;
    struct heard all[HEARD] = {0};

    make_heard(w, all);
    assert_int_equal(all[HOT].above, all[COLD].above);
    assert_int_equal(all[COLD_SLICE].above, 0);
    w->wish.share = RL_WHOLE;
    w->wish.events = false;
    rl_watch_heat(w->watch, cgroup_of(w, &all[HOT]));
    stall(w, "", 900 * MS);
    raise_events(w, all, HOT, 3);
    /* Whoever reads these finds them, though nobody above has counted them. */
    hit(w, all[COLD].name, 1);
    hit(w, all[COLD_SLICE].name, 1);
    stall(w, all[COLD_SLICE].name, 900 * MS);
    hit(w, all[BELOW_IT].name, 1);
    walk(w);
    assert_int_equal(cgroup_of(w, &all[0])->seen.events, 3);
    assert_int_equal(cgroup_of(w, &all[HOT])->seen.events, 3);
    assert_int_equal(cgroup_of(w, &all[COLD])->seen.events, 0);
    assert_int_equal(cgroup_of(w, &all[COLD_SLICE])->seen.events, 0);
    assert_int_equal(cgroup_of(w, &all[BELOW_IT])->seen.events, 0);
    /* One more at the top than in those that are kept. */
    stall(w, "", 1800 * MS);
    raise_events(w, all, HOT, 2);
    hit(w, all[0].name, all[0].max + 1);
    walk(w);
    assert_int_equal(cgroup_of(w, &all[COLD_SLICE])->seen.events, 1);
    assert_int_equal(cgroup_of(w, &all[COLD])->seen.events, 0);
}

static void a_cgroup_without_pressure_is_looked_below(void **state)
{
    struct world *w = *state;
    char path[512];

    make(w, "a");
    make(w, "a/b");
    snprintf(path, sizeof(path), "%s/cg/a/memory.pressure", w->folder.path);
    assert_int_equal(unlink(path), 0);
    start(w);
    walk(w);
    stall(w, "", 900 * MS);
    stall(w, "a/b", 900 * MS);
    walk(w);
    assert_true(is_hot(w, "/a/b"));
    assert_false(is_hot(w, "/a"));
}

static void what_was_seen_before_counts(void **state)
{
    struct world *w = *state;
    const struct rl_hot *hot;

    make(w, "a");
    start(w);
    walk(w);
    stall(w, "", 800 * MS);
    stall(w, "a", 800 * MS);
    walk(w);
    hot = rl_tree_find(rl_watch_tree(w->watch), "/a")->hot;
    assert_non_null(hot);
    assert_int_equal(hot->history.n, 2);
    assert_int_equal(hot->history.points[1].count[RL_COUNT_SOME], 800 * MS);
    assert_int_equal(hot->history.points[0].count[RL_COUNT_SOME], 0);
    assert_int_equal(hot->history.points[0].count[RL_COUNT_FULL], 0);
    assert_true(hot->history.points[1].at_us - hot->history.points[0].at_us < 5 * SEC);
}

static void a_new_cgroup_is_known_from_its_birth(void **state)
{
    struct world *w = *state;
    const struct rl_hot *hot;

    make(w, "a");
    start(w);
    walk(w);
    make(w, "a/new");
    for (int i = 0; i < 50 && !rl_tree_find(rl_watch_tree(w->watch), "/a/new"); i++)
        assert_true(sd_event_run(w->event, 20 * MS) >= 0);
    stall(w, "", 300 * MS);
    stall(w, "a", 300 * MS);
    stall(w, "a/new", 300 * MS);
    walk(w);
    hot = rl_tree_find(rl_watch_tree(w->watch), "/a/new")->hot;
    assert_non_null(hot);
    assert_int_equal(hot->history.n, 2);
    assert_int_equal(hot->history.points[0].count[RL_COUNT_SOME], 0);
}

/* More than there is room for at first, and more than there may be. */
static void the_farthest_give_way(void **state)
{
    struct world *w = *state;
    char name[32];

    for (int i = 0; i < RL_HOT_MAX + 40; i++) {
        snprintf(name, sizeof(name), "c%03d", i);
        make(w, name);
    }
    start(w);
    walk(w);
    for (int round = 1; round <= 15; round++) {
        stall(w, "", 900 * MS * (uint64_t)round);
        for (int i = 0; i < RL_HOT_MAX + 40; i++) {
            snprintf(name, sizeof(name), "c%03d", i);
            stall(w, name, 900 * MS * (uint64_t)round);
        }
        /* What is looked at for the first time is next. */
        w->next_in_us = 50 * SEC + (uint64_t)round * SEC;
        walk(w);
        assert_true(rl_watch_stats(w->watch)->hot <= RL_HOT_MAX);
    }
    assert_int_equal(rl_watch_stats(w->watch)->hot, RL_HOT_MAX);
    assert_true(rl_watch_stats(w->watch)->evicted >= 40);
    for (size_t i = 0; i < RL_HOT_MAX; i++) {
        struct rl_hot *hot = rl_watch_next_hot(w->watch, NULL);

        assert_non_null(hot);
        assert_ptr_equal(hot->cgroup->hot, hot);
    }
}

static void machine(struct world *w, unsigned memory_kb, unsigned swap_kb)
{
    char text[256];

    snprintf(text, sizeof(text),
        "MemTotal: %u kB\nMemAvailable: 500 kB\nSwapTotal: %u kB\nSwapFree: %u kB\n", memory_kb,
        swap_kb, swap_kb);
    folder_write(&w->folder, "proc/meminfo", text);
}

/* What is told when nothing is urgent, on stderr; "" nothing. */
static const char *told(struct world *w)
{
    static char text[1024];
    int pipes[2];
    ssize_t n;

    assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
    rl_log_open_to(LOG_INFO, "/nonexistent", pipes[1]);
    for (int i = 0; i < 4; i++)
        assert_true(sd_event_run(w->event, 0) >= 0);
    rl_log_close();
    n = read(pipes[0], text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    close(pipes[0]);
    close(pipes[1]);
    return text;
}

/* Swap that is added counts at once for those that wait for it, and is told once. */
static void a_changed_machine_is_noticed(void **state)
{
    struct world *w = *state;
    size_t looked;

    make(w, "a");
    machine(w, 1 << 20, 0);
    start(w);
    stall(w, "", SEC);
    stall(w, "a", SEC);
    walk(w);
    assert_true(is_hot(w, "/a"));
    assert_string_equal(told(w), "");
    looked = w->looked;
    assert_false(rl_tree_find(rl_watch_tree(w->watch), "/a")->hot->room.has_swap);

    machine(w, 1 << 20, 1 << 18);
    rl_machine_look(w->watch);
    assert_int_equal(w->looked, looked + 1);
    assert_true(rl_tree_find(rl_watch_tree(w->watch), "/a")->hot->room.has_swap);
    assert_non_null(strstr(told(w), "the machine's swap has changed from 0 MiB to 256 MiB"));
    rl_machine_look(w->watch);
    assert_string_equal(told(w), "");

    /* A block of memory went, and then a balloon moved by little. */
    machine(w, (1 << 20) - (1 << 17), 1 << 18);
    assert_int_equal(
        rl_watch_node(w->watch, true)->mem_total, (uint64_t)((1 << 20) - (1 << 17)) << 10);
    assert_non_null(strstr(told(w), "the machine's memory has changed from 1024 MiB to 896 MiB"));
    machine(w, (1 << 20) - (1 << 17) + (1 << 12), 1 << 18);
    rl_watch_node(w->watch, true);
    assert_string_equal(told(w), "");

    /* Whoever looks for another reason sees it as well. */
    machine(w, (1 << 20) - (1 << 17), 0);
    rl_tree_find(rl_watch_tree(w->watch), "/a")->hot->next_us = 1;
    rl_hot_look_due(w->watch, rl_now_us());
    assert_non_null(strstr(told(w), "the machine's swap has changed from 256 MiB to 0 MiB"));
}

static void whoever_is_close_does_not_give_way(void **state)
{
    struct world *w = *state;
    char name[32];

    w->next_in_us = 500 * MS;
    for (int i = 0; i < RL_HOT_MAX + 10; i++) {
        snprintf(name, sizeof(name), "c%03d", i);
        make(w, name);
    }
    start(w);
    for (int round = 1; round <= 12; round++) {
        stall(w, "", 900 * MS * (uint64_t)round);
        for (int i = 0; i < RL_HOT_MAX + 10; i++) {
            snprintf(name, sizeof(name), "c%03d", i);
            stall(w, name, 900 * MS * (uint64_t)round);
        }
        walk(w);
    }
    assert_int_equal(rl_watch_stats(w->watch)->hot, RL_HOT_MAX);
    assert_int_equal(rl_watch_stats(w->watch)->evicted, 0);
    assert_true(rl_watch_stats(w->watch)->refused > 0);
}

static void the_farthest_one_goes_first(void **state)
{
    struct world *w = *state;
    struct rl_cgroup *far;
    uint64_t before;
    char name[32];

    for (int i = 0; i < RL_HOT_MAX + 1; i++) {
        snprintf(name, sizeof(name), "c%03d", i);
        make(w, name);
    }
    start(w);
    for (uint64_t round = 1; rl_watch_stats(w->watch)->hot < RL_HOT_MAX; round++) {
        stall(w, "", SEC * round);
        for (int i = 0; i < RL_HOT_MAX; i++) {
            snprintf(name, sizeof(name), "c%03d", i);
            stall(w, name, SEC * round);
        }
        walk(w);
        assert_true(round < 20);
    }
    far = rl_tree_find(rl_watch_tree(w->watch), "/c077");
    assert_non_null(far->hot);
    before = rl_watch_stats(w->watch)->evicted;
    far->hot->next_us += SEC;
    stall(w, "", 100 * SEC);
    snprintf(name, sizeof(name), "c%03d", RL_HOT_MAX);
    stall(w, name, 100 * SEC);
    walk(w);
    assert_true(is_hot(w, "/c128"));
    assert_int_equal(rl_watch_stats(w->watch)->evicted, before + 1);
    assert_null(far->hot);
}

static void each_cgroup_has_a_share_of_its_own(void **state)
{
    struct world *w = *state;

    make(w, "a");
    start(w);
    w->wish.share = 9900;
    wait_for_walk(w);
    stall(w, "", 100 * MS);
    stall(w, "a", 100 * MS);
    wait_for_walk(w);
    assert_true(w->asked > 0);
    assert_false(is_hot(w, "/a"));
}

/* Levels tell nobody when they move: where a policy has a trigger of them, any stall will do. */
static void levels_begin_to_be_looked_at_when_anything_moves(void **state)
{
    struct world *w = *state;

    w->wish.share = 0;
    make(w, "a");
    make(w, "a/b");
    start(w);
    w->policy.n_triggers = 2;
    w->policy.triggers[1].n = 1;
    w->policy.triggers[1].lines[0] = (struct rl_line){.kind = RL_LINE_USAGE, .share = 9000};
    assert_int_equal(rl_watch_open_gate(w->watch, &w->policy, 1), -EOPNOTSUPP);
    walk(w);
    stall(w, "", 50);
    stall(w, "a", 50);
    stall(w, "a/b", 50);
    walk(w);
    assert_true(is_hot(w, "/a/b"));
}

static void a_gone_cgroup_leaves_no_file_open(void **state)
{
    struct world *w = *state;
    char path[512];

    make(w, "a");
    make(w, "a/b");
    start(w);
    walk(w);
    stall(w, "", SEC);
    stall(w, "a", SEC);
    stall(w, "a/b", SEC);
    walk(w);
    assert_int_equal(rl_watch_stats(w->watch)->hot, 2);
    for (int i = 0; i < 2; i++) {
        snprintf(
            path, sizeof(path), "%s/cg/a/b/memory.%s", w->folder.path, i ? "events" : "pressure");
        assert_int_equal(unlink(path), 0);
    }
    snprintf(path, sizeof(path), "%s/cg/a/b", w->folder.path);
    assert_int_equal(rmdir(path), 0);
    for (int i = 0; i < 50 && rl_watch_stats(w->watch)->hot > 1; i++)
        assert_true(sd_event_run(w->event, 20 * MS) >= 0);
    assert_int_equal(rl_watch_stats(w->watch)->hot, 1);
    assert_non_null(rl_tree_find(rl_watch_tree(w->watch), "/a")->files);
    assert_int_equal(rl_tree_find(rl_watch_tree(w->watch), "/a")->files->users, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_stalls_becomes_hot_and_nobody_else),
        TEST(a_little_stall_is_not_worth_the_files),
        TEST(only_what_moved_is_looked_below),
        TEST(a_walk_ends_at_the_root_where_nobody_can_be_near),
        TEST(what_is_passed_again_and_again_stays_open),
        TEST(events_lead_down_as_well),
        TEST(nobody_whose_events_moved_is_passed_over),
        TEST(where_hot_ones_raised_all_events_nobody_else_is_read),
        TEST(a_cgroup_without_pressure_is_looked_below),
        TEST(what_was_seen_before_counts),
        TEST(a_new_cgroup_is_known_from_its_birth),
        TEST(the_farthest_give_way),
        TEST(whoever_is_close_does_not_give_way),
        TEST(the_farthest_one_goes_first),
        TEST(each_cgroup_has_a_share_of_its_own),
        TEST(levels_begin_to_be_looked_at_when_anything_moves),
        TEST(a_gone_cgroup_leaves_no_file_open),
        TEST(a_changed_machine_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
