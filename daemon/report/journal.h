/* The journal's native protocol over a non-blocking datagram socket of our own.
 *
 * sd_journal_send() waits without end when journald hangs and says nothing when there is none;
 * both are what a daemon meets on a machine that thrashes. Here a full queue loses the entry and
 * counts it, and an absent journal is an answer of its own. Nothing is allocated.
 *
 * Protocol: https://systemd.io/JOURNAL_NATIVE_PROTOCOL */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#define RL_JOURNAL_SOCKET     "/run/systemd/journal/socket"
#define RL_JOURNAL_FIELDS_MAX 32

struct rl_field {
    const char *name;  /* upper case letters, digits, underscores */
    const char *value; /* any bytes but NUL */
};

enum rl_journal_result {
    RL_JOURNAL_SENT,
    RL_JOURNAL_LOST,   /* journald does not read; counted in `lost` */
    RL_JOURNAL_ABSENT, /* nobody listens */
};

struct rl_journal {
    int fd; /* -1: not connected */
    struct sockaddr_un address;
    uint64_t lost; /* entries since the last one that was sent; the reader may reset it */
};

/* Remember where the journal is and try to connect. A path that is too long is an absent one. */
void rl_journal_open(struct rl_journal *journal, const char *path);
void rl_journal_close(struct rl_journal *journal);

/**
 * rl_journal_send() - send one entry
 * @n: at most RL_JOURNAL_FIELDS_MAX; more are left out
 *
 * Connects again where journald was restarted. Never blocks. An entry that is too large for the
 * socket is counted as lost.
 */
enum rl_journal_result rl_journal_send(
    struct rl_journal *journal, const struct rl_field *fields, size_t n);
