/* Holds memory of a given shape and sleeps.
 *
 *   holder --mb N [--shmem] [--map N] [--threads N] [--dead-leader] [--children N [--together]]
 *
 * --mb           memory of the process (of each process with --children)
 * --shmem        shared memory (a memfd) instead of private memory: counts as shmem, not as anonymous
 * --map          so many MB more of address space, which are never touched
 * --threads      so many more threads, which only sleep
 * --dead-leader  the main thread ends and another one lives on: /proc/PID looks like a zombie's, the memory is there
 * --children     so many child processes, each holding as much; "ready" comes when all hold theirs
 * --together     they hold the parent's shared memory instead of some of their own (needs --shmem) */

#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "load.h"

struct shape {
        size_t size;
        unsigned long threads;
        unsigned long children;
        size_t map;
        bool shmem;
        bool together;
        bool dead_leader;
};

static void *hold_memory(const struct shape *shape) {
        struct noise noise = noise_from_seed(seed_from_environment() + (uint64_t) getpid());
        /* An anonymous shared mapping is shmem to the kernel's accounting. */
        void *memory = map_memory(shape->size, shape->shmem ? MAP_SHARED : MAP_PRIVATE);

        fill_memory(memory, shape->size, &noise);
        if (shape->map > 0)
                map_memory(shape->map, MAP_PRIVATE);
        return memory;
}

/* What the parent has filled: each who touches it counts it as resident. */
static void hold_together(const struct shape *shape, char *memory) {
        for (size_t at = 0; at < shape->size; at += PAGE)
                touch_page(memory + at);
}

static void *sleep_for_ever(void *unused) {
        (void) unused;
        for (;;)
                pause();
        return NULL;
}

static void start_threads(unsigned long count) {
        pthread_attr_t attributes;
        pthread_t thread;

        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 64 * 1024);
        for (unsigned long i = 0; i < count; i++) {
                int error = pthread_create(&thread, &attributes, sleep_for_ever, NULL);

                if (error)
                        errx(1, "thread %lu: %s", i + 1, strerror(error));
        }
        pthread_attr_destroy(&attributes);
}

/* Each child says through the pipe that it holds its memory. */
static void start_children(const struct shape *shape, void *memory) {
        int ready[2];
        char byte = 0;

        if (pipe(ready) < 0)
                err(1, "pipe");
        for (unsigned long i = 0; i < shape->children; i++) {
                pid_t child = fork();

                if (child < 0)
                        err(1, "fork");
                if (child == 0) {
                        if (shape->together)
                                hold_together(shape, memory);
                        else
                                hold_memory(shape);
                        if (write(ready[1], &byte, 1) != 1)
                                err(1, "pipe");
                        sleep_for_ever(NULL);
                }
        }
        close(ready[1]);
        for (unsigned long i = 0; i < shape->children; i++)
                if (read(ready[0], &byte, 1) != 1)
                        errx(1, "a child did not live to hold its memory");
        close(ready[0]);
}

static struct shape parse_arguments(int argc, char **argv) {
        static const struct option options[] = {
                { "mb", required_argument, NULL, 'm' },       { "threads", required_argument, NULL, 't' },
                { "shmem", no_argument, NULL, 's' },          { "dead-leader", no_argument, NULL, 'd' },
                { "children", required_argument, NULL, 'c' }, { "together", no_argument, NULL, 'o' },
                { "map", required_argument, NULL, 'p' },      { NULL, 0, NULL, 0 },
        };
        struct shape shape = { 0 };
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'm': shape.size = parse_number("--mb", optarg, 1) * MB; break;
                case 't': shape.threads = parse_number("--threads", optarg, 1); break;
                case 's': shape.shmem = true; break;
                case 'd': shape.dead_leader = true; break;
                case 'p': shape.map = parse_number("--map", optarg, 1) * MB; break;
                case 'o': shape.together = true; break;
                case 'c': shape.children = parse_number("--children", optarg, 1); break;
                default: exit(2);
                }
        if (shape.size == 0 || optind != argc || (shape.together && !shape.shmem))
                errx(2, "usage: holder --mb N [--shmem] [--map N] [--threads N] [--dead-leader] "
                        "[--children N [--together]]");
        return shape;
}

int main(int argc, char **argv) {
        struct shape shape = parse_arguments(argc, argv);

        start_children(&shape, hold_memory(&shape));
        if (shape.dead_leader && shape.threads == 0)
                shape.threads = 1;
        start_threads(shape.threads);
        say_ready();
        if (shape.dead_leader)
                pthread_exit(NULL);
        sleep_for_ever(NULL);
}
