/* Takes memory of the whole machine, and keeps using it.
 *
 *   hog --mb N [--huge N] [--rate N] [--hold SECONDS]
 *
 * --mb    how much in all; may be more than there is
 * --huge  the first so many MB at once, in huge pages where the kernel has them
 * --rate  MB per second of the rest (as fast as it can)
 * --hold  sleeps that long when it has all, then ends by itself; without it, it touches its pages at random for ever
 *
 * With each MB it touches as much of what it has already, so that nothing of it is cold. */

#include <getopt.h>

#include "load.h"

struct hog {
        char *memory;
        size_t target;
        size_t huge;
        size_t size;
        unsigned long rate;
        unsigned long hold;
        struct noise noise;
};

static void touch_some(struct hog *h) {
        for (size_t i = 0; i < MB / PAGE; i++)
                touch_page(h->memory + noise_next(&h->noise) % (h->size / PAGE) * PAGE);
}

static void take_huge(struct hog *h) {
        if (madvise(h->memory, h->huge, MADV_HUGEPAGE) < 0 && errno != EINVAL)
                err(1, "madvise");
        for (size_t at = 0; at < h->huge; at += PAGE)
                touch_page(h->memory + at);
        h->size = h->huge;
}

static void take_rest(struct hog *h) {
        double started = seconds_now();

        while (h->size < h->target) {
                fill_memory(h->memory + h->size, MB, &h->noise);
                h->size += MB;
                touch_some(h);
                if (h->rate > 0) {
                        double due = started + (double) ((h->size - h->huge) / MB) / (double) h->rate;
                        double ahead = due - seconds_now();

                        if (ahead > 0)
                                sleep_seconds(ahead);
                }
        }
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "mb", required_argument, NULL, 'm' },   { "huge", required_argument, NULL, 'h' },
                { "rate", required_argument, NULL, 'r' }, { "hold", required_argument, NULL, 't' },
                { NULL, 0, NULL, 0 },
        };
        struct hog h = { .noise = noise_from_seed(seed_from_environment()) };
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'm': h.target = parse_number("--mb", optarg, 1) * MB; break;
                case 'h': h.huge = parse_number("--huge", optarg, 0) / 2 * 2 * MB; break;
                case 'r': h.rate = parse_number("--rate", optarg, 1); break;
                case 't': h.hold = parse_number("--hold", optarg, 1); break;
                default: exit(2);
                }
        if (h.target == 0 || h.huge > h.target || optind != argc)
                errx(2, "usage: hog --mb N [--huge N] [--rate N] [--hold SECONDS]");
        h.memory = map_memory(h.target, MAP_PRIVATE);
        say_ready();
        if (h.huge > 0)
                take_huge(&h);
        take_rest(&h);
        if (h.hold > 0) {
                sleep_seconds((double) h.hold);
                return 0;
        }
        for (;;)
                touch_some(&h);
}
