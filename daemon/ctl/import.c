/* reliefctl import: the settings of another tool as policies of reliefd. */
#include "daemon/ctl/import.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/value.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/out.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"

#define SIZE_MOST (1024 * 1024) /* of a file that is read */

static const struct rl_import_tool *const tools[] = {
    &rl_import_systemd_oomd,
    &rl_import_earlyoom,
    &rl_import_oomd,
    &rl_import_nohang,
};

enum own {
    OWN_OUTPUT,
    OWN_FORCE,
};

const struct rl_option rl_import_options[] = {
    [OWN_OUTPUT] = {"output", "DIR",
        "write DIR/policy.d/*.conf and DIR/reliefd.conf.d/*.conf instead of printing them; also "
        "-o"},
    [OWN_FORCE] = {"force", NULL, "write over files that are there"},
    {0},
};

void rl_import_error(
    struct rl_import *import, const char *path, unsigned line, const char *format, ...)
{
    char text[1024], escaped[2 * sizeof(text)];
    va_list args;

    import->errors++;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "%s:", rl_escape(path, escaped, sizeof(escaped)));
    if (line > 0)
        fprintf(stderr, "%u:", line);
    fprintf(stderr, " %s\n", rl_escape(text, escaped, sizeof(escaped)));
}

bool rl_import_refuse(
    struct rl_import *import, const struct rl_import_at *at, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    rl_import_error(
        import, at->path ? at->path : import->tool->name, at->line, "%s: %s", at->setting, text);
    return false;
}

const struct rl_import_row *rl_import_row_find(const struct rl_import_row *rows, const char *name)
{
    for (; rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

void rl_import_take(
    struct rl_import *import, const struct rl_import_row *rows, const struct rl_import_at *at)
{
    const struct rl_import_row *row = rl_import_row_find(rows, at->setting);

    if (!row)
        rl_import_refuse(import, at, "%s has no such setting", import->tool->name);
    else if (!row->take || row->take(import, row, at))
        rl_import_tell(import, at, row->fate, "%s", row->why ? row->why : "");
}

char *rl_import_copy(struct rl_import *import, const char *text)
{
    static char nothing[1];
    char *copy = rl_arena_strdup(&import->arena, text);

    if (!copy)
        import->failed = -ENOMEM;
    *nothing = '\0';
    return copy ? copy : nothing;
}

struct rl_import_at rl_import_keep(struct rl_import *import, const struct rl_import_at *at)
{
    return (struct rl_import_at){
        .path = at->path ? rl_import_copy(import, at->path) : NULL,
        .line = at->line,
        .setting = rl_import_copy(import, at->setting),
        .value = rl_import_copy(import, at->value),
    };
}

void *rl_import_grow(struct rl_import *import, void *items, size_t n, size_t item_size)
{
    void *grown = rl_arena_grow(&import->arena, items, n, item_size);

    if (!grown)
        import->failed = -ENOMEM;
    return grown;
}

/* All of a file. Return: 0 or -errno; -EFBIG. */
static int slurp(struct rl_import *import, const char *path, char **ret, size_t *ret_n)
{
    rl_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    ssize_t r = 0;
    size_t n = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    char *text = rl_arena_alloc(&import->arena, SIZE_MOST + 2);
    if (!text)
        return -ENOMEM;
    while (n <= SIZE_MOST && (r = read(fd, text + n, SIZE_MOST + 1 - n)) > 0)
        n += (size_t)r;
    if (r < 0)
        return -errno;
    *ret = text;
    *ret_n = n;
    return n > SIZE_MOST ? -EFBIG : 0;
}

void rl_import_text(struct rl_import *import, const char *path, char *text, size_t n)
{
    if (memchr(text, '\0', n)) {
        rl_import_error(import, path, 0, "it is no text: it holds NUL bytes");
        return;
    }
    if (json_array_append_new(import->read, rl_json_string(path)) < 0)
        import->failed = -ENOMEM;
    import->tool->read(import, path, text);
}

bool rl_import_read(struct rl_import *import, const char *path, bool rooted)
{
    char full[PATH_MAX], *text = NULL;
    size_t n = 0;
    int r;

    if ((size_t)snprintf(full, sizeof(full), "%s%s", rooted ? import->root : "", path) >=
        sizeof(full)) {
        rl_import_error(import, path, 0, "%s", strerror(ENAMETOOLONG));
        return false;
    }
    r = slurp(import, full, &text, &n);
    if (r == -ENOENT && rooted)
        return false;
    if (r == -ENOMEM)
        import->failed = r;
    else if (r < 0)
        rl_import_error(import, path, 0, "%s", strerror(-r));
    else
        rl_import_text(import, path, text, n);
    return r != -ENOENT;
}

char *rl_import_strip(char *text)
{
    size_t n;

    text += strspn(text, " \t\r");
    n = strlen(text);
    while (n > 0 && strchr(" \t\r", text[n - 1]))
        text[--n] = '\0';
    return text;
}

char *rl_import_line_next(struct rl_import_lines *lines)
{
    char *line = strsep(&lines->rest, "\n");
    size_t n;

    if (!line)
        return NULL;
    lines->line = ++lines->next;
    for (n = strlen(line); lines->joins; n = strlen(line)) {
        size_t end = n > 0 && line[n - 1] == '\r' ? n - 1 : n;

        if (end == 0 || line[end - 1] != '\\' || strchr("#;", *rl_import_strip(line)))
            break;
        memset(line + end - 1, ' ', n - end + 1);
        if (!lines->rest)
            break;
        line[n] = ' '; /* where the line feed was; the next line follows */
        lines->next++;
        strsep(&lines->rest, "\n");
    }
    return rl_import_strip(line);
}

bool rl_import_number(const char *text, double most, uint64_t *ret_hundredths, const char **rest)
{
    char *end;
    double value;

    if (*text < '0' || *text > '9') /* no sign, no "inf" */
        return false;
    errno = 0;
    value = strtod(text, &end);
    if (errno != 0 || !isfinite(value) || value > most || text[1] == 'x' || text[1] == 'X')
        return false;
    *ret_hundredths = (uint64_t)(value * 100 + 0.5);
    *rest = end;
    return true;
}

bool rl_import_meminfo(const struct rl_import *import, const char *name, uint64_t *ret_kib)
{
    char path[PATH_MAX], line[256];
    size_t n = strlen(name);
    bool found = false;

    snprintf(path, sizeof(path), "%s/meminfo", import->proc_root);
    rl_auto_file FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof(line), file)) {
        unsigned long long kib;

        found = strncmp(line, name, n) == 0 && sscanf(line + n, ": %llu kB", &kib) == 1;
        if (found)
            *ret_kib = kib;
    }
    return found;
}

int rl_import_begin(struct rl_import *import)
{
    import->read = json_array();
    import->fates = json_array();
    import->lines = json_array();
    import->state = rl_arena_alloc(&import->arena, import->tool->state_size);
    return import->read && import->fates && import->lines && import->state ? 0 : -ENOMEM;
}

int rl_import_end(struct rl_import *import)
{
    if (import->errors == 0 && import->failed == 0 && json_array_size(import->read) == 0)
        return -ENOENT;
    if (import->errors == 0 && import->failed == 0)
        import->tool->write(import);
    rl_import_close(import);
    if (import->failed < 0)
        return import->failed;
    return import->errors > 0 ? -EINVAL : 0;
}

void rl_import_free(struct rl_import *import)
{
    for (size_t i = 0; i < import->n_files; i++)
        free(import->files[i]->text);
    json_decref(import->read);
    json_decref(import->fates);
    json_decref(import->lines);
    rl_arena_free(&import->arena);
}

static json_t *result_json(const struct rl_import *import)
{
    json_t *files = json_array(), *row;
    size_t i;

    for (i = 0; i < import->n_files; i++)
        json_array_append_new(
            files, json_pack("{s:s, s:s, s:s, s:s}", "name", import->files[i]->name, "kind",
                       import->files[i]->settings ? "reliefd.conf" : "policy", "folder",
                       import->files[i]->settings ? "reliefd.conf.d" : "policy.d", "text",
                       import->files[i]->text));
    json_array_foreach(import->fates, i, row)
    {
        json_object_del(row, "group");
    }
    return json_pack("{s:s, s:O, s:o, s:O, s:O}", "tool", import->tool->name, "read", import->read,
        "files", files, "lines", import->lines, "settings", import->fates);
}

/* "policy.d/NAME.conf" */
static void file_path(const struct rl_import_file *file, char *buf, size_t size)
{
    snprintf(buf, size, "%s/%s.conf", file->settings ? "reliefd.conf.d" : "policy.d", file->name);
}

static void print_files(const struct rl_import *import)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < import->n_files; i++) {
        file_path(import->files[i], path, sizeof(path));
        printf("%s# %s\n%s", i > 0 ? "\n" : "", path, import->files[i]->text);
    }
}

static int make_dir(const char *path)
{
    return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* Return: 0; -EEXIST; -errno. */
static int write_file(int dir_fd, const char *path, const struct rl_import_file *file, bool force)
{
    rl_auto_fd int fd = openat(
        dir_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0644);

    if (fd < 0)
        return -errno;
    for (size_t done = 0; done < file->size;) {
        ssize_t r = write(fd, file->text + done, file->size - done);

        if (r < 0)
            return -errno;
        done += (size_t)r;
    }
    return 0;
}

/* All or, where one of them is there already, none. */
static int write_files(const struct rl_import *import, const char *dir, bool force, bool quiet)
{
    char path[PATH_MAX], full[2 * PATH_MAX];
    int r = make_dir(dir);
    rl_auto_fd int fd = r < 0 ? r : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (r == 0 && fd < 0)
        r = -errno;
    snprintf(path, sizeof(path), "%s", dir);
    for (size_t i = 0; i < import->n_files && r == 0 && !force; i++) {
        file_path(import->files[i], path, sizeof(path));
        if (faccessat(fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            r = -EEXIST;
    }
    for (size_t i = 0; i < import->n_files && r == 0; i++) {
        snprintf(full, sizeof(full), "%s/%s", dir,
            import->files[i]->settings ? "reliefd.conf.d" : "policy.d");
        file_path(import->files[i], path, sizeof(path));
        r = make_dir(full);
        if (r == 0)
            r = write_file(fd, path, import->files[i], force);
        if (r == 0 && !quiet)
            printf("%s/%s\n", dir, path);
    }
    if (r < 0)
        fprintf(stderr, "reliefctl import: %s%s%s: %s%s\n", path[0] == '/' ? "" : dir,
            path[0] == '/' || strcmp(path, dir) == 0 ? "" : "/", strcmp(path, dir) == 0 ? "" : path,
            strerror(-r), r == -EEXIST ? "; --force writes over it" : "");
    return r;
}

static const struct rl_import_tool *tool_of(const struct rl_args *args)
{
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]) && args->n_words > 0; i++)
        if (strcmp(args->words[0], tools[i]->name) == 0)
            return tools[i];
    if (args->n_words == 0)
        fprintf(stderr, "reliefctl import: whose settings? Expected ");
    else
        fprintf(stderr, "reliefctl import: '%s' is not known; expected ", args->words[0]);
    fprintf(stderr, "systemd-oomd, earlyoom, oomd or nohang\n");
    return NULL;
}

static int give_out(const struct rl_args *args, const struct rl_import *import)
{
    const char *dir = args->own[OWN_OUTPUT];

    rl_import_print_fates(import);
    if (dir && write_files(import, dir, args->own[OWN_FORCE] != NULL,
                   args->common[RL_OPT_JSON] != NULL) < 0)
        return RL_EXIT_FAILURE;
    if (args->common[RL_OPT_JSON]) {
        json_auto_t *json = result_json(import);
        return rl_print_json(json);
    }
    if (!dir)
        print_files(import);
    return RL_EXIT_OK;
}

int rl_ctl_import(const struct rl_args *args)
{
    const char *root = args->common[RL_OPT_ROOT], *proc = args->common[RL_OPT_PROC_ROOT];
    struct rl_import import = {.tool = tool_of(args), .root = root ? root : ""};
    char proc_root[PATH_MAX];
    int code = RL_EXIT_FAILURE, r;

    if (!import.tool)
        return RL_EXIT_USAGE;
    snprintf(proc_root, sizeof(proc_root), "%s%s", proc ? proc : import.root, proc ? "" : "/proc");
    import.proc_root = proc_root;
    r = rl_import_begin(&import);
    for (size_t i = 1; i < args->n_words && r == 0; i++)
        rl_import_read(&import, args->words[i], false);
    if (args->n_words == 1 && r == 0)
        import.tool->find(&import);
    if (r == 0)
        r = rl_import_end(&import);
    if (r == 0)
        code = give_out(args, &import);
    else if (r == -ENOENT)
        fprintf(stderr,
            "reliefctl import: no settings of %s are there: looked at %s; name the file\n",
            import.tool->name, import.tool->where);
    else if (r != -EINVAL)
        fprintf(stderr, "reliefctl import: %s\n", strerror(-r));
    rl_import_free(&import);
    return code;
}
