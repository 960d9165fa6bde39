/* Leaks anonymous memory, page by page, at a steady rate.
 *
 *   leaker [--rate MB] [--limit MB] [--hold] [--touch] [--on-term ignore|exit|slow=SECONDS] [--sharer NAME]
 *          [--child MB]
 *
 * --rate     MB a second; without it, as fast as it can
 * --limit    stops leaking there; then it ends, unless --hold or --touch
 * --hold     at the limit, sleeps with all it has
 * --touch    walks over all it has after each leaked MB, and for ever at the limit: a leak that thrashes
 * --on-term  what SIGTERM does: nothing, an orderly end (default), or an orderly end after some seconds
 * --sharer   a second process of that name, which shares the address space (CLONE_VM) and sleeps
 * --child    a child with an address space of its own, which holds so much and sleeps */

#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "load.h"

/* With no limit given: far more than any test guest has. */
#define ENDLESS_MB ((size_t) 64 * 1024)

struct leak {
        char *memory;
        size_t size;
        size_t limit;
        unsigned long rate;
        bool hold;
        bool touch;
        const char *sharer;
        size_t child;
        struct noise noise;
};

static volatile sig_atomic_t term_seen;
static unsigned long term_delay;

static void on_term(int signal_number) {
        (void) signal_number;
        term_seen = 1;
}

static void set_term_reaction(const char *reaction) {
        struct sigaction action = { .sa_handler = on_term };

        if (strcmp(reaction, "ignore") == 0)
                action.sa_handler = SIG_IGN;
        else if (strncmp(reaction, "slow=", 5) == 0)
                term_delay = parse_number("--on-term slow", reaction + 5, 1);
        else if (strcmp(reaction, "exit") != 0)
                errx(2, "--on-term: '%s' is none of ignore, exit, slow=SECONDS", reaction);
        if (sigaction(SIGTERM, &action, NULL) < 0)
                err(1, "sigaction");
}

/* The memory is kept until the very end: what a slow SIGTERM handler costs is that it still holds it. */
static void end_if_told(void) {
        if (!term_seen)
                return;
        sleep_seconds((double) term_delay);
        exit(0);
}

static void touch_all(const struct leak *leak) {
        for (size_t at = 0; at < leak->size; at += PAGE) {
                touch_page(leak->memory + at);
                if (at % MB == 0)
                        end_if_told();
        }
}

static void leak_one_mb(struct leak *leak) {
        fill_memory(leak->memory + leak->size, MB, &leak->noise);
        leak->size += MB;
}

static void leak_to_limit(struct leak *leak) {
        double started = seconds_now();

        while (leak->size < leak->limit) {
                leak_one_mb(leak);
                end_if_told();
                if (leak->touch)
                        touch_all(leak);
                if (leak->rate > 0) {
                        double due = started + (double) (leak->size / MB) / (double) leak->rate;
                        double ahead = due - seconds_now();

                        if (ahead > 0)
                                sleep_seconds(ahead);
                }
                end_if_told();
        }
}

static void stay_at_limit(const struct leak *leak) {
        while (leak->touch) {
                touch_all(leak);
                end_if_told();
        }
        while (leak->hold) {
                sleep_seconds(0.05); /* a signal between the check and a pause() would be missed */
                end_if_told();
        }
}

static int sleep_as_sharer(void *name) {
        if (prctl(PR_SET_NAME, name) < 0)
                _exit(1);
        for (;;)
                pause();
}

static void start_sharer(const char *name) {
        size_t size = 64 * 1024;
        char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (stack == MAP_FAILED || clone(sleep_as_sharer, stack + size, CLONE_VM | SIGCHLD, (void *) name) < 0)
                err(1, "cannot start a process that shares the address space");
}

static void start_child(size_t size) {
        struct noise noise = noise_from_seed(seed_from_environment() + 1);
        int ready[2];
        char byte = 0;
        pid_t child;

        if (pipe(ready) < 0 || (child = fork()) < 0)
                err(1, "cannot start a child");
        if (child == 0) {
                fill_memory(map_memory(size, MAP_PRIVATE), size, &noise);
                if (write(ready[1], &byte, 1) != 1)
                        err(1, "pipe");
                for (;;)
                        pause();
        }
        close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
                errx(1, "the child did not live to hold its memory");
        close(ready[0]);
}

static struct leak parse_arguments(int argc, char **argv) {
        static const struct option options[] = {
                { "rate", required_argument, NULL, 'r' },    { "limit", required_argument, NULL, 'l' },
                { "hold", no_argument, NULL, 'h' },          { "touch", no_argument, NULL, 't' },
                { "on-term", required_argument, NULL, 's' }, { "sharer", required_argument, NULL, 'n' },
                { "child", required_argument, NULL, 'c' },   { NULL, 0, NULL, 0 },
        };
        struct leak leak = { .limit = ENDLESS_MB * MB, .noise = noise_from_seed(seed_from_environment()) };
        int option;

        set_term_reaction("exit");
        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'r': leak.rate = parse_number("--rate", optarg, 1); break;
                case 'l': leak.limit = parse_number("--limit", optarg, 1) * MB; break;
                case 'h': leak.hold = true; break;
                case 't': leak.touch = true; break;
                case 's': set_term_reaction(optarg); break;
                case 'n': leak.sharer = optarg; break;
                case 'c': leak.child = parse_number("--child", optarg, 1) * MB; break;
                default: exit(2);
                }
        if (optind != argc)
                errx(2, "unexpected argument %s", argv[optind]);
        return leak;
}

int main(int argc, char **argv) {
        struct leak leak = parse_arguments(argc, argv);

        if (leak.child > 0)
                start_child(leak.child);
        leak.memory = map_memory(leak.limit, MAP_PRIVATE);
        if (leak.sharer)
                start_sharer(leak.sharer);
        say_ready();
        leak_to_limit(&leak);
        stay_at_limit(&leak);
        return 0;
}
