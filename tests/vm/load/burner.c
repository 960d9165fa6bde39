/* Burns CPU time while it holds some memory.
 *
 *   burner --mb N [--threads N] --seconds N
 *
 * --mb       memory of the process
 * --threads  so many threads burn (1)
 * --seconds  CPU time of all threads together: then it says "burnt" and sleeps */

#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>

#include "load.h"

static unsigned long limit_seconds;
static atomic_uint told;

static double cpu_seconds(void) {
        struct timespec used;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
        return (double) used.tv_sec + (double) used.tv_nsec / 1e9;
}

static void *burn(void *unused) {
        volatile uint64_t sink = 0;

        (void) unused;
        while (cpu_seconds() < (double) limit_seconds)
                for (unsigned i = 0; i < 100000; i++)
                        sink++;
        if (atomic_fetch_add(&told, 1) == 0) {
                puts("burnt");
                fflush(stdout);
        }
        for (;;)
                pause();
        return NULL;
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "mb", required_argument, NULL, 'm' },
                { "threads", required_argument, NULL, 't' },
                { "seconds", required_argument, NULL, 's' },
                { NULL, 0, NULL, 0 },
        };
        struct noise noise = noise_from_seed(seed_from_environment());
        unsigned long threads = 1;
        size_t size = 0;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'm': size = parse_number("--mb", optarg, 1) * MB; break;
                case 't': threads = parse_number("--threads", optarg, 1); break;
                case 's': limit_seconds = parse_number("--seconds", optarg, 1); break;
                default: exit(2);
                }
        if (size == 0 || limit_seconds == 0 || optind != argc)
                errx(2, "usage: burner --mb N [--threads N] --seconds N");
        fill_memory(map_memory(size, MAP_PRIVATE), size, &noise);
        say_ready();
        for (unsigned long i = 1; i < threads; i++) {
                pthread_t thread;
                int error = pthread_create(&thread, NULL, burn, NULL);

                if (error)
                        errx(1, "thread %lu: %s", i, strerror(error));
        }
        burn(NULL);
}
