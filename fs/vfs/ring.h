/* SPDX-License-Identifier: MIT */
/*
 * ring.h - records of one size, the last so many of them.
 *
 *	rec = ring_add(r);
 *	...fill it in, it is zeroed...
 *	ring_added(r);
 *
 * Every record has a number that only grows.  When the ring is full the
 * oldest goes.  Readers either have a place of their own (ring_next(), as
 * with /dev/kmsg) or take the records away (ring_take(), as with a pipe).
 *
 * ring_replace() puts other records in the place of those that are there: a
 * machine has been restored.  For a reader that is as if he had come too
 * late: he is told of a gap and goes on with the oldest that there is.
 *
 * Ownership: the struct is the caller's, the records are the ring's.
 * Locking: a lock of its own, held from ring_add() to ring_added() and in
 * every other function; it is a leaf, and may be taken by an observer.
 */
#ifndef VFS_RING_H
#define VFS_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/vfs/file.h"
#include "fs/vfs/pack.h"

struct ring {
	pthread_mutex_t lock;
	char *rec; /* [room] of rec_size bytes, at seq % room */
	size_t rec_size;
	uint64_t room;
	uint64_t first, next; /* seq of the oldest there is, of the next */
	uint64_t lost;	      /* pushed out since the last ring_take() */
	uint64_t cleared;     /* those before it were thrown away */
	uint64_t cut;	      /* next, when it was replaced */
	unsigned life;	      /* how often it was */
	struct file_source source; /* woken by every record */
};

/* Where a reader of his own stands. */
struct ring_place {
	uint64_t seq;
	unsigned life;
};

/* What ring_next() found. */
enum ring_found { RING_NOTHING, RING_RECORD, RING_GAP };

/* Room for @room records of @rec_size bytes.  0 or -ENOMEM. */
int ring_init(struct ring *r, uint64_t room, size_t rec_size);
void ring_fini(struct ring *r);

void *ring_add(struct ring *r);
void ring_added(struct ring *r);

/* Record @seq; the lock is held and it is there. */
void *ring_at(const struct ring *r, uint64_t seq);

/* A reader begins, with the oldest. */
void ring_begin(struct ring *r, struct ring_place *at);

/* A reader goes on with what comes from now on. */
void ring_skip(struct ring *r, struct ring_place *at);

/*
 * Copy the record at @at to @rec, its number to @nr, and step on.  RING_GAP:
 * @nr records were missed, and it is to be asked again.
 */
enum ring_found ring_next(struct ring *r, struct ring_place *at, void *rec,
			  uint64_t *nr);

/* ring_next() would find something. */
bool ring_more(struct ring *r, const struct ring_place *at);

/* Take the oldest away; @lost were pushed out before it.  False: none. */
bool ring_take(struct ring *r, void *rec, uint64_t *lost);

/* There is something to take. */
bool ring_any(struct ring *r);

/* Forget all records. */
void ring_clear(struct ring *r);

/* Save all, or load into a ring that is empty, each record by @rec_pack. */
void ring_pack(struct ring *r, struct pack *p,
	       void (*rec_pack)(struct pack *p, void *rec));

/* @r gets the records of @from, a ring of the same kind that nobody uses. */
void ring_replace(struct ring *r, struct ring *from);

#endif
