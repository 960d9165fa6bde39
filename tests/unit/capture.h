/* What a function prints to stdout and stderr. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct capture {
    FILE *file;
    int old[2];
};

static inline void capture_begin(struct capture *capture)
{
    fflush(stdout);
    fflush(stderr);
    capture->file = tmpfile();
    assert_non_null(capture->file);
    for (int fd = 0; fd < 2; fd++) {
        capture->old[fd] = dup(STDOUT_FILENO + fd);
        assert_int_equal(dup2(fileno(capture->file), STDOUT_FILENO + fd), STDOUT_FILENO + fd);
    }
}

/* The text, in a static buffer. */
static inline const char *capture_end(struct capture *capture)
{
    static char text[1 << 18];

    fflush(stdout);
    fflush(stderr);
    for (int fd = 0; fd < 2; fd++) {
        dup2(capture->old[fd], STDOUT_FILENO + fd);
        close(capture->old[fd]);
    }
    rewind(capture->file);
    text[fread(text, 1, sizeof(text) - 1, capture->file)] = '\0';
    fclose(capture->file);
    return text;
}
