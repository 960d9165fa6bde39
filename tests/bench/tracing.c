/* What it costs to write a trace: the notes of one that was recorded, put into the ring once more,
 * and turned into lines once more. For callgrind, which counts the instructions: of two runs with
 * different numbers the difference leaves out all that happens once.
 *
 * usage: tracing put|write TYPE TRACE REPEAT
 *
 * put: what the daemon's loop does for each note of that type ("sample"); write: what the thread
 * behind it does, but for the write() of 64 KB at a time. Prints how many notes of that type there
 * are. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/trace/line.h"
#include "daemon/trace/ring.h"

#define NOTES_MAX 100000

static struct rl_note *notes[NOTES_MAX];
static size_t n_notes;
static char out_buf[64 * 1024];

static void keep(const char *line, size_t len, const char *type)
{
    struct rl_note *note = NULL;
    json_t *json = NULL;
    const char *wrong = "";
    char begin[64];
    int n = snprintf(begin, sizeof(begin), "{\"type\":\"%s\"", type);

    if (len < (size_t)n || memcmp(line, begin, (size_t)n) != 0 || n_notes == NOTES_MAX)
        return;
    if (rl_note_read(line, len, &note, &json, &wrong) < 0)
        errx(1, "%s: %.80s", wrong, line);
    json_decref(json);
    if (note)
        notes[n_notes++] = note;
}

static void read_trace(const char *path, const char *type)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    if (!file)
        err(1, "%s", path);
    while ((len = getline(&line, &size, file)) > 0)
        keep(line, (size_t)len - (line[len - 1] == '\n'), type);
    free(line);
    fclose(file);
}

/* Less than half the ring: nobody wakes the thread, and it writes nothing. */
static void put(unsigned repeat)
{
    struct rl_ring *ring;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), r = fd < 0 ? -errno : rl_ring_new(fd, &ring);
    size_t bytes = 0;

    if (r < 0)
        errx(1, "%s", strerror(-r));
    for (unsigned i = 0; i < repeat; i++) {
        for (size_t k = 0; k < n_notes; k++) {
            void *note = rl_ring_take(ring, (enum rl_note_kind)notes[k]->kind, notes[k]->size);

            bytes += notes[k]->size + sizeof(struct rl_note);
            if (!note || bytes >= RL_RING_SIZE / 2)
                errx(1, "so many notes do not fit: fewer repetitions");
            memcpy(note, notes[k] + 1, notes[k]->size);
            rl_ring_put(ring);
        }
    }
}

static void drop(struct rl_out *out)
{
    out->n = 0;
}

static const char *path_of(void *userdata, uint64_t id)
{
    return "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod.slice/cri.scope";
}

static void write_lines(unsigned repeat)
{
    struct rl_out out = {.buf = out_buf, .size = sizeof(out_buf), .flush = drop};

    for (unsigned i = 0; i < repeat; i++)
        for (size_t k = 0; k < n_notes; k++)
            rl_note_write(&out, notes[k], path_of, NULL);
}

int main(int argc, char **argv)
{
    unsigned repeat = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;

    if (repeat == 0 || (strcmp(argv[1], "put") != 0 && strcmp(argv[1], "write") != 0))
        errx(2, "usage: tracing put|write TYPE TRACE REPEAT");
    read_trace(argv[3], argv[2]);
    if (strcmp(argv[1], "put") == 0)
        put(repeat);
    else
        write_lines(repeat);
    printf("%zu\n", n_notes);
    fflush(stdout);
    _exit(0); /* what is in the ring need not be written */
}
