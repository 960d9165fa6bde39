/* How reliefctl prints: tables, paragraphs, colours.
 *
 * Colours and cutting to the terminal's width happen only on a terminal (and not with NO_COLOR
 * or TERM=dumb); into a pipe or file goes plain, complete text. Every text that enters a table or
 * paragraph cell by rl_table_text() is escaped (daemon/report/say.h). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rl_style {
    RL_STYLE_PLAIN,
    RL_STYLE_BOLD,
    RL_STYLE_DIM,
    RL_STYLE_GOOD,
    RL_STYLE_WARN,
    RL_STYLE_BAD,
};

/* Print in a style. Our own words only. */
__attribute__((format(printf, 2, 3))) void rl_print(enum rl_style style, const char *format, ...);

/* A heading with an empty line before it. */
void rl_print_heading(const char *text);

/* One paragraph, broken at blanks to fit the terminal (80 to 100 columns), each line indented. */
void rl_print_paragraph(unsigned indent, const char *text);

/* A malloc'ed JSON text or a value, pretty on stdout. Return: an exit code. */
int rl_print_json(const json_t *json);

enum rl_column_kind {
    RL_COLUMN_LEFT,
    RL_COLUMN_RIGHT, /* numbers */
    RL_COLUMN_PATH,  /* left, and cut in front where the terminal is too narrow */
};

struct rl_column {
    const char *title;
    enum rl_column_kind kind;
};

#define RL_COLUMNS_MAX 20

struct rl_table;

/* Columns are kept by reference. Return: NULL when memory is out; all calls below take that. */
struct rl_table *rl_table_new(const struct rl_column *columns, size_t n);
/* Columns that are left out, in this order, where the terminal is too narrow for all. Kept by
 * reference, too. */
void rl_table_spare(struct rl_table *table, const size_t *columns, size_t n);
void rl_table_row(struct rl_table *table, enum rl_style style);
/* Fill the next cell of the row. */
void rl_table_text(struct rl_table *table, const char *foreign);
__attribute__((format(printf, 2, 3))) void rl_table_cell(
    struct rl_table *table, const char *format, ...);
/* Print with an indent, and free. */
void rl_table_end(struct rl_table *table, unsigned indent);

/* What is printed reaches this terminal, by way of a pager. */
void rl_terminal_set(int fd);

/* Lines that the terminal has; 0: there is no terminal. */
size_t rl_terminal_lines(void);

/* Go back to the upper left corner of the terminal and clear it. Does nothing where there is none.
 */
void rl_terminal_clear(void);

/* Columns that a text takes on a terminal. */
size_t rl_text_width(const char *text);
