/* Where one message ends and the next begins in what a message bus sends, so that a large one can
 * be left out before anybody has made room for it: sd-bus takes in whatever a stranger sends by way
 * of the bus, 32 MB with the defaults of dbus-daemon.
 *
 * Framing after the D-Bus specification, "Message Format": a header of 16 bytes with the lengths of
 * the body and of the header's fields; before the first message come the lines of the
 * authentication, the last of them "OK" (no descriptors are negotiated). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RL_FRAMES_HEAD 16

/* Longest authentication. */
#define RL_FRAMES_LINES_MAX 1024

struct rl_frames {
    size_t max; /* bytes of the largest message that passes */
    bool begun; /* the authentication is behind us */
    size_t in_lines, in_line;
    char line[3]; /* how it begins */
    uint8_t head[RL_FRAMES_HEAD];
    size_t n_head;    /* of the next header, held back until it is whole */
    uint64_t left;    /* of the message that is under way */
    bool skip;        /* it is left out */
    uint64_t skipped; /* messages left out so far */
};

void rl_frames_begin(struct rl_frames *frames, size_t max);

/**
 * rl_frames_pass() - take the next bytes
 * @out: gets those that are to be handed on; room for n + RL_FRAMES_HEAD bytes
 * Return: bytes in out, or -EPROTO: this is no message bus.
 */
int64_t rl_frames_pass(struct rl_frames *frames, const char *in, size_t n, char *out);
