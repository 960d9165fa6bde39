#include "conf/pattern.h"

#include <errno.h>
#include <string.h>

#include "conf/suggest.h"

/* What is wrong with the glob of one kind, in words; NULL when nothing is. */
typedef const char *(*glob_check)(const char *glob);

/* How many bytes a text must at least have to match. */
static size_t least_length(const char *glob)
{
    size_t n = 0;

    for (const char *p = glob; *p; p++) {
        if (*p == '[')
            return n + 1; /* a set and what follows: good enough to catch plain names */
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '*')
            continue;
        n++;
    }
    return n;
}

static const char *check_exe(const char *glob)
{
    return strchr("/*?[", *glob) ? NULL : "is no full path; expected as in exe:/usr/bin/NAME";
}

static const char *check_uid(const char *glob)
{
    return glob[strspn(glob, "0123456789*?[]-")] ? "is no number; user names are not looked up"
                                                 : NULL;
}

static const char *check_cgroup(const char *glob)
{
    return strncmp(glob, "/sys/fs/cgroup", 14) == 0
               ? "begins with the mount point; paths are relative to it"
               : NULL;
}

static const glob_check checks[RL_FACTS] = {
    [RL_FACT_EXE] = check_exe,
    [RL_FACT_UID] = check_uid,
    [RL_FACT_CGROUP] = check_cgroup,
};

/* Why a sound glob can never match what is known of a process; NULL when it can. */
static const char *never_matches(enum rl_fact fact, const char *glob)
{
    if (fact == RL_FACT_COMM && least_length(glob) >= RL_COMM_MAX)
        return "never matches: it is longer than the 15 bytes that /proc/PID/comm holds";
    if (fact == RL_FACT_EXE && *glob == '/' && least_length(glob) >= RL_EXE_MAX)
        return "never matches: of a path of more than 127 bytes only the end is known, so begin "
               "with '*'";
    return NULL;
}

static const char *fact_at(size_t i)
{
    return rl_fact_name((enum rl_fact)i);
}

static bool take_term(
    struct rl_draft *draft, const struct rl_key *key, char *text, struct rl_term *ret)
{
    char *colon = strchr(text, ':');
    const char *wrong;
    int fact;

    if (colon)
        *colon = '\0';
    fact = rl_take_word(draft, key, "kind", text, fact_at);
    if (fact < 0)
        return false;
    ret->fact = (enum rl_fact)fact;
    ret->glob = colon ? colon + 1 : "";
    if (ret->fact == RL_FACT_MAIN || ret->fact == RL_FACT_LEADER) {
        if (colon)
            rl_draft_refuse(draft, key, "bad-pattern", "'%s' has no ':%s'", text, ret->glob);
        return !colon;
    }
    if (!*ret->glob) {
        rl_draft_refuse(
            draft, key, "bad-pattern", "nothing follows '%s%s'", text, colon ? ":" : "");
        return false;
    }
    wrong = checks[fact] ? checks[fact](ret->glob) : NULL;
    if (wrong) {
        rl_draft_refuse(draft, key, "bad-pattern", "'%s:%s' %s", text, ret->glob, wrong);
        return false;
    }
    if (!rl_take_glob(draft, key, ret->glob))
        return false;
    wrong = never_matches(ret->fact, ret->glob);
    if (wrong)
        rl_draft_say(draft, RL_WARNING, &draft->place, "never-matches", "%s=: '%s:%s' %s",
            key->name, text, ret->glob, wrong);
    return true;
}

/* Cut at the first & that no backslash stands before. Return: what follows, NULL at the end. */
static char *cut_at_and(char *text)
{
    for (char *p = text; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
        } else if (*p == '&') {
            *p = '\0';
            return p + 1;
        }
    }
    return NULL;
}

bool rl_take_pattern(
    struct rl_draft *draft, const struct rl_key *key, const char *item, struct rl_pattern *ret)
{
    char *next = rl_draft_copy(draft, item), *text = rl_draft_copy(draft, item);

    if (!next || !text)
        return false;
    *ret = (struct rl_pattern){.text = text, .lineno = draft->place.line};
    while (next) {
        char *term = next;

        next = cut_at_and(term);
        if (ret->n == RL_TERMS_MAX) {
            rl_draft_refuse(draft, key, "too-many-terms", "'%s' joins too many; at most %d", item,
                RL_TERMS_MAX);
            return false;
        }
        if (!take_term(draft, key, term, &ret->terms[ret->n++]))
            return false;
    }
    return true;
}

int rl_pattern_parse(
    const char *item, struct rl_arena *arena, struct rl_findings *findings, struct rl_pattern *ret)
{
    static const struct rl_key key = {
        .name = "KIND:GLOB",
        .form = "KIND:GLOB[&KIND:GLOB...] | main",
        .range = "KIND comm, exe, cmdline, uid, unit or cgroup; at most 4 joined by &",
    };
    struct rl_draft draft = {
        .kind = RL_POLICY_FILE, .arena = arena, .findings = findings, .place.path = ""};
    bool taken = rl_take_pattern(&draft, &key, item, ret);

    if (draft.error < 0)
        return draft.error;
    return taken ? 0 : -EINVAL;
}

const struct rl_named_list *rl_named_list_find(const char *name)
{
    for (size_t i = 0; i < rl_named_lists_n; i++)
        if (strcmp(rl_named_lists[i].name, name) == 0)
            return &rl_named_lists[i];
    return NULL;
}

static const char *list_at(size_t i)
{
    return i < rl_named_lists_n ? rl_named_lists[i].name : NULL;
}

const struct rl_named_list *rl_take_list(
    struct rl_draft *draft, const struct rl_key *key, const char *name)
{
    int i = rl_take_word(draft, key, "list", name, list_at);

    return i < 0 ? NULL : &rl_named_lists[i];
}
