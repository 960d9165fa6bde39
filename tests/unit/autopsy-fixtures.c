/* Published reports: what their index says of them is found, however they are fed, and nothing is
 * invented when they are cut. */
#include "tests/unit/autopsy.h"

#include <inttypes.h>

#define FOLDER     RL_SOURCE_ROOT "/tests/fixtures/oom-reports/"
#define CASES_MAX  256
#define FIELDS_MAX 24

/* One row of index.csv. */
struct published {
    char line[2048];
    char *field[FIELDS_MAX];
    size_t n_fields;
};

enum { ID, KERNEL, CONSTRAINT, COLUMNS, TASKS, COMPLETE, TOTAL, VICTIM, COMM, SCORE, ADJ };

static struct published cases[CASES_MAX];
static size_t n_cases;

static char *load(const char *name, size_t *ret_size)
{
    char path[512], *text = NULL;
    FILE *file;
    long size;

    snprintf(path, sizeof(path), FOLDER "%s", name);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    rewind(file);
    text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    text[size] = '\0';
    fclose(file);
    *ret_size = (size_t)size;
    return text;
}

/* Commas inside double quotes do not separate. */
static void split(struct published *row)
{
    char *to = row->line;
    bool quoted = false;

    row->field[row->n_fields++] = to;
    for (const char *from = row->line; *from && *from != '\n'; from++) {
        if (*from == '"') {
            quoted = !quoted;
        } else if (*from == ',' && !quoted) {
            *to++ = '\0';
            assert_true(row->n_fields < FIELDS_MAX);
            row->field[row->n_fields++] = to;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static int load_index(void **state)
{
    FILE *file = fopen(FOLDER "index.csv", "r");
    char header[1024];

    assert_non_null(file);
    assert_non_null(fgets(header, sizeof(header), file));
    while (n_cases < CASES_MAX && fgets(cases[n_cases].line, sizeof(cases[0].line), file))
        split(&cases[n_cases++]);
    fclose(file);
    assert_true(n_cases > 30);
    return 0;
}

static char *load_case(size_t i, size_t *ret_size)
{
    char name[64];

    snprintf(name, sizeof(name), "%.32s.log", cases[i].field[ID]);
    return load(name, ret_size);
}

static size_t wrong(const char *id, const char *what, const char *found, const char *expected)
{
    if (strcmp(found, expected) == 0)
        return 0;
    print_error("%s: %s is '%s', published '%s'\n", id, what, found, expected);
    return 1;
}

static size_t wrong_number(const char *id, const char *what, uint64_t found, uint64_t expected)
{
    if (found == expected)
        return 0;
    print_error("%s: %s is %" PRIu64 ", published %" PRIu64 "\n", id, what, found, expected);
    return 1;
}

static size_t check_total(const char *id, const char *total, const struct rl_oom_report *r)
{
    unsigned long ram, reserved, swap, limit;
    const char *memsw = strstr(total, "memsw "), *max = strstr(total, "swap.max ");
    size_t n = 0;

    if (sscanf(total, "RAM %lu reserved %lu swap %lu", &ram, &reserved, &swap) == 3) {
        n += wrong_number(id, "RAM", r->ram_pages, ram);
        n += wrong_number(id, "reserved", r->reserved_pages, reserved);
        n += wrong_number(id, "swap", r->total_swap_kb, swap);
        n += wrong_number(id, "have", r->have & (RL_OOM_RAM | RL_OOM_RESERVED | RL_OOM_TOTAL_SWAP),
            RL_OOM_RAM | RL_OOM_RESERVED | RL_OOM_TOTAL_SWAP);
    }
    if (sscanf(total, "memcg limit %lu", &limit) == 1)
        n += wrong_number(id, "limit", r->memory.limit_kb, limit);
    if (memsw && sscanf(memsw, "memsw %lu", &limit) == 1)
        n += wrong_number(id, "memory+swap limit", r->memory_swap.limit_kb, limit);
    if (max && sscanf(max, "swap.max %lu", &limit) == 1)
        n += wrong_number(id, "swap limit", r->swap.limit_kb, limit);
    return n;
}

/* The header's words for the columns that were found. */
static size_t check_columns(const char *id, const char *header, const struct rl_oom_report *r)
{
    static const struct {
        const char *word;
        uint32_t column;
    } words[] = {
        {" cpu ", RL_OOM_COL_CPU},
        {" oom_adj ", RL_OOM_COL_OOM_ADJ},
        {" oom_score_adj ", RL_OOM_COL_ADJ},
        {" nr_ptes ", RL_OOM_COL_PTES},
        {" nr_pmds ", RL_OOM_COL_PMDS},
        {" nr_puds ", RL_OOM_COL_PUDS},
        {" pgtables_bytes ", RL_OOM_COL_TABLES},
        {" swapents ", RL_OOM_COL_SWAP},
        {" rss_anon ", RL_OOM_COL_RSS_PARTS},
    };
    uint32_t columns = 0;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(header, words[i].word))
            columns |= words[i].column;
    return wrong_number(id, "columns", r->columns, columns);
}

static size_t check_case(const struct published *row, const struct found *found)
{
    const struct rl_oom_report *r = &found->last;
    const char *id = row->field[ID];
    char victim[32] = "";
    size_t n = wrong_number(id, "number of reports", found->reports, 1);

    if (r->have & RL_OOM_SELECTED)
        snprintf(victim, sizeof(victim), "%" PRId64, r->selected.pid);
    n += wrong(id, "victim", victim, row->field[VICTIM]);
    n += wrong(id, "comm", r->selected.comm, row->field[COMM]);
    n += wrong_number(id, "tasks", r->n_tasks, strtoul(row->field[TASKS], NULL, 10));
    n += wrong_number(id, "bad rows", r->bad_rows, 0);
    n += wrong_number(id, "memcg", r->is_memcg, strcmp(row->field[CONSTRAINT], "memcg") == 0);
    if (row->field[SCORE][0] != '\0')
        n += wrong_number(id, "score", r->printed_score, strtoul(row->field[SCORE], NULL, 10));
    if (r->kernel[0] != '\0')
        n += wrong(id, "kernel", r->kernel, row->field[KERNEL]);
    if (strcmp(row->field[COMPLETE], "yes") == 0) {
        n += wrong_number(id, "kills", r->n_kills, 1);
        n += wrong_number(id, "killed", (uint64_t)r->kills[0].who.pid, (uint64_t)r->selected.pid);
        n += wrong_number(id, "sizes", r->kills[0].sizes_known, true);
        n += wrong_number(id, "elided", r->table_cut, false);
    }
    return n + check_total(id, row->field[TOTAL], r) + check_columns(id, row->field[COLUMNS], r);
}

static void test_what_was_published_is_found(void **state)
{
    struct found found = {0};
    size_t n = 0;

    for (size_t i = 0; i < n_cases; i++) {
        size_t size;
        char *text = load_case(i, &size);

        read_log(text, size, 0, &found);
        n += check_case(&cases[i], &found);
        free(text);
    }
    found_free(&found);
    assert_int_equal(n, 0);
}

static void test_it_does_not_matter_how_a_log_is_cut_into_pieces(void **state)
{
    struct found whole = {.with_place = true}, pieces = {.with_place = true};

    srand(1);
    for (size_t i = 0; i < n_cases; i++) {
        size_t size, some[] = {1, 0, 0, 0}, n;
        char *text = load_case(i, &size);

        /* byte by byte is slow with the large ones: not more of it than is needed */
        n = size < 20000 ? size : 20000;
        read_log(text, n, 0, &whole);
        for (size_t k = 0; k < sizeof(some) / sizeof(some[0]); k++) {
            read_log(text, n, some[k] > 0 ? some[k] : 2 + (size_t)rand() % 999, &pieces);
            if (strcmp(whole.text, pieces.text) != 0)
                fail_msg(
                    "%s: in pieces\n%s\nat once\n%s", cases[i].field[ID], pieces.text, whole.text);
        }
        free(text);
    }
    found_free(&whole);
    found_free(&pieces);
}

/* Every kill and every task of the shorter log is in the longer one. */
static void test_less_of_a_log_never_shows_more(void **state)
{
    struct found found = {0};

    for (size_t i = 0; i < n_cases; i++) {
        size_t size, kills = 0, tasks = 0, reports = 0, at;
        char *text = load_case(i, &size);

        if (size > 20000) {
            free(text);
            continue;
        }
        for (const char *end = strchr(text, '\n'); end; end = strchr(end + 1, '\n')) {
            at = (size_t)(end - text) + 1;
            read_log(text, at, 0, &found);
            assert_true(found.kills >= kills && found.kills <= 1);
            assert_true(found.tasks >= tasks);
            assert_true(found.reports >= reports && found.reports <= 1);
            kills = found.kills;
            tasks = found.tasks;
            reports = found.reports;
        }
        free(text);
    }
    found_free(&found);
}

static void test_a_log_without_its_beginning(void **state)
{
    struct found found = {0};

    for (size_t i = 0; i < n_cases; i++) {
        size_t size;
        char *text = load_case(i, &size);

        if (size > 20000) {
            free(text);
            continue;
        }
        for (const char *end = strchr(text, '\n'); end; end = strchr(end + 1, '\n')) {
            read_log(end, size - (size_t)(end - text), 0, &found);
            assert_true(found.reports <= 1);
            assert_true(found.kills <= 1);
        }
        free(text);
    }
    found_free(&found);
}

static void test_the_same_log_twice_is_each_report_twice(void **state)
{
    struct found once = {0}, twice = {0};

    for (size_t i = 0; i < n_cases; i++) {
        size_t size;
        char *text = load_case(i, &size), *copies = malloc(2 * size);

        assert_non_null(copies);
        memcpy(copies, text, size);
        memcpy(copies + size, text, size);
        read_log(text, size, 0, &once);
        read_log(copies, 2 * size, 0, &twice);
        if (twice.reports != 2 || strncmp(twice.text, once.text, once.text_size) != 0 ||
            strcmp(twice.text + once.text_size, once.text) != 0)
            fail_msg("%s: twice\n%s\nonce\n%s", cases[i].field[ID], twice.text, once.text);
        free(text);
        free(copies);
    }
    found_free(&once);
    found_free(&twice);
}

/* All of them as one log, with other programs' lines between. */
static void test_all_of_them_in_one_log(void **state)
{
    static const char other[] = "Jan  1 00:00:00 h app[1]: killed the oom-killer, out of memory\n";
    struct found found = {0};
    char *log;
    size_t log_size;
    FILE *out = open_memstream(&log, &log_size);

    for (size_t i = 0; i < n_cases; i++) {
        size_t size;
        char *text = load_case(i, &size);

        fwrite(text, 1, size, out);
        for (int k = 0; k < 50; k++)
            fputs(other, out);
        free(text);
    }
    fclose(out);
    read_log(log, log_size, 0, &found);
    assert_int_equal(found.reports, n_cases);
    found_free(&found);
    free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_published_is_found),
        cmocka_unit_test(test_it_does_not_matter_how_a_log_is_cut_into_pieces),
        cmocka_unit_test(test_less_of_a_log_never_shows_more),
        cmocka_unit_test(test_a_log_without_its_beginning),
        cmocka_unit_test(test_the_same_log_twice_is_each_report_twice),
        cmocka_unit_test(test_all_of_them_in_one_log),
    };

    return cmocka_run_group_tests(tests, load_index, NULL);
}
