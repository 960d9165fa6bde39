/* The files of one kind in several folders: which there are, and which of them count. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/findings.h"

/* One file that counts. */
struct rl_entry {
    char *name; /* "10-web.conf" */
    char *path;
    char *parent;  /* of a drop-in: the file that it adds to, "web.service.conf"; else NULL */
    unsigned rank; /* of its folder; a higher one counts more */
    bool unknown;  /* stands for a NAME.conf.d that cannot be listed; its path is the folder's */
};

struct rl_entries {
    struct rl_entry *items;
    size_t n, size;
};

void rl_entries_free(struct rl_entries *entries);

/**
 * rl_folder_list() - add the *.conf of a folder, and those of the NAME.conf.d in it
 * @rank:   of this folder
 * @parent: NULL; or the folder is a drop-in folder itself, and its files add to this one
 *
 * Names that begin with a dot are passed over (a ConfigMap's ..data, editors' files), a folder
 * that is not there is empty. One that cannot be listed is an error in the findings; for a
 * NAME.conf.d an entry with `unknown` set takes its place.
 *
 * Return: 0; RL_FOLDER_UNREADABLE after a finding; -ENOMEM.
 */
int rl_folder_list(const char *path, unsigned rank, const char *parent,
    struct rl_findings *findings, struct rl_entries *entries);

#define RL_FOLDER_UNREADABLE 1

/* Sort by parent (those without first), then by name, and of the same name keep the one of the
 * highest rank. */
void rl_entries_settle(struct rl_entries *entries);
