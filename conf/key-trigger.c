/* [Trigger NAME] */
#include "conf/sections.h"

#include <string.h>

#define WINDOW_MIN_US (RL_US_PER_S / 2)
#define WINDOW_MAX_US (600 * RL_US_PER_S)
#define FOR_MAX_US    (3600 * RL_US_PER_S)

static void remove_line(struct rl_draft_trigger *trigger, size_t at)
{
    size_t behind = trigger->n - at - 1u;

    memmove(&trigger->lines[at], &trigger->lines[at + 1], behind * sizeof(trigger->lines[0]));
    memmove(&trigger->places[at], &trigger->places[at + 1], behind * sizeof(trigger->places[0]));
    trigger->n--;
}

/* Take away the lines of a kind; those of the file being read only where own says so. */
static void remove_kind(struct rl_draft *draft, int kind, bool own)
{
    struct rl_draft_trigger *trigger = draft->trigger;

    for (size_t i = trigger->n; i-- > 0;) {
        bool earlier = trigger->places[i].file != draft->place.file;

        if ((int)trigger->lines[i].kind != kind || (!earlier && !own))
            continue;
        trigger->emptied = trigger->emptied || earlier;
        remove_line(trigger, i);
    }
}

static void add_line(struct rl_draft *draft, const struct rl_line *line)
{
    struct rl_draft_trigger *trigger = draft->trigger;

    remove_kind(draft, (int)line->kind, false);
    if (trigger->n == RL_LINES_MAX) {
        rl_draft_say(draft, RL_ERROR, &draft->place, "too-many-lines",
            "%s has too many lines; at most %d are possible", draft->header, RL_LINES_MAX);
        return;
    }
    trigger->lines[trigger->n] = *line;
    trigger->places[trigger->n] = draft->place;
    trigger->n++;
}

void rl_reset_line(struct rl_draft *draft, const struct rl_key *key)
{
    remove_kind(draft, key->kind, true);
}

static struct rl_line new_line(const struct rl_draft *draft, const struct rl_key *key)
{
    return (struct rl_line){
        .kind = (enum rl_line_kind)key->kind,
        .lineno = draft->place.line,
        .max_bytes = RL_NO_LIMIT,
    };
}

/* "over T", to the end of the text. */
static bool take_window(
    struct rl_draft *draft, const struct rl_key *key, char *rest, struct rl_line *line)
{
    char *over = rl_word(&rest);

    if (!over) {
        rl_draft_refuse(draft, key, "bad-value", "'over T' is missing");
        return false;
    }
    if (strcmp(over, "over") != 0) {
        rl_draft_refuse(draft, key, "bad-value", "'%s' stands where 'over' is due", over);
        return false;
    }
    if (!*rest) {
        rl_draft_refuse(draft, key, "bad-time", "no time follows 'over'");
        return false;
    }
    return rl_take_time(draft, key, rest, WINDOW_MIN_US, WINDOW_MAX_US, &line->window_us);
}

/* The words that name counters, each beside its counter. */
struct counter_word {
    const char *word;
    enum rl_counter counter;
};

static const struct counter_word stalls[] = {
    {"some", RL_COUNT_SOME},
    {"full", RL_COUNT_FULL},
    {NULL, RL_COUNTERS},
};

static const struct counter_word events[] = {
    {"high", RL_COUNT_HIGH},
    {"max", RL_COUNT_MAX},
    {"oom", RL_COUNT_OOM},
    {"oom_kill", RL_COUNT_OOM_KILL},
    {NULL, RL_COUNTERS},
};

static const char *stall_at(size_t i)
{
    return stalls[i].word;
}

static const char *event_at(size_t i)
{
    return events[i].word;
}

/* A word that names a counter and the word behind it. */
static bool take_counter(struct rl_draft *draft, const struct rl_key *key, char **rest,
    const struct counter_word *table, rl_word_at words, const char *what,
    enum rl_counter *ret_counter, char **ret_number)
{
    char *word = rl_word(rest);
    int i = word ? rl_take_word(draft, key, what, word, words) : -1;

    if (i < 0)
        return false;
    *ret_counter = table[i].counter;
    *ret_number = rl_word(rest);
    if (!*ret_number)
        rl_draft_refuse(draft, key, "bad-value", "nothing follows '%s'", word);
    return *ret_number != NULL;
}

static void parse_pressure(struct rl_draft *draft, const struct rl_key *key, char *rest)
{
    struct rl_line line = new_line(draft, key);
    char *share;

    if (take_counter(draft, key, &rest, stalls, stall_at, "kind of stall", &line.counter, &share) &&
        rl_take_share(draft, key, share, &line.share) && take_window(draft, key, rest, &line))
        add_line(draft, &line);
}

static void parse_events(struct rl_draft *draft, const struct rl_key *key, char *rest)
{
    struct rl_line line = new_line(draft, key);
    char *count;

    if (take_counter(draft, key, &rest, events, event_at, "event", &line.counter, &count) &&
        rl_take_count(draft, key, count, 1, UINT32_MAX, &line.count) &&
        take_window(draft, key, rest, &line))
        add_line(draft, &line);
}

static void parse_level(struct rl_draft *draft, const struct rl_key *key, char *rest)
{
    struct rl_line line = new_line(draft, key);

    if (rl_take_share(draft, key, rest, &line.share))
        add_line(draft, &line);
}

static void parse_growth(struct rl_draft *draft, const struct rl_key *key, char *rest)
{
    struct rl_line line = new_line(draft, key);
    char *size = rl_word(&rest);

    if (!size || !rl_take_size(draft, key, size, &line.bytes))
        return;
    if (line.bytes == 0)
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is always reached", size);
    else if (take_window(draft, key, rest, &line))
        add_line(draft, &line);
}

/* "N/s". Its window is that of the lines beside it, which are not all known yet. */
static void parse_refaults(struct rl_draft *draft, const struct rl_key *key, char *rest)
{
    struct rl_line line = new_line(draft, key);
    char *slash = strchr(rest, '/');

    if (!slash || strcmp(slash, "/s") != 0) {
        rl_draft_refuse(draft, key, "bad-value", "'%s' does not end in '/s'", rest);
        return;
    }
    *slash = '\0';
    if (rl_take_count(draft, key, rest, 1, UINT32_MAX, &line.count))
        add_line(draft, &line);
}

/* [min SIZE] [max SIZE] */
static bool take_clamps(
    struct rl_draft *draft, const struct rl_key *key, char *rest, struct rl_line *line)
{
    const char *const names[] = {"min", "max"};
    uint64_t *const bounds[] = {&line->min_bytes, &line->max_bytes};
    char *word = rl_word(&rest);

    for (size_t i = 0; i < 2 && word; i++) {
        char *size;

        if (strcmp(word, names[i]) != 0)
            continue;
        size = rl_word(&rest);
        if (!size) {
            rl_draft_refuse(draft, key, "bad-size", "no size follows '%s'", word);
            return false;
        }
        if (!rl_take_size(draft, key, size, bounds[i]))
            return false;
        word = rl_word(&rest);
    }
    if (word) {
        rl_draft_refuse(draft, key, "trailing-text", "'%s' is left over", word);
        return false;
    }
    if (line->min_bytes > line->max_bytes) {
        rl_draft_refuse(draft, key, "contradiction", "min is larger than max");
        return false;
    }
    return true;
}

static void parse_headroom(struct rl_draft *draft, const struct rl_key *key, char *rest)
{
    struct rl_line line = new_line(draft, key);
    char *below = rl_word(&rest), *amount;

    if (!below || strcmp(below, "below") != 0) {
        rl_draft_refuse(
            draft, key, "bad-value", "'%s' stands where 'below' is due", below ? below : "");
        return;
    }
    amount = rl_word(&rest);
    if (!amount) {
        rl_draft_refuse(draft, key, "bad-value", "nothing follows 'below'");
        return;
    }
    line.relative = strchr(amount, '%') != NULL;
    if (line.relative) {
        if (rl_take_share(draft, key, amount, &line.share) && take_clamps(draft, key, rest, &line))
            add_line(draft, &line);
        return;
    }
    if (!rl_take_size(draft, key, amount, &line.bytes))
        return;
    if (line.bytes == 0)
        rl_draft_refuse(draft, key, "out-of-range", "'%s': nothing is ever below that", amount);
    else if (rl_take_end(draft, key, rest))
        add_line(draft, &line);
}

/* Run a parser over a copy of the value, and remember when it did not come to a line. */
static void parse_line(struct rl_draft *draft, const struct rl_key *key, const char *value,
    void (*parse)(struct rl_draft *draft, const struct rl_key *key, char *rest))
{
    char *rest = rl_draft_copy(draft, value);
    size_t errors = draft->findings->errors;

    if (!rest)
        return;
    parse(draft, key, rest);
    draft->trigger->faulty = draft->trigger->faulty || draft->findings->errors > errors;
}

void rl_key_parse_pressure(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_line(draft, key, value, parse_pressure);
}

void rl_key_parse_level(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_line(draft, key, value, parse_level);
}

void rl_key_parse_headroom(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_line(draft, key, value, parse_headroom);
}

void rl_key_parse_events(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_line(draft, key, value, parse_events);
}

void rl_key_parse_growth(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_line(draft, key, value, parse_growth);
}

void rl_key_parse_refaults(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_line(draft, key, value, parse_refaults);
}

void rl_key_parse_for(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    uint64_t us;

    if (rl_take_time(draft, key, value, 0, FOR_MAX_US, &us))
        draft->trigger->for_us = us;
}

void rl_key_parse_origin(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    int origin;

    if (rl_take_choice(draft, key, value, &origin))
        draft->trigger->origin = (enum rl_origin_want)origin;
}

void rl_key_parse_gate(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    int gate;

    if (rl_take_choice(draft, key, value, &gate))
        draft->trigger->gate = (enum rl_gate_kind)gate;
}

void rl_key_parse_from(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    draft->trigger->from = rl_draft_copy(draft, value);
    draft->trigger->from_place = draft->place;
}
