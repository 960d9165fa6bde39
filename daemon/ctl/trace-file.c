#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/ctl/trace-file.h"

static const struct {
    const char *end, *program;
} packers[] = {{".gz", "gzip"}, {".zst", "zstd"}, {".xz", "xz"}};

static const char *packer_of(const char *path)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
        size_t n = strlen(packers[i].end);

        if (len > n && strcmp(path + len - n, packers[i].end) == 0)
            return packers[i].program;
    }
    return NULL;
}

/* Return: what comes out of it, or -errno. Takes fd. */
static int unpack(int fd, const char *program, pid_t *ret_pid)
{
    int pipe_fds[2];
    pid_t pid;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
        close(fd);
        return -errno;
    }
    pid = fork();
    if (pid == 0) {
        dup2(fd, STDIN_FILENO);
        dup2(pipe_fds[1], STDOUT_FILENO);
        execlp(program, program, "-dc", (char *)NULL);
        fprintf(stderr, "reliefctl: %s: %s\n", program, strerror(errno));
        _exit(127);
    }
    close(fd);
    close(pipe_fds[1]);
    if (pid < 0) {
        close(pipe_fds[0]);
        return -EAGAIN;
    }
    *ret_pid = pid;
    return pipe_fds[0];
}

static void read_next(struct rl_trace_file *f)
{
    f->next_len = getline(&f->next, &f->next_size, f->file);
    if (f->next_len >= 0)
        f->bytes += (uint64_t)f->next_len;
    if (f->next_len > 0 && f->next[f->next_len - 1] == '\n')
        f->next[--f->next_len] = '\0';
}

int rl_trace_file_open(const char *path, struct rl_trace_file *ret)
{
    const char *program = packer_of(path);
    bool own = strcmp(path, "-") == 0;
    struct stat st;
    int fd = own ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);

    *ret = (struct rl_trace_file){0};
    if (fd < 0)
        return -errno;
    if (!program && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        ret->size = (uint64_t)st.st_size;
    if (program)
        fd = unpack(fd, program, &ret->unpacker);
    if (fd < 0)
        return fd;
    ret->file = fdopen(fd, "r");
    if (!ret->file) {
        close(fd);
        return -ENOMEM;
    }
    read_next(ret);
    return 0;
}

int rl_trace_file_close(struct rl_trace_file *f)
{
    int status = 0;

    if (f->file)
        fclose(f->file);
    free(f->line);
    free(f->next);
    /* Closed before its end it was stopped by that. */
    if (f->unpacker > 0 && waitpid(f->unpacker, &status, 0) > 0 && f->next_len < 0 && status != 0)
        return -EIO;
    return 0;
}

ssize_t rl_trace_file_next(struct rl_trace_file *f, const char **ret_line, bool *ret_last)
{
    static const char header[] = "{\"type\":\"trace\"";
    char *line = f->line;
    size_t size = f->line_size;
    ssize_t len = f->next_len;

    if (len < 0)
        return -1;
    f->line = f->next;
    f->line_size = f->next_size;
    f->next = line;
    f->next_size = size;
    read_next(f);
    *ret_line = f->line;
    *ret_last = f->next_len < 0 || strncmp(f->next, header, sizeof(header) - 1) == 0;
    return len;
}
