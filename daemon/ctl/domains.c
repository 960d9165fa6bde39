#include "daemon/ctl/domains.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/levels.h"
#include "daemon/observe/sample.h"

static int compare_domains(const void *left, const void *right)
{
    return strcmp(((const struct rl_domain *)left)->path, ((const struct rl_domain *)right)->path);
}

static void free_domain(void *domain)
{
    if (domain)
        free(((struct rl_domain *)domain)->path);
    free(domain);
}

int rl_domains_open(const struct rl_probe *probe, struct rl_domains *ret)
{
    struct rl_node_files files;

    *ret = (struct rl_domains){.probe = probe};
    int r = rl_node_files_open(&files, probe->proc_fd, probe->page_size);
    if (r < 0)
        return r;
    r = rl_node_files_read(&files);
    ret->node = files.node;
    rl_node_files_close(&files);
    return r;
}

void rl_domains_close(struct rl_domains *domains)
{
    tdestroy(domains->tree, free_domain);
    domains->tree = NULL;
}

int rl_domain_read(const struct rl_domains *domains, const char *path, struct rl_domain *ret)
{
    struct rl_level levels[RL_DEPTH_MAX];
    size_t n = 0;
    int r = 0;

    if (strcmp(path, "/") != 0)
        r = rl_levels_read(domains->probe->cgroup_fd, path, levels, &n);
    rl_room_of(levels, n, &domains->node, &ret->room);
    rl_levels_path(path, n, ret->room.limited_by, ret->limited_by, sizeof(ret->limited_by));
    return r;
}

const struct rl_domain *rl_domains_of(struct rl_domains *domains, const char *path)
{
    struct rl_domain wanted = {.path = (char *)(uintptr_t)path};
    struct rl_domain **found = tfind(&wanted, &domains->tree, compare_domains);

    if (found)
        return *found;
    struct rl_domain *domain = calloc(1, sizeof(*domain));
    if (!domain || !(domain->path = strdup(path)) ||
        !tsearch(domain, &domains->tree, compare_domains)) {
        free_domain(domain);
        return NULL;
    }
    rl_domain_read(domains, path, domain);
    return domain;
}
