/* A trace of any lines, replayed as it is and with the default policies: it is taken in, or an
 * error says why it is not. What was read and is written once more reads as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/replay/replay.h"
#include "daemon/trace/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct written {
    char *text;
    size_t n;
};

static void keep(struct rl_out *out)
{
    struct written *written = out->userdata;
    char *more = realloc(written->text, written->n + out->n);

    if (!more && out->n > 0)
        abort();
    written->text = more;
    memcpy(more + written->n, out->buf, out->n);
    written->n += out->n;
    out->n = 0;
}

static const char *no_path(void *userdata, uint64_t id)
{
    return "";
}

static void write_again(const struct rl_note *note, struct written *ret)
{
    char buf[512];
    struct rl_out out = {.buf = buf, .size = sizeof(buf), .flush = keep, .userdata = ret};

    *ret = (struct written){0};
    rl_note_write(&out, note, no_path, NULL);
    keep(&out);
}

/* Written twice, a note is the same text. */
static void check_note(const char *line, size_t len)
{
    struct rl_note *note, *again = NULL;
    struct written first, second;
    const char *wrong = NULL;
    json_t *json;

    if (rl_note_read(line, len, &note, &json, &wrong) < 0) {
        if (!wrong)
            abort();
        return;
    }
    json_decref(json);
    if (!note)
        return;
    write_again(note, &first);
    if (rl_note_read(first.text, first.n, &again, &json, &wrong) != RL_TRACE_NOTE)
        abort();
    write_again(again, &second);
    if (first.n != second.n || memcmp(first.text, second.text, first.n) != 0)
        abort();
    free(first.text);
    free(second.text);
    free(note);
    free(again);
}

static void replay(const char *text, size_t size, const struct rl_policy_set *policies)
{
    struct rl_replay_options options = {
        .policies = policies, .budget_kills = 3, .budget_us = 60 * RL_US_PER_S};
    struct rl_replay *r = NULL;
    const char *end = text + size, *wrong = NULL;
    int result = rl_replay_new(&options, &r);

    while (text < end && result >= 0) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n = newline ? (size_t)(newline - text) : (size_t)(end - text);

        result = rl_replay_line(r, text, n, !newline, &wrong);
        text += n + (newline != NULL);
    }
    if (result < 0 && !wrong)
        abort();
    rl_replay_end(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const none[] = {"/nonexistent", NULL};
    static struct rl_policy_set *defaults;
    struct rl_load_options options = {.dirs = none};
    const char *text = (const char *)data, *end = text + size;

    if (!defaults && rl_policy_set_load(&options, NULL, &defaults) < 0)
        abort();
    replay(text, size, NULL);
    replay(text, size, defaults);
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n = newline ? (size_t)(newline - text) : (size_t)(end - text);

        check_note(text, n);
        text += n + (newline != NULL);
    }
    return 0;
}
