#include "daemon/ctl/top-view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/report/json.h"
#include "daemon/report/text.h"
#include "policy/limits.h"

#define NAME_LEAST  16
#define NAME_WANTED 30 /* before other columns are shown; on the narrowest terminals NAME_LEAST */
#define NARROWEST   60
#define NAME_MOST   64 /* of a tree that is not on a terminal */
#define VICTIM_MOST 40
#define BAR_WIDTH   10
#define SPARK_WIDTH 20
#define NARROW      120  /* columns of a terminal below which some columns are narrower */
#define BAD_SHARE   1000 /* of stall, hundredths of a percent */
#define BAD_USAGE   9500
#define WARN_USAGE  8500

/* ---- columns ---- */

enum column {
    COLUMN_MARK, /* holds the victim-to-be of the selected row */
    COLUMN_NAME,
    COLUMN_BAR,
    COLUMN_USED,
    COLUMN_LEFT,
    COLUMN_SOME,
    COLUMN_FULL,
    COLUMN_SPARK,
    COLUMN_SWAP,
    COLUMN_LIMIT,
    COLUMN_POLICY,
    COLUMN_VICTIM,
    COLUMNS,
};

static const struct {
    const char *title;
    size_t width;  /* NAME and VICTIM take what is left */
    size_t narrow; /* on a narrow terminal */
    bool right;
    unsigned spare; /* the highest one is left out first where there is no room; 0: never */
} columns[COLUMNS] = {
    [COLUMN_MARK] = {"", 1, 1, false, 0},
    [COLUMN_NAME] = {"CGROUP", NAME_LEAST, NAME_LEAST, false, 0},
    [COLUMN_BAR] = {"IN USE", BAR_WIDTH, 6, false, 3},
    [COLUMN_USED] = {"USED", 5, 5, true, 2},
    [COLUMN_LEFT] = {"LEFT", 5, 5, true, 0},
    [COLUMN_SOME] = {"SOME", 5, 5, true, 0},
    [COLUMN_FULL] = {"FULL", 5, 5, true, 1},
    [COLUMN_SPARK] = {"LAST MINUTE", SPARK_WIDTH, 12, false, 4},
    [COLUMN_SWAP] = {"SWAP", 5, 5, true, 6},
    [COLUMN_LIMIT] = {"LIMIT", 5, 5, true, 7},
    [COLUMN_POLICY] = {"POLICY", 17, 17, false, 8},
    [COLUMN_VICTIM] = {"WOULD DIE", 18, 18, false, 5},
};

/* Widths that fit, 0 for what is left out. */
static void fit(const struct rl_top_frame *frame, size_t widths[COLUMNS])
{
    size_t total = COLUMNS - 1;

    for (size_t c = 0; c < COLUMNS; c++)
        total += widths[c] = frame->width > 0 && frame->width < NARROW ? columns[c].narrow
                                                                       : columns[c].width;
    if (frame->width >= NARROWEST) {
        total += NAME_WANTED - NAME_LEAST;
        widths[COLUMN_NAME] = NAME_WANTED;
    }
    while (frame->width > 0 && total > frame->width) {
        size_t first = COLUMNS;

        for (size_t c = 0; c < COLUMNS; c++)
            if (widths[c] > 0 && columns[c].spare > 0 &&
                (first == COLUMNS || columns[c].spare > columns[first].spare))
                first = c;
        if (first == COLUMNS)
            break;
        total -= widths[first] + 1;
        widths[first] = 0;
    }
    if (frame->width > total) {
        size_t more = frame->width - total, victim = 0;

        /* A third of what is left shows more of the victim's name. */
        if (widths[COLUMN_VICTIM] > 0)
            victim = more / 3 < VICTIM_MOST - columns[COLUMN_VICTIM].width
                         ? more / 3
                         : VICTIM_MOST - columns[COLUMN_VICTIM].width;
        widths[COLUMN_VICTIM] += victim;
        widths[COLUMN_NAME] += more - victim;
    } else if (frame->width > 0 && total > frame->width) {
        size_t less = total - frame->width;

        widths[COLUMN_NAME] = widths[COLUMN_NAME] > less + 4 ? widths[COLUMN_NAME] - less : 4;
    }
}

/* ---- pieces ---- */

struct line {
    const struct rl_top_frame *frame;
    const struct rl_top_out *out;
    size_t at;     /* columns that are taken */
    size_t blanks; /* not put yet: none at the end of a line */
};

static struct line line_begin(const struct rl_top_frame *frame, const struct rl_top_out *out)
{
    return (struct line){.frame = frame, .out = out};
}

static void line_end(struct line *line)
{
    line->out->end(line->out->userdata);
    *line = line_begin(line->frame, line->out);
}

/* Bytes of a text that take at most so many columns. */
static size_t bytes_of(const char *text, size_t width)
{
    const char *at = text;

    for (;;) {
        unsigned c;
        size_t length = rl_utf8_take(at, &c);
        char one[5] = "";

        memcpy(one, at, length);
        size_t columns_of_it = length > 0 ? rl_text_width(one) : 0;
        if (length == 0 || columns_of_it > width)
            return (size_t)(at - text);
        width -= columns_of_it;
        at += length;
    }
}

/* Where nothing but ASCII can be shown, other characters are question marks. */
static void to_ascii(char *text)
{
    char *to = text;

    for (const char *at = text; *at;) {
        unsigned c;
        size_t length = rl_utf8_take(at, &c);

        *to++ = (char)(length == 1 ? *at : '?');
        at += length > 0 ? length : 1;
    }
    *to = '\0';
}

static void put(struct line *line, enum rl_style style, const char *text)
{
    char piece[RL_TOP_TEXT + 64];
    size_t room = line->frame->width > 0 ? line->frame->width : SIZE_MAX;

    if (!*text)
        return;
    room = room > line->at ? room - line->at : 0;
    snprintf(piece, sizeof(piece), "%*s%s", (int)line->blanks, "", text);
    if (!line->frame->utf8)
        to_ascii(piece);
    piece[bytes_of(piece, room)] = '\0';
    line->at += rl_text_width(piece);
    line->blanks = 0;
    if (*piece)
        line->out->put(line->out->userdata, style, piece);
}

/* Text in a column of its own: cut at its end, which is marked, or filled up. */
static void cell(struct line *line, enum rl_style style, const char *text, size_t width, bool right)
{
    char piece[RL_TOP_TEXT];
    size_t own;

    snprintf(piece, sizeof(piece), "%s", text);
    if (!line->frame->utf8)
        to_ascii(piece);
    own = rl_text_width(piece);
    if (own > width) {
        piece[bytes_of(piece, width - 1)] = '\0';
        strcat(piece, line->frame->utf8 ? "\u2026" : "~");
        own = rl_text_width(piece);
    }
    if (right)
        line->blanks += width > own ? width - own : 0;
    put(line, style, piece);
    if (!right || !*piece)
        line->blanks += width > own && !right ? width - own : 0;
    line->blanks++; /* between two columns */
}

/* Of a path the end tells more than the beginning. */
static const char *cut_path(const struct rl_top_frame *frame, char *text, size_t width)
{
    const char *at = text;
    static char cut[RL_TOP_TEXT + 4];

    if (rl_text_width(text) <= width)
        return text;
    while (rl_text_width(at) > width - 1) {
        unsigned c;
        size_t length = rl_utf8_take(at, &c);
        at += length > 0 ? length : 1;
    }
    snprintf(cut, sizeof(cut), "%s%s", frame->utf8 ? "\u2026" : "~", at);
    return cut;
}

/* ---- the head ---- */

static void bar(struct line *line, uint64_t share, size_t width, enum rl_style style)
{
    char text[256];

    put(line, RL_STYLE_DIM, "[");
    cell(
        line, style, rl_top_bar(share, width, line->frame->utf8, text, sizeof(text)), width, false);
    line->blanks--;
    put(line, RL_STYLE_DIM, "]");
}

static enum rl_style usage_style(uint64_t usage)
{
    return usage >= BAD_USAGE ? RL_STYLE_BAD : usage >= WARN_USAGE ? RL_STYLE_WARN : RL_STYLE_GOOD;
}

static enum rl_style stall_style(uint32_t share)
{
    return share >= BAD_SHARE ? RL_STYLE_BAD : share > 0 ? RL_STYLE_WARN : RL_STYLE_DIM;
}

static void draw_title(const struct rl_top_frame *frame, const struct rl_top_out *out)
{
    const struct rl_top_daemon *daemon = frame->daemon;
    struct line line = line_begin(frame, out);
    char text[RL_TOP_TEXT];

    put(&line, RL_STYLE_BOLD, "reliefctl top");
    if (frame->clock && *frame->clock) {
        snprintf(text, sizeof(text), " %s", frame->clock);
        put(&line, RL_STYLE_PLAIN, text);
    }
    if (frame->frozen)
        put(&line, RL_STYLE_WARN, " FROZEN");
    snprintf(text, sizeof(text), ", %zu cgroups, ", frame->model->n);
    put(&line, RL_STYLE_PLAIN, text);
    if (!daemon->asked) {
        put(&line, RL_STYLE_PLAIN, "from files");
    } else if (!daemon->running) {
        put(&line, RL_STYLE_WARN, "reliefd is not running");
    } else {
        snprintf(text, sizeof(text), "reliefd %s%s: ", daemon->version,
            daemon->dry_run ? " (dry run)" : "");
        put(&line, RL_STYLE_GOOD, text);
        snprintf(text, sizeof(text), "%zu hot, %zu incident%s", daemon->hot, daemon->n_incidents,
            daemon->n_incidents == 1 ? "" : "s");
        put(&line, daemon->n_incidents > 0 ? RL_STYLE_BAD : RL_STYLE_PLAIN, text);
    }
    line_end(&line);
}

static uint64_t part_of(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (uint64_t)((double)part * RL_WHOLE / (double)whole) : 0;
}

/* "Memory [####    ] 3.1G of 4G, 900M available   Swap [##  ] 100M of 1G" */
static void draw_memory(const struct rl_top_frame *frame, const struct rl_top_out *out)
{
    const struct rl_sign_counters *now = &frame->signs->now;
    struct line line = line_begin(frame, out);
    char text[RL_TOP_TEXT], total[RL_TEXT_MAX], part[RL_TEXT_MAX], free_[RL_TEXT_MAX];
    size_t width = frame->width > 0 && frame->width < 70 ? 6 : frame->width >= 120 ? 24 : 14;
    uint64_t used = now->mem_total - now->mem_available;

    put(&line, RL_STYLE_PLAIN, "Memory ");
    bar(&line, part_of(used, now->mem_total), width, usage_style(part_of(used, now->mem_total)));
    rl_size_text(used, part, sizeof(part));
    rl_size_text(now->mem_total, total, sizeof(total));
    rl_size_text(now->mem_free, free_, sizeof(free_));
    snprintf(text, sizeof(text), " %s of %s, %s free", part, total, free_);
    put(&line, RL_STYLE_PLAIN, text);
    if (now->swap_total == 0) {
        put(&line, RL_STYLE_DIM, "  no swap");
    } else {
        used = now->swap_total - now->swap_free;
        rl_size_text(used, part, sizeof(part));
        rl_size_text(now->swap_total, total, sizeof(total));
        put(&line, RL_STYLE_PLAIN, "  Swap ");
        bar(&line, part_of(used, now->swap_total), width / 2,
            usage_style(part_of(used, now->swap_total)));
        snprintf(text, sizeof(text), " %s of %s", part, total);
        put(&line, RL_STYLE_PLAIN, text);
    }
    line_end(&line);
}

static void draw_words(const struct rl_top_frame *frame, const struct rl_top_out *out,
    void (*say_it)(struct rl_say *say, const struct rl_signs *signs), const char *first)
{
    struct line line = line_begin(frame, out);
    char text[RL_TOP_TEXT];
    struct rl_say say;

    rl_say_begin(&say, text, sizeof(text));
    rl_say(&say, "%s", first);
    say_it(&say, frame->signs);
    put(&line, RL_STYLE_PLAIN, text);
    line_end(&line);
}

static void draw_text(const struct rl_top_frame *frame, const struct rl_top_out *out,
    enum rl_style style, const char *first, const char *rest)
{
    struct line line = line_begin(frame, out);

    put(&line, style, first);
    put(&line, RL_STYLE_PLAIN, rest);
    line_end(&line);
}

size_t rl_top_draw_head(const struct rl_top_frame *frame, size_t most, const struct rl_top_out *out)
{
    const struct rl_sign_row *row = rl_signs_meaning(frame->signs, 0);
    size_t n = 1, incidents = frame->daemon->n_incidents;

    draw_title(frame, out);
    if (n < most && ++n)
        draw_memory(frame, out);
    for (size_t i = 0; n < most && i < incidents && i < RL_TOP_INCIDENTS; i++, n++)
        draw_text(frame, out, RL_STYLE_BAD, "Incident ", frame->daemon->incidents[i]);
    if (n < most && row && row->shortage && ++n)
        draw_text(frame, out, RL_STYLE_BAD, "Shortage: ", row->text);
    if (n < most && ++n)
        draw_words(frame, out, rl_signs_say_rates, "Rates: ");
    if (n < most && frame->signs->now.promised_known && ++n)
        draw_words(frame, out, rl_signs_say_promised, "Memory ");
    if (n < most && row && !row->shortage && ++n)
        draw_text(frame, out, RL_STYLE_DIM, "No shortage: ", row->text);
    return n;
}

/* ---- rows ---- */

/* The longest name with what stands before it, where nothing has to fit. */
static size_t name_width(const struct rl_top_frame *frame)
{
    const struct rl_top_model *model = frame->model;
    size_t widest = NAME_LEAST;

    for (size_t i = 0; i < model->n_order; i++) {
        const struct rl_top_row *row = &model->rows[model->order[i]];
        char text[RL_TOP_TEXT], path[4096];
        const char *name = model->flat ? rl_top_path(model, model->order[i], path, sizeof(path))
                                       : row->name;
        size_t width = rl_text_width(rl_escape(name, text, sizeof(text))) +
                       (model->flat ? 0 : 2 * row->depth);
        widest = width > widest ? width : widest;
    }
    return widest < NAME_MOST ? widest : NAME_MOST;
}

static void find_widths(const struct rl_top_frame *frame, size_t widths[COLUMNS])
{
    fit(frame, widths);
    if (frame->width > 0)
        return;
    widths[COLUMN_NAME] = name_width(frame);
    widths[COLUMN_VICTIM] = 128;
}

void rl_top_draw_titles(const struct rl_top_frame *frame, const struct rl_top_out *out)
{
    struct line line = line_begin(frame, out);
    size_t widths[COLUMNS];

    find_widths(frame, widths);
    for (size_t c = 0; c < COLUMNS; c++)
        if (widths[c] > 0)
            cell(&line, RL_STYLE_BOLD, columns[c].title, widths[c], columns[c].right);
    line_end(&line);
}

static const struct rl_top_row *selected_row(const struct rl_top_frame *frame)
{
    size_t row = rl_top_row_of(frame->model, frame->selected);

    return row == RL_TOP_NOBODY ? NULL : &frame->model->rows[row];
}

/* Two columns a level: what is folded, and what is below it, can be seen at once. */
static void tree_name(const struct rl_top_frame *frame, size_t index, char *buf, size_t size)
{
    const struct rl_top_model *model = frame->model;
    const struct rl_top_row *row = &model->rows[index];
    char path[4096];
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    if (model->flat) {
        rl_say_foreign(&say, rl_top_path(model, index, path, sizeof(path)));
        return;
    }
    rl_say(&say, "%*s", (int)(2 * row->depth), "");
    if (rl_top_is_folded(model, row->id))
        rl_say(&say, "+");
    rl_say_foreign(&say, row->name);
}

static void name_cell(struct line *line, size_t index, size_t width)
{
    const struct rl_top_row *row = &line->frame->model->rows[index];
    char text[RL_TOP_TEXT];
    enum rl_style style = row->incident ? RL_STYLE_BAD
                          : row->hot    ? RL_STYLE_WARN
                          : row->frozen ? RL_STYLE_DIM
                                        : RL_STYLE_PLAIN;

    tree_name(line->frame, index, text, sizeof(text));
    if (!line->frame->utf8)
        to_ascii(text);
    cell(line, style, line->frame->model->flat ? cut_path(line->frame, text, width) : text, width,
        false);
}

static void size_cell(
    struct line *line, enum rl_style style, bool known, uint64_t bytes, size_t width)
{
    char text[RL_TEXT_MAX] = "-";

    if (known && bytes != RL_NO_LIMIT)
        rl_size_text(bytes, text, sizeof(text));
    cell(line, known ? style : RL_STYLE_DIM, text, width, true);
}

static void stall_cell(struct line *line, bool known, uint32_t share, size_t width)
{
    char text[RL_TEXT_MAX] = "-";

    share += 5; /* rounded */
    if (known && share >= RL_WHOLE)
        snprintf(text, sizeof(text), "100%%");
    else if (known)
        snprintf(text, sizeof(text), "%" PRIu32 ".%" PRIu32 "%%", share / 100, share / 10 % 10);
    cell(line, known ? stall_style(share - 5) : RL_STYLE_DIM, text, width, true);
}

static void victim_text(const struct rl_top_frame *frame, const struct rl_top_row *row, char *buf,
    size_t size, bool at_length)
{
    char path[4096];
    struct rl_say say;
    size_t at;

    rl_say_begin(&say, buf, size);
    if (row->elsewhere)
        rl_say(
            &say, "?%s", at_length ? " (reliefd has other policies; ask reliefctl explain)" : "");
    if (!row->victim_known || !row->policy || row->elsewhere)
        return;
    if (row->victim_id == 0) {
        rl_say(&say, at_length ? "nobody (%s)" : "nobody", row->no_victim);
        return;
    }
    at = rl_top_row_of(frame->model, row->victim_id);
    /* In a column the name is what may be cut. */
    if (!at_length)
        rl_say(&say, "%" PRId64 " ", row->victim_score);
    if (row->victim_pid > 0) {
        rl_say_foreign(&say, row->victim_comm);
        rl_say(&say, "[%d]", (int)row->victim_pid);
    } else {
        rl_say(&say, "all of ");
        rl_say_foreign(&say, at == RL_TOP_NOBODY ? "a cgroup" : frame->model->rows[at].name);
    }
    if (at_length)
        rl_say(&say, " with score %" PRId64, row->victim_score);
    if (row->victim_pid == 0)
        return;
    if (!at_length || at == RL_TOP_NOBODY)
        return;
    rl_say(&say, " in ");
    rl_say_foreign(&say, rl_top_path(frame->model, at, path, sizeof(path)));
}

static void text_cell(struct line *line, enum column c, size_t index, size_t width)
{
    const struct rl_top_frame *frame = line->frame;
    const struct rl_top_row *row = &frame->model->rows[index], *selected = selected_row(frame);
    bool doomed = selected && !selected->elsewhere && selected->victim_id != 0 &&
                  selected->victim_id == row->id;
    char text[RL_TOP_TEXT] = "";

    if (c == COLUMN_MARK) {
        const char *mark = doomed          ? (frame->utf8 ? "\u2717" : "x")
                           : row->incident ? "!"
                           : row->hot      ? "*"
                                           : "";
        cell(line, RL_STYLE_BAD, mark, width, false);
    } else if (c == COLUMN_SPARK) {
        rl_top_spark(row->history, width, frame->utf8, text, sizeof(text));
        cell(line, stall_style(row->some), text, width, false);
    } else if (c == COLUMN_POLICY) {
        cell(line, RL_STYLE_DIM, rl_escape(row->policy ? row->policy : "-", text, sizeof(text)),
            width, false);
    } else if (c == COLUMN_VICTIM) {
        victim_text(frame, row, text, sizeof(text), false);
        cell(line, doomed ? RL_STYLE_BAD : RL_STYLE_PLAIN, text, width, false);
    } else if (c == COLUMN_BAR) {
        rl_top_bar(row->share, width, frame->utf8, text, sizeof(text));
        cell(line, usage_style(row->usage), row->known ? text : "", width, false);
    }
}

void rl_top_draw_row(const struct rl_top_frame *frame, size_t place, const struct rl_top_out *out)
{
    size_t index = frame->model->order[place], widths[COLUMNS];
    const struct rl_top_row *row = &frame->model->rows[index];
    struct line line = line_begin(frame, out);

    find_widths(frame, widths);
    for (size_t c = 0; c < COLUMNS; c++) {
        if (widths[c] == 0)
            continue;
        if (c == COLUMN_NAME)
            name_cell(&line, index, widths[c]);
        else if (c == COLUMN_USED)
            size_cell(&line, RL_STYLE_PLAIN, row->known, row->used, widths[c]);
        else if (c == COLUMN_LEFT)
            size_cell(&line, row->usage >= WARN_USAGE ? usage_style(row->usage) : RL_STYLE_PLAIN,
                row->room_known, row->headroom, widths[c]);
        else if (c == COLUMN_SWAP)
            size_cell(&line, RL_STYLE_PLAIN, row->known, row->swap, widths[c]);
        else if (c == COLUMN_LIMIT)
            size_cell(&line, RL_STYLE_PLAIN, row->known && row->limit != RL_NO_LIMIT, row->limit,
                widths[c]);
        else if (c == COLUMN_SOME || c == COLUMN_FULL)
            stall_cell(
                &line, row->stall_known, c == COLUMN_SOME ? row->some : row->full, widths[c]);
        else
            text_cell(&line, (enum column)c, index, widths[c]);
    }
    line_end(&line);
}

/* ---- the foot ---- */

void rl_top_draw_selected(const struct rl_top_frame *frame, const struct rl_top_out *out)
{
    const struct rl_top_row *row = selected_row(frame);
    char text[RL_TOP_TEXT + 128], name[RL_TOP_TEXT], path[4096];
    struct line line = line_begin(frame, out);

    if (row) {
        rl_escape(rl_top_path(frame->model, (size_t)(row - frame->model->rows), path, sizeof(path)),
            name, sizeof(name));
        /* What is said of it needs most of the line. */
        put(&line, RL_STYLE_BOLD,
            frame->width > 0 ? cut_path(frame, name, frame->width / 3 > 8 ? frame->width / 3 : 8)
                             : name);
        if (!row->policy) {
            put(&line, RL_STYLE_PLAIN, ": no policy acts here");
        } else {
            rl_escape(row->policy, name, sizeof(name));
            snprintf(text, sizeof(text), " short now: %s%s%s would take ", name,
                frame->score ? ", by score " : "", frame->score ? frame->score : "");
            put(&line, RL_STYLE_PLAIN, text);
            victim_text(frame, row, text, sizeof(text), true);
            put(&line, row->victim_id != 0 ? RL_STYLE_BAD : RL_STYLE_PLAIN, *text ? text : "...");
        }
    }
    line_end(&line);
}

void rl_top_draw_foot(const struct rl_top_frame *frame, const struct rl_top_out *out)
{
    const struct rl_top_model *model = frame->model;
    struct line line = line_begin(frame, out);
    char text[RL_TOP_TEXT], filter[256];

    put(&line, RL_STYLE_DIM, "? help  q quit");
    snprintf(text, sizeof(text), "  sorted by %s", rl_top_sort_name(model->sort));
    put(&line, RL_STYLE_PLAIN, text);
    if (*model->filter) {
        snprintf(
            text, sizeof(text), "  filter %s", rl_escape(model->filter, filter, sizeof(filter)));
        put(&line, RL_STYLE_WARN, text);
    }
    if (model->hidden > 0) {
        snprintf(text, sizeof(text), "  %zu idle hidden (i)", model->hidden);
        put(&line, RL_STYLE_PLAIN, text);
    }
    if (frame->score) {
        snprintf(text, sizeof(text), "  score %s", frame->score);
        put(&line, RL_STYLE_WARN, text);
    }
    line_end(&line);
}
