/* The table of scores for people. */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/out.h"
#include "daemon/ctl/scores.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

#define NAMED_MOST 3 /* processes whose scores differ are named up to that many */

/* What one table is made from. */
struct view {
    const struct rl_scores *scores;
    const struct rl_process_table *table;
    bool kernel_known; /* of any process */
};

static void size_cell(struct rl_table *out, const struct view *view, uint64_t pages)
{
    char text[RL_TEXT_MAX];

    rl_size_text(pages * view->table->page_size, text, sizeof(text));
    rl_table_cell(out, "%s", text);
}

static void pid_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    rl_table_cell(out, "%d", (int)row->candidate.process.pid);
}

/* Whose account it is; numbers only where another machine's processes are shown. */
static void user_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    uid_t uid = row->candidate.process.uid;
    const struct passwd *entry = view->scores->probe.live ? getpwuid(uid) : NULL;

    if (entry)
        rl_table_text(out, entry->pw_name);
    else
        rl_table_cell(out, "%u", (unsigned)uid);
}

static void comm_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    rl_table_text(out, row->candidate.process.comm);
}

static void score_cell(
    struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    if (rl_table_eligible(row))
        rl_table_cell(out, "%" PRId64, row->candidate.score.points);
    else
        rl_table_cell(out, "-");
}

static void oom_score_cell(
    struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    rl_table_cell(out, "%ld", row->oom_score);
}

static void kernel_cell(
    struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    static const char marks[] = {
        [RL_AGREES_UNKNOWN] = ' ',
        [RL_AGREES] = ' ',
        [RL_AGREES_MOVING] = '~',
        [RL_DIFFERS] = '!',
    };
    char mark = marks[rl_table_agreement(view->table, row)];

    if (!row->kernel_score_known)
        rl_table_cell(out, "-%s", view->table->compares ? " " : "");
    else if (view->table->compares)
        rl_table_cell(out, "%ld%c", row->kernel_score, mark);
    else
        rl_table_cell(out, "%ld", row->kernel_score);
}

static void vm_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    size_cell(out, view, row->candidate.process.total_vm_pages);
}

static void rss_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    size_cell(out, view, row->candidate.process.rss_pages);
}

static void swap_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    size_cell(out, view, row->candidate.process.swap_pages);
}

static void tables_cell(
    struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    size_cell(out, view, row->candidate.process.table_pages);
}

static void adj_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    rl_table_cell(out, "%d", row->candidate.process.oom_score_adj);
}

static void oom_adj_cell(
    struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    rl_table_cell(out, "%d", row->candidate.process.oom_adj);
}

/* What CAP_SYS_ADMIN was worth; where the model has no such part, whether there is one. */
static void root_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    if (rl_table_eligible(row) && row->candidate.score.root_points != 0)
        rl_table_cell(out, "%" PRId64, row->candidate.score.root_points);
    else
        rl_table_cell(out, "%s", row->candidate.process.flags & RL_PROCESS_ROOT ? "yes" : "no");
}

static void cgroup_cell(
    struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    rl_table_text(out, row->cgroup);
}

static void available_cell(
    struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    char text[RL_TEXT_MAX];

    rl_size_text(row->available, text, sizeof(text));
    rl_table_cell(out, "%s", text);
}

static void limited_by_cell(
    struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    rl_table_text(out, row->limited_by);
}

static void note_cell(struct rl_table *out, const struct view *view, const struct rl_table_row *row)
{
    enum rl_reason reason = rl_table_reason(row);

    if (reason == RL_REASON_NONE)
        reason = row->passed_over;
    rl_table_cell(out, "%s", reason == RL_REASON_NONE ? "" : rl_reason_id(reason));
}

static bool with_file(const struct view *view)
{
    return view->scores->options.model->proc_score;
}

static bool with_kernel(const struct view *view)
{
    return with_file(view) && view->kernel_known;
}

static bool before_2636(const struct view *view)
{
    const struct rl_model *model = view->scores->options.model;

    return model->kernels && model->since < RL_KERNEL(2, 6, 36);
}

/* total-vm is no kernel's, but begins with the address space, too. */
static bool with_vm(const struct view *view)
{
    return before_2636(view) || strcmp(view->scores->options.model->id, "total-vm") == 0;
}

static bool without_vm(const struct view *view)
{
    return !with_vm(view);
}

static const struct {
    struct rl_column column;
    bool (*shown)(const struct view *view); /* NULL: always */
    void (*fill)(struct rl_table *out, const struct view *view, const struct rl_table_row *row);
    unsigned spare; /* on a narrow terminal 1 is left out first; 0: never */
} all_columns[] = {
    {{"PID", RL_COLUMN_RIGHT}, NULL, pid_cell, 0},
    {{"USER", RL_COLUMN_LEFT}, NULL, user_cell, 3},
    {{"COMM", RL_COLUMN_LEFT}, NULL, comm_cell, 0},
    {{"SCORE", RL_COLUMN_RIGHT}, NULL, score_cell, 0},
    {{"OOM_SCORE", RL_COLUMN_RIGHT}, with_file, oom_score_cell, 0},
    {{"KERNEL", RL_COLUMN_RIGHT}, with_kernel, kernel_cell, 0},
    {{"VM", RL_COLUMN_RIGHT}, with_vm, vm_cell, 0},
    {{"RSS", RL_COLUMN_RIGHT}, NULL, rss_cell, 0},
    {{"SWAP", RL_COLUMN_RIGHT}, NULL, swap_cell, 8},
    {{"TABLES", RL_COLUMN_RIGHT}, without_vm, tables_cell, 2},
    {{"ADJ", RL_COLUMN_RIGHT}, NULL, adj_cell, 0},
    {{"OOM_ADJ", RL_COLUMN_RIGHT}, before_2636, oom_adj_cell, 7},
    {{"ROOT", RL_COLUMN_RIGHT}, NULL, root_cell, 1},
    {{"CGROUP", RL_COLUMN_PATH}, NULL, cgroup_cell, 0},
    {{"AVAILABLE", RL_COLUMN_RIGHT}, NULL, available_cell, 6},
    {{"LIMITED BY", RL_COLUMN_PATH}, NULL, limited_by_cell, 5},
    {{"NOTE", RL_COLUMN_LEFT}, NULL, note_cell, 4},
};

#define N_COLUMNS (sizeof(all_columns) / sizeof(all_columns[0]))

/* The columns of one view. */
struct columns {
    struct rl_column titles[N_COLUMNS];
    size_t which[N_COLUMNS];
    size_t spare[N_COLUMNS];
    size_t n, n_spare;
};

static void pick_columns(const struct view *view, struct columns *ret)
{
    *ret = (struct columns){0};
    for (size_t i = 0; i < N_COLUMNS; i++) {
        if (all_columns[i].shown && !all_columns[i].shown(view))
            continue;
        ret->titles[ret->n] = all_columns[i].column;
        ret->which[ret->n++] = i;
    }
    for (unsigned rank = 1; rank <= N_COLUMNS; rank++)
        for (size_t c = 0; c < ret->n; c++)
            if (all_columns[ret->which[c]].spare == rank)
                ret->spare[ret->n_spare++] = c;
}

static enum rl_style style_of(const struct view *view, const struct rl_table_row *row)
{
    if (rl_table_agreement(view->table, row) == RL_DIFFERS)
        return RL_STYLE_WARN;
    return rl_table_eligible(row) ? RL_STYLE_PLAIN : RL_STYLE_DIM;
}

static bool any_kernel_score(const struct rl_process_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->rows[i].kernel_score_known)
            return true;
    return false;
}

void rl_scores_print(
    const struct rl_scores *scores, const struct rl_process_table *table, size_t most)
{
    struct view view = {scores, table, any_kernel_score(table)};
    struct columns columns;
    char text[1024];

    pick_columns(&view, &columns);
    struct rl_table *out = rl_table_new(columns.titles, columns.n);
    rl_table_spare(out, columns.spare, columns.n_spare);
    for (size_t i = 0; i < table->n && i < most; i++) {
        rl_table_row(out, style_of(&view, &table->rows[i]));
        for (size_t c = 0; c < columns.n; c++)
            all_columns[columns.which[c]].fill(out, &view, &table->rows[i]);
    }
    rl_table_end(out, 0);
    if (table->available > 0 && table->n > 0)
        printf("All against %s.\n", rl_scores_limit(&table->rows[0], text, sizeof(text)));
    if (*rl_scores_summary(scores, table, text, sizeof(text)))
        rl_print_paragraph(0, text);
}

/* Counts of all rows, and the first ones that differ. */
struct tally {
    size_t n[RL_DIFFERS + 1];
    const struct rl_table_row *differ[NAMED_MOST];
};

static void count(const struct rl_process_table *table, struct tally *ret)
{
    *ret = (struct tally){0};
    for (size_t i = 0; i < table->n; i++) {
        enum rl_agreement agreement = rl_table_agreement(table, &table->rows[i]);

        if (agreement == RL_DIFFERS && ret->n[RL_DIFFERS] < NAMED_MOST)
            ret->differ[ret->n[RL_DIFFERS]] = &table->rows[i];
        ret->n[agreement]++;
    }
}

static void say_differing(struct rl_say *say, const struct tally *tally)
{
    size_t n = tally->n[RL_DIFFERS];

    rl_say(say, " %zu %s (marked !): ", n, n == 1 ? "differs" : "differ");
    for (size_t i = 0; i < n && i < NAMED_MOST; i++) {
        const struct rl_table_row *row = tally->differ[i];

        rl_say(say, "%s", i > 0 ? ", " : "");
        rl_say_foreign(say, row->candidate.process.comm);
        rl_say(say, "[%d] has %ld where the kernel says %ld", (int)row->candidate.process.pid,
            row->oom_score, row->kernel_score);
    }
    rl_say(say, "%s.", n > NAMED_MOST ? " ..." : "");
}

/* A model of another generation differs by its nature. */
static void say_kernel(struct rl_say *say, const struct rl_scores *scores)
{
    const struct rl_model *own = scores->kernel ? rl_model_of_version(scores->kernel) : NULL;

    if (own && own != scores->options.model)
        rl_say(say, " Linux %u.%u.%u should have the rules of --model %s.", scores->kernel >> 16,
            scores->kernel >> 8 & 0xff, scores->kernel & 0xff, own->id);
}

const char *rl_scores_summary(
    const struct rl_scores *scores, const struct rl_process_table *table, char *buf, size_t size)
{
    struct tally tally;
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    count(table, &tally);
    size_t compared = tally.n[RL_AGREES] + tally.n[RL_AGREES_MOVING] + tally.n[RL_DIFFERS];
    if (compared > 0) {
        rl_say(&say, "%zu of %zu processes agree with the kernel.", tally.n[RL_AGREES], compared);
        if (tally.n[RL_AGREES_MOVING] > 0)
            rl_say(&say, " %zu moved while being read (marked ~).", tally.n[RL_AGREES_MOVING]);
        if (tally.n[RL_DIFFERS] > 0) {
            say_differing(&say, &tally);
            say_kernel(&say, scores);
        }
    } else if (scores->options.model->proc_score && !table->compares && any_kernel_score(table)) {
        rl_say(&say, "KERNEL is /proc/PID/oom_score, which the kernel reckons against RAM + swap "
                     "whatever the limits are: with --system both are compared.");
    }
    return buf;
}
