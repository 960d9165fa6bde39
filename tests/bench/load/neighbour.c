/* An innocent neighbour: a server that is asked at a steady rate and writes down how long each answer took. To answer
 * it touches pages of its working set at random and reads a piece of a file.
 *
 *   neighbour --out FILE --file FILE [--mb N] [--rate N] [--pages N] [--seconds N]
 *
 * --out      the answers, written at SIGTERM or after --seconds (default 120): lines "SCHEDULED_NS LATENCY_US SERVED"
 * --file     a file to read from
 * --mb       working set (60)
 * --rate     questions a second (200)
 * --pages    pages touched for each (16)
 *
 * A latency counts from the instant at which the question was due, so that a stall is not hidden by the questions
 * nobody could ask meanwhile. Those that were due while another one was served are dropped (SERVED 0): lost work. */

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>

#include "load.h"

#define NS_PER_S 1000000000ULL
#define PIECE    4096

struct answer {
        uint32_t latency_us;
        bool served;
};

struct server {
        const char *out;
        int file;
        size_t pieces;
        char *memory;
        size_t size;
        unsigned long rate;
        unsigned long pages;
        unsigned long seconds;
        uint64_t start_ns;
        struct answer *answers;
        size_t count;
        struct noise noise;
};

static volatile sig_atomic_t told_to_end;

static void on_term(int signal_number) {
        (void) signal_number;
        told_to_end = 1;
}

static uint64_t now_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * NS_PER_S + (uint64_t) now.tv_nsec;
}

static void wait_until(uint64_t ns) {
        struct timespec at = { (time_t) (ns / NS_PER_S), (long) (ns % NS_PER_S) };

        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static uint64_t due_ns(const struct server *s, size_t question) {
        return s->start_ns + question * NS_PER_S / s->rate;
}

static void answer(struct server *s) {
        char piece[PIECE];

        for (unsigned long i = 0; i < s->pages; i++)
                touch_page(s->memory + noise_next(&s->noise) % (s->size / PAGE) * PAGE);
        if (pread(s->file, piece, sizeof(piece), (off_t) (noise_next(&s->noise) % s->pieces * PIECE)) < 0)
                err(1, "read");
}

/* The file is in the page cache before the first question: what is read from the disk for the first time is nobody's
 * doing, and takes as long as the host's disk does. */
static void read_all(const struct server *s) {
        char piece[PIECE];

        for (size_t i = 0; i < s->pieces; i++)
                if (pread(s->file, piece, sizeof(piece), (off_t) (i * PIECE)) < 0)
                        err(1, "read");
}

static void note(struct server *s, size_t question, uint64_t now, bool served) {
        uint64_t us = (now - due_ns(s, question)) / 1000;

        s->answers[question].latency_us = us > UINT32_MAX ? UINT32_MAX : (uint32_t) us;
        s->answers[question].served = served;
}

static void serve(struct server *s) {
        size_t room = s->seconds * s->rate;

        s->start_ns = now_ns();
        while (s->count < room && !told_to_end) {
                size_t question = s->count;
                uint64_t now;

                wait_until(due_ns(s, question));
                if (told_to_end)
                        break; /* before it was due */
                s->count++;
                answer(s);
                now = now_ns();
                note(s, question, now, true);
                while (s->count < room && due_ns(s, s->count) + NS_PER_S / s->rate <= now)
                        note(s, s->count++, now, false);
        }
}

static void print_answers(const struct server *s) {
        FILE *out = fopen(s->out, "we");

        if (!out)
                err(1, "%s", s->out);
        for (size_t i = 0; i < s->count; i++)
                fprintf(out, "%llu %u %d\n", (unsigned long long) due_ns(s, i), s->answers[i].latency_us,
                        s->answers[i].served);
        if (fclose(out) != 0)
                err(1, "%s", s->out);
}

static const char *parse_arguments(struct server *s, int argc, char **argv) {
        static const struct option options[] = {
                { "out", required_argument, NULL, 'o' },   { "file", required_argument, NULL, 'f' },
                { "mb", required_argument, NULL, 'm' },    { "rate", required_argument, NULL, 'r' },
                { "pages", required_argument, NULL, 'p' }, { "seconds", required_argument, NULL, 't' },
                { NULL, 0, NULL, 0 },
        };
        const char *file = NULL;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'o': s->out = optarg; break;
                case 'f': file = optarg; break;
                case 'm': s->size = parse_number("--mb", optarg, 1) * MB; break;
                case 'r': s->rate = parse_number("--rate", optarg, 1); break;
                case 'p': s->pages = parse_number("--pages", optarg, 0); break;
                case 't': s->seconds = parse_number("--seconds", optarg, 1); break;
                default: exit(2);
                }
        if (!s->out || !file || optind != argc)
                errx(2, "usage: neighbour --out FILE --file FILE [--mb N] [--rate N] [--pages N] [--seconds N]");
        return file;
}

int main(int argc, char **argv) {
        struct server s = { .size = 60 * MB, .rate = 200, .pages = 16, .seconds = 120 };
        struct sigaction action = { .sa_handler = on_term };
        const char *file = parse_arguments(&s, argc, argv);
        off_t size;

        s.noise = noise_from_seed(seed_from_environment());
        s.file = open(file, O_RDONLY | O_CLOEXEC);
        size = s.file < 0 ? -1 : lseek(s.file, 0, SEEK_END);
        if (size < PIECE)
                err(1, "%s", file);
        s.pieces = (size_t) size / PIECE;
        s.answers = calloc(s.seconds * s.rate, sizeof(*s.answers));
        if (!s.answers || sigaction(SIGTERM, &action, NULL) < 0)
                err(1, "cannot begin");
        s.memory = map_memory(s.size, MAP_PRIVATE);
        fill_memory(s.memory, s.size, &s.noise);
        read_all(&s);
        say_ready();
        serve(&s);
        print_answers(&s);
        return 0;
}
