/* reliefctl import: from the settings of another tool to policies.
 *
 * Each tool has a file of its own with one table: a row for each of its settings, with a function
 * that takes the value, or with the reason why nothing comes of it. What is read is kept in the
 * tool's state; when all is read the tool writes policies out of it. Every line that is written
 * names where it came from, and every setting that was read has a fate that is told.
 *
 * Strings and state live in the import's arena until its end. Running out of memory is kept in
 * `failed`, and copies are "" then, so that nobody has to ask in between. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/arena.h"

#define RL_IMPORT_ITEM_MAX 160 /* bytes of one item of a list: lines of policies end at 190 */

/* Where a setting of the other tool stands. */
struct rl_import_at {
    const char *path;    /* NULL: nowhere, it is the tool's default */
    unsigned line;       /* 0: the file as a whole */
    const char *setting; /* "-m", "SwapUsedLimit=" */
    const char *value;   /* as it was written; "": none */
};

/* What becomes of a setting. */
enum rl_import_fate {
    RL_IMPORT_SAME,
    RL_IMPORT_DIFFERS,  /* it is written, but behaves differently */
    RL_IMPORT_NONE,     /* it has no equivalent */
    RL_IMPORT_NEEDLESS, /* nothing is written, and nothing is missing */
    RL_IMPORT_FATES,
};

struct rl_import;

/* A setting of the other tool. */
struct rl_import_row {
    const char *name; /* NULL ends a table */
    enum rl_import_fate fate;
    const char *why; /* how it differs, why there is none; NULL for SAME */
    /* Take the value. Return: whether the row's fate is the setting's; otherwise the function told
     * its fate itself, or an error. NULL: nothing is taken. */
    bool (*take)(
        struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at);
};

/* A file that is being written. */
struct rl_import_file {
    char *name;     /* of the policy */
    bool settings;  /* it is a part of reliefd.conf */
    unsigned group; /* whose fates are told at its end */
    FILE *out;      /* into text */
    char *text;     /* after rl_import_close() */
    size_t size;
    char said[512];   /* the last comment, which is not repeated for the next line */
    char section[64]; /* where the next line stands */
};

struct rl_import_tool {
    const char *name;
    const char *where; /* its standard places, for messages */
    size_t state_size;
    /* Read one file. What is wrong is told by rl_import_error(). text is cut up. */
    void (*read)(struct rl_import *import, const char *path, char *text);
    /* Read what there is in the standard places. */
    void (*find)(struct rl_import *import);
    /* Write policies out of what was read. */
    void (*write)(struct rl_import *import);
};

extern const struct rl_import_tool rl_import_systemd_oomd;
extern const struct rl_import_tool rl_import_earlyoom;
extern const struct rl_import_tool rl_import_oomd;
extern const struct rl_import_tool rl_import_nohang;

struct rl_import {
    const struct rl_import_tool *tool;
    void *state;           /* of the tool, zeroed at first */
    const char *root;      /* of the standard places, "" for / */
    const char *proc_root; /* whose meminfo tells how much swap there is */
    struct rl_arena arena;
    struct rl_import_file **files;
    size_t n_files;
    unsigned group; /* of what is told next */
    json_t *read;   /* paths */
    json_t *fates;  /* of all settings */
    json_t *lines;  /* that were written */
    size_t errors;
    size_t unfit; /* policies that reliefd would refuse: our own fault, told as errors */
    int failed;   /* -errno that ended it */
};

/* Begin with an import whose tool and roots are set. Return: 0 or -ENOMEM. */
int rl_import_begin(struct rl_import *import);

/* Give a text to the tool; it is cut up. */
void rl_import_text(struct rl_import *import, const char *path, char *text, size_t n);

/* Write the policies. Return: 0; -EINVAL where errors were told; -ENOENT where nothing was read;
 * -ENOMEM. */
int rl_import_end(struct rl_import *import);
void rl_import_free(struct rl_import *import);

/* Say what is wrong with a file; nothing is written then. */
__attribute__((format(printf, 4, 5))) void rl_import_error(
    struct rl_import *import, const char *path, unsigned line, const char *format, ...);

/* As above, of a setting: "PATH:LINE: SETTING: ...". Return: false. */
__attribute__((format(printf, 3, 4))) bool rl_import_refuse(
    struct rl_import *import, const struct rl_import_at *at, const char *format, ...);

/* Tell the fate of a setting. Return: false, for a row's function. */
__attribute__((format(printf, 4, 5))) bool rl_import_tell(struct rl_import *import,
    const struct rl_import_at *at, enum rl_import_fate fate, const char *format, ...);

/* Return: the row of that name (without regard to case where that is said), NULL: none. */
const struct rl_import_row *rl_import_row_find(const struct rl_import_row *rows, const char *name);

/* Take a setting by its row and tell its fate; row NULL: an error. */
void rl_import_take(
    struct rl_import *import, const struct rl_import_row *rows, const struct rl_import_at *at);

/* Copies into the arena; never NULL. */
char *rl_import_copy(struct rl_import *import, const char *text);
struct rl_import_at rl_import_keep(struct rl_import *import, const struct rl_import_at *at);

/* Room for one more item at the end of an array of the arena; NULL when memory is out. */
void *rl_import_grow(struct rl_import *import, void *items, size_t n, size_t item_size);

/* Read a file and give it to the tool. rooted: path is one of the standard places, below the root;
 * it is no error where it is missing then. Return: whether it was there. */
bool rl_import_read(struct rl_import *import, const char *path, bool rooted);

/* The lines of a text, one by one. */
struct rl_import_lines {
    char *rest;
    unsigned line; /* of the line that was returned last, its first one */
    unsigned next; /* lines that were taken */
    bool joins;    /* a backslash at the end goes on in the next line */
};

/* Return: the next line without blanks around it, NULL at the end. The text is cut up. */
char *rl_import_line_next(struct rl_import_lines *lines);

/* Blanks around a text; it is cut up. */
char *rl_import_strip(char *text);

/* A decimal number within [0, most], in hundredths, rounded; at its end rest begins. Return:
 * whether it is one. */
bool rl_import_number(const char *text, double most, uint64_t *ret_hundredths, const char **rest);

/* KiB of a line of meminfo, such as "SwapTotal". Return: whether it is known. */
bool rl_import_meminfo(const struct rl_import *import, const char *name, uint64_t *ret_kib);

/* --- import-emit.c --- */

/* Begin a policy; the name is made fit for a file. Never NULL, but nothing is written when memory
 * is out. */
struct rl_import_file *rl_import_policy(struct rl_import *import, const char *name);
/* Begin a part of reliefd.conf. */
struct rl_import_file *rl_import_settings(struct rl_import *import);

void rl_import_section(struct rl_import_file *file, const char *section);

/* Write "Key=value" below a comment on where it came from: at, and why, either of which may be
 * NULL. */
__attribute__((format(printf, 5, 6))) void rl_import_line(struct rl_import *import,
    struct rl_import_file *file, const struct rl_import_at *at, const char *why, const char *format,
    ...);

/* Write the fates at the ends of files, check all of them with the compiler of policies and tell
 * of what it refuses. */
void rl_import_close(struct rl_import *import);

/* Tell on stderr what behaves differently and what has no equivalent. */
void rl_import_print_fates(const struct rl_import *import);

/* Would a policy with that line in [Match], [Victim] or [Relief] be accepted? Return: whether;
 * otherwise why is what is wrong. */
__attribute__((format(printf, 5, 6))) bool rl_import_accepts(struct rl_import *import,
    const char *section, char *why, size_t why_size, const char *format, ...);

/* Lists of globs: KEY=KIND:GLOB ... SUFFIX, in as many lines as they need. */
struct rl_import_globs;
void rl_import_patterns(struct rl_import *import, struct rl_import_file *file,
    const struct rl_import_at *at, const char *why, const char *key, const char *kind,
    const struct rl_import_globs *globs, const char *suffix);

/* --- import-glob.c --- */

#define RL_IMPORT_GLOBS_MAX 64
#define RL_IMPORT_GLOB_MAX  128

struct rl_import_globs {
    char items[RL_IMPORT_GLOBS_MAX][RL_IMPORT_GLOB_MAX];
    size_t n;
};

/**
 * rl_import_globs() - from a regular expression that is searched for to globs for the whole
 * @star: what stands for any text: "*", or "**" in cgroup paths
 * @ret_why: what in it no glob can say
 *
 * Alternatives, groups, sets, anchors, ., .*, .+ and ? are understood. Return: whether the globs
 * match the same; an expression that matches nothing has none.
 */
bool rl_import_globs(
    const char *regex, const char *star, struct rl_import_globs *ret, const char **ret_why);

/* Can it be written as an item of a list as it is: no control characters, UTF-8, not too long,
 * nothing that would end the line or the item? */
bool rl_import_writable(const char *item);

/* --- import-level.c --- */

/* How little is left before something happens: a share of the total, a size, or the lower of both;
 * NONE: not given. */
#define RL_IMPORT_NO_LEVEL UINT64_MAX

struct rl_import_level {
    uint64_t share; /* hundredths of a percent */
    uint64_t kib;
};

/* Write Headroom= and Swap= of a trigger: so little memory is available and so little swap free.
 * Swap= is left out where it always holds: all of swap may be free, or the machine has none.
 * Return: whether the trigger can hold. */
bool rl_import_levels(struct rl_import *import, struct rl_import_file *file, const char *trigger,
    const struct rl_import_at *memory_at, const struct rl_import_level *memory,
    const struct rl_import_at *swap_at, const struct rl_import_level *swap);

/* Headroom= alone. */
void rl_import_headroom(struct rl_import *import, struct rl_import_file *file,
    const struct rl_import_at *at, const struct rl_import_level *level);
