/* From the samples of one load (observer): when a policy's condition became true, how long after it
 * the first signal came, and how long after that the load was dead and its memory back.
 *
 *   reaction FILE [CONDITION ...]
 *
 * The conditions are alternatives; the earliest counts. A CONDITION is a list of terms with commas
 * between, which must all hold at once:
 *
 *   window:WHOSE:KIND:PERCENT:MS  stall over the last MS, by total=; none before the load began
 *   avg10:WHOSE:KIND:PERCENT:MS   avg10= has been at PERCENT or more all through the last MS
 *   available:PERCENT             MemAvailable is at most so much of MemTotal
 *   user-available:PERCENT        MemAvailable is at most so much of MemAvailable + AnonPages
 *   swap-free:PERCENT             SwapFree is at most so much of SwapTotal; holds without swap
 *   room:PERCENT:MB               less than so much of a limit of MB is left in the cgroup
 *
 * WHOSE is cgroup or node, KIND some or full. Output: KEY=VALUE lines, times in milliseconds, null
 * for what never came:
 *
 *   condition, signal  from the load's start
 *   reaction           from the condition to the signal; negative: the signal came first
 *   held               MB in the cgroup at the signal
 *   dead, empty, back  from the signal: the load's first process has ended; nobody is left in the
 *                      cgroup; memory is back when the cgroup holds less than a tenth of what it
 *                      held at the signal, or when nobody is left in it
 *   sender, number     of the signal; sender is NAME-PID, or kernel for its OOM killer */

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/samples.h"

#define NEVER    UINT64_MAX
#define MAX_TERM 8

struct load {
    struct sample *samples;
    size_t count;
    uint64_t load_ns;
    uint64_t dead_ns;
    uint64_t empty_ns;
    uint64_t signal_ns;
    int number;
    bool timeout;
    char comm[64];
    char sender[64];
};

struct term;

/* At an instant between the sample before `at` and that one. Only a window can tell more than the
 * sample says. */
typedef bool holds_fn(const struct load *load, size_t at, uint64_t now, const struct term *term);

struct term {
    holds_fn *holds;
    bool node;
    bool full;
    double percent;
    uint64_t ns;
    uint64_t limit; /* bytes */
};

/* total= at an instant, linear between samples; before the load began, what it was then. */
static double total_at(const struct load *load, const struct term *term, size_t last, uint64_t ns)
{
    const struct sample *after = &load->samples[last], *before = after;
    double a, b;

    if (ns < load->load_ns)
        ns = load->load_ns;
    while (before > load->samples && before->ns > ns)
        after = before--;
#define TOTAL(s)                                                                                   \
    ((double)(term->node ? (term->full ? (s)->node.full_us : (s)->node.some_us)                    \
                         : (term->full ? (s)->cgroup.full_us : (s)->cgroup.some_us)))
    a = TOTAL(before);
    b = TOTAL(after);
#undef TOTAL
    if (after->ns <= before->ns || before->ns >= ns)
        return a;
    return a + (b - a) * (double)(ns - before->ns) / (double)(after->ns - before->ns);
}

static bool window_holds(const struct load *load, size_t at, uint64_t now, const struct term *term)
{
    uint64_t from = now > term->ns ? now - term->ns : 0;
    double stalled_us = total_at(load, term, at, now) - total_at(load, term, at, from);

    return stalled_us * 1000 >= term->percent / 100 * (double)term->ns;
}

static bool avg10_holds(const struct load *load, size_t at, uint64_t now, const struct term *term)
{
    for (size_t i = at + 1; i-- > 0;) {
        const struct stall *stall = term->node ? &load->samples[i].node : &load->samples[i].cgroup;
        uint64_t avg10 = term->full ? stall->full_avg10 : stall->some_avg10;

        if ((double)avg10 < 100 * term->percent)
            return false;
        if (load->samples[i].ns + term->ns <= now)
            return true;
    }
    return false;
}

static bool available_holds(
    const struct load *load, size_t at, uint64_t now, const struct term *term)
{
    const struct sample *s = &load->samples[at];

    (void)now;
    return (double)s->available_kb <= term->percent / 100 * (double)s->total_kb;
}

static bool user_available_holds(
    const struct load *load, size_t at, uint64_t now, const struct term *term)
{
    const struct sample *s = &load->samples[at];

    (void)now;
    return (double)s->available_kb <= term->percent / 100 * (double)(s->available_kb + s->anon_kb);
}

static bool swap_free_holds(
    const struct load *load, size_t at, uint64_t now, const struct term *term)
{
    const struct sample *s = &load->samples[at];

    (void)now;
    return (double)s->swap_free_kb <= term->percent / 100 * (double)s->swap_total_kb;
}

static bool room_holds(const struct load *load, size_t at, uint64_t now, const struct term *term)
{
    double room = (double)term->limit - (double)load->samples[at].current;

    (void)now;
    return room < term->percent / 100 * (double)term->limit;
}

static const struct {
    const char *name;
    holds_fn *holds;
    const char *arguments; /* w WHOSE, k KIND, p PERCENT, t MS, m MB */
} kinds[] = {
    {"window", window_holds, "wkpt"},
    {"avg10", avg10_holds, "wkpt"},
    {"available", available_holds, "p"},
    {"user-available", user_available_holds, "p"},
    {"swap-free", swap_free_holds, "p"},
    {"room", room_holds, "pm"},
};

static bool read_word(const char *text, const char *yes, const char *no)
{
    if (strcmp(text, yes) != 0 && strcmp(text, no) != 0)
        errx(2, "'%s' is neither %s nor %s", text, yes, no);
    return strcmp(text, yes) == 0;
}

static double read_number(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || value < 0)
        errx(2, "'%s' is not a number", text);
    return value;
}

static void read_argument(struct term *term, char kind, const char *text)
{
    switch (kind) {
    case 'w':
        term->node = read_word(text, "node", "cgroup");
        break;
    case 'k':
        term->full = read_word(text, "full", "some");
        break;
    case 'p':
        term->percent = read_number(text);
        break;
    case 't':
        term->ns = (uint64_t)(read_number(text) * NS_PER_MS);
        break;
    default:
        term->limit = (uint64_t)(read_number(text) * 1024 * 1024);
    }
}

static struct term read_term(char *text)
{
    struct term term = {0};
    char *rest, *word = strtok_r(text, ":", &rest);

    for (size_t i = 0; word && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(word, kinds[i].name) == 0) {
            term.holds = kinds[i].holds;
            for (const char *kind = kinds[i].arguments; *kind; kind++) {
                char *argument = strtok_r(NULL, ":", &rest);

                if (!argument)
                    errx(2, "%s: too few arguments", word);
                read_argument(&term, *kind, argument);
            }
            return term;
        }
    errx(2, "'%s' is no term", word ? word : "");
}

struct condition {
    struct term terms[MAX_TERM];
    size_t n;
};

static struct condition read_condition(char *text)
{
    struct condition condition = {0};
    char *rest;

    for (char *term = strtok_r(text, ",", &rest); term; term = strtok_r(NULL, ",", &rest)) {
        if (condition.n == MAX_TERM)
            errx(2, "more than %d terms", MAX_TERM);
        condition.terms[condition.n++] = read_term(term);
    }
    if (condition.n == 0)
        errx(2, "a condition without terms");
    return condition;
}

static bool all_hold(
    const struct load *load, size_t at, uint64_t now, const struct condition *condition)
{
    for (size_t i = 0; i < condition->n; i++)
        if (!condition->terms[i].holds(load, at, now, &condition->terms[i]))
            return false;
    return true;
}

static bool all_but_windows_hold(
    const struct load *load, size_t at, const struct condition *condition)
{
    for (size_t i = 0; i < condition->n; i++)
        if (condition->terms[i].holds != window_holds &&
            !condition->terms[i].holds(load, at, load->samples[at].ns, &condition->terms[i]))
            return false;
    return true;
}

/* Return: when all terms first held at once, or NEVER. Between two samples a window's crossing is
 * found; what else became true there is taken as true with the later one. */
static uint64_t first_true(const struct load *load, const struct condition *condition)
{
    for (size_t at = 1; at < load->count; at++) {
        uint64_t early = load->samples[at - 1].ns, late = load->samples[at].ns;

        if (late < load->load_ns || !all_hold(load, at, late, condition))
            continue;
        if (early < load->load_ns)
            early = load->load_ns;
        if (!all_but_windows_hold(load, at - 1, condition))
            return late;
        if (all_hold(load, at, early, condition))
            return early;
        while (late - early > NS_PER_MS / 10) {
            uint64_t middle = early + (late - early) / 2;

            if (all_hold(load, at, middle, condition))
                late = middle;
            else
                early = middle;
        }
        return late;
    }
    return NEVER;
}

static void read_signal(struct load *load, const char *line)
{
    char sender[64], comm[64];
    unsigned long long ns;
    int number, code;

    if (sscanf(line, "%llu %d %d %63s %*u %63s", &ns, &number, &code, sender, comm) != 5 ||
        load->signal_ns || ns < load->load_ns || strncmp(comm, load->comm, 15) != 0 ||
        strncmp(sender, "observer", 8) == 0)
        return;
    load->signal_ns = ns;
    load->number = number;
    /* The kernel's OOM killer runs in whoever asked for memory. */
    strcpy(load->sender, code == 128 ? "kernel" : sender);
}

static void read_sample(struct load *load, char *line)
{
    struct sample *s;

    if (load->count % 1024 == 0) {
        load->samples = realloc(load->samples, (load->count + 1024) * sizeof(*load->samples));
        if (!load->samples)
            err(2, "memory");
    }
    s = &load->samples[load->count++];
    s->ns = strtoull(line, &line, 10);
    for (size_t c = 0; c < SAMPLE_COLUMNS; c++)
        *sample_column(s, c) = strtoull(line, &line, 10);
}

static void read_line(struct load *load, char *line)
{
    char end[16];

    if (strncmp(line, "sample ", 7) == 0)
        read_sample(load, line + 7);
    else if (strncmp(line, "signal ", 7) == 0)
        read_signal(load, line + 7);
    else if (sscanf(line, "load %llu %*d %63s", (unsigned long long *)&load->load_ns, load->comm) ==
                 2 ||
             sscanf(line, "dead %llu", (unsigned long long *)&load->dead_ns) == 1 ||
             sscanf(line, "empty %llu", (unsigned long long *)&load->empty_ns) == 1)
        return;
    else if (sscanf(line, "end %*u %15s", end) == 1)
        load->timeout = strcmp(end, "timeout") == 0;
}

static void read_file(struct load *load, const char *path)
{
    FILE *in = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;

    if (!in)
        err(2, "%s", path);
    while (getline(&line, &room, in) > 0)
        read_line(load, line);
    free(line);
    fclose(in);
    if (load->load_ns == 0 || load->count == 0)
        errx(2, "%s: no samples of a load", path);
}

/* Bytes in the cgroup at the signal. */
static uint64_t held_at_signal(const struct load *load)
{
    uint64_t held = 0;

    for (size_t i = 0; i < load->count && load->samples[i].ns <= load->signal_ns; i++)
        held = load->samples[i].current;
    return held;
}

/* Return: when the cgroup held less than a tenth of what it held at the signal. */
static uint64_t memory_back(const struct load *load)
{
    uint64_t held = held_at_signal(load);

    for (size_t i = 0; i < load->count; i++) {
        if (load->samples[i].ns > load->signal_ns && load->samples[i].current < held / 10)
            return load->empty_ns && load->empty_ns < load->samples[i].ns ? load->empty_ns
                                                                          : load->samples[i].ns;
    }
    return load->empty_ns ? load->empty_ns : NEVER;
}

static void print_time(const char *name, uint64_t from, uint64_t to)
{
    if (from == NEVER || to == NEVER || from == 0 || to == 0)
        printf("%s=null\n", name);
    else
        printf("%s=%.1f\n", name, ((double)to - (double)from) / NS_PER_MS);
}

int main(int argc, char **argv)
{
    struct load load = {0};
    uint64_t condition = NEVER;

    if (argc < 2)
        errx(2, "usage: reaction FILE [CONDITION ...]");
    read_file(&load, argv[1]);
    for (int i = 2; i < argc; i++) {
        struct condition alternative = read_condition(argv[i]);
        uint64_t at = first_true(&load, &alternative);

        condition = at < condition ? at : condition;
    }
    print_time("condition", load.load_ns, condition);
    print_time("signal", load.load_ns, load.signal_ns);
    print_time("reaction", condition, load.signal_ns);
    if (load.signal_ns)
        printf("held=%.0f\n", (double)held_at_signal(&load) / (1024 * 1024));
    print_time("dead", load.signal_ns, load.timeout ? 0 : load.dead_ns);
    print_time("empty", load.signal_ns, load.timeout ? 0 : load.empty_ns);
    print_time("back", load.signal_ns, load.signal_ns && !load.timeout ? memory_back(&load) : 0);
    printf("sender=%s\nnumber=%d\n", load.signal_ns ? load.sender : "null", load.number);
    free(load.samples);
    return 0;
}
