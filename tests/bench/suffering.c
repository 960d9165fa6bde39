/* From a neighbour's answers (load/neighbour): how much it suffered from a hog and for how long.
 *
 *   suffering FILE HOG_NS [END_NS]
 *
 * HOG_NS is when the hog began, END_NS where to stop reading (default: the file's end). Output:
 * KEY=VALUE lines.
 *
 *   baseline   99th percentile of the latency before the hog, in milliseconds: the largest of any
 * second then, so that one second is compared with one second worst      the largest of any second
 * since recovered  milliseconds from the hog's beginning until that of the last second is below 1.2
 * times the baseline for good; 0: it never was above; null: it still is above at the end lost
 * answers that did not come until then, against the rate of before */

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL
#define TOLERANCE 1.2
#define STEP_NS   (100 * NS_PER_MS)

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

/* 99th percentile of what was due in [from, to), in milliseconds. */
static double p99(const struct answers *answers, uint64_t from, uint64_t to)
{
    static uint32_t sorted[16384];
    size_t n = 0;

    for (size_t i = 0; i < answers->count && n < sizeof(sorted) / sizeof(sorted[0]); i++)
        if (answers->all[i].due_ns >= from && answers->all[i].due_ns < to)
            sorted[n++] = answers->all[i].latency_us;
    if (n == 0)
        return 0;
    qsort(sorted, n, sizeof(sorted[0]), by_latency);
    return sorted[n * 99 / 100] / 1000.0;
}

static size_t served(const struct answers *answers, uint64_t from, uint64_t to)
{
    size_t n = 0;

    for (size_t i = 0; i < answers->count; i++)
        n += answers->all[i].served && answers->all[i].due_ns >= from &&
             answers->all[i].due_ns < to;
    return n;
}

/* The largest p99 of any second that lies in [from, to). */
static double worst_second(const struct answers *answers, uint64_t from, uint64_t to)
{
    double worst = 0;

    for (uint64_t at = from; at + NS_PER_S <= to; at += STEP_NS) {
        double now = p99(answers, at, at + NS_PER_S);

        worst = now > worst ? now : worst;
    }
    return worst;
}

/* Return: the end of the last second that was above the limit; hog where none was. */
static uint64_t last_above(const struct answers *answers, uint64_t hog, uint64_t end, double limit)
{
    for (uint64_t at = end; at >= hog + STEP_NS; at -= STEP_NS)
        if (p99(answers, at - NS_PER_S, at) > limit)
            return at;
    return hog;
}

int main(int argc, char **argv)
{
    struct answers answers = {0};
    uint64_t start, hog, end, above;
    double baseline, lost;

    if (argc < 3)
        errx(2, "usage: suffering FILE HOG_NS [END_NS]");
    read_answers(&answers, argv[1]);
    start = answers.all[0].due_ns;
    hog = strtoull(argv[2], NULL, 10);
    end = argc > 3 ? strtoull(argv[3], NULL, 10) : answers.all[answers.count - 1].due_ns;
    if (hog < start + 2 * NS_PER_S || end < hog + NS_PER_S)
        errx(2, "%s: there must be two seconds before the hog and one after it", argv[1]);
    baseline = worst_second(&answers, start, hog);
    above = last_above(&answers, hog, end, TOLERANCE * baseline);
    lost = (double)served(&answers, start, hog) / (double)(hog - start) * (double)(above - hog) -
           (double)served(&answers, hog, above);
    printf("baseline=%.1f\nworst=%.1f\n", baseline, worst_second(&answers, hog, end));
    if (above >= end)
        printf("recovered=null\n");
    else
        printf("recovered=%.0f\n", (double)(above - hog) / NS_PER_MS);
    printf("lost=%.0f\n", lost > 0 ? lost : 0);
    return 0;
}
