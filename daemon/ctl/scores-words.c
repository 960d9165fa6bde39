/* One process with all that makes its score, in words. */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/out.h"
#include "daemon/ctl/scores.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

#define WORDS_MAX 2048

/* What a formula is made from. */
struct sum {
    struct rl_say *say;
    const struct rl_process_table *table;
    const struct rl_model *model;
    const struct rl_table_row *row;
    const struct rl_process *process;
    const struct rl_score *score;
};

/* Three digits are enough to check a sum by: "40.0M", "1.00G". */
static const char *size_words(uint64_t bytes, char *buf, size_t size)
{
    static const char units[] = "\0KMGTPE";
    double value = (double)bytes;
    unsigned unit = 0;

    for (; value >= 999.5 && unit < 6; unit++)
        value /= 1024;
    if (unit == 0)
        snprintf(buf, size, "%" PRIu64, bytes);
    else
        snprintf(buf, size, "%.*f%c",
            value < 9.995   ? 2
            : value < 99.95 ? 1
                            : 0,
            value, units[unit]);
    return buf;
}

static void say_pages(const struct sum *sum, const char *name, uint64_t pages)
{
    char text[RL_TEXT_MAX];

    rl_say(sum->say, "%s %s", name, size_words(pages * sum->table->page_size, text, sizeof(text)));
}

static void say_available(const struct sum *sum)
{
    char text[RL_TEXT_MAX];

    rl_say(sum->say, "%s", size_words(sum->row->available, text, sizeof(text)));
}

/* What CAP_SYS_ADMIN takes off. */
static void say_root(const struct sum *sum)
{
    if (sum->score->root_points != 0)
        rl_say(sum->say, " - %" PRId64 " (CAP_SYS_ADMIN)", -sum->score->root_points);
}

/* Clamps, and what else is not a part. */
static void say_rest(const struct sum *sum)
{
    const struct rl_score *score = sum->score;

    if (score->points != score->memory_points + score->root_points + score->adj_points)
        rl_say(sum->say, ", held within the model's bounds");
}

/* 1000 x (...) / available - root + adj */
static void say_permille(const struct sum *sum)
{
    const struct rl_process *process = sum->process;
    bool own = strcmp(sum->model->id, "private") == 0 && process->anon_pages > 0;
    bool tables = sum->model->kernels && sum->model->since >= RL_KERNEL(2, 6, 39);

    rl_say(sum->say, "%" PRId64 " = 1000 x (", sum->score->points);
    say_pages(sum, own ? "anonymous" : "rss", own ? process->anon_pages : process->rss_pages);
    say_pages(sum, " + swap", process->swap_pages);
    if (tables)
        say_pages(sum, " + page tables", process->table_pages);
    rl_say(sum->say, ") / ");
    say_available(sum);
    if (sum->score->root_points != 0 || sum->score->adj_points != 0)
        rl_say(sum->say, " [%" PRId64 "]", sum->score->memory_points);
    say_root(sum);
    rl_say(sum->say, " + adj %d", process->oom_score_adj);
    say_rest(sum);
}

/* The kernels' totalpages / 1000 truncates before it is multiplied. */
static void say_adj_pages(const struct sum *sum)
{
    uint64_t total = sum->row->available / sum->table->page_size;

    rl_say(sum->say, " + adj %d", sum->process->oom_score_adj);
    if (sum->process->oom_score_adj != 0)
        rl_say(sum->say, " x %" PRIu64 " (a thousandth of %" PRIu64 ")", total / 1000, total);
}

/* Pages of rss + swap + page tables - root + adj x total / 1000 */
static void say_in_pages(const struct sum *sum)
{
    const struct rl_process *process = sum->process;

    rl_say(sum->say,
        "%" PRId64 " pages = rss %" PRIu64 " + swap %" PRIu64 " + page tables %" PRIu64,
        sum->score->points, process->rss_pages, process->swap_pages, process->table_pages);
    say_root(sum);
    say_adj_pages(sum);
    say_rest(sum);
}

/* total-vm, which no kernel ever did */
static void say_folklore(const struct sum *sum)
{
    const struct rl_process *process = sum->process;

    rl_say(sum->say,
        "%" PRId64 " pages = address space %" PRIu64 " + swappiness %u x swap %" PRIu64 " + adj %d",
        sum->score->points, process->total_vm_pages, sum->table->swappiness, process->swap_pages,
        process->oom_score_adj);
    if (process->oom_score_adj != 0)
        rl_say(sum->say, " x %" PRIu64 " / 1000", sum->row->available / sum->table->page_size);
    say_rest(sum);
}

static void say_caps(const struct sum *sum)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } caps[] = {
        {RL_PROCESS_ROOT, "CAP_SYS_ADMIN"},
        {RL_PROCESS_RAWIO, "CAP_SYS_RAWIO"},
        {RL_PROCESS_RESOURCE, "CAP_SYS_RESOURCE"},
    };

    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        if (sum->process->flags & caps[i].flag)
            rl_say(sum->say, ", %s", caps[i].name);
}

/* Before 2.6.36 nothing adds up: everything multiplies, divides or shifts. */
static void say_classic(const struct sum *sum)
{
    const struct rl_process *process = sum->process;
    uint64_t ticks = sum->table->clk_tck > 0 ? sum->table->clk_tck : 100;
    uint64_t uptime = sum->table->uptime_ticks;
    uint64_t age = uptime > process->start_ticks ? uptime - process->start_ticks : 0;
    bool half = sum->model->since >= RL_KERNEL(2, 6, 16);
    char text[RL_TEXT_MAX];

    rl_say(sum->say, "%" PRId64 " from an address space of %" PRIu64 " pages", sum->score->points,
        process->total_vm_pages);
    if (sum->model->needs & RL_SCORE_NEEDS_CHILDREN)
        rl_say(sum->say, " + %" PRIu64 " for its children",
            half ? process->children_half_pages : process->children_pages);
    rl_duration_text(process->cpu_ticks / ticks * RL_US_PER_S, text, sizeof(text));
    rl_say(sum->say, "; %s of CPU time", text);
    rl_duration_text(age / ticks * RL_US_PER_S, text, sizeof(text));
    rl_say(sum->say, ", an age of %s, nice %d, uid %u", uptime > 0 ? text : "unknown length",
        process->nice, (unsigned)process->uid);
    say_caps(sum);
    if (sum->model->needs & RL_SCORE_NEEDS_CHILDREN)
        rl_say(sum->say, ", oom_adj %d", process->oom_adj);
}

const char *rl_scores_formula(const struct rl_process_table *table, const struct rl_model *model,
    const struct rl_table_row *row, char *buf, size_t size)
{
    struct rl_say say;
    struct sum sum = {
        .say = &say,
        .table = table,
        .model = model,
        .row = row,
        .process = &row->candidate.process,
        .score = &row->candidate.score,
    };

    rl_say_begin(&say, buf, size);
    if (!rl_table_eligible(row))
        rl_say(&say, "no score: %s", rl_reason_text(rl_table_reason(row)));
    else if (model->needs & (RL_SCORE_NEEDS_CHILDREN | RL_SCORE_NEEDS_UPTIME))
        say_classic(&sum);
    else if (model->points_in == RL_IN_PAGES && !model->kernels)
        say_folklore(&sum);
    else if (model->points_in == RL_IN_PAGES)
        say_in_pages(&sum);
    else
        say_permille(&sum);
    return buf;
}

const char *rl_scores_limit(const struct rl_table_row *row, char *buf, size_t size)
{
    const char *limit = row->limited_by;
    char text[RL_TEXT_MAX];
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    rl_say(&say, "%s, ", size_words(row->available, text, sizeof(text)));
    if (strcmp(limit, "node") == 0) {
        rl_say(&say, "the machine's RAM + swap");
    } else if (*limit == '/') {
        rl_say(&say, "what ");
        rl_say_foreign(&say, limit);
        rl_say(&say, " may use");
    } else {
        rl_say(&say, "the memory of the nodes that it may use and swap (%s)", limit);
    }
    return buf;
}

static void say_files(const struct sum *sum)
{
    const struct rl_table_row *row = sum->row;
    enum rl_agreement agreement = rl_table_agreement(sum->table, row);

    if (row->oom_score_known)
        rl_say(sum->say, "OOM score: %ld by this model", row->oom_score);
    if (row->oom_score_known && row->kernel_score_known)
        rl_say(sum->say, "; the kernel says %ld%s.", row->kernel_score,
            agreement == RL_AGREES          ? ", which agrees"
            : agreement == RL_DIFFERS       ? ", which differs"
            : agreement == RL_AGREES_MOVING ? ", but it moved while it was read"
                                            : ", always against RAM + swap");
    else if (row->oom_score_known)
        rl_say(sum->say, ".");
    else if (row->kernel_score_known)
        rl_say(sum->say, "OOM score: the kernel says %ld, always against RAM + swap.",
            row->kernel_score);
}

static void say_who(const struct rl_scores *scores, const struct sum *sum)
{
    const struct passwd *entry = scores->probe.live ? getpwuid(sum->process->uid) : NULL;

    rl_say_foreign(sum->say, sum->process->comm);
    rl_say(sum->say, "[%d] of ", (int)sum->process->pid);
    if (entry)
        rl_say_foreign(sum->say, entry->pw_name);
    else
        rl_say(sum->say, "uid %u", (unsigned)sum->process->uid);
    if (*sum->row->cgroup) {
        rl_say(sum->say, " in ");
        rl_say_foreign(sum->say, sum->row->cgroup);
    }
    rl_say(sum->say, ", by %s:", sum->model->id);
}

static void end(struct rl_say *say, unsigned indent)
{
    if (say->n > 0)
        rl_print_paragraph(indent, say->buf);
    rl_say_begin(say, say->buf, say->size);
}

void rl_scores_tell(const struct rl_scores *scores, const struct rl_process_table *table)
{
    char text[WORDS_MAX], limit[WORDS_MAX / 2], left[RL_TEXT_MAX];
    struct rl_say say;
    struct sum sum = {.say = &say, .table = table, .model = scores->options.model};

    rl_say_begin(&say, text, sizeof(text));
    for (size_t i = 0; i < table->n; i++) {
        const struct rl_table_row *row = &table->rows[i];

        sum.row = row;
        sum.process = &row->candidate.process;
        sum.score = &row->candidate.score;
        say_who(scores, &sum);
        end(&say, 0);
        rl_print_paragraph(2, rl_scores_formula(table, sum.model, row, text, sizeof(text)));
        rl_say(&say, "Against: %s.", rl_scores_limit(row, limit, sizeof(limit)));
        end(&say, 2);
        say_files(&sum);
        end(&say, 2);
        if (row->headroom_known)
            rl_say(
                &say, "Left under its limits: %s.", size_words(row->headroom, left, sizeof(left)));
        end(&say, 2);
        if (row->passed_over != RL_REASON_NONE)
            rl_say(&say, "reliefd would pass it over: %s.", rl_reason_text(row->passed_over));
        end(&say, 2);
    }
}
