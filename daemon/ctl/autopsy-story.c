/* A report told in English. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/autopsy.h"
#include "daemon/ctl/out.h"
#include "daemon/report/text.h"

#define PARAGRAPH_MAX 4096
#define ROWS_SHOWN    5
#define KILLS_SHOWN   8

struct paragraph {
    char text[PARAGRAPH_MAX];
    struct rl_say say;
};

static struct rl_say *begin(struct paragraph *paragraph)
{
    rl_say_begin(&paragraph->say, paragraph->text, sizeof(paragraph->text));
    return &paragraph->say;
}

static void end(const struct paragraph *paragraph)
{
    const char *text = paragraph->text;

    if (paragraph->say.n == 0)
        return;
    putchar('\n');
    rl_print_paragraph(0, *text == ' ' ? text + 1 : text);
}

static void title(const struct rl_oom_report *report, unsigned number)
{
    char stamp[RL_OOM_TEXT_MAX * 4];

    rl_print(RL_STYLE_BOLD, "Report %u", number);
    printf(
        "  line%s %" PRIu64, report->last_line > report->first_line ? "s" : "", report->first_line);
    if (report->last_line > report->first_line)
        printf(" to %" PRIu64, report->last_line);
    if (*report->stamp)
        printf(", %s", rl_escape(report->stamp, stamp, sizeof(stamp)));
    putchar('\n');
}

static void tell_headline(const struct rl_oom_finding *finding)
{
    struct paragraph p;

    rl_autopsy_headline(begin(&p), finding);
    end(&p);
}

/* ---- who asked, of which kernel, against what ---- */

static void say_invoker(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;

    if (!report->has_header || report->by_sysrq || !*report->invoker.comm)
        return;
    if (report->invoker.pid >= 0 && report->invoker.pid == finding->victim.pid)
        rl_say(say, "It was itself the one that asked for memory");
    else
        rl_autopsy_name(say, report->invoker.comm, report->invoker.pid),
            rl_say(say, " was the one that asked for memory");
    if ((report->have & RL_OOM_ORDER) && report->order > 0 && report->order < 32)
        rl_say(say, ", %u pages in a row", 1u << report->order);
    rl_say(say, ".");
}

/* "the limit with the swap that goes with it" */
static const char *what_total(const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    uint64_t page = report->page_size > 0 ? report->page_size : 4096;

    if (!report->is_memcg)
        return report->total_swap_kb > 0 ? "the machine's RAM and swap" : "the machine's RAM";
    return finding->limit_bytes / page < finding->available_pages
               ? "the limit with the swap that goes with it"
               : "the limit";
}

/* What is taken for a total that the report does not show. */
static void say_guess(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    bool at_most = finding->model->points_in == RL_IN_PERMILLE && report->printed_score >= 1000;

    rl_say(say, " What it scored against the report does not show");
    if (finding->total_by_score)
        rl_say(say, "; by the score that it printed it was %s ", at_most ? "at most" : "about");
    else if (report->have & RL_OOM_RAM)
        rl_say(say, "; the whole machine is taken for it here: ");
    else
        rl_say(say, "; what its tasks hold is taken for it here: ");
    rl_autopsy_pages(say, finding, finding->available_used);
    rl_say(say, ".");
}

static void say_total(struct rl_say *say, const struct rl_oom_finding *finding)
{
    bool decides = finding->missing & (1u << RL_OOM_MISSING_TOTAL_SWAP);

    if (finding->available_known) {
        rl_say(say, " It scored against ");
        rl_autopsy_pages(say, finding, finding->available_pages);
        rl_say(say, ", %s.", what_total(finding));
    } else if (finding->limit_known) {
        rl_say(say, " It scored against the limit of ");
        rl_autopsy_bytes(say, finding->limit_bytes);
        rl_say(say, " and the machine's swap, which the report does not show%s.",
            decides ? "" : "; here it makes no difference");
    } else if (finding->available_used > 0) {
        say_guess(say, finding);
    }
}

static void say_swap(struct rl_say *say, const struct rl_oom_report *report)
{
    uint64_t total = report->total_swap_kb, left = report->free_swap_kb;

    if ((report->have & RL_OOM_TOTAL_SWAP) && total == 0) {
        rl_say(say, " There was no swap.");
    } else if ((report->have & RL_OOM_TOTAL_SWAP) && (report->have & RL_OOM_FREE_SWAP)) {
        rl_say(say, " Of ");
        rl_autopsy_bytes(say, total * 1024);
        rl_say(say, " of swap ");
        if (left == 0)
            rl_say(say, "nothing");
        else
            rl_autopsy_bytes(say, left * 1024);
        rl_say(say, " was left.");
    }
}

static void say_kernel(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;

    if (*report->kernel) {
        rl_say(say, " The kernel is ");
        rl_say_foreign(say, report->kernel);
    }
    if (finding->model && *report->kernel)
        rl_say(say, "; it rates like Linux %s (%s)%s.", finding->model->kernels, finding->model->id,
            finding->model_guessed ? " as far as the report tells" : "");
    else if (finding->model)
        rl_say(say, " By the look of the report the kernel rates like Linux %s (%s).",
            finding->model->kernels, finding->model->id);
    else if (*report->kernel)
        rl_say(say, ".");
}

/* Before 4.19 the report names the cgroup of the task that hit the limit, since then the victim's.
 */
static void say_place(struct rl_say *say, const struct rl_oom_report *report)
{
    const char *top = report->oom_memcg, *own = report->task_memcg;
    size_t length = strlen(top);
    bool below = strncmp(top, own, length) == 0 && own[length] == '/';

    if (!report->is_memcg || !*top || !*own || strcmp(top, own) == 0)
        return;
    rl_say(say, report->have & RL_OOM_CONSTRAINT ? " The victim lived "
                                                 : " The task that hit the limit lived ");
    rl_say(say, below ? "further below, in " : "in ");
    rl_say_foreign(say, below ? own + length + 1 : own);
    rl_say(say, ".");
}

static void tell_setting(const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    struct paragraph p;
    struct rl_say *say = begin(&p);

    say_invoker(say, finding);
    say_place(say, report);
    say_kernel(say, finding);
    if (finding->model && finding->n_rated > 0)
        say_total(say, finding);
    if (!report->is_memcg)
        say_swap(say, report);
    end(&p);
}

/* ---- the table ---- */

static void size_cell(
    struct rl_table *out, const struct rl_oom_finding *finding, uint64_t pages, bool known)
{
    char text[RL_TEXT_MAX];
    struct rl_say say;

    rl_say_begin(&say, text, sizeof(text));
    if (known)
        rl_autopsy_pages(&say, finding, pages);
    else
        rl_say(&say, "?");
    rl_table_cell(out, "%s", text);
}

/* Can the kernel's points be computed at all? */
static bool rated(const struct rl_oom_finding *finding)
{
    return finding->model && !(finding->model->needs & RL_SCORE_NEEDS_UPTIME);
}

/* Kernels that printed the victim's score: what would they have printed for the others? */
static bool printed_column(const struct rl_oom_finding *finding)
{
    return rated(finding) && finding->report->have & RL_OOM_SCORE;
}

static bool died(const struct rl_oom_report *report, int64_t pid)
{
    for (size_t i = 0; i < report->n_kills; i++)
        if (report->kills[i].who.pid == pid)
            return true;
    return false;
}

static void row(struct rl_table *out, const struct rl_oom_finding *finding,
    const struct rl_oom_rated *one, size_t place)
{
    const struct rl_oom_report *report = finding->report;
    bool victim = one == finding->kernel_victim, dead = died(report, one->task->pid);
    bool tables = report->columns & (RL_OOM_COL_PTES | RL_OOM_COL_TABLES);

    rl_table_row(out, victim || dead ? RL_STYLE_BAD : RL_STYLE_PLAIN);
    rl_table_cell(out, "%s", victim ? ">" : "");
    rl_table_cell(out, "%zu", place);
    rl_table_cell(out, "%" PRId64, one->task->pid);
    rl_table_text(out, one->task->comm);
    rl_table_cell(out, "%" PRIu64, one->task->uid);
    size_cell(out, finding, one->task->rss, true);
    size_cell(out, finding, one->task->swap, report->columns & RL_OOM_COL_SWAP);
    size_cell(out, finding, one->process.table_pages, tables);
    rl_table_cell(out, "%d",
        report->columns & RL_OOM_COL_ADJ ? one->task->oom_score_adj : one->task->oom_adj);
    if (!rated(finding))
        rl_table_cell(out, "?");
    else if (one->score.eligible)
        rl_table_cell(out, "%" PRId64, one->score.points);
    else
        rl_table_cell(out, "-");
    if (printed_column(finding) && one->score.eligible)
        rl_table_cell(out, "%" PRIu64, one->printed);
    else if (printed_column(finding))
        rl_table_cell(out, "-");
    if (one->ours.eligible)
        rl_table_cell(out, "%" PRId64, one->ours.points);
    else
        rl_table_cell(out, "-");
    rl_table_cell(out, "%s", dead ? "killed" : victim ? "chosen" : "");
}

/* OURS is percent-times-ten against the same memory. */
static void tell_table(const struct rl_oom_finding *finding)
{
    struct rl_column columns[] = {
        {"", RL_COLUMN_LEFT},
        {"#", RL_COLUMN_RIGHT},
        {"PID", RL_COLUMN_RIGHT},
        {"COMM", RL_COLUMN_LEFT},
        {"UID", RL_COLUMN_RIGHT},
        {"RSS", RL_COLUMN_RIGHT},
        {"SWAP", RL_COLUMN_RIGHT},
        {"TABLES", RL_COLUMN_RIGHT},
        {"ADJ", RL_COLUMN_RIGHT},
        {"POINTS", RL_COLUMN_RIGHT},
        {"SCORE", RL_COLUMN_RIGHT},
        {"OURS", RL_COLUMN_RIGHT},
        {"", RL_COLUMN_LEFT},
    };
    size_t n = sizeof(columns) / sizeof(columns[0]);
    size_t shown = finding->n_rated < ROWS_SHOWN ? finding->n_rated : ROWS_SHOWN;

    if (shown == 0)
        return;
    putchar('\n');
    if (!printed_column(finding)) {
        memmove(&columns[n - 3], &columns[n - 2], 2 * sizeof(columns[0]));
        n--;
    }
    struct rl_table *out = rl_table_new(columns, n);
    for (size_t i = 0; i < shown; i++)
        row(out, finding, &finding->rated[i], i + 1);
    if (finding->kernel_victim && finding->kernel_victim >= finding->rated + shown)
        row(out, finding, finding->kernel_victim,
            (size_t)(finding->kernel_victim - finding->rated) + 1);
    rl_table_end(out, 2);
    if (finding->n_rated > shown)
        printf("  ... and %zu more\n", finding->n_rated - shown);
}

/* ---- the score ---- */

static void say_term(struct rl_say *say, int64_t points, const char *what)
{
    if (points != 0)
        rl_say(say, "%s %" PRId64 " %s", points < 0 ? " -" : " +", points < 0 ? -points : points,
            what);
}

/* "838 points: 790 for its memory + ..." */
static void say_points(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_rated *victim = finding->kernel_victim;
    const struct rl_score *score = &victim->score;
    bool share = finding->model->points_in == RL_IN_PERMILLE;

    rl_autopsy_name(say, victim->task->comm, victim->task->pid);
    if (!score->eligible) {
        rl_say(say, " is no candidate in that table: %s.", rl_reason_text(score->reason));
        return;
    }
    rl_say(say, " had %" PRId64 " point%s: %" PRId64 " for its memory%s", score->points,
        score->points == 1 ? "" : "s", score->memory_points,
        share ? " in thousandths of the total" : " in pages");
    say_term(say, score->root_points, "as root's");
    say_term(say, score->adj_points, "by its oom_score_adj");
    if (score->points != score->memory_points + score->root_points + score->adj_points)
        rl_say(say, ", which the kernel raises or lowers to %" PRId64, score->points);
    rl_say(say, ".");
}

static void say_printed(struct rl_say *say, const struct rl_oom_finding *finding)
{
    uint64_t theirs = finding->report->printed_score;

    if (!(finding->report->have & RL_OOM_SCORE))
        return;
    rl_say(say, " The kernel printed a score of %" PRIu64, theirs);
    if (finding->printed == RL_OOM_PRINTED_NONE)
        rl_say(say, ".");
    else if (finding->printed == RL_OOM_PRINTED_EXACT)
        rl_say(say, ", which is what the table gives.");
    else if (finding->printed == RL_OOM_PRINTED_NEAR)
        rl_say(say, "; the table gives %" PRIu64 ": memory moves between the choice and the table.",
            finding->kernel_victim->printed);
    else
        rl_say(say, "; what the table shows gives %" PRIu64 ".", finding->kernel_victim->printed);
    if (finding->root_bonus_known)
        rl_say(say, finding->root_bonus ? " So it had CAP_SYS_ADMIN."
                                        : " So it had no CAP_SYS_ADMIN, though it ran as root.");
}

static void say_verdict(struct rl_say *say, const struct rl_oom_finding *finding)
{
    uint32_t rank = finding->kernel_victim_rank;

    if (finding->agrees == 1)
        rl_say(say, " By the formula of that kernel it comes first, too.");
    else if (finding->agrees == 0)
        rl_say(say,
            " By the formula of that kernel it is number %" PRIu32
            ": something that the report does not show made the kernel choose otherwise.",
            rank);
    else if (rank > 1)
        rl_say(say,
            " By what the report shows it is number %" PRIu32
            "; whether that is so cannot be told.",
            rank);
    else
        rl_say(say, " By what the report shows it comes first; whether that is so cannot be told.");
}

static void tell_score(const struct rl_oom_finding *finding)
{
    struct paragraph p;
    struct rl_say *say = begin(&p);

    if (finding->kernel_victim) {
        if (rated(finding))
            say_points(say, finding);
        say_printed(say, finding);
        if (rated(finding) && !finding->report->kills_allocating)
            say_verdict(say, finding);
    }
    end(&p);
}

/* ---- who else ---- */

/* The first of the candidates that the report does not show as dead. */
static const struct rl_oom_rated *next_of(const struct rl_oom_finding *finding)
{
    for (size_t i = 0; i < finding->n_eligible; i++)
        if (&finding->rated[i] != finding->kernel_victim &&
            !died(finding->report, finding->rated[i].task->pid))
            return &finding->rated[i];
    return NULL;
}

static void say_next(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_rated *next = next_of(finding);

    if (!next) {
        if (finding->n_rated > 0 && !finding->report->table_cut)
            rl_say(say, " Nobody else in the table could have been chosen.");
        return;
    }
    rl_say(say, finding->kernel_victim ? " Next would have come "
                                       : " By the formula of that kernel the first is ");
    rl_autopsy_name(say, next->task->comm, next->task->pid);
    rl_say(
        say, " with %" PRId64 " point%s.", next->score.points, next->score.points == 1 ? "" : "s");
}

static void say_ours(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_rated *ours = finding->ours, *theirs = finding->kernel_victim;
    bool known = finding->available_known || finding->limit_known;

    if (!ours)
        return;
    if (!theirs)
        theirs = finding->model_victim;
    rl_say(say, " percent-times-ten against %s ",
        !known                      ? "as much memory"
        : finding->report->is_memcg ? "that limit"
                                    : "the machine's memory");
    rl_say(say, ours == theirs ? "chooses the same one" : "would choose ");
    if (ours != theirs)
        rl_autopsy_name(say, ours->task->comm, ours->task->pid);
    rl_say(say, " (score %" PRId64 ").", ours->ours.points);
}

static void say_unsure(struct rl_say *say, const struct rl_autopsy_choice *choice)
{
    if (choice->unsure)
        rl_say(say, ", unless a Protect= or Avoid= line means the program or command line, which "
                    "no report shows");
}

static void say_choice(struct rl_say *say, const struct rl_oom_finding *finding,
    const struct rl_autopsy_choice *choice)
{
    const struct rl_choice *chosen = &choice->choice;

    rl_say(say, " The policy ");
    rl_say_foreign(say, choice->policy->name);
    if (!choice->rated) {
        rl_say(say, finding->n_rated == 0
                        ? " is in force there; the report shows nobody whom it could choose."
                        : " is in force there; its Score= counts what the report does not show.");
        return;
    }
    if (!chosen->found) {
        rl_say(say, " would choose nobody");
    } else if (chosen->scope == RL_KILL_PROCESS && chosen->candidate >= 0) {
        const struct rl_oom_rated *one = &finding->rated[chosen->candidate];

        rl_say(say, one == finding->kernel_victim ? " would choose the same: " : " would choose ");
        rl_autopsy_name(say, one->task->comm, one->task->pid);
        rl_say(say, " (score %" PRId64 ")", chosen->points);
    } else {
        rl_say(say, " would kill the cgroup ");
        rl_say_foreign(say, choice->offender);
        rl_say(say, " whole");
    }
    say_unsure(say, choice);
    rl_say(say, ".");
}

static void tell_others(
    const struct rl_oom_finding *finding, const struct rl_autopsy_choice *choice)
{
    struct paragraph p;
    struct rl_say *say = begin(&p);

    if (rated(finding))
        say_next(say, finding);
    say_ours(say, finding);
    if (choice && choice->policy)
        say_choice(say, finding, choice);
    else if (choice)
        rl_say(say, " No policy is in force for the cgroup that was short.");
    end(&p);
}

/* ---- what came of it ---- */

static void tell_kills(const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    size_t shown = report->n_kills < KILLS_SHOWN ? report->n_kills : KILLS_SHOWN;
    struct paragraph p;
    struct rl_say *say = begin(&p);

    if (report->n_kills > 1) {
        rl_say(say, "Killed:");
        for (size_t i = 0; i < shown; i++) {
            rl_say(say, "%s ", i > 0 ? "," : "");
            rl_autopsy_name(say, report->kills[i].who.comm, report->kills[i].who.pid);
        }
        if (report->n_kills + report->more_kills > shown)
            rl_say(say, " and %zu more", report->n_kills + report->more_kills - shown);
        rl_say(say, ".");
    }
    if (report->victim_was_exiting)
        rl_say(say, " The victim was on its way out already.");
    end(&p);
}

static void tell_elsewhere(const struct rl_oom_finding *finding)
{
    char text[PARAGRAPH_MAX];
    struct paragraph p;
    struct rl_say *say = begin(&p), part;

    rl_say_begin(&part, text, sizeof(text));
    rl_autopsy_elsewhere(&part, finding);
    if (part.n > 0)
        rl_say(say, "Beyond the table:%s", text);
    end(&p);
}

static void tell_missing(const struct rl_oom_finding *finding)
{
    struct paragraph p;
    struct rl_say *say = begin(&p);

    for (unsigned i = 0; i < RL_OOM_MISSINGS; i++)
        if (finding->missing & (1u << i))
            rl_say(say, "%s%s",
                say->n > 0 ? "; " : "Missing from the report: ", rl_oom_missing_text(i));
    if (say->n > 0)
        rl_say(say, ".");
    end(&p);
}

void rl_autopsy_story(
    const struct rl_oom_finding *finding, const struct rl_autopsy_choice *choice, unsigned number)
{
    title(finding->report, number);
    tell_headline(finding);
    tell_setting(finding);
    tell_table(finding);
    tell_score(finding);
    tell_others(finding, choice);
    tell_kills(finding);
    tell_elsewhere(finding);
    tell_missing(finding);
}
