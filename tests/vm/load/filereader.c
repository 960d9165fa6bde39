/* Fills the page cache of its cgroup from a file, again and again.
 *
 *   filereader [--mmap] [--seconds N] FILE
 *
 * --mmap     reads single pages of a mapping in random order instead of the file from its start to its end:
 *            under a limit smaller than the file these are refaults, real stalls without any anonymous memory
 * --seconds  ends after that time; without it, never */

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "load.h"

static double until;

static bool time_is_up(void) {
        return until > 0 && seconds_now() > until;
}

static void read_through(int file) {
        static char buffer[64 * 1024];
        off_t at = 0;

        while (!time_is_up()) {
                ssize_t got = pread(file, buffer, sizeof(buffer), at);

                if (got < 0)
                        err(1, "read");
                at = got == 0 ? 0 : at + got;
        }
}

static void read_random_pages(int file, size_t size) {
        struct noise noise = noise_from_seed(seed_from_environment());
        const volatile char *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);

        if (memory == MAP_FAILED)
                err(1, "mmap");
        /* Without it, read-ahead makes the pages around each one fresh too. */
        if (madvise((void *) memory, size, MADV_RANDOM) < 0)
                err(1, "madvise");
        while (!time_is_up())
                for (int i = 0; i < 64; i++)
                        (void) memory[noise_next(&noise) % (size / PAGE) * PAGE];
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "mmap", no_argument, NULL, 'm' },
                { "seconds", required_argument, NULL, 't' },
                { NULL, 0, NULL, 0 },
        };
        bool use_mmap = false;
        struct stat status;
        int option, file;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'm': use_mmap = true; break;
                case 't': until = seconds_now() + (double) parse_number("--seconds", optarg, 1); break;
                default: return 2;
                }
        if (optind + 1 != argc)
                errx(2, "usage: filereader [--mmap] [--seconds N] FILE");
        file = open(argv[optind], O_RDONLY | O_CLOEXEC);
        if (file < 0 || fstat(file, &status) < 0)
                err(1, "%s", argv[optind]);
        if (status.st_size < (off_t) PAGE)
                errx(1, "%s is smaller than a page", argv[optind]);
        say_ready();
        if (use_mmap)
                read_random_pages(file, (size_t) status.st_size);
        else
                read_through(file);
        return 0;
}
