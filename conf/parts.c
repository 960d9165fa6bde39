/* Parts of values, and the parsers of plain ones: what the sections have in common. */
#include "conf/draft.h"

#include <string.h>

#include "conf/suggest.h"

static void *store(struct rl_draft *draft, const struct rl_key *key)
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

bool rl_take_glob(struct rl_draft *draft, const struct rl_key *key, const char *glob)
{
    for (const char *p = glob; *p; p++) {
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

void rl_key_parse_time(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    uint64_t us;

    if (rl_take_time(draft, key, value, key->min, key->max, &us))
        *(uint64_t *)store(draft, key) = us;
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
        *(uint64_t *)store(draft, key) = bytes;
}

void rl_key_parse_count(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    uint64_t count;

    if (rl_take_count(draft, key, value, key->min, key->max, &count))
        *(uint64_t *)store(draft, key) = count;
}

void rl_key_parse_yes_no(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    bool answer;

    if (rl_value_yes_no(value, &answer))
        *(bool *)store(draft, key) = answer;
    else
        rl_draft_refuse(draft, key, "bad-value", "'%s' is neither", value);
}
