/* Parts of values, and the parsers of plain ones: what the sections have in common. */
#include "conf/draft.h"

#include <string.h>

#include "conf/suggest.h"

#define RATE_MAX    1000
#define RATE_MAX_US (UINT64_C(24) * 3600 * RL_US_PER_S)

_Static_assert(sizeof(enum rl_dry) == sizeof(int) && sizeof(enum rl_tristate) == sizeof(int) &&
                   sizeof(enum rl_level_kind) == sizeof(int) &&
                   sizeof(enum rl_on_repeat) == sizeof(int) &&
                   sizeof(enum rl_on_no_victim) == sizeof(int),
    "choices are stored as int");

void *rl_key_store(struct rl_draft *draft, const struct rl_key *key)
{
    char *base = key->file == RL_POLICY_FILE ? (char *)draft->policy : (char *)draft->settings;

    return base + key->offset;
}

static void bad_value(
    struct rl_draft *draft, const struct rl_key *key, const char *text, enum rl_value value)
{
    rl_draft_refuse(draft, key, "bad-value", "'%s' %s", text, rl_value_problem(value));
}

bool rl_take_time(struct rl_draft *draft, const struct rl_key *key, const char *text, uint64_t min,
    uint64_t max, uint64_t *ret_us)
{
    enum rl_value value = rl_value_time(text, ret_us);
    char low[64], high[64];

    if (value != RL_VALUE_OK) {
        rl_draft_refuse(draft, key, "bad-time", "'%s' %s (a time has %s)", text,
            rl_value_problem(value), RL_TIME_UNITS);
        return false;
    }
    if (*ret_us < min || *ret_us > max) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is not within %s and %s", text,
            rl_format_time(min, low, sizeof(low)), rl_format_time(max, high, sizeof(high)));
        return false;
    }
    return true;
}

bool rl_take_size(
    struct rl_draft *draft, const struct rl_key *key, const char *text, uint64_t *ret_bytes)
{
    enum rl_value value = rl_value_size(text, ret_bytes);

    if (value == RL_VALUE_OK)
        return true;
    rl_draft_refuse(draft, key, "bad-size", "'%s' %s (a size has %s)", text,
        rl_value_problem(value), RL_SIZE_UNITS);
    return false;
}

bool rl_take_share(
    struct rl_draft *draft, const struct rl_key *key, const char *text, uint32_t *ret_share)
{
    enum rl_value value = rl_value_share(text, ret_share);

    if (value == RL_VALUE_NO_UNIT) {
        rl_draft_refuse(draft, key, "bad-share", "'%s' has no '%%'", text);
    } else if (value != RL_VALUE_OK) {
        rl_draft_refuse(draft, key, "bad-share", "'%s' %s", text, rl_value_problem(value));
    } else if (*ret_share == 0 || *ret_share > RL_WHOLE) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is not over 0%% and up to 100%%", text);
    } else {
        return true;
    }
    return false;
}

bool rl_take_count(struct rl_draft *draft, const struct rl_key *key, const char *text, uint64_t min,
    uint64_t max, uint64_t *ret)
{
    enum rl_value value = rl_value_count(text, ret);

    if (value != RL_VALUE_OK) {
        bad_value(draft, key, text, value);
        return false;
    }
    if (*ret < min || *ret > max) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is not within %ju and %ju", text,
            (uintmax_t)min, (uintmax_t)max);
        return false;
    }
    return true;
}

bool rl_take_rate(
    struct rl_draft *draft, const struct rl_key *key, char *text, uint32_t *ret_n, uint64_t *ret_us)
{
    char *number = rl_word(&text), *per = rl_word(&text);
    uint64_t n;

    if (!number || !rl_take_count(draft, key, number, 1, RATE_MAX, &n))
        return false;
    if (!per || strcmp(per, "per") != 0) {
        if (per)
            rl_draft_refuse(draft, key, "bad-value", "'%s' stands where 'per' is due", per);
        else
            rl_draft_refuse(draft, key, "bad-value", "'per T' is missing");
        return false;
    }
    if (!*text) {
        rl_draft_refuse(draft, key, "bad-time", "no time follows 'per'");
        return false;
    }
    if (!rl_take_time(draft, key, text, RL_US_PER_S, RATE_MAX_US, ret_us))
        return false;
    *ret_n = (uint32_t)n;
    return true;
}

char *rl_take_item(struct rl_draft *draft, const struct rl_key *key, char **rest)
{
    char *found = NULL;
    enum rl_item item = rl_item(rest, &found);

    if (item == RL_ITEM)
        return found;
    if (item == RL_ITEM_EMPTY)
        rl_draft_refuse(draft, key, "bad-list", "an item is empty");
    else if (item != RL_ITEM_END)
        rl_draft_refuse(draft, key, "bad-list", "'%s' %s", found, rl_item_problem(item));
    return NULL;
}

int rl_take_word(struct rl_draft *draft, const struct rl_key *key, const char *what,
    const char *word, rl_word_at words)
{
    struct rl_suggestion near = {.word = word};
    char buf[96];

    for (int i = 0; words((size_t)i); i++) {
        if (strcmp(words((size_t)i), word) == 0)
            return i;
        rl_suggest(&near, words((size_t)i));
    }
    rl_draft_refuse(draft, key, "unknown-word", "unknown %s '%s'%s", what, word,
        rl_suggestion_text(&near, buf, sizeof(buf)));
    return -1;
}

bool rl_take_choice(
    struct rl_draft *draft, const struct rl_key *key, const char *word, int *ret_value)
{
    struct rl_suggestion near = {.word = word};
    char buf[96];

    for (const struct rl_key_word *choice = key->choices; choice->word; choice++) {
        if (strcmp(choice->word, word) == 0) {
            *ret_value = choice->value;
            return true;
        }
        rl_suggest(&near, choice->word);
    }
    rl_draft_refuse(draft, key, "unknown-word", "unknown word '%s'%s", word,
        rl_suggestion_text(&near, buf, sizeof(buf)));
    return false;
}

bool rl_take_end(struct rl_draft *draft, const struct rl_key *key, char *rest)
{
    char *word = rl_word(&rest);

    if (word)
        rl_draft_refuse(draft, key, "trailing-text", "'%s' is left over", word);
    return !word;
}

/* Where the [set] that begins at p ends; NULL when it does not. */
static const char *end_of_set(const char *p)
{
    p++;
    if (*p == '!' || *p == '^')
        p++;
    for (const char *first = p; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == ']' && p != first)
            return p;
    }
    return NULL;
}

/* systemd writes '-' within a unit's name as \x2d, which a glob takes for x2d. */
static bool is_unit_escape(const char *p)
{
    static const char hex[] = "0123456789abcdefABCDEF";

    return p[0] == '\\' && p[1] == 'x' && p[2] && strchr(hex, p[2]) && p[3] && strchr(hex, p[3]);
}

bool rl_take_glob(struct rl_draft *draft, const struct rl_key *key, const char *glob)
{
    for (const char *p = glob; *p; p++) {
        if (is_unit_escape(p))
            rl_draft_say(draft, RL_WARNING, &draft->place, "unit-escape",
                "%s=: '%.4s' in '%s' matches '%.3s'; a unit's own '\\' is written '\\\\'",
                key->name, p, glob, p + 1);
        if (*p == '\\' && !*++p) {
            rl_draft_refuse(draft, key, "bad-glob", "'%s' ends in a lone '\\'", glob);
            return false;
        }
        if (*p != '[' || (p > glob && p[-1] == '\\'))
            continue;
        p = end_of_set(p);
        if (!p) {
            rl_draft_refuse(draft, key, "bad-glob", "'%s' has a '[' without ']'", glob);
            return false;
        }
    }
    return true;
}

/* What can never match a path below the cgroup2 mount, in words; NULL when nothing is wrong. */
static const char *never_matches(const char *glob)
{
    const char *p = glob;

    if (!*glob)
        return "names nothing";
    if (strncmp(glob, "/sys/fs/cgroup", 14) == 0)
        return "begins with the mount point; paths are relative to it";
    if (strcmp(glob, "/") == 0)
        return NULL;
    p += *p == '/';
    while (*p) {
        size_t len = strcspn(p, "/");

        if (len == 0)
            return "has an empty level";
        if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
            return "has a level '.' or '..'";
        p += len;
        if (*p == '/' && !*++p)
            return "ends in '/'";
    }
    return NULL;
}

bool rl_take_path_glob(
    struct rl_draft *draft, const struct rl_key *key, const char *item, const char *glob)
{
    const char *wrong = never_matches(glob);

    if (wrong)
        rl_draft_refuse(draft, key, "bad-glob", "'%s' %s", item, wrong);
    return !wrong && rl_take_glob(draft, key, glob);
}

void rl_key_parse_time(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    uint64_t us;

    if (rl_take_time(draft, key, value, key->min, key->max, &us))
        *(uint64_t *)rl_key_store(draft, key) = us;
}

void rl_key_parse_size(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    uint64_t bytes;
    char low[32], high[32];

    if (!rl_take_size(draft, key, value, &bytes))
        return;
    if (bytes < key->min || bytes > key->max)
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is not within %s and %s", value,
            rl_format_size(key->min, low, sizeof(low)),
            rl_format_size(key->max, high, sizeof(high)));
    else
        *(uint64_t *)rl_key_store(draft, key) = bytes;
}

void rl_key_parse_count(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    uint64_t count;

    if (rl_take_count(draft, key, value, key->min, key->max, &count))
        *(uint64_t *)rl_key_store(draft, key) = count;
}

void rl_key_parse_yes_no(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    bool answer;

    if (rl_value_yes_no(value, &answer))
        *(bool *)rl_key_store(draft, key) = answer;
    else
        rl_draft_refuse(draft, key, "bad-value", "'%s' is neither", value);
}

void rl_key_parse_count32(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    uint64_t count;

    if (rl_take_count(draft, key, value, key->min, key->max, &count))
        *(uint32_t *)rl_key_store(draft, key) = (uint32_t)count;
}

void rl_key_parse_tristate(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    bool answer;

    if (rl_value_yes_no(value, &answer))
        *(enum rl_tristate *)rl_key_store(draft, key) = answer ? RL_YES : RL_NO;
    else
        rl_draft_refuse(draft, key, "bad-value", "'%s' is neither", value);
}

void rl_key_parse_dry(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    enum rl_dry *dry = rl_key_store(draft, key);
    bool answer;

    if (rl_value_yes_no(value, &answer))
        *dry = answer ? RL_DRY_YES : RL_DRY_NO;
    else if (strcmp(value, "auto") == 0)
        *dry = RL_DRY_AUTO;
    else
        rl_draft_refuse(draft, key, "bad-value", "'%s' is none of them", value);
}

void rl_key_parse_choice(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    int choice;

    if (rl_take_choice(draft, key, value, &choice))
        *(int *)rl_key_store(draft, key) = choice;
}
