/* Prints records as the daemon makes them, one of each kind, as a JSON list: json-outputs holds
 * them against the schema. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/json.h"
#include "daemon/report/report.h"
#include "tests/unit/report-sample.h"

static void make_open(struct rl_record *record)
{
    record->open = true;
    record->gone_us = 0;
    record->outcome = RL_REASON_NONE;
}

static void make_nobody(struct rl_record *record)
{
    record->choice = (struct rl_choice){0};
    record->n_candidates = record->n_groups = record->n_steps = 0;
    record->first_signal_us = record->gone_us = 0;
    record->outcome = RL_OUTCOME_NO_VICTIM;
    record->origin = (struct rl_evidence){0};
    memset(&record->after, 0, sizeof(record->after));
    *record->limited_by = *record->model = '\0';
}

static void make_whole(struct rl_record *record)
{
    record->dry_run = true;
    record->choice = (struct rl_choice){
        .found = true, .scope = RL_KILL_TREE, .points = 900, .one_by_one = true, .widened = true};
    record->victim_pid = 0;
    record->groups[0].spared = RL_SPARED_PROTECTED;
    record->steps[0].skipped = true;
    record->steps[0].result = RL_SKIP_NO_FILE;
    record->steps[1].assuming = true;
    record->origin.verdict = RL_ORIGIN_NODE;
}

static void make_by_hand(struct rl_record *record)
{
    record->by_hand = true;
    record->by_uid = 1000;
    strcpy(record->model, "v59");
    record->steps[0] = (struct rl_record_step){.kind = RL_STEP_RECLAIM,
        .at_us = SAMPLE_STARTED_US,
        .gained = 77,
        .error = 5,
        .result = RL_DONE_ERROR};
    strcpy(record->steps[0].args, "64M");
}

int main(void)
{
    static void (*const makers[])(struct rl_record *) = {
        make_open, make_nobody, make_whole, make_by_hand, sample_relatives, sample_hostile};
    static struct rl_record record;
    json_t *all = json_array();

    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        sample_record(&record);
        makers[i](&record);
        json_array_append_new(all, rl_record_json(&record));
    }
    char *text = rl_json_pretty(all);
    puts(text);
    free(text);
    json_decref(all);
    return fflush(stdout) == 0 ? 0 : 1;
}
