/* Published reports of real kernels, read and judged, against the list of what they are
 * (tests/fixtures/oom-reports/index.csv). */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/judge.h"

#define N(array)  (sizeof(array) / sizeof((array)[0]))
#define FOLDER    RL_SOURCE_ROOT "/tests/fixtures/oom-reports"
#define LEAST     30 /* a list that shrinks is a mistake */
#define LINE_MOST 4096
#define COLUMNS   24

/* Columns of the list, found by their names. */
enum column {
    ID,
    CONSTRAINT,
    TASKS,
    COMPLETE,
    INPUTS,
    VICTIM_PID,
    VICTIM_COMM,
    SCORE,
    COLUMNS_USED,
};

static const char *const names[COLUMNS_USED] = {
    [ID] = "id",
    [CONSTRAINT] = "constraint",
    [TASKS] = "tasks",
    [COMPLETE] = "complete",
    [INPUTS] = "totalpages_inputs",
    [VICTIM_PID] = "victim_pid",
    [VICTIM_COMM] = "victim_comm",
    [SCORE] = "printed_score",
};

static size_t places[COLUMNS_USED];

/* What is not as with the others, and why. */
static const struct {
    const char *id;
    bool same_score, same_choice;
    const char *reason;
} exceptions[] = {
    {"001", false, false, "the table has no column for swap, and mysqld was swapped out"},
    {"007", false, true, "memory moved between the choice and the table: 442 and 441"},
    {"025", false, false,
        "rows are cut, and the total of that laptop's kernel was smaller by some 70M"},
};

static void explained(const char *id, bool *ret_score, bool *ret_choice)
{
    *ret_score = *ret_choice = true;
    for (size_t i = 0; i < N(exceptions); i++)
        if (strcmp(exceptions[i].id, id) == 0) {
            *ret_score = exceptions[i].same_score;
            *ret_choice = exceptions[i].same_choice;
        }
}

/* Cut a line of the list in place; "" within quotes is left as it is, since nobody compares it. */
static size_t cut(char *line, char **cells)
{
    size_t n = 0;
    bool quoted = false;

    line[strcspn(line, "\r\n")] = '\0';
    cells[n++] = line;
    for (char *at = line; *at; at++) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (*at == ',' && !quoted && n < COLUMNS) {
            *at = '\0';
            cells[n++] = at + 1;
        }
    }
    return n;
}

static void find_columns(char *line)
{
    char *cells[COLUMNS];
    size_t n = cut(line, cells);

    for (size_t c = 0; c < COLUMNS_USED; c++) {
        places[c] = n;
        for (size_t i = 0; i < n; i++)
            if (strcmp(cells[i], names[c]) == 0)
                places[c] = i;
        if (places[c] == n)
            fail_msg("the list has no column %s", names[c]);
    }
}

struct expected {
    char *cells[COLUMNS];
    size_t reports;
};

static const char *cell(const struct expected *expected, enum column column)
{
    return expected->cells[places[column]];
}

static void expect_victim(const struct expected *expected, const struct rl_oom_finding *finding)
{
    const char *id = cell(expected, ID), *pid = cell(expected, VICTIM_PID);
    const struct rl_oom_report *report = finding->report;

    if (!*pid) {
        if (finding->victim.pid >= 0)
            fail_msg("%s: a victim is invented", id);
    } else if (finding->victim.pid != atoll(pid) ||
               strcmp(finding->victim.comm, cell(expected, VICTIM_COMM)) != 0) {
        fail_msg("%s: victim %s[%" PRId64 "]", id, finding->victim.comm, finding->victim.pid);
    }
    if (!*cell(expected, SCORE) != !(report->have & RL_OOM_SCORE) ||
        (*cell(expected, SCORE) &&
            report->printed_score != strtoull(cell(expected, SCORE), NULL, 10)))
        fail_msg("%s: printed score", id);
}

/* "RAM 8388607 reserved 181790 swap 2097148 kB", "memcg limit 102400 kB ..." */
static void expect_total(const struct expected *expected, const struct rl_oom_finding *finding)
{
    const char *id = cell(expected, ID), *inputs = cell(expected, INPUTS);
    uint64_t ram, reserved, swap, limit;

    if (sscanf(inputs, "RAM %" SCNu64 " reserved %" SCNu64 " swap %" SCNu64 " kB", &ram, &reserved,
            &swap) == 3) {
        uint64_t pages = ram - reserved + swap * 1024 / finding->report->page_size;
        bool whole = strcmp(cell(expected, CONSTRAINT), "none") == 0;
        if (finding->available_known != whole || (whole && finding->available_pages != pages))
            fail_msg(
                "%s: %" PRIu64 " pages, expected %" PRIu64, id, finding->available_pages, pages);
    } else if (sscanf(inputs, "memcg limit %" SCNu64 " kB", &limit) == 1) {
        if (!finding->limit_known || finding->limit_bytes != limit * 1024)
            fail_msg("%s: limit %" PRIu64, id, finding->limit_bytes);
    } else if (finding->available_known || finding->limit_known) {
        fail_msg("%s: a total is invented", id);
    }
}

static void expect_choice(const struct expected *expected, const struct rl_oom_finding *finding)
{
    const char *id = cell(expected, ID);
    bool same_score, same_choice, complete = strcmp(cell(expected, COMPLETE), "yes") == 0;

    explained(id, &same_score, &same_choice);
    if (finding->complete != complete)
        fail_msg("%s: complete %d", id, finding->complete);
    if (finding->agrees == 0 || (complete && same_choice && finding->agrees != 1))
        fail_msg("%s: agrees %d", id, finding->agrees);
    if (!same_choice && finding->agrees != -1)
        fail_msg("%s: agrees %d, for what reason?", id, finding->agrees);
    if (finding->agrees == 1 && finding->kernel_victim_rank != 1)
        fail_msg("%s: rank %" PRIu32, id, finding->kernel_victim_rank);
    /* Whoever cannot tell must say why. */
    if (finding->agrees == -1 && finding->missing == 0 && *cell(expected, VICTIM_PID))
        fail_msg("%s: nothing is missing", id);
    if (*cell(expected, SCORE) && same_score && finding->printed != RL_OOM_PRINTED_EXACT)
        fail_msg("%s: the score is another one", id);
    if (!same_score && finding->printed == RL_OOM_PRINTED_EXACT)
        fail_msg("%s: the score is the same, for what reason?", id);
}

static void expect(const struct rl_oom_report *report, void *userdata)
{
    struct expected *expected = userdata;
    const char *id = cell(expected, ID), *constraint = cell(expected, CONSTRAINT);
    struct rl_oom_finding finding;

    expected->reports++;
    assert_int_equal(rl_oom_judge(report, &finding), 0);
    if (strcmp(finding.constraint ? finding.constraint : "", constraint) != 0)
        fail_msg("%s: constraint %s", id, finding.constraint ? finding.constraint : "none known");
    if (finding.n_rated != strtoull(cell(expected, TASKS), NULL, 10))
        fail_msg("%s: %zu tasks", id, finding.n_rated);
    if (!finding.model)
        fail_msg("%s: no model", id);
    expect_victim(expected, &finding);
    expect_total(expected, &finding);
    expect_choice(expected, &finding);
    rl_oom_finding_free(&finding);
}

static void feed(const char *path, struct rl_oom_reader *reader)
{
    char chunk[4096];
    size_t n;
    FILE *file = fopen(path, "re");

    if (!file)
        fail_msg("%s is missing", path);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        assert_int_equal(rl_oom_reader_feed(reader, chunk, n), 0);
    fclose(file);
    assert_int_equal(rl_oom_reader_end(reader), 0);
}

static void test_fixtures(void **state)
{
    char line[LINE_MOST], path[LINE_MOST];
    size_t files = 0;
    FILE *list = fopen(FOLDER "/index.csv", "re");

    assert_non_null(list);
    assert_non_null(fgets(line, sizeof(line), list));
    find_columns(line);
    while (fgets(line, sizeof(line), list)) {
        struct expected expected = {0};
        struct rl_oom_reader *reader;

        assert_true(cut(line, expected.cells) > places[SCORE]);
        snprintf(path, sizeof(path), FOLDER "/%s.log", cell(&expected, ID));
        assert_int_equal(rl_oom_reader_new(expect, &expected, &reader), 0);
        feed(path, reader);
        rl_oom_reader_free(reader);
        if (expected.reports != 1)
            fail_msg("%s: %zu reports", cell(&expected, ID), expected.reports);
        files++;
    }
    fclose(list);
    assert_true(files > LEAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixtures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
