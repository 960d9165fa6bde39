#include "daemon/report/journal.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PARTS_MAX 5 /* name, =, value, line feed; or name, line feed, length, value, line feed */

static int journal_connect(struct rl_journal *journal)
{
    if (journal->address.sun_path[0] == '\0')
        return -ENOENT;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&journal->address, sizeof(journal->address)) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    journal->fd = fd;
    return 0;
}

void rl_journal_open(struct rl_journal *journal, const char *path)
{
    *journal = (struct rl_journal){.fd = -1, .address.sun_family = AF_UNIX};
    if (strlen(path) < sizeof(journal->address.sun_path))
        strcpy(journal->address.sun_path, path);
    journal_connect(journal);
}

void rl_journal_close(struct rl_journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = -1;
}

static struct iovec part(const void *data, size_t size)
{
    return (struct iovec){.iov_base = (void *)(uintptr_t)data, .iov_len = size};
}

/* Return: the number of parts that the field takes. */
static size_t field_parts(const struct rl_field *field, uint64_t *length, struct iovec *parts)
{
    size_t size = strlen(field->value);
    size_t n = 0;

    parts[n++] = part(field->name, strlen(field->name));
    if (memchr(field->value, '\n', size)) {
        *length = htole64(size);
        parts[n++] = part("\n", 1);
        parts[n++] = part(length, sizeof(*length));
    } else {
        parts[n++] = part("=", 1);
    }
    parts[n++] = part(field->value, size);
    parts[n++] = part("\n", 1);
    return n;
}

enum rl_journal_result rl_journal_send(
    struct rl_journal *journal, const struct rl_field *fields, size_t n)
{
    struct iovec parts[RL_JOURNAL_FIELDS_MAX * PARTS_MAX];
    uint64_t lengths[RL_JOURNAL_FIELDS_MAX];
    struct msghdr message = {.msg_iov = parts};

    for (size_t i = 0; i < n && i < RL_JOURNAL_FIELDS_MAX; i++)
        message.msg_iovlen += field_parts(&fields[i], &lengths[i], parts + message.msg_iovlen);

    /* A restarted journald has a new socket: one more try on a new connection. */
    for (int tries = 0; tries < 2; tries++) {
        if (journal->fd < 0 && journal_connect(journal) < 0)
            return RL_JOURNAL_ABSENT;
        if (sendmsg(journal->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return RL_JOURNAL_SENT;
        if (errno == EAGAIN || errno == ENOBUFS || errno == EMSGSIZE || errno == ENOMEM) {
            journal->lost++;
            return RL_JOURNAL_LOST;
        }
        rl_journal_close(journal);
    }
    return RL_JOURNAL_ABSENT;
}
