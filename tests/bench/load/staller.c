/* Stalls for memory a given share of the time, and takes hardly any processor time for it: it holds a little more than
 * its cgroup's memory.high, so that the kernel puts it to sleep whenever it asks for more.
 *
 *   staller --hold MB [--share PERCENT]
 *
 * Says "ready" when it holds its memory: then set memory.high to about that. Each time it asks for 256 kB anew, and
 * then sleeps of its own for as long as it takes to keep to the share (default: 15). How long the kernel lets it wait
 * grows with the square of what it holds too much: it holds more when that is short, and less when it is long. */

#include <getopt.h>

#include "load.h"

#define ASKED (64 * PAGE) /* what the kernel charges in one batch */
#define SPARE (16 * MB)   /* what it may hold beyond --hold */
#define STEP (16 * PAGE)
#define STALL_MIN 0.03
#define STALL_MAX 0.15
#define REST_MIN 0.1

/* Holds a step more or two less, for the next ask to take between STALL_MIN and STALL_MAX. */
static size_t adapt(char *spare, size_t held, double stalled, struct noise *noise) {
        if (stalled < STALL_MIN && held + STEP <= SPARE) {
                fill_memory(spare + held, STEP, noise);
                return held + STEP;
        }
        if (stalled > STALL_MAX && held >= 2 * STEP) {
                held -= 2 * STEP;
                if (madvise(spare + held, 2 * STEP, MADV_DONTNEED) < 0)
                        err(1, "madvise");
        }
        return held;
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "hold", required_argument, NULL, 'h' },
                { "share", required_argument, NULL, 's' },
                { NULL, 0, NULL, 0 },
        };
        struct noise noise = noise_from_seed(seed_from_environment());
        double share = 0.15;
        size_t size = 0, held = 0;
        char *asked, *spare;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'h': size = parse_number("--hold", optarg, 1) * MB; break;
                case 's': share = (double) parse_number("--share", optarg, 1) / 100; break;
                default: return 2;
                }
        if (size == 0 || share >= 1 || optind != argc)
                errx(2, "usage: staller --hold MB [--share PERCENT]");
        fill_memory(map_memory(size, MAP_PRIVATE), size, &noise);
        asked = map_memory(ASKED, MAP_PRIVATE);
        spare = map_memory(SPARE, MAP_PRIVATE);
        say_ready();
        for (;;) {
                double start = seconds_now(), stalled, rest;

                fill_memory(asked, ASKED, &noise);
                stalled = seconds_now() - start;
                if (madvise(asked, ASKED, MADV_DONTNEED) < 0)
                        err(1, "madvise");
                held = adapt(spare, held, stalled, &noise);
                rest = stalled * (1 - share) / share;
                sleep_seconds(rest > REST_MIN ? rest : REST_MIN);
        }
}
