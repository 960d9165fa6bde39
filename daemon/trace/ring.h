/* Notes on their way to a file. The loop puts them into a ring of fixed size, which neither
 * allocates nor blocks nor makes a system call; a thread turns them into lines and writes them.
 * What there is no room for is dropped and counted.
 *
 * One thread puts notes in, and only that one may call what is here. */
#pragma once

#include "daemon/trace/note.h"

#define RL_RING_SIZE (8u * 1024 * 1024) /* bytes; touched */

struct rl_ring;

/**
 * rl_ring_new() - write to fd from now on
 * @fd: a file, or a pipe whose reader may be slow; owned by the ring afterwards
 * Return: 0, or -errno (fd is closed then, too).
 */
int rl_ring_new(int fd, struct rl_ring **ret);

/* Write what is in it, for two seconds at most, and end. */
struct rl_ring *rl_ring_free(struct rl_ring *ring);

/* Room for one note of a kind with size bytes, zeroed but for what is behind its fixed part; to be
 * filled and given to rl_ring_put() before the next one. Return: NULL where there is none. */
void *rl_ring_take(struct rl_ring *ring, enum rl_note_kind kind, size_t size);
void rl_ring_put(struct rl_ring *ring);

/* A line that is JSON already. */
void rl_ring_text(struct rl_ring *ring, const char *json);

/* Let the thread write: when nothing is urgent. */
void rl_ring_kick(struct rl_ring *ring);

/* Has the other end gone, or is the disk full? Return: 0, or -errno. */
int rl_ring_failed(const struct rl_ring *ring);
