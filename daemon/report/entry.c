#include "daemon/report/entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/report/log.h"
#include "daemon/report/report.h"
#include "daemon/report/say.h"

#define VALUE_MAX (2 * RL_PATH_MAX)
#define POD_MAX   (RL_POD_NAMESPACE_MAX + RL_POD_SHORT_MAX)

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
    {RL_OUTCOME_ALARM, RL_MESSAGE_REFUSED, LOG_CRIT},
    {RL_OUTCOME_HELD, RL_MESSAGE_REFUSED, LOG_WARNING},
    {RL_OUTCOME_FUTILE, RL_MESSAGE_REFUSED, LOG_ERR},
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
    struct rl_field fields[24];
    size_t n;
};

static void add(struct entry *entry, const char *name, const char *value)
{
    if (*value)
        entry->fields[entry->n++] = (struct rl_field){name, value};
}

/* journalctl -u UNIT shows what has these. Units have no names that would have to be escaped twice:
 * systemd escapes them. */
static void add_unit(struct entry *entry, const char *unit)
{
    add(entry, "UNIT", unit);
    add(entry, "OBJECT_SYSTEMD_UNIT", unit);
}

/* Names that a kubelet has made hold nothing to be escaped. */
static void add_pod(struct entry *entry, const struct rl_pod *pod, char *name, size_t size)
{
    if (!pod->uid[0])
        return;
    if (rl_pod_named(pod)) {
        snprintf(name, size, "%s/%s", pod->namespace, pod->name);
        add(entry, "RELIEFD_NAMESPACE", pod->namespace);
        add(entry, "RELIEFD_POD", name);
    }
    add(entry, "RELIEFD_POD_UID", pod->uid);
    add(entry, "RELIEFD_CONTAINER", pod->container);
    add(entry, "RELIEFD_CONTAINER_ID", pod->container_id);
    add(entry, "RELIEFD_QOS", pod->qos ? pod->qos : "");
}

void rl_entry_log(const struct rl_record *record)
{
    char sentence[RL_SENTENCE_MAX], policy[VALUE_MAX], trigger[VALUE_MAX], offender[VALUE_MAX];
    char cgroup[VALUE_MAX], comm[4 * RL_COMM_MAX], pid[16] = "", score[32] = "", freed[32] = "";
    char unit[VALUE_MAX], pod[POD_MAX];
    const struct kind *kind = kind_of(record);
    struct entry entry = {0};

    rl_record_sentence(record, sentence, sizeof(sentence));
    add(&entry, "MESSAGE_ID", kind->message_id);
    add(&entry, "RELIEFD_INCIDENT", record->id);
    add(&entry, "RELIEFD_KIND", rl_kind_id(record->kind));
    add_unit(&entry, rl_escape(record->unit, unit, sizeof(unit)));
    add(&entry, "RELIEFD_POLICY", rl_escape(record->policy, policy, sizeof(policy)));
    add(&entry, "RELIEFD_TRIGGER", rl_escape(record->trigger, trigger, sizeof(trigger)));
    add(&entry, "RELIEFD_CGROUP", rl_escape(record->offender, offender, sizeof(offender)));
    add_pod(&entry, &record->pod, pod, sizeof(pod));
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

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "";
}

void rl_entry_kernel_oom(const struct rl_record *record, const json_t *kernel)
{
    char sentence[RL_SENTENCE_MAX], policy[VALUE_MAX], offender[VALUE_MAX], unit[VALUE_MAX];
    const json_t *foreseen = json_object_get(kernel, "foreseen");
    const char *headline = text_of(json_object_get(kernel, "report"), "headline");
    json_int_t kills = json_integer_value(json_object_get(kernel, "kills"));
    struct entry entry = {0};
    struct rl_say say;
    char count[32], pod[POD_MAX];

    snprintf(count, sizeof(count), "%" JSON_INTEGER_FORMAT, kills);
    rl_say_begin(&say, sentence, sizeof(sentence));
    rl_say(
        &say, "The kernel's OOM killer has killed %s process%s in ", count, kills == 1 ? "" : "es");
    rl_say_place(&say, &record->pod, record->offender);
    rl_say(&say, "; %s%s%s", text_of(foreseen, "text"), *headline ? ": " : "", headline);
    add(&entry, "MESSAGE_ID", RL_MESSAGE_KERNEL_OOM);
    add(&entry, "RELIEFD_INCIDENT", record->id);
    add(&entry, "RELIEFD_KIND", rl_kind_id(record->kind));
    add_unit(&entry, rl_escape(record->unit, unit, sizeof(unit)));
    add(&entry, "RELIEFD_POLICY", rl_escape(record->policy, policy, sizeof(policy)));
    add(&entry, "RELIEFD_CGROUP", rl_escape(record->offender, offender, sizeof(offender)));
    add_pod(&entry, &record->pod, pod, sizeof(pod));
    add(&entry, "RELIEFD_KILLS", count);
    add(&entry, "RELIEFD_FORESEEN", text_of(foreseen, "id"));
    add(&entry, "RELIEFD_OUTCOME", rl_reason_id(record->outcome));
    rl_log_fields(LOG_WARNING, sentence, entry.fields, entry.n);
}

/* "; its victim leaker[12] was sent SIGKILL and is gone" */
static void say_fate(struct rl_say *say, const json_t *record)
{
    const json_t *victim = json_object_get(record, "victim");
    const json_t *pid = json_object_get(victim, "pid"), *last = NULL, *step;
    const char *fate = text_of(json_object_get(record, "interrupted"), "victim");
    size_t i;

    if (!json_is_object(victim))
        return;
    json_array_foreach(json_object_get(record, "steps"), i, step)
    {
        if (*text_of(step, "signal") && !json_is_true(json_object_get(step, "skipped")))
            last = step;
    }
    rl_say(say, "; its victim ");
    rl_say_foreign(say, json_is_integer(pid) ? text_of(victim, "comm") : text_of(victim, "cgroup"));
    if (json_is_integer(pid))
        rl_say(say, "[%" JSON_INTEGER_FORMAT "]", json_integer_value(pid));
    if (last && !json_is_true(json_object_get(record, "dry_run")))
        rl_say(say, " was sent %s and", text_of(last, "signal"));
    if (strcmp(fate, "unknown") == 0)
        rl_say(say, " may live or not");
    else
        rl_say(say, " is %s", fate);
}

void rl_entry_interrupted(const json_t *record)
{
    char sentence[RL_SENTENCE_MAX], policy[VALUE_MAX], offender[VALUE_MAX], unit[VALUE_MAX];
    const json_t *found = json_object_get(record, "interrupted");
    struct entry entry = {0};
    struct rl_say say;
    struct rl_pod pod;
    char name[POD_MAX];

    rl_pod_read(json_object_get(record, "pod"), &pod);
    rl_say_begin(&say, sentence, sizeof(sentence));
    rl_say(&say, "%s while incident %s in ",
        json_is_true(json_object_get(found, "rebooted")) ? "The machine went down"
                                                         : "An earlier reliefd was ended",
        text_of(record, "id"));
    rl_say_place(&say, &pod, text_of(record, "offender"));
    rl_say(&say, " was not over");
    say_fate(&say, record);
    add(&entry, "MESSAGE_ID", RL_MESSAGE_INTERRUPTED);
    add(&entry, "RELIEFD_INCIDENT", text_of(record, "id"));
    add(&entry, "RELIEFD_KIND", text_of(record, "kind"));
    add_unit(&entry, rl_escape(text_of(record, "unit"), unit, sizeof(unit)));
    add(&entry, "RELIEFD_POLICY",
        rl_escape(text_of(json_object_get(record, "policy"), "name"), policy, sizeof(policy)));
    add(&entry, "RELIEFD_CGROUP",
        rl_escape(text_of(record, "offender"), offender, sizeof(offender)));
    add_pod(&entry, &pod, name, sizeof(name));
    add(&entry, "RELIEFD_OUTCOME", rl_reason_id(RL_OUTCOME_INTERRUPTED));
    rl_log_fields(LOG_WARNING, sentence, entry.fields, entry.n);
}
