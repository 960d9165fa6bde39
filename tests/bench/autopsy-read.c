/* Reads OOM reports out of a log and says what it cost.
 *
 * usage: autopsy-read FILE
 * One line: reports, tasks, seconds of processor time, peak resident memory in kB. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "daemon/autopsy/report.h"

struct count {
    size_t reports, tasks;
};

static void take(const struct rl_oom_report *report, void *userdata)
{
    struct count *count = userdata;

    count->reports++;
    count->tasks += report->n_tasks;
}

static double seconds(const struct rusage *usage)
{
    return (double)usage->ru_utime.tv_sec + (double)usage->ru_utime.tv_usec / 1e6 +
           (double)usage->ru_stime.tv_sec + (double)usage->ru_stime.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    static char piece[1 << 16];
    struct count count = {0};
    struct rl_oom_reader *reader;
    struct rusage usage;
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    size_t n;
    int r;

    if (!file) {
        fprintf(stderr, "usage: autopsy-read FILE\n");
        return 2;
    }
    r = rl_oom_reader_new(take, &count, &reader);
    while (r == 0 && (n = fread(piece, 1, sizeof(piece), file)) > 0)
        r = rl_oom_reader_feed(reader, piece, n);
    if (r == 0)
        r = rl_oom_reader_end(reader);
    if (r < 0 || ferror(file)) {
        fprintf(stderr, "autopsy-read: %s\n", strerror(r < 0 ? -r : EIO));
        return 1;
    }
    rl_oom_reader_free(reader);
    fclose(file);
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu %zu %.2f %ld\n", count.reports, count.tasks, seconds(&usage), usage.ru_maxrss);
    return 0;
}
