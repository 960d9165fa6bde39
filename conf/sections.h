/* The parser functions of the sections, for the rows of keys.c only. */
#pragma once

#include "conf/draft.h"

/* key-match.c */
void rl_key_parse_cgroup(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_cgroup(struct rl_draft *draft, const struct rl_key *key);

/* key-trigger.c */
void rl_key_parse_pressure(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_usage(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_headroom(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_events(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_from(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_line(struct rl_draft *draft, const struct rl_key *key);

/* key-victim.c */
void rl_key_parse_kill(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_score(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_protect(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_protect(struct rl_draft *draft, const struct rl_key *key);

/* key-relief.c */
void rl_key_parse_step(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_step(struct rl_draft *draft, const struct rl_key *key);

/* key-settings.c */
void rl_key_parse_log_level(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_root(struct rl_draft *draft, const struct rl_key *key, const char *value);
