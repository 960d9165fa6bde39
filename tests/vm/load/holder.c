/* Holds memory of a given shape and sleeps.
 *
 *   holder --mb N [--shmem] [--threads N] [--dead-leader] [--children N]
 *
 * --mb           memory of the process (of each process with --children)
 * --shmem        shared memory (a memfd) instead of private memory: counts as shmem, not as anonymous
 * --threads      so many more threads, which only sleep
 * --dead-leader  the main thread ends and another one lives on: /proc/PID looks like a zombie's, the memory is there
 * --children     so many child processes, each holding as much; "ready" comes when all hold theirs */

#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "load.h"

struct shape {
        size_t size;
        unsigned long threads;
        unsigned long children;
        bool shmem;
        bool dead_leader;
};

static void hold_memory(const struct shape *shape) {
        struct noise noise = noise_from_seed(seed_from_environment() + (uint64_t) getpid());

        /* An anonymous shared mapping is shmem to the kernel's accounting. */
        fill_memory(map_memory(shape->size, shape->shmem ? MAP_SHARED : MAP_PRIVATE), shape->size, &noise);
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
static void start_children(const struct shape *shape) {
        int ready[2];
        char byte = 0;

        if (pipe(ready) < 0)
                err(1, "pipe");
        for (unsigned long i = 0; i < shape->children; i++) {
                pid_t child = fork();

                if (child < 0)
                        err(1, "fork");
                if (child == 0) {
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
                { "children", required_argument, NULL, 'c' }, { NULL, 0, NULL, 0 },
        };
        struct shape shape = { 0 };
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'm': shape.size = parse_number("--mb", optarg, 1) * MB; break;
                case 't': shape.threads = parse_number("--threads", optarg, 1); break;
                case 's': shape.shmem = true; break;
                case 'd': shape.dead_leader = true; break;
                case 'c': shape.children = parse_number("--children", optarg, 1); break;
                default: exit(2);
                }
        if (shape.size == 0 || optind != argc)
                errx(2, "usage: holder --mb N [--shmem] [--threads N] [--dead-leader] [--children N]");
        return shape;
}

int main(int argc, char **argv) {
        struct shape shape = parse_arguments(argc, argv);

        hold_memory(&shape);
        start_children(&shape);
        if (shape.dead_leader && shape.threads == 0)
                shape.threads = 1;
        start_threads(shape.threads);
        say_ready();
        if (shape.dead_leader)
                pthread_exit(NULL);
        sleep_for_ever(NULL);
}
