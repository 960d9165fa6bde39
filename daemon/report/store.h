/* Incident files: STATE_DIR/incidents/ID.json, one record each.
 *
 * A file is written whole or not at all (a temporary name, then rename); there is no fsync, since
 * on a machine that thrashes it could wait for minutes, and what is lost with the power is only
 * the newest record, which the journal has too. Files are 0640 in a folder 0750: names of
 * processes are nobody else's business. Used by the daemon (write) and by reliefctl (read). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* May this text be the name of an incident (and so part of a file name)? */
bool rl_store_id_valid(const char *id);

/**
 * rl_store_write() - write one record, making folders where they are missing
 *
 * Its samples stand in the file on one line, behind all the rest.
 * Return: 0, -EINVAL for an id that is none, or -errno (-ENOSPC, -EROFS ...) with no file left.
 */
int rl_store_write(const char *state_dir, const char *id, const json_t *record);

/* The same with the text of a JSON value in place of the record's own "samples"; NULL: as it is. */
int rl_store_write_samples(
    const char *state_dir, const char *id, const json_t *record, const char *samples);

/**
 * rl_store_prune() - remove the oldest files
 * @keep:       at most so many stay
 * @keep_bytes: of at most this size together; the newest stays whatever its size
 *
 * Removes temporary files that an earlier run left behind, too. Return: 0 or -errno.
 */
int rl_store_prune(const char *state_dir, unsigned keep, uint64_t keep_bytes);

/**
 * rl_store_list() - read the newest records
 * @max: at most so many
 * @ret: array, newest first; files that are no records are passed over. Without their samples
 * (null): many of these would be megabytes. To change a record, read it by its id.
 *
 * Return: 0, or -errno (-ENOENT: there never was an incident; -EACCES).
 */
int rl_store_list(const char *state_dir, unsigned max, json_t **ret);

/**
 * rl_store_rewrite() - write a record anew that is there already
 *
 * It stays as old as it was, for rl_store_list() and rl_store_prune(). Return: 0; -ENOENT when its
 * file is not there (any more); other -errno.
 */
int rl_store_rewrite(const char *state_dir, const char *id, const json_t *record);

/* A file of ours beside the folder, STATE_DIR/NAME, written as records are; made of one object.
 * Return: as rl_store_write() and rl_store_read(). */
int rl_store_write_file(const char *state_dir, const char *name, const json_t *json);
int rl_store_read_file(const char *state_dir, const char *name, json_t **ret);

/**
 * rl_store_read() - read one record
 * Return: 0, -ENOENT, -EINVAL for an id that is none, -EBADMSG for a file that is no record, other
 * -errno.
 */
int rl_store_read(const char *state_dir, const char *id, json_t **ret);
