#include "daemon/report/entry.h"

#include <inttypes.h>
#include <stdio.h>

#include "daemon/report/log.h"
#include "daemon/report/report.h"
#include "daemon/report/say.h"

#define VALUE_MAX (2 * RL_PATH_MAX)

/* What kind of entry an outcome makes, and how loud it is. */
static const struct kind {
    enum rl_reason outcome;
    const char *message_id;
    int level;
} kinds[] = {
    {RL_OUTCOME_RELIEVED, RL_MESSAGE_ENDED, LOG_NOTICE},
    {RL_OUTCOME_EASED, RL_MESSAGE_ENDED, LOG_NOTICE},
    {RL_OUTCOME_DRY_RUN, RL_MESSAGE_ENDED, LOG_NOTICE},
    {RL_OUTCOME_GONE, RL_MESSAGE_ENDED, LOG_NOTICE},
    {RL_OUTCOME_KERNEL_KILLED, RL_MESSAGE_ENDED, LOG_WARNING},
    {RL_OUTCOME_NOT_RELIEVED, RL_MESSAGE_ENDED, LOG_WARNING},
    {RL_OUTCOME_LADDER_END, RL_MESSAGE_ENDED, LOG_WARNING},
    {RL_OUTCOME_VETOED, RL_MESSAGE_NO_VICTIM, LOG_WARNING},
    {RL_OUTCOME_NOTHING_DONE, RL_MESSAGE_NOT_ACTED, LOG_ERR},
    {RL_OUTCOME_NO_VICTIM, RL_MESSAGE_NO_VICTIM, LOG_ERR},
    {RL_OUTCOME_FAILED, RL_MESSAGE_NOT_ACTED, LOG_ERR},
    {RL_OUTCOME_STUCK, RL_MESSAGE_NOT_ACTED, LOG_ERR},
};

static const struct kind *kind_of(const struct rl_record *record)
{
    static const struct kind started = {RL_REASON_NONE, RL_MESSAGE_STARTED, LOG_WARNING};
    static const struct kind other = {RL_REASON_NONE, RL_MESSAGE_ENDED, LOG_WARNING};

    if (record->open)
        return &started;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].outcome == record->outcome)
            return &kinds[i];
    }
    return &other;
}

struct entry {
    struct rl_field fields[16];
    size_t n;
};

static void add(struct entry *entry, const char *name, const char *value)
{
    if (*value)
        entry->fields[entry->n++] = (struct rl_field){name, value};
}

void rl_entry_log(const struct rl_record *record)
{
    char sentence[RL_SENTENCE_MAX], policy[VALUE_MAX], trigger[VALUE_MAX], offender[VALUE_MAX];
    char cgroup[VALUE_MAX], comm[4 * RL_COMM_MAX], pid[16] = "", score[32] = "", freed[32] = "";
    const struct kind *kind = kind_of(record);
    struct entry entry = {0};

    rl_record_sentence(record, sentence, sizeof(sentence));
    add(&entry, "MESSAGE_ID", kind->message_id);
    add(&entry, "RELIEFD_INCIDENT", record->id);
    add(&entry, "RELIEFD_POLICY", rl_escape(record->policy, policy, sizeof(policy)));
    add(&entry, "RELIEFD_TRIGGER", rl_escape(record->trigger, trigger, sizeof(trigger)));
    add(&entry, "RELIEFD_CGROUP", rl_escape(record->offender, offender, sizeof(offender)));
    if (record->choice.found) {
        snprintf(score, sizeof(score), "%" PRId64, record->choice.points);
        add(&entry, "RELIEFD_VICTIM_CGROUP",
            rl_escape(record->victim_cgroup, cgroup, sizeof(cgroup)));
        add(&entry, "RELIEFD_SCORE", score);
    }
    if (record->choice.found && record->victim_pid > 0) {
        snprintf(pid, sizeof(pid), "%d", (int)record->victim_pid);
        add(&entry, "RELIEFD_PID", pid);
        add(&entry, "OBJECT_PID", pid);
        add(&entry, "RELIEFD_COMM", rl_escape(record->victim_comm, comm, sizeof(comm)));
    }
    if (!record->open) {
        snprintf(freed, sizeof(freed), "%" PRIu64, record->freed_bytes);
        add(&entry, "RELIEFD_FREED_BYTES", freed);
        add(&entry, "RELIEFD_OUTCOME", rl_reason_id(record->outcome));
    }
    add(&entry, "RELIEFD_DRY_RUN", record->dry_run ? "1" : "0");
    rl_log_fields(kind->level, sentence, entry.fields, entry.n);
}
