#include "daemon/observe/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A kernel file stops short of what was asked for only at its end, or when the next line does not
 * fit into the kernel's page. So a read below half a page was the last one, which spares the hot
 * path a second system call. */
#define SURELY_ALL 2048

static ssize_t pread_again(int fd, char *buf, size_t size, off_t offset)
{
    ssize_t n;

    do
        n = pread(fd, buf, size, offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

ssize_t rl_read_fd(int fd, char *buf, size_t size)
{
    size_t have = 0;
    const char *last;

    if (size < 2)
        return -EINVAL;
    while (have < size) {
        ssize_t n = pread_again(fd, buf + have, size - have, (off_t)have);

        if (n < 0)
            return n;
        have += (size_t)n;
        if (n == 0 || (have < size && have < SURELY_ALL))
            break;
    }
    if (have < size) {
        buf[have] = '\0';
        return (ssize_t)have;
    }

    last = memrchr(buf, '\n', size - 1);
    if (!last)
        return -EFBIG;
    have = (size_t)(last - buf) + 1;
    buf[have] = '\0';
    return (ssize_t)have;
}

int rl_open_at(int dirfd, const char *name)
{
    int fd;

    do
        fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

ssize_t rl_read_at(int dirfd, const char *name, char *buf, size_t size)
{
    ssize_t n;
    int fd;

    fd = rl_open_at(dirfd, name);
    if (fd < 0)
        return fd;
    n = rl_read_fd(fd, buf, size);
    close(fd);
    return n;
}

/* Lines in the making while a file is read block by block. */
struct sieve {
    char *buf;
    size_t size;
    size_t kept;  /* bytes of whole lines */
    size_t end;   /* bytes in buf: the lines and the beginning of the next one */
    bool dropped; /* the current line is too long, or there is no room for it */
};

/* A piece of the current line. */
static void sieve_piece(struct sieve *sieve, size_t line_max, const char *piece, size_t n)
{
    size_t text = n > 0 && piece[n - 1] == '\n' ? n - 1 : n;
    size_t room = sieve->size - 1 - sieve->end;

    if (sieve->end - sieve->kept + text > line_max || n > room)
        sieve->dropped = true;
    if (sieve->dropped)
        return;
    memcpy(sieve->buf + sieve->end, piece, n);
    sieve->end += n;
}

static void sieve_block(struct sieve *sieve, size_t line_max, const char *block, size_t n)
{
    while (n > 0) {
        const char *newline = memchr(block, '\n', n);
        size_t len = newline ? (size_t)(newline - block) + 1 : n;

        sieve_piece(sieve, line_max, block, len);
        if (newline) {
            if (sieve->dropped)
                sieve->end = sieve->kept;
            sieve->kept = sieve->end;
            sieve->dropped = false;
        }
        block += len;
        n -= len;
    }
}

ssize_t rl_read_short_lines_at(int dirfd, const char *name, size_t line_max, char *buf, size_t size)
{
    struct sieve sieve = {.buf = buf, .size = size};
    char block[4096];
    off_t offset = 0;
    ssize_t n;
    int fd;

    if (size < 2)
        return -EINVAL;
    fd = rl_open_at(dirfd, name);
    if (fd < 0)
        return fd;
    for (;;) {
        n = pread_again(fd, block, sizeof(block), offset);
        if (n <= 0)
            break;
        sieve_block(&sieve, line_max, block, (size_t)n);
        offset += n;
        if (offset < SURELY_ALL)
            break;
    }
    close(fd);
    if (n < 0)
        return n;
    buf[sieve.kept] = '\0';
    return (ssize_t)sieve.kept;
}
