/* Hooks: what they are given, what they may do, and how they end. */
#include "tests/unit/unit.h"

#include "tests/unit/hooks.h"

static void test_ends(void **state)
{
    static const struct {
        const char *script;
        enum rl_hook_outcome outcome;
        int status;
        const char *why, *log;
    } rows[] = {
        {"exit 0", RL_HOOK_GO_ON, 0, "", ""},
        {"exit 10", RL_HOOK_VETO, 10, "", "hook protects the victim"},
        {"exit 1", RL_HOOK_FAILED, 1, "exit status 1", "hook failed: exit status 1"},
        {"exit 9", RL_HOOK_FAILED, 9, "exit status 9", "hook failed: exit status 9"},
        {"exit 255", RL_HOOK_FAILED, 255, "exit status 255", "exit status 255"},
        {"kill -TERM $$", RL_HOOK_FAILED, -1, "it died of signal 15 (SIGTERM)", "SIGTERM"},
        {"kill -KILL $$", RL_HOOK_FAILED, -1, "it died of signal 9 (SIGKILL)", "SIGKILL"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *world = *state;
        struct end end;

        assert_int_equal(ftruncate(world->log_fd, 0), 0);
        assert_int_equal(run_script(world, rows[i].script, &end), rows[i].outcome);
        assert_int_equal(end.result.status, rows[i].status);
        assert_string_equal(end.why, rows[i].why);
        assert_non_null(strstr(log_of(world), rows[i].log));
        assert_int_equal(log_of(world)[0] == '\0', rows[i].log[0] == '\0');
    }
}

/* All that the hook can see of where it comes from. */
static void test_clean(void **state)
{
    struct world *world = *state;
    const char *args[] = {"one", "two words", "", NULL};
    const char *environment[] = {"RELIEFD_INCIDENT=i1", "RELIEFD_REASON=a = b\n\"c\"", NULL};
    char text[2048], expected[64];
    struct rl_hook_order order;
    struct end end;

    snprintf(text, sizeof(text),
        "readlink /proc/$$/cwd >%s/cwd; cd %s\n"
        "printf '%%s|' \"$@\" >args\n"
        "tr '\\0' '|' </proc/$$/environ >environ\n"
        "cat /proc/$$/oom_score_adj >adj\n"
        "umask >umask\n"
        "cut -d' ' -f5,6,19 /proc/$$/stat >ids; echo $$ >pid\n"
        "ulimit -n >nofile\n"
        "cat >input\n",
        world->folder.path, world->folder.path);
    order = order_of(script(world, "hook", text));
    order.args = args;
    order.environment = environment;
    order.input = "{\"id\":1}";
    order.input_size = 8;
    assert_int_equal(run_order(world, &order, &end), RL_HOOK_GO_ON);

    assert_string_equal(text_of(world, "args"), "one|two words||");
    assert_string_equal(text_of(world, "environ"),
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|LANG=C.UTF-8|"
        "RELIEFD_INCIDENT=i1|RELIEFD_REASON=a = b\n\"c\"|");
    assert_string_equal(text_of(world, "cwd"), "/\n");
    assert_string_equal(text_of(world, "umask"), "0077\n");
    assert_string_equal(text_of(world, "input"), "{\"id\":1}");
    assert_true(atoi(text_of(world, "adj")) >= 0);
    snprintf(expected, sizeof(expected), "%d %d 0\n", (int)pid_in(world, "pid"),
        (int)pid_in(world, "pid"));
    assert_string_equal(text_of(world, "ids"), expected);
    assert_true(atoi(text_of(world, "nofile")) <= 1024);
}

/* Seen by others than a shell, which has descriptors of its own and blocks signals at times. */
static void test_inherits_nothing(void **state)
{
    struct world *world = *state;
    const char *list[] = {"/proc/self/fd", NULL};
    const char *signals[] = {"-E", "^Sig(Blk|Ign)", "/proc/self/status", NULL};
    struct rl_hook_order order = order_of("/bin/ls");
    struct end end;

    order.args = list;
    assert_int_equal(run_order(world, &order, &end), RL_HOOK_GO_ON);
    assert_int_equal(count(log_of(world), "/bin/ls says: "), 4); /* 3 is the folder it reads */
    assert_null(strstr(log_of(world), "says: 4"));
    order = order_of("/bin/grep");
    order.args = signals;
    assert_int_equal(run_order(world, &order, &end), RL_HOOK_GO_ON);
    assert_int_equal(count(log_of(world), ":\\x090000000000000000\n"), 2);
}

static void test_input(void **state)
{
    struct world *world = *state;
    static char big[RL_HOOK_INPUT_MAX + 1];
    struct rl_hook_order order;
    struct end end;
    char text[256];

    memset(big, 'x', sizeof(big));
    snprintf(text, sizeof(text), "wc -c >%s/size", world->folder.path);
    order = order_of(script(world, "hook", text));
    order.input = big;
    order.input_size = RL_HOOK_INPUT_MAX;
    assert_int_equal(run_order(world, &order, &end), RL_HOOK_GO_ON);
    assert_int_equal(atoi(text_of(world, "size")), RL_HOOK_INPUT_MAX);
    order.input_size++;
    assert_int_equal(rl_hook_run(world->hooks, &order, on_end, &end, NULL), -E2BIG);

    /* One that never reads. */
    order = order_of(script(world, "hook", "exit 10"));
    order.input = big;
    order.input_size = RL_HOOK_INPUT_MAX;
    assert_int_equal(run_order(world, &order, &end), RL_HOOK_VETO);
}

static void test_output(void **state)
{
    struct world *world = *state;
    struct end end;
    char line[RL_HOOK_LINE_MAX + 1];

    assert_int_equal(run_script(world,
                         "echo out; echo err >&2; printf '\\n\\033[1mbold\\000nul\\nno end'", &end),
        RL_HOOK_GO_ON);
    assert_non_null(strstr(log_of(world), "hook says: out\n"));
    assert_non_null(strstr(log_of(world), "hook says: err\n"));
    assert_non_null(strstr(log_of(world), "says: \\x1b[1mbold?nul\n"));
    assert_non_null(strstr(log_of(world), "hook says: no end\n"));
    assert_int_equal(count(log_of(world), "says"), 4);

    /* A megabyte of lines, and one in a single line. */
    assert_int_equal(ftruncate(world->log_fd, 0), 0);
    assert_int_equal(
        run_script(world, "yes 0123456 | head -c 1048576; exit 10", &end), RL_HOOK_VETO);
    assert_int_equal(count(log_of(world), "says: 0123456\n"), RL_HOOK_LINES_MAX);
    assert_non_null(strstr(log_of(world), "says 131040 lines more"));

    assert_int_equal(ftruncate(world->log_fd, 0), 0);
    assert_int_equal(
        run_script(world, "head -c 1048576 /dev/zero | tr '\\000' y; exit 10", &end), RL_HOOK_VETO);
    memset(line, 'y', RL_HOOK_LINE_MAX);
    line[RL_HOOK_LINE_MAX] = '\0';
    assert_int_equal(count(log_of(world), line), 1);
    assert_int_equal(count(log_of(world), "yy"), RL_HOOK_LINE_MAX / 2);
}

/* Refused, or not to be executed: never run. */
static void test_bad_files(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *name;
        mode_t mode;
        const char *why;
    } rows[] = {
        {"hook", 0775, "may be written by its group (mode 0775)"},
        {"hook", 0757, "may be written by everybody (mode 0757)"},
        {"hook", 0644, "it cannot be run: Permission denied"},
        {"missing", 0, "it cannot be run: No such file or directory"},
        {"", 0, "it cannot be run: Permission denied"}, /* the folder itself */
    };
    struct rl_hook_order order;
    struct end end;
    char path[128], text[256];

    snprintf(text, sizeof(text), "echo yes >%s/ran", world->folder.path);
    script(world, "hook", text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", world->folder.path, rows[i].name);
        order = order_of(path);
        if (rows[i].mode)
            assert_int_equal(chmod(path, rows[i].mode), 0);
        assert_int_equal(run_order(world, &order, &end), RL_HOOK_FAILED);
        assert_non_null(strstr(end.why, rows[i].why));
        assert_int_equal(end.result.status, -1);
    }
    assert_int_equal(fchmodat(world->folder.fd, "hook", 0755, 0), 0);

    /* A folder on the way. */
    script(world, "open/hook", text);
    assert_int_equal(fchmodat(world->folder.fd, "open", 0777, 0), 0);
    snprintf(path, sizeof(path), "%s/open/hook", world->folder.path);
    order = order_of(path);
    assert_int_equal(run_order(world, &order, &end), RL_HOOK_FAILED);
    assert_non_null(strstr(end.why, "refused: "));
    assert_non_null(strstr(end.why, "/open may be written by everybody"));

    if (geteuid() == 0) {
        assert_int_equal(fchownat(world->folder.fd, "hook", 65534, 0, 0), 0);
        snprintf(path, sizeof(path), "%s/hook", world->folder.path);
        assert_int_equal(run_order(world, &order, &end), RL_HOOK_FAILED);
        assert_non_null(strstr(end.why, "belongs to uid 65534"));
        /* Nor does it run until the daemon has heard of it. */
        start(world, &order, &end);
        usleep(300000);
        assert_true(run_until(world->event, &end.over));
    }
    assert_string_equal(text_of(world, "ran"), "");
}

static void test_bad_orders(void **state)
{
    struct world *world = *state;
    const char *many[RL_HOOK_ARGS_MAX + 2] = {NULL}, *foreign[] = {"PATH=/tmp", NULL};
    const char *no_value[] = {"RELIEFD_X", NULL}, *own[RL_HOOK_ARGS_MAX + 2] = {NULL};
    static char big[40000];
    const char *one_big[] = {big, NULL};
    struct rl_hook_order order = order_of(script(world, "hook", "exit 0")), bad;
    struct end end = {0};
    const char *path = order.path;

    memset(big, 'x', sizeof(big) - 1);
    for (size_t i = 0; i <= RL_HOOK_ARGS_MAX; i++)
        many[i] = "x", own[i] = "RELIEFD_X=1";
    struct rl_hook_order rows[] = {
        {.path = "bin/true", .limit_us = 1},
        {.path = "", .limit_us = 1},
        {.path = path},
        {.path = path, .limit_us = RL_HOOK_LIMIT_MAX_US + 1},
        {.path = path, .limit_us = 1, .environment = foreign},
        {.path = path, .limit_us = 1, .environment = no_value},
        {.path = path, .limit_us = 1, .args = many},
        {.path = path, .limit_us = 1, .environment = own},
        {.path = path, .limit_us = 1, .args = one_big},
        {.path = big, .limit_us = 1},
    };
    big[0] = '/';
    size_t fds = count_fds();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bad = rows[i];
        assert_int_equal(
            rl_hook_run(world->hooks, &bad, on_end, &end, NULL), i < 6 ? -EINVAL : -E2BIG);
    }
    assert_int_equal(count_fds(), fds);
    run_idle(world->event);
    assert_int_equal(end.calls, 0);

    /* One less of each is right. */
    many[RL_HOOK_ARGS_MAX] = own[RL_HOOK_ARGS_MAX] = NULL;
    order.args = many;
    order.environment = own;
    order.limit_us = RL_HOOK_LIMIT_MAX_US;
    assert_int_equal(run_order(world, &order, &end), RL_HOOK_GO_ON);
}

/* On a slow machine the family has not come together when the limit is over. Return: whether to try
 * again with more time. */
static bool too_short(const struct world *world, uint64_t *limit_us)
{
    if (*text_of(world, "self") || *limit_us > LONG_US / 2)
        return false;
    unlinkat(world->folder.fd, "near", 0);
    unlinkat(world->folder.fd, "far", 0);
    *limit_us = 4 * *limit_us - 500000;
    return true;
}

static void test_limit(void **state)
{
    struct world *world = *state;
    struct rl_hook_order order = order_of(
        script(world, "hook", family(world, "while :; do sleep 1; done")));
    struct end end;
    char said[64];

    order.limit_us = 1500000;
    do {
        snprintf(said, sizeof(said), "did not end within %llums and was killed",
            (unsigned long long)order.limit_us / 1000);
        assert_int_equal(run_order(world, &order, &end), RL_HOOK_TIME_UP);
        assert_true(end.result.took_us >= order.limit_us);
        assert_int_equal(end.result.status, -1);
        assert_non_null(strstr(log_of(world), said));
    } while (too_short(world, &order.limit_us));
    assert_family_dies(world);
}

/* A daemon that hangs does not give the hook more time. */
static void test_limit_without_daemon(void **state)
{
    struct world *world = *state;
    struct rl_hook_order order = order_of(
        script(world, "hook", family(world, "while :; do sleep 1; done")));
    struct end end;

    order.limit_us = 1500000;
    do {
        start(world, &order, &end);
        if (pid_in(world, "self") > 1)
            assert_family_dies(world);
        assert_true(run_until(world->event, &end.over));
        assert_int_equal(end.result.outcome, RL_HOOK_TIME_UP);
    } while (too_short(world, &order.limit_us));
    assert_family_dies(world);
}

/* What a hook leaves behind does not stay. */
static void test_leftovers(void **state)
{
    struct world *world = *state;
    struct end end;

    assert_int_equal(run_script(world, family(world, "exit 10"), &end), RL_HOOK_VETO);
    assert_family_dies(world);
}

static void test_cancel(void **state)
{
    struct world *world = *state;
    struct rl_hook_order order = order_of(
        script(world, "hook", family(world, "while :; do sleep 1; done")));
    struct end end;
    struct rl_hook_run *run = start(world, &order, &end);

    pid_in(world, "self");
    assert_null(rl_hook_cancel(run));
    assert_family_dies(world);
    run_idle(world->event);
    assert_int_equal(end.calls, 0);
    assert_null(rl_hook_cancel(NULL));
}

static void test_several(void **state)
{
    struct world *world = *state;
    struct end ends[RL_HOOKS_MAX];
    struct rl_hook_order orders[RL_HOOKS_MAX], more;
    char paths[RL_HOOKS_MAX][128], name[16], text[256];
    size_t fds;

    run_script(world, "exit 0", &ends[0]); /* the event loop has its timer, then */
    fds = count_fds();
    for (int i = 0; i < RL_HOOKS_MAX; i++) {
        snprintf(name, sizeof(name), "hook%d", i);
        snprintf(text, sizeof(text), "while ! [ -e %s/go ]; do sleep 0.01; done; exit %d",
            world->folder.path, i + 20);
        strcpy(paths[i], script(world, name, text));
        orders[i] = order_of(paths[i]);
        start(world, &orders[i], &ends[i]);
    }
    more = orders[0];
    assert_int_equal(rl_hook_run(world->hooks, &more, on_end, NULL, NULL), -EBUSY);
    folder_write(&world->folder, "go", "");
    for (int i = 0; i < RL_HOOKS_MAX; i++) {
        assert_true(run_until(world->event, &ends[i].over));
        assert_int_equal(ends[i].result.status, i + 20);
    }
    assert_int_equal(count_fds(), fds);
    start(world, &more, &ends[0]);
    assert_true(run_until(world->event, &ends[0].over));
}

/* From within done the next one is ordered, in the place that has become free. */
struct chain {
    struct world *world;
    struct rl_hook_order order;
    unsigned left;
    bool over;
};

static void on_chain(void *userdata, const struct rl_hook_result *result)
{
    struct chain *chain = userdata;

    assert_int_equal(result->outcome, RL_HOOK_GO_ON);
    chain->over = --chain->left == 0;
    if (!chain->over)
        assert_int_equal(rl_hook_run(chain->world->hooks, &chain->order, on_chain, chain, NULL), 0);
}

static void test_chain(void **state)
{
    struct chain chain = {.world = *state, .left = 2 * RL_HOOKS_MAX};
    struct rl_hook_order others = order_of(script(chain.world, "others", "sleep 600"));
    struct end ends[RL_HOOKS_MAX - 1];

    for (int i = 0; i < RL_HOOKS_MAX - 1; i++)
        start(chain.world, &others, &ends[i]);
    chain.order = order_of(script(chain.world, "hook", "exit 0"));
    assert_int_equal(rl_hook_run(chain.world->hooks, &chain.order, on_chain, &chain, NULL), 0);
    assert_true(run_until(chain.world->event, &chain.over));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_ends),
        WORLD(test_clean),
        WORLD(test_inherits_nothing),
        WORLD(test_input),
        WORLD(test_output),
        WORLD(test_bad_files),
        WORLD(test_bad_orders),
        WORLD(test_limit),
        WORLD(test_limit_without_daemon),
        WORLD(test_leftovers),
        WORLD(test_cancel),
        WORLD(test_several),
        WORLD(test_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
