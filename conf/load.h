/* Finding, reading and compiling policy files.
 *
 * Folders are read in order of precedence; the same file name in a more important folder replaces,
 * a link to /dev/null (or an empty file) masks, NAME.conf.d/ *.conf adds to NAME.conf, sorted by
 * name over all folders (what adds up and what replaces: conf/draft.h). One bad file never stops
 * the others; at a reload the last good version of it stays in force, and so does all that came
 * from a folder which can no longer be read.
 *
 * The defaults are a family, default-NAME.conf and default.conf, each with a built-in version where
 * no folder has it. A masked default.conf turns off the whole family, a masked default-NAME.conf
 * itself. For a default that is broken and never was good the built-in version stands in
 * (default_node_only is set then). */
#pragma once

#include "conf/findings.h"
#include "conf/settings.h"
#include "policy/policy.h"

enum rl_file_state {
    RL_FILE_LOADED,
    RL_FILE_LAST_GOOD, /* broken now; the version before, or the built-in one, is in force */
    RL_FILE_BROKEN,    /* broken, and never was good */
    RL_FILE_MASKED,
};

struct rl_policy_file {
    char *name; /* without .conf */
    char *path;
    enum rl_file_state state;
    const struct rl_policy *policy; /* NULL for BROKEN and MASKED */
};

struct rl_policy_set {
    const struct rl_policy *policies; /* in order of precedence, for rl_match_policy() */
    size_t n;
    struct rl_policy_file *files;
    size_t n_files;
    struct rl_findings findings;
    /* A file never loaded, or a folder could never be read: the defaults act on the node only,
     * since nobody knows what else somebody had written. */
    bool default_node_only;
};

struct rl_load_options {
    const char *const *dirs; /* NULL-terminated, most important last; NULL: the standard ones */
    bool strict_owner;       /* refuse what others may write (conf/open.h): the daemon; else warn */
    const char *vendor_dir;  /* whose files are the vendor's; NULL: the standard one */
    const struct rl_settings *settings; /* policies that ask for more than these allow are warned
                                         * about; NULL: none is */
};

/**
 * rl_policy_set_load() - read all policies
 * @last: the set in force, NULL at start; stays valid and owned by the caller
 *
 * The built-in defaults are added where no file of their name is. Return: 0 even with findings of
 * severity error; -ENOMEM.
 */
int rl_policy_set_load(const struct rl_load_options *options, const struct rl_policy_set *last,
    struct rl_policy_set **ret);
struct rl_policy_set *rl_policy_set_free(struct rl_policy_set *set);

/* The texts that a policy in force was made of, its main file first; they live as long as the set.
 * file: index into its files. Return: how many; 0 for a file that is not in force. */
struct rl_source;
size_t rl_policy_set_texts(
    const struct rl_policy_set *set, size_t file, const struct rl_source **ret);

/* One policy said in English, numbers included; malloc'ed, NULL when memory is out. */
char *rl_policy_sentence(const struct rl_policy *policy);
