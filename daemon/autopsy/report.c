#include "daemon/autopsy/report.h"

#include <stdlib.h>
#include <string.h>

void rl_oom_report_init(struct rl_oom_report *report)
{
    memset(report, 0, sizeof(*report));
    report->page_size = 4096;
    report->invoker.pid = -1;
    report->selected.pid = -1;
}

void rl_oom_report_free(struct rl_oom_report *report)
{
    free(report->tasks);
    rl_oom_report_init(report);
}
