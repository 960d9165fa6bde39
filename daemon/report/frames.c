#include "daemon/report/frames.h"

#include <errno.h>
#include <string.h>

void rl_frames_begin(struct rl_frames *frames, size_t max)
{
    *frames = (struct rl_frames){.max = max};
}

static int pass_line(struct rl_frames *frames, char byte)
{
    if (++frames->in_lines > RL_FRAMES_LINES_MAX)
        return -EPROTO;
    if (frames->in_line < sizeof(frames->line))
        frames->line[frames->in_line] = byte;
    frames->in_line++;
    if (byte != '\n')
        return 0;
    frames->begun = frames->in_line > sizeof(frames->line) && memcmp(frames->line, "OK ", 3) == 0;
    frames->in_line = 0;
    return 0;
}

static uint32_t number_at(const struct rl_frames *frames, size_t at)
{
    const uint8_t *b = frames->head + at;

    if (frames->head[0] == 'l')
        return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return b[3] | (uint32_t)b[2] << 8 | (uint32_t)b[1] << 16 | (uint32_t)b[0] << 24;
}

/* A header is whole. Return: 0 or -EPROTO. */
static int begin_message(struct rl_frames *frames)
{
    if ((frames->head[0] != 'l' && frames->head[0] != 'B') || frames->head[3] != 1)
        return -EPROTO;
    /* The fields are padded to a multiple of 8. */
    frames->left = (((uint64_t)number_at(frames, 12) + 7) & ~UINT64_C(7)) + number_at(frames, 4);
    frames->skip = frames->left + RL_FRAMES_HEAD > frames->max;
    frames->skipped += frames->skip;
    frames->n_head = 0;
    return 0;
}

int64_t rl_frames_pass(struct rl_frames *frames, const char *in, size_t n, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < n;) {
        if (!frames->begun) {
            if (pass_line(frames, in[i]) < 0)
                return -EPROTO;
            out[used++] = in[i++];
        } else if (frames->left > 0) {
            size_t len = n - i < frames->left ? n - i : (size_t)frames->left;
            if (!frames->skip) {
                memcpy(out + used, in + i, len);
                used += len;
            }
            frames->left -= len;
            i += len;
        } else {
            frames->head[frames->n_head++] = (uint8_t)in[i++];
            if (frames->n_head < RL_FRAMES_HEAD)
                continue;
            if (begin_message(frames) < 0)
                return -EPROTO;
            if (!frames->skip) {
                memcpy(out + used, frames->head, RL_FRAMES_HEAD);
                used += RL_FRAMES_HEAD;
            }
        }
    }
    return (int64_t)used;
}
