/* INI files, read by libinih behind a reader that lets no line pass which libinih would take for
 * something else without a word. What the reader refuses becomes a finding with its line, and the
 * line is left out; reading goes on to the end, so that all mistakes are told at once.
 *
 *   refused                              what libinih makes of it
 *   a line over 190 bytes                its rest is read as a line of its own
 *   a section name over 48 bytes         cut at 49
 *   a key over 48 bytes                  cut at 49 in places
 *   [name] and more, [a[b]               the rest is ignored
 *   [name without ]                      the keys that follow belong to the section before
 *   key: value                           the same as key=value
 *   \ at the end of a line               an ordinary character (others continue lines with it)
 *   NUL, other control characters,       cut, kept
 *   bytes that are no UTF-8
 *
 * Lines that begin with blanks are read as if they did not (libinih takes them for a continuation
 * of the value before). Comments: lines that begin with ; or #, and what follows a blank and a ;
 * behind a value. A UTF-8 byte order mark and CRLF are well. */
#pragma once

#include <stddef.h>

#include "conf/findings.h"

#define RL_INI_LINE_MAX 190 /* bytes of a line, without its end */
#define RL_INI_NAME_MAX 48  /* bytes of a section name or a key */

/* What is told, in the order of the file. A negative return ends the reading. */
struct rl_ini_calls {
    /* A section header. */
    int (*section)(void *userdata, unsigned line, const char *section);
    /* A key with its value. The section is the last one told, "" when there was none; what stands
     * below a header that was refused is not told. */
    int (*value)(
        void *userdata, unsigned line, const char *section, const char *key, const char *value);
};

/**
 * rl_ini_read() - read a whole file that is in memory
 * @path: for the findings
 * @text: need not end in NUL
 *
 * Return: 0, also with findings; -ENOMEM; what a call returned.
 */
int rl_ini_read(const char *path, const char *text, size_t len, const struct rl_ini_calls *calls,
    void *userdata, struct rl_findings *findings);
