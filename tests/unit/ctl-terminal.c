/* What differs on a terminal: tables that fit its width, and screens that are drawn anew. */
#include "tests/unit/unit.h"

#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/pager.h"

#define TREE RL_SOURCE_ROOT "/tests/fixtures/node-numa"

static char said[1 << 20];

/* All that fn prints on a terminal of so many columns and lines, without carriage returns. */
static const char *on_terminal(
    unsigned short columns, unsigned short lines, void (*fn)(const char *data), const char *data)
{
    struct winsize size = {.ws_col = columns, .ws_row = lines};
    int master;
    size_t n = 0;

    fflush(stdout);
    pid_t pid = forkpty(&master, NULL, NULL, &size);
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("TERM", "xterm", 1);
        setenv("NO_COLOR", "1", 1);
        fn(data);
        fflush(stdout);
        _exit(0);
    }
    for (ssize_t got; n + 1 < sizeof(said) && (got = read(master, said + n, 1)) > 0;)
        n += said[n] != '\r';
    said[n] = '\0';
    close(master);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return said;
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;

    for (const char *end; (end = strchr(text, '\n')); text = end + 1)
        longest = (size_t)(end - text) > longest ? (size_t)(end - text) : longest;
    return longest;
}

static void print_table(const char *data)
{
    static const struct rl_column columns[] = {
        {"A", RL_COLUMN_LEFT},
        {"FIRST", RL_COLUMN_RIGHT},
        {"PATH", RL_COLUMN_PATH},
        {"SECOND", RL_COLUMN_LEFT},
        {"THIRD", RL_COLUMN_LEFT},
    };
    static const size_t spare[] = {1, 4, 3};
    struct rl_table *table = rl_table_new(columns, 5);

    rl_table_spare(table, spare, 3);
    rl_table_row(table, RL_STYLE_PLAIN);
    rl_table_cell(table, "a");
    rl_table_cell(table, "1234567890");
    rl_table_cell(table, "/one/two/three/four/five");
    rl_table_cell(table, "1234567890");
    rl_table_cell(table, "1234567890");
    rl_table_end(table, 0);
}

/* Paths are cut first, down to 16 columns; then columns go in their order. */
static void test_widths(void **state)
{
    static const struct {
        unsigned short columns;
        const char *line;
    } rows[] = {
        {80, "a  1234567890  /one/two/three/four/five  1234567890  1234567890\n"},
        {63, "a  1234567890  /one/two/three/four/five  1234567890  1234567890\n"},
        {62, "a  1234567890  <ne/two/three/four/five  1234567890  1234567890\n"},
        {55, "a  1234567890  <three/four/five  1234567890  1234567890\n"},
        {54, "a  /one/two/three/four/five  1234567890  1234567890\n"},
        {43, "a  <three/four/five  1234567890  1234567890\n"},
        {42, "a  /one/two/three/four/five  1234567890\n"}, {30, "a  /one/two/three/four/five\n"},
        {27, "a  /one/two/three/four/five\n"}, {20, "a  </three/four/five\n"},
        {10, "a  <three/four/five\n"}, /* no narrower than that */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *text = on_terminal(rows[i].columns, 24, print_table, NULL);
        const char *line = strchr(text, '\n');

        assert_non_null(line);
        assert_string_equal(line + 1, rows[i].line);
    }
}

static void run(const char *data)
{
    static char copy[512];
    char *argv[16], *rest = copy;
    const struct rl_command *command = NULL;
    struct rl_args args;
    int argc = 0;

    snprintf(copy, sizeof(copy), "reliefctl scores --no-pager --root %s %s", TREE, data);
    for (char *word; argc < 15 && (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    if (rl_args_parse(argc, argv, &command, &args) == 0)
        command->run(&args);
}

static void test_scores(void **state)
{
    static const char *const options[] = {
        "--system", "--system --model linux", "--cgroup /user.slice --model linux"};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const char *text = on_terminal(80, 24, run, options[i]);

        assert_true(longest_line(text) <= 80);
        assert_non_null(strstr(text, "SCORE"));
        assert_non_null(strstr(text, "All against 4.88G"));
    }
}

/* The pager's name, then the words of the command. */
static void page(const char *data)
{
    const char *words = strrchr(data, '|') + 1;
    char name[64];
    struct rl_args args = {0};

    snprintf(name, sizeof(name), "%.*s", (int)(words - data - 1), data);
    setenv("PAGER", name, 1);
    unsetenv("NO_COLOR");
    if (*words)
        args.common[RL_OPT_NO_PAGER] = "";
    rl_pager_open(&args);
    rl_pager_open(&args); /* once is enough */
    rl_print(RL_STYLE_BOLD, "bold\n");
    print_table(NULL);
    for (int i = 0; i < 20000; i++)
        puts("a line that fills the pipe to the pager");
    fflush(stdout);
    fprintf(stderr, "to stderr\n");
    bool paged = rl_pager_close();
    printf("after: %s\n", paged ? "paged" : "direct");
    assert_false(rl_pager_close());
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;

    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

static void test_pager(void **state)
{
    static const struct {
        const char *data;
        size_t lines; /* that went through it; 0: there is none */
    } rows[] = {
        {"sed -n '1,6s/^/P:/p;/stderr/s/^/P:/p'|", 6}, /* two of them are those of the table */
        {"head -n 2 | sed 's/^/P:/'|", 2},             /* it is left early */
        {"/nonexistent/pager|", 0},                    /* the shell says so */
        {"cat|", 0},
        {"|", 0},
        {"sed s/^/P:/|--no-pager", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *text = on_terminal(40, 24, page, rows[i].data);
        bool paged = rows[i].lines > 0 || i == 2;

        if (count(text, "P:") != rows[i].lines + (i == 0))
            fail_msg("%s: %.400s", rows[i].data, text);
        assert_non_null(strstr(text, paged ? "after: paged" : "after: direct"));
        if (i == 0)
            assert_non_null(strstr(text, "P:to stderr\n"));
        if (i == 2)
            continue;
        /* Colours and width are those of the terminal. */
        assert_non_null(strstr(text, "\033[1mbold"));
        if (rows[i].lines != 2)
            assert_non_null(strstr(text, "a  /one/two/three/four/five  1234567890\n"));
    }
}

/* The screen is drawn in place, and what is drawn fits on it. */
static void watch(const char *data)
{
    alarm(5); /* in case ctrl-c is not understood */
    signal(SIGALRM, SIG_DFL);
    pid_t parent = getpid();
    if (fork() == 0) {
        usleep(700000);
        kill(parent, SIGINT);
        _exit(0);
    }
    run(data);
    fputs("over\n", stdout);
}

static void test_watch(void **state)
{
    const char *text = on_terminal(80, 10, watch, "--system --model linux --watch --interval 0.2");
    const char *screen = strstr(text, "\033[H\033[J"), *next;
    size_t lines = 0;

    assert_ptr_equal(screen, text);
    next = strstr(screen + 1, "\033[H\033[J");
    for (const char *at = screen; *at && at != next; at++)
        lines += *at == '\n';
    assert_true(lines > 4);
    assert_true(lines < 10);
    assert_non_null(strstr(text, ", by v59\n"));
    assert_non_null(strstr(text, "over\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_pager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
