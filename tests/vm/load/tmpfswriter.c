/* Writes a file in memory (tmpfs) without mapping it: the memory is the cgroup's, but nobody's resident set.
 *
 *   tmpfswriter [--rate MB] --limit MB FILE
 *
 * --rate   MB a second; without it, as fast as it can
 * --limit  stops growing there, and writes the file again from its beginning, for ever */

#include <fcntl.h>
#include <getopt.h>

#include "load.h"

static void write_mb(int fd, size_t at, struct noise *noise) {
        static char page[PAGE];

        for (size_t done = 0; done < MB; done += PAGE) {
                noise_fill_page(noise, page);
                if (pwrite(fd, page, PAGE, (off_t) (at + done)) != (ssize_t) PAGE)
                        err(1, "write");
        }
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "rate", required_argument, NULL, 'r' },
                { "limit", required_argument, NULL, 'l' },
                { NULL, 0, NULL, 0 },
        };
        struct noise noise = noise_from_seed(seed_from_environment());
        unsigned long rate = 0;
        size_t limit = 0;
        int option, fd;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'r': rate = parse_number("--rate", optarg, 1); break;
                case 'l': limit = parse_number("--limit", optarg, 1) * MB; break;
                default: return 2;
                }
        if (limit == 0 || optind + 1 != argc)
                errx(2, "usage: tmpfswriter [--rate MB] --limit MB FILE");
        fd = open(argv[optind], O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
                err(1, "%s", argv[optind]);
        say_ready();
        for (size_t at = 0;; at = at + MB >= limit ? 0 : at + MB) {
                write_mb(fd, at, &noise);
                if (rate > 0)
                        sleep_seconds(1.0 / (double) rate);
        }
}
