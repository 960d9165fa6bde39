/* Holds a working set and keeps touching its pages in random order: give its cgroup less than that, and it does
 * nothing but wait for memory.
 *
 *   thrasher --size MB [--processes N] [--seconds N]
 *
 * --processes  so many (1), each with its share of the working set
 * --seconds    ends after that time; without it, never. Says "ready" before the first page is touched, since under a
 *              limit that is too small the first round may never end. */

#include <getopt.h>

#include "load.h"

static void touch_for_ever(char *memory, size_t size, struct noise *noise, double until) {
        size_t pages = size / PAGE;

        for (unsigned long touched = 1;; touched++) {
                touch_page(memory + noise_next(noise) % pages * PAGE);
                if (until > 0 && touched % 1024 == 0 && seconds_now() > until)
                        return;
        }
}

/* Every process goes on from here, each with noise of its own. */
static void multiply(unsigned long processes, struct noise *noise) {
        for (unsigned long i = 1; i < processes; i++) {
                pid_t child = fork();

                if (child < 0)
                        err(1, "fork");
                if (child == 0) {
                        *noise = noise_from_seed(seed_from_environment() + i);
                        return;
                }
        }
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "size", required_argument, NULL, 's' },
                { "processes", required_argument, NULL, 'p' },
                { "seconds", required_argument, NULL, 't' },
                { NULL, 0, NULL, 0 },
        };
        struct noise noise = noise_from_seed(seed_from_environment());
        unsigned long processes = 1;
        size_t size = 0;
        double until = 0;
        char *memory;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 's': size = parse_number("--size", optarg, 1) * MB; break;
                case 'p': processes = parse_number("--processes", optarg, 1); break;
                case 't': until = seconds_now() + (double) parse_number("--seconds", optarg, 1); break;
                default: return 2;
                }
        size = size / processes / PAGE * PAGE;
        if (size == 0 || optind != argc)
                errx(2, "usage: thrasher --size MB [--processes N] [--seconds N]");
        memory = map_memory(size, MAP_PRIVATE);
        say_ready();
        multiply(processes, &noise);
        fill_memory(memory, size, &noise);
        touch_for_ever(memory, size, &noise, until);
        return 0;
}
