/* Holds memory of a given shape and sleeps.
 *
 *   holder --mb N [--shmem] [--huge] [--map N] [--tables N] [--bind NODE] [--threads N] [--spread] [--dead-leader]
 *          [--children N [--together]]
 *
 * --mb           memory of the process (of each process with --children)
 * --shmem        shared memory (a memfd) instead of private memory: counts as shmem, not as anonymous
 * --huge         huge pages, where the kernel has them: gigabytes within seconds
 * --map          so many MB more of address space, which are never touched
 * --tables       one page more in each of so many stretches of 2 MB, so that each needs a page table of its own
 * --bind         memory of this NUMA node only (MPOL_BIND)
 * --threads      so many more threads, which only sleep
 * --spread       the threads fill the memory, each its part, instead of the main thread
 * --dead-leader  the main thread ends and another one lives on: /proc/PID looks like a zombie's, the memory is there
 * --children     so many child processes, each holding as much; "ready" comes when all hold theirs
 * --together     they hold the parent's shared memory instead of some of their own (needs --shmem) */

#include <getopt.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "load.h"

#define TABLE_REACH (2 * MB) /* of one page of page tables */

struct shape {
        size_t size;
        unsigned long tables;
        unsigned long threads;
        unsigned long children;
        size_t map;
        unsigned long nodes; /* to bind to, one bit each; 0: any */
        bool shmem;
        bool huge;
        bool spread;
        bool together;
        bool dead_leader;
};

/* What one thread fills. */
struct part {
        char *memory;
        size_t size;
        pthread_barrier_t *filled;
};

static void bind_to_nodes(const struct shape *shape) {
        if (shape->nodes && syscall(SYS_set_mempolicy, MPOL_BIND, &shape->nodes, 8 * sizeof(shape->nodes)) < 0)
                err(1, "set_mempolicy");
}

static void fill_part(void *memory, size_t size) {
        struct noise noise = noise_from_seed(seed_from_environment() + (uint64_t) gettid());

        fill_memory(memory, size, &noise);
}

/* Huge pages come with one touch each. */
static void touch_memory(char *memory, size_t size) {
        for (size_t at = 0; at < size; at += PAGE)
                touch_page(memory + at);
}

/* Return: the memory, still to be filled with --spread. */
static char *hold_memory(const struct shape *shape) {
        /* An anonymous shared mapping is shmem to the kernel's accounting. */
        char *memory = map_memory(shape->size, shape->shmem ? MAP_SHARED : MAP_PRIVATE);

        if (shape->tables > 0) {
                char *sparse = map_memory(shape->tables * TABLE_REACH, MAP_PRIVATE);

                for (unsigned long i = 0; i < shape->tables; i++)
                        touch_page(sparse + i * TABLE_REACH);
        }
        if (shape->huge) {
                if (madvise(memory, shape->size, MADV_HUGEPAGE) < 0 && errno != EINVAL)
                        err(1, "madvise");
                touch_memory(memory, shape->size);
        } else if (!shape->spread) {
                fill_part(memory, shape->size);
        }
        if (shape->map > 0)
                map_memory(shape->map, MAP_PRIVATE);
        return memory;
}

/* What the parent has filled: each who touches it counts it as resident. */
static void hold_together(const struct shape *shape, char *memory) {
        touch_memory(memory, shape->size);
}

static void *sleep_for_ever(void *unused) {
        (void) unused;
        for (;;)
                pause();
        return NULL;
}

static void *fill_and_sleep(void *argument) {
        const struct part *part = argument;

        fill_part(part->memory, part->size);
        pthread_barrier_wait(part->filled);
        return sleep_for_ever(NULL);
}

/* With parts, each thread fills one. */
static void start_threads(unsigned long count, struct part *parts) {
        pthread_attr_t attributes;
        pthread_t thread;

        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 64 * 1024);
        for (unsigned long i = 0; i < count; i++) {
                int error = parts ? pthread_create(&thread, &attributes, fill_and_sleep, &parts[i])
                                  : pthread_create(&thread, &attributes, sleep_for_ever, NULL);

                if (error)
                        errx(1, "thread %lu: %s", i + 1, strerror(error));
        }
        pthread_attr_destroy(&attributes);
}

/* Return when all threads have filled their parts. They never end, so what they use is not freed. */
static void spread_memory(const struct shape *shape, char *memory) {
        pthread_barrier_t *filled = malloc(sizeof(*filled));
        struct part *parts = calloc(shape->threads, sizeof(*parts));
        size_t size = shape->size / shape->threads / PAGE * PAGE;

        if (!filled || !parts)
                err(1, "malloc");
        pthread_barrier_init(filled, NULL, (unsigned) shape->threads + 1);
        for (unsigned long i = 0; i < shape->threads; i++)
                parts[i] = (struct part) { memory + i * size, size, filled };
        start_threads(shape->threads, parts);
        pthread_barrier_wait(filled);
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
                { "map", required_argument, NULL, 'a' },      { "tables", required_argument, NULL, 'p' },
                { "huge", no_argument, NULL, 'h' },           { "spread", no_argument, NULL, 'r' },
                { "bind", required_argument, NULL, 'b' },     { NULL, 0, NULL, 0 },
        };
        struct shape shape = { 0 };
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'm': shape.size = parse_number("--mb", optarg, 1) * MB; break;
                case 't': shape.threads = parse_number("--threads", optarg, 1); break;
                case 's': shape.shmem = true; break;
                case 'd': shape.dead_leader = true; break;
                case 'a': shape.map = parse_number("--map", optarg, 1) * MB; break;
                case 'o': shape.together = true; break;
                case 'c': shape.children = parse_number("--children", optarg, 1); break;
                case 'p': shape.tables = parse_number("--tables", optarg, 1); break;
                case 'h': shape.huge = true; break;
                case 'r': shape.spread = true; break;
                case 'b': shape.nodes = 1ul << (parse_number("--bind", optarg, 0) & 63); break;
                default: exit(2);
                }
        if (shape.size == 0 || optind != argc || (shape.together && !shape.shmem))
                errx(2, "usage: holder --mb N [--shmem] [--huge] [--map N] [--tables N] [--bind NODE] [--threads N] "
                        "[--spread] [--dead-leader] [--children N [--together]]");
        if (shape.spread && (shape.threads == 0 || shape.huge || shape.children > 0))
                errx(2, "--spread needs --threads, and neither --huge nor --children");
        return shape;
}

int main(int argc, char **argv) {
        struct shape shape = parse_arguments(argc, argv);
        char *memory;

        bind_to_nodes(&shape);
        memory = hold_memory(&shape);
        start_children(&shape, memory);
        if (shape.dead_leader && shape.threads == 0)
                shape.threads = 1;
        if (shape.spread)
                spread_memory(&shape, memory);
        else
                start_threads(shape.threads, NULL);
        say_ready();
        if (shape.dead_leader)
                pthread_exit(NULL);
        sleep_for_ever(NULL);
}
