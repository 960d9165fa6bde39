/* Makes and removes cgroups as fast as it can, in several parents and at several depths.
 *
 *   cgroup-storm [--make N] [--alive N] [--leave N] DIRECTORY
 *
 * --make   so many cgroups in all (default 10000), below DIRECTORY, which has to be there
 * --alive  so many of them stand at a time at most (default: all of them); the oldest goes first
 * --leave  so many stand at the end (default 0), the youngest ones; without any, the parents go too
 *
 * The parents are DIRECTORY/storm-0 to storm-7, each with a chain of three below it. They are not counted.
 * Prints how many mkdir() and rmdir() calls were made, and how long they took. */

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "load.h"

#define PARENTS 8
#define DEPTHS  4

struct storm {
        unsigned long make;
        unsigned long alive;
        unsigned long leave;
        int directory;
        int parents[PARENTS * DEPTHS];
};

static const char *parent_path(unsigned number, unsigned depth) {
        static char path[64];
        int n = snprintf(path, sizeof(path), "storm-%u", number);

        while (depth-- > 0)
                n += snprintf(path + n, sizeof(path) - (size_t) n, "/below");
        return path;
}

static void make_parents(struct storm *storm) {
        for (unsigned i = 0; i < PARENTS * DEPTHS; i++) {
                const char *path = parent_path(i % PARENTS, i / PARENTS);

                if (mkdirat(storm->directory, path, 0755) < 0 && errno != EEXIST)
                        err(1, "cannot make %s", path);
                storm->parents[i] = openat(storm->directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (storm->parents[i] < 0)
                        err(1, "cannot open %s", path);
        }
}

/* The deepest first. */
static void remove_parents(struct storm *storm) {
        for (unsigned i = PARENTS * DEPTHS; i-- > 0;)
                if (unlinkat(storm->directory, parent_path(i % PARENTS, i / PARENTS), AT_REMOVEDIR) < 0)
                        err(1, "cannot remove a parent");
}

/* Names as long as those of a service manager are. */
static const char *name_of(unsigned long number) {
        static char name[64];

        snprintf(name, sizeof(name), "app-org.example.Storm-%08lu", number);
        return name;
}

static void make_one(const struct storm *storm, unsigned long number) {
        if (mkdirat(storm->parents[number % (PARENTS * DEPTHS)], name_of(number), 0755) < 0)
                err(1, "cannot make cgroup %lu", number);
}

static void remove_one(const struct storm *storm, unsigned long number) {
        if (unlinkat(storm->parents[number % (PARENTS * DEPTHS)], name_of(number), AT_REMOVEDIR) < 0)
                err(1, "cannot remove cgroup %lu", number);
}

static struct storm parse_arguments(int argc, char **argv) {
        static const struct option options[] = {
                { "make", required_argument, NULL, 'm' },
                { "alive", required_argument, NULL, 'a' },
                { "leave", required_argument, NULL, 'l' },
                { NULL, 0, NULL, 0 },
        };
        struct storm storm = { .make = 10000 };
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'm': storm.make = parse_number("--make", optarg, 1); break;
                case 'a': storm.alive = parse_number("--alive", optarg, 1); break;
                case 'l': storm.leave = parse_number("--leave", optarg, 0); break;
                default: exit(2);
                }
        if (optind != argc - 1)
                errx(2, "usage: cgroup-storm [--make N] [--alive N] [--leave N] DIRECTORY");
        if (storm.alive == 0)
                storm.alive = storm.make;
        storm.directory = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (storm.directory < 0)
                err(1, "cannot open %s", argv[optind]);
        return storm;
}

int main(int argc, char **argv) {
        struct storm storm = parse_arguments(argc, argv);
        unsigned long made = 0, removed = 0;
        double begin = seconds_now();

        make_parents(&storm);
        while (made < storm.make) {
                if (made - removed == storm.alive)
                        remove_one(&storm, removed++);
                make_one(&storm, made++);
        }
        while (made - removed > storm.leave)
                remove_one(&storm, removed++);
        if (storm.leave == 0)
                remove_parents(&storm);
        printf("%lu made and %lu removed in %.1f s\n", made, removed, seconds_now() - begin);
        return 0;
}
