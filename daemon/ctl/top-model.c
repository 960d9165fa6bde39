#include "daemon/ctl/top-model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/limits.h"

#define LENGTH(a)  (sizeof(a) / sizeof((a)[0]))
#define IDLE_PART  100  /* of the machine's memory */
#define IDLE_USAGE 5000 /* hundredths of a percent */

static const char *const sort_names[RL_TOP_SORTS] = {
    [RL_TOP_BY_PRESSURE] = "pressure",
    [RL_TOP_BY_HEADROOM] = "headroom",
    [RL_TOP_BY_USED] = "used",
    [RL_TOP_BY_SWAP] = "swap",
    [RL_TOP_BY_NAME] = "name",
};

const char *rl_top_sort_name(enum rl_top_sort sort)
{
    return sort < RL_TOP_SORTS ? sort_names[sort] : NULL;
}

void rl_top_model_free(struct rl_top_model *model)
{
    free(model->folded);
    free(model->order);
    model->folded = NULL;
    model->order = NULL;
    model->n_folded = model->folded_size = model->n_order = model->order_size = 0;
}

/* ---- order ---- */

/* Less than 0: a comes first. */
static int compare_u64(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

static int by_pressure(const struct rl_top_row *a, const struct rl_top_row *b)
{
    int r = compare_u64(a->some, b->some);

    if (r == 0)
        r = compare_u64(a->full, b->full);
    if (r == 0)
        r = compare_u64(a->usage, b->usage);
    return r != 0 ? r : compare_u64(a->used, b->used);
}

static int by_headroom(const struct rl_top_row *a, const struct rl_top_row *b)
{
    uint64_t left = a->room_known ? a->headroom : UINT64_MAX;
    uint64_t right = b->room_known ? b->headroom : UINT64_MAX;
    int r = -compare_u64(left, right);

    return r != 0 ? r : compare_u64(a->used, b->used); /* all below one limit have the same */
}

static int by_used(const struct rl_top_row *a, const struct rl_top_row *b)
{
    return compare_u64(a->used, b->used);
}

static int by_swap(const struct rl_top_row *a, const struct rl_top_row *b)
{
    return compare_u64(a->swap, b->swap);
}

static int by_name(const struct rl_top_row *a, const struct rl_top_row *b)
{
    return strcmp(a->name, b->name);
}

static int (*const comparisons[RL_TOP_SORTS])(
    const struct rl_top_row *a, const struct rl_top_row *b) = {
    [RL_TOP_BY_PRESSURE] = by_pressure,
    [RL_TOP_BY_HEADROOM] = by_headroom,
    [RL_TOP_BY_USED] = by_used,
    [RL_TOP_BY_SWAP] = by_swap,
    [RL_TOP_BY_NAME] = by_name,
};

static int compare(const struct rl_top_model *model, size_t left, size_t right)
{
    const struct rl_top_row *a = &model->rows[left], *b = &model->rows[right];
    int r = comparisons[model->sort](a, b);

    if (r == 0)
        r = strcmp(a->name, b->name);
    return r != 0 ? r : (left > right) - (left < right);
}

static int compare_siblings(const void *left, const void *right, void *userdata)
{
    const struct rl_top_model *model = userdata;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    size_t above_a = model->rows[a].parent, above_b = model->rows[b].parent;

    if (above_a != above_b)
        return above_a < above_b ? -1 : 1;
    return compare(model, a, b);
}

static int compare_all(const void *left, const void *right, void *userdata)
{
    return compare(userdata, *(const size_t *)left, *(const size_t *)right);
}

/* ---- what is to be seen ---- */

bool rl_top_is_idle(const struct rl_top_model *model, size_t row)
{
    const struct rl_top_row *r = &model->rows[row];
    bool tight = r->limit != RL_NO_LIMIT && r->room_known && r->usage >= IDLE_USAGE;

    if (r->hot || r->incident || r->frozen || r->some > 0 || tight ||
        r->used >= model->mem_total / IDLE_PART)
        return false;
    for (size_t i = 0; i < RL_TOP_MINUTE; i++)
        if (r->history[i] != RL_TOP_NEVER && r->history[i] > 0)
            return false;
    return true;
}

static bool matches(const struct rl_top_model *model, size_t row)
{
    char path[4096];

    return strstr(rl_top_path(model, row, path, sizeof(path)), model->filter) != NULL;
}

/* Children come after their parents: seen from the end, each can tell the one above. */
static void find_seen(struct rl_top_model *model, bool *seen)
{
    for (size_t i = 0; i < model->n; i++)
        seen[i] = *model->filter ? matches(model, i)
                                 : model->show_idle || !rl_top_is_idle(model, i);
    for (size_t i = 0; !*model->filter && i < model->n; i++)
        model->hidden += !seen[i] && i > 0;
    for (size_t i = model->n; !model->flat && i-- > 1;) {
        if (!seen[i] || seen[model->rows[i].parent])
            continue;
        seen[model->rows[i].parent] = true;
        model->hidden -= !*model->filter && model->rows[i].parent > 0;
    }
    seen[0] = !model->flat || seen[0];
}

static void hide_folded(const struct rl_top_model *model, bool *seen, bool *folded)
{
    for (size_t i = 0; i < model->n; i++) {
        size_t above = model->rows[i].parent;

        folded[i] = i > 0 && (folded[above] || rl_top_is_folded(model, model->rows[above].id));
        seen[i] = seen[i] && !folded[i];
    }
}

/* From the sorted list of siblings (those of one parent stand together) to the order of a tree. */
static void walk_tree(struct rl_top_model *model, const size_t *siblings, const size_t *first,
    const bool *seen, size_t *stack)
{
    size_t n = 0;

    stack[n++] = 0;
    while (n > 0) {
        size_t row = stack[--n], from = first[row], to = first[row + 1];

        if (seen[row])
            model->order[model->n_order++] = row;
        while (to > from)
            stack[n++] = siblings[--to];
    }
}

static void arrange_tree(
    struct rl_top_model *model, const bool *seen, size_t *siblings, size_t *first, size_t *stack)
{
    size_t n = model->n - 1, at = 0;

    for (size_t i = 0; i < n; i++)
        siblings[i] = i + 1;
    qsort_r(siblings, n, sizeof(*siblings), compare_siblings, model);
    for (size_t row = 0; row <= model->n; row++) {
        while (at < n && model->rows[siblings[at]].parent < row)
            at++;
        first[row] = at;
    }
    walk_tree(model, siblings, first, seen, stack);
}

static void arrange_flat(struct rl_top_model *model, const bool *seen)
{
    for (size_t i = 0; i < model->n; i++)
        if (seen[i])
            model->order[model->n_order++] = i;
    qsort_r(model->order, model->n_order, sizeof(*model->order), compare_all, model);
}

static int make_room(struct rl_top_model *model)
{
    size_t *larger;

    if (model->order_size >= model->n)
        return 0;
    larger = reallocarray(model->order, 2 * model->n, sizeof(*larger));
    if (!larger)
        return -ENOMEM;
    model->order = larger;
    model->order_size = 2 * model->n;
    return 0;
}

int rl_top_arrange(struct rl_top_model *model)
{
    size_t n = model->n;
    size_t *work = malloc((3 * n + 1) * sizeof(*work));
    bool *seen = calloc(2 * n + 1, sizeof(*seen));
    int r = -ENOMEM;

    model->n_order = model->hidden = 0;
    if (work && seen && make_room(model) == 0) {
        r = 0;
        if (n > 0) {
            find_seen(model, seen);
            if (!model->flat)
                hide_folded(model, seen, seen + n);
            if (model->flat)
                arrange_flat(model, seen);
            else
                arrange_tree(model, seen, work, work + n, work + 2 * n + 1);
        }
    }
    free(work);
    free(seen);
    return r;
}

/* ---- folding ---- */

bool rl_top_is_folded(const struct rl_top_model *model, uint64_t id)
{
    for (size_t i = 0; i < model->n_folded; i++)
        if (model->folded[i] == id)
            return true;
    return false;
}

int rl_top_toggle_fold(struct rl_top_model *model, uint64_t id)
{
    for (size_t i = 0; i < model->n_folded; i++) {
        if (model->folded[i] != id)
            continue;
        model->folded[i] = model->folded[--model->n_folded];
        return 0;
    }
    if (model->n_folded == model->folded_size) {
        size_t size = model->folded_size ? 2 * model->folded_size : 16;
        uint64_t *larger = reallocarray(model->folded, size, sizeof(*larger));

        if (!larger)
            return -ENOMEM;
        model->folded = larger;
        model->folded_size = size;
    }
    model->folded[model->n_folded++] = id;
    return 0;
}

bool rl_top_has_children(const struct rl_top_model *model, size_t row)
{
    /* In the order in which they were read the first child follows at once. */
    return row + 1 < model->n && model->rows[row + 1].parent == row;
}

/* ---- finding ---- */

const char *rl_top_path(const struct rl_top_model *model, size_t row, char *buf, size_t size)
{
    size_t at = size - 1;

    buf[at] = '\0';
    for (; row > 0; row = model->rows[row].parent) {
        size_t length = strlen(model->rows[row].name);

        if (length + 1 > at)
            break;
        at -= length;
        memcpy(buf + at, model->rows[row].name, length);
        buf[--at] = '/';
    }
    if (at == size - 1)
        buf[--at] = '/';
    memmove(buf, buf + at, size - at);
    return buf;
}

size_t rl_top_row_of(const struct rl_top_model *model, uint64_t id)
{
    for (size_t i = 0; i < model->n; i++)
        if (model->rows[i].id == id)
            return i;
    return RL_TOP_NOBODY;
}

size_t rl_top_place_of(const struct rl_top_model *model, uint64_t id)
{
    for (size_t i = 0; i < model->n_order; i++)
        if (model->rows[model->order[i]].id == id)
            return i;
    return RL_TOP_NOBODY;
}

size_t rl_top_worst(const struct rl_top_model *model)
{
    size_t worst = 0;

    for (size_t i = 1; i < model->n; i++) {
        const struct rl_top_row *row = &model->rows[i], *best = &model->rows[worst];

        if (row->some == 0)
            continue;
        if (row->some > best->some || (row->some == best->some && row->depth > best->depth))
            worst = i;
    }
    return worst;
}

/* ---- bars and sparklines ---- */

static const char *const blocks[] = {
    "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
static const char *const eighths[] = {
    "", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589", "\u2588"};
static const char *const signs[] = {".", ":", "-", "=", "+", "*", "#", "@"};

/* Hundredths of a percent from which on a level counts. */
static const uint16_t levels[] = {0, 1, 100, 300, 1000, 2000, 4000, 7000};

static size_t level_of(uint16_t share)
{
    size_t level = 0;

    while (level + 1 < LENGTH(levels) && share >= levels[level + 1])
        level++;
    return level;
}

static void append(char *buf, size_t size, size_t *n, const char *text)
{
    size_t length = strlen(text);

    if (*n + length >= size)
        return;
    memcpy(buf + *n, text, length + 1);
    *n += length;
}

const char *rl_top_spark(
    const uint16_t history[RL_TOP_MINUTE], size_t columns, bool utf8, char *buf, size_t size)
{
    size_t n = 0;

    *buf = '\0';
    for (size_t column = 0; column < columns; column++) {
        size_t from = column * RL_TOP_MINUTE / columns;
        size_t to = (column + 1) * RL_TOP_MINUTE / columns;
        bool known = false;
        uint16_t worst = 0;

        for (size_t i = from; i < to || i == from; i++) {
            if (history[i] == RL_TOP_NEVER)
                continue;
            known = true;
            worst = history[i] > worst ? history[i] : worst;
        }
        append(buf, size, &n, !known ? " " : (utf8 ? blocks : signs)[level_of(worst)]);
    }
    return buf;
}

const char *rl_top_bar(uint64_t share, size_t columns, bool utf8, char *buf, size_t size)
{
    uint64_t whole = share < RL_WHOLE ? share : RL_WHOLE;
    size_t n = 0, parts = (size_t)((whole * columns * 8 + RL_WHOLE / 2) / RL_WHOLE);

    /* Whatever is there is seen, and only what is full is shown as full. */
    if (whole > 0 && parts == 0)
        parts = 1;
    if (whole < RL_WHOLE && parts == columns * 8 && parts > 0)
        parts--;
    *buf = '\0';
    for (size_t column = 0; column < columns; column++) {
        size_t part = parts > column * 8 ? parts - column * 8 : 0;

        part = part < 8 ? part : 8;
        if (utf8)
            append(buf, size, &n, part > 0 ? eighths[part] : " ");
        else
            append(buf, size, &n, part >= 4 || (part > 0 && column == 0) ? "#" : " ");
    }
    return buf;
}

/* ---- histories ---- */

void rl_top_history_add(
    uint16_t history[RL_TOP_MINUTE], uint64_t *newest_s, uint64_t now_s, uint16_t share)
{
    uint16_t *last = &history[RL_TOP_MINUTE - 1];
    uint64_t steps = now_s > *newest_s ? now_s - *newest_s : 0;

    if (steps == 0) {
        *last = *last == RL_TOP_NEVER || share > *last ? share : *last;
        return;
    }
    steps = steps < RL_TOP_MINUTE ? steps : RL_TOP_MINUTE;
    memmove(history, history + steps, (RL_TOP_MINUTE - steps) * sizeof(*history));
    for (size_t i = RL_TOP_MINUTE - steps; i < RL_TOP_MINUTE; i++)
        history[i] = share;
    *newest_s = now_s;
}

bool rl_top_history_mean(const uint16_t history[RL_TOP_MINUTE], size_t n, uint32_t *ret)
{
    uint64_t sum = 0;

    for (size_t i = RL_TOP_MINUTE - n; i < RL_TOP_MINUTE; i++) {
        if (history[i] == RL_TOP_NEVER)
            return false;
        sum += history[i];
    }
    *ret = (uint32_t)(sum / n);
    return true;
}
