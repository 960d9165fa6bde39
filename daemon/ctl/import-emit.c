/* Writing policies that say where each of their lines came from. */
#include "daemon/ctl/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/compile.h"
#include "conf/value.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"

#define COLUMNS_MAX 100 /* of a comment */
#define LINE_MAX_   150 /* of a list, before it goes on in the next line */
#define NAME_MAX_   128 /* of a policy */

static const struct {
    const char *id, *title;
} fates[RL_IMPORT_FATES] = {
    [RL_IMPORT_SAME] = {"same", NULL},
    [RL_IMPORT_DIFFERS] = {"differs", "Behaves differently"},
    [RL_IMPORT_NEEDLESS] = {"needless", "Not needed"},
    [RL_IMPORT_NONE] = {"none", "Has no equivalent"},
};

static json_t *setting_json(const struct rl_import_at *at)
{
    return json_pack("{s:o, s:i, s:o, s:o}", "path", rl_json_string(at->path), "line",
        (int)at->line, "setting", rl_json_string(at->setting), "value", rl_json_string(at->value));
}

#define TELL_BACK 8 /* rows that are looked at for the same */

/* The same of one setting is told once, also where it comes up for several triggers. */
static bool is_told(const struct rl_import *import, const json_t *row)
{
    size_t n = json_array_size(import->fates);

    for (size_t i = 0; i < n && i < TELL_BACK; i++)
        if (json_equal(json_array_get(import->fates, n - 1 - i), row))
            return true;
    return false;
}

bool rl_import_tell(struct rl_import *import, const struct rl_import_at *at,
    enum rl_import_fate fate, const char *format, ...)
{
    rl_auto_free char *why = NULL;
    json_t *row = setting_json(at);
    va_list args;

    va_start(args, format);
    if (vasprintf(&why, format, args) < 0) {
        why = NULL;
        import->failed = -ENOMEM;
    }
    va_end(args);
    json_object_set_new(row, "fate", json_string(fates[fate].id));
    json_object_set_new(row, "why", rl_json_name(why));
    json_object_set_new(row, "group", json_integer(import->group));
    if (is_told(import, row))
        json_decref(row);
    else if (json_array_append_new(import->fates, row) < 0)
        import->failed = -ENOMEM;
    return false;
}

#define VALUE_MOST 64 /* of a value in front of a line */

/* "PATH:LINE: SETTING VALUE", or "default of TOOL: ..."; again: the same path as before. */
static void say_place(const struct rl_import *import, const struct rl_import_at *at, bool again,
    char *buf, size_t size)
{
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    if (!at->path) {
        rl_say(&say, "default of %s: ", import->tool->name);
    } else {
        if (again)
            rl_say(&say, "line ");
        else
            rl_say_foreign(&say, at->path);
        if (again && at->line > 0)
            rl_say(&say, "%u", at->line);
        else if (at->line > 0)
            rl_say(&say, ":%u", at->line);
        rl_say(&say, ": ");
    }
    rl_say_foreign(&say, at->setting);
    if (*at->value) {
        size_t n = strlen(at->setting);

        rl_say(&say, "%s", n > 0 && at->setting[n - 1] == '=' ? "" : " ");
        rl_say_foreign(&say, at->value);
    }
}

/* One paragraph of comment, broken at blanks; a word that is too long is cut. */
static void write_comment(FILE *out, const char *first, const char *indent, const char *text)
{
    const size_t room = COLUMNS_MAX - strlen(indent);

    while (*(text += strspn(text, " "))) {
        size_t n = strlen(text);

        if (n > room) {
            for (n = room; n > 0 && text[n] != ' '; n--)
                ;
            for (n = n ? n : room; n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
                ; /* not within a character */
        }
        fprintf(out, "%s%.*s\n", first, (int)n, text);
        text += n;
        first = indent;
    }
}

/* Streams keep pointers to the file, so it never moves. */
static struct rl_import_file *begin(struct rl_import *import, const char *name, bool settings)
{
    static struct rl_import_file nowhere; /* out of memory: its lines are dropped */
    struct rl_import_file **files = rl_import_grow(
        import, import->files, import->n_files, sizeof(struct rl_import_file *));
    struct rl_import_file *file = files ? rl_arena_alloc(&import->arena, sizeof(*file)) : NULL;

    nowhere = (struct rl_import_file){.name = nowhere.name};
    if (!file) {
        import->failed = -ENOMEM;
        return &nowhere;
    }
    import->files = files;
    files[import->n_files++] = file;
    file->settings = settings;
    file->group = import->group;
    file->name = rl_import_copy(import, name);
    file->out = open_memstream(&file->text, &file->size);
    if (!file->out)
        import->failed = -ENOMEM;
    else
        fprintf(file->out, "; From the settings of %s.\n", import->tool->name);
    return file;
}

/* May the name stand already? */
static bool is_taken(const struct rl_import *import, const char *name)
{
    for (size_t i = 0; i < import->n_files; i++)
        if (!import->files[i]->settings && strcmp(import->files[i]->name, name) == 0)
            return true;
    return false;
}

struct rl_import_file *rl_import_policy(struct rl_import *import, const char *name)
{
    char fit[NAME_MAX_], again[NAME_MAX_ + 16];
    unsigned n = 2;

    snprintf(fit, sizeof(fit), "%s", name);
    for (char *c = fit; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._:\\-", *c))
            *c = '-';
    snprintf(again, sizeof(again), "%s", fit);
    while (is_taken(import, again))
        snprintf(again, sizeof(again), "%s-%u", fit, n++);
    return begin(import, again, false);
}

struct rl_import_file *rl_import_settings(struct rl_import *import)
{
    return begin(import, import->tool->name, true);
}

void rl_import_section(struct rl_import_file *file, const char *section)
{
    snprintf(file->section, sizeof(file->section), "%s", section);
    *file->said = '\0';
    if (file->out)
        fprintf(file->out, "\n[%s]\n", section);
}

static void remember_line(struct rl_import *import, const struct rl_import_file *file,
    const struct rl_import_at *at, const char *line)
{
    json_t *json = json_pack("{s:o, s:s, s:o, s:o}", "file", rl_json_string(file->name), "section",
        file->section, "line", rl_json_string(line), "from", at ? setting_json(at) : json_null());

    if (json_array_append_new(import->lines, json) < 0)
        import->failed = -ENOMEM;
}

void rl_import_line(struct rl_import *import, struct rl_import_file *file,
    const struct rl_import_at *at, const char *why, const char *format, ...)
{
    char comment[sizeof(file->said)] = "";
    rl_auto_free char *line = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&line, format, args) < 0) {
        line = NULL;
        import->failed = -ENOMEM;
    }
    va_end(args);
    if (!file->out || !line)
        return;
    if (at) {
        char value[VALUE_MOST];
        struct rl_import_at shown = *at;

        shown.value = rl_escape(at->value, value, sizeof(value));
        say_place(import, &shown, false, comment, sizeof(comment) / 2);
    }
    if (why)
        snprintf(comment + strlen(comment), sizeof(comment) - strlen(comment), "%s%s",
            at ? "; " : "", why);
    if (strcmp(comment, file->said) != 0)
        write_comment(file->out, "; ", "; ", comment);
    snprintf(file->said, sizeof(file->said), "%s", comment);
    fprintf(file->out, "%s\n", line);
    remember_line(import, file, at, line);
}

void rl_import_patterns(struct rl_import *import, struct rl_import_file *file,
    const struct rl_import_at *at, const char *why, const char *key, const char *kind,
    const struct rl_import_globs *globs, const char *suffix)
{
    char line[LINE_MAX_ + RL_IMPORT_ITEM_MAX + 64] = "";
    size_t n = 0;

    for (size_t i = 0; i < globs->n; i++) {
        const char *quote = strchr(globs->items[i], ' ') ? "\"" : "";

        n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s%s:%s%s", n ? " " : "", quote, kind,
            globs->items[i], quote);
        if (i + 1 < globs->n && n + strlen(globs->items[i + 1]) + strlen(kind) < LINE_MAX_ - 24)
            continue;
        rl_import_line(import, file, at, why, "%s%s%s", key, line, suffix);
        n = 0;
    }
}

static struct rl_import_at at_of(const json_t *row)
{
    return (struct rl_import_at){
        .path = json_string_value(json_object_get(row, "path")),
        .line = (unsigned)json_integer_value(json_object_get(row, "line")),
        .setting = json_string_value(json_object_get(row, "setting")),
        .value = json_string_value(json_object_get(row, "value")),
    };
}

static const char *why_of(const json_t *row)
{
    const char *why = json_string_value(json_object_get(row, "why"));

    return why ? why : "";
}

static bool has_fate(const json_t *row, enum rl_import_fate fate)
{
    return strcmp(json_string_value(json_object_get(row, "fate")), fates[fate].id) == 0;
}

/* Is the row one of that fate that is told at the end of the file? */
static bool belongs(const json_t *row, const struct rl_import_file *file, enum rl_import_fate fate)
{
    return has_fate(row, fate) &&
           (unsigned)json_integer_value(json_object_get(row, "group")) == file->group;
}

/* One reason, then all settings that it is about, beginning with the row at first. */
static void write_reason(const struct rl_import *import, const struct rl_import_file *file,
    enum rl_import_fate fate, size_t first)
{
    const char *why = why_of(json_array_get(import->fates, first)), *path = "";
    char place[1024];

    write_comment(file->out, ";   - ", ";     ", why);
    for (size_t i = first; i < json_array_size(import->fates); i++) {
        const json_t *row = json_array_get(import->fates, i);
        struct rl_import_at at = at_of(row);

        if (!belongs(row, file, fate) || strcmp(why_of(row), why) != 0)
            continue;
        say_place(import, &at, at.path && strcmp(at.path, path) == 0, place, sizeof(place));
        write_comment(file->out, ";       ", ";       ", place);
        path = at.path ? at.path : "";
    }
}

/* All settings of one fate that belong to a file, by their reasons. */
static void write_fates(
    const struct rl_import *import, const struct rl_import_file *file, enum rl_import_fate fate)
{
    bool any = false;

    for (size_t i = 0; i < json_array_size(import->fates); i++) {
        const json_t *row = json_array_get(import->fates, i);
        bool told = false;

        if (!belongs(row, file, fate))
            continue;
        for (size_t j = 0; j < i && !told; j++) {
            const json_t *before = json_array_get(import->fates, j);

            told = belongs(before, file, fate) && strcmp(why_of(before), why_of(row)) == 0;
        }
        if (!any)
            fprintf(file->out, "\n; %s:\n", fates[fate].title);
        any = true;
        if (!told)
            write_reason(import, file, fate, i);
    }
}

bool rl_import_accepts(struct rl_import *import, const char *section, char *why, size_t why_size,
    const char *format, ...)
{
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = NULL;
    char line[4 * RL_IMPORT_ITEM_MAX], text[3 * sizeof(line) + 128];
    struct rl_source source = {.path = "", .text = text};
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    snprintf(text, sizeof(text),
        "[Match]\n%s\n[Trigger t]\nUsage=50%%\n[Victim]\n%s\n[Relief]\n%s\n",
        strcmp(section, "Match") == 0 ? line : "Cgroup=a",
        strcmp(section, "Victim") == 0 ? line : "",
        strcmp(section, "Relief") == 0 ? line : "Step=warn");
    source.len = strlen(text);
    if (rl_compile("import", &source, 1, &findings, &compiled) < 0)
        import->failed = -ENOMEM;
    *why = '\0';
    for (size_t i = 0; i < findings.n; i++)
        if (findings.items[i].severity == RL_ERROR)
            snprintf(why, why_size, "%s", findings.items[i].message);
    rl_findings_free(&findings);
    if (compiled)
        rl_compiled_release(compiled);
    return compiled != NULL;
}

/* A policy that reliefd would refuse must never be handed out. */
static void check(struct rl_import *import, const struct rl_import_file *file)
{
    struct rl_source source = {.path = file->name, .text = file->text, .len = file->size};
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = NULL;

    if (rl_compile(file->name, &source, 1, &findings, &compiled) < 0)
        import->failed = -ENOMEM;
    for (size_t i = 0; i < findings.n; i++)
        if (findings.items[i].severity == RL_ERROR && ++import->unfit > 0)
            rl_import_error(import, file->name, findings.items[i].line,
                "what was made of the settings is no policy: %s", findings.items[i].message);
    rl_compiled_release(compiled);
    rl_findings_free(&findings);
}

void rl_import_close(struct rl_import *import)
{
    bool sound = import->errors == 0; /* where it is not, policies may lack parts */

    for (size_t i = 0; i < import->n_files; i++) {
        struct rl_import_file *file = import->files[i];
        bool first = true;

        for (size_t j = 0; j < i; j++)
            first = first && import->files[j]->group != file->group;
        for (int fate = RL_IMPORT_DIFFERS; fate < RL_IMPORT_FATES && file->out && first; fate++)
            write_fates(import, file, (enum rl_import_fate)fate);
        if (!file->out || fclose(file->out) != 0)
            import->failed = -ENOMEM;
        file->out = NULL;
        if (import->failed == 0 && sound && !file->settings)
            check(import, file);
    }
}

void rl_import_print_fates(const struct rl_import *import)
{
    char place[1024];
    json_t *row;
    size_t i;

    json_array_foreach(import->fates, i, row)
    {
        struct rl_import_at at = at_of(row);
        bool none = has_fate(row, RL_IMPORT_NONE);

        if (!none && !has_fate(row, RL_IMPORT_DIFFERS))
            continue;
        say_place(import, &at, false, place, sizeof(place));
        fprintf(stderr, "%s: %s: %s\n", place, none ? "has no equivalent" : "behaves differently",
            why_of(row));
    }
}
