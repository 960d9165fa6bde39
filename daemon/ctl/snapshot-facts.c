#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/ctl/get.h"
#include "daemon/ctl/snapshot.h"

#define PAGE_SIZE_LEAST 1024
#define PAGE_SIZE_MOST  (1u << 20)
#define CLK_TCK_MOST    1000000

/* What is no page size would make nonsense of every number. */
static bool is_sane(uint64_t page_size, uint64_t clk_tck)
{
    return page_size >= PAGE_SIZE_LEAST && page_size <= PAGE_SIZE_MOST &&
           (page_size & (page_size - 1)) == 0 && clk_tck > 0 && clk_tck <= CLK_TCK_MOST;
}

int rl_snapshot_facts_read(const char *root, struct rl_snapshot_facts *ret)
{
    char path[PATH_MAX];
    json_error_t error;

    snprintf(path, sizeof(path), "%s/" RL_SNAPSHOT_FACTS, root);
    if (access(path, F_OK) < 0)
        return -ENOENT;
    json_auto_t *json = json_load_file(path, 0, &error);
    uint64_t page_size = rl_get_count(json, "page_size"), clk_tck = rl_get_count(json, "clk_tck");
    if (!json || !is_sane(page_size, clk_tck)) {
        fprintf(stderr, "reliefctl: %s: %s\n", path,
            json ? "page_size or clk_tck is missing or cannot be" : error.text);
        return -EINVAL;
    }
    *ret = (struct rl_snapshot_facts){
        .page_size = (uint32_t)page_size, .clk_tck = (uint32_t)clk_tck};
    return 0;
}
