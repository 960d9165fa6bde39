/* Trace files, line by line: plain ones, stdin, and what gzip, zstd or xz have packed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct rl_trace_file {
    FILE *file;
    pid_t unpacker; /* 0: none */
    char *line, *next;
    size_t line_size, next_size;
    ssize_t next_len;     /* -1: there is none */
    uint64_t bytes, size; /* read so far; of the file, 0: not known */
};

/* "-" is stdin. Return: 0, or -errno. */
int rl_trace_file_open(const char *path, struct rl_trace_file *ret);
/* Return: 0; -EIO: the unpacking program has failed. */
int rl_trace_file_close(struct rl_trace_file *file);

/* The next line, without its newline. *ret_last: nothing follows, or another run of the daemon, so
 * that it may have been cut. Return: its length, -1 at the end. */
ssize_t rl_trace_file_next(struct rl_trace_file *file, const char **ret_line, bool *ret_last);
