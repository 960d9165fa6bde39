/* From a neighbour's answers (load/neighbour): how much it suffered from a hog and for how long.
 *
 *   suffering FILE HOG_NS SIGNAL_NS|never GONE_NS|never BASELINE_S MAX_S
 *
 * HOG_NS is when the hog began, SIGNAL_NS when somebody first signalled it, GONE_NS when it was
 * gone; with never, MAX_S after its beginning are looked at. Output: KEY=VALUE lines, times in
 * milliseconds.
 *
 *   baseline   99th percentile of the latency: the largest of any second of the BASELINE_S before
 *              the hog, so that a second is compared with a second
 *   worst      the largest of any second since
 *   first      from the hog's beginning to the end of the first bad second, one in which it is
 *              above 1.2 times the baseline and above 1 ms
 *   recovered  from the hog's beginning to the end of the last bad second: the one after which the
 *              hog is gone and 5 s are good; 0 where there is none; null where that did not come
 *   back       from the signal to that same end; 0 where it is before the signal; null where one
 *              of them did not come. A second is bad until its slow answers have left it: of this,
 *              up to a second is the window's own
 *   slow       from the signal to when the last slow answer in it was due, without that second of
 *              the window; 0 and null like back
 *   lost       answers that did not come until then, against the rate of before */

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL
#define TOLERANCE 1.2
#define FLOOR_MS  1.0 /* nobody waits for what is quicker */
#define STEP_NS   (100 * NS_PER_MS)
#define GOOD_NS   (5 * NS_PER_S)
#define RATE_MAX  4096 /* answers in a second that count */

struct answer {
    uint64_t due_ns;
    uint32_t latency_us;
    bool served;
};

struct answers {
    struct answer *all;
    size_t count;
};

static void read_answers(struct answers *answers, const char *path)
{
    FILE *in = fopen(path, "re");
    unsigned long long due;
    unsigned latency;
    int served;

    if (!in)
        err(2, "%s", path);
    while (fscanf(in, "%llu %u %d", &due, &latency, &served) == 3) {
        if (answers->count % 1024 == 0) {
            answers->all = realloc(answers->all, (answers->count + 1024) * sizeof(*answers->all));
            if (!answers->all)
                err(2, "memory");
        }
        answers->all[answers->count++] = (struct answer){due, latency, served};
    }
    fclose(in);
    if (answers->count == 0)
        errx(2, "%s: no answers", path);
}

static int by_latency(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Return: the index of the first answer that was due at or after that instant. */
static size_t answer_at(const struct answers *answers, uint64_t ns)
{
    size_t low = 0, high = answers->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (answers->all[middle].due_ns < ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* 99th percentile of the second that ends there, in milliseconds. */
static double p99(const struct answers *answers, uint64_t end)
{
    static uint32_t sorted[RATE_MAX];
    size_t first = answer_at(answers, end - NS_PER_S), last = answer_at(answers, end), n;

    for (n = 0; first + n < last && n < RATE_MAX; n++)
        sorted[n] = answers->all[first + n].latency_us;
    if (n == 0)
        return 0;
    qsort(sorted, n, sizeof(sorted[0]), by_latency);
    return sorted[n * 99 / 100] / 1000.0;
}

/* The largest p99 of any second that ends in [from, to]. */
static double worst_second(const struct answers *answers, uint64_t from, uint64_t to)
{
    double worst = 0;

    for (uint64_t end = from; end <= to; end += STEP_NS) {
        double now = p99(answers, end);

        worst = now > worst ? now : worst;
    }
    return worst;
}

static double served(const struct answers *answers, uint64_t from, uint64_t to)
{
    size_t first = answer_at(answers, from), last = answer_at(answers, to), n = 0;

    for (size_t i = first; i < last; i++)
        n += answers->all[i].served;
    return (double)n;
}

struct suffering {
    uint64_t first; /* ends of seconds above the limit; 0: there is none */
    uint64_t last;
    bool over;
};

/* Seconds that end in (hog, end]. */
static struct suffering find_suffering(
    const struct answers *answers, uint64_t hog, uint64_t gone, uint64_t end, double limit)
{
    struct suffering s = {0};

    for (uint64_t at = hog + STEP_NS; at <= end && !s.over; at += STEP_NS) {
        uint64_t quiet_since = s.last > gone ? s.last : gone;

        if (p99(answers, at) > limit) {
            s.last = at;
            s.first = s.first ? s.first : at;
        } else if (gone && at >= quiet_since + GOOD_NS)
            s.over = true;
    }
    return s;
}

static void print_time(const char *name, bool known, uint64_t at, uint64_t hog)
{
    if (known)
        printf("%s=%.0f\n", name, (double)(at - hog) / NS_PER_MS);
    else
        printf("%s=null\n", name);
}

/* When the last answer above the limit, of those in the second that ends there, was due. */
static uint64_t last_slow(const struct answers *answers, uint64_t end, double limit)
{
    size_t first = answer_at(answers, end - NS_PER_S);

    for (size_t i = answer_at(answers, end); i > first; i--)
        if (answers->all[i - 1].latency_us > limit * 1000)
            return answers->all[i - 1].due_ns;
    return end;
}

/* Return: 0 where it never came. */
static uint64_t instant(const char *text)
{
    return strcmp(text, "never") == 0 ? 0 : strtoull(text, NULL, 10);
}

/* Instants from the signal on; what is before it counts as 0. */
static void print_since(const char *name, bool known, uint64_t at, uint64_t signalled)
{
    print_time(name, known && signalled, at > signalled ? at : signalled, signalled);
}

int main(int argc, char **argv)
{
    struct answers answers = {0};
    struct suffering s;
    uint64_t hog, signalled, gone, before, end, last;
    double baseline, limit, lost;

    if (argc != 7)
        errx(2, "usage: suffering FILE HOG_NS SIGNAL_NS|never GONE_NS|never BASELINE_S MAX_S");
    read_answers(&answers, argv[1]);
    hog = strtoull(argv[2], NULL, 10);
    signalled = instant(argv[3]);
    gone = instant(argv[4]);
    before = strtoull(argv[5], NULL, 10) * NS_PER_S;
    end = hog + strtoull(argv[6], NULL, 10) * NS_PER_S;
    last = answers.all[answers.count - 1].due_ns;
    if (end > last || gone)
        end = last;
    if (hog < answers.all[0].due_ns + before || end < hog + NS_PER_S)
        errx(2, "%s: there are not %s s before the hog and one after it", argv[1], argv[5]);
    baseline = worst_second(&answers, hog - before + NS_PER_S, hog);
    limit = TOLERANCE * baseline > FLOOR_MS ? TOLERANCE * baseline : FLOOR_MS;
    s = find_suffering(&answers, hog, gone, end, limit);
    if (s.over)
        end = s.last ? s.last : hog;
    lost = served(&answers, hog - before, hog) / (double)before * (double)(end - hog) -
           served(&answers, hog, end);
    printf("baseline=%.3f\nworst=%.1f\n", baseline, worst_second(&answers, hog + STEP_NS, last));
    print_time("first", s.first > 0, s.first, hog);
    print_time("recovered", s.over, end, hog);
    print_since("back", s.over, end, signalled);
    print_since("slow", s.over, s.last ? last_slow(&answers, end, limit) : hog, signalled);
    printf("lost=%.0f\n", lost > 0 ? lost : 0);
    free(answers.all);
    return 0;
}
