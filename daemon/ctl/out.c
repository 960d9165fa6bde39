#include "daemon/ctl/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "daemon/ctl/ctl.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"

#define CELL_MAX     2048
#define WIDTH_LEAST  80
#define WIDTH_MOST   100
#define COLUMN_LEAST 16 /* a path is not cut below that */
#define GAP          2

/* Where the output ends up; not stdout where a pager stands between. */
static int terminal_fd = STDOUT_FILENO;

void rl_terminal_set(int fd)
{
    terminal_fd = fd;
}

static bool on_terminal(void)
{
    static int known = -1;

    if (known < 0)
        known = isatty(terminal_fd);
    return known;
}

static bool in_colour(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return on_terminal() && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

static struct winsize terminal_size(void)
{
    struct winsize size;

    if (!on_terminal() || ioctl(terminal_fd, TIOCGWINSZ, &size) < 0)
        return (struct winsize){0};
    return size;
}

/* Columns of the terminal; 0: as wide as needed. */
static size_t terminal_width(void)
{
    return terminal_size().ws_col;
}

size_t rl_terminal_lines(void)
{
    return terminal_size().ws_row;
}

void rl_terminal_clear(void)
{
    const char *term = getenv("TERM");

    if (on_terminal() && term && strcmp(term, "dumb") != 0)
        fputs("\033[H\033[J", stdout);
}

static const char *style_start(enum rl_style style)
{
    static const char *const codes[] = {
        [RL_STYLE_PLAIN] = "",
        [RL_STYLE_BOLD] = "\033[1m",
        [RL_STYLE_DIM] = "\033[2m",
        [RL_STYLE_GOOD] = "\033[32m",
        [RL_STYLE_WARN] = "\033[33m",
        [RL_STYLE_BAD] = "\033[1;31m",
    };
    return in_colour() ? codes[style] : "";
}

static const char *style_end(enum rl_style style)
{
    return in_colour() && style != RL_STYLE_PLAIN ? "\033[0m" : "";
}

void rl_print(enum rl_style style, const char *format, ...)
{
    va_list args;

    fputs(style_start(style), stdout);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fputs(style_end(style), stdout);
}

void rl_print_heading(const char *text)
{
    putchar('\n');
    rl_print(RL_STYLE_BOLD, "%s", text);
    putchar('\n');
}

size_t rl_text_width(const char *text)
{
    size_t width = 0;

    while (*text) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);
        int columns = length ? wcwidth((wchar_t)c) : 1;
        width += columns < 0 ? 1 : (size_t)columns;
        text += length ? length : 1;
    }
    return width;
}

void rl_print_paragraph(unsigned indent, const char *text)
{
    size_t most = terminal_width(), at = 0;

    if (most == 0 || most > WIDTH_MOST)
        most = most ? WIDTH_MOST : WIDTH_LEAST;
    while (*text) {
        size_t length = strcspn(text, " ");
        rl_auto_free char *word = strndup(text, length);
        size_t width = word ? rl_text_width(word) : length;
        if (at > 0 && at + 1 + width > most) {
            putchar('\n');
            at = 0;
        }
        if (at == 0) {
            printf("%*s", (int)indent, "");
            at = indent;
        } else {
            putchar(' ');
            at++;
        }
        fwrite(text, 1, length, stdout);
        at += width;
        text += length + strspn(text + length, " ");
    }
    putchar('\n');
}

int rl_print_json(const json_t *json)
{
    rl_auto_free char *text = rl_json_pretty(json);

    if (!text) {
        fprintf(stderr, "reliefctl: out of memory\n");
        return RL_EXIT_FAILURE;
    }
    puts(text);
    return RL_EXIT_OK;
}

struct row {
    enum rl_style style;
    char *cells[RL_COLUMNS_MAX]; /* NULL: empty */
};

struct rl_table {
    const struct rl_column *columns;
    size_t n_columns;
    struct row *rows;
    size_t n_rows, size;
    size_t next; /* cell to be filled */
    const size_t *spare;
    size_t n_spare;
};

struct rl_table *rl_table_new(const struct rl_column *columns, size_t n)
{
    struct rl_table *table = calloc(1, sizeof(*table));

    if (table) {
        table->columns = columns;
        table->n_columns = n < RL_COLUMNS_MAX ? n : RL_COLUMNS_MAX;
    }
    return table;
}

void rl_table_spare(struct rl_table *table, const size_t *columns, size_t n)
{
    if (!table)
        return;
    table->spare = columns;
    table->n_spare = n;
}

void rl_table_row(struct rl_table *table, enum rl_style style)
{
    if (!table)
        return;
    if (table->n_rows == table->size) {
        size_t size = table->size ? 2 * table->size : 32;
        struct row *rows = reallocarray(table->rows, size, sizeof(*rows));
        if (!rows)
            return;
        table->rows = rows;
        table->size = size;
    }
    table->rows[table->n_rows++] = (struct row){.style = style};
    table->next = 0;
}

static void put_cell(struct rl_table *table, const char *text)
{
    if (table && table->n_rows > 0 && table->next < table->n_columns)
        table->rows[table->n_rows - 1].cells[table->next++] = strdup(text);
}

void rl_table_text(struct rl_table *table, const char *foreign)
{
    char text[CELL_MAX];

    put_cell(table, rl_escape(foreign, text, sizeof(text)));
}

void rl_table_cell(struct rl_table *table, const char *format, ...)
{
    char text[CELL_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put_cell(table, text);
}

/* Widths as wide as needed. */
static void measure(const struct rl_table *table, size_t *widths)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        widths[c] = rl_text_width(table->columns[c].title);
        for (size_t r = 0; r < table->n_rows; r++) {
            const char *cell = table->rows[r].cells[c];
            size_t width = cell ? rl_text_width(cell) : 0;
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
}

static bool may_shrink(const struct rl_table *table, size_t column, const size_t *widths)
{
    return table->columns[column].kind == RL_COLUMN_PATH && widths[column] > COLUMN_LEAST;
}

/* Columns that all take: as they are, or with paths as narrow as can be. */
static size_t total_width(
    const struct rl_table *table, unsigned indent, const size_t *widths, bool narrow)
{
    size_t total = indent;

    for (size_t c = 0; c < table->n_columns; c++) {
        if (widths[c] > 0)
            total += (total > indent ? GAP : 0) +
                     (narrow && may_shrink(table, c, widths) ? COLUMN_LEAST : widths[c]);
    }
    return total;
}

/* Leave out what can be spared (its width becomes 0), then narrow the paths until it fits. */
static void fit(const struct rl_table *table, unsigned indent, size_t *widths)
{
    size_t room = terminal_width();

    measure(table, widths);
    for (size_t i = 0; room > 0 && i < table->n_spare; i++) {
        if (total_width(table, indent, widths, true) <= room)
            break;
        widths[table->spare[i]] = 0;
    }
    while (room > 0 && total_width(table, indent, widths, false) > room) {
        size_t widest = table->n_columns;
        for (size_t c = 0; c < table->n_columns; c++) {
            if (may_shrink(table, c, widths) &&
                (widest == table->n_columns || widths[c] > widths[widest]))
                widest = c;
        }
        if (widest == table->n_columns)
            return;
        widths[widest]--;
    }
}

/* The end of a text that fits into width columns, one of them for the mark. */
static const char *tail(const char *text, size_t width)
{
    while (rl_text_width(text) > width - 1) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);
        text += length ? length : 1;
    }
    return text;
}

static void print_cell(const char *text, size_t width, const struct rl_column *column, bool last)
{
    size_t own = rl_text_width(text);

    if (own > width) {
        const char *end = tail(text, width);
        printf("<%s%*s", end, (int)(width - 1 - rl_text_width(end)), "");
    } else if (column->kind == RL_COLUMN_RIGHT) {
        printf("%*s%s", (int)(width - own), "", text);
    } else {
        printf("%s%*s", text, last ? 0 : (int)(width - own), "");
    }
}

static bool is_empty(const char *cell)
{
    return !cell || !*cell;
}

static void print_row(
    const struct rl_table *table, const struct row *row, const size_t *widths, unsigned indent)
{
    size_t n = table->n_columns;

    while (n > 0 && (is_empty(row->cells[n - 1]) || widths[n - 1] == 0))
        n--; /* no blanks at the end of a line */
    printf("%*s%s", (int)indent, "", style_start(row->style));
    for (size_t c = 0; c < n; c++) {
        bool last = c + 1 == n;
        if (widths[c] == 0)
            continue;
        print_cell(row->cells[c] ? row->cells[c] : "", widths[c], &table->columns[c], last);
        if (!last)
            printf("%*s", GAP, "");
    }
    printf("%s\n", style_end(row->style));
}

void rl_table_end(struct rl_table *table, unsigned indent)
{
    struct row head = {.style = RL_STYLE_DIM};
    size_t widths[RL_COLUMNS_MAX];

    if (!table) {
        fprintf(stderr, "reliefctl: out of memory\n");
        return;
    }
    fit(table, indent, widths);
    for (size_t c = 0; c < table->n_columns; c++)
        head.cells[c] = (char *)(uintptr_t)table->columns[c].title;
    print_row(table, &head, widths, indent);
    for (size_t r = 0; r < table->n_rows; r++) {
        print_row(table, &table->rows[r], widths, indent);
        for (size_t c = 0; c < table->n_columns; c++)
            free(table->rows[r].cells[c]);
    }
    free(table->rows);
    free(table);
}
