/* Regular expressions that name programs are nearly always a list of names with anchors. These
 * are taken apart into globs; what needs more than a glob is refused, never guessed. */
#include "daemon/ctl/import.h"

#include <ctype.h>
#include <string.h>

#include "conf/value.h"

#define DEPTH_MAX 8

/* Marks in an item until it is finished; regular expressions hold no control characters. */
#define MARK_BEGIN '\001'
#define MARK_END   '\002'
#define MARK_STAR  '\003'

struct parser {
    const char *at;
    const char *why; /* NULL as long as all is understood */
    int depth;
};

static bool give_up(struct parser *p, const char *why)
{
    if (!p->why)
        p->why = why;
    return false;
}

static bool add(struct parser *p, struct rl_import_globs *to, const char *head, const char *tail)
{
    size_t head_n = strlen(head), tail_n = strlen(tail);

    if (to->n == RL_IMPORT_GLOBS_MAX)
        return give_up(p, "it stands for more than 64 names");
    if (head_n + tail_n >= RL_IMPORT_GLOB_MAX)
        return give_up(p, "a name in it is too long");
    memcpy(to->items[to->n], head, head_n);
    memcpy(to->items[to->n++] + head_n, tail, tail_n + 1);
    return true;
}

/* Each of the heads with each of the tails. */
static bool join(
    struct parser *p, struct rl_import_globs *heads, const struct rl_import_globs *tails)
{
    struct rl_import_globs joined = {.n = 0};

    for (size_t i = 0; i < heads->n; i++)
        for (size_t j = 0; j < tails->n; j++)
            if (!add(p, &joined, heads->items[i], tails->items[j]))
                return false;
    *heads = joined;
    return true;
}

static bool parse_alternatives(struct parser *p, struct rl_import_globs *ret);

static bool parse_group(struct parser *p, struct rl_import_globs *ret)
{
    p->at++;
    if (*p->at == '?') {
        if (p->at[1] != ':')
            return give_up(p, "globs have no (?...)");
        p->at += 2;
    }
    if (++p->depth > DEPTH_MAX)
        return give_up(p, "its groups are nested too deeply");
    if (!parse_alternatives(p, ret))
        return false;
    p->depth--;
    if (*p->at != ')')
        return give_up(p, "a group in it is not closed");
    p->at++;
    return true;
}

/* [abc] is the same in a glob, but for what stands for a class in either. */
static bool parse_set(struct parser *p, struct rl_import_globs *ret)
{
    char set[RL_IMPORT_GLOB_MAX];
    size_t n = 0;
    bool negated = p->at[1] == '^';
    const char *from = p->at + 1 + negated, *end = *from ? strchr(from + 1, ']') : NULL;

    if (!end)
        return give_up(p, "a set in it is not closed");
    if ((size_t)(end - from) + 4 > sizeof(set))
        return give_up(p, "a set in it is too long");
    set[n++] = '[';
    if (negated)
        set[n++] = '!';
    for (const char *c = from; c < end; c++) {
        if (strchr("[]\\&\"!^", *c) || !isprint((unsigned char)*c))
            return give_up(p, "a set in it holds more than plain characters");
        set[n++] = *c;
    }
    set[n++] = ']';
    set[n] = '\0';
    p->at = end + 1;
    return add(p, ret, set, "");
}

static bool add_literal(struct parser *p, struct rl_import_globs *ret, char c)
{
    char text[3] = {'\\', c, '\0'};

    if ((unsigned char)c < ' ' || c == 0x7f)
        return give_up(p, "it holds a control character");
    return add(p, ret, strchr("*?[]\\&\"", c) ? text : text + 1, "");
}

static bool parse_escape(struct parser *p, struct rl_import_globs *ret)
{
    char c = *++p->at;

    if (c)
        p->at++;
    if (c == 'd')
        return add(p, ret, "[0-9]", "");
    if (!c || isalnum((unsigned char)c))
        return give_up(p, "globs have no classes such as \\w or \\b");
    return add_literal(p, ret, c);
}

/* Something that may be repeated. ret_any: it is '.', which may be so without end. */
static bool parse_atom(struct parser *p, struct rl_import_globs *ret, bool *ret_any)
{
    static const char begin[] = {MARK_BEGIN, '\0'}, end[] = {MARK_END, '\0'};
    char c = *p->at;

    *ret_any = c == '.';
    if (c == '(')
        return parse_group(p, ret);
    if (c == '[')
        return parse_set(p, ret);
    if (c == '\\')
        return parse_escape(p, ret);
    p->at++;
    if (c == '^')
        return add(p, ret, begin, "");
    if (c == '$')
        return add(p, ret, end, "");
    if (c == '.')
        return add(p, ret, "?", "");
    if (strchr("*+?{", c))
        return give_up(p, "a repetition in it has nothing to repeat");
    return add_literal(p, ret, c);
}

static bool parse_repetition(struct parser *p, struct rl_import_globs *atom, bool any)
{
    static const char star[] = {MARK_STAR, '\0'};
    char c = *p->at;

    if (!c || !strchr("*+?{", c))
        return true;
    if (c == '?') {
        p->at++;
        if ((unsigned char)atom->items[0][0] >= 0x80)
            return give_up(p, "it repeats what is more than a plain character");
        return add(p, atom, "", "") &&
               (!*p->at || !strchr("*+?{", *p->at) || give_up(p, "globs have no such repetition"));
    }
    if (!any || c == '{')
        return give_up(p, "globs repeat nothing but any text");
    p->at++;
    if (*p->at && strchr("*+?{", *p->at))
        return give_up(p, "globs have no such repetition");
    atom->n = 0;
    return add(p, atom, c == '+' ? "?" : "", star);
}

static bool parse_sequence(struct parser *p, struct rl_import_globs *ret)
{
    ret->n = 0;
    if (!add(p, ret, "", ""))
        return false;
    while (*p->at && *p->at != '|' && *p->at != ')') {
        struct rl_import_globs atom = {.n = 0};
        bool any = false;

        if (!parse_atom(p, &atom, &any) || !parse_repetition(p, &atom, any) || !join(p, ret, &atom))
            return false;
    }
    return true;
}

static bool parse_alternatives(struct parser *p, struct rl_import_globs *ret)
{
    struct rl_import_globs one;

    ret->n = 0;
    for (;; p->at++) {
        if (!parse_sequence(p, &one))
            return false;
        for (size_t i = 0; i < one.n; i++)
            if (!add(p, ret, one.items[i], ""))
                return false;
        if (*p->at != '|')
            return true;
    }
}

/* Where is the mark, with nothing but any text in front of it? */
static const char *after_begin(const char *item)
{
    const char *last = strrchr(item, MARK_BEGIN);

    for (const char *c = item; last && c < last; c++)
        if (*c != MARK_STAR && *c != MARK_BEGIN)
            return NULL;
    return last ? last + 1 : item;
}

static void put_star(char *to, size_t *n, const char *star, bool *starred)
{
    if (!*starred)
        *n += (size_t)snprintf(to + *n, 3, "%s", star);
    *starred = true;
}

/* From marks to a glob for the whole text. Return: whether it can match at all. */
static bool finish(const char *item, const char *star, char *to)
{
    const char *from = after_begin(item), *end = from ? strchr(from, MARK_END) : NULL;
    size_t n = 0;
    bool starred = false;

    if (!from)
        return false;
    for (const char *c = end; c && *c; c++)
        if (*c != MARK_STAR && *c != MARK_END)
            return false;
    if (from == item)
        put_star(to, &n, star, &starred);
    for (; *from && from != end; from++) {
        if (*from == MARK_STAR) {
            put_star(to, &n, star, &starred);
        } else {
            to[n++] = *from;
            starred = false;
        }
    }
    if (!end)
        put_star(to, &n, star, &starred);
    to[n] = '\0';
    return true;
}

bool rl_import_writable(const char *item)
{
    size_t n = strlen(item);

    /* what follows a blank and a semicolon is a comment, and a line feed ends the line */
    return n > 0 && n <= RL_IMPORT_ITEM_MAX && rl_text_is_utf8(item, n) &&
           !rl_text_has_control(item, n) && !strpbrk(item, "\t") && !strstr(item, " ;") &&
           item[strspn(item, " ")] && item[n - 1] != ' ' && item[n - 1] != '\\';
}

bool rl_import_globs(
    const char *regex, const char *star, struct rl_import_globs *ret, const char **ret_why)
{
    struct parser p = {.at = regex};
    struct rl_import_globs marked;

    ret->n = 0;
    if (parse_alternatives(&p, &marked) && *p.at)
        give_up(&p, "a group in it is closed that was not opened");
    for (size_t i = 0; i < marked.n && !p.why; i++) {
        char glob[2 * RL_IMPORT_GLOB_MAX];

        if (!finish(marked.items[i], star, glob))
            continue;
        if (!rl_import_writable(glob))
            give_up(&p, "it holds what a list of patterns cannot");
        else
            add(&p, ret, glob, "");
    }
    *ret_why = p.why;
    return !p.why;
}
