/* [Daemon], [Budget] and [Records] of reliefd.conf, but for plain values */
#include "conf/sections.h"

#include <string.h>
#include <syslog.h>

static const struct {
    const char *name;
    int level;
} levels[] = {
    {"err", LOG_ERR},
    {"warning", LOG_WARNING},
    {"notice", LOG_NOTICE},
    {"info", LOG_INFO},
    {"debug", LOG_DEBUG},
    {NULL, 0},
};

static const char *level_at(size_t i)
{
    return levels[i].name;
}

void rl_key_parse_log_level(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    int i = rl_take_word(draft, key, "level", value, level_at);

    if (i >= 0)
        draft->settings->log_level = levels[i].level;
}

void rl_key_parse_root(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    if (*value != '/')
        rl_draft_refuse(draft, key, "bad-path", "'%s' is not an absolute path", value);
    else
        draft->settings->cgroup_root = rl_draft_copy(draft, value);
}

void rl_key_parse_metrics_file(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    static const char end[] = ".prom";
    const char *slash = strrchr(value, '/'), *name = slash ? slash + 1 : value;
    size_t len = strlen(name);

    if (*value != '/')
        rl_draft_refuse(draft, key, "bad-path", "'%s' is not an absolute path", value);
    else if (len < sizeof(end) || strcmp(name + len - (sizeof(end) - 1), end) != 0)
        rl_draft_refuse(
            draft, key, "bad-path", "'%s' does not end in NAME%s, the only files read", value, end);
    else
        draft->settings->metrics_file = rl_draft_copy(draft, value);
}

void rl_key_parse_kills(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    struct rl_settings *settings = draft->settings;
    char *rest = rl_draft_copy(draft, value);
    uint32_t kills;
    uint64_t us;

    if (rest && rl_take_rate(draft, key, rest, &kills, &us)) {
        settings->budget_kills = kills;
        settings->budget_us = us;
    }
}

void rl_key_parse_allow_within(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    struct rl_settings *settings = draft->settings;
    char *rest = rl_draft_copy(draft, value), *item;

    while (rest && (item = rl_take_item(draft, key, &rest))) {
        char **globs;

        if (!rl_take_path_glob(draft, key, item, item))
            continue;
        globs = rl_draft_grow(
            draft, settings->allow_within, settings->n_allow_within, sizeof(*globs));
        if (!globs)
            return;
        globs[settings->n_allow_within++] = item;
        settings->allow_within = globs;
    }
}

void rl_reset_allow_within(struct rl_draft *draft, const struct rl_key *key)
{
    draft->settings->allow_within = NULL;
    draft->settings->n_allow_within = 0;
}
