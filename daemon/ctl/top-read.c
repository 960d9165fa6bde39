#include "daemon/ctl/top-read.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/name.h"
#include "daemon/observe/read.h"
#include "daemon/observe/sample.h"
#include "daemon/report/cleanup.h"

#define SWEEP_PART    32 /* of all cgroups are read at each look, whatever they do */
#define SWEEP_LEAST   64
#define MEAN_S        10 /* seconds that SOME and FULL are the mean of */
#define VICTIM_AGE_US (3 * RL_US_PER_S)
#define VICTIM_DUTY   20 /* a choice is made again after this many times what it took */

/* What is kept of a cgroup from look to look. */
struct note {
    uint64_t id;   /* 0: free */
    uint32_t look; /* the last one that found it */
    uint32_t read; /* the last one that read its files; 0: none */
    bool stall_known, mean_known;
    uint64_t some_us, full_us, at_us, newest_s, newest_full_s;
    uint16_t some[RL_TOP_MINUTE], full[RL_TOP_MINUTE];
    uint32_t some_mean, full_mean; /* the kernel's own, until ours is known */
    struct rl_level level;
    bool level_known, frozen;
    uint64_t victim_at_us, victim_cost_us;
    struct rl_look_victim victim;
    uint64_t victim_id;
};

struct rl_top_reader {
    struct rl_observer *observer;
    struct rl_node_files node;
    struct note *notes; /* a table by id, open addressing */
    size_t n, size;
    struct rl_top_row *rows;
    struct rl_cgroup **cgroups; /* of the rows */
    struct rl_room *rooms;
    bool *moved; /* of the rows: its pressure has */
    size_t n_rows, rows_size;
    char *names;
    size_t names_used, names_size;
    uint32_t looks;
    size_t sweep; /* the row that the next sweep begins at */
};

/* ---- notes ---- */

static struct note *place_of(struct note *notes, size_t size, uint64_t id)
{
    size_t at = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (size - 1);

    while (notes[at].id != 0 && notes[at].id != id)
        at = (at + 1) & (size - 1);
    return &notes[at];
}

static struct note *find(struct rl_top_reader *reader, uint64_t id)
{
    return place_of(reader->notes, reader->size, id);
}

/* Those that no look has found for a while are left behind. */
static int make_table(struct rl_top_reader *reader, size_t size)
{
    struct note *larger = calloc(size, sizeof(*larger));

    if (!larger)
        return -ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < reader->size; i++) {
        const struct note *old = &reader->notes[i];
        if (old->id == 0 || old->look + 1 < reader->looks)
            continue;
        *place_of(larger, size, old->id) = *old;
        n++;
    }
    free(reader->notes);
    reader->notes = larger;
    reader->size = size;
    reader->n = n;
    return 0;
}

static int keep_table(struct rl_top_reader *reader, size_t wanted)
{
    size_t size = reader->size ? reader->size : 256;

    while (size < 2 * (wanted + 1))
        size *= 2;
    if (size == reader->size && 2 * reader->n < size)
        return 0;
    return make_table(reader, size);
}

static struct note *note_of(struct rl_top_reader *reader, const struct rl_cgroup *cgroup)
{
    struct note *note = find(reader, cgroup->id);

    if (note->id == 0) {
        *note = (struct note){.id = cgroup->id};
        for (size_t i = 0; i < RL_TOP_MINUTE; i++)
            note->some[i] = note->full[i] = RL_TOP_NEVER;
        reader->n++;
    }
    note->look = reader->looks;
    return note;
}

/* ---- rows ---- */

static int add_name(struct rl_top_reader *reader, const struct rl_cgroup *cgroup, size_t *ret)
{
    char name[NAME_MAX + 1] = "/";
    size_t length = cgroup->parent ? rl_name_unpack(cgroup->name, name) : 1;

    if (reader->names_used + length + 1 > reader->names_size) {
        size_t size = 2 * reader->names_size + NAME_MAX + 1;
        char *larger = realloc(reader->names, size);

        if (!larger)
            return -ENOMEM;
        reader->names = larger;
        reader->names_size = size;
    }
    *ret = reader->names_used;
    memcpy(reader->names + reader->names_used, name, length + 1);
    reader->names_used += length + 1;
    return 0;
}

static int make_rows(struct rl_top_reader *reader, size_t n)
{
    if (n <= reader->rows_size)
        return 0;
    struct rl_top_row *rows = reallocarray(reader->rows, n, sizeof(*rows));
    if (rows)
        reader->rows = rows;
    struct rl_cgroup **cgroups = reallocarray(reader->cgroups, n, sizeof(struct rl_cgroup *));
    if (cgroups)
        reader->cgroups = cgroups;
    struct rl_room *rooms = reallocarray(reader->rooms, n, sizeof(*rooms));
    if (rooms)
        reader->rooms = rooms;
    bool *moved = reallocarray(reader->moved, n, sizeof(*moved));
    if (moved)
        reader->moved = moved;
    if (!rows || !cgroups || !rooms || !moved)
        return -ENOMEM;
    reader->rows_size = n;
    return 0;
}

/* The tree as it is now, parents first. */
static int list_rows(struct rl_top_reader *reader)
{
    struct rl_tree *tree = rl_look_tree(reader->observer->look);
    struct rl_cgroup *root = rl_tree_root(tree);
    size_t above[RL_DEPTH_MAX + 2] = {0}, at = 0;
    int r = make_rows(reader, rl_tree_size(tree) + 1);

    if (r == 0)
        r = keep_table(reader, rl_tree_size(tree) + 1);
    reader->n_rows = reader->names_used = 0;
    for (struct rl_cgroup *c = root; r == 0 && c; c = rl_tree_next(root, c)) {
        size_t i = reader->n_rows;

        if (i == reader->rows_size || c->depth > RL_DEPTH_MAX)
            break;
        r = add_name(reader, c, &at);
        above[c->depth] = i;
        reader->cgroups[i] = c;
        reader->rows[i] = (struct rl_top_row){
            .id = c->id,
            .parent = c->depth > 0 ? above[c->depth - 1] : 0,
            .depth = c->depth,
            .name = (char *)at, /* an offset until all names are there */
        };
        note_of(reader, c);
        reader->n_rows++;
    }
    for (size_t i = 0; i < reader->n_rows; i++)
        reader->rows[i].name = reader->names + (size_t)reader->rows[i].name;
    return r;
}

/* ---- stall ---- */

/* The kernel's mean of 10 s, hundredths of a percent: "some avg10=1.23 ...". */
static bool parse_mean(const char *text, const char *kind, uint32_t *ret)
{
    const char *at = strstr(text, kind);
    unsigned whole, part;

    if (!at || sscanf(at + strlen(kind), " avg10=%u.%2u", &whole, &part) != 2 || whole > 100)
        return false;
    *ret = whole * 100 + part;
    return true;
}

static uint16_t share_of(uint64_t before, uint64_t now, uint64_t span_us)
{
    uint64_t share = now > before && span_us > 0 ? (now - before) * RL_WHOLE / span_us : 0;

    return (uint16_t)(share < RL_WHOLE ? share : RL_WHOLE);
}

static void take_stall(struct note *note, uint64_t some_us, uint64_t full_us, uint64_t now_us)
{
    if (note->stall_known && now_us > note->at_us) {
        uint64_t span = now_us - note->at_us, now_s = now_us / RL_US_PER_S;

        rl_top_history_add(
            note->some, &note->newest_s, now_s, share_of(note->some_us, some_us, span));
        rl_top_history_add(
            note->full, &note->newest_full_s, now_s, share_of(note->full_us, full_us, span));
    } else {
        note->newest_s = note->newest_full_s = now_us / RL_US_PER_S;
    }
    note->stall_known = true;
    note->some_us = some_us;
    note->full_us = full_us;
    note->at_us = now_us;
}

static void file_of(const struct rl_cgroup *cgroup, const char *name, char *buf, size_t size)
{
    size_t length = rl_cgroup_path(cgroup, buf, size);

    snprintf(buf + length, size - length, "%s%s", length > 1 ? "/" : "", name);
}

/* Return: has it stalled since the last look, or is that not known? */
static bool look_at_pressure(
    struct rl_top_reader *reader, const struct rl_cgroup *cgroup, uint64_t now_us)
{
    const struct rl_probe *probe = &reader->observer->probe;
    struct note *note = find(reader, cgroup->id);
    char path[PATH_MAX + 64], text[512];
    uint64_t some, full;

    file_of(cgroup, "memory.pressure", path, sizeof(path));
    ssize_t n = rl_read_at(probe->cgroup_fd, path + 1, text, sizeof(text));
    if (n < 0 && !cgroup->parent)
        n = rl_read_at(probe->proc_fd, "pressure/memory", text, sizeof(text));
    if (n < 0 || rl_parse_pressure(text, &some, &full) < 0)
        return true; /* a parent whose own file is switched off says nothing of its children */
    bool moved = !note->stall_known || some != note->some_us || full != note->full_us;
    note->mean_known = parse_mean(text, "some", &note->some_mean);
    if (!parse_mean(text, "full", &note->full_mean))
        note->full_mean = 0;
    take_stall(note, some, full, now_us);
    return moved;
}

/* Below what has not moved nothing has. */
static void look_at_stall(struct rl_top_reader *reader, uint64_t now_us)
{
    for (size_t i = 0; i < reader->n_rows; i++) {
        const struct rl_top_row *row = &reader->rows[i];
        struct note *note = find(reader, row->id);

        if (i == 0 || reader->moved[row->parent] || (!note->stall_known && note->read == 0)) {
            reader->moved[i] = look_at_pressure(reader, reader->cgroups[i], now_us);
            continue;
        }
        reader->moved[i] = false;
        if (note->stall_known)
            take_stall(note, note->some_us, note->full_us, now_us);
    }
}

/* ---- memory ---- */

static void read_memory(struct rl_top_reader *reader, struct rl_cgroup *cgroup)
{
    struct note *note = find(reader, cgroup->id);
    struct rl_files files;
    char text[256];

    note->read = reader->looks;
    int fd = rl_cgroup_open(rl_look_tree(reader->observer->look), cgroup);
    if (fd < 0)
        return;
    rl_files_open(&files, fd, -1);
    note->level_known = rl_files_read(&files,
                            RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_LIMITS | RL_HAVE_SWAP,
                            rl_now_us()) == 0 &&
                        (files.sample.have & RL_HAVE_CURRENT);
    rl_level_of(&files.sample, &note->level);
    if (!(files.sample.have & RL_HAVE_STAT))
        note->level.used = files.sample.current;
    if (rl_read_at(fd, "cgroup.events", text, sizeof(text)) < 0 ||
        rl_parse_frozen(text, &note->frozen) < 0)
        note->frozen = false;
    rl_files_close(&files);
    rl_look_policy(reader->observer->look, cgroup);
}

static bool is_shown(const uint64_t *shown, size_t n, uint64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (shown[i] == id)
            return true;
    return false;
}

static void look_at_memory(struct rl_top_reader *reader, const uint64_t *shown, size_t n_shown)
{
    size_t part = reader->n_rows / SWEEP_PART, from = reader->sweep;

    part = part > SWEEP_LEAST ? part : SWEEP_LEAST;
    part = part < reader->n_rows ? part : reader->n_rows;
    if (from >= reader->n_rows)
        from = 0;
    for (size_t i = 1; i < reader->n_rows; i++) {
        const struct note *note = find(reader, reader->rows[i].id);
        bool turn = (i >= from ? i - from : i + reader->n_rows - from) < part;

        if (note->read == 0 || turn || (reader->moved[i] && note->some_mean > 0) ||
            is_shown(shown, n_shown, reader->rows[i].id))
            read_memory(reader, reader->cgroups[i]);
    }
    reader->sweep = from + part;
    rl_look_policy(reader->observer->look, reader->cgroups[0]);
}

/* ---- from notes to rows ---- */

static void find_room(struct rl_top_reader *reader, size_t i)
{
    struct rl_level levels[RL_DEPTH_MAX + 1];
    size_t n = 0;

    for (size_t at = i; at > 0 && n <= RL_DEPTH_MAX; at = reader->rows[at].parent)
        levels[n++] = find(reader, reader->rows[at].id)->level;
    rl_room_of(levels, n, &reader->node.node, &reader->rooms[i]);
}

static void fill_node(struct rl_top_reader *reader, struct rl_top_row *row)
{
    const struct rl_node *node = &reader->node.node;

    row->known = true;
    row->used = node->mem_total - node->mem_available;
    row->swap = node->swap_total - node->swap_free;
    row->limit = node->mem_total;
}

static void fill_row(struct rl_top_reader *reader, size_t i)
{
    struct rl_top_row *row = &reader->rows[i];
    const struct note *note = find(reader, row->id);
    const struct rl_level *level = &note->level;

    row->known = note->level_known;
    row->used = level->used;
    row->swap = level->swap_known ? level->swap_used : 0;
    row->limit = level->memory_high < level->memory_max ? level->memory_high : level->memory_max;
    if (!note->level_known)
        row->limit = RL_NO_LIMIT;
    if (i == 0)
        fill_node(reader, row);
    uint64_t whole = row->limit != RL_NO_LIMIT ? row->limit : reader->node.node.mem_total;
    row->share = whole > 0 ? (uint64_t)((double)row->used * RL_WHOLE / (double)whole) : 0;
    row->room_known = row->known && reader->rooms[i].known;
    row->usage = reader->rooms[i].usage;
    row->headroom = reader->rooms[i].headroom;
    row->stall_known = note->stall_known;
    memcpy(row->history, note->some, sizeof(row->history));
    if (!rl_top_history_mean(note->some, MEAN_S, &row->some) ||
        !rl_top_history_mean(note->full, MEAN_S, &row->full)) {
        row->some = note->mean_known ? note->some_mean : 0;
        row->full = note->mean_known ? note->full_mean : 0;
    }
    row->frozen = note->frozen;
    row->policy = rl_look_policy_name(reader->cgroups[i]);
}

static void fill_victim(struct rl_top_reader *reader, size_t i)
{
    struct rl_top_row *row = &reader->rows[i];
    const struct note *note = find(reader, row->id);

    row->victim_known = note->victim_at_us > 0;
    row->victim_pid = note->victim.pid;
    row->victim_id = note->victim_id;
    memcpy(row->victim_comm, note->victim.comm, sizeof(row->victim_comm));
    row->victim_score = note->victim.score;
    row->no_victim = note->victim.why_nobody;
}

int rl_top_reader_look(
    struct rl_top_reader *reader, const uint64_t *shown, size_t n_shown, struct rl_top_model *model)
{
    int r = rl_look_run(reader->observer->look, 0);

    reader->looks++;
    if (r >= 0)
        r = list_rows(reader);
    if (r < 0)
        return r;
    r = rl_node_files_read(&reader->node);
    if (r < 0)
        return r;
    look_at_stall(reader, rl_now_us());
    look_at_memory(reader, shown, n_shown);
    for (size_t i = 0; i < reader->n_rows; i++) {
        find_room(reader, i);
        fill_row(reader, i);
        fill_victim(reader, i);
    }
    model->rows = reader->rows;
    model->n = reader->n_rows;
    model->mem_total = reader->node.node.mem_total;
    return 0;
}

void rl_top_reader_choose(struct rl_top_reader *reader, struct rl_top_model *model, size_t row,
    const struct rl_model *score, bool force)
{
    struct note *note = find(reader, model->rows[row].id);
    uint64_t now = rl_now_us(), age = VICTIM_AGE_US;

    if (age < VICTIM_DUTY * note->victim_cost_us)
        age = VICTIM_DUTY * note->victim_cost_us;
    if (note->victim_at_us > 0 && !force && now - note->victim_at_us < age)
        return;
    rl_look_choose(
        reader->observer->look, reader->cgroups[row], &reader->rooms[row], score, &note->victim);
    note->victim_id = note->victim.cgroup ? note->victim.cgroup->id : 0;
    note->victim.cgroup = NULL; /* may be gone when it is looked at next */
    note->victim_at_us = rl_now_us();
    note->victim_cost_us = note->victim_at_us - now;
    fill_victim(reader, row);
}

void rl_top_reader_forget_victims(struct rl_top_reader *reader, struct rl_top_model *model)
{
    for (size_t i = 0; i < reader->size; i++)
        reader->notes[i].victim_at_us = reader->notes[i].victim_cost_us = 0;
    for (size_t i = 0; i < model->n; i++)
        fill_victim(reader, i);
}

struct rl_top_reader *rl_top_reader_new(struct rl_observer *observer)
{
    struct rl_top_reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        return NULL;
    reader->observer = observer;
    reader->node = (struct rl_node_files){-1, -1, -1, 0, {0}};
    if (rl_node_files_open(&reader->node, observer->probe.proc_fd, observer->probe.page_size) < 0)
        return rl_top_reader_free(reader);
    return reader;
}

struct rl_top_reader *rl_top_reader_free(struct rl_top_reader *reader)
{
    if (!reader)
        return NULL;
    rl_node_files_close(&reader->node);
    free(reader->notes);
    free(reader->rows);
    free(reader->cgroups);
    free(reader->rooms);
    free(reader->moved);
    free(reader->names);
    free(reader);
    return NULL;
}
