/* The parser functions of the sections, for the rows of keys.c only. */
#pragma once

#include "conf/draft.h"

/* key-match.c */
void rl_key_parse_cgroup(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_names(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_pod(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_qos(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_globs(struct rl_draft *draft, const struct rl_key *key);

/* key-trigger.c */
void rl_key_parse_pressure(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_level(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_headroom(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_events(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_growth(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_refaults(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_for(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_from(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_origin(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_gate(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_line(struct rl_draft *draft, const struct rl_key *key);

/* key-victim.c: lists of patterns by key->kind, with numbers of up to key->max either way;
 * key->min: a sign must stand */
void rl_key_parse_within(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_kill(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_score(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_patterns(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_patterns(struct rl_draft *draft, const struct rl_key *key);
void rl_key_parse_numbered(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_numbered(struct rl_draft *draft, const struct rl_key *key);

/* key-relief.c */
void rl_key_parse_policy_dry(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_step(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_step(struct rl_draft *draft, const struct rl_key *key);
void rl_key_parse_limit(struct rl_draft *draft, const struct rl_key *key, const char *value);

/* key-guard.c */
void rl_key_parse_high_below_max(
    struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_managed(struct rl_draft *draft, const struct rl_key *key, const char *value);

/* key-settings.c */
void rl_key_parse_log_level(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_metrics_file(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_root(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_allow_within(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_reset_allow_within(struct rl_draft *draft, const struct rl_key *key);
void rl_key_parse_kills(struct rl_draft *draft, const struct rl_key *key, const char *value);
