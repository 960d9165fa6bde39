/* Files of one process. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "daemon/observe/read.h"
#include "daemon/observe/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* of the kernel's task flags, field 9 of stat */
#define PF_EXITING UINT64_C(0x00000004)
#define PF_KTHREAD UINT64_C(0x00200000)

#define SIGKILL_PENDING (UINT64_C(1) << 8) /* in SigPnd and ShdPnd */

/* The fields of /proc/PID/stat that are used. */
struct stat_fields {
    uint64_t ppid, session, flags, utime, stime, nice, threads, start_ticks, rss, start_code,
        exit_code;
};

static const struct {
    unsigned field; /* counted from 1 as in proc(5) */
    size_t offset;
    uint64_t max;
    bool is_signed; /* max counts from 0 either way, and the value is two's complement */
} stat_table[] = {
    {4, offsetof(struct stat_fields, ppid), INT_MAX, false},
    {6, offsetof(struct stat_fields, session), INT_MAX, true},
    {9, offsetof(struct stat_fields, flags), UINT32_MAX, false},
    {14, offsetof(struct stat_fields, utime), INT64_MAX, false},
    {15, offsetof(struct stat_fields, stime), INT64_MAX, false},
    {19, offsetof(struct stat_fields, nice), 20, true},
    {20, offsetof(struct stat_fields, threads), INT_MAX, false},
    {22, offsetof(struct stat_fields, start_ticks), UINT64_MAX, false},
    {24, offsetof(struct stat_fields, rss), INT64_MAX, false},
    {26, offsetof(struct stat_fields, start_code), UINT64_MAX, false},
    {52, offsetof(struct stat_fields, exit_code), UINT32_MAX, false},
};

static int read_number(struct rl_span word, bool is_signed, uint64_t max, uint64_t *ret)
{
    bool negative = is_signed && rl_span_starts(word, "-");
    uint64_t value;

    word.s += negative;
    word.len -= negative;
    if (rl_text_u64(word, &value) < 0 || value > max)
        return -EINVAL;
    *ret = negative ? -value : value;
    return 0;
}

/* rest: all behind the ")" up to the newline, that is fields 3 and following. */
static int read_stat_fields(struct rl_span rest, char *ret_state, struct stat_fields *ret)
{
    struct rl_span word;
    size_t row = 0;

    if (!rl_text_word(&rest, &word) || word.len != 1)
        return -EINVAL;
    *ret_state = word.s[0];

    for (unsigned field = 4; row < COUNT(stat_table); field++) {
        uint64_t value;

        if (!rl_text_word(&rest, &word))
            return -ENODATA;
        if (field != stat_table[row].field)
            continue;
        if (read_number(word, stat_table[row].is_signed, stat_table[row].max, &value) < 0)
            return -EINVAL;
        memcpy((char *)ret + stat_table[row].offset, &value, sizeof(value));
        row++;
    }
    return 0;
}

/* PF_EXITING is about one thread. Where others are left it means a dead leader; where none is, the
 * process is on its way out. */
static uint32_t process_flags(const struct stat_fields *fields, char state)
{
    bool exited = fields->flags & PF_EXITING || state == 'Z' || state == 'X';
    uint32_t flags = 0;

    if (fields->flags & PF_KTHREAD)
        flags |= RL_PROCESS_KERNEL_THREAD;
    if ((fields->exit_code & 0x7f) == 9)
        flags |= RL_PROCESS_DYING;
    if (exited)
        flags |= fields->threads > 1 ? RL_PROCESS_DEAD_LEADER : RL_PROCESS_DYING;
    return flags;
}

int rl_parse_stat(const char *text, struct rl_process *process, char *ret_state)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    const char *end = close ? strchr(close, '\n') : NULL;
    struct stat_fields fields = {0};
    uint64_t pid;
    size_t len;
    char state;
    int r;

    if (!open || !close || close < open || open == text || open[-1] != ' ')
        return -EINVAL;
    if (rl_text_u64((struct rl_span){text, (size_t)(open - 1 - text)}, &pid) < 0 || pid > INT_MAX)
        return -EINVAL;
    if (!end)
        return -ENODATA;
    r = read_stat_fields((struct rl_span){close + 1, (size_t)(end - close - 1)}, &state, &fields);
    if (r < 0)
        return r;

    /* kernel threads can have longer names than the 15 bytes of comm */
    len = (size_t)(close - open - 1);
    if (len > RL_COMM_MAX - 1)
        len = RL_COMM_MAX - 1;
    memset(process->comm, 0, sizeof(process->comm));
    memcpy(process->comm, open + 1, len);

    process->pid = (pid_t)pid;
    process->ppid = (pid_t)fields.ppid;
    process->session = (pid_t)(int64_t)fields.session;
    process->start_ticks = fields.start_ticks;
    process->rss_pages = fields.rss;
    process->start_code = fields.start_code;
    process->cpu_ticks = fields.utime + fields.stime;
    process->nice = (int)(int64_t)fields.nice;
    process->threads = (uint32_t)fields.threads;
    process->flags = process_flags(&fields, state);
    if (ret_state)
        *ret_state = state;
    return 0;
}

int rl_parse_statm(const char *text, struct rl_process *process)
{
    struct rl_span line, size, resident;
    uint64_t total_vm, rss;

    if (!rl_text_line(&text, &line) || !rl_text_word(&line, &size) ||
        !rl_text_word(&line, &resident))
        return -ENODATA;
    if (rl_text_u64(size, &total_vm) < 0 || rl_text_u64(resident, &rss) < 0 || rss > INT64_MAX)
        return -EINVAL;
    process->total_vm_pages = total_vm;
    process->rss_pages = rss;
    return 0;
}

struct status_values {
    uint64_t uid, euid, cap_eff, sig_pnd, shd_pnd;
    uint64_t vm_size, swap, anon, table, table_pmd; /* bytes */
};

/* Bits of CapEff, see linux/capability.h. */
static const struct {
    unsigned bit;
    uint32_t flag;
} caps[] = {
    {17, RL_PROCESS_RAWIO},
    {21, RL_PROCESS_ROOT},
    {24, RL_PROCESS_RESOURCE},
};

int rl_parse_status(const char *text, uint32_t page_size, struct rl_process *process)
{
    static const struct rl_text_key keys[] = {
        {"Uid:", offsetof(struct status_values, uid), RL_TEXT_FIRST, true},
        {"Uid:", offsetof(struct status_values, euid), RL_TEXT_SECOND, true},
        {"CapEff:", offsetof(struct status_values, cap_eff), RL_TEXT_HEX, true},
        {"SigPnd:", offsetof(struct status_values, sig_pnd), RL_TEXT_HEX, false},
        {"ShdPnd:", offsetof(struct status_values, shd_pnd), RL_TEXT_HEX, false},
        {"VmSize:", offsetof(struct status_values, vm_size), RL_TEXT_KB, false},
        {"VmSwap:", offsetof(struct status_values, swap), RL_TEXT_KB, false},
        {"RssAnon:", offsetof(struct status_values, anon), RL_TEXT_KB, false},
        {"VmPTE:", offsetof(struct status_values, table), RL_TEXT_KB, false},
        {"VmPMD:", offsetof(struct status_values, table_pmd), RL_TEXT_KB, false},
    };
    struct status_values values = {0};
    int r;

    if (page_size == 0)
        return -EINVAL;
    r = rl_text_keys(text, keys, COUNT(keys), &values);
    if (r < 0)
        return r;
    if (values.uid > UINT32_MAX || values.euid > UINT32_MAX)
        return -EINVAL;

    process->uid = (uid_t)values.uid;
    process->euid = (uid_t)values.euid;
    process->total_vm_pages = values.vm_size / page_size;
    process->swap_pages = values.swap / page_size;
    process->anon_pages = values.anon / page_size;
    process->table_pages = values.table / page_size + values.table_pmd / page_size;
    process->flags &= ~(uint32_t)RL_PROCESS_CAPS;
    for (size_t i = 0; i < COUNT(caps); i++)
        if (values.cap_eff >> caps[i].bit & 1)
            process->flags |= caps[i].flag;
    if ((values.sig_pnd | values.shd_pnd) & SIGKILL_PENDING)
        process->flags |= RL_PROCESS_DYING;
    return 0;
}

/* NSpid: one number for each pid namespace from that of /proc inwards. */
static bool is_inner_init(struct rl_span line)
{
    struct rl_span word;
    uint64_t pid = 0;
    size_t n = 0;

    while (rl_text_word(&line, &word)) {
        if (rl_text_u64(word, &pid) < 0)
            return false;
        n++;
    }
    return n > 1 && pid == 1;
}

int rl_parse_reaction(const char *text, struct rl_reaction *ret)
{
    static const struct rl_text_key keys[] = {
        {"SigCgt:", offsetof(struct rl_reaction, caught), RL_TEXT_HEX, true},
    };
    struct rl_reaction reaction = {0};
    struct rl_span line, word;
    int r = rl_text_keys(text, keys, COUNT(keys), &reaction);

    if (r < 0)
        return r;
    while (rl_text_line(&text, &line))
        if (rl_text_word(&line, &word) && rl_span_is(word, "NSpid:"))
            reaction.container_init = is_inner_init(line);
    *ret = reaction;
    return 0;
}

int rl_parse_adj(const char *text, int *ret)
{
    struct rl_span line;
    bool negative;
    uint64_t n;

    if (!rl_text_line(&text, &line))
        return -ENODATA;
    negative = rl_span_starts(line, "-");
    line.s += negative;
    line.len -= negative;
    if (rl_text_u64(line, &n) < 0 || n > 1000)
        return -EINVAL;
    *ret = negative ? -(int)n : (int)n;
    return 0;
}

int rl_parse_proc_cgroup(char *text, const char **ret_path)
{
    static const char key[] = "0::", deleted[] = " (deleted)";
    const char *rest = text;
    struct rl_span line;

    while (rl_text_line(&rest, &line)) {
        char *path = text + (line.s - text) + sizeof(key) - 1;
        size_t len;

        if (!rl_span_starts(line, key))
            continue;
        len = line.len - (sizeof(key) - 1);
        if (len == 0 || path[0] != '/')
            return -EINVAL;
        if (len > sizeof(deleted) - 1 &&
            memcmp(path + len - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1) == 0)
            len -= sizeof(deleted) - 1;
        path[len] = '\0';
        *ret_path = path;
        return 0;
    }
    return -ENODATA;
}
