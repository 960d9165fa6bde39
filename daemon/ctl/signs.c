#include "daemon/ctl/signs.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "daemon/ctl/out.h"
#include "daemon/observe/read.h"
#include "daemon/observe/sample.h"
#include "daemon/observe/text.h"
#include "daemon/report/json.h"
#include "daemon/report/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KIB      UINT64_C(1024)
#define MIB      (1024 * KIB)

/* ---- reading ---- */

static bool read_vmstat(int proc_fd, struct rl_sign_counters *ret)
{
    static const struct rl_text_key keys[] = {
        {"pswpin", offsetof(struct rl_sign_counters, swap_in), RL_TEXT_NUMBER, false},
        {"pswpout", offsetof(struct rl_sign_counters, swap_out), RL_TEXT_NUMBER, false},
        {"pgpgin", offsetof(struct rl_sign_counters, block_in), RL_TEXT_NUMBER, true},
        {"pgpgout", offsetof(struct rl_sign_counters, block_out), RL_TEXT_NUMBER, true},
    };
    char text[16384];

    return rl_read_at(proc_fd, "vmstat", text, sizeof(text)) > 0 &&
           rl_text_keys(text, keys, COUNT(keys), ret) == 0;
}

/* The line "cpu": user nice system idle iowait irq softirq steal, then guests, which are counted
 * in user and nice already. */
static bool read_cpu(struct rl_span line, struct rl_sign_counters *ret)
{
    struct rl_span word;
    uint64_t n;

    rl_text_word(&line, &word);
    for (int i = 0; i < 8 && rl_text_word(&line, &word); i++) {
        if (rl_text_u64(word, &n) < 0)
            return false;
        ret->cpu += n;
        if (i == 4)
            ret->waiting = n;
    }
    return true;
}

static bool read_stat(int proc_fd, struct rl_sign_counters *ret)
{
    /* One line for each interrupt can be longer than any buffer; what is asked for is short. */
    static char text[16384];
    const char *at = text;
    struct rl_span line, name, rest;
    bool cpu = false;

    if (rl_read_short_lines_at(proc_fd, "stat", 256, text, sizeof(text)) <= 0)
        return false;
    while (rl_text_line(&at, &line)) {
        rest = line;
        if (!rl_text_word(&rest, &name))
            continue;
        if (rl_span_is(name, "cpu"))
            cpu = read_cpu(line, ret);
        else if (rl_span_is(name, "procs_blocked") && rl_text_word(&rest, &name))
            rl_text_u64(name, &ret->blocked);
    }
    return cpu;
}

int rl_signs_read(int proc_fd, struct rl_sign_counters *ret)
{
    static const struct rl_text_key keys[] = {
        {"MemTotal:", offsetof(struct rl_sign_counters, mem_total), RL_TEXT_KB, true},
        {"MemFree:", offsetof(struct rl_sign_counters, mem_free), RL_TEXT_KB, true},
        {"MemAvailable:", offsetof(struct rl_sign_counters, mem_available), RL_TEXT_KB, true},
        {"SwapTotal:", offsetof(struct rl_sign_counters, swap_total), RL_TEXT_KB, true},
        {"SwapFree:", offsetof(struct rl_sign_counters, swap_free), RL_TEXT_KB, true},
    };
    struct rl_sign_counters c = {.at_us = rl_now_us()};
    char text[8192];

    ssize_t n = rl_read_at(proc_fd, "meminfo", text, sizeof(text));
    if (n < 0)
        return (int)n;
    int r = rl_text_keys(text, keys, COUNT(keys), &c);
    if (r < 0)
        return r;
    c.vmstat = read_vmstat(proc_fd, &c);
    c.stat = read_stat(proc_fd, &c);
    c.pressure = rl_read_at(proc_fd, "pressure/memory", text, sizeof(text)) > 0 &&
                 rl_parse_pressure(text, &c.some_us, &c.full_us) == 0;
    c.promised_known = rl_overcommit_read(proc_fd, &c.promised) == 0;
    *ret = c;
    return 0;
}

/* ---- rates ---- */

/* A counter that went back is one that began anew. */
static uint64_t grown(uint64_t before, uint64_t now)
{
    return now > before ? now - before : 0;
}

static uint64_t rate(uint64_t grown, uint64_t unit, uint64_t span_us)
{
    return (uint64_t)((double)grown * (double)unit * 1e6 / (double)span_us);
}

static uint64_t share(uint64_t part, uint64_t whole)
{
    uint64_t value = whole > 0 ? (uint64_t)((double)part * RL_WHOLE / (double)whole) : 0;

    return value < RL_WHOLE ? value : RL_WHOLE;
}

void rl_signs_between(const struct rl_sign_counters *before, const struct rl_sign_counters *now,
    uint32_t page_size, struct rl_signs *ret)
{
    *ret = (struct rl_signs){.now = *now};
    if (!before || before->at_us >= now->at_us)
        return;
    ret->rates = true;
    ret->span_us = now->at_us - before->at_us;
    ret->swap_in = rate(grown(before->swap_in, now->swap_in), page_size, ret->span_us);
    ret->swap_out = rate(grown(before->swap_out, now->swap_out), page_size, ret->span_us);
    ret->block_in = rate(grown(before->block_in, now->block_in), KIB, ret->span_us);
    ret->block_out = rate(grown(before->block_out, now->block_out), KIB, ret->span_us);
    ret->waiting = share(grown(before->waiting, now->waiting), grown(before->cpu, now->cpu));
    ret->some = share(grown(before->some_us, now->some_us), ret->span_us);
    ret->full = share(grown(before->full_us, now->full_us), ret->span_us);
}

/* ---- meaning ---- */

#define LITTLE_SHARE    20         /* a twentieth of MemTotal */
#define SWAPPING        (1 * MIB)  /* a second */
#define READING         (20 * MIB) /* a second */
#define WAITING         2000       /* 20 % */
#define SWAP_FULL_SHARE 20         /* a twentieth of SwapTotal */

static bool little_available(const struct rl_signs *s)
{
    return s->now.mem_available < s->now.mem_total / LITTLE_SHARE;
}

static bool shows_thrashing(const struct rl_signs *s)
{
    return s->rates && s->swap_in >= SWAPPING && s->swap_out >= SWAPPING;
}

static bool shows_reading_back(const struct rl_signs *s)
{
    return s->rates && little_available(s) && s->block_in >= READING && !shows_thrashing(s);
}

static bool shows_waiting(const struct rl_signs *s)
{
    return s->rates && s->waiting >= WAITING &&
           (s->swap_in >= SWAPPING || (little_available(s) && s->block_in >= READING));
}

static bool shows_swap_full(const struct rl_signs *s)
{
    return s->now.swap_total > 0 && s->now.swap_free < s->now.swap_total / SWAP_FULL_SHARE &&
           s->now.mem_available < s->now.mem_total / 10;
}

static bool shows_promised(const struct rl_signs *s)
{
    const struct rl_overcommit *o = &s->now.promised;

    return s->now.promised_known && o->mode == 2 &&
           o->promised > o->commit_limit - o->commit_limit / 20;
}

static bool shows_swapping_out(const struct rl_signs *s)
{
    return s->rates && s->swap_out >= SWAPPING && s->swap_in < SWAPPING;
}

static bool shows_cache(const struct rl_signs *s)
{
    return s->now.mem_free < s->now.mem_total / LITTLE_SHARE &&
           s->now.mem_available >= s->now.mem_total / 5;
}

const struct rl_sign_row rl_sign_rows[] = {
    {"thrashing", true, shows_thrashing,
        "pages go to swap and come back at the same time: what is in use does not fit into memory",
        "1M a second in both directions is beyond what idle programs cause by waking up now and "
        "then, and a disk notices it"},
    {"reading-back", true, shows_reading_back,
        "hardly any memory is available while much is read from disk: programs' own files are "
        "thrown out and read again",
        "20M a second is more than a quiet machine reads, and under 5% available the page cache "
        "has no room for what is read"},
    {"waiting", true, shows_waiting,
        "processors stand idle until what memory had no room for comes back from disk",
        "a fifth of all processors' time is more than a busy disk alone costs most machines, and "
        "it "
        "counts here only beside swapping in or reading back"},
    {"little-available", true, little_available,
        "less than 5% of memory is available, even if all caches were dropped",
        "below a twentieth the kernel reclaims nearly all the time"},
    {"swap-full", true, shows_swap_full,
        "swap is nearly full and little memory is available: soon nothing can move out any more",
        "under 5% of swap and 10% of memory the next burst has no place to go"},
    {"promised-out", true, shows_promised,
        "nearly all that may be promised is promised: allocations begin to fail, whatever is free",
        "mode 2 refuses at CommitLimit; a twentieth before it the larger requests fail first"},
    {"swapping-out", false, shows_swapping_out,
        "pages go to swap and do not come back: idle memory makes room, which is no shortage yet",
        "the same 1M a second, in one direction only"},
    {"cache", false, shows_cache,
        "little is free since caches use the rest; it is given back when asked for, which is no "
        "shortage",
        "free under 5% says nothing while a fifth of memory is available"},
    {0},
};

const struct rl_sign_row *rl_signs_meaning(const struct rl_signs *signs, size_t i)
{
    for (const struct rl_sign_row *row = rl_sign_rows; row->id; row++)
        if (row->shows(signs) && i-- == 0)
            return row;
    return NULL;
}

/* ---- telling ---- */

void rl_signs_say_memory(struct rl_say *say, const struct rl_signs *signs)
{
    const struct rl_sign_counters *now = &signs->now;
    char total[RL_TEXT_MAX], free_[RL_TEXT_MAX], available[RL_TEXT_MAX], swap[RL_TEXT_MAX];

    rl_size_text(now->mem_total, total, sizeof(total));
    rl_size_text(now->mem_free, free_, sizeof(free_));
    rl_size_text(now->mem_available, available, sizeof(available));
    rl_say(say, "memory %s: %s available, %s free; ", total, available, free_);
    if (now->swap_total == 0) {
        rl_say(say, "no swap");
        return;
    }
    rl_size_text(now->swap_total, swap, sizeof(swap));
    rl_size_text(now->swap_free, free_, sizeof(free_));
    rl_say(say, "swap %s: %s free", swap, free_);
}

static void say_pair(struct rl_say *say, const char *what, bool known, uint64_t in, uint64_t out)
{
    char text[RL_TEXT_MAX];

    rl_size_text(in, text, sizeof(text));
    rl_say(say, "%s in %s", what, known ? text : "-");
    rl_size_text(out, text, sizeof(text));
    rl_say(say, " out %s%s", known ? text : "-", known ? "/s" : "");
}

void rl_signs_say_rates(struct rl_say *say, const struct rl_signs *signs)
{
    char text[RL_TEXT_MAX];
    bool vmstat = signs->rates && signs->now.vmstat;

    say_pair(say, "swap", vmstat, signs->swap_in, signs->swap_out);
    say_pair(say, ", block", vmstat, signs->block_in, signs->block_out);
    rl_share_text(signs->waiting / 10 * 10, text, sizeof(text));
    rl_say(say, ", waiting %s", signs->rates && signs->now.stat ? text : "-");
    if (signs->now.stat)
        rl_say(say, " (%" PRIu64 " blocked)", signs->now.blocked);
}

void rl_signs_say_promised(struct rl_say *say, const struct rl_signs *signs)
{
    const struct rl_overcommit *o = &signs->now.promised;
    char promised[RL_TEXT_MAX], limit[RL_TEXT_MAX];

    if (!signs->now.promised_known)
        return;
    rl_size_text(o->promised, promised, sizeof(promised));
    rl_size_text(o->commit_limit, limit, sizeof(limit));
    rl_say(say, "promised %s of %s (overcommit mode %u%s)", promised, limit, o->mode,
        o->mode == 2 ? "" : ": no limit");
}

static json_t *number(bool known, uint64_t value)
{
    return known ? rl_json_number(value) : json_null();
}

static json_t *meaning_json(const struct rl_signs *signs)
{
    json_t *list = json_array();
    const struct rl_sign_row *row;

    for (size_t i = 0; (row = rl_signs_meaning(signs, i)); i++)
        json_array_append_new(list, json_pack("{s:s, s:b, s:s}", "id", row->id, "shortage",
                                        row->shortage, "text", row->text));
    return list;
}

json_t *rl_signs_json(const struct rl_signs *signs)
{
    const struct rl_sign_counters *now = &signs->now;
    bool vmstat = signs->rates && now->vmstat, stat = signs->rates && now->stat;
    bool pressure = signs->rates && now->pressure;

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
                     "s:o}",
        "mem_total_bytes", rl_json_number(now->mem_total), "mem_free_bytes",
        rl_json_number(now->mem_free), "mem_available_bytes", rl_json_number(now->mem_available),
        "swap_total_bytes", rl_json_number(now->swap_total), "swap_free_bytes",
        rl_json_number(now->swap_free), "interval_ms",
        signs->rates ? rl_json_ms(signs->span_us) : json_null(), "swap_in_bytes_per_s",
        number(vmstat, signs->swap_in), "swap_out_bytes_per_s", number(vmstat, signs->swap_out),
        "block_in_bytes_per_s", number(vmstat, signs->block_in), "block_out_bytes_per_s",
        number(vmstat, signs->block_out), "waiting_percent",
        stat ? rl_json_percent(signs->waiting) : json_null(), "blocked",
        number(now->stat, now->blocked), "some_percent",
        pressure ? rl_json_percent(signs->some) : json_null(), "full_percent",
        pressure ? rl_json_percent(signs->full) : json_null(), "overcommit",
        now->promised_known ? rl_overcommit_json(&now->promised) : json_null(), "meaning",
        meaning_json(signs));
}

static void print_line(
    void (*say_it)(struct rl_say *say, const struct rl_signs *signs), const struct rl_signs *signs)
{
    char text[512];
    struct rl_say say;

    rl_say_begin(&say, text, sizeof(text));
    say_it(&say, signs);
    if (say.n > 0)
        printf("  %s\n", text);
}

void rl_signs_print(const struct rl_signs *signs)
{
    const struct rl_sign_row *row;

    rl_print_heading("The machine");
    print_line(rl_signs_say_memory, signs);
    print_line(rl_signs_say_rates, signs);
    print_line(rl_signs_say_promised, signs);
    for (size_t i = 0; (row = rl_signs_meaning(signs, i)); i++) {
        char text[512];

        snprintf(
            text, sizeof(text), "%s: %s.", row->shortage ? "Shortage" : "No shortage", row->text);
        rl_print_paragraph(2, text);
    }
}
