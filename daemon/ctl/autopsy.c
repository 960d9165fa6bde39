/* Why did the kernel kill that? Its own reports, read and held against its own formula. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ctl/autopsy.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/pager.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"

#define KMSG  "/dev/kmsg"
#define CHUNK 65536 /* no record of the kernel's log is longer */

enum own {
    OWN_POLICY,
};

const struct rl_option rl_autopsy_options[] = {
    [OWN_POLICY] = {"policy", "DIR", "also say whom the policies of that folder would choose"},
    {0},
};

struct autopsy {
    struct rl_policy_set *set; /* NULL: none was given */
    json_t *reports;           /* NULL: tell them in English */
    unsigned n;
    int failed; /* -errno that ended it */
};

static void show(struct autopsy *autopsy, const struct rl_oom_finding *finding,
    const struct rl_autopsy_choice *choice)
{
    autopsy->n++;
    if (autopsy->reports) {
        json_array_append_new(autopsy->reports, rl_autopsy_json(finding, choice));
        return;
    }
    if (autopsy->n > 1)
        puts("\n");
    rl_autopsy_story(finding, choice, autopsy->n);
}

static void examine(const struct rl_oom_report *report, void *userdata)
{
    struct autopsy *autopsy = userdata;
    struct rl_autopsy_choice choice = {0};
    struct rl_oom_finding finding;
    int r;

    if (autopsy->failed < 0)
        return;
    r = rl_oom_judge(report, &finding);
    if (r < 0) {
        autopsy->failed = r;
        return;
    }
    if (autopsy->set)
        r = rl_autopsy_choose(autopsy->set, &finding, &choice);
    if (r < 0)
        autopsy->failed = r;
    else
        show(autopsy, &finding, autopsy->set ? &choice : NULL);
    rl_autopsy_choice_free(&choice);
    rl_oom_finding_free(&finding);
}

static int read_all(int fd, bool kmsg, struct rl_oom_reader *reader)
{
    rl_auto_free char *chunk = malloc(CHUNK);

    if (!chunk)
        return -ENOMEM;
    for (;;) {
        ssize_t n = read(fd, chunk, CHUNK);
        int r;

        if (n < 0 && (errno == EINTR || (kmsg && errno == EPIPE)))
            continue; /* EPIPE: records were overwritten while they were read */
        if (n == 0 || (n < 0 && kmsg && errno == EAGAIN))
            return rl_oom_reader_end(reader);
        if (n < 0)
            return -errno;
        r = rl_oom_reader_feed(reader, chunk, (size_t)n);
        if (r < 0)
            return r;
    }
}

/* Return: a file descriptor, or -1 after saying why there is none. */
static int open_input(const char *word, const char **ret_name, bool *ret_kmsg)
{
    bool pipe = !word && !isatty(STDIN_FILENO);
    int fd;

    *ret_kmsg = !word && !pipe;
    if (pipe || (word && strcmp(word, "-") == 0)) {
        *ret_name = "standard input";
        return dup(STDIN_FILENO);
    }
    *ret_name = word ? word : KMSG;
    fd = open(*ret_name, O_RDONLY | O_CLOEXEC | O_NOCTTY | (*ret_kmsg ? O_NONBLOCK : 0));
    if (fd < 0 && *ret_kmsg && (errno == EPERM || errno == EACCES))
        fprintf(stderr,
            "reliefctl autopsy: only root may read " KMSG " here; try sudo, or hand over a log: "
            "journalctl -k | reliefctl autopsy\n");
    else if (fd < 0)
        fprintf(stderr, "reliefctl autopsy: %s: %s\n", *ret_name, strerror(errno));
    return fd;
}

static void print_findings(const struct rl_policy_set *set)
{
    for (size_t i = 0; i < set->findings.n; i++) {
        const struct rl_finding *finding = &set->findings.items[i];

        if (finding->severity == RL_ERROR)
            fprintf(stderr, "reliefctl autopsy: %s:%u: %s\n", finding->path ? finding->path : "",
                finding->line, finding->message);
    }
}

/* Return: an exit code; the reason is on stderr. */
static int load_policies(const char *dir, struct rl_policy_set **ret)
{
    const char *const dirs[] = {dir, NULL};
    struct rl_load_options options = {.dirs = dirs};
    struct stat st;

    *ret = NULL;
    if (!dir)
        return RL_EXIT_OK;
    if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
        fprintf(stderr, "reliefctl autopsy: --policy: %s is no folder of policies\n", dir);
        return RL_EXIT_USAGE;
    }
    if (rl_policy_set_load(&options, NULL, ret) < 0) {
        fprintf(stderr, "reliefctl autopsy: out of memory\n");
        return RL_EXIT_FAILURE;
    }
    print_findings(*ret);
    return RL_EXIT_OK;
}

static int finish(const struct autopsy *autopsy, const char *name)
{
    int code = RL_EXIT_OK;

    if (autopsy->failed < 0) {
        fprintf(stderr, "reliefctl autopsy: reading %s: %s\n", name, strerror(-autopsy->failed));
        return RL_EXIT_FAILURE;
    }
    if (autopsy->reports) {
        json_auto_t *json = json_pack(
            "{s:o, s:O}", "source", rl_json_string(name), "reports", autopsy->reports);
        code = rl_print_json(json);
    }
    if (autopsy->n == 0) {
        fprintf(stderr, "reliefctl autopsy: no report of the kernel's OOM killer in %s\n", name);
        return RL_EXIT_FAILURE;
    }
    return code;
}

int rl_ctl_autopsy(const struct rl_args *args)
{
    struct autopsy autopsy = {0};
    struct rl_oom_reader *reader;
    const char *name;
    bool kmsg;

    rl_auto_fd int fd = open_input(args->n_words > 0 ? args->words[0] : NULL, &name, &kmsg);
    if (fd < 0)
        return RL_EXIT_FAILURE;
    int code = load_policies(args->own[OWN_POLICY], &autopsy.set);
    if (code != RL_EXIT_OK)
        return code;
    if (!isatty(fd))
        rl_pager_open(args);
    if (args->common[RL_OPT_JSON])
        autopsy.reports = json_array();
    else if (kmsg)
        puts("Reading " KMSG ": what the kernel's log holds since boot, or since it was full.\n");
    int r = rl_oom_reader_new(examine, &autopsy, &reader);
    if (r >= 0) {
        r = read_all(fd, kmsg, reader);
        rl_oom_reader_free(reader);
    }
    autopsy.failed = autopsy.failed < 0 ? autopsy.failed : r;
    code = finish(&autopsy, name);
    json_decref(autopsy.reports);
    rl_policy_set_free(autopsy.set);
    return code;
}
