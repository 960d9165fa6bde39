#include "daemon/ctl/autopsy.h"
#include "daemon/report/json.h"

static json_t *choice_json(const struct rl_autopsy_choice *choice)
{
    const struct rl_choice *chosen = &choice->choice;
    bool one = chosen->found && chosen->candidate >= 0;
    const struct rl_process *process = one ? &choice->candidates[chosen->candidate].process : NULL;
    const char *scope = chosen->found ? rl_kill_name(chosen->scope) : NULL;

    if (!choice->policy)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "name",
        rl_json_string(choice->policy->name), "source", rl_json_string(choice->policy->source),
        "scope", rl_json_string(scope), "pid", one ? json_integer(process->pid) : json_null(),
        "comm", rl_json_string(one ? process->comm : NULL), "score",
        chosen->found ? json_integer(chosen->points) : json_null(), "unsure", choice->unsure);
}

json_t *rl_autopsy_json(
    const struct rl_oom_finding *finding, const struct rl_autopsy_choice *choice)
{
    json_t *json = rl_autopsy_finding_json(finding);

    if (json && choice)
        json_object_set_new(json, "policy", choice_json(choice));
    return json;
}
