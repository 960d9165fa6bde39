/* top, apart from the terminal: order, folding, filters, bars and sparklines, lines that fit, and
 * what the reader makes of a tree that changes. */
#include "tests/unit/unit.h"

#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/ctl/top-daemon.h"
#include "daemon/ctl/top-read.h"
#include "daemon/ctl/top-view.h"
#include "daemon/report/bus.h"
#include "policy/limits.h"
#include "tests/unit/folder.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define MIB       (UINT64_C(1) << 20)
#define GIB       (UINT64_C(1) << 30)

/* ---- a made-up tree ---- */

enum {
    ROOT,
    A,
    A_BUSY,
    A_QUIET,
    A_BUSY_DEEP,
    B,
    B_LARGE,
    B_TIGHT,
    C,
    ROWS,
};

static struct rl_top_row rows[ROWS];
static struct rl_top_model model;

static void put_row(size_t i, const char *name, size_t parent)
{
    rows[i] = (struct rl_top_row){.id = 100 + i,
        .name = (char *)(uintptr_t)name,
        .parent = parent,
        .depth = i == ROOT ? 0 : rows[parent].depth + 1,
        .known = true,
        .room_known = true,
        .stall_known = true,
        .headroom = GIB,
        .limit = RL_NO_LIMIT,
        .policy = "p"};
    for (size_t s = 0; s < RL_TOP_MINUTE; s++)
        rows[i].history[s] = RL_TOP_NEVER;
}

static int setup(void **state)
{
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    put_row(ROOT, "/", ROOT);
    put_row(A, "a", ROOT);
    put_row(A_BUSY, "busy", A);
    put_row(A_BUSY_DEEP, "deep", A_BUSY);
    put_row(A_QUIET, "quiet", A);
    /* Parents before children, depth first. */
    struct rl_top_row deep = rows[A_BUSY_DEEP];
    rows[A_BUSY_DEEP] = rows[A_QUIET];
    rows[A_QUIET] = deep;
    put_row(B, "b", ROOT);
    put_row(B_LARGE, "large", B);
    put_row(B_TIGHT, "tight", B);
    put_row(C, "c", ROOT);
    rows[A].some = 300;
    rows[A_BUSY].some = rows[A_QUIET].some = 250; /* the second is now "deep" */
    rows[B].used = rows[B_LARGE].used = GIB;
    rows[B_TIGHT].limit = 10 * MIB;
    rows[B_TIGHT].usage = 9000;
    rows[B_TIGHT].headroom = MIB;
    rl_top_model_free(&model);
    model = (struct rl_top_model){.rows = rows, .n = ROWS, .mem_total = 10 * GIB};
    return 0;
}

static int teardown(void **state)
{
    rl_top_model_free(&model);
    return 0;
}

/* The names that are to be seen, in order. */
static const char *seen(void)
{
    static char text[512];

    assert_int_equal(rl_top_arrange(&model), 0);
    *text = '\0';
    for (size_t i = 0; i < model.n_order; i++)
        strcat(strcat(text, i > 0 ? " " : ""), rows[model.order[i]].name);
    return text;
}

static void test_order(void **state)
{
    static const struct {
        enum rl_top_sort sort;
        bool flat, all;
        const char *names;
        size_t hidden;
    } cases[] = {
        {RL_TOP_BY_PRESSURE, false, false, "/ a busy deep b tight large", 2},
        {RL_TOP_BY_PRESSURE, false, true, "/ a busy deep quiet b tight large c", 0},
        {RL_TOP_BY_HEADROOM, false, false, "/ b tight large a busy deep", 2},
        {RL_TOP_BY_USED, false, false, "/ b large tight a busy deep", 2},
        {RL_TOP_BY_NAME, false, false, "/ a busy deep b large tight", 2},
        {RL_TOP_BY_NAME, true, false, "a b busy deep large tight", 2},
        {RL_TOP_BY_USED, true, true, "b large / a busy c deep quiet tight", 0},
        {RL_TOP_BY_PRESSURE, true, false, "a busy deep tight b large", 2},
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        model.sort = cases[i].sort;
        model.flat = cases[i].flat;
        model.show_idle = cases[i].all;
        assert_string_equal(seen(), cases[i].names);
        assert_int_equal(model.hidden, cases[i].hidden);
    }
}

static void test_idle(void **state)
{
    assert_true(rl_top_is_idle(&model, C));
    rows[C].history[3] = 0;
    assert_true(rl_top_is_idle(&model, C));
    rows[C].history[3] = 1;
    assert_false(rl_top_is_idle(&model, C));
    rows[C].history[3] = RL_TOP_NEVER;
    rows[C].hot = true;
    assert_false(rl_top_is_idle(&model, C));
    rows[C].hot = false;
    rows[C].incident = true;
    assert_false(rl_top_is_idle(&model, C));
    rows[C].incident = false;
    rows[C].frozen = true;
    assert_false(rl_top_is_idle(&model, C));
    rows[C].frozen = false;
    rows[C].used = model.mem_total / 100;
    assert_false(rl_top_is_idle(&model, C));
    rows[C].used--;
    assert_true(rl_top_is_idle(&model, C));
    rows[C].usage = 9000; /* of the machine, as of everybody */
    assert_true(rl_top_is_idle(&model, C));
    rows[C].limit = GIB;
    assert_false(rl_top_is_idle(&model, C));
}

static void test_fold(void **state)
{
    seen();
    assert_true(rl_top_has_children(&model, A));
    assert_false(rl_top_has_children(&model, B_LARGE));
    assert_int_equal(rl_top_toggle_fold(&model, rows[A].id), 0);
    assert_string_equal(seen(), "/ a b tight large");
    assert_true(rl_top_is_folded(&model, rows[A].id));
    assert_int_equal(rl_top_toggle_fold(&model, rows[B].id), 0);
    assert_string_equal(seen(), "/ a b");
    assert_int_equal(rl_top_toggle_fold(&model, rows[A].id), 0);
    assert_string_equal(seen(), "/ a busy deep b");
    assert_int_equal(rl_top_toggle_fold(&model, rows[ROOT].id), 0);
    assert_string_equal(seen(), "/");
    for (uint64_t id = 1000; id < 1100; id++)
        assert_int_equal(rl_top_toggle_fold(&model, id), 0);
    assert_int_equal(model.n_folded, 102);
}

static void test_filter(void **state)
{
    strcpy(model.filter, "quiet");
    assert_string_equal(seen(), "/ a quiet");
    assert_int_equal(model.hidden, 0);
    strcpy(model.filter, "/b/");
    assert_string_equal(seen(), "/ b tight large");
    strcpy(model.filter, "nothing");
    assert_string_equal(seen(), "/");
    model.flat = true;
    assert_string_equal(seen(), "");
    model.n = 0;
    assert_string_equal(seen(), "");
}

static void test_find(void **state)
{
    char path[32];

    seen();
    assert_string_equal(rl_top_path(&model, ROOT, path, sizeof(path)), "/");
    assert_string_equal(rl_top_path(&model, B_TIGHT, path, sizeof(path)), "/b/tight");
    assert_int_equal(rl_top_row_of(&model, rows[B].id), B);
    assert_int_equal(rl_top_row_of(&model, 1), RL_TOP_NOBODY);
    assert_int_equal(rl_top_place_of(&model, rows[A].id), 1);
    assert_int_equal(rl_top_place_of(&model, rows[C].id), RL_TOP_NOBODY);
    assert_int_equal(rl_top_worst(&model), A);
    rows[A_QUIET].some = 300; /* as much as those above it, but deepest */
    assert_int_equal(rl_top_worst(&model), A_QUIET);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].some = 0;
    assert_int_equal(rl_top_worst(&model), ROOT);
}

/* ---- pictures ---- */

static void test_spark(void **state)
{
    uint16_t history[RL_TOP_MINUTE];
    char text[256];

    for (size_t i = 0; i < RL_TOP_MINUTE; i++)
        history[i] = i < 10 ? RL_TOP_NEVER : 0;
    assert_string_equal(rl_top_spark(history, 6, false, text, sizeof(text)), " .....");
    history[12] = 1;
    history[25] = 150;
    history[29] = 20;
    history[39] = 1500;
    history[40] = 5000;
    history[59] = 10000;
    assert_string_equal(rl_top_spark(history, 6, false, text, sizeof(text)), " :-+#@");
    assert_string_equal(
        rl_top_spark(history, 6, true, text, sizeof(text)), " \u2582\u2583\u2585\u2587\u2588");
    assert_string_equal(rl_top_spark(history, 0, true, text, sizeof(text)), "");
    assert_int_equal(strlen(rl_top_spark(history, 60, false, text, sizeof(text))), 60);
    assert_int_equal(text[59], '@');
    /* More columns than seconds, and a buffer that is too small. */
    assert_int_equal(strlen(rl_top_spark(history, 90, false, text, sizeof(text))), 90);
    assert_int_equal(strlen(rl_top_spark(history, 60, true, text, 10)), 1 * 8 + 1);
}

static void test_bar(void **state)
{
    static const struct {
        uint64_t share;
        const char *ascii, *blocks;
    } cases[] = {
        {0, "    ", "    "},
        {1, "#   ", "\u258f   "},
        {2500, "#   ", "\u2588   "},
        {5000, "##  ", "\u2588\u2588  "},
        {6250, "### ", "\u2588\u2588\u258c "},
        {9999, "####", "\u2588\u2588\u2588\u2589"},
        {10000, "####", "\u2588\u2588\u2588\u2588"},
        {30000, "####", "\u2588\u2588\u2588\u2588"},
    };
    char text[64];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_string_equal(
            rl_top_bar(cases[i].share, 4, false, text, sizeof(text)), cases[i].ascii);
        assert_string_equal(
            rl_top_bar(cases[i].share, 4, true, text, sizeof(text)), cases[i].blocks);
    }
}

static void test_history(void **state)
{
    uint16_t history[RL_TOP_MINUTE];
    uint64_t newest = 1000;
    uint32_t mean;

    for (size_t i = 0; i < RL_TOP_MINUTE; i++)
        history[i] = RL_TOP_NEVER;
    assert_false(rl_top_history_mean(history, 10, &mean));
    rl_top_history_add(history, &newest, 1001, 500);
    assert_int_equal(history[RL_TOP_MINUTE - 1], 500);
    rl_top_history_add(history, &newest, 1001, 300);
    assert_int_equal(history[RL_TOP_MINUTE - 1], 500);
    rl_top_history_add(history, &newest, 1001, 700);
    assert_int_equal(history[RL_TOP_MINUTE - 1], 700);
    rl_top_history_add(history, &newest, 1010, 100);
    assert_int_equal(history[RL_TOP_MINUTE - 1], 100);
    assert_int_equal(history[RL_TOP_MINUTE - 9], 100);
    assert_int_equal(history[RL_TOP_MINUTE - 10], 700);
    assert_int_equal(history[RL_TOP_MINUTE - 11], RL_TOP_NEVER);
    assert_true(rl_top_history_mean(history, 10, &mean));
    assert_int_equal(mean, (9 * 100 + 700) / 10);
    assert_false(rl_top_history_mean(history, 11, &mean));
    rl_top_history_add(history, &newest, 5000, 42);
    for (size_t i = 0; i < RL_TOP_MINUTE; i++)
        assert_int_equal(history[i], 42);
    rl_top_history_add(history, &newest, 4000, 7); /* a clock that went back */
    assert_int_equal(newest, 5000);
}

/* ---- lines ---- */

static char drawn[1 << 16];
static size_t widest;

static void put(void *userdata, enum rl_style style, const char *text)
{
    strcat(drawn, text);
}

static void end(void *userdata)
{
    const char *line = strrchr(drawn, '\n');
    size_t width = rl_text_width(line ? line + 1 : drawn);

    widest = width > widest ? width : widest;
    strcat(drawn, "\n");
}

static const char *draw(const struct rl_top_frame *frame, size_t most)
{
    const struct rl_top_out out = {.put = put, .end = end};

    *drawn = '\0';
    widest = 0;
    assert_true(rl_top_draw_head(frame, most, &out) <= most);
    rl_top_draw_titles(frame, &out);
    for (size_t i = 0; i < frame->model->n_order; i++)
        rl_top_draw_row(frame, i, &out);
    rl_top_draw_selected(frame, &out);
    rl_top_draw_foot(frame, &out);
    return drawn;
}

/* Whatever the width, no line is longer, in either character set, and nothing hostile comes
 * through. */
static void test_widths(void **state)
{
    struct rl_signs signs = {.now = {.mem_total = 10 * GIB, .swap_total = GIB}};
    struct rl_top_daemon daemon = {.asked = true,
        .running = true,
        .version = "1",
        .n_incidents = 1,
        .incidents = {"/a/busy: policy p, trigger t, victim x[1] in /a/busy"}};
    struct rl_top_frame frame = {.model = &model,
        .signs = &signs,
        .daemon = &daemon,
        .clock = "12:00:00Z",
        .selected = 100 + A};

    rows[A].name =
        (char *)(uintptr_t) "\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587"
                            "\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587";
    rows[B].name = (char *)(uintptr_t) "evil\033[2J\nname";
    rows[A].victim_known = rows[B].victim_known = true;
    rows[A].victim_id = rows[A_BUSY].id;
    rows[A].victim_pid = 7;
    strcpy(rows[A].victim_comm, "\033[31mred\n");
    model.show_idle = true;
    seen();
    for (int utf8 = 0; utf8 < 2; utf8++) {
        frame.utf8 = utf8;
        for (size_t width = 1; width < 260; width++) {
            frame.width = width;
            draw(&frame, 8);
            assert_true(widest <= width);
            assert_null(strchr(drawn, '\033'));
            for (const char *c = drawn; *c && !utf8; c++)
                assert_true((unsigned char)*c < 128);
        }
    }
    model.flat = true;
    rows[B_TIGHT].name = (char *)(uintptr_t) "a-name-that-is-longer-than-its-column.scope";
    seen();
    frame.width = 60;
    draw(&frame, 8);
    assert_non_null(strstr(drawn, "\u2026"));
    assert_non_null(strstr(drawn, "-its-column.scope "));
    assert_true(widest <= 60);
    model.flat = false;
    seen();
    rows[B_TIGHT].name = (char *)(uintptr_t) "twenty-six-columns.service";
    frame.width = 80;
    assert_non_null(strstr(draw(&frame, 8), "    twenty-six-columns.service"));
    frame.width = 120;
    assert_non_null(strstr(draw(&frame, 8), "    twenty-six-columns.service"));
    frame.width = 0;
    assert_non_null(strstr(draw(&frame, 8), "evil\\x1b[2J\\x0aname"));
    assert_non_null(strstr(drawn, "1 incident"));
    assert_null(strstr(drawn, " \n"));
}

/* The more important lines come where there is little room. */
static void test_head(void **state)
{
    struct rl_signs signs = {.now = {.mem_total = 10 * GIB, .mem_available = 1}};
    struct rl_top_daemon daemon = {.asked = true};
    struct rl_top_frame frame = {.model = &model, .signs = &signs, .daemon = &daemon, .clock = ""};

    seen();
    assert_null(strstr(draw(&frame, 1), "Memory"));
    assert_non_null(strstr(drawn, "reliefd is not running"));
    assert_null(strstr(draw(&frame, 2), "Shortage"));
    assert_non_null(strstr(drawn, "Memory"));
    assert_non_null(strstr(draw(&frame, 3), "Shortage"));
    assert_null(strstr(drawn, "Rates"));
    assert_non_null(strstr(draw(&frame, 4), "Rates"));
}

/* Who would die is marked, in his own row. */
static void test_mark(void **state)
{
    struct rl_signs signs = {.now = {.mem_total = 10 * GIB, .mem_available = GIB}};
    struct rl_top_daemon daemon = {0};
    struct rl_top_frame frame = {
        .model = &model, .signs = &signs, .daemon = &daemon, .clock = "", .selected = 100 + ROOT};

    rows[ROOT].victim_known = rows[A].victim_known = true;
    rows[ROOT].victim_id = rows[B_TIGHT].id;
    rows[ROOT].victim_pid = 42;
    rows[ROOT].victim_score = 777;
    strcpy(rows[ROOT].victim_comm, "hog");
    rows[A].no_victim = "all are protected";
    rows[A_BUSY].hot = true;
    rows[B_LARGE].incident = true;
    seen();
    draw(&frame, 1);
    assert_non_null(strstr(drawn, "\nx     tight"));
    assert_non_null(strstr(drawn, "\n*     busy"));
    assert_non_null(strstr(drawn, "\n!     large"));
    assert_non_null(strstr(drawn, "777 hog[42]\n"));
    assert_non_null(
        strstr(drawn, "/ short now: p would take hog[42] with score 777 in /b/tight\n"));
    frame.selected = 100 + A;
    assert_non_null(strstr(draw(&frame, 1), "nobody (all are protected)\n"));
    assert_null(strstr(drawn, "\nx"));
    rows[A].policy = NULL;
    assert_non_null(strstr(draw(&frame, 1), "/a: no policy acts here\n"));
}

/* ---- the reader ---- */

static void put_cgroup(const struct folder *folder, const char *path, uint64_t used, uint64_t some)
{
    char name[256], text[256];

    snprintf(name, sizeof(name), "sys/fs/cgroup%s/cgroup.procs", path);
    folder_write(folder, name, "");
    snprintf(name, sizeof(name), "sys/fs/cgroup%s/memory.pressure", path);
    snprintf(text, sizeof(text),
        "some avg10=%s avg60=0.00 avg300=0.00 total=%llu\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
        some > 0 ? "1.50" : "0.00", (unsigned long long)some);
    folder_write(folder, name, text);
    if (!*path)
        return;
    snprintf(name, sizeof(name), "sys/fs/cgroup%s/memory.current", path);
    snprintf(text, sizeof(text), "%llu\n", (unsigned long long)used);
    folder_write(folder, name, text);
    snprintf(name, sizeof(name), "sys/fs/cgroup%s/memory.stat", path);
    folder_write(folder, name,
        "anon 0\nfile 0\nshmem 0\nslab_reclaimable 0\nworkingset_refault_anon 0\n"
        "workingset_restore_file 0\n");
    snprintf(name, sizeof(name), "sys/fs/cgroup%s/memory.max", path);
    folder_write(folder, name, "104857600\n");
}

static const struct rl_top_row *row_named(const struct rl_top_model *found, const char *name)
{
    for (size_t i = 0; i < found->n; i++)
        if (strcmp(found->rows[i].name, name) == 0)
            return &found->rows[i];
    return NULL;
}

static void test_reader(void **state)
{
    struct rl_args args = {0};
    struct rl_observer observer;
    struct rl_top_model found = {0};
    struct folder folder;

    folder_new(&folder);
    folder_write(&folder, "proc/meminfo",
        "MemTotal: 1024000 kB\nMemFree: 512000 kB\nMemAvailable: 512000 kB\nSwapTotal: 0 kB\n"
        "SwapFree: 0 kB\n");
    folder_write(&folder, "sys/fs/cgroup/cgroup.controllers", "memory\n");
    put_cgroup(&folder, "", 0, 0);
    put_cgroup(&folder, "/a", 50 * MIB, 0);
    put_cgroup(&folder, "/a/one", 40 * MIB, 0);
    put_cgroup(&folder, "/b", 99 * MIB, 5);
    args.common[RL_OPT_ROOT] = folder.path;
    assert_int_equal(rl_observer_open(&args, NULL, &observer), RL_EXIT_OK);
    struct rl_top_reader *reader = rl_top_reader_new(&observer);
    assert_non_null(reader);
    assert_int_equal(rl_top_reader_look(reader, NULL, 0, &found), 0);
    assert_int_equal(found.n, 4);
    assert_int_equal(found.mem_total, 1000 * MIB);
    assert_int_equal(row_named(&found, "one")->used, 40 * MIB);
    assert_int_equal(row_named(&found, "one")->headroom, 50 * MIB); /* left in /a */
    assert_int_equal(row_named(&found, "b")->share, 9900);
    assert_int_equal(row_named(&found, "b")->some, 150); /* the kernel's, at first */
    assert_int_equal(row_named(&found, "a")->some, 0);
    assert_int_equal(row_named(&found, "b")->history[RL_TOP_MINUTE - 1], RL_TOP_NEVER);

    /* Stall is looked for only below what moved. */
    put_cgroup(&folder, "/a/one", 40 * MIB, 1000000000);
    usleep(1100000);
    assert_int_equal(rl_top_reader_look(reader, NULL, 0, &found), 0);
    assert_int_equal(row_named(&found, "one")->history[RL_TOP_MINUTE - 1], 0);
    put_cgroup(&folder, "/a", 50 * MIB, 1000000000);
    put_cgroup(&folder, "", 0, 1000000000);
    put_cgroup(&folder, "/a/one", 45 * MIB, 2000000000);
    put_cgroup(&folder, "/new", 1 * MIB, 0);
    usleep(1100000);
    rl_look_run(observer.look, 400000); /* the tree takes its time to see it */
    assert_int_equal(rl_top_reader_look(reader, NULL, 0, &found), 0);
    assert_int_equal(row_named(&found, "one")->history[RL_TOP_MINUTE - 1], 10000);
    assert_int_equal(row_named(&found, "one")->used, 45 * MIB);
    assert_int_equal(row_named(&found, "b")->history[RL_TOP_MINUTE - 1], 0);
    assert_non_null(row_named(&found, "new"));
    assert_int_equal(found.n, 5);

    /* Many more: what is known of the others is kept. */
    for (int i = 0; i < 300; i++) {
        char path[64];

        snprintf(path, sizeof(path), "/c%d", i);
        put_cgroup(&folder, path, 1 * MIB, 0);
    }
    rl_look_run(observer.look, 400000);
    assert_int_equal(rl_top_reader_look(reader, NULL, 0, &found), 0);
    assert_int_equal(found.n, 305);
    bool stalled = false;
    for (size_t i = 0; i < RL_TOP_MINUTE; i++)
        stalled |= row_named(&found, "one")->history[i] == 10000;
    assert_true(stalled);

    /* Who does nothing and is not on the screen is read in turn. */
    put_cgroup(&folder, "/b", 10 * MIB, 5);
    for (int i = 0; i < 6; i++)
        assert_int_equal(rl_top_reader_look(reader, NULL, 0, &found), 0);
    assert_int_equal(row_named(&found, "b")->used, 10 * MIB);
    rl_top_reader_free(reader);
    rl_observer_close(&observer);
    folder_free(&folder);
}

/* A trigger that holds: whoever looks opens no incident, neither acts nor writes. */
static void test_look_only(void **state)
{
    struct rl_look_options options = {0};
    struct rl_probe probe;
    struct rl_look *look;
    struct folder folder;
    const char *dirs[2] = {NULL}, *error;
    char policies[128], state_dir[128];

    folder_new(&folder);
    snprintf(policies, sizeof(policies), "%s/policy.d", folder.path);
    snprintf(state_dir, sizeof(state_dir), "%s/state", folder.path);
    folder_write(&folder, "policy.d/postgresql.service.conf",
        "[Trigger t]\nUsage=10%\n[Relief]\nStep=kill\n");
    dirs[0] = policies;
    options = (struct rl_look_options){
        .probe = &probe, .policy_dirs = dirs, .settings_dirs = dirs + 1, .state_dir = state_dir};
    struct rl_roots roots = {.proc = RL_SOURCE_ROOT "/tests/fixtures/node-pressed/proc",
        .cgroup = RL_SOURCE_ROOT "/tests/fixtures/node-pressed/sys/fs/cgroup"};
    assert_int_equal(rl_probe_run(&roots, &probe), 0);
    assert_int_equal(rl_look_new(&options, &look), 0);
    char *text = rl_look_explain(look, "/system.slice/postgresql.service", &error);
    assert_non_null(text);
    free(text);
    assert_int_equal(rl_look_run(look, 1500000), 0);
    text = rl_look_explain(look, "/system.slice/postgresql.service", &error);
    assert_non_null(strstr(text, "\"holds\":true"));
    free(text);
    rl_look_free(look);
    rl_probe_close(&probe);
    assert_int_equal(access(state_dir, F_OK), -1);
    folder_free(&folder);
}

/* ---- with a reliefd ---- */

static char *say_status(void *userdata, const char **ret_error)
{
    return strdup("{\"version\":\"9\",\"dry_run\":true,\"degraded\":[{}],\"hot\":["
                  "{\"cgroup\":\"/system.slice\",\"policy\":\"default\"},"
                  "{\"cgroup\":\"/user.slice\",\"policy\":\"people\"},"
                  "{\"cgroup\":\"/kubepods.slice\",\"policy\":null},{\"cgroup\":\"/gone\"}],"
                  "\"open_incidents\":[{\"offender\":\"/system.slice/postgresql.service\","
                  "\"policy\":{\"name\":\"default\"},\"trigger\":{\"name\":\"stall\"},"
                  "\"victim\":{\"scope\":\"process\",\"comm\":\"a\\u001b[31m\",\"pid\":7,"
                  "\"cgroup\":\"/x\"}}]}");
}

static pid_t serve(const char *path)
{
    const struct rl_bus_api api = {.status = say_status};
    struct rl_bus *bus;
    sd_event *event;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    if (sd_event_new(&event) < 0 || rl_bus_new(event, path, &api, &bus) < 0)
        _exit(1);
    alarm(60);
    sd_event_loop(event);
    _exit(0);
}

/* What reliefd says is marked; where it has another policy than we, it is right. */
static void test_daemon(void **state)
{
    struct rl_args args = {0};
    struct rl_observer observer;
    struct rl_top_model found = {0};
    struct rl_top_daemon daemon;
    struct rl_top_asker *asker;
    struct folder folder;
    char path[128];

    folder_new(&folder);
    snprintf(path, sizeof(path), "%s/bus", folder.path);
    args.common[RL_OPT_ROOT] = RL_SOURCE_ROOT "/tests/fixtures/node-pressed";
    args.common[RL_OPT_RUNTIME_DIR] = folder.path;
    assert_int_equal(rl_observer_open(&args, NULL, &observer), RL_EXIT_OK);
    struct rl_top_reader *reader = rl_top_reader_new(&observer);
    assert_int_equal(rl_top_reader_look(reader, NULL, 0, &found), 0);

    /* Nobody there, and that is no news. */
    asker = rl_top_asker_new(&args);
    rl_top_ask(asker, rl_look_tree(observer.look), &found, &daemon);
    assert_true(daemon.asked);
    assert_false(daemon.running);
    rl_top_asker_free(asker);

    pid_t pid = serve(path);
    for (int i = 0; i < 100 && access(path, F_OK) < 0; i++)
        usleep(50000);
    asker = rl_top_asker_new(&args);
    rl_top_ask(asker, rl_look_tree(observer.look), &found, &daemon);
    assert_true(daemon.running && daemon.dry_run);
    assert_string_equal(daemon.version, "9");
    assert_int_equal(daemon.hot, 4);
    assert_int_equal(daemon.n_incidents, 1);
    assert_string_equal(daemon.incidents[0],
        "/system.slice/postgresql.service: policy default, trigger stall, victim a\\x1b[31m[7] in "
        "/x");
    assert_true(row_named(&found, "system.slice")->hot);
    assert_false(row_named(&found, "system.slice")->elsewhere);
    assert_true(row_named(&found, "user.slice")->elsewhere);
    assert_string_equal(row_named(&found, "user.slice")->policy, "people");
    assert_true(row_named(&found, "kubepods.slice")->elsewhere);
    assert_null(row_named(&found, "kubepods.slice")->policy);
    assert_true(row_named(&found, "postgresql.service")->incident);
    assert_false(row_named(&found, "postgresql.service")->hot);
    assert_false(row_named(&found, "backup.service")->hot);

    /* It goes: nothing hangs, and the next answer says so. */
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    usleep(2100000);
    rl_top_ask(asker, rl_look_tree(observer.look), &found, &daemon);
    assert_false(daemon.running);
    pid = serve(path);
    usleep(2100000);
    for (int i = 0; i < 100 && access(path, F_OK) < 0; i++)
        usleep(50000);
    rl_top_ask(asker, rl_look_tree(observer.look), &found, &daemon);
    assert_true(daemon.running);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    rl_top_asker_free(asker);
    rl_top_reader_free(reader);
    rl_observer_close(&observer);
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fold, setup, teardown),
        cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find, setup, teardown),
        cmocka_unit_test(test_spark),
        cmocka_unit_test(test_bar),
        cmocka_unit_test(test_history),
        cmocka_unit_test_setup_teardown(test_widths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_head, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mark, setup, teardown),
        cmocka_unit_test(test_reader),
        cmocka_unit_test(test_look_only),
        cmocka_unit_test(test_daemon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
