/* What the tests of reading OOM reports share: a log goes in, and all that was found in it comes
 * out as one text, so that two ways of reading the same can be compared. */
#pragma once

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/report.h"

/* The reports of one log. text and last are of the last read. */
struct found {
    size_t reports, kills, tasks, bad_rows;
    char *text;
    size_t text_size;
    FILE *out;
    struct rl_oom_report last; /* without its tasks */
    struct rl_oom_task tasks_of_last[64];
    bool with_place; /* line numbers and stamps too */
};

static inline void write_counter(FILE *out, const char *name, const struct rl_oom_counter *c)
{
    if (c->known)
        fprintf(
            out, "%s %lu %lu %d %lu\n", name, c->usage_kb, c->limit_kb, c->unlimited, c->failcnt);
}

static inline void write_report(FILE *out, const struct rl_oom_report *r, bool with_place)
{
    if (with_place)
        fprintf(out, "lines %lu %lu stamp %s\n", r->first_line, r->last_line, r->stamp);
    fprintf(out, "have %x kernel %s page %lu %d\n", r->have, r->kernel, r->page_size,
        r->page_size_known);
    fprintf(out, "invoker %ld %s gfp %s order %d adj %d header %d sysrq %d allocating %d\n",
        r->invoker.pid, r->invoker.comm, r->gfp_mask, r->order, r->invoker_adj, r->has_header,
        r->by_sysrq, r->kills_allocating);
    fprintf(out, "constraint %s memcg %d cpuset %s mems %s nodemask %s oom %s task %s\n",
        r->constraint, r->is_memcg, r->cpuset, r->mems_allowed, r->nodemask, r->oom_memcg,
        r->task_memcg);
    write_counter(out, "memory", &r->memory);
    write_counter(out, "memory+swap", &r->memory_swap);
    write_counter(out, "swap", &r->swap);
    write_counter(out, "kmem", &r->kmem);
    fprintf(out, "stat %d %lu %lu %lu %lu %lu\n", r->stat_known, r->stat_anon, r->stat_file,
        r->stat_shmem, r->stat_kernel, r->stat_slab);
    fprintf(out, "ram %lu %lu %lu swap %lu %lu huge %lu commit %lu %lu\n", r->ram_pages,
        r->highmem_pages, r->reserved_pages, r->total_swap_kb, r->free_swap_kb, r->hugetlb_kb,
        r->commit_limit_kb, r->committed_kb);
    fprintf(out, "info %d %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu\n", r->mem_info_known,
        r->active_anon, r->inactive_anon, r->active_file, r->inactive_file, r->unevictable,
        r->shmem, r->slab_reclaimable, r->slab_unreclaimable, r->pagetables, r->free);
    fprintf(out, "table %d columns %x cut %d bad %zu tasks %zu\n", r->has_table, r->columns,
        r->table_cut, r->bad_rows, r->n_tasks);
    for (size_t i = 0; i < r->n_tasks; i++) {
        const struct rl_oom_task *t = &r->tasks[i];

        fprintf(out, " %ld %ld %lu %lu %lu %lu %lu %lu %lu %lu %lu %d %d %s\n", t->pid, t->tgid,
            t->uid, t->total_vm, t->rss, t->swap, t->rss_anon, t->rss_file, t->rss_shmem,
            t->table_pages, t->table_bytes, t->oom_adj, t->oom_score_adj, t->comm);
    }
    fprintf(out, "selected %ld %s score %lu group %d %s\n", r->selected.pid, r->selected.comm,
        r->printed_score, r->group_kill, r->group);
    fprintf(out, "no-victim %d panicked %d exiting %d reaped %zu more %zu\n", r->no_victim,
        r->panicked, r->victim_was_exiting, r->reaped, r->more_kills);
    for (size_t i = 0; i < r->n_kills; i++) {
        const struct rl_oom_kill *k = &r->kills[i];

        fprintf(out, " killed %ld %s %d %lu %lu %lu %lu %lu\n", k->who.pid, k->who.comm,
            k->sizes_known, k->total_vm_kb, k->anon_kb, k->file_kb, k->shmem_kb, k->tables_kb);
    }
}

static inline void take_report(const struct rl_oom_report *report, void *userdata)
{
    struct found *found = userdata;
    size_t n = report->n_tasks;

    found->reports++;
    found->kills += report->n_kills + report->more_kills;
    found->tasks += n;
    found->bad_rows += report->bad_rows;
    if (n > sizeof(found->tasks_of_last) / sizeof(found->tasks_of_last[0]))
        n = sizeof(found->tasks_of_last) / sizeof(found->tasks_of_last[0]);
    found->last = *report;
    found->last.tasks = found->tasks_of_last;
    if (n > 0)
        memcpy(found->tasks_of_last, report->tasks, n * sizeof(report->tasks[0]));
    write_report(found->out, report, found->with_place);
}

/* Feeds the text in pieces of `piece` bytes (0: at once). Free with found_free(). */
static inline void read_log(const char *text, size_t n, size_t piece, struct found *found)
{
    struct rl_oom_reader *reader;

    free(found->text);
    *found = (struct found){.with_place = found->with_place};
    found->out = open_memstream(&found->text, &found->text_size);
    assert_non_null(found->out);
    assert_int_equal(rl_oom_reader_new(take_report, found, &reader), 0);
    if (piece == 0)
        piece = n;
    for (size_t at = 0; at < n; at += piece)
        assert_int_equal(rl_oom_reader_feed(reader, text + at, n - at < piece ? n - at : piece), 0);
    assert_int_equal(rl_oom_reader_end(reader), 0);
    rl_oom_reader_free(reader);
    fclose(found->out);
}

static inline void found_free(struct found *found)
{
    free(found->text);
    found->text = NULL;
}
