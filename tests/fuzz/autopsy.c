/* Reading OOM reports from any text. The first byte says in pieces of how many bytes the rest is
 * fed; fed at once it must give the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/report.h"

/* What one reading found: enough to tell two apart. */
struct found {
    size_t lines, reports, tasks, kills;
    uint64_t digest, last_line;
};

static void digest(struct found *found, const void *data, size_t n)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < n; i++)
        found->digest = (found->digest ^ bytes[i]) * UINT64_C(1099511628211);
}

static void check_string(struct found *found, const char *s, size_t size)
{
    if (memchr(s, '\0', size) == NULL)
        abort();
    digest(found, s, strlen(s));
}

#define CHECK_STRING(s) check_string(found, s, sizeof(s))

static void check_text(struct found *found, const struct rl_oom_report *r)
{
    CHECK_STRING(r->stamp);
    CHECK_STRING(r->kernel);
    CHECK_STRING(r->invoker.comm);
    CHECK_STRING(r->gfp_mask);
    CHECK_STRING(r->constraint);
    CHECK_STRING(r->cpuset);
    CHECK_STRING(r->mems_allowed);
    CHECK_STRING(r->nodemask);
    CHECK_STRING(r->oom_memcg);
    CHECK_STRING(r->task_memcg);
    CHECK_STRING(r->selected.comm);
    CHECK_STRING(r->group);
}

/* A number that is not said to be known is not there. */
static void check_have(const struct rl_oom_report *r)
{
    const struct {
        uint32_t bit;
        bool there;
    } bits[] = {
        {RL_OOM_RAM, r->ram_pages != 0},
        {RL_OOM_RESERVED, r->reserved_pages != 0},
        {RL_OOM_TOTAL_SWAP, r->total_swap_kb != 0},
        {RL_OOM_FREE_SWAP, r->free_swap_kb != 0},
        {RL_OOM_SELECTED, r->selected.pid != -1 || r->selected.comm[0] != '\0'},
        {RL_OOM_SCORE, r->printed_score != 0},
        {RL_OOM_CONSTRAINT, r->constraint[0] != '\0'},
        {RL_OOM_ORDER, r->order != 0},
        {RL_OOM_INVOKER_ADJ, r->invoker_adj != 0},
        {RL_OOM_GFP, r->gfp_mask[0] != '\0'},
    };

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (bits[i].there && !(r->have & bits[i].bit))
            abort();
    if ((r->have & RL_OOM_SCORE) && !(r->have & RL_OOM_SELECTED))
        abort();
    if (!r->has_table && (r->columns != 0 || r->n_tasks > 0 || r->bad_rows > 0))
        abort();
    if (r->bad_rows > 0 && !r->table_cut)
        abort();
    if (r->page_size == 0 || (!r->page_size_known && r->page_size != 4096))
        abort();
}

static void check_kills(struct found *found, const struct rl_oom_report *r)
{
    if (r->n_kills > RL_OOM_KILLS || (r->more_kills > 0 && r->n_kills < RL_OOM_KILLS))
        abort();
    for (size_t i = 0; i < r->n_kills; i++) {
        CHECK_STRING(r->kills[i].who.comm);
        digest(found, &r->kills[i].who.pid, sizeof(r->kills[i].who.pid));
        if (r->kills[i].who.pid < 0)
            abort();
        for (size_t k = 0; k < i; k++)
            if (r->kills[k].who.pid == r->kills[i].who.pid)
                abort();
    }
}

static void take(const struct rl_oom_report *r, void *userdata)
{
    struct found *found = userdata;

    found->reports++;
    found->tasks += r->n_tasks + r->bad_rows;
    found->kills += r->n_kills + r->more_kills;
    /* lines go forward, and one may close a report and open the next */
    if (r->first_line == 0 || r->last_line < r->first_line || r->first_line < found->last_line)
        abort();
    found->last_line = r->last_line;
    check_text(found, r);
    check_have(r);
    check_kills(found, r);
    for (size_t i = 0; i < r->n_tasks; i++) {
        CHECK_STRING(r->tasks[i].comm);
        digest(found, &r->tasks[i].rss, sizeof(r->tasks[i].rss));
    }
    digest(found, &r->have, sizeof(r->have));
    digest(found, &r->first_line, sizeof(r->first_line));
    digest(found, &r->reaped, sizeof(r->reaped));
}

static void run(const char *text, size_t n, size_t piece, struct found *found)
{
    struct rl_oom_reader *reader;

    *found = (struct found){.lines = 1};
    /* rsyslog's #012 makes several of one */
    for (size_t i = 0; i < n; i++)
        found->lines += text[i] == '\n' || text[i] == '#';
    if (rl_oom_reader_new(take, found, &reader) < 0)
        return;
    for (size_t at = 0; at < n; at += piece)
        rl_oom_reader_feed(reader, text + at, n - at < piece ? n - at : piece);
    rl_oom_reader_end(reader);
    rl_oom_reader_free(reader);
    if (found->reports > found->lines || found->tasks > found->lines || found->kills > found->lines)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct found whole, pieces;
    char *text;

    if (size < 2)
        return 0;
    /* of exactly this size, so that a look behind the end is seen */
    text = malloc(size - 1);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    run(text, size - 1, size - 1, &whole);
    run(text, size - 1, (size_t)data[0] + 1, &pieces);
    if (whole.digest != pieces.digest || whole.reports != pieces.reports)
        abort();
    free(text);
    return 0;
}
